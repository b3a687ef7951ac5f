//! What guards a table against being wrong or wrong twice: keys, write modes, retries, thresholds, checks. Whoever weakens one of them
//! is asked before the next version is published.

use contract::{DriftPolicy, Severity};

use crate::decide::{Ask, GateKind};
use crate::table::Write;
use crate::terms::{CheckTerm, Terms};

/// Checks that are named one by one.
const CHECKS_TOLD: usize = 10;

/// One question for each guard that is weaker now than it was at the last publication.
pub fn weakened(before: &Terms, now: &Terms) -> Vec<Ask> {
    let guards = [write, key, retry, threshold, failing, vanished];
    let mut asks: Vec<String> = guards.iter().filter_map(|guard| guard(before, now)).collect();
    // A contract of another version was changed in the open, and whoever approved that has approved this.
    if before.guards.version == now.guards.version {
        asks.extend(primary_key(before, now));
        asks.extend(drift(before, now));
        asks.extend(checks(before, now));
    }
    asks.into_iter().map(|text| Ask { kind: GateKind::PipelineIntegrity, text }).collect()
}

fn write(before: &Terms, now: &Terms) -> Option<String> {
    let was = match (before.table.write, now.table.write) {
        (Write::Merge, Write::Append) => format!("merged by {}", list(&before.table.key)),
        (Write::ReplacePartitions, Write::Append) => "replaced by partition".to_owned(),
        _ => return None,
    };
    Some(format!("Rows were {was}, and would be appended: a row that comes again is there twice."))
}

fn key(before: &Terms, now: &Terms) -> Option<String> {
    let is_merged = before.table.write == Write::Merge && now.table.write == Write::Merge;
    (is_merged && before.table.key != now.table.key).then(|| {
        format!(
            "Rows were merged by {}, and would be by {}: other rows replace each other than before.",
            list(&before.table.key),
            list(&now.table.key)
        )
    })
}

fn retry(before: &Terms, now: &Terms) -> Option<String> {
    (now.retry.attempts < before.retry.attempts).then(|| {
        format!(
            "What fails outside was tried {}, and would be {}.",
            times(before.retry.attempts),
            times(now.retry.attempts)
        )
    })
}

fn threshold(before: &Terms, now: &Terms) -> Option<String> {
    let (was, is) = (before.guards.above?, now.guards.above?);
    (is > was).then(|| {
        let did = if before.guards.fails { "failed" } else { "waited for a person" };
        format!(
            "A stage with more than {} of its rows refused {did}; it would only with more than {}.",
            percent(was),
            percent(is)
        )
    })
}

fn failing(before: &Terms, now: &Terms) -> Option<String> {
    (before.guards.fails && !now.guards.fails).then(|| {
        let above = percent(before.guards.above.unwrap_or_default());
        format!("A stage with more than {above} of its rows refused failed; it would wait for a person, who can let them go.")
    })
}

fn vanished(before: &Terms, now: &Terms) -> Option<String> {
    (now.guards.keeps_vanished && !before.guards.keeps_vanished)
        .then(|| "Files that vanish from the source stopped the stage, and would be passed over.".to_owned())
}

fn primary_key(before: &Terms, now: &Terms) -> Option<String> {
    if before.primary_key.is_empty() || before.primary_key == now.primary_key {
        return None;
    }
    let was = list(&before.primary_key);
    Some(match now.primary_key.is_empty() {
        true => {
            format!("Rows were told apart by {was}, and would be by nothing: a row that comes twice is there twice.")
        }
        false => format!("Rows were told apart by {was}, and would be by {}.", list(&now.primary_key)),
    })
}

fn drift(before: &Terms, now: &Terms) -> Option<String> {
    let (was, is) = (before.guards.drift?, now.guards.drift?);
    (strictness(is) < strictness(was)).then(|| format!("Data of another shape {}, and {}.", does(was), would(is)))
}

fn strictness(policy: DriftPolicy) -> u8 {
    match policy {
        DriftPolicy::Fail => 3,
        DriftPolicy::Gate => 2,
        DriftPolicy::IgnoreExtra => 1,
        DriftPolicy::AcceptAdditive => 0,
    }
}

fn does(policy: DriftPolicy) -> &'static str {
    match policy {
        DriftPolicy::Fail => "failed the stage",
        DriftPolicy::Gate => "waited for a person",
        DriftPolicy::IgnoreExtra => "was reported",
        DriftPolicy::AcceptAdditive => "was expected",
    }
}

fn would(policy: DriftPolicy) -> &'static str {
    match policy {
        DriftPolicy::Fail => "would fail the stage",
        DriftPolicy::Gate => "would wait for a person",
        DriftPolicy::IgnoreExtra => "a further column would only be reported",
        DriftPolicy::AcceptAdditive => "a further column would be expected",
    }
}

fn checks(before: &Terms, now: &Terms) -> Vec<String> {
    let mut asks: Vec<String> = before
        .checks
        .iter()
        .filter(|check| check.severity == Severity::Error)
        .filter_map(|was| check(was, now))
        .collect();
    let more = asks.len().saturating_sub(CHECKS_TOLD);
    asks.truncate(CHECKS_TOLD);
    if more > 0 {
        asks.push(format!("And so would {more} further checks."));
    }
    asks
}

/// A check that went with its column is a matter of the table's shape.
fn check(was: &CheckTerm, now: &Terms) -> Option<String> {
    let id = &was.id;
    let column = was.element.as_deref().map(|element| element.split(['.', '[']).next().unwrap_or(element));
    match now.checks.iter().find(|check| check.id == *id) {
        Some(is) if is.severity == Severity::Warning => Some(format!(
            "{id} refused what violates it, and would only report it; the contract has the version that it had."
        )),
        Some(is) if is.limits != was.limits && is.limits.is_some() => {
            Some(format!("What {id} lets pass is another share than it was; the contract has the version that it had."))
        }
        Some(_) => None,
        // Whether a column may be NULL is, too.
        None if column.is_some_and(|name| {
            now.column(name).is_none_or(|column| !column.required && *id == format!("{name}.required"))
        }) =>
        {
            None
        }
        None => Some(format!("{id} would no longer be checked; the contract has the version that it had.")),
    }
}

fn list(columns: &[String]) -> String {
    if columns.is_empty() { "nothing".to_owned() } else { columns.join(", ") }
}

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

fn percent(share: f64) -> String {
    let text = format!("{:.3}", share * 100.0);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests;
