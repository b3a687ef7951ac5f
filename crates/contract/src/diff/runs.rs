//! What runs under both versions: the datasets that the contracts compile to, side by side.
//!
//! The texts are compared by rules of their own, which know what people mean. An engine knows only what was compiled. Here
//! every difference of what was compiled is held against what the texts were found to say, and told where that is less.
//!
//! ```text
//!  contract ── text rules ──▶ changes ─────────────┐
//!     └────── compile ──▶ columns, checks ──▶ differences ──▶ already told? ── no ──▶ one more change
//! ```

mod checks;
mod columns;
mod rules;
mod strictness;

pub use rules::allows;
use serde_json::Value as Json;

use super::change::{Change, Effect};
use super::differ::{Differ, join};
use super::pair::{Pair, text};
use super::schema::DatasetPair;
use crate::compile::compile;
use crate::dataset::Dataset;
use crate::model::Contract;
use crate::syntax::Node;

/// Plimsoll's settings that say how a check judges, not what.
pub(super) const OF_CHECKS: [&str; 4] = ["severity", "threshold", "warnAbove", "failAbove"];

/// One difference of what runs.
struct Difference {
    kind: &'static str,
    /// The column, without a path inside it; `None` for the dataset.
    column: Option<String>,
    /// What differs, within the column or the dataset.
    what: String,
    old: Option<Json>,
    new: Option<Json>,
    effect: Effect,
    reason: String,
    cause: Cause,
}

/// What in the text may have brought it about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// Anything that is said of the column or of the dataset.
    Element,
    ServiceLevel,
    /// One of `OF_CHECKS`, at a relationship or elsewhere.
    Setting {
        at: SettingAt,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SettingAt {
    Column,
    Relationship,
    ServiceLevel,
}

/// One dataset under both versions.
struct Sides<'a> {
    old: &'a Dataset,
    new: &'a Dataset,
    pair: &'a DatasetPair<'a>,
}

impl Sides<'_> {
    /// What an old column is called now.
    fn renamed<'n>(&'n self, column: &'n str) -> &'n str {
        self.pair.renames.get(column).map_or(column, String::as_str)
    }
}

/// Tells what the text rules did not.
pub(super) fn runs(differ: &mut Differ, old: &Contract, new: &Contract, datasets: &[DatasetPair<'_>]) {
    // The contract's file decides nothing about what runs.
    let (before, after) = (compile(old, "").0, compile(new, "").0);
    let find = |all: &'_ [Dataset], node: Option<&Node>| {
        let name = node.and_then(|node| text(node, "name"));
        all.iter().position(|dataset| Some(dataset.name.as_str()) == name)
    };
    for pair in datasets {
        let found = find(&before, pair.pair.old).zip(find(&after, pair.pair.new));
        let Some((old, new)) = found else { continue };
        let sides = Sides { old: &before[old], new: &after[new], pair };
        let mut found = Vec::new();
        columns::compare(&sides, &mut found);
        checks::compare(&sides, &mut found);
        for difference in found {
            tell(differ, pair, difference);
        }
    }
}

fn tell(differ: &mut Differ, dataset: &DatasetPair<'_>, difference: Difference) {
    if let Cause::Setting { at } = difference.cause
        && let Some(change) = setting(&mut differ.changes, dataset, &difference, at)
    {
        raise(change, &difference);
        return;
    }
    if is_told(&differ.changes, dataset, &difference) {
        return;
    }
    let (element, pair) = match &difference.column {
        Some(column) => {
            let before = dataset.renames.iter().find(|(_, to)| *to == column).map_or(column, |(from, _)| from);
            let nodes = Pair::new(node(dataset.pair.old, before), node(dataset.pair.new, column));
            (of_column(dataset, column), nodes)
        }
        None => (dataset.element.clone(), dataset.pair),
    };
    let element = if difference.what.is_empty() { element } else { join(&element, &difference.what) };
    let change = differ.add(element, pair, difference.kind, difference.effect, difference.reason);
    change.old = difference.old;
    change.new = difference.new;
}

fn node<'a>(dataset: Option<&'a Node>, column: &str) -> Option<&'a Node> {
    dataset?.get("properties").map(Node::items)?.iter().find(|node| text(node, "name") == Some(column))
}

fn of_column(dataset: &DatasetPair<'_>, column: &str) -> String {
    join(&dataset.element, &format!("properties.{column}"))
}

/// Whether an element is another one, or inside it.
fn is_within(element: &str, outer: &str) -> bool {
    element.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Whether the changes of the same element come to as much already.
fn is_told(changes: &[Change], dataset: &DatasetPair<'_>, difference: &Difference) -> bool {
    let column = difference.column.as_ref().map(|column| of_column(dataset, column));
    let columns = join(&dataset.element, "properties");
    let may_say = |change: &&Change| {
        let element = change.element.as_str();
        let of_column = column.as_deref().is_some_and(|column| is_within(element, column));
        let of_dataset = is_within(element, &dataset.element) && !is_within(element, &columns);
        let of_level = element.starts_with("sla");
        match difference.cause {
            Cause::ServiceLevel | Cause::Setting { at: SettingAt::ServiceLevel } => of_column || of_level,
            _ => of_column || of_dataset,
        }
    };
    let told = |of: &dyn Fn(Effect) -> bool| changes.iter().filter(may_say).any(|change| of(change.effect));
    let wanted = difference.effect;
    told(&|effect| effect.consumer() >= wanted.consumer())
        && told(&|effect| effect.producer() >= wanted.producer())
        && told(&|effect| effect.bump() >= wanted.bump())
        && (wanted.is_forward() || told(&|effect| !effect.is_forward()))
        && (wanted.is_backward() || told(&|effect| !effect.is_backward()))
}

/// The change of a setting that brought the difference about.
fn setting<'c>(
    changes: &'c mut [Change],
    dataset: &DatasetPair<'_>,
    difference: &Difference,
    at: SettingAt,
) -> Option<&'c mut Change> {
    let outer = match (&difference.column, at) {
        (_, SettingAt::ServiceLevel) => "slaProperties".to_owned(),
        (Some(column), SettingAt::Column) => of_column(dataset, column),
        _ => dataset.element.clone(),
    };
    let columns = join(&dataset.element, "properties");
    changes.iter_mut().find(|change| {
        let Some((place, name)) = change.element.rsplit_once(".customProperties.") else { return false };
        let is_relationship = place.contains(".relationships.");
        if difference.column.is_none() && is_within(place, &columns) {
            return false;
        }
        change.kind == "setting-changed"
            && OF_CHECKS.contains(&name)
            && is_within(place, &outer)
            && is_relationship == (at == SettingAt::Relationship)
    })
}

/// A setting may change several checks.
fn raise(change: &mut Change, difference: &Difference) {
    let is_first = change.effect == Effect::Safe;
    change.effect = change.effect.and(difference.effect);
    change.consumer = change.effect.consumer();
    change.producer = change.effect.producer();
    match is_first {
        true => change.reason = difference.reason.clone(),
        false if !change.reason.contains(&difference.reason) => {
            change.reason = format!("{}; {}", change.reason, difference.reason);
        }
        false => {}
    }
}
