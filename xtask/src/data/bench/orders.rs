//! Rows of orders as CSV text. One row in a hundred breaks exactly one rule, each rule equally often.

use std::fs::File;
use std::io::Write;
use std::ops::AddAssign;
use std::path::Path;

use anyhow::{Context, Result};

use crate::data::random::Random;

const HEADER: &str = "id,customer_id,country,status,quantity,price,discount,ordered_at,email,note\n";
const COUNTRIES: [&str; 10] = ["AT", "BR", "CH", "DE", "ES", "FR", "IT", "JP", "UK", "US"];
const STATUSES: [&str; 5] = ["placed", "paid", "shipped", "delivered", "returned"];
const DOMAINS: [&str; 4] = ["example.com", "example.net", "mail.test", "post.example"];
const NOTES: [&str; 6] = [
    "",
    "",
    "leave at the door",
    "gift, please wrap it",
    "says \"ring twice\", then wait",
    "second attempt after the holidays",
];
const KINDS: [&str; 6] = [
    "quantity_no_number",
    "quantity_too_large",
    "country_unknown",
    "customer_missing",
    "date_impossible",
    "email_malformed",
];
/// One in so many rows is bad.
const BAD_EVERY: u64 = 100;
const BUFFER_BYTES: usize = 1 << 20;

pub struct Generator {
    random: Random,
    /// Of the row written last; unique over all files of a generator.
    id: u64,
}

/// How many rows were written, and how many of each kind of bad ones.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    pub rows: u64,
    pub bad: [u64; KINDS.len()],
}

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), id: 0 }
    }

    /// Writes one file of orders placed within `seconds` from `start` (seconds since the epoch).
    pub fn write(&mut self, path: &Path, rows: u64, start: u64, seconds: u64) -> Result<Tally> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
        let mut tally = Tally::default();
        let mut buffer = Vec::with_capacity(BUFFER_BYTES + 1024);
        buffer.extend_from_slice(HEADER.as_bytes());
        for _ in 0..rows {
            let placed = start + self.random.below(seconds);
            self.row(&mut buffer, placed, &mut tally);
            if buffer.len() >= BUFFER_BYTES {
                file.write_all(&buffer)?;
                buffer.clear();
            }
        }
        file.write_all(&buffer)?;
        Ok(tally)
    }

    fn row(&mut self, out: &mut Vec<u8>, placed: u64, tally: &mut Tally) {
        self.id += 1;
        tally.rows += 1;
        let bad = self.bad_kind();
        if let Some(kind) = bad {
            tally.bad[kind] += 1;
        }
        let bad = bad.map_or("", |kind| KINDS[kind]);
        let random = &mut self.random;
        number(out, self.id, 1);
        out.push(b',');
        let customer = 1 + random.below(1_000_000);
        if bad != "customer_missing" {
            number(out, customer, 1);
        }
        out.push(b',');
        let country = pick(random, &COUNTRIES);
        text(out, if bad == "country_unknown" { "ZZ" } else { country });
        out.push(b',');
        text(out, pick(random, &STATUSES));
        out.push(b',');
        let quantity = 1 + random.below(100);
        number(out, if bad == "quantity_too_large" { quantity + 5000 } else { quantity }, 1);
        if bad == "quantity_no_number" {
            out.push(b'x');
        }
        out.push(b',');
        hundredths(out, 100 + random.below(1_000_000));
        out.push(b',');
        hundredths(out, random.below(31));
        out.push(b',');
        timestamp(out, placed, bad == "date_impossible");
        out.push(b',');
        text(out, "user");
        number(out, customer, 1);
        out.push(if bad == "email_malformed" { b'.' } else { b'@' });
        text(out, pick(random, &DOMAINS));
        out.push(b',');
        quoted(out, pick(random, &NOTES));
        out.push(b'\n');
    }

    fn bad_kind(&mut self) -> Option<usize> {
        (self.random.below(BAD_EVERY) == 0).then(|| self.random.below(KINDS.len() as u64) as usize)
    }
}

impl Tally {
    pub fn json(&self) -> serde_json::Value {
        let kinds: serde_json::Map<_, _> =
            KINDS.iter().zip(self.bad).map(|(kind, count)| ((*kind).into(), count.into())).collect();
        let bad: u64 = self.bad.iter().sum();
        serde_json::json!({ "rows": self.rows, "good": self.rows - bad, "refused": bad, "kinds": kinds })
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.rows += other.rows;
        for (sum, count) in self.bad.iter_mut().zip(other.bad) {
            *sum += count;
        }
    }
}

/// The day of 2024, counted from 0, as `2024-02-29`.
pub fn date(day: u64) -> String {
    let (month, day) = month_and_day(day);
    format!("2024-{month:02}-{day:02}")
}

fn month_and_day(mut day: u64) -> (u64, u64) {
    const DAYS: [u64; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    for (month, days) in (1..).zip(DAYS) {
        if day < days {
            return (month, day + 1);
        }
        day -= days;
    }
    (12, 31)
}

/// ISO 8601 in UTC; an impossible one has a 13th month.
fn timestamp(out: &mut Vec<u8>, seconds: u64, impossible: bool) {
    let within = seconds - super::YEAR_START;
    let (month, day) = month_and_day(within / 86_400);
    text(out, "2024-");
    for (value, end) in [
        (if impossible { 13 } else { month }, b'-'),
        (day, b'T'),
        (within / 3600 % 24, b':'),
        (within / 60 % 60, b':'),
        (within % 60, b'Z'),
    ] {
        number(out, value, 2);
        out.push(end);
    }
}

fn pick<'a>(random: &mut Random, values: &[&'a str]) -> &'a str {
    values[random.below(values.len() as u64) as usize]
}

fn text(out: &mut Vec<u8>, value: &str) {
    out.extend_from_slice(value.as_bytes());
}

/// Quoted as RFC 4180 says where it must be.
fn quoted(out: &mut Vec<u8>, value: &str) {
    if value.contains([',', '"']) {
        out.push(b'"');
        text(out, &value.replace('"', "\"\""));
        out.push(b'"');
    } else {
        text(out, value);
    }
}

fn hundredths(out: &mut Vec<u8>, value: u64) {
    number(out, value / 100, 1);
    out.push(b'.');
    number(out, value % 100, 2);
}

/// Decimal digits with leading zeros up to `width`; a formatter of its own, because this is most of the time spent.
fn number(out: &mut Vec<u8>, value: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut start = digits.len();
    let mut rest = value;
    while rest > 0 || digits.len() - start < width {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits[start..]);
}
