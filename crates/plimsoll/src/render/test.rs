//! What a test of data found: for people at a terminal, and for the tools that read test reports.

mod html;
mod junit;
mod markdown;
mod sarif;
mod screen;

use app::test::{TestReport, TestedDataset};
use pipeline::{Outcome, Verdict};

use super::number::{of, percent};

pub use html::html;
pub use junit::junit;
pub use markdown::markdown;
pub use sarif::sarif;
pub use screen::screen;

/// How many checks ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    passed: usize,
    failed: usize,
    warned: usize,
    not_checked: usize,
}

impl Tally {
    fn of<'a>(verdicts: impl Iterator<Item = &'a Verdict>) -> Self {
        let mut tally = Self::default();
        for verdict in verdicts {
            match verdict.outcome {
                Outcome::Passed => tally.passed += 1,
                Outcome::Failed => tally.failed += 1,
                Outcome::Warned => tally.warned += 1,
                Outcome::NotChecked => tally.not_checked += 1,
            }
        }
        tally
    }

    fn all(report: &TestReport) -> Self {
        Self::of(report.datasets.iter().flat_map(|dataset| &dataset.checks))
    }

    /// `2 failed, 1 warning, 1 not checked, 14 passed`
    fn words(self) -> String {
        let warnings = if self.warned == 1 { "warning" } else { "warnings" };
        let parts = [
            (self.failed, "failed"),
            (self.warned, warnings),
            (self.not_checked, "not checked"),
            (self.passed, "passed"),
        ];
        let told: Vec<String> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        if told.is_empty() { "no checks".to_owned() } else { told.join(", ") }
    }
}

/// The worst first: what failed, by its share; then what warns, what nobody checked, and what passed, in the contract's order.
fn worst_first(dataset: &TestedDataset) -> Vec<&Verdict> {
    let rank = |verdict: &Verdict| match verdict.outcome {
        Outcome::Failed => 0,
        Outcome::Warned => 1,
        Outcome::NotChecked => 2,
        Outcome::Passed => 3,
    };
    let mut verdicts: Vec<&Verdict> = dataset.checks.iter().collect();
    verdicts.sort_by(|one, other| rank(one).cmp(&rank(other)).then(other.ratio.total_cmp(&one.ratio)));
    verdicts
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Warned => "warning",
        Outcome::NotChecked => "not checked",
    }
}

/// `3 of 200 rows (1.5 %)`, `value 7`, or nothing.
fn measure(verdict: &Verdict) -> String {
    if verdict.outcome == Outcome::NotChecked {
        return String::new();
    }
    match verdict.value {
        Some(value) => trimmed(value),
        None if verdict.violations > 0 && verdict.ratio > 0.0 => {
            format!("{} ({})", of(verdict.violations, "row"), percent(verdict.ratio))
        }
        None => String::new(),
    }
}

fn trimmed(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A sample as `id=7, age=-1`; what it was read from is told apart.
fn sample(value: &serde_json::Value) -> String {
    let Some(object) = value.as_object() else { return value.to_string() };
    let mut place = String::new();
    let mut parts: Vec<String> = Vec::new();
    for (name, value) in object {
        let text = value.as_str().map_or_else(|| value.to_string(), |text| format!("{text:?}"));
        match name.as_str() {
            "_row" => place = format!("row {text}{place}"),
            "_file" => place = format!("{place} of {}", value.as_str().unwrap_or_default()),
            "_why" => parts.push(value.as_str().unwrap_or_default().to_owned()),
            _ => parts.push(format!("{name}={text}")),
        }
    }
    match (place.is_empty(), parts.is_empty()) {
        (true, _) => parts.join(", "),
        (false, true) => place,
        (false, false) => format!("{place}: {}", parts.join(", ")),
    }
}

/// `1.0.0 of urn:x`
fn title(report: &TestReport) -> String {
    format!("{} {}", report.contract.id, report.contract.version)
}
