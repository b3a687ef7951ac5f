//! Checks that look at what changes.

use std::collections::BTreeSet;

use contract::measure::Measure;
use contract::{Check, Metric, Rule, Scope};

use super::{Change, ChangeKind, Effect, Facts, Severity, What};

pub(super) fn checks(facts: &Facts<'_>, change: &Change, number: usize, effects: &mut Vec<Effect>) {
    let of_sql = |of: &&super::Mention| change.is_of(&of.dataset, of.column.as_deref());
    let in_sql: BTreeSet<(&str, &str)> =
        facts.mentions.iter().filter(of_sql).filter_map(|of| Some((of.by.as_str(), of.check.as_deref()?))).collect();
    for spec in facts.before.datasets.values() {
        let dataset = &spec.contract;
        for check in &dataset.checks {
            let Some(looks) = looks(&in_sql, &spec.name, check, change) else { continue };
            let gone = facts.after.datasets.get(&spec.name).is_none();
            // The column's own checks go with it, and other checks of a contract that is gone as well.
            if gone || looks == Looks::Own && change.kind.takes_away() {
                continue;
            }
            let severity = match (&change.kind, looks) {
                (kind, _) if kind.takes_away() => Severity::Breaks,
                (ChangeKind::Retyped { from, to }, _) if !is_of_a_kind(from, to) => Severity::AtRisk,
                // Row checks of its own dataset see the value as it came, everything else what is stored.
                (ChangeKind::Protected { .. }, looks) if looks == Looks::From || check.scope == Scope::Dataset => {
                    Severity::AtRisk
                }
                _ => Severity::Affected,
            };
            let reason = match (looks, severity) {
                (_, Severity::Breaks) => {
                    format!("expects {}, but `{}` {}", check.expected, change.subject(), change.kind.sentence())
                }
                (_, Severity::AtRisk) => format!(
                    "looks at `{}`, which {}: expects {}",
                    change.subject(),
                    change.kind.sentence(),
                    check.expected
                ),
                _ => format!("looks at `{}`: expects {}", change.subject(), check.expected),
            };
            let effect = Effect::new(severity, What::Check, &spec.name, reason, Some(number));
            let place = facts.about.get(&spec.name).and_then(|about| place(about, check));
            effects.push(Effect { name: Some(check.id.clone()), column: check.element.clone(), place, ..effect });
        }
    }
}

/// Typing a contract's SQL says of a check what has been said of it here.
pub(super) fn once(effects: &mut Vec<Effect>) {
    let broken: Vec<String> = effects
        .iter()
        .filter(|effect| effect.what == What::Check && effect.severity == Severity::Breaks)
        .filter_map(|effect| Some(format!("check `{}`", effect.name.as_ref()?)))
        .collect();
    effects.retain(|effect| {
        effect.what != What::Contract || !broken.iter().any(|check| effect.reason.contains(check.as_str()))
    });
}

/// Numbers stay comparable with numbers.
pub(super) fn is_of_a_kind(from: &str, to: &str) -> bool {
    let is_number = |name: &str| {
        name.starts_with("decimal") || name.strip_prefix(['i', 'u', 'f']).is_some_and(|bits| bits.parse::<u8>().is_ok())
    };
    from == to || is_number(from) && is_number(to)
}

fn place(about: &super::About, check: &Check) -> Option<super::Place> {
    let column = check.element.as_deref().and_then(|element| element.split(['.', '[']).next());
    column.and_then(|column| about.columns.get(column)).or(about.place.as_ref()).cloned()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looks {
    /// The check is the column's own.
    Own,
    /// Of the same dataset, but about more.
    Beside,
    /// From another dataset.
    From,
}

/// Whether the check looks at what changes.
fn looks(in_sql: &BTreeSet<(&str, &str)>, by: &str, check: &Check, change: &Change) -> Option<Looks> {
    let own = by == change.dataset;
    match &change.column {
        Some(column) if own && check.is_about(column) => Some(Looks::Own),
        Some(column) => {
            let named = names(&check.rule)
                .iter()
                .any(|(dataset, name)| name == column && dataset.map_or(own, |dataset| dataset == change.dataset));
            let in_sql = in_sql.contains(&(by, check.id.as_str()));
            (named || in_sql).then_some(if own { Looks::Beside } else { Looks::From })
        }
        None => (!own && check.rule.other_dataset() == Some(&change.dataset)).then_some(Looks::From),
    }
}

/// Columns that a rule names without SQL; with the dataset where it is another one.
fn names(rule: &Rule) -> Vec<(Option<&str>, &str)> {
    match rule {
        Rule::Reference { columns, to_dataset, to_columns } => {
            let there = to_columns.iter().map(|column| (Some(to_dataset.as_str()), column.as_str()));
            own(columns).into_iter().chain(there).collect()
        }
        Rule::Unique { columns, .. } => own(columns),
        Rule::Required { column }
        | Rule::Enum { column, .. }
        | Rule::Range { column, .. }
        | Rule::Length { column, .. }
        | Rule::Pattern { column, .. }
        | Rule::Format { column, .. }
        | Rule::MultipleOf { column, .. }
        | Rule::Items { column, .. }
        | Rule::Fields { column, .. }
        | Rule::Normalized { column }
        | Rule::Freshness { column, .. } => vec![(None, column)],
        Rule::Metric { metric, .. } => match metric {
            Metric::RowCount => Vec::new(),
            Metric::NullValues { column }
            | Metric::MissingValues { column, .. }
            | Metric::InvalidValues { column, .. } => {
                vec![(None, column)]
            }
            Metric::DuplicateValues { columns } => own(columns),
        },
        Rule::Measured { measure, .. } => match measure {
            Measure::Duplicates { columns } => own(columns),
            Measure::Difference { columns, dataset, to_columns } => {
                let there = to_columns.iter().map(|column| (Some(dataset.as_str()), column.as_str()));
                own(columns).into_iter().chain(there).collect()
            }
            Measure::Incomplete { columns, by, .. } => own(columns).into_iter().chain(own(by)).collect(),
            _ => Vec::new(),
        },
        Rule::RowPredicate { .. } | Rule::DatasetSql { .. } | Rule::NotChecked { .. } => Vec::new(),
    }
}

fn own(columns: &[String]) -> Vec<(Option<&str>, &str)> {
    columns.iter().map(|column| (None, column.as_str())).collect()
}
