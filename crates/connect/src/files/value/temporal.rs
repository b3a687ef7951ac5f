//! Dates and times from text: ISO 8601, or the contract's pattern.
//!
//! | type | ISO text |
//! | --- | --- |
//! | date | `2013-01-31` |
//! | time | `07:15`, `07:15:00`, `07:15:00.25` |
//! | timestamp | a date, `T` or a space, a time, and optionally `Z`, `+02`, `+02:00` or `+0200`; or a date alone for midnight |
//!
//! A zoned timestamp without an offset is wall-clock time in the column's time zone (UTC unless the contract names one); of
//! two instants with that reading the earlier is meant, and a reading that a change of clocks skips is refused. In a column
//! without zone a text with an offset is turned into wall-clock time of that zone.

use chrono::{DateTime, Datelike, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use contract::{Column, DataType};
use engine::Result;

use super::{Parse, Why, unsupported};

mod pattern;

use pattern::Pattern;

const SECOND: i64 = 1_000_000;
/// Days from the first day of the common era to 1970-01-01.
const EPOCH: i32 = 719_163;

/// What a text said, as far as it said it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Parts {
    date: Option<NaiveDate>,
    /// Microseconds since midnight.
    time: Option<i64>,
    zone: Option<Zone>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Zone {
    /// Seconds east of Greenwich.
    Offset(i32),
    Named(Tz),
}

/// Days since the epoch.
pub struct Dates(Option<Pattern>);

/// Microseconds since midnight.
pub struct Times(Option<Pattern>);

/// Microseconds since the epoch.
pub struct Timestamps {
    pattern: Option<Pattern>,
    zoned: bool,
    zone: Tz,
}

impl Dates {
    pub fn new(column: &Column) -> Result<Self> {
        pattern(column).map(Self)
    }
}

impl Times {
    pub fn new(column: &Column) -> Result<Self> {
        pattern(column).map(Self)
    }
}

impl Timestamps {
    pub fn new(column: &Column) -> Result<Self> {
        let name = column.time_zone.as_deref().unwrap_or("UTC");
        let zone = name.parse().map_err(|_| {
            unsupported(
                column,
                format!("`{name}` is not a time zone"),
                "write an IANA name such as Europe/Berlin as defaultTimezone",
            )
        })?;
        Ok(Self {
            pattern: pattern(column)?,
            zoned: matches!(column.data_type, DataType::Timestamp { zoned: true }),
            zone,
        })
    }

    fn place(&self, parts: Parts) -> Result<i64, Why> {
        let date = parts.date.ok_or(Why::Other)?;
        let wall = days(date) * 86_400 * SECOND + parts.time.unwrap_or(0);
        match parts.zone {
            None if self.zoned => local_to_utc(wall, self.zone),
            None => Ok(wall),
            Some(zone) => {
                let instant = match zone {
                    Zone::Offset(seconds) => wall - i64::from(seconds) * SECOND,
                    Zone::Named(zone) => local_to_utc(wall, zone)?,
                };
                if self.zoned { Ok(instant) } else { utc_to_local(instant, self.zone) }
            }
        }
    }
}

impl Parse<i32> for Dates {
    #[inline]
    fn parse(&self, text: &str) -> Result<i32, Why> {
        let parts = match &self.0 {
            None => Parts { date: Some(iso_date(text.as_bytes())?), ..Parts::default() },
            Some(pattern) => pattern.parse(text)?,
        };
        parts.date.map(|date| date.num_days_from_ce() - EPOCH).ok_or(Why::Other)
    }

    fn expected(&self) -> String {
        self.0.as_ref().map_or_else(|| "a date (YYYY-MM-DD)".into(), |pattern| format!("a date like {pattern}"))
    }
}

impl Parse<i64> for Times {
    #[inline]
    fn parse(&self, text: &str) -> Result<i64, Why> {
        match &self.0 {
            None => iso_time(text.as_bytes()),
            Some(pattern) => pattern.parse(text)?.time.ok_or(Why::Other),
        }
    }

    fn expected(&self) -> String {
        self.0.as_ref().map_or_else(|| "a time (HH:MM:SS)".into(), |pattern| format!("a time like {pattern}"))
    }
}

impl Parse<i64> for Timestamps {
    #[inline]
    fn parse(&self, text: &str) -> Result<i64, Why> {
        let parts = match &self.pattern {
            None => iso_timestamp(text.as_bytes())?,
            Some(pattern) => pattern.parse(text)?,
        };
        self.place(parts)
    }

    fn expected(&self) -> String {
        self.pattern
            .as_ref()
            .map_or_else(|| "a timestamp (YYYY-MM-DDTHH:MM:SS)".into(), |pattern| format!("a timestamp like {pattern}"))
    }
}

/// The instant at which clocks in `zone` showed `wall`, the earlier of two.
pub fn local_to_utc(wall: i64, zone: Tz) -> Result<i64, Why> {
    if zone == Tz::UTC {
        return Ok(wall);
    }
    let local = naive(wall)?;
    match zone.from_local_datetime(&local) {
        LocalResult::Single(instant) => Ok(instant.timestamp_micros()),
        LocalResult::Ambiguous(one, other) => Ok(one.timestamp_micros().min(other.timestamp_micros())),
        LocalResult::None => Err(Why::Because("clocks in its time zone were set forward over it")),
    }
}

fn utc_to_local(instant: i64, zone: Tz) -> Result<i64, Why> {
    if zone == Tz::UTC {
        return Ok(instant);
    }
    Ok(zone.from_utc_datetime(&naive(instant)?).naive_local().and_utc().timestamp_micros())
}

fn naive(micros: i64) -> Result<NaiveDateTime, Why> {
    DateTime::UNIX_EPOCH
        .naive_utc()
        .checked_add_signed(TimeDelta::microseconds(micros))
        .ok_or(Why::Because("it is beyond the calendar"))
}

fn days(date: NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce() - EPOCH)
}

fn pattern(column: &Column) -> Result<Option<Pattern>> {
    let Some(format) = &column.format else { return Ok(None) };
    Pattern::compile(format).map(Some).map_err(|why| {
        unsupported(
            column,
            format!("the format `{format}` cannot be read: {why}"),
            "write a JDK DateTimeFormatter pattern such as yyyy-MM-dd HH:mm:ss",
        )
    })
}

#[inline]
fn iso_date(text: &[u8]) -> Result<NaiveDate, Why> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text else { return Err(Why::Other) };
    let year = i32::from(two(y1, y2)?) * 100 + i32::from(two(y3, y4)?);
    day(year, u32::from(two(m1, m2)?), u32::from(two(d1, d2)?))
}

#[inline]
fn day(year: i32, month: u32, day: u32) -> Result<NaiveDate, Why> {
    NaiveDate::from_ymd_opt(year, month, day).ok_or(Why::Because("there is no such day"))
}

#[inline]
fn iso_time(text: &[u8]) -> Result<i64, Why> {
    let [h1, h2, b':', m1, m2, rest @ ..] = text else { return Err(Why::Other) };
    let (hour, minute) = (two(*h1, *h2)?, two(*m1, *m2)?);
    let (second, micros) = match rest {
        [] => (0, 0),
        [b':', s1, s2] => (two(*s1, *s2)?, 0),
        [b':', s1, s2, b'.' | b',', digits @ ..] => (two(*s1, *s2)?, fraction(digits)?),
        _ => return Err(Why::Other),
    };
    clock(i64::from(hour), i64::from(minute), i64::from(second), micros)
}

fn clock(hour: i64, minute: i64, second: i64, micros: i64) -> Result<i64, Why> {
    if hour > 23 || minute > 59 || second > 59 {
        return Err(Why::Because("there is no such time"));
    }
    Ok(((hour * 60 + minute) * 60 + second) * SECOND + micros)
}

#[inline]
fn iso_timestamp(text: &[u8]) -> Result<Parts, Why> {
    let Some((date, rest)) = text.split_at_checked(10) else { return Err(Why::Other) };
    let date = Some(iso_date(date)?);
    let [b'T' | b't' | b' ', rest @ ..] = rest else {
        return if rest.is_empty() { Ok(Parts { date, ..Parts::default() }) } else { Err(Why::Other) };
    };
    let cut = rest.iter().position(|byte| matches!(byte, b'Z' | b'z' | b'+' | b'-')).unwrap_or(rest.len());
    let zone = if cut == rest.len() { None } else { Some(Zone::Offset(offset(&rest[cut..])?)) };
    Ok(Parts { date, time: Some(iso_time(&rest[..cut])?), zone })
}

/// Seconds of `Z`, `+02`, `+0200`, `+02:00`.
fn offset(text: &[u8]) -> Result<i32, Why> {
    let (sign, digits) = match text {
        [b'Z' | b'z'] => return Ok(0),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return Err(Why::Other),
    };
    let (hours, minutes) = match *digits {
        [h1, h2] => (two(h1, h2)?, 0),
        [h1, h2, m1, m2] | [h1, h2, b':', m1, m2] => (two(h1, h2)?, two(m1, m2)?),
        _ => return Err(Why::Other),
    };
    if hours > 18 || minutes > 59 {
        return Err(Why::Because("there is no such offset"));
    }
    Ok(sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60))
}

/// Microseconds of 1 to 9 digits after the point; what is finer is cut off.
fn fraction(digits: &[u8]) -> Result<i64, Why> {
    if digits.is_empty() || digits.len() > 9 || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Why::Other);
    }
    let padded = digits.iter().copied().chain(std::iter::repeat(b'0')).take(6);
    Ok(padded.fold(0, |micros, digit| micros * 10 + i64::from(digit - b'0')))
}

#[inline]
fn two(tens: u8, ones: u8) -> Result<u8, Why> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    if tens > 9 || ones > 9 { Err(Why::Other) } else { Ok(tens * 10 + ones) }
}
