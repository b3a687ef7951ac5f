//! Stages that cannot go on because what they need breaks.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Effect, Facts, Severity, What};
use crate::project::Project;

pub(super) fn stops(facts: &Facts<'_>, effects: &mut Vec<Effect>) {
    let broken: BTreeMap<String, Option<usize>> = effects
        .iter()
        .filter(|effect| effect.severity == Severity::Breaks)
        .filter_map(|effect| Some((effect.dataset.clone()?, effect.change)))
        .collect();
    let mut dependents: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for spec in facts.after.datasets.values() {
        for need in spec.needs() {
            dependents.entry(need).or_default().push(&spec.name);
        }
    }
    let mut seen: BTreeSet<&str> = broken.keys().map(String::as_str).collect();
    let mut open: VecDeque<(&str, Option<usize>)> =
        broken.iter().map(|(name, change)| (name.as_str(), *change)).collect();
    let mut stops = Vec::new();
    while let Some((name, change)) = open.pop_front() {
        for dependent in dependents.get(name).into_iter().flatten() {
            if seen.insert(dependent) {
                let reason = format!("needs `{name}`, which is no longer brought up to date");
                stops.push(Effect::new(Severity::Stops, What::Stage, dependent, reason, change));
                open.push_back((dependent, change));
            }
        }
    }
    effects.extend(stops);
}

/// Datasets, each behind those that it needs where that is possible; otherwise in the order of the project.
pub(super) fn order(project: &Project) -> Vec<&str> {
    let mut depth: BTreeMap<&str, usize> = BTreeMap::new();
    // As many rounds as the longest way has steps; circles end it as well.
    for _ in 0..project.datasets.len() {
        let mut moved = false;
        for spec in project.datasets.values() {
            let below = spec.needs().iter().filter_map(|need| depth.get(need.as_str()).copied()).max();
            let own = below.map_or(0, |below| below + 1).min(project.datasets.len());
            moved |= depth.insert(&spec.name, own) != Some(own);
        }
        if !moved {
            break;
        }
    }
    let mut names: Vec<&str> = project.datasets.keys().map(String::as_str).collect();
    names.sort_by_key(|name| depth.get(name).copied().unwrap_or_default());
    names
}
