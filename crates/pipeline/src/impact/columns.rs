//! Columns that are computed from what changes, or decided by it.

use std::collections::{BTreeMap, VecDeque};

use super::{Change, ChangeKind, Effect, Facts, Severity, Step, What};
use crate::lineage::{ColumnRef, Edge};

pub(super) fn reached(facts: &Facts<'_>, change: &Change, number: usize, effects: &mut Vec<Effect>) {
    let start = facts.graph.find(&change.dataset, change.column.as_deref());
    let mut downstream: BTreeMap<usize, Vec<&Edge>> = BTreeMap::new();
    for edge in facts.graph.edges() {
        downstream.entry(edge.from).or_default().push(edge);
    }
    // First along what the value flows through, then along everything: the first way that is found is the one that is told.
    let mut from: BTreeMap<usize, Option<&Edge>> = start.iter().map(|column| (*column, None)).collect();
    let mut direct: BTreeMap<usize, bool> = start.iter().map(|column| (*column, true)).collect();
    for only_direct in [true, false] {
        let mut open: VecDeque<usize> = from.keys().copied().collect();
        while let Some(column) = open.pop_front() {
            for edge in downstream.get(&column).into_iter().flatten() {
                if from.contains_key(&edge.to) || only_direct && !edge.kind.is_direct() {
                    continue;
                }
                from.insert(edge.to, Some(edge));
                direct.insert(edge.to, only_direct);
                open.push_back(edge.to);
            }
        }
    }
    for (column, edge) in &from {
        let (Some(_), Some(of)) = (edge, facts.graph.get(*column)) else { continue };
        if facts.after.datasets.contains_key(&of.dataset) {
            let steps = steps(facts, &from, *column);
            let is_direct = direct.get(column).copied().unwrap_or_default();
            effects.extend(effect(facts, change, number, of, steps, is_direct, effects));
        }
    }
}

fn steps(facts: &Facts<'_>, from: &BTreeMap<usize, Option<&Edge>>, column: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = Some(column);
    while let Some(column) = at {
        let edge = from.get(&column).copied().flatten();
        if let Some(of) = facts.graph.get(column) {
            steps.push(Step { column: of.clone(), kind: edge.map(|edge| edge.kind.word()) });
        }
        at = edge.map(|edge| edge.from);
    }
    steps.reverse();
    steps
}

fn effect(
    facts: &Facts<'_>,
    change: &Change,
    number: usize,
    of: &ColumnRef,
    steps: Vec<Step>,
    is_direct: bool,
    before: &[Effect],
) -> Vec<Effect> {
    let broken = before.iter().any(|effect| {
        effect.dataset.as_deref() == Some(&of.dataset) && matches!(effect.severity, Severity::Breaks | Severity::Stops)
    });
    let subject = change.subject();
    let how = if is_direct { "is computed from" } else { "is decided by" };
    let mut severity = if broken { Severity::Stops } else { Severity::Affected };
    let mut reason = format!("{how} `{subject}`");
    let mut more = Vec::new();
    match &change.kind {
        ChangeKind::Removed | ChangeKind::Renamed { .. } => reason.push_str(", so nothing new comes into it"),
        ChangeKind::Reclassified { to: Some(class), .. } if is_direct && !masked(facts, &steps) => {
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
        ChangeKind::Loosened { promises } if is_direct => more = at_risk(facts, number, of, &subject, promises),
        _ => {}
    }
    let effect = Effect::new(severity, What::Column, &of.dataset, reason, Some(number));
    let place = facts.about.get(&of.dataset).and_then(|about| about.columns.get(&of.column)).cloned();
    more.push(Effect { column: Some(of.column.clone()), place, steps, ..effect });
    more
}

/// Checks of the column, which were safe as long as its source held its own promises.
fn at_risk(facts: &Facts<'_>, number: usize, of: &ColumnRef, subject: &str, promises: &[String]) -> Vec<Effect> {
    let Some(spec) = facts.after.datasets.get(&of.dataset) else { return Vec::new() };
    let lost = promises.join("; ");
    let about = spec.contract.checks.iter().filter(|check| check.is_about(&of.column));
    let effect = |check: &contract::Check| {
        let reason =
            format!("expects {}, and `{subject}`, from which it is computed, is no longer {lost}", check.expected);
        let effect = Effect::new(Severity::AtRisk, What::Check, &of.dataset, reason, Some(number));
        let place = facts.about.get(&of.dataset).and_then(|about| about.columns.get(&of.column)).cloned();
        Effect { name: Some(check.id.clone()), column: Some(of.column.clone()), place, ..effect }
    };
    about.map(effect).collect()
}

/// Whether a step on the way hides the value.
fn masked(facts: &Facts<'_>, steps: &[Step]) -> bool {
    steps.windows(2).any(|pair| {
        let number = |step: &Step| facts.graph.find(&step.column.dataset, Some(&step.column.column)).first().copied();
        let [Some(from), Some(to)] = [number(&pair[0]), number(&pair[1])] else { return false };
        let mut edges = facts.graph.sources(to).filter(|edge| edge.from == from && edge.kind.is_direct()).peekable();
        edges.peek().is_some() && edges.all(|edge| edge.masking)
    })
}
