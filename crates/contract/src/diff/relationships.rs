//! Foreign keys, wherever the contract writes them: at a column or at the dataset.

use super::change::Effect;
use super::differ::{Differ, join};
use super::pair::{Pair, text};
use super::schema::DatasetPair;
use crate::syntax::Node;

/// One relationship of a dataset: its columns and what they refer to.
#[derive(Clone)]
struct Reference<'a> {
    from: Vec<String>,
    to: Vec<String>,
    id: Option<&'a str>,
    element: String,
    node: &'a Node,
}

/// Judges the relationships of a dataset that both versions have.
pub(super) fn relationships(differ: &mut Differ, dataset: &DatasetPair<'_>) {
    let mut old = Vec::new();
    let mut new = Vec::new();
    collect(dataset.pair.old, &dataset.element, dataset.pair.old, &mut old);
    collect(dataset.pair.new, &dataset.element, dataset.pair.new, &mut new);
    for reference in &mut old {
        for from in &mut reference.from {
            if let Some(renamed) = dataset.renames.get(from) {
                from.clone_from(renamed);
            }
        }
    }
    let mut unmatched = Vec::new();
    for reference in old {
        match new.iter().position(|other| other.from == reference.from && other.to == reference.to) {
            Some(at) => rest(differ, &reference, &new.remove(at)),
            None => unmatched.push(reference),
        }
    }
    for reference in unmatched {
        let by_id = |other: &Reference<'_>| other.id.is_some() && other.id == reference.id;
        let by_column = |other: &Reference<'_>| other.from == reference.from;
        let partner = new.iter().position(by_id).or_else(|| new.iter().position(by_column));
        let partner = partner.map(|at| new.remove(at));
        retargeted_or_removed(differ, &reference, partner.as_ref());
    }
    for reference in new {
        let pair = Pair::new(None, Some(reference.node));
        let (effect, reason) = match reference.from.iter().any(|column| is_new(dataset, column)) {
            // Whether it may is told of the column.
            true => (Effect::Adds, "its column is new, and NULL refers to nothing"),
            false => (Effect::Tightens, "data that was written before may refer to rows that do not exist"),
        };
        differ.add(reference.element, pair, "relationship-added", effect, reason);
    }
}

/// Whether only the new version has the column.
fn is_new(dataset: &DatasetPair<'_>, column: &str) -> bool {
    let (old, new) = dataset.pair.field("properties").items();
    let has = |columns: &[Node], name: &str| columns.iter().any(|column| text(column, "name") == Some(name));
    let before = dataset.renames.iter().find(|(_, to)| to.as_str() == column).map_or(column, |(from, _)| from);
    has(new, column) && !has(old, before)
}

/// What a relationship says beside its ends.
fn rest(differ: &mut Differ, old: &Reference<'_>, new: &Reference<'_>) {
    let pair = Pair::new(Some(old.node), Some(new.node));
    super::terms::settings(differ, &new.element, pair.field("customProperties"));
    differ.rest(&new.element, pair, &["from", "to", "customProperties"]);
}

fn retargeted_or_removed(differ: &mut Differ, old: &Reference<'_>, new: Option<&Reference<'_>>) {
    let Some(new) = new else {
        let pair = Pair::new(Some(old.node), None);
        let reason = "rows may refer to nothing: joins lose rows that they used to find";
        differ.add(old.element.clone(), pair, "relationship-removed", Effect::Loosens, reason);
        return;
    };
    let pair = Pair::new(old.node.get("to"), new.node.get("to"));
    let reason = format!("it refers to {}, no longer to {}", new.to.join(", "), old.to.join(", "));
    differ.add(join(&new.element, "to"), pair, "relationship-retargeted", Effect::Both, reason);
    rest(differ, old, new);
}

/// All relationships of a dataset, those of nested columns too.
fn collect<'a>(node: Option<&'a Node>, element: &str, dataset: Option<&'a Node>, found: &mut Vec<Reference<'a>>) {
    let Some(node) = node else { return };
    let dataset_name = dataset.and_then(|node| text(node, "name")).unwrap_or_default();
    let is_dataset = dataset.is_some_and(|dataset| std::ptr::eq(dataset, node));
    for (index, item) in node.get("relationships").map(Node::items).unwrap_or_default().iter().enumerate() {
        let own = || vec![text(node, "name").unwrap_or_default().to_owned()];
        let named = references(item.get("from")).into_iter().map(|from| without_dataset(from, dataset_name));
        let from = if is_dataset { named.collect() } else { own() };
        let id = text(item, "id");
        let name = id.map_or_else(|| format!("[{index}]"), str::to_owned);
        let element = format!("{element}.relationships.{name}");
        found.push(Reference { from, to: references(item.get("to")), id, element, node: item });
    }
    for column in node.get("properties").map(Node::items).unwrap_or_default() {
        let name = text(column, "name").unwrap_or_default();
        collect(Some(column), &format!("{element}.properties.{name}"), dataset, found);
    }
}

fn references(node: Option<&Node>) -> Vec<String> {
    let Some(node) = node else { return Vec::new() };
    match node.as_str() {
        Some(one) => vec![short(one)],
        None => node.items().iter().filter_map(Node::as_str).map(short).collect(),
    }
}

/// `#/schema/customers/properties/id` and `customers.id` are the same element.
fn short(reference: &str) -> String {
    let path = reference.strip_prefix('#').unwrap_or(reference);
    let Some(path) = path.strip_prefix("/schema/").or_else(|| path.strip_prefix("schema/")) else {
        return reference.to_owned();
    };
    path.replace("/properties/", ".")
}

fn without_dataset(reference: String, dataset: &str) -> String {
    match reference.strip_prefix(dataset).and_then(|rest| rest.strip_prefix('.')) {
        Some(column) => column.to_owned(),
        None => reference,
    }
}
