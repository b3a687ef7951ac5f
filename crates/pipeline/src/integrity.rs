//! What guards a table against being wrong or wrong twice: keys, write modes, retries, thresholds, checks. Whoever weakens one of them
//! is asked before the next version is published.

use contract::diff::{Effect, allows};
use contract::{DataType, DriftPolicy, Severity};

use crate::approval::Levels;
use crate::decide::{Ask, GateKind};
use crate::table::{PartitionBy, Write};
use crate::terms::{CheckTerm, Guards, Terms};

/// Why it is asked about.
const UNASKED: &str = "no approved change of the contract says so";
/// Checks that are named one by one.
const CHECKS_TOLD: usize = 10;

/// One question for each guard that is weaker now than it was at the last publication.
pub fn weakened(before: &Terms, now: &Terms) -> Vec<Ask> {
    let guards = [write, key, partitions, retry, threshold, failing, vanished];
    let mut asks: Vec<String> = guards.iter().filter_map(|guard| guard(before, now)).collect();
    if !is_open(&before.guards, &now.guards) {
        asks.extend(approvers(before, now));
        asks.extend(primary_key(before, now));
        asks.extend(drift(before, now));
        asks.extend(checks(before, now));
    }
    asks.into_iter().map(|text| Ask { kind: GateKind::PipelineIntegrity, text }).collect()
}

/// Whether the contract was changed in the open: an approved change put it in force, and whoever approved that has approved what it
/// says. Another contract is not a change of this one, whoever approved it for what it is about.
pub fn is_open(before: &Guards, now: &Guards) -> bool {
    now.approved && (before.contract.is_none() || before.contract == now.contract)
}

fn write(before: &Terms, now: &Terms) -> Option<String> {
    let was = match before.table.write {
        Write::Merge => format!("merged by {}", list(&before.table.key)),
        Write::ReplacePartitions => "replaced by partition".to_owned(),
        Write::Overwrite | Write::Append => return None,
    };
    let would = match (before.table.write, now.table.write) {
        (_, Write::Append) => "appended",
        // Where the primary key tells them apart, none is there twice all the same.
        _ if is_told_apart(before, now) => return None,
        (_, Write::Overwrite) => "all there is, each time anew",
        (Write::Merge, Write::ReplacePartitions) => "replaced by partition",
        _ => return None,
    };
    Some(format!("Rows were {was}, and would be {would}: a row that comes again is there twice."))
}

/// Whether no two rows can have the key by which they were merged.
fn is_told_apart(before: &Terms, now: &Terms) -> bool {
    let key = &before.table.key;
    !now.primary_key.is_empty() && (key.is_empty() || now.primary_key.iter().all(|column| key.contains(column)))
}

fn partitions(before: &Terms, now: &Terms) -> Option<String> {
    let replaces = |terms: &Terms| terms.table.write == Write::ReplacePartitions;
    let (was, is) = (&before.table.partition_by, &now.table.partition_by);
    let told = |by: &[PartitionBy]| list(&by.iter().map(PartitionBy::name).collect::<Vec<_>>());
    (replaces(before) && replaces(now) && was != is).then(|| {
        format!(
            "Rows were replaced by partition of {}, and would be by {}: what comes takes other rows away than before.",
            told(was),
            told(is)
        )
    })
}

/// Whom the contract names; a contract that named nobody and names somebody lets nobody in who could not decide before.
fn approvers(before: &Terms, now: &Terms) -> Option<String> {
    let was = before.guards.approvers.as_ref().filter(|was| !was.is_empty())?;
    let is = now.guards.approvers.clone().unwrap_or_default();
    let same = |was: &[String], is: &[String]| {
        was.len() == is.len() && was.iter().all(|name| is.iter().any(|other| crate::approval::same(name, other)))
    };
    if same(&was.first, &is.first) && same(&was.second, &is.second) {
        return None;
    }
    let told = |levels: &Levels| {
        let named: Vec<String> = levels.first.iter().chain(&levels.second).cloned().collect();
        if named.is_empty() { "nobody".to_owned() } else { named.join(", ") }
    };
    Some(format!(
        "The contract named {} as approvers, and would name {}; no approved change says so.",
        told(was),
        told(&is)
    ))
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
    let same = |check: &&CheckTerm| {
        (check.element.as_ref(), check.scope, &check.rule) == (was.element.as_ref(), was.scope, &was.rule)
    };
    // By another name it is the same check.
    let is = now.checks.iter().find(|check| check.id == *id).or_else(|| now.checks.iter().find(same));
    match is {
        Some(is) if is.severity == Severity::Warning => {
            Some(format!("{id} refused what violates it, and would only report it; {UNASKED}."))
        }
        Some(is) if is.limits != was.limits => {
            Some(format!("What {id} lets pass is another share than it was; {UNASKED}."))
        }
        Some(is) => rule(was, is, now),
        // Whether a column may be NULL is, too.
        None if column.is_some_and(|name| {
            now.column(name).is_none_or(|column| !column.required && *id == format!("{name}.required"))
        }) =>
        {
            None
        }
        None => Some(format!("{id} would no longer be checked; {UNASKED}.")),
    }
}

/// Where nobody can tell which of two rules is the stricter one, a person can.
fn rule(was: &CheckTerm, is: &CheckTerm, now: &Terms) -> Option<String> {
    let id = &was.id;
    if was.rule == is.rule {
        return None;
    }
    let is_integer =
        |name: &str| now.column(name).is_none_or(|column| matches!(column.data_type, DataType::Integer { .. }));
    let effect = was.says.as_ref().zip(is.says.as_ref()).map(|(was, is)| allows(was, is, &is_integer));
    match effect {
        Some(Effect::Safe | Effect::Tightens) => None,
        Some(Effect::Loosens) => Some(format!("{id} would let pass what it refused; {UNASKED}.")),
        _ => Some(format!("What {id} checks is another rule than it was; {UNASKED}.")),
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
