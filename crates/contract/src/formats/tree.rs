//! A schema that is written in JSON, and where each of its parts stands.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::SchemaText;
use crate::codes;
use crate::diagnostic::{Diagnostic, Span};
use crate::diff::Place;
use crate::syntax::{self, Node};

/// The value, and the path and place of every part by its address.
#[derive(Debug)]
pub(super) struct Tree<'t> {
    path: &'t str,
    pub root: Json,
    node: Node,
}

/// Where a part is.
#[derive(Debug, Clone)]
pub(super) struct Part<'v> {
    pub value: &'v Json,
    /// By names: `fields.id.type`.
    pub element: String,
    pub span: Span,
}

impl<'t> Tree<'t> {
    pub fn read(source: SchemaText<'t>) -> Result<Self, Box<Diagnostic>> {
        let trimmed = source.text.trim();
        // A name alone is a schema of Avro, and no JSON.
        let parsed = syntax::parse(source.text);
        let wrong = parsed.diagnostics.into_iter().find(Diagnostic::is_error);
        let node = match (parsed.root, wrong) {
            (Some(node), None) => node,
            (_, wrong) => {
                let empty = codes::SYNTAX.at(Span { line: 1, column: 1, ..Span::default() }, "the file is empty");
                let mut wrong = wrong.filter(|_| !trimmed.is_empty()).unwrap_or(empty);
                source.path.clone_into(&mut wrong.path);
                return Err(Box::new(wrong));
            }
        };
        Ok(Self { path: source.path, root: node.to_json(), node })
    }

    pub fn place(&self, part: &Part<'_>) -> Place {
        Place::new(self.path, part.span)
    }

    pub fn error(&self, message: impl Into<String>) -> Box<Diagnostic> {
        let mut wrong = codes::SYNTAX.at(self.node.span, message);
        self.path.clone_into(&mut wrong.path);
        Box::new(wrong)
    }

    /// The parts by the addresses of their values in `root`.
    pub fn parts(&self) -> HashMap<usize, Part<'_>> {
        let mut parts = HashMap::new();
        let mut open = vec![(&self.root, &self.node, String::new())];
        while let Some((value, node, element)) = open.pop() {
            parts.insert(address(value), Part { value, element: element.clone(), span: node.span });
            match value {
                Json::Object(map) => {
                    for (key, inner) in map {
                        if let Some(inner_node) = node.get(key) {
                            open.push((inner, inner_node, join(&element, key)));
                        }
                    }
                }
                Json::Array(items) => {
                    for ((item, item_node), name) in items.iter().zip(node.items()).zip(item_names(items)) {
                        open.push((item, item_node, join(&element, &name)));
                    }
                }
                _ => {}
            }
        }
        parts
    }
}

pub(super) fn address(value: &Json) -> usize {
    std::ptr::from_ref(value) as usize
}

fn join(element: &str, part: &str) -> String {
    match (element.is_empty(), part.starts_with('[')) {
        (true, _) => part.to_owned(),
        (false, true) => format!("{element}{part}"),
        (false, false) => format!("{element}.{part}"),
    }
}

/// Items that all have names are called by them, others by their index.
pub(super) fn item_names(items: &[Json]) -> Vec<String> {
    let named: Option<Vec<String>> =
        items.iter().map(|item| item.get("name").and_then(Json::as_str).map(str::to_owned)).collect();
    named.unwrap_or_else(|| (0..items.len()).map(|index| format!("[{index}]")).collect())
}
