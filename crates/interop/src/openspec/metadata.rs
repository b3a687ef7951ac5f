//! `.openspec.yaml`: what a change says about itself. Keys that OpenSpec does not know are ours to use.

use contract::{Diagnostic, syntax};

use crate::codes;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata {
    pub schema: Option<String>,
    /// `YYYY-MM-DD`.
    pub created: Option<String>,
    pub goal: Option<String>,
    /// Who proposed it; Plimsoll's own key.
    pub author: Option<String>,
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
        let metadata = Self {
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
        syntax::emit_yaml(&serde_json::Value::Object(map))
    }
}
