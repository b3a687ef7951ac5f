//! Primary keys and partitions: properties of the dataset that are written at its columns.

use super::change::{Effect, Verdict};
use super::differ::{Differ, join};
use super::pair::{Pair, field, text};
use super::schema::DatasetPair;
use crate::syntax::Node;

/// Judges the key and the partitioning of a dataset that both versions have.
pub(super) fn keys(differ: &mut Differ, dataset: &DatasetPair<'_>) {
    primary_key(differ, dataset);
    partitions(differ, dataset);
}

/// How many columns the primary key has.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct KeySize {
    old: usize,
    new: usize,
}

impl KeySize {
    pub fn of(columns: Pair<'_>) -> Self {
        let (old, new) = columns.items();
        let count = |columns: &[Node]| columns.iter().filter(|column| in_key(Some(column))).count();
        Self { old: count(old), new: count(new) }
    }
}

fn in_key(column: Option<&Node>) -> bool {
    column.and_then(|node| node.get("primaryKey")).and_then(Node::as_bool) == Some(true)
}

/// Whether NULL is forbidden: in a column of the primary key it is without saying.
pub(super) fn required(differ: &mut Differ, element: &str, pair: Pair<'_>, key: KeySize) {
    let flag = pair.field("required");
    let implied = (key.old > 0 && in_key(pair.old), key.new > 0 && in_key(pair.new));
    let (effect, reason) = match said_or(flag, implied) {
        _ if flag.is_same() => return,
        (false, true) => (Effect::Tightens, "NULL was allowed, data that was written before may hold it"),
        (true, false) => (Effect::Loosens, "those who read it meet NULL, which they never had to expect"),
        (true, true) => (Effect::Safe, "a column of the primary key is never NULL"),
        (false, false) => (Effect::Safe, "false is what it was without saying"),
    };
    differ.add(join(element, "required"), flag, "required-changed", effect, reason);
}

/// Whether no value occurs twice: in a column that is the primary key none does.
pub(super) fn unique(differ: &mut Differ, element: &str, pair: Pair<'_>, key: KeySize) {
    let flag = pair.field("unique");
    let implied = (key.old == 1 && in_key(pair.old), key.new == 1 && in_key(pair.new));
    let (effect, reason) = match said_or(flag, implied) {
        _ if flag.is_same() => return,
        (false, true) => (Effect::Tightens, "values could occur twice, data that was written before may hold such"),
        (true, false) => (Effect::Loosens, "values may occur twice: joins and lookups by it multiply rows"),
        (true, true) => (Effect::Safe, "a column that is the primary key is unique"),
        (false, false) => (Effect::Safe, "false is what it was without saying"),
    };
    differ.add(join(element, "unique"), flag, "unique-changed", effect, reason);
}

fn said_or(flag: Pair<'_>, implied: (bool, bool)) -> (bool, bool) {
    let (old, new) = flag.flags();
    (old || implied.0, new || implied.1)
}

fn primary_key(differ: &mut Differ, dataset: &DatasetPair<'_>) {
    let (old, new) = both(dataset, "primaryKey", "primaryKeyPosition");
    if old.names == new.names {
        return;
    }
    let sorted = |side: &Side<'_>| {
        let mut names = side.names.clone();
        names.sort();
        names
    };
    let (effect, reason) = if old.names.is_empty() {
        (Effect::Tightens, "there was no key: data that was written before may hold equal or missing keys".to_owned())
    } else if new.names.is_empty() {
        (Effect::Loosens, "rows are no longer told apart: joins and merges by the key multiply rows".to_owned())
    } else if sorted(&old) == sorted(&new) {
        (Effect::Safe, "the columns of the key are the same in another order".to_owned())
    } else {
        (Effect::Both, format!("a row was told by {}, now by {}", old.shown(), new.shown()))
    };
    enter(differ, &join(&dataset.element, "primaryKey"), &old, &new, "primary-key-changed", effect, reason);
}

fn partitions(differ: &mut Differ, dataset: &DatasetPair<'_>) {
    let (old, new) = both(dataset, "partitioned", "partitionKeyPosition");
    if old.names == new.names {
        return;
    }
    let warning = Effect::Felt(Verdict::Warning, Verdict::Warning);
    let (effect, reason) = if old.names.is_empty() {
        (warning, format!("it is partitioned by {}: files move, those who read files by path miss them", new.shown()))
    } else if new.names.is_empty() {
        (warning, format!("queries on {} no longer skip files: they slow down and cost more", old.shown()))
    } else {
        let reason = format!("it was partitioned by {}, now by {}: other queries skip files", old.shown(), new.shown());
        (warning, reason)
    };
    enter(differ, &join(&dataset.element, "partitioned"), &old, &new, "partitioning-changed", effect, reason);
}

/// The columns of one side, in the order of their positions.
struct Side<'a> {
    names: Vec<String>,
    first: Option<&'a Node>,
}

impl Side<'_> {
    fn shown(&self) -> String {
        self.names.join(", ")
    }
}

fn both<'a>(dataset: &DatasetPair<'a>, flag: &str, position: &str) -> (Side<'a>, Side<'a>) {
    let mut old = side(dataset.pair.old, flag, position);
    let new = side(dataset.pair.new, flag, position);
    for name in &mut old.names {
        if let Some(renamed) = dataset.renames.get(name) {
            name.clone_from(renamed);
        }
    }
    (old, new)
}

fn side<'a>(dataset: Option<&'a Node>, flag: &str, position: &str) -> Side<'a> {
    let columns = dataset.and_then(|node| node.get("properties")).map(Node::items).unwrap_or_default();
    let is_part = |node: &&Node| node.get(flag).and_then(Node::as_bool) == Some(true);
    let mut parts: Vec<&Node> = columns.iter().filter(is_part).collect();
    parts.sort_by_key(|node| field(Some(node), position).and_then(Node::as_i64).unwrap_or(i64::MAX));
    let names = parts.iter().map(|node| text(node, "name").unwrap_or_default().to_owned()).collect();
    Side { names, first: parts.first().and_then(|node| node.get(flag)) }
}

fn enter(
    differ: &mut Differ,
    element: &str,
    old: &Side<'_>,
    new: &Side<'_>,
    kind: &'static str,
    effect: Effect,
    reason: String,
) {
    let change = differ.add(element, Pair::new(old.first, new.first), kind, effect, reason);
    let listed = |side: &Side<'_>| (!side.names.is_empty()).then(|| serde_json::json!(side.names));
    change.old = listed(old);
    change.new = listed(new);
}
