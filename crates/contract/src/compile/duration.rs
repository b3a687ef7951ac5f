//! Durations of service levels: a number with a unit, or ISO 8601.

/// A year of 365 days and a month of 30, as service levels are meant.
const UNITS: &[(&[&str], u64)] = &[
    (&["s", "sec", "secs", "second", "seconds"], 1),
    (&["m", "min", "mins", "minute", "minutes"], 60),
    (&["h", "hr", "hrs", "hour", "hours"], 3_600),
    (&["d", "day", "days"], 86_400),
    (&["w", "wk", "wks", "week", "weeks"], 604_800),
    (&["mo", "mon", "month", "months"], 2_592_000),
    (&["y", "yr", "yrs", "year", "years"], 31_536_000),
];

/// Seconds of `value`, which may carry its unit (`24h`, `PT25H`, `P1D`); otherwise `unit` gives it.
pub fn seconds(value: &str, unit: Option<&str>) -> Option<u64> {
    let value = value.trim();
    if value.starts_with(['P', 'p']) {
        return iso(value);
    }
    let digits = value.find(|character: char| !(character.is_ascii_digit() || character == '.')).unwrap_or(value.len());
    let (number, own_unit) = value.split_at(digits);
    let unit = if own_unit.trim().is_empty() { unit? } else { own_unit };
    scaled(number, unit_seconds(unit)?)
}

fn unit_seconds(unit: &str) -> Option<u64> {
    let unit = unit.trim().to_ascii_lowercase();
    UNITS.iter().find(|(names, _)| names.contains(&unit.as_str())).map(|(_, seconds)| *seconds)
}

fn scaled(number: &str, seconds: u64) -> Option<u64> {
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(seconds);
    }
    let total = number.parse::<f64>().ok()? * seconds as f64;
    (total.is_finite() && (0.0..9e15).contains(&total)).then_some(total.round() as u64)
}

/// `P1DT12H`: years, months, weeks and days before the `T`; hours, minutes and seconds behind it.
fn iso(text: &str) -> Option<u64> {
    let text = text.to_ascii_uppercase();
    let body = text.strip_prefix('P')?;
    let (date, time) = body.split_once('T').unwrap_or((body, ""));
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let date = designated(date, &[('Y', 31_536_000), ('M', 2_592_000), ('W', 604_800), ('D', 86_400)])?;
    let time = designated(time, &[('H', 3_600), ('M', 60), ('S', 1)])?;
    date.checked_add(time)
}

fn designated(text: &str, units: &[(char, u64)]) -> Option<u64> {
    let mut total = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|character: char| character.is_ascii_alphabetic())?;
        let (number, tail) = rest.split_at(end);
        let designator = tail.chars().next()?;
        let (_, size) = units.iter().find(|(name, _)| *name == designator)?;
        total = total.checked_add(scaled(number, *size)?)?;
        rest = &tail[designator.len_utf8()..];
    }
    Some(total)
}
