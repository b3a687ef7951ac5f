//! Whether a stored value is protected as its contract says.

use super::{Method, Period, Protection};

impl Protection {
    /// `None` where a protected value cannot be told from another: noise.
    pub fn is_kept(&self, value: &str) -> Option<bool> {
        let hex = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        };
        Some(match &self.method {
            Method::Hash => hex(value, 64),
            Method::Encrypt => value.starts_with("ps1:") && value.matches(':').count() == 3,
            Method::EncryptRandom => value.starts_with("pg1:") && value.matches(':').count() == 3,
            Method::Token => value.strip_prefix("tok_").is_some_and(|token| hex(token, 32)),
            Method::Redact { with } => value == with,
            Method::Partial { with, .. } => value.is_empty() || value.contains(with.as_str()),
            Method::Band { width } => match value.parse::<f64>() {
                Ok(number) => is_multiple(number, *width),
                Err(_) => value == "?" || value.trim_start_matches('-').contains('-'),
            },
            Method::Grid { size } => value.parse::<f64>().is_ok_and(|number| is_multiple(number, *size)),
            Method::Truncate { to } => begins(value, *to),
            Method::Null => false,
            Method::Noise { .. } => return None,
        })
    }
}

fn is_multiple(number: f64, of: f64) -> bool {
    let times = number / of;
    (times - times.round()).abs() < 1e-6 * times.abs().max(1.0)
}

/// Of the ISO form of a date or a moment; weeks are not told apart here.
fn begins(value: &str, period: Period) -> bool {
    let (day, time) = value.split_once(['T', ' ']).unwrap_or((value, ""));
    let zero = |text: &str| text.bytes().all(|byte| matches!(byte, b'0' | b':' | b'.' | b'Z' | b'+'));
    let part = |at: usize| day.split('-').nth(at).unwrap_or_default();
    match period {
        Period::Hour => time.get(3..).is_some_and(zero),
        Period::Day | Period::Week => zero(time),
        Period::Month => zero(time) && part(2) == "01",
        Period::Quarter => zero(time) && part(2) == "01" && matches!(part(1), "01" | "04" | "07" | "10"),
        Period::Year => zero(time) && part(2) == "01" && part(1) == "01",
    }
}
