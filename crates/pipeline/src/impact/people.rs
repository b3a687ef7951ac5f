//! Who reads or keeps what is hit, and which schedules look at it.

use std::collections::BTreeMap;

use super::{About, Change, Effect, Facts, Severity, What};
use crate::project::Project;

/// How a dataset is hit, in one sentence.
struct Hit {
    severity: Severity,
    why: String,
    change: Option<usize>,
}

pub(super) fn told(facts: &Facts<'_>, changes: &[Change], effects: &mut Vec<Effect>) {
    let mut hits: BTreeMap<String, Hit> = BTreeMap::new();
    for effect in effects.iter().filter(|effect| effect.what != What::Check || effect.severity != Severity::Affected) {
        let Some(dataset) = effect.dataset.clone() else { continue };
        // What breaks here is the making of the table; those who read it are left with what was published.
        let severity = effect.severity.max(Severity::Stops);
        let from = effect.change.and_then(|number| changes.get(number)).map(Change::subject);
        let why = match (severity, &effect.column, from) {
            (Severity::Stops, _, _) => format!("`{dataset}` is no longer brought up to date"),
            (Severity::Affected, _, Some(from)) => format!("`{dataset}` is made from `{from}`"),
            (_, Some(column), _) => format!("`{dataset}.{column}` {}", effect.reason),
            (_, None, _) => format!("`{dataset}` {}", effect.reason),
        };
        keep(&mut hits, dataset, Hit { severity, why, change: effect.change });
    }
    for (number, change) in changes.iter().enumerate() {
        use super::ChangeKind::{Added, Loosened, Protected, Reclassified, Removed, Renamed, Retyped};
        let severity = match change.kind {
            Removed | Renamed { .. } | Retyped { .. } | Protected { .. } => Severity::Breaks,
            Loosened { .. } => Severity::AtRisk,
            // Who may see it, and what may be done with it, narrows.
            Reclassified { .. } if is_raised(facts, change) => Severity::AtRisk,
            Added => continue,
            _ => Severity::Affected,
        };
        let why = format!("`{}` {}", change.subject(), change.kind.sentence());
        keep(&mut hits, change.dataset.clone(), Hit { severity, why, change: Some(number) });
    }
    for (dataset, hit) in &hits {
        if let Some(about) = facts.about.get(dataset) {
            people(dataset, about, hit, effects);
        }
    }
}

/// Whether the column counts as more sensitive than before.
fn is_raised(facts: &Facts<'_>, change: &Change) -> bool {
    let level = |project: &Project, columns: &[&str]| {
        let spec = project.datasets.get(&change.dataset)?;
        let column = columns.iter().find_map(|name| spec.contract.column(name))?;
        project.settings.privacy.declared(column).map(|(_, level)| level)
    };
    let names = change.names();
    level(facts.after, &names) > level(facts.before, &names)
}

fn keep(hits: &mut BTreeMap<String, Hit>, dataset: String, hit: Hit) {
    match hits.get(&dataset) {
        Some(known) if known.severity <= hit.severity => {}
        _ => drop(hits.insert(dataset, hit)),
    }
}

fn people(dataset: &str, about: &About, hit: &Hit, effects: &mut Vec<Effect>) {
    let effect = |what: What, severity: Severity, name: &str, reason: String| Effect {
        name: Some(name.to_owned()),
        place: about.place.clone(),
        ..Effect::new(severity, what, dataset, reason, hit.change)
    };
    for role in &about.roles {
        let access = role.access.as_deref().map_or(String::new(), |access| format!(" ({access})"));
        let approvers = match role.approvers.as_slice() {
            [] => String::new(),
            names => format!("; approved by {}", names.join(", ")),
        };
        let reason = format!("has access{access}: {}{approvers}", hit.why);
        effects.push(effect(What::Consumer, hit.severity, &role.name, reason));
    }
    if about.team.is_some() || !about.support.is_empty() {
        let name = about.team.as_deref().unwrap_or(&about.contract);
        let channels = match about.support.as_slice() {
            [] => String::new(),
            channels => format!("; tell {}", channels.join(", ")),
        };
        effects.push(effect(
            What::Owner,
            Severity::Affected,
            name,
            format!("keeps the contract: {}{channels}", hit.why),
        ));
    }
    for schedule in &about.schedules {
        let by = schedule.scheduler.as_deref().map_or(String::new(), |scheduler| format!(" of {scheduler}"));
        let what = if schedule.runs { "brings it up to date" } else { "looks at it" };
        let reason = format!("`{}`{by} {what}: {}", schedule.schedule, hit.why);
        let told = effect(What::Schedule, hit.severity.max(Severity::Stops), &schedule.of, reason);
        effects.push(Effect { place: schedule.place.clone().or(told.place.clone()), ..told });
    }
}
