//! Plimsoll's own settings: `severity` and `threshold` of checks.

use serde_json::Value as Json;

use super::Compiler;
use crate::check::{Limit, Limits, Severity};
use crate::codes;
use crate::diagnostic::Level;
use crate::model::{CustomProperty, setting};

/// What applies to all checks of one element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Policy {
    /// `None` when the element says nothing.
    pub severity: Option<Severity>,
    pub threshold: Option<f64>,
    pub limits: Limits,
}

/// What may stand in `warnAbove` and `failAbove`.
const LIMIT: &str = "a number of rows, or a percentage such as \"5%\"";

impl Compiler<'_> {
    /// Reads the settings of an element; `path` is that of the element.
    pub(super) fn policy(&mut self, properties: &[CustomProperty], path: &str) -> Policy {
        let path = format!("{path}.customProperties");
        let mut policy = Policy { severity: None, threshold: None, limits: Limits::default() };
        if let Some(value) = setting(properties, "severity") {
            policy.severity = value.as_str().and_then(severity);
            if policy.severity.is_none() {
                self.bad_setting(&path, "severity", value, "error or warning");
            }
        }
        if let Some(value) = setting(properties, "threshold") {
            policy.threshold = share(value);
            if policy.threshold.is_none() {
                self.bad_setting(&path, "threshold", value, "a share from 0 to 1, or a percentage such as \"5%\"");
            }
        }
        if let Some(value) = setting(properties, "warnAbove") {
            policy.limits.warn_above = limit(value);
            if policy.limits.warn_above.is_none() {
                self.bad_setting(&path, "warnAbove", value, LIMIT);
            }
        }
        if let Some(value) = setting(properties, "failAbove") {
            policy.limits.fail_above = limit(value);
            if policy.limits.fail_above.is_none() {
                self.bad_setting(&path, "failAbove", value, LIMIT);
            }
        }
        policy
    }

    /// The rows that a rule judges, by the day that they belong to; `None` when it judges all.
    pub(super) fn effective(&mut self, properties: &[CustomProperty], path: &str) -> Option<String> {
        let path = format!("{path}.customProperties");
        let column = setting(properties, "effectiveColumn").and_then(Json::as_str).map(super::quality::identifier);
        let mut sides = Vec::new();
        for (name, sign) in [("effectiveFrom", ">="), ("effectiveUntil", "<")] {
            let Some(value) = setting(properties, name) else { continue };
            match (value.as_str().filter(|day| !day.contains('\'')), &column) {
                (Some(day), Some(column)) => sides.push(format!("{column} {sign} '{day}'")),
                (Some(_), None) => {
                    let wanted = "the date or timestamp column as `effectiveColumn` beside it";
                    self.bad_setting(&path, name, value, wanted);
                }
                (None, _) => self.bad_setting(&path, name, value, "a date such as \"2024-01-01\""),
            }
        }
        (!sides.is_empty()).then(|| sides.join(" AND "))
    }

    pub(super) fn bad_setting(&mut self, path: &str, name: &str, value: &Json, expected: &str) {
        let message = format!("the setting `{name}` cannot be {value}");
        let diagnostic = codes::SETTING.at(self.contract.span_of(path), message).with_help(format!("give {expected}"));
        self.report(diagnostic, Level::Error, path);
    }
}

fn limit(value: &Json) -> Option<Limit> {
    match value {
        Json::Number(number) => number.as_u64().map(Limit::Rows),
        Json::String(text) if text.trim().ends_with('%') => share(value).map(Limit::Share),
        Json::String(text) => text.trim().parse().ok().map(Limit::Rows),
        _ => None,
    }
}

fn severity(text: &str) -> Option<Severity> {
    match text {
        "error" => Some(Severity::Error),
        "warning" => Some(Severity::Warning),
        _ => None,
    }
}

/// The severity that the free text of a quality rule means: what is not clearly mild is an error.
pub(crate) fn severity_of_rule(text: &str) -> Severity {
    match text.trim().to_ascii_lowercase().as_str() {
        "warning" | "warn" | "info" | "low" | "medium" | "minor" => Severity::Warning,
        _ => Severity::Error,
    }
}

/// A share from 0 to 1, from a number or a percentage.
pub(super) fn share(value: &Json) -> Option<f64> {
    let share = match value {
        Json::Number(number) => number.as_f64()?,
        Json::String(text) => match text.trim().strip_suffix('%') {
            Some(percent) => percent.trim().parse::<f64>().ok()? / 100.0,
            None => text.trim().parse().ok()?,
        },
        _ => return None,
    };
    (0.0..=1.0).contains(&share).then_some(share)
}
