//! Two schemas that are written in JSON: what one finds wrong with the other's data, and every other difference.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::finding::Finding;
use super::tree::{Part, Tree, address, item_name};
use crate::diff::{Change, Effect};

/// Differences that are listed.
const CHANGES_MAX: usize = 2_000;

/// Gives what data of the first schema the second does not accept.
pub(super) type Ask = for<'a> fn(&'a Json, &'a Json) -> Vec<Finding<'a>>;

/// All changes from the old to the new schema.
pub(super) fn compare(old: &Tree<'_>, new: &Tree<'_>, ask: Ask) -> Vec<Change> {
    let sides = Sides { old, new, old_parts: old.parts(), new_parts: new.parts() };
    let mut changes: Vec<Change> = Vec::new();
    for found in ask(&old.root, &new.root) {
        let effect = if found.is_certain { Effect::Tightens } else { Effect::Unclear };
        sides.enter(&mut changes, found.writer, Some(found.reader), &found, effect);
    }
    for found in ask(&new.root, &old.root) {
        let effect = if found.is_certain { Effect::Loosens } else { Effect::Unclear };
        sides.enter(&mut changes, Some(found.reader), found.writer, &found, effect);
    }
    let judged: Vec<String> = changes.iter().map(|change| change.element.clone()).collect();
    sides.others(&mut changes, &judged, Some(&old.root), Some(&new.root), String::new());
    for change in &mut changes {
        if change.element.is_empty() {
            "$".clone_into(&mut change.element);
        }
    }
    changes
}

struct Sides<'s, 't> {
    old: &'s Tree<'t>,
    new: &'s Tree<'t>,
    old_parts: HashMap<usize, Part>,
    new_parts: HashMap<usize, Part>,
}

impl Sides<'_, '_> {
    /// Enters what one side finds wrong; where both find something wrong with the same element, both are told at once.
    fn enter(
        &self,
        changes: &mut Vec<Change>,
        old: Option<&Json>,
        new: Option<&Json>,
        found: &Finding<'_>,
        effect: Effect,
    ) {
        let old_part = old.and_then(|value| self.old_parts.get(&address(value)));
        let new_part = new.and_then(|value| self.new_parts.get(&address(value)));
        let reader = if effect == Effect::Loosens { old_part } else { new_part };
        let element = reader.or(new_part).or(old_part).map(|part| part.element.clone()).unwrap_or_default();
        let who = match effect {
            Effect::Loosens => "under the old schema",
            _ => "under the new schema",
        };
        let reason = format!("{who}: {}", found.reason);
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
        changes.push(Change {
            element,
            kind: found.kind,
            old: old.map(shortened),
            new: new.map(shortened),
            consumer: effect.consumer(),
            producer: effect.producer(),
            reason,
            rename_of: None,
            old_place: old_part.map(|part| self.old.place(part)),
            new_place: new_part.map(|part| self.new.place(part)),
            since: None,
            effect,
        });
    }

    /// Every difference that nobody found anything wrong with.
    fn others(
        &self,
        changes: &mut Vec<Change>,
        judged: &[String],
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
            (Some(Json::Object(before)), Some(Json::Object(after))) => {
                for (key, value) in before {
                    self.others(changes, judged, Some(value), after.get(key), step(key));
                }
                for (key, value) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
                    self.others(changes, judged, None, Some(value), step(key));
                }
            }
            (Some(Json::Array(before)), Some(Json::Array(after))) => {
                let named = |items: &'_ [Json]| -> Vec<String> {
                    (0..items.len()).map(|index| item_name(items, index)).collect()
                };
                let (old_names, new_names) = (named(before), named(after));
                for (name, value) in old_names.iter().zip(before) {
                    let partner = new_names.iter().position(|other| other == name).map(|at| &after[at]);
                    self.others(changes, judged, Some(value), partner, step(name));
                }
                for (name, value) in new_names.iter().zip(after).filter(|(name, _)| !old_names.contains(name)) {
                    self.others(changes, judged, None, Some(value), step(name));
                }
            }
            _ => self.plain(changes, judged, old, new, element),
        }
    }

    fn plain(
        &self,
        changes: &mut Vec<Change>,
        judged: &[String],
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
        let name = element.rsplit('.').next().unwrap_or_default();
        let describes = ["description", "title", "doc", "examples", "$comment", "$id", "$schema", "name", "default"];
        let (kind, effect, reason) = match (describes.contains(&name), old, new) {
            (true, ..) => ("description-changed", Effect::Safe, "it only describes"),
            (_, None, Some(_)) => ("added", Effect::Adds, "all data can still be read, both ways"),
            (_, Some(_), None) => ("removed", Effect::Safe, "all data can still be read, both ways"),
            _ => ("changed", Effect::Safe, "all data can still be read, both ways"),
        };
        let place = |tree: &Tree<'_>, parts: &HashMap<usize, Part>, value: Option<&Json>| {
            value.and_then(|value| parts.get(&address(value))).map(|part| tree.place(part))
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
            old_place: place(self.old, &self.old_parts, old),
            new_place: place(self.new, &self.new_parts, new),
            since: None,
            effect,
        });
    }
}

/// A part of a schema can be most of the file; its beginning is enough to see what it is.
fn shortened(value: &Json) -> Json {
    const ITEMS_MAX: usize = 50;
    match value {
        Json::Array(items) if items.len() > ITEMS_MAX => Json::Array(items[..ITEMS_MAX].to_vec()),
        other => other.clone(),
    }
}
