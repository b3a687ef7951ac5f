//! The forms of dates and times: patterns of the JDK's DateTimeFormatter, and time zones.

use super::findings::Findings;
use super::variables;
use crate::codes;
use crate::model::{LogicalTypeOptions, Property};

/// The letters that DateTimeFormatter knows.
const LETTERS: &str = "GuyDMLdQqYwWEecFahKkHmsSAnNVvzOXxZpB";
/// Formats that have a name instead of a pattern.
const NAMED: [&str; 9] =
    ["iso8601", "iso-8601", "iso_8601", "date", "time", "date-time", "datetime", "timestamp", "rfc3339"];

pub(super) fn check(property: &Property, options: &LogicalTypeOptions, path: &str, findings: &mut Findings<'_>) {
    if !matches!(property.logical_type.as_deref(), Some("date" | "timestamp" | "time")) {
        return;
    }
    if let Some(format) = options.format.as_deref()
        && let Some(problem) = pattern_problem(format)
    {
        let message = format!("the format {format:?} cannot be understood: {problem}");
        let help = "write a DateTimeFormatter pattern such as yyyy-MM-dd HH:mm:ss; fixed letters stand in '…'";
        findings.add(codes::TIME_FORMAT, &format!("{path}.format"), message).help(help);
    }
    if let Some(zone) = options.default_timezone.as_deref()
        && !is_zone(zone)
        && !variables::has(zone)
    {
        let message = format!("{zone:?} is not a time zone");
        let help = "write a name such as Europe/Paris or Etc/UTC, or an offset such as +02:00";
        findings.add(codes::TIME_FORMAT, &format!("{path}.defaultTimezone"), message).help(help);
    }
}

fn pattern_problem(format: &str) -> Option<String> {
    if format.trim().is_empty() {
        return Some("it is empty".to_owned());
    }
    if NAMED.contains(&format.to_ascii_lowercase().as_str()) || variables::has(format) || format.contains('%') {
        return None;
    }
    let mut quoted = false;
    for character in format.chars() {
        match character {
            '\'' => quoted = !quoted,
            _ if quoted => {}
            // Many write the T of ISO 8601 without quotes, and tools read it so.
            'T' => {}
            '{' | '}' | '#' => return Some(format!("{character:?} is reserved")),
            letter if letter.is_ascii_alphabetic() && !LETTERS.contains(letter) => {
                return Some(format!("it has no letter {letter:?}"));
            }
            _ => {}
        }
    }
    quoted.then(|| "a quote is not closed".to_owned())
}

/// A name of the IANA database by its form, or an offset.
fn is_zone(zone: &str) -> bool {
    let name = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_uppercase())
            && part.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '+'))
    };
    let offset = |text: &str| {
        let digits = text.replace(':', "");
        (2..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    match zone.strip_prefix(['+', '-']) {
        Some(digits) => offset(digits),
        None => zone.split('/').all(name) && (zone.contains('/') || zone.len() <= 9),
    }
}
