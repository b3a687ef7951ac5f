//! Lists of allowed values.

use std::collections::HashSet;

use serde_json::Value as Json;

use crate::diff::change::Effect;
use crate::diff::differ::Differ;
use crate::diff::pair::{Pair, field, text};
use crate::syntax::Node;

/// The allowed values. Labels and ids of values are only descriptions.
pub(in crate::diff) fn allowed(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    let values = |node: Option<&Node>| -> Vec<(String, Json)> {
        let value =
            |item: &Node| if item.is_map() { item.get("value").map(Node::to_json) } else { Some(item.to_json()) };
        let keyed = |value: Json| (canonical(&value), value);
        node.map(Node::items).unwrap_or_default().iter().filter_map(value).map(keyed).collect()
    };
    let (old, new) = (values(pair.old), values(pair.new));
    let (effect, reason) = match (old.is_empty(), new.is_empty()) {
        (true, true) => return,
        (true, false) => {
            (Effect::Tightens, "any value was allowed, data that was written before may hold others".to_owned())
        }
        (false, true) => (Effect::Loosens, "any value is allowed now".to_owned()),
        (false, false) => enumerated(&old, &new),
    };
    let same = effect == Effect::Safe;
    let whole = |node: Option<&Node>| -> HashSet<String> {
        node.map(Node::items).unwrap_or_default().iter().map(item_text).collect()
    };
    if same && whole(pair.old) == whole(pair.new) {
        return;
    }
    let kind = if same { "description-changed" } else { "enum-changed" };
    let change = differ.add(element, pair, kind, effect, reason);
    if !same {
        let listed = |values: Vec<(String, Json)>| {
            (!values.is_empty()).then(|| Json::Array(values.into_iter().map(|(_, value)| value).collect()))
        };
        change.old = listed(old);
        change.new = listed(new);
    }
}

/// All that is said of a value, whatever the order.
fn item_text(item: &Node) -> String {
    let mut parts: Vec<String> =
        item.entries().iter().map(|entry| format!("{}={}", entry.key, canonical(&entry.value.to_json()))).collect();
    parts.sort();
    if parts.is_empty() { canonical(&item.to_json()) } else { parts.join(" ") }
}

/// How a list of allowed values moved.
pub(in crate::diff) fn enumerated(old: &[(String, Json)], new: &[(String, Json)]) -> (Effect, String) {
    let keys = |values: &[(String, Json)]| -> HashSet<String> { values.iter().map(|(key, _)| key.clone()).collect() };
    let (old_keys, new_keys) = (keys(old), keys(new));
    let missing = |from: &[(String, Json)], keys: &HashSet<String>| -> Vec<String> {
        from.iter().filter(|(key, _)| !keys.contains(key)).map(|(_, value)| value.to_string()).collect()
    };
    let (added, removed) = (missing(new, &old_keys), missing(old, &new_keys));
    match (added.is_empty(), removed.is_empty()) {
        (true, true) => (Effect::Safe, "the same values are allowed".to_owned()),
        (false, true) => (Effect::Loosens, format!("{} never had to be expected before", short(&added))),
        (true, false) => (Effect::Tightens, format!("data that was written before may hold {}", short(&removed))),
        (false, false) => (Effect::Both, format!("{} came, {} went", short(&added), short(&removed))),
    }
}

/// The first few of a list.
fn short(values: &[String]) -> String {
    const SHOWN_MAX: usize = 5;
    let shown = values.iter().take(SHOWN_MAX).cloned().collect::<Vec<_>>().join(", ");
    if values.len() > SHOWN_MAX { format!("{shown} and {} more", values.len() - SHOWN_MAX) } else { shown }
}

/// Equal values give equal texts: 1 and 1.0 are one number.
pub(in crate::diff) fn canonical(value: &Json) -> String {
    match value {
        Json::Number(number) => match number.as_f64() {
            Some(double) if double.fract() == 0.0 && double.abs() < 9e15 => format!("{}", double as i64),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

/// The texts of a list, under a key of a map.
pub(in crate::diff) fn listed(node: Option<&Node>, key: &str) -> Vec<(String, Json)> {
    let items = field(node, key).map(Node::items).unwrap_or_default();
    items.iter().map(Node::to_json).map(|value| (canonical(&value), value)).collect()
}

/// A text under a key of a map.
pub(in crate::diff) fn said<'a>(node: Option<&'a Node>, key: &str) -> Option<&'a str> {
    node.and_then(|node| text(node, key))
}
