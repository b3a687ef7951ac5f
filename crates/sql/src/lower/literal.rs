//! A contract's literal as a value of its column's type.

use chrono::{DateTime, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike};
use contract::{DataType, Literal};
use datafusion::common::ScalarValue;

use super::column::Found;
use super::number::{Number, Scaled, power};
use crate::types::UTC;

/// Microseconds; a finer literal could not be compared exactly.
const FRACTION_DIGITS_MAX: usize = 6;

/// The literal in the column's type; otherwise why it is none.
pub(super) fn value(literal: &Literal, column: &Found) -> Result<ScalarValue, String> {
    let text = text(literal);
    let parsed = match column.data_type {
        DataType::Boolean => text.parse().ok().map(|value| ScalarValue::Boolean(Some(value))),
        DataType::Integer { .. } | DataType::Decimal { .. } => exact(&text, column.data_type),
        DataType::Float { bits } => float(&text, *bits),
        DataType::String => Some(ScalarValue::Utf8View(Some(text.clone()))),
        DataType::Date => date(&text),
        DataType::Time => time(&text),
        DataType::Timestamp { zoned } => timestamp(&text, *zoned, column.zone),
        DataType::Binary | DataType::List(_) | DataType::Struct(_) | DataType::Map(..) => None,
    };
    parsed.ok_or_else(|| {
        format!("`{text}` is no {} that `{}` can hold{}", column.data_type, column.name, form(column.data_type))
    })
}

/// The literal as the contract wrote it.
pub(super) fn text(literal: &Literal) -> String {
    match literal {
        Literal::Null => "null".to_owned(),
        Literal::Boolean(value) => value.to_string(),
        Literal::Text(text) => text.clone(),
        Literal::Number(number) => number.to_string(),
    }
}

fn form(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Date => ": write YYYY-MM-DD",
        DataType::Time => ": write HH:MM:SS, with at most six decimals",
        DataType::Timestamp { zoned: true } => ": write YYYY-MM-DDTHH:MM:SS and an offset, with at most six decimals",
        DataType::Timestamp { zoned: false } => {
            ": write YYYY-MM-DDTHH:MM:SS without an offset, with at most six decimals"
        }
        _ => "",
    }
}

fn exact(text: &str, data_type: &DataType) -> Option<ScalarValue> {
    let limits = Limits::of(data_type)?;
    match Number::parse(text)?.scaled(limits.scale) {
        Scaled::Exact(value) if limits.min <= value && value <= limits.max => unscaled(value, data_type),
        _ => None,
    }
}

/// What an integer or decimal column can hold, as integers times `10^-scale`.
pub(super) struct Limits {
    pub min: i128,
    pub max: i128,
    pub scale: i32,
}

impl Limits {
    /// `None` for other types, and for decimals beyond 128 bits.
    pub fn of(data_type: &DataType) -> Option<Self> {
        match data_type {
            DataType::Integer { bits, signed: true } => {
                let half = 1i128.checked_shl(u32::from(*bits) - 1)?;
                Some(Self { min: -half, max: half - 1, scale: 0 })
            }
            DataType::Integer { bits, signed: false } => {
                Some(Self { min: 0, max: 1i128.checked_shl(u32::from(*bits))? - 1, scale: 0 })
            }
            DataType::Decimal { precision, scale } if *precision <= 38 => {
                let max = power(i32::from(*precision))? - 1;
                Some(Self { min: -max, max, scale: i32::from(*scale) })
            }
            _ => None,
        }
    }
}

/// An integer or decimal from its unscaled value.
pub(super) fn unscaled(value: i128, data_type: &DataType) -> Option<ScalarValue> {
    Some(match data_type {
        DataType::Integer { bits: 8, signed: true } => ScalarValue::Int8(Some(value.try_into().ok()?)),
        DataType::Integer { bits: 16, signed: true } => ScalarValue::Int16(Some(value.try_into().ok()?)),
        DataType::Integer { bits: 32, signed: true } => ScalarValue::Int32(Some(value.try_into().ok()?)),
        DataType::Integer { signed: true, .. } => ScalarValue::Int64(Some(value.try_into().ok()?)),
        DataType::Integer { bits: 8, .. } => ScalarValue::UInt8(Some(value.try_into().ok()?)),
        DataType::Integer { bits: 16, .. } => ScalarValue::UInt16(Some(value.try_into().ok()?)),
        DataType::Integer { bits: 32, .. } => ScalarValue::UInt32(Some(value.try_into().ok()?)),
        DataType::Integer { .. } => ScalarValue::UInt64(Some(value.try_into().ok()?)),
        DataType::Decimal { precision, scale } => ScalarValue::Decimal128(Some(value), *precision, *scale),
        _ => return None,
    })
}

/// Numbers only: Rust would also read `NaN` and `infinity`.
fn float(text: &str, bits: u8) -> Option<ScalarValue> {
    if !text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
        return None;
    }
    Some(if bits == 32 {
        ScalarValue::Float32(Some(text.parse().ok()?))
    } else {
        ScalarValue::Float64(Some(text.parse().ok()?))
    })
}

fn date(text: &str) -> Option<ScalarValue> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    let days = date.signed_duration_since(NaiveDate::default()).num_days();
    Some(ScalarValue::Date32(Some(days.try_into().ok()?)))
}

fn time(text: &str) -> Option<ScalarValue> {
    let time = wall_time(text)?;
    let micros = i64::from(time.num_seconds_from_midnight()) * 1_000_000 + i64::from(time.nanosecond() / 1_000);
    Some(ScalarValue::Time64Microsecond(Some(micros)))
}

fn wall_time(text: &str) -> Option<NaiveTime> {
    let fraction = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    if fraction > FRACTION_DIGITS_MAX {
        return None;
    }
    NaiveTime::parse_from_str(text, "%H:%M:%S%.f").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M")).ok()
}

/// An offset belongs to an instant only; `Z` on wall-clock time is read as if it were not there, because the standard's own
/// examples write it.
fn timestamp(text: &str, zoned: bool, zone: Option<&str>) -> Option<ScalarValue> {
    let (wall, offset) = split_offset(text)?;
    let instant = match (zoned, offset) {
        (false, None | Some("Z" | "z")) => wall.and_utc(),
        (false, Some(_)) => return None,
        (true, Some("Z" | "z")) => wall.and_utc(),
        (true, Some(offset)) => {
            let offset: chrono::FixedOffset = offset.parse().ok()?;
            offset.from_local_datetime(&wall).single()?.to_utc()
        }
        (true, None) => at_zone(wall, zone.unwrap_or(UTC))?,
    };
    let zone = zoned.then(|| UTC.into());
    Some(ScalarValue::TimestampMicrosecond(Some(instant.timestamp_micros()), zone))
}

/// The wall-clock part, and the offset if there is one.
fn split_offset(text: &str) -> Option<(NaiveDateTime, Option<&str>)> {
    let (day, rest) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, "00:00"),
    };
    let at = rest.find(['Z', 'z', '+', '-']);
    let (clock, offset) = at.map_or((rest, None), |at| (rest[..at].trim_end(), Some(&rest[at..])));
    let day = NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()?;
    if clock == "24:00" || clock == "24:00:00" {
        return Some((day.checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN), offset));
    }
    Some((day.and_time(wall_time(clock)?), offset))
}

/// A wall-clock time that the zone skips is no time that a contract can mean; of two, the earlier.
fn at_zone(wall: NaiveDateTime, zone: &str) -> Option<DateTime<chrono::Utc>> {
    let zone: chrono_tz::Tz = zone.parse().ok()?;
    match zone.from_local_datetime(&wall) {
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => Some(instant.to_utc()),
        LocalResult::None => None,
    }
}
