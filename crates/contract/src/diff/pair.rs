//! The two sides of one element, and how the items of two lists find each other.

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::syntax::Node;

/// An element in the old and in the new version. Null is absent, as the standard reads it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pair<'a> {
    pub old: Option<&'a Node>,
    pub new: Option<&'a Node>,
}

impl<'a> Pair<'a> {
    pub fn new(old: Option<&'a Node>, new: Option<&'a Node>) -> Self {
        Self { old, new }
    }

    pub fn field(self, key: &str) -> Self {
        Self { old: field(self.old, key), new: field(self.new, key) }
    }

    pub fn texts(self) -> (Option<&'a str>, Option<&'a str>) {
        (self.old.and_then(Node::as_str), self.new.and_then(Node::as_str))
    }

    /// Absent counts as false.
    pub fn flags(self) -> (bool, bool) {
        let flag = |node: Option<&Node>| node.and_then(Node::as_bool).unwrap_or(false);
        (flag(self.old), flag(self.new))
    }

    pub fn items(self) -> (&'a [Node], &'a [Node]) {
        (self.old.map_or(&[], Node::items), self.new.map_or(&[], Node::items))
    }

    /// Whether both say the same, however they write it: an absent value and an empty one are the same.
    pub fn is_same(self) -> bool {
        match (self.old, self.new) {
            (Some(old), Some(new)) => same(old, new),
            (Some(one), None) | (None, Some(one)) => is_empty(one),
            (None, None) => true,
        }
    }
}

/// A field that says something.
pub(super) fn field<'a>(node: Option<&'a Node>, key: &str) -> Option<&'a Node> {
    node?.get(key).filter(|value| !value.is_null())
}

pub(super) fn text<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    field(Some(node), key).and_then(Node::as_str)
}

/// The text of any scalar: `5432` and `"5432"` are the same port.
pub(super) fn word(node: Option<&Node>) -> Option<String> {
    node?.scalar().map(|scalar| scalar.text.clone())
}

fn is_empty(node: &Node) -> bool {
    node.is_null() || (node.scalar().is_none() && node.items().is_empty() && node.entries().is_empty())
}

/// Equal values, whatever the order of keys and the spelling of numbers.
pub(super) fn same(old: &Node, new: &Node) -> bool {
    if let (Some(old), Some(new)) = (old.scalar(), new.scalar()) {
        return same_json(&old.to_json(), &new.to_json()) && (old.text == new.text || !is_huge(&old.text));
    }
    if old.is_seq() && new.is_seq() {
        let (old, new) = (old.items(), new.items());
        return old.len() == new.len() && old.iter().zip(new).all(|(old, new)| same(old, new));
    }
    if old.is_map() && new.is_map() {
        let both = |entry: &crate::syntax::Entry| Pair::new(Some(&entry.value), field(Some(new), &entry.key)).is_same();
        let extra = new.entries().iter().filter(|entry| old.get(&entry.key).is_none());
        return old.entries().iter().all(both) && extra.into_iter().all(|entry| is_empty(&entry.value));
    }
    false
}

/// Beyond 15 digits two numbers may differ and be the same double.
fn is_huge(text: &str) -> bool {
    text.len() > 15
}

pub(super) fn same_json(old: &Json, new: &Json) -> bool {
    match (old, new) {
        (Json::Number(old), Json::Number(new)) => old == new || old.as_f64() == new.as_f64(),
        _ => old == new,
    }
}

/// A way to name the items of a list.
pub(super) type Naming<'f> = &'f dyn Fn(&Node) -> Option<String>;

/// Pairs the items of two lists by the first key that both have and that is not taken; what is left stands alone.
/// Each function of `keys` gives an item's name under one way of naming; earlier ones win.
pub(super) fn matched<'a>(old: &'a [Node], new: &'a [Node], keys: &[Naming<'_>]) -> Vec<Pair<'a>> {
    let mut partner: Vec<Option<usize>> = vec![None; old.len()];
    let mut taken = vec![false; new.len()];
    // What has none of the names is known by all that it says.
    let content = |item: &Node| Some(item.to_json().to_string());
    for key in keys.iter().copied().chain([&content as Naming<'_>]) {
        let mut waiting: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, item) in new.iter().enumerate().rev().filter(|(index, _)| !taken[*index]) {
            if let Some(name) = key(item) {
                waiting.entry(name).or_default().push(index);
            }
        }
        for (index, item) in old.iter().enumerate() {
            if partner[index].is_none()
                && let Some(found) = key(item).and_then(|name| waiting.get_mut(&name)?.pop())
            {
                partner[index] = Some(found);
                taken[found] = true;
            }
        }
    }
    let mut pairs: Vec<Pair<'a>> =
        old.iter().zip(&partner).map(|(item, partner)| Pair::new(Some(item), partner.map(|at| &new[at]))).collect();
    pairs.extend(new.iter().zip(taken).filter(|(_, taken)| !taken).map(|(item, _)| Pair::new(None, Some(item))));
    pairs
}

/// Names items by one of their fields.
pub(super) fn by(key: &'static str) -> impl Fn(&Node) -> Option<String> {
    move |item| word(field(Some(item), key))
}
