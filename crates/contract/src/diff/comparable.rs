//! Whether a file is a contract whose elements can be told apart, so that comparing it says anything.

use std::collections::HashSet;

use super::pair::{field, text, word};
use crate::codes::{self, CodeInfo};
use crate::diagnostic::Diagnostic;
use crate::model::Contract;
use crate::syntax::Node;

/// Why the contract cannot be compared; empty when it can.
pub fn obstacles(contract: &Contract) -> Vec<Diagnostic> {
    let tree = contract.tree();
    let mut found = Vec::new();
    found.extend(another_document(tree));
    let datasets = items(tree, "schema");
    twice(datasets, "dataset", &codes::DUPLICATE_DATASET, &mut found);
    for dataset in datasets {
        columns(dataset, &mut found);
    }
    found
}

/// Contracts say what they are. One that forgot to still has a version of the standard, or datasets.
fn another_document(tree: &Node) -> Option<Diagnostic> {
    let kind = field(Some(tree), "kind");
    let message = match word(kind) {
        Some(kind) if kind == "DataContract" => return None,
        Some(kind) => format!("the document is a {kind:?}, not a data contract"),
        None if ["apiVersion", "schema"].iter().any(|key| field(Some(tree), key).is_some()) => return None,
        None => "the document is no data contract: it has no `kind`, no `apiVersion` and no `schema`".to_owned(),
    };
    let at = kind.map_or(tree.span, |kind| kind.span);
    Some(codes::NOT_A_CONTRACT.at(at, message).with_help("compare contracts of the Open Data Contract Standard"))
}

/// The reader limits how deep a document can be, and with it this recursion.
fn columns(node: &Node, found: &mut Vec<Diagnostic>) {
    let own = items(node, "properties");
    twice(own, "column", &codes::DUPLICATE_COLUMN, found);
    let map = node.get("map");
    let parts = [node.get("items"), map.and_then(|map| map.get("key")), map.and_then(|map| map.get("value"))];
    for inner in own.iter().chain(parts.into_iter().flatten()) {
        columns(inner, found);
    }
}

fn items<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).map(Node::items).unwrap_or_default()
}

fn twice(nodes: &[Node], noun: &str, code: &CodeInfo, found: &mut Vec<Diagnostic>) {
    let mut known = HashSet::new();
    for node in nodes {
        let Some(name) = text(node, "name") else { continue };
        if !known.insert(name) {
            let span = node.get("name").map_or(node.span, |name| name.span);
            let message = format!("the {noun} `{name}` is listed twice: which of the two is meant cannot be told");
            found.push(code.at(span, message).with_help("take one of them out, or rename it"));
        }
    }
}
