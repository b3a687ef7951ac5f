//! Columns, and the parts of nested ones.

use std::collections::{HashMap, HashSet};

use super::change::Effect;
use super::differ::{Differ, join};
use super::keys::{self, KeySize};
use super::pair::{Pair, by, matched, same, text};
use super::schema::{deprecated, name, physical_name};
use super::{computed, options, privacy, quality, terms, types};
use crate::syntax::Node;

/// Old names to new names, of what is the same by its `id`.
pub(super) type Renames = HashMap<String, String>;

/// Beyond this many removed or added columns no likely renames are looked for.
const LIKENESS_MAX: usize = 200;
/// How alike two names must be, from 0 to 1, to be taken for a rename when the types agree.
const LIKENESS_MIN: f64 = 0.75;

const JUDGED: &[&str] = &[
    "id",
    "name",
    "physicalName",
    "logicalType",
    "physicalType",
    "logicalTypeOptions",
    "deprecated",
    "required",
    "unique",
    "primaryKey",
    "primaryKeyPosition",
    "partitioned",
    "partitionKeyPosition",
    "classification",
    "encryptedName",
    "semanticType",
    "tags",
    "transformSourceObjects",
    "transformLogic",
    "transformDescription",
    "enum",
    "properties",
    "items",
    "map",
    "relationships",
    "quality",
    "customProperties",
];

/// Judges the properties of a dataset or an object; their order means nothing, SQL and JSON go by name.
/// `key` counts the columns of the primary key; nothing inside a column is part of one.
pub(super) fn properties(differ: &mut Differ, element: &str, pair: Pair<'_>, key: KeySize) -> Renames {
    let (old, new) = pair.items();
    let pairs = matched(old, new, &[&by("id"), &by("name")]);
    let guesses = likely_renames(&pairs);
    let mut renames = Renames::new();
    for (index, pair) in pairs.iter().enumerate() {
        let named = pair.new.or(pair.old).and_then(|node| text(node, "name"));
        let element = join(element, &named.map_or_else(|| format!("[{index}]"), str::to_owned));
        match (pair.old, pair.new) {
            (Some(old), None) => removed(differ, element, *pair, guesses.get(text(old, "name").unwrap_or_default())),
            (None, Some(new)) => {
                let name = text(new, "name").unwrap_or_default();
                let old = guesses.iter().find(|(_, new)| new.as_str() == name).map(|(old, _)| old.clone());
                added(differ, element, *pair, old);
            }
            _ => {
                if let (Some(old), Some(new)) = pair.field("name").texts()
                    && old != new
                {
                    renames.insert(old.to_owned(), new.to_owned());
                }
                property(differ, &element, *pair, key);
            }
        }
    }
    renames
}

fn removed(differ: &mut Differ, element: String, pair: Pair<'_>, guess: Option<&String>) {
    let reason = match guess {
        Some(new) => format!("queries that name it fail; if it is now `{new}`, give both the same `id`"),
        None => "queries that name it fail".to_owned(),
    };
    differ.add(element, pair, "property-removed", Effect::Loosens, reason);
}

fn added(differ: &mut Differ, element: String, pair: Pair<'_>, guess: Option<String>) {
    let is_true = |key| pair.new.and_then(|node| node.get(key)).and_then(Node::as_bool) == Some(true);
    let (effect, reason) = match is_true("required") || is_true("primaryKey") {
        true => (Effect::Tightens, "data that was written before lacks it, and it must be given"),
        false => (Effect::Adds, "it may be absent, and nobody has to read it"),
    };
    differ.add(element, pair, "property-added", effect, reason).rename_of = guess;
}

/// Pairs a removed with an added property that looks like it: a suggestion for people, never a conclusion.
fn likely_renames(pairs: &[Pair<'_>]) -> HashMap<String, String> {
    let removed: Vec<&Node> = pairs.iter().filter(|pair| pair.new.is_none()).filter_map(|pair| pair.old).collect();
    let added: Vec<&Node> = pairs.iter().filter(|pair| pair.old.is_none()).filter_map(|pair| pair.new).collect();
    if removed.len() > LIKENESS_MAX || added.len() > LIKENESS_MAX {
        return HashMap::new();
    }
    let mut candidates = Vec::new();
    for (at, old) in removed.iter().enumerate() {
        for (to, new) in added.iter().enumerate() {
            let likeness = likeness(old, new);
            if likeness >= LIKENESS_MIN {
                candidates.push((likeness, at, to));
            }
        }
    }
    candidates.sort_by(|one, other| other.0.total_cmp(&one.0));
    let (mut olds, mut news) = (HashSet::new(), HashSet::new());
    let mut guesses = HashMap::new();
    for (_, at, to) in candidates {
        if !olds.contains(&at) && !news.contains(&to) {
            olds.insert(at);
            news.insert(to);
            let name = |node: &Node| text(node, "name").unwrap_or_default().to_owned();
            guesses.insert(name(removed[at]), name(added[to]));
        }
    }
    guesses
}

/// From 0 to 1: everything but the name being equal counts most.
fn likeness(old: &Node, new: &Node) -> f64 {
    let (Some(old_name), Some(new_name)) = (text(old, "name"), text(new, "name")) else { return 0.0 };
    if !types::is_same_type(old, new) {
        return 0.0;
    }
    let physical = text(old, "physicalName");
    if physical.is_some() && physical == text(new, "physicalName") {
        return 1.0;
    }
    let plain = |name: &str| name.to_lowercase().replace(['_', '-', ' '], "");
    let names = strsim::jaro_winkler(&plain(old_name), &plain(new_name));
    let described = text(old, "description").is_some() && text(old, "description") == text(new, "description");
    let rest = old
        .entries()
        .iter()
        .filter(|entry| entry.key != "name")
        .all(|entry| new.get(&entry.key).is_some_and(|value| same(&entry.value, value)))
        && old.entries().len() == new.entries().len();
    match (described, rest) {
        (true, _) => 0.9 + names / 10.0,
        // Two columns with nothing but a type are alike by accident.
        (false, true) => (names + 0.15).min(0.95),
        (false, false) => names - 0.1,
    }
}

/// A property that both versions have.
pub(super) fn property(differ: &mut Differ, element: &str, pair: Pair<'_>, key: KeySize) {
    name(differ, element, pair, "property-renamed", "column");
    inside(differ, element);
    physical_name(differ, element, pair);
    let stored = types::Stored::of(pair);
    let comparable = types::types(differ, element, pair, stored.as_ref());
    keys::required(differ, element, pair, key);
    keys::unique(differ, element, pair, key);
    let inner = pair.field("logicalTypeOptions");
    if comparable {
        options::options(
            differ,
            &join(element, "logicalTypeOptions"),
            inner,
            types::logical(pair.new),
            stored.as_ref(),
        );
    } else {
        differ.rest(&join(element, "logicalTypeOptions"), inner, &[]);
    }
    options::allowed(differ, &join(element, "enum"), pair.field("enum"));
    deprecated(differ, element, pair);
    privacy::classes(differ, element, pair);
    privacy::tags(differ, element, pair.field("tags"));
    computed::computed(differ, element, pair);
    properties(differ, &join(element, "properties"), pair.field("properties"), KeySize::default());
    parts(differ, element, pair);
    quality::rules(differ, &join(element, "quality"), pair.field("quality"));
    terms::settings(differ, element, pair.field("customProperties"));
    differ.rest(element, pair, JUDGED);
}

/// A field inside a column that has just been found to have another name.
fn inside(differ: &mut Differ, element: &str) {
    let last = differ.changes.last_mut().filter(|last| last.kind == "property-renamed" && last.element == element);
    if let Some(change) = last.filter(|last| last.is_inside_a_column()) {
        let old = change.rename_of.as_deref().unwrap_or_default();
        change.reason = format!(
            "fields inside a column are found by their names alone: values of `{old}` are not those of the new field, and queries that say `{old}` fail"
        );
    }
}

/// What arrays and maps hold.
fn parts(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    let map = pair.field("map");
    let inner = [("items", pair.field("items")), ("map.key", map.field("key")), ("map.value", map.field("value"))];
    for (name, part) in inner {
        let element = join(element, name);
        match (part.old, part.new) {
            (Some(_), Some(_)) => property(differ, &element, part, KeySize::default()),
            (Some(_), None) => {
                let reason = "what it holds is no longer promised";
                differ.add(element, part, "type-undeclared", Effect::Loosens, reason);
            }
            (None, Some(_)) => {
                let reason = "what it holds was not fixed, data that was written before may hold something else";
                differ.add(element, part, "type-declared", Effect::Tightens, reason);
            }
            (None, None) => {}
        }
    }
}
