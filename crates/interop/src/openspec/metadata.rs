//! `.openspec.yaml`: what a change says about itself. Keys that OpenSpec does not know are ours to use.

use contract::{Diagnostic, syntax};

use crate::codes;

/// What a requirement was when a change that touches it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Base {
    pub capability: String,
    pub requirement: String,
    /// Over the text below its header.
    pub sha256: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata {
    pub schema: Option<String>,
    /// `YYYY-MM-DD`.
    pub created: Option<String>,
    pub goal: Option<String>,
    /// Who proposed it; Plimsoll's own key.
    pub author: Option<String>,
    /// The requirements that it touches as they were then; Plimsoll's own key.
    pub bases: Vec<Base>,
    /// The change has no delta.
    pub skip_specs: bool,
    /// Removing the last requirement removes the spec.
    pub retire_capabilities: bool,
}

impl Metadata {
    pub fn parse(text: &str) -> (Self, Vec<Diagnostic>) {
        let parsed = syntax::parse(text);
        let mut wrong = parsed.diagnostics;
        for diagnostic in &mut wrong {
            diagnostic.code = codes::CHANGE_METADATA.code;
        }
        let Some(root) = parsed.root.filter(syntax::Node::is_map) else { return (Self::default(), wrong) };
        let text = |key: &str| {
            root.get(key)
                .filter(|node| !node.is_null())
                .and_then(|node| node.scalar())
                .map(|scalar| scalar.text.clone())
        };
        let is_true = |key: &str| root.get(key).and_then(syntax::Node::as_bool).unwrap_or(false);
        let base = |node: &syntax::Node| {
            let text = |key: &str| node.get(key).and_then(|node| node.scalar()).map(|scalar| scalar.text.clone());
            Some(Base { capability: text("spec")?, requirement: text("requirement")?, sha256: text("sha256")? })
        };
        let bases = root.get("bases").map(|list| list.items().iter().filter_map(base).collect()).unwrap_or_default();
        let metadata = Self {
            bases,
            schema: text("schema"),
            created: text("created"),
            goal: text("goal"),
            author: text("author"),
            skip_specs: is_true("skip_specs"),
            retire_capabilities: is_true("retire_capabilities"),
        };
        (metadata, wrong)
    }

    pub fn write(&self) -> String {
        let mut map = serde_json::Map::new();
        let texts =
            [("schema", &self.schema), ("created", &self.created), ("goal", &self.goal), ("author", &self.author)];
        for (key, value) in texts {
            if let Some(value) = value {
                map.insert(key.to_owned(), value.as_str().into());
            }
        }
        for (key, value) in [("skip_specs", self.skip_specs), ("retire_capabilities", self.retire_capabilities)] {
            if value {
                map.insert(key.to_owned(), true.into());
            }
        }
        if !self.bases.is_empty() {
            map.insert("bases".to_owned(), listed(&self.bases));
        }
        syntax::emit_yaml(&serde_json::Value::Object(map))
    }
}

/// The text with these bases in the place of those that it has, and every other line as it is.
pub fn with_bases(text: &str, bases: &[Base]) -> String {
    let mut kept = String::new();
    let mut inside = false;
    for line in text.split_inclusive('\n') {
        let is_below = line.starts_with([' ', '-', '\t']) || line.trim().is_empty();
        inside = line.starts_with("bases:") || (inside && is_below);
        if !inside {
            kept.push_str(line);
        }
    }
    if !kept.is_empty() && !kept.ends_with('\n') {
        kept.push('\n');
    }
    let mut map = serde_json::Map::new();
    map.insert("bases".to_owned(), listed(bases));
    kept + &syntax::emit_yaml(&serde_json::Value::Object(map))
}

fn listed(bases: &[Base]) -> serde_json::Value {
    let one = |base: &Base| serde_json::json!({ "spec": base.capability, "requirement": base.requirement, "sha256": base.sha256 });
    bases.iter().map(one).collect()
}
