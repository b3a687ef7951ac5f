//! What becomes of a stage's unpublished result: a pure function of what was found and the policy.

use contract::{Scope, Severity};
use serde::{Deserialize, Serialize};

use crate::number::count;
use crate::project::Above;
use crate::verdict::{Counts, Outcome, Verdict};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    Publish,
    /// A person must decide. `asks` has one sentence per cause.
    Hold {
        kind: GateKind,
        /// What else is asked, of other kinds.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        also: Vec<GateKind>,
        asks: Vec<String>,
    },
    /// The policy asks nobody. One sentence per cause.
    Fail {
        causes: Vec<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateKind {
    SchemaMigration,
    ContractUpdate,
    DataQuality,
    PipelineIntegrity,
    DataMigration,
}

/// A question that the plan already knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    pub kind: GateKind,
    /// One sentence.
    pub text: String,
}

impl Decision {
    /// The decision about a result whose rows and values were found wanting, where the stage says what then.
    pub fn then(self, then: Above) -> Self {
        match (self, then) {
            (Self::Hold { asks, .. }, Above::Fail) => Self::Fail { causes: asks },
            (decision, _) => decision,
        }
    }

    /// The decision about a result with what was to be asked about it anyway. One gate has one kind: that of the first question
    /// of the plan, whose approval is about more than these rows. Those who decide on the other kinds are asked as well.
    pub fn joined(self, asks: &[Ask]) -> Self {
        let Some(first) = asks.first() else { return self };
        let planned = asks.iter().map(|ask| ask.text.clone());
        let (found_kind, found) = match self {
            Self::Publish => (None, Vec::new()),
            Self::Hold { kind, asks, .. } => (Some(kind), asks),
            Self::Fail { causes } => return Self::Fail { causes },
        };
        let mut also = Vec::new();
        for kind in asks.iter().map(|ask| ask.kind).chain(found_kind) {
            if kind != first.kind && !also.contains(&kind) {
                also.push(kind);
            }
        }
        Self::Hold { kind: first.kind, also, asks: planned.chain(found).collect() }
    }
}

/// `threshold`: the stage's share of refused rows (0 to 1) above which it is held, and the same for each check without its own.
///
/// Held when, with severity error, a row check's share is strictly above its limit, the share of all refused rows is strictly
/// above the stage's, or a dataset check failed (one with a limit of its own: when it is above that). Rows that a check's own,
/// wider limit lets be refused do not count against the stage's. Warnings and what was not checked never hold.
pub fn decide(counts: &Counts, verdicts: &[Verdict], threshold: f64) -> Decision {
    let errors: Vec<&Verdict> = verdicts
        .iter()
        .filter(|verdict| verdict.severity == Severity::Error && verdict.outcome != Outcome::NotChecked)
        .collect();
    let rows: Vec<&Verdict> = errors.iter().copied().filter(|verdict| verdict.scope == Scope::Row).collect();
    let total = ask_total(counts, &rows, threshold);
    let mut asks = Vec::new();
    for verdict in &rows {
        // A check without a limit of its own is named in the sentence about all refused rows.
        let named = verdict.threshold.is_none() && total.is_some();
        if !named && verdict.ratio > verdict.threshold.unwrap_or(threshold) {
            asks.push(ask_check(verdict, verdict.threshold.unwrap_or(threshold)));
        }
    }
    asks.extend(total);
    for verdict in errors.iter().filter(|verdict| verdict.scope == Scope::Dataset) {
        if verdict.outcome == Outcome::Failed && verdict.threshold.is_none_or(|limit| verdict.ratio > limit) {
            asks.push(ask_dataset(verdict));
        }
    }
    if asks.is_empty() {
        Decision::Publish
    } else {
        Decision::Hold { kind: GateKind::DataQuality, also: Vec::new(), asks }
    }
}

/// As many checks as a sentence can carry.
const CHECKS_NAMED: usize = 3;

fn ask_total(counts: &Counts, rows: &[&Verdict], threshold: f64) -> Option<String> {
    let all = counts.rows_passed.saturating_add(counts.rows_refused);
    let allowed = rows
        .iter()
        .filter(|verdict| verdict.threshold.is_some_and(|own| own > threshold && verdict.ratio <= own))
        .fold(0u64, |sum, verdict| sum.saturating_add(verdict.violations));
    let counted = counts.rows_refused.saturating_sub(allowed);
    if all == 0 || counted as f64 / all as f64 <= threshold {
        return None;
    }
    let mut main: Vec<&&Verdict> = rows.iter().filter(|verdict| verdict.violations > 0).collect();
    main.sort_by(|left, right| right.violations.cmp(&left.violations).then_with(|| left.id.cmp(&right.id)));
    let named: Vec<String> =
        main.iter().take(CHECKS_NAMED).map(|verdict| format!("{} {}", verdict.id, count(verdict.violations))).collect();
    let causes = if named.is_empty() { String::new() } else { format!(", most by {}", named.join(", ")) };
    Some(format!(
        "{} of {} rows ({}) were refused, more than the {} allowed{causes}.",
        count(counts.rows_refused),
        count(all),
        percent(counts.rows_refused as f64 / all as f64),
        percent(threshold),
    ))
}

fn ask_check(verdict: &Verdict, limit: f64) -> String {
    format!(
        "{} is violated by {} rows ({}), more than the {} allowed; expected {}.",
        verdict.id,
        count(verdict.violations),
        percent(verdict.ratio),
        percent(limit),
        verdict.expected,
    )
}

fn ask_dataset(verdict: &Verdict) -> String {
    match &verdict.reason {
        Some(reason) if reason.contains(&verdict.expected) => format!("{} does not hold: {reason}.", verdict.id),
        Some(reason) => format!("{} does not hold: expected {}; {reason}.", verdict.id, verdict.expected),
        None => format!("{} does not hold: expected {}.", verdict.id, verdict.expected),
    }
}

/// At most three decimals, and never a share above nothing shown as 0.
fn percent(share: f64) -> String {
    let text = format!("{:.3}", share * 100.0);
    match text.trim_end_matches('0').trim_end_matches('.') {
        "0" if share > 0.0 => "less than 0.001 %".to_owned(),
        text => format!("{text} %"),
    }
}

#[cfg(test)]
mod tests;
