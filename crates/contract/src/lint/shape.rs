//! Fields, their types and words, by the tables of `model`.

use super::Scope;
use super::findings::Findings;
use super::options;
use super::servers;
use super::suggest::nearest;
use super::variables;
use crate::codes;
use crate::diagnostic::Level;
use crate::model::record::{FieldSpec, Kind, Record, Section, TextForm, Word};
use crate::model::{Document, LogicalTypeOptions, Property, Quality, Server, Version};
use crate::syntax::{Entry, Kind as NodeKind, Node};

pub(super) fn check(scope: &Scope<'_>, findings: &mut Findings<'_>) {
    let contract = scope.contract;
    let mut walk = Walk { version: contract.version, findings };
    walk.record(contract.tree(), Document::section(), "", true);
}

/// Goes through the document and the tables side by side.
struct Walk<'a, 'b> {
    version: Version,
    findings: &'a mut Findings<'b>,
}

impl Walk<'_, '_> {
    /// `named` is false for the parts of arrays and maps, which need no name of their own.
    fn record(&mut self, node: &Node, section: &'static Section, path: &str, named: bool) {
        // What an option may be depends on the type: `options` looks at them.
        if is::<LogicalTypeOptions>(section) {
            return;
        }
        for entry in node.entries() {
            let field = section.field(&entry.key);
            // Most fields are plain and right; their path is never needed.
            if field
                .is_some_and(|field| field.since <= self.version && is_plain(field) && fits(&entry.value, field.kind))
            {
                continue;
            }
            let element = join(path, &entry.key);
            match field {
                Some(field) => self.field(entry, field, section, &element),
                None => self.unknown_field(entry, section, &element),
            }
        }
        for field in section.fields.iter().filter(|field| field.is_required(self.version)) {
            let nameless = !named && field.name == "name" && is::<Property>(section);
            if !nameless && node.get(field.name).is_none() {
                let message = format!("{} needs the field `{}`", section.name, field.name);
                self.findings.add(codes::REQUIRED_FIELD, path, message).help(sentence(field.about));
            }
        }
        if is::<Server>(section) {
            servers::check(node, path, self.version, self.findings);
        } else if is::<Property>(section) {
            options::check(node, path, self.version, self.findings);
        }
    }

    fn field(&mut self, entry: &Entry, field: &FieldSpec, section: &'static Section, element: &str) {
        if field.since > self.version {
            let level = self.level_of_unknown(section);
            let message = format!("`{}` came with {}, the contract declares {}", field.name, field.since, self.version);
            let help = format!("raise `apiVersion` to {} or later", field.since);
            self.findings.add_at(codes::FIELD_TOO_NEW, entry.key_span, element, message).level(level).help(help);
            // Where the section is open, the declared version gives the field no meaning, so any value goes.
            if level != Level::Error {
                return;
            }
        } else if let Some(instead) = field.deprecated
            && !(is::<Quality>(section) && self.version < Version::V3_1_0)
        {
            let message = format!("`{}` is deprecated", field.name);
            let help = format!("use {instead} instead");
            self.findings.add_at(codes::DEPRECATED_FIELD, entry.key_span, element, message).help(help);
        }
        if field.name == "team" && self.version < Version::V3_1_0 && entry.value.is_map() {
            let message = format!("`team` is a list of members in {}", self.version);
            self.findings.add(codes::WRONG_TYPE, element, message).help("raise `apiVersion` to v3.1.0 or later");
        }
        if field.name == "enum" && entry.value.is_seq() && entry.value.items().is_empty() {
            self.findings
                .add(codes::EMPTY_LIST, element, "`enum` allows no value at all")
                .help("list the allowed values");
        }
        self.value(&entry.value, field.kind, field, element);
    }

    fn value(&mut self, node: &Node, kind: Kind, field: &FieldSpec, path: &str) {
        if !fits(node, kind) && variables::stands_for_a_value(node) {
            return variables::tell(node, path, self.findings);
        }
        if !fits(node, kind) {
            let message = format!("`{}` must be {}, this is {}", field.name, kind_words(kind), node.describe());
            let added = self.findings.add(codes::WRONG_TYPE, path, message);
            if matches!(kind, Kind::Text) && node.scalar().is_some_and(|scalar| !scalar.text.is_empty()) {
                added.help("put the value in quotes");
            }
            return;
        }
        match kind {
            Kind::Text => self.text(node, field, path),
            Kind::List(item) => {
                for (index, inner) in node.items().iter().enumerate() {
                    self.item(inner, *item, field, &format!("{path}[{index}]"));
                }
            }
            Kind::Record(section) => self.record(node, section(), path, false),
            Kind::Either(kinds) => {
                if let Some(kind) = kinds.iter().find(|kind| fits(node, **kind)) {
                    self.value(node, *kind, field, path);
                }
            }
            Kind::Boolean | Kind::Integer | Kind::Number | Kind::Scalar | Kind::Any | Kind::Object => {}
        }
    }

    fn item(&mut self, node: &Node, kind: Kind, field: &FieldSpec, path: &str) {
        match kind {
            Kind::Record(section) if node.is_map() => self.record(node, section(), path, true),
            _ => self.value(node, kind, field, path),
        }
    }

    fn text(&mut self, node: &Node, field: &FieldSpec, path: &str) {
        let Some(text) = node.as_str() else { return };
        if !field.words.is_empty() && variables::has(text) {
            variables::tell(node, path, self.findings);
        } else if !field.words.is_empty() {
            self.word(text, field, path);
        }
        match field.text {
            TextForm::Any => {}
            TextForm::Id => self.id(text, path),
            TextForm::Date | TextForm::DateTime if variables::has(text) => {}
            TextForm::Date if chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_err() => {
                let message = format!("{text:?} is not a date");
                self.findings.add(codes::BAD_DATE, path, message).help("write it as 2026-01-31");
            }
            TextForm::DateTime if chrono::DateTime::parse_from_rfc3339(text).is_err() => {
                let message = format!("{text:?} is not a timestamp");
                self.findings.add(codes::BAD_DATE, path, message).help("write it as 2026-01-31T12:00:00Z");
            }
            TextForm::Date | TextForm::DateTime => {}
        }
    }

    fn word(&mut self, text: &str, field: &FieldSpec, path: &str) {
        let known = field.words.iter().find(|Word(word, _)| *word == text);
        match known {
            Some(Word(_, since)) if *since > self.version => {
                let message = format!("`{text}` came with {since}, the contract declares {}", self.version);
                let help = format!("raise `apiVersion` to {since} or later");
                self.findings.add(codes::FIELD_TOO_NEW, path, message).help(help);
            }
            Some(_) => {}
            None => {
                let words =
                    field.words.iter().filter(|Word(_, since)| *since <= self.version).map(|Word(word, _)| *word);
                let help = match nearest(text, words.clone()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("use one of {}", words.collect::<Vec<_>>().join(", ")),
                };
                let message = format!("`{}` cannot be {text:?}", field.name);
                self.findings.add(codes::UNKNOWN_WORD, path, message).help(help);
            }
        }
    }

    fn id(&mut self, text: &str, path: &str) {
        let forbidden: fn(char) -> bool = if self.version < Version::V3_2_0 {
            |character| !(character.is_ascii_alphanumeric() || matches!(character, '_' | '-'))
        } else {
            |character| character.is_whitespace() || ".#/\\@!%&^".contains(character)
        };
        if text.is_empty() {
            self.findings.add(codes::BAD_IDENTIFIER, path, "the id is empty");
        } else if let Some(character) = text.chars().find(|character| forbidden(*character)) {
            let message = format!("the id {text:?} must not contain {character:?}");
            self.findings.add(codes::BAD_IDENTIFIER, path, message).help("use letters, digits, `-` and `_`");
        }
    }

    fn level_of_unknown(&self, section: &Section) -> Level {
        level_of_unknown(section, self.version)
    }

    fn unknown_field(&mut self, entry: &Entry, section: &'static Section, element: &str) {
        let level = self.level_of_unknown(section);
        let message = format!("{} has no field `{}`", section.name, entry.key);
        let added = self.findings.add_at(codes::UNKNOWN_FIELD, entry.key_span, element, message).level(level);
        let known = section.fields.iter().filter(|field| field.since <= self.version).map(|field| field.name);
        match nearest(&entry.key, known) {
            Some(near) => added.help(format!("did you mean `{near}`?")),
            None => added.help("remove it, or keep the value under `customProperties`"),
        };
    }
}

/// Whether a field is right as soon as its value is of its type.
fn is_plain(field: &FieldSpec) -> bool {
    let is_leaf =
        matches!(field.kind, Kind::Text | Kind::Boolean | Kind::Integer | Kind::Number | Kind::Scalar | Kind::Any);
    is_leaf && field.words.is_empty() && field.text == TextForm::Any && field.deprecated.is_none()
}

/// Whether the standard forbids further fields of the section.
pub(super) fn level_of_unknown(section: &Section, version: Version) -> Level {
    match section.closed {
        Some(since) if since <= version => Level::Error,
        _ => Level::Warning,
    }
}

fn is<T: Record>(section: &'static Section) -> bool {
    std::ptr::eq(section, T::section())
}

pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Documentation comments begin with a space and may span lines.
fn sentence(about: &str) -> String {
    about.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a value is of the kind, not looking into lists and records.
fn fits(node: &Node, kind: Kind) -> bool {
    match kind {
        Kind::Text => node.as_str().is_some(),
        Kind::Boolean => node.as_bool().is_some(),
        Kind::Integer => node.as_i64().is_some() || node.as_u64().is_some(),
        Kind::Number => node.as_f64().is_some(),
        Kind::Scalar => matches!(node.kind, NodeKind::Scalar(_)),
        Kind::Any => true,
        Kind::Object | Kind::Record(_) => node.is_map(),
        Kind::List(_) => node.is_seq(),
        Kind::Either(kinds) => kinds.iter().any(|kind| fits(node, *kind)),
    }
}

fn kind_words(kind: Kind) -> String {
    match kind {
        Kind::Text => "text".to_owned(),
        Kind::Boolean => "true or false".to_owned(),
        Kind::Integer => "a whole number".to_owned(),
        Kind::Number => "a number".to_owned(),
        Kind::Scalar => "a single value".to_owned(),
        Kind::Any => "any value".to_owned(),
        Kind::Object | Kind::Record(_) => "a map".to_owned(),
        Kind::List(_) => "a list".to_owned(),
        Kind::Either(kinds) => kinds.iter().map(|kind| kind_words(*kind)).collect::<Vec<_>>().join(" or "),
    }
}
