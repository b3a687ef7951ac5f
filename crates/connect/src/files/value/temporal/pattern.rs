//! JDK `DateTimeFormatter` patterns, the part of them that dates and times in files use.
//!
//! Letters: `y u M L d D H k K h m s S n a E e X x Z O V v z`, quoted text, and `[` `]` around what may be missing.
//! One letter reads as many digits as there are, more letters exactly as many; `yy` is 2000 to 2099.

use std::fmt;

use chrono::NaiveDate;

use super::{Parts, Why, Zone, clock, day, fraction, offset};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
/// Optional parts within optional parts.
const DEPTH_MAX: usize = 8;

#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq)]
enum Item {
    Text(String),
    /// A number with this meaning: fewest and most digits.
    Number(Unit, usize, usize),
    /// Digits after a point: fewest and most.
    Fraction(usize, usize),
    Month,
    Weekday,
    HalfDay,
    /// `Z` for zero is allowed.
    Offset,
    ZoneName,
    Optional(Vec<Item>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Unit {
    Year,
    YearOfCentury,
    Month,
    Day,
    DayOfYear,
    Hour,
    HourOfHalf,
    Minute,
    Second,
    Nanos,
}

#[derive(Debug, Clone, Copy, Default)]
struct Found {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    day_of_year: Option<u32>,
    hour: Option<i64>,
    hour_of_half: Option<i64>,
    afternoon: Option<bool>,
    minute: Option<i64>,
    second: Option<i64>,
    micros: Option<i64>,
    zone: Option<Zone>,
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Pattern {
    pub fn compile(text: &str) -> Result<Self, String> {
        let chars: Vec<char> = text.chars().collect();
        let mut at = 0;
        let items = compile(&chars, &mut at, 0)?;
        if items.is_empty() {
            return Err("it is empty".into());
        }
        Ok(Self { text: text.to_owned(), items })
    }

    pub fn parse(&self, text: &str) -> Result<Parts, Why> {
        let mut found = Found::default();
        let rest = read_all(&self.items, text, &mut found).ok_or(Why::Other)?;
        if !rest.is_empty() {
            return Err(Why::Other);
        }
        found.parts()
    }
}

fn compile(chars: &[char], at: &mut usize, depth: usize) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    while let Some(&c) = chars.get(*at) {
        *at += 1;
        match c {
            '\'' => items.push(Item::Text(quoted(chars, at)?)),
            '[' if depth < DEPTH_MAX => items.push(Item::Optional(compile(chars, at, depth + 1)?)),
            ']' if depth > 0 => return Ok(items),
            '[' | ']' => return Err("its brackets do not match".into()),
            c if c.is_ascii_alphabetic() => {
                let more = chars[*at..].iter().take_while(|next| **next == c).count();
                *at += more;
                items.push(letter(c, more + 1)?);
            }
            c => items.push(Item::Text(c.to_string())),
        }
    }
    if depth > 0 { Err("its brackets do not match".into()) } else { Ok(items) }
}

/// Text in quotes; two quotes are one.
fn quoted(chars: &[char], at: &mut usize) -> Result<String, String> {
    if chars.get(*at) == Some(&'\'') {
        *at += 1;
        return Ok("'".into());
    }
    let mut text = String::new();
    while let Some(&c) = chars.get(*at) {
        *at += 1;
        if c != '\'' {
            text.push(c);
        } else if chars.get(*at) == Some(&'\'') {
            *at += 1;
            text.push('\'');
        } else {
            return Ok(text);
        }
    }
    Err("a quote does not close".into())
}

fn letter(letter: char, count: usize) -> Result<Item, String> {
    let number = |unit, most| if count == 1 { Item::Number(unit, 1, most) } else { Item::Number(unit, count, count) };
    Ok(match (letter, count) {
        ('y' | 'u', 2) => Item::Number(Unit::YearOfCentury, 2, 2),
        ('y' | 'u', _) => number(Unit::Year, 4),
        ('M' | 'L', 1 | 2) => number(Unit::Month, 2),
        ('M' | 'L', 3 | 4) => Item::Month,
        ('d', 1 | 2) => number(Unit::Day, 2),
        ('D', 1..=3) => number(Unit::DayOfYear, 3),
        ('H' | 'k', 1 | 2) => number(Unit::Hour, 2),
        ('h' | 'K', 1 | 2) => number(Unit::HourOfHalf, 2),
        ('m', 1 | 2) => number(Unit::Minute, 2),
        ('s', 1 | 2) => number(Unit::Second, 2),
        ('S', 1..=9) => Item::Fraction(count, count),
        ('n', _) => Item::Number(Unit::Nanos, 1, 9),
        ('a', 1) => Item::HalfDay,
        ('E', 1..=4) => Item::Weekday,
        ('X' | 'x' | 'Z' | 'O', 1..=5) => Item::Offset,
        ('V' | 'v' | 'z', 1..=4) => Item::ZoneName,
        _ => return Err(format!("`{}` is not supported", letter.to_string().repeat(count))),
    })
}

/// Reads the items one after the other; returns what is left of the text.
fn read_all<'a>(items: &[Item], mut text: &'a str, found: &mut Found) -> Option<&'a str> {
    for item in items {
        text = read(item, text, found)?;
    }
    Some(text)
}

fn read<'a>(item: &Item, text: &'a str, found: &mut Found) -> Option<&'a str> {
    match item {
        Item::Text(wanted) => text.strip_prefix(wanted.as_str()),
        Item::Number(unit, least, most) => {
            let (digits, rest) = take(text, *most, |byte| byte.is_ascii_digit());
            let value = (digits.len() >= *least).then(|| digits.parse::<u32>().ok())??;
            found.set(*unit, value);
            Some(rest)
        }
        Item::Fraction(least, most) => {
            let (digits, rest) = take(text, *most, |byte| byte.is_ascii_digit());
            found.micros = Some((digits.len() >= *least).then(|| fraction(digits.as_bytes()).ok())??);
            Some(rest)
        }
        Item::Month => {
            let (index, rest) = name(text, &MONTHS)?;
            found.month = u32::try_from(index + 1).ok();
            Some(rest)
        }
        Item::Weekday => name(text, &WEEKDAYS).map(|(_, rest)| rest),
        Item::HalfDay => {
            let half = text.get(..2)?;
            let afternoon = half.eq_ignore_ascii_case("pm");
            found.afternoon = (afternoon || half.eq_ignore_ascii_case("am")).then_some(afternoon);
            found.afternoon.map(|_| &text[2..])
        }
        Item::Offset => {
            let text = text.strip_prefix("GMT").unwrap_or(text);
            let (shown, rest) =
                take(text, 6, |byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b':' | b'Z' | b'z'));
            found.zone = Some(Zone::Offset(offset(shown.as_bytes()).ok()?));
            Some(rest)
        }
        Item::ZoneName => {
            let (shown, rest) =
                take(text, 64, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'+'));
            found.zone = Some(Zone::Named(shown.parse().ok()?));
            Some(rest)
        }
        Item::Optional(items) => {
            let mut tried = *found;
            match read_all(items, text, &mut tried) {
                Some(rest) => {
                    *found = tried;
                    Some(rest)
                }
                None => Some(text),
            }
        }
    }
}

fn take(text: &str, most: usize, wanted: impl Fn(u8) -> bool) -> (&str, &str) {
    text.split_at(text.bytes().take(most).take_while(|byte| wanted(*byte)).count())
}

/// A name in full or its first three letters, in any case.
fn name<'a>(text: &'a str, names: &[&str]) -> Option<(usize, &'a str)> {
    let starts = |name: &str| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    let full = names.iter().position(|name| starts(name)).map(|index| (index, names[index].len()));
    let (index, length) = full.or_else(|| names.iter().position(|name| starts(&name[..3])).map(|index| (index, 3)))?;
    Some((index, &text[length..]))
}

impl Found {
    fn set(&mut self, unit: Unit, value: u32) {
        match unit {
            Unit::Year => self.year = i32::try_from(value).ok(),
            Unit::YearOfCentury => self.year = i32::try_from(2000 + value).ok(),
            Unit::Month => self.month = Some(value),
            Unit::Day => self.day = Some(value),
            Unit::DayOfYear => self.day_of_year = Some(value),
            Unit::Hour => self.hour = Some(i64::from(value)),
            Unit::HourOfHalf => self.hour_of_half = Some(i64::from(value)),
            Unit::Minute => self.minute = Some(i64::from(value)),
            Unit::Second => self.second = Some(i64::from(value)),
            Unit::Nanos => self.micros = Some(i64::from(value / 1000)),
        }
    }

    fn parts(&self) -> Result<Parts, Why> {
        Ok(Parts { date: self.date()?, time: self.time()?, zone: self.zone })
    }

    fn date(&self) -> Result<Option<NaiveDate>, Why> {
        match (self.year, self.day_of_year) {
            (None, _) => Ok(None),
            (Some(year), Some(of_year)) => {
                NaiveDate::from_yo_opt(year, of_year).map(Some).ok_or(Why::Because("there is no such day"))
            }
            (Some(year), None) => day(year, self.month.unwrap_or(1), self.day.unwrap_or(1)).map(Some),
        }
    }

    fn time(&self) -> Result<Option<i64>, Why> {
        let hour = match (self.hour, self.hour_of_half, self.afternoon) {
            (Some(hour), _, _) => hour,
            (None, Some(hour), Some(afternoon)) if hour <= 12 => hour % 12 + if afternoon { 12 } else { 0 },
            (None, Some(_), _) => return Err(Why::Because("there is no such time")),
            (None, None, _) => return Ok(None),
        };
        clock(hour, self.minute.unwrap_or(0), self.second.unwrap_or(0), self.micros.unwrap_or(0)).map(Some)
    }
}
