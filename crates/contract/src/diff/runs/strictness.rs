//! How a check judges what violates it: refuse or report, and from how many on.

use crate::check::{Check, Limit, Limits, Scope, Severity};
use crate::diff::change::{Effect, Verdict};

/// All that is not the rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Strictness {
    severity: Severity,
    threshold: Option<f64>,
    limits: Limits,
}

impl Strictness {
    pub fn of(check: &Check) -> Self {
        // A share to fail above is a threshold as well: that is told of the limit.
        let threshold = match check.limits.fail_above {
            Some(Limit::Share(share)) if check.threshold == Some(share) => None,
            _ => check.threshold,
        };
        Self { severity: check.severity, threshold, limits: check.limits }
    }
}

/// How it moved, and why.
pub(super) fn moved(old: &Check, new: &Check) -> (Effect, String) {
    let (was, is) = (Strictness::of(old), Strictness::of(new));
    let severity = match (was.severity, is.severity) {
        (Severity::Error, Severity::Warning) => {
            (Effect::Loosens, "what violates it is only reported now, it was refused".to_owned())
        }
        (Severity::Warning, Severity::Error) => {
            (Effect::Tightens, "what violates it is refused now, it was only reported".to_owned())
        }
        _ => (Effect::Safe, String::new()),
    };
    let parts = [severity, threshold(was.threshold, is.threshold, new), fail_above(&was, &is), warn_above(&was, &is)];
    let felt = parts.into_iter().filter(|(effect, _)| *effect != Effect::Safe);
    felt.reduce(|(one, reason), (other, more)| (one.and(other), format!("{reason}; {more}")))
        .unwrap_or((Effect::Safe, String::new()))
}

fn threshold(old: Option<f64>, new: Option<f64>, check: &Check) -> (Effect, String) {
    let shown = |share: Option<f64>| share.map_or("not said".to_owned(), |share| format!("{} %", share * 100.0));
    let reason = format!("its threshold is {}, was {}", shown(new), shown(old));
    // A dataset fails at once where no threshold is said, whatever the share; rows have that of the stage, which the contract
    // does not know.
    let usual = if check.scope == Scope::Dataset { Some(-1.0) } else { None };
    let effect = match (old.or(usual), new.or(usual)) {
        (old, new) if old == new => Effect::Safe,
        (Some(old), Some(new)) if old < new => Effect::Loosens,
        (Some(_), Some(_)) => Effect::Tightens,
        (None, Some(1.0)) | (Some(0.0), None) => Effect::Loosens,
        (None, Some(0.0)) | (Some(1.0), None) => Effect::Tightens,
        _ => Effect::Unclear,
    };
    (effect, reason)
}

fn fail_above(old: &Strictness, new: &Strictness) -> (Effect, String) {
    let (old, new) = (old.limits.fail_above, new.limits.fail_above);
    let reason = format!("it fails above {}, was {}", shown(new), shown(old));
    let effect = match order(old, new) {
        Some(std::cmp::Ordering::Equal) => Effect::Safe,
        Some(std::cmp::Ordering::Less) => Effect::Loosens,
        Some(std::cmp::Ordering::Greater) => Effect::Tightens,
        None => Effect::Unclear,
    };
    (effect, reason)
}

fn warn_above(old: &Strictness, new: &Strictness) -> (Effect, String) {
    let (old, new) = (old.limits.warn_above, new.limits.warn_above);
    let reason = format!("it warns above {}, was {}", shown(new), shown(old));
    let effect = match order(old, new) {
        Some(std::cmp::Ordering::Equal) => Effect::Safe,
        _ => Effect::Felt(Verdict::Warning, Verdict::Warning),
    };
    (effect, reason)
}

/// None are borne where nothing is said.
fn order(old: Option<Limit>, new: Option<Limit>) -> Option<std::cmp::Ordering> {
    let is_none = |limit: Option<Limit>| matches!(limit, None | Some(Limit::Rows(0)));
    match (old, new) {
        (old, new) if old == new || is_none(old) && is_none(new) => Some(std::cmp::Ordering::Equal),
        (Some(Limit::Rows(old)), Some(Limit::Rows(new))) => Some(old.cmp(&new)),
        (Some(Limit::Share(old)), Some(Limit::Share(new))) => old.partial_cmp(&new),
        (old, _) if is_none(old) => Some(std::cmp::Ordering::Less),
        (_, new) if is_none(new) => Some(std::cmp::Ordering::Greater),
        _ => None,
    }
}

fn shown(limit: Option<Limit>) -> String {
    match limit {
        None => "none".to_owned(),
        Some(Limit::Rows(rows)) => format!("{rows} rows"),
        Some(Limit::Share(share)) => format!("{} %", share * 100.0),
    }
}
