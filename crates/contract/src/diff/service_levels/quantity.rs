//! How much a service level promises, in a form that can be compared.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use super::Better;
use crate::compile::{Duration, duration};
use crate::diff::pair::{field, word};
use crate::syntax::Node;

pub(super) enum Quantity {
    Lasts(Duration),
    Milliseconds(f64),
    Share(f64),
    Number(f64, String),
    /// Without a zone, UTC is meant; without a time, the beginning of the day.
    At(NaiveDateTime),
}

impl Quantity {
    /// `None` when they cannot be compared.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        let milliseconds = |duration: &Duration| Some(duration.exact_seconds()? as f64 * 1000.0);
        match (self, other) {
            (Self::Lasts(old), Self::Lasts(new)) => old.order(new),
            (Self::Milliseconds(old), Self::Milliseconds(new)) | (Self::Share(old), Self::Share(new)) => {
                old.partial_cmp(new)
            }
            (Self::Lasts(old), Self::Milliseconds(new)) => milliseconds(old)?.partial_cmp(new),
            (Self::Milliseconds(old), Self::Lasts(new)) => old.partial_cmp(&milliseconds(new)?),
            (Self::Number(old, unit), Self::Number(new, new_unit)) if unit == new_unit => old.partial_cmp(new),
            (Self::At(old), Self::At(new)) => Some(old.cmp(new)),
            _ => None,
        }
    }
}

pub(super) fn quantity(level: Option<&Node>, better: Better) -> Option<Quantity> {
    let value = word(field(level, "value"))?;
    let unit = word(field(level, "unit")).map(|unit| unit.trim().to_lowercase());
    if matches!(better, Better::Earlier | Better::Later) {
        return moment(value.trim()).map(Quantity::At);
    }
    if let Some(share) = value.trim().strip_suffix('%') {
        return share.trim().parse().ok().map(Quantity::Share);
    }
    if let Some(number) = minutes_or_months(&value, word(field(level, "unit")).as_deref()) {
        return Some(Quantity::Number(number, "M".to_owned()));
    }
    let number = value.trim().parse::<f64>().ok();
    if let (Some(number), Some("percent" | "%" | "percentage" | "pct")) = (number, unit.as_deref()) {
        return Some(Quantity::Share(number));
    }
    // Durations elsewhere are counted in whole seconds.
    if let Some(milliseconds) = milliseconds(&value, unit.as_deref()) {
        return Some(Quantity::Milliseconds(milliseconds));
    }
    if let Some(lasts) = duration(&value, unit.as_deref()) {
        return Some(Quantity::Lasts(lasts));
    }
    number.map(|number| Quantity::Number(number, unit.unwrap_or_default()))
}

fn moment(text: &str) -> Option<NaiveDateTime> {
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return day.and_hms_opt(0, 0, 0);
    }
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant.naive_utc());
    }
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
}

/// A large `M` is a minute for some and a month for others, so it compares with nothing but itself.
fn minutes_or_months(value: &str, unit: Option<&str>) -> Option<f64> {
    let value = value.trim();
    match value.strip_suffix('M') {
        Some(number) => number.trim().parse().ok(),
        None => value.parse().ok().filter(|_| unit.map(str::trim) == Some("M")),
    }
}

fn milliseconds(value: &str, unit: Option<&str>) -> Option<f64> {
    let is_unit = |unit: &str| matches!(unit, "ms" | "msec" | "millisecond" | "milliseconds");
    let value = value.trim();
    let split = value.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(value.len());
    let (number, own) = value.split_at(split);
    let own = own.trim().to_lowercase();
    (is_unit(&own) || (own.is_empty() && unit.is_some_and(is_unit))).then(|| number.parse().ok())?
}
