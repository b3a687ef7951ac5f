//! What a change breaks: one pure function over lineage, for a change that is only thought of as well as for one that was made.
//!
//! ```text
//!  Change ─┬─ findings of typing the changed project ─▶ what breaks, and where
//!          ├─ mentions in SQL and in checks ──────────▶ what names it, and where
//!          ├─ the graph of columns ───────────────────▶ what is computed from it, step by step
//!          └─ needs, contracts ───────────────────────▶ which stages stop, who reads them, which schedules
//! ```

mod change;
mod checks;
mod columns;
mod people;
mod stages;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::lineage::{ColumnRef, Graph};
use crate::project::Project;

pub use change::{Change, ChangeKind, changes, promises};

/// All that is looked at. `before` and `after` are equal but for the changes.
pub struct Facts<'a> {
    pub before: &'a Project,
    pub after: &'a Project,
    /// Of both: columns that are gone still have what was made of them.
    pub graph: &'a Graph,
    pub mentions: &'a [Mention],
    /// What is wrong with the project after, and was not before.
    pub findings: &'a [Finding],
    /// By dataset, of both projects.
    pub about: &'a BTreeMap<String, About>,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    pub path: String,
    pub line: u32,
    pub column: u32,
}

/// A text of SQL that names a column, or a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Whose SQL it is.
    pub by: String,
    /// The check whose SQL it is; otherwise it is the model's.
    pub check: Option<String>,
    pub dataset: String,
    pub column: Option<String>,
    /// What it is named for, as in `filter`.
    pub kind: String,
    pub place: Option<Place>,
}

/// What typing found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whose model, table or contract it is about.
    pub dataset: Option<String>,
    pub column: Option<String>,
    pub is_error: bool,
    pub code: String,
    pub message: String,
    pub place: Place,
}

/// What a contract says about those who stand around a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct About {
    pub contract: String,
    pub version: String,
    /// Where the contract is.
    pub place: Option<Place>,
    pub columns: BTreeMap<String, Place>,
    pub team: Option<String>,
    pub support: Vec<String>,
    pub roles: Vec<Role>,
    pub schedules: Vec<Schedule>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Role {
    pub name: String,
    pub access: Option<String>,
    pub approvers: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Schedule {
    /// The check, service level or pipeline.
    pub of: String,
    /// It brings the dataset up to date, and does not only look at it.
    pub runs: bool,
    /// Where it stands, when that is not the contract.
    pub place: Option<Place>,
    pub scheduler: Option<String>,
    pub schedule: String,
}

/// How badly something is hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It fails, or no longer does what its contract says.
    Breaks,
    /// It is whole, but what it needs breaks: its table is not brought up to date.
    Stops,
    /// It may fail, or be wrong: that depends on the data.
    AtRisk,
    /// It goes on; whoever keeps it should know.
    Affected,
}

impl Severity {
    pub const ALL: [Severity; 4] = [Self::Breaks, Self::Stops, Self::AtRisk, Self::Affected];

    pub fn word(self) -> &'static str {
        match self {
            Self::Breaks => "breaks",
            Self::Stops => "stops",
            Self::AtRisk => "at_risk",
            Self::Affected => "affected",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Sql,
    /// How a table is kept, or something else that a pipeline's file says.
    Pipeline,
    Contract,
    Check,
    Stage,
    Column,
    Consumer,
    Owner,
    Schedule,
}

impl What {
    pub fn word(self) -> &'static str {
        match self {
            Self::Sql => "sql",
            Self::Pipeline => "pipeline",
            Self::Contract => "contract",
            Self::Check => "check",
            Self::Stage => "stage",
            Self::Column => "column",
            Self::Consumer => "consumer",
            Self::Owner => "owner",
            Self::Schedule => "schedule",
        }
    }
}

/// One thing that a change does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Effect {
    pub severity: Severity,
    pub what: What,
    pub dataset: Option<String>,
    pub column: Option<String>,
    /// The check, role, team or schedule.
    pub name: Option<String>,
    pub place: Option<Place>,
    pub reason: String,
    /// From the changed column to this one, with how each depends on the one before.
    pub steps: Vec<Step>,
    /// The number of the change; none where no single one is to blame.
    pub change: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    #[serde(flatten)]
    pub column: ColumnRef,
    /// Of the first step, none.
    pub kind: Option<&'static str>,
}

/// All effects, the worst first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Impact {
    pub changes: Vec<Change>,
    pub effects: Vec<Effect>,
}

impl Impact {
    pub fn breaks(&self) -> bool {
        self.effects.iter().any(|effect| effect.severity == Severity::Breaks)
    }

    /// The part that some of the changes do.
    pub fn only(self, wanted: impl Fn(&Change) -> bool) -> Self {
        let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
        let mut changes = Vec::new();
        for (number, change) in self.changes.into_iter().enumerate().filter(|(_, change)| wanted(change)) {
            numbers.insert(number, changes.len());
            changes.push(change);
        }
        let of = |effect: Effect| Some(Effect { change: Some(*numbers.get(&effect.change?)?), ..effect });
        let effects = self.effects.into_iter().filter_map(of).collect();
        Self { changes, effects }
    }

    pub fn count(&self, severity: Severity) -> usize {
        self.effects.iter().filter(|effect| effect.severity == severity).count()
    }
}

impl Effect {
    fn new(severity: Severity, what: What, dataset: &str, reason: String, change: Option<usize>) -> Self {
        Self {
            severity,
            what,
            dataset: Some(dataset.to_owned()),
            column: None,
            name: None,
            place: None,
            reason,
            steps: Vec::new(),
            change,
        }
    }
}

/// What the changes do. Effects come the worst first, then in the order of datasets and places.
pub fn impact(facts: &Facts<'_>, changes: &[Change]) -> Impact {
    let mut effects = found(facts, changes);
    for (number, change) in changes.iter().enumerate() {
        named(facts, change, number, &mut effects);
        checks::checks(facts, change, number, &mut effects);
    }
    checks::once(&mut effects);
    stages::stops(facts, &mut effects);
    columns::reached(facts, changes, &mut effects);
    people::told(facts, changes, &mut effects);
    sort(facts, &mut effects);
    Impact { changes: changes.to_vec(), effects }
}

/// What typing the changed project found to be wrong.
fn found(facts: &Facts<'_>, changes: &[Change]) -> Vec<Effect> {
    let effect = |finding: &Finding| {
        let severity = if finding.is_error { Severity::Breaks } else { Severity::AtRisk };
        let what = if finding.place.path.ends_with(".sql") {
            What::Sql
        } else if finding.place.path.contains(".odcs.") {
            What::Contract
        } else {
            What::Pipeline
        };
        Effect {
            severity,
            what,
            dataset: finding.dataset.clone(),
            column: finding.column.clone(),
            name: None,
            place: Some(finding.place.clone()),
            reason: finding.message.clone(),
            steps: Vec::new(),
            change: cause(facts, finding, changes),
        }
    };
    // Where the text names what is gone, that is told of the place, with the change.
    let named = |finding: &&Finding| {
        let here = |of: &Mention| of.check.is_none() && of.place.as_ref() == Some(&finding.place);
        let gone = |of: &Mention| {
            changes.iter().any(|change| change.kind.takes_away() && change.is_of(&of.dataset, of.column.as_deref()))
        };
        facts.mentions.iter().any(|of| here(of) && gone(of))
    };
    facts.findings.iter().filter(|finding| !named(finding)).map(effect).collect()
}

/// The change that a finding comes from: the one whose column is named at its place, or in its words, or that is nearest.
fn cause(facts: &Facts<'_>, finding: &Finding, changes: &[Change]) -> Option<usize> {
    let at_place = |change: &Change| {
        facts
            .mentions
            .iter()
            .any(|of| of.place.as_ref() == Some(&finding.place) && change.is_of(&of.dataset, of.column.as_deref()))
    };
    let near = |change: &Change| {
        let Some(dataset) = &finding.dataset else { return false };
        let spec = facts.after.datasets.get(dataset).or_else(|| facts.before.datasets.get(dataset));
        change.dataset == *dataset || spec.is_some_and(|spec| spec.needs().contains(&change.dataset))
    };
    let in_words = |change: &Change| {
        let names = change.names();
        near(change) && names.iter().any(|name| finding.message.contains(&format!("`{name}`")))
    };
    let by = |fits: &dyn Fn(&Change) -> bool| changes.iter().position(fits);
    by(&at_place).or_else(|| by(&in_words)).or_else(|| by(&near)).or((changes.len() == 1).then_some(0))
}

/// Places in models that name what changes.
fn named(facts: &Facts<'_>, change: &Change, number: usize, effects: &mut Vec<Effect>) {
    for mention in
        facts.mentions.iter().filter(|of| of.check.is_none() && change.is_of(&of.dataset, of.column.as_deref()))
    {
        let told = |effect: &Effect| effect.place == mention.place && effect.change == Some(number);
        if effects.iter().any(told) {
            continue;
        }
        // Whatever it is named for but to be handed on works with what is stored.
        let works = matches!(change.kind, ChangeKind::Protected { .. }) && mention.kind != "identity";
        let severity = match (change.kind.takes_away(), works && mention.column.is_some()) {
            (true, _) => Severity::Breaks,
            (_, true) => Severity::AtRisk,
            _ => Severity::Affected,
        };
        let what = match &mention.column {
            Some(column) => format!("names `{column}` of `{}` ({})", mention.dataset, mention.kind),
            None => format!("reads `{}`", mention.dataset),
        };
        let reason =
            if severity == Severity::Affected { what } else { format!("{what}, which {}", change.kind.sentence()) };
        let effect = Effect::new(severity, What::Sql, &mention.by, reason, Some(number));
        effects.push(Effect { place: mention.place.clone(), ..effect });
    }
}

fn sort(facts: &Facts<'_>, effects: &mut Vec<Effect>) {
    let order: BTreeMap<&str, usize> = stages::order(facts.after).into_iter().zip(0..).collect();
    let rank = |effect: &Effect| effect.dataset.as_deref().and_then(|name| order.get(name)).copied();
    effects.sort_by(|a, b| {
        let key = |effect: &Effect| (effect.severity, effect.what, rank(effect).unwrap_or(usize::MAX));
        key(a)
            .cmp(&key(b))
            .then_with(|| (&a.dataset, &a.place, &a.column, &a.name).cmp(&(&b.dataset, &b.place, &b.column, &b.name)))
            .then_with(|| (a.change, &a.reason).cmp(&(b.change, &b.reason)))
    });
    effects.dedup();
}

#[cfg(test)]
mod tests;
