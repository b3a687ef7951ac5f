//! Durations of service levels: a number with a unit, or ISO 8601.

use std::cmp::Ordering;

/// A twelfth of a year of 365 days: a month, where it must be a number of seconds.
const MONTH_SECONDS: u64 = 2_628_000;
const DAY_SECONDS: u64 = 86_400;

/// What a unit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Seconds(u64),
    Months(u64),
}

const UNITS: &[(&[&str], Unit)] = &[
    (&["s", "sec", "secs", "second", "seconds"], Unit::Seconds(1)),
    (&["m", "min", "mins", "minute", "minutes"], Unit::Seconds(60)),
    (&["h", "hr", "hrs", "hour", "hours"], Unit::Seconds(3_600)),
    (&["d", "day", "days"], Unit::Seconds(DAY_SECONDS)),
    (&["w", "wk", "wks", "week", "weeks"], Unit::Seconds(7 * DAY_SECONDS)),
    (&["mo", "mon", "month", "months"], Unit::Months(1)),
    (&["y", "yr", "yrs", "year", "years"], Unit::Months(12)),
];

/// A span of time as a calendar counts it: months are of no fixed length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Duration {
    months: u64,
    seconds: u64,
}

impl Duration {
    /// As one number: a year has 365 days, and a month is a twelfth of it.
    fn total_seconds(self) -> Option<u64> {
        self.months.checked_mul(MONTH_SECONDS)?.checked_add(self.seconds)
    }

    /// `None` where months or years are in it.
    pub fn exact_seconds(self) -> Option<u64> {
        (self.months == 0).then_some(self.seconds)
    }

    /// Which is longer, whenever they begin; `None` where that depends on it.
    pub fn order(self, other: &Self) -> Option<Ordering> {
        if self.months == other.months {
            return Some(self.seconds.cmp(&other.seconds));
        }
        let ((low, high), (other_low, other_high)) = (self.bounds(), other.bounds());
        match () {
            () if high < other_low => Some(Ordering::Less),
            () if low > other_high => Some(Ordering::Greater),
            () => None,
        }
    }

    /// The least and the most seconds that it lasts.
    fn bounds(self) -> (u64, u64) {
        let (low, high) = month_days(self.months);
        let seconds = |days: u64| days.saturating_mul(DAY_SECONDS).saturating_add(self.seconds);
        (seconds(low), seconds(high))
    }
}

/// The fewest and the most days of so many months in a row.
fn month_days(months: u64) -> (u64, u64) {
    /// The Gregorian calendar repeats after 400 years.
    const CYCLE_MONTHS: u64 = 4_800;
    const CYCLE_DAYS: u64 = 146_097;
    let (cycles, rest) = (months / CYCLE_MONTHS, months % CYCLE_MONTHS);
    let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days_of = |month: u64| match (month % 12, is_leap(month / 12)) {
        (1, true) => 29,
        (1, false) => 28,
        (3 | 5 | 8 | 10, _) => 30,
        _ => 31,
    };
    let mut window: u64 = (0..rest).map(days_of).sum();
    let (mut low, mut high) = (window, window);
    for start in 0..CYCLE_MONTHS {
        window = window + days_of(start + rest) - days_of(start);
        low = low.min(window);
        high = high.max(window);
    }
    let whole = cycles.saturating_mul(CYCLE_DAYS);
    (whole.saturating_add(low), whole.saturating_add(high))
}

/// Seconds of `value`, which may carry its unit (`24h`, `PT25H`, `P1D`); otherwise `unit` gives it.
pub fn seconds(value: &str, unit: Option<&str>) -> Option<u64> {
    duration(value, unit)?.total_seconds()
}

/// As `seconds`, with months kept apart.
pub(crate) fn duration(value: &str, unit: Option<&str>) -> Option<Duration> {
    let value = value.trim();
    if value.starts_with(['P', 'p']) {
        return iso(value);
    }
    let digits = value.find(|character: char| !(character.is_ascii_digit() || character == '.')).unwrap_or(value.len());
    let (number, own_unit) = value.split_at(digits);
    let unit = if own_unit.trim().is_empty() { unit? } else { own_unit };
    let unit = unit.trim().to_ascii_lowercase();
    let (_, unit) = UNITS.iter().find(|(names, _)| names.contains(&unit.as_str()))?;
    scaled(number, *unit)
}

fn scaled(number: &str, unit: Unit) -> Option<Duration> {
    let times = |size: u64| {
        if let Ok(whole) = number.parse::<u64>() {
            return whole.checked_mul(size);
        }
        let total = number.parse::<f64>().ok()? * size as f64;
        (total.is_finite() && (0.0..9e15).contains(&total)).then_some(total.round() as u64)
    };
    match unit {
        Unit::Seconds(size) => Some(Duration { months: 0, seconds: times(size)? }),
        // Half a year is six months; a third of a month is no number of days.
        Unit::Months(size) => match number.parse::<f64>().ok()? * size as f64 {
            months if months.fract() == 0.0 => Some(Duration { months: times(size)?, seconds: 0 }),
            _ => Some(Duration { months: 0, seconds: times(size * MONTH_SECONDS)? }),
        },
    }
}

/// `P1DT12H`: years, months, weeks and days before the `T`; hours, minutes and seconds behind it.
fn iso(text: &str) -> Option<Duration> {
    let text = text.to_ascii_uppercase();
    let body = text.strip_prefix('P')?;
    let (date, time) = body.split_once('T').unwrap_or((body, ""));
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let days = [
        ('Y', Unit::Months(12)),
        ('M', Unit::Months(1)),
        ('W', Unit::Seconds(7 * DAY_SECONDS)),
        ('D', Unit::Seconds(DAY_SECONDS)),
    ];
    let date = designated(date, &days)?;
    let time = designated(time, &[('H', Unit::Seconds(3_600)), ('M', Unit::Seconds(60)), ('S', Unit::Seconds(1))])?;
    sum(date, time)
}

fn sum(one: Duration, other: Duration) -> Option<Duration> {
    Some(Duration { months: one.months.checked_add(other.months)?, seconds: one.seconds.checked_add(other.seconds)? })
}

fn designated(text: &str, units: &[(char, Unit)]) -> Option<Duration> {
    let mut total = Duration::default();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|character: char| character.is_ascii_alphabetic())?;
        let (number, tail) = rest.split_at(end);
        let designator = tail.chars().next()?;
        let (_, unit) = units.iter().find(|(name, _)| *name == designator)?;
        total = sum(total, scaled(number, *unit)?)?;
        rest = &tail[designator.len_utf8()..];
    }
    Some(total)
}
