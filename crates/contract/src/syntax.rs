//! YAML 1.2 and JSON as a tree in which every key and value knows its place in the text.
//!
//! Contracts and pipeline files are read through this tree, so that each finding can point at line and column.
//! Limits guard against hostile files: size, nesting depth, and what aliases may expand to.

mod emit;
mod position;
mod reader;
mod scalar;

use serde_json::{Map, Value as Json};

pub use emit::emit_yaml;
pub use scalar::{Scalar, Value};

use crate::diagnostic::{Diagnostic, Span};

/// Files larger than this are refused unread, in bytes.
pub const SIZE_MAX: usize = 8 * 1024 * 1024;
/// Collections nested deeper than this are refused.
pub const DEPTH_MAX: usize = 128;
/// Files with more values than this are refused: some 10,000 columns with what is usually said of them. With all that is
/// made of the tree, an empty column takes two kilobytes.
pub const NODES_MAX: usize = 80_000;
/// How many nodes all aliases of one file may add to its tree.
pub const ALIAS_NODES_MAX: usize = 50_000;
/// Reading stops after this many findings in one file.
pub const DIAGNOSTICS_MAX: usize = 200;

/// What could be read, and everything that is wrong with the text.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// `None` when the text is empty or broken.
    pub root: Option<Node>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads one YAML or JSON document.
pub fn parse(text: &str) -> Parsed {
    reader::read(text)
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub kind: Kind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Scalar(Scalar),
    Seq(Vec<Node>),
    /// In the order of the file. A key that occurs twice is here twice, and was reported.
    Map(Vec<Entry>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub key: String,
    pub key_span: Span,
    pub value: Node,
}

impl Node {
    /// The value of the first entry with this key; `None` for anything but a map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The entries of a map; empty for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            Kind::Seq(_) | Kind::Scalar(_) => &[],
        }
    }

    /// The items of a sequence; empty for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Seq(items) => items,
            Kind::Map(_) | Kind::Scalar(_) => &[],
        }
    }

    pub fn is_map(&self) -> bool {
        matches!(self.kind, Kind::Map(_))
    }

    pub fn is_seq(&self) -> bool {
        matches!(self.kind, Kind::Seq(_))
    }

    pub fn is_null(&self) -> bool {
        matches!(self.value(), Some(Value::Null))
    }

    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            Kind::Seq(_) | Kind::Map(_) => None,
        }
    }

    fn value(&self) -> Option<&Value> {
        self.scalar().map(|scalar| &scalar.value)
    }

    /// The text of a string; `None` for numbers, booleans, null and collections.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(Scalar { text, value: Value::Text }) => Some(text),
            _ => None,
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self.value() {
            Some(Value::Boolean(value)) => Some(*value),
            _ => None,
        }
    }

    /// Any number, as the nearest double.
    pub fn as_f64(&self) -> Option<f64> {
        match self.value() {
            Some(Value::Number(number)) => number.as_f64(),
            _ => None,
        }
    }

    /// A whole number; `5.0` is one.
    pub fn as_i64(&self) -> Option<i64> {
        match self.value() {
            Some(Value::Number(number)) => number.as_i64().or_else(|| whole(number.as_f64()?)),
            _ => None,
        }
    }

    /// A whole number that is not negative; `5.0` is one.
    pub fn as_u64(&self) -> Option<u64> {
        match self.value() {
            Some(Value::Number(number)) => number.as_u64().or_else(|| u64::try_from(whole(number.as_f64()?)?).ok()),
            _ => None,
        }
    }

    /// What this is, for messages: `a list`, `the number 5`, `the text "x"`.
    pub fn describe(&self) -> String {
        match &self.kind {
            Kind::Seq(_) => "a list".to_owned(),
            Kind::Map(_) => "a map".to_owned(),
            Kind::Scalar(scalar) => scalar.describe(),
        }
    }

    /// Follows an element path such as `schema[0].properties[1].name`; `None` when the document has no such element.
    pub fn at(&self, path: &str) -> Option<&Node> {
        let (node, rest) = self.descend(path);
        rest.is_empty().then_some(node)
    }

    /// The place of the element, or of its nearest ancestor when the document lacks it. An empty path is the document's start.
    pub fn span_of(&self, path: &str) -> Span {
        let (node, rest) = self.descend(path);
        if rest.is_empty() || !std::ptr::eq(node, self) { node.span } else { self.span }
    }

    fn descend<'a>(&self, path: &'a str) -> (&Node, &'a str) {
        let mut node = self;
        let mut rest = path;
        while !rest.is_empty() {
            let Some((next, after)) = node.step(rest) else { break };
            node = next;
            rest = after;
        }
        (node, rest)
    }

    fn step<'a>(&self, path: &'a str) -> Option<(&Node, &'a str)> {
        if let Some(indexed) = path.strip_prefix('[') {
            let (index, rest) = indexed.split_once(']')?;
            let node = self.items().get(index.parse::<usize>().ok()?)?;
            return Some((node, rest));
        }
        let path = path.strip_prefix('.').unwrap_or(path);
        let end = path.find(['.', '[']).unwrap_or(path.len());
        let (key, rest) = path.split_at(end);
        Some((self.get(key)?, rest))
    }

    /// The same value as JSON. The first of two equal keys wins; infinities and NaN, which JSON lacks, become their text.
    pub fn to_json(&self) -> Json {
        match &self.kind {
            Kind::Scalar(scalar) => scalar.to_json(),
            Kind::Seq(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            Kind::Map(entries) => {
                let mut map = Map::with_capacity(entries.len());
                for entry in entries {
                    if !map.contains_key(&entry.key) {
                        map.insert(entry.key.clone(), entry.value.to_json());
                    }
                }
                Json::Object(map)
            }
        }
    }
}

/// Doubles beyond this are not exact integers.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

fn whole(value: f64) -> Option<i64> {
    (value.fract() == 0.0 && value.abs() <= EXACT_MAX).then_some(value as i64)
}

#[cfg(test)]
mod tests;
