//! Two schemas that are written in JSON: what one finds wrong with the other's data, and every other difference.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

use super::finding::Finding;
use super::tree::{Part, Tree, address, item_names};
use crate::diff::{Change, Effect, Place, Verdict};

/// Differences that are listed.
const CHANGES_MAX: usize = 2_000;
const WARN: Effect = Effect::Felt(Verdict::Warning, Verdict::Warning);
/// What is below them are names, not words of the schema.
const NAMED: &[&str] = &["properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "fields"];

/// Gives what data of the first schema the second does not accept.
pub(super) type Ask = for<'a> fn(&'a Json, &'a Json) -> Vec<Finding<'a>>;

/// All changes from the old to the new schema.
pub(super) fn compare(old: &Tree<'_>, new: &Tree<'_>, ask: Ask) -> Vec<Change> {
    let sides = Sides { old: Side::of(old), new: Side::of(new) };
    let mut changes: Vec<Change> = Vec::new();
    for found in ask(&old.root, &new.root) {
        let effect = effect(&found, Effect::Tightens);
        sides.enter(&mut changes, &found, effect);
    }
    for found in ask(&new.root, &old.root) {
        let effect = effect(&found, Effect::Loosens);
        sides.enter(&mut changes, &found, effect);
    }
    let judged: HashSet<String> = changes.iter().map(|change| change.element.clone()).collect();
    sides.others(&mut changes, &judged, Some(&old.root), Some(&new.root), String::new());
    for change in &mut changes {
        if change.element.is_empty() {
            "$".clone_into(&mut change.element);
        }
    }
    changes
}

fn effect(found: &Finding<'_>, certain: Effect) -> Effect {
    match (found.is_certain, found.kind) {
        (true, _) => certain,
        // All data can be read, and is told to be something else.
        (false, "logical-type-changed") => WARN,
        (false, _) => Effect::Unclear,
    }
}

/// One of the two schemas, with its parts by their address and by their element.
struct Side<'t> {
    tree: &'t Tree<'t>,
    parts: HashMap<usize, Part<'t>>,
    elements: HashMap<String, usize>,
}

impl<'t> Side<'t> {
    fn of(tree: &'t Tree<'t>) -> Self {
        let parts = tree.parts();
        let elements = parts.iter().map(|(address, part)| (part.element.clone(), *address)).collect();
        Self { tree, parts, elements }
    }

    fn at(&self, value: &Json) -> Option<&Part<'t>> {
        self.parts.get(&address(value))
    }

    fn named(&self, element: &str) -> Option<&Part<'t>> {
        self.elements.get(element).and_then(|address| self.parts.get(address))
    }

    fn place(&self, part: Option<&Part<'t>>) -> Option<Place> {
        part.map(|part| self.tree.place(part))
    }
}

struct Sides<'t> {
    old: Side<'t>,
    new: Side<'t>,
}

impl Sides<'_> {
    /// Enters what one side finds wrong; where both find something wrong with the same element, both are told at once.
    fn enter(&self, changes: &mut Vec<Change>, found: &Finding<'_>, effect: Effect) {
        let part = self.new.at(found.reader).or_else(|| self.old.at(found.reader));
        let part = part.or_else(|| found.writer.and_then(|writer| self.new.at(writer).or_else(|| self.old.at(writer))));
        let element = part.map(|part| part.element.clone()).unwrap_or_default();
        let reason = match effect {
            Effect::Loosens => {
                let reason =
                    found.reason.replace(" were allowed", " are allowed").replace(" was allowed", " is allowed");
                format!("new data need not fit the old schema: {reason}")
            }
            Effect::Felt(..) => found.reason.clone(),
            _ => format!("old data need not fit the new schema: {}", found.reason),
        };
        if let Some(known) = changes.iter_mut().find(|known| known.element == element && known.kind == found.kind) {
            if known.effect != effect {
                known.effect = known.effect.and(effect);
                known.reason = format!("{}; {reason}", known.reason);
                known.consumer = known.effect.consumer();
                known.producer = known.effect.producer();
            }
            return;
        }
        if changes.len() >= CHANGES_MAX {
            return;
        }
        let (old, new) = (self.old.named(&element), self.new.named(&element));
        changes.push(Change {
            element,
            kind: found.kind,
            old: old.map(|part| shortened(part.value)),
            new: new.map(|part| shortened(part.value)),
            consumer: effect.consumer(),
            producer: effect.producer(),
            reason,
            rename_of: None,
            old_place: self.old.place(old),
            new_place: self.new.place(new),
            since: None,
            effect,
        });
    }

    /// Every difference that nobody found anything wrong with.
    fn others(
        &self,
        changes: &mut Vec<Change>,
        judged: &HashSet<String>,
        old: Option<&Json>,
        new: Option<&Json>,
        element: String,
    ) {
        if old == new || changes.len() >= CHANGES_MAX || judged.contains(&element) {
            return;
        }
        let step = |part: &str| match (element.is_empty(), part.starts_with('[')) {
            (true, _) => part.to_owned(),
            (false, true) => format!("{element}{part}"),
            (false, false) => format!("{element}.{part}"),
        };
        match (old, new) {
            // A default is one value, whatever it is made of.
            _ if word(&element) == "default" => self.plain(changes, judged, old, new, element),
            (Some(Json::Object(before)), Some(Json::Object(after))) => {
                for (key, value) in before {
                    self.others(changes, judged, Some(value), after.get(key), step(key));
                }
                for (key, value) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
                    self.others(changes, judged, None, Some(value), step(key));
                }
            }
            (Some(Json::Array(before)), Some(Json::Array(after))) => {
                let (old_names, new_names) = (item_names(before), item_names(after));
                let index: HashMap<&str, &Json> = new_names.iter().map(String::as_str).zip(after).collect();
                let known: HashSet<&str> = old_names.iter().map(String::as_str).collect();
                for (name, value) in old_names.iter().zip(before) {
                    self.others(changes, judged, Some(value), index.get(name.as_str()).copied(), step(name));
                }
                for (name, value) in new_names.iter().zip(after).filter(|(name, _)| !known.contains(name.as_str())) {
                    self.others(changes, judged, None, Some(value), step(name));
                }
            }
            _ => self.plain(changes, judged, old, new, element),
        }
    }

    fn plain(
        &self,
        changes: &mut Vec<Change>,
        judged: &HashSet<String>,
        old: Option<&Json>,
        new: Option<&Json>,
        element: String,
    ) {
        let within =
            |outer: &str, inner: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with(['.', '[']));
        let is_root = element.is_empty() && !judged.is_empty();
        if is_root || judged.iter().any(|known| within(known, &element) || within(&element, known)) {
            return;
        }
        let readers = Effect::Felt(Verdict::Warning, Verdict::Safe);
        let both_ways = "all data can still be read, both ways";
        let (kind, effect, reason) = match (word(&element), old, new) {
            ("default", Some(_), Some(_)) => ("default-changed", WARN, "where it is absent, readers get another value"),
            ("default", Some(_), None) => {
                ("default-changed", readers, "where it is absent, readers get no value any more")
            }
            ("deprecated", _, Some(Json::Bool(true))) => {
                ("deprecation-changed", readers, "those who read it should stop doing so")
            }
            ("deprecated", Some(Json::Bool(true)), _) => ("deprecation-changed", Effect::Safe, "it may be used again"),
            ("description" | "title" | "doc" | "examples" | "$comment" | "$id" | "$schema" | "name", ..) => {
                ("description-changed", Effect::Safe, "it only describes")
            }
            (_, None, Some(_)) => ("added", Effect::Adds, both_ways),
            (_, Some(_), None) => ("removed", Effect::Safe, both_ways),
            _ => ("changed", Effect::Safe, both_ways),
        };
        changes.push(Change {
            element,
            kind,
            old: old.map(shortened),
            new: new.map(shortened),
            consumer: effect.consumer(),
            producer: effect.producer(),
            reason: reason.to_owned(),
            rename_of: None,
            old_place: self.old.place(old.and_then(|value| self.old.at(value))),
            new_place: self.new.place(new.and_then(|value| self.new.at(value))),
            since: None,
            effect,
        });
    }
}

/// The word of the schema that an element ends with; nothing where that is a name that somebody has given.
fn word(element: &str) -> &str {
    let mut is_name = false;
    let mut last = "";
    for part in element.split('.') {
        last = if is_name { "" } else { part };
        is_name = !is_name && NAMED.contains(&part);
    }
    last
}

/// A part of a schema can be most of the file; its beginning is enough to see what it is.
fn shortened(value: &Json) -> Json {
    const ITEMS_MAX: usize = 50;
    match value {
        Json::Array(items) if items.len() > ITEMS_MAX => Json::Array(items[..ITEMS_MAX].to_vec()),
        other => other.clone(),
    }
}
