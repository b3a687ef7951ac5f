//! What a file of Protocol Buffers declares.

use super::features::Features;
use crate::diagnostic::Span;

#[derive(Debug, Default)]
pub(super) struct File {
    pub syntax: Named,
    pub package: Named,
    pub messages: Vec<Message>,
    pub enums: Vec<Enum>,
    pub services: Vec<Service>,
    /// Of all that does not say otherwise.
    pub features: Features,
}

/// A word and where it stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Named {
    pub text: String,
    pub span: Span,
}

/// Nested messages and enums are in the lists of the file, by their full names.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// With the names of the messages around it, without the package.
    pub name: Named,
    pub fields: Vec<Field>,
    pub reserved: Reserved,
}

#[derive(Debug, Clone)]
pub(super) struct Field {
    pub name: Named,
    pub number: i64,
    pub label: Label,
    /// As the file writes it; `map<K, V>` for maps.
    pub type_name: String,
    /// The group of which at most one is set.
    pub oneof: Option<String>,
    pub is_packed: Option<bool>,
    pub is_deprecated: bool,
    pub json_name: Option<String>,
    pub default: Option<String>,
    pub features: Features,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// Without a word: in proto3 a field whose absence cannot be told from its zero.
    Singular,
    Optional,
    Required,
    Repeated,
}

impl Label {
    pub fn word(self) -> &'static str {
        match self {
            Self::Singular => "singular",
            Self::Optional => "optional",
            Self::Required => "required",
            Self::Repeated => "repeated",
        }
    }
}

/// Numbers and names that must not be used again.
#[derive(Debug, Default)]
pub(super) struct Reserved {
    pub ranges: Vec<(i64, i64)>,
    pub names: Vec<String>,
}

impl Reserved {
    pub fn has_number(&self, number: i64) -> bool {
        self.ranges.iter().any(|(from, to)| (*from..=*to).contains(&number))
    }

    pub fn has_name(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }
}

#[derive(Debug, Default)]
pub(super) struct Enum {
    pub name: Named,
    pub values: Vec<(Named, i64)>,
    pub reserved: Reserved,
    pub features: Features,
}

#[derive(Debug, Default)]
pub(super) struct Service {
    pub name: Named,
    pub methods: Vec<Method>,
}

#[derive(Debug, Clone)]
pub(super) struct Method {
    pub name: Named,
    /// `stream Request returns Response`.
    pub signature: String,
}

impl File {
    pub fn message(&self, name: &str) -> Option<&Message> {
        self.messages.iter().find(|message| message.name.text == name)
    }

    pub fn is_enum(&self, name: &str) -> bool {
        self.enums.iter().any(|known| known.name.text == name)
    }

    /// The full name of a type that is named within a message, by the language's rule: from the inside out.
    pub fn resolve(&self, name: &str, scope: &str) -> String {
        let prefix = format!("{}.", self.package.text);
        let name = name.strip_prefix('.').unwrap_or(name);
        let name = name.strip_prefix(&prefix).filter(|_| !self.package.text.is_empty()).unwrap_or(name);
        let mut scope = scope;
        loop {
            let full = if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") };
            if self.message(&full).is_some() || self.is_enum(&full) {
                return full;
            }
            if scope.is_empty() {
                return name.to_owned();
            }
            scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
    }
}
