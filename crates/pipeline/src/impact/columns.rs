//! Columns that are computed from what changes, or decided by it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Change, ChangeKind, Effect, Facts, Severity, Step, What};
use crate::lineage::{ColumnRef, Edge};

/// How a change reaches a column, the nearest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// The value itself flows into it.
    Bare,
    /// The value flows into it, and is masked on every way.
    Masked,
    /// It only decides.
    Decided,
}

/// Where columns flow, and which datasets are not brought up to date.
struct Net<'a> {
    downstream: BTreeMap<usize, Vec<&'a Edge>>,
    broken: BTreeSet<String>,
}

pub(super) fn reached(facts: &Facts<'_>, changes: &[Change], effects: &mut Vec<Effect>) {
    let mut downstream: BTreeMap<usize, Vec<&Edge>> = BTreeMap::new();
    for edge in facts.graph.edges() {
        downstream.entry(edge.from).or_default().push(edge);
    }
    let stand = |effect: &&Effect| matches!(effect.severity, Severity::Breaks | Severity::Stops);
    let broken = effects.iter().filter(stand).filter_map(|effect| effect.dataset.clone()).collect();
    let net = Net { downstream, broken };
    for (number, change) in changes.iter().enumerate() {
        one(facts, &net, change, number, effects);
    }
}

fn one(facts: &Facts<'_>, net: &Net<'_>, change: &Change, number: usize, effects: &mut Vec<Effect>) {
    let start = facts.graph.find(&change.dataset, change.column.as_deref());
    // By the nearest way that there is: the first that is found is the one that is told.
    let mut from: BTreeMap<usize, (Way, Option<&Edge>)> =
        start.iter().map(|column| (*column, (Way::Bare, None))).collect();
    for way in [Way::Bare, Way::Masked, Way::Decided] {
        let mut open: VecDeque<usize> = from.keys().copied().collect();
        while let Some(column) = open.pop_front() {
            for edge in net.downstream.get(&column).into_iter().flatten() {
                let follows = match way {
                    Way::Bare => edge.kind.is_direct() && !edge.masking,
                    Way::Masked => edge.kind.is_direct(),
                    Way::Decided => true,
                };
                if follows && !from.contains_key(&edge.to) {
                    from.insert(edge.to, (way, Some(edge)));
                    open.push_back(edge.to);
                }
            }
        }
    }
    for (column, (way, edge)) in &from {
        let (Some(_), Some(of)) = (edge, facts.graph.get(*column)) else { continue };
        if facts.after.datasets.contains_key(&of.dataset) {
            let found = Found { of, steps: steps(facts, &from, *column), way: *way };
            effects.extend(effect(facts, net, change, number, found));
        }
    }
}

/// A column that the change reaches.
struct Found<'a> {
    of: &'a ColumnRef,
    steps: Vec<Step>,
    way: Way,
}

fn steps(facts: &Facts<'_>, from: &BTreeMap<usize, (Way, Option<&Edge>)>, column: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = Some(column);
    while let Some(column) = at {
        let edge = from.get(&column).and_then(|(_, edge)| *edge);
        if let Some(of) = facts.graph.get(column) {
            steps.push(Step { column: of.clone(), kind: edge.map(|edge| edge.kind.word()) });
        }
        at = edge.map(|edge| edge.from);
    }
    steps.reverse();
    steps
}

fn effect(facts: &Facts<'_>, net: &Net<'_>, change: &Change, number: usize, found: Found<'_>) -> Vec<Effect> {
    let Found { of, steps, way } = found;
    let is_direct = way != Way::Decided;
    let broken = net.broken.contains(&of.dataset);
    let subject = change.subject();
    let how = if is_direct { "is computed from" } else { "is decided by" };
    let mut severity = if broken { Severity::Stops } else { Severity::Affected };
    let mut reason = format!("{how} `{subject}`");
    let mut more = Vec::new();
    match &change.kind {
        ChangeKind::Removed | ChangeKind::Renamed { .. } => reason.push_str(", so nothing new comes into it"),
        ChangeKind::Reclassified { to: Some(class), .. } if way == Way::Bare => {
            let own = facts.after.datasets.get(&of.dataset).and_then(|spec| spec.contract.column(&of.column));
            let own = own.and_then(|column| column.classification.as_deref());
            // What the policy refuses has been found by typing the project; the rest is at least another class.
            let told = |finding: &super::Finding| {
                finding.dataset.as_deref() == Some(&of.dataset) && finding.column.as_deref() == Some(&of.column)
            };
            if own != Some(class) && !facts.findings.iter().any(told) {
                severity = severity.min(Severity::AtRisk);
                let own = own.map_or("has no class".to_owned(), |own| format!("says {own}"));
                reason = format!("carries `{subject}`, which is {class} now, and its own contract {own}");
            }
        }
        ChangeKind::Retyped { from, to } if is_direct && !super::checks::is_of_a_kind(from, to) => {
            severity = severity.min(Severity::AtRisk)
        }
        ChangeKind::Loosened { promises } if is_direct => {
            let lost = format!("no longer {}", promises.join("; "));
            more = at_risk(facts, number, of, &subject, &lost);
        }
        ChangeKind::Protected { to, .. } => {
            severity = severity.min(Severity::AtRisk);
            let kept = match to {
                Some(to) => format!("protected by {to}"),
                None => "stored in the clear".to_owned(),
            };
            reason.push_str(&format!(", which is {kept} now"));
            if is_direct {
                more = at_risk(facts, number, of, &subject, &format!("now {kept}"));
            }
        }
        _ => {}
    }
    let effect = Effect::new(severity, What::Column, &of.dataset, reason, Some(number));
    let place = facts.about.get(&of.dataset).and_then(|about| about.columns.get(&of.column)).cloned();
    more.push(Effect { column: Some(of.column.clone()), place, steps, ..effect });
    more
}

/// Checks of the column, which were safe as long as its source held its own promises.
fn at_risk(facts: &Facts<'_>, number: usize, of: &ColumnRef, subject: &str, lost: &str) -> Vec<Effect> {
    let Some(spec) = facts.after.datasets.get(&of.dataset) else { return Vec::new() };
    let about = spec.contract.checks.iter().filter(|check| check.is_about(&of.column));
    let effect = |check: &contract::Check| {
        let reason = format!("expects {}, and `{subject}`, from which it is computed, is {lost}", check.expected);
        let effect = Effect::new(Severity::AtRisk, What::Check, &of.dataset, reason, Some(number));
        let place = facts.about.get(&of.dataset).and_then(|about| about.columns.get(&of.column)).cloned();
        Effect { name: Some(check.id.clone()), column: Some(of.column.clone()), place, ..effect }
    };
    about.map(effect).collect()
}
