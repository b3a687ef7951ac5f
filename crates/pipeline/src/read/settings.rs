//! `plimsoll.toml`: read into the same tree as the YAML files, so that both are judged by the same readers.

use std::ops::Range;

use contract::syntax::{Entry, Kind, Node, Scalar, Value};
use contract::{Diagnostic, Span};
use toml::de::{DeTable, DeValue};

use super::codes;
use super::fields::{At, Reader};
use crate::project::{ChangeSettings, Environment, Settings, Unapproved};

pub(crate) const KEYS: [&str; 12] = [
    "name",
    "warehouse",
    "ledger",
    "environment",
    "concurrency",
    "memory",
    "threshold",
    "store",
    "privacy",
    "changes",
    "gates",
    "openlineage",
];
pub(crate) const ENVIRONMENTS: [(&str, Environment); 2] =
    [("production", Environment::Production), ("development", Environment::Development)];
pub(crate) const CHANGES_KEYS: [&str; 5] =
    ["approvers", "approvals", "breaking_approvals", "allowed_signers", "unapproved"];
pub(crate) const UNAPPROVED: [(&str, Unapproved); 2] = [("refuse", Unapproved::Refuse), ("warn", Unapproved::Warn)];
pub(crate) const APPROVALS_MAX: u64 = 100;
pub(crate) const CONCURRENCY_MAX: u64 = 256;
/// Less than this leaves the engine no room for one batch of each stage, in bytes.
pub(crate) const MEMORY_MIN: u64 = 16 << 20;

pub(super) fn read(path: &str, text: &str, found: &mut Vec<Diagnostic>) -> Settings {
    let (table, errors) = DeTable::parse_recoverable(text);
    let lines = Lines::of(text);
    let mut reader = Reader { path, found };
    for error in errors {
        let span = lines.span(error.span().unwrap_or_default());
        reader.say(&codes::SETTINGS_SYNTAX, span, "", error.message().to_owned(), "");
    }
    let node = tree(table.get_ref(), table.span(), &lines);
    settings(&mut reader, &At { node: &node, element: String::new() })
}

fn settings(reader: &mut Reader<'_>, root: &At<'_>) -> Settings {
    let mut settings = Settings::default();
    reader.map(root, &KEYS);
    if let Some(name) = root.get("name").and_then(|at| reader.text(&at)) {
        settings.name = name;
    }
    if let Some(warehouse) = root.get("warehouse").and_then(|at| reader.text(&at)) {
        settings.warehouse = warehouse;
    }
    if let Some(ledger) = root.get("ledger").and_then(|at| ledger(reader, &at)) {
        settings.ledger = ledger;
    }
    if let Some(count) = root.get("concurrency").and_then(|at| reader.count(&at, 1, CONCURRENCY_MAX)) {
        settings.concurrency = usize::try_from(count).unwrap_or(usize::MAX);
    }
    if let Some(memory) = root.get("memory").and_then(|at| memory(reader, &at)) {
        settings.memory = memory;
    }
    if let Some(threshold) = root.get("threshold").and_then(|at| reader.share(&at)) {
        settings.threshold = threshold;
    }
    if let Some(store) = root.get("store") {
        settings.store = options(reader, &store);
    }
    if let Some(privacy) = root.get("privacy") {
        settings.privacy = super::privacy::read(reader, &privacy);
    }
    if let Some(changes) = root.get("changes") {
        settings.changes = changes_of(reader, &changes);
    }
    if let Some(gates) = root.get("gates") {
        settings.gates = super::gates::read(reader, &gates);
    }
    settings.environment = environment(reader, root, settings.changes.unapproved);
    if let Some(openlineage) = root.get("openlineage") {
        settings.openlineage = super::openlineage::read(reader, &openlineage);
    }
    settings
}

fn changes_of(reader: &mut Reader<'_>, at: &At<'_>) -> ChangeSettings {
    let mut changes = ChangeSettings::default();
    if !reader.map(at, &CHANGES_KEYS) {
        return changes;
    }
    if let Some(approvers) = at.get("approvers") {
        changes.approvers = reader.texts(&approvers).into_iter().map(|(name, _)| name).collect();
    }
    let mut count = |key: &str| {
        let count = at.get(key).and_then(|at| reader.count(&at, 1, APPROVALS_MAX))?;
        usize::try_from(count).ok()
    };
    changes.approvals = count("approvals").unwrap_or(1);
    changes.breaking_approvals = count("breaking_approvals").unwrap_or(changes.approvals);
    changes.allowed_signers = at.get("allowed_signers").and_then(|at| reader.text(&at));
    if let Some(unapproved) = at.get("unapproved").and_then(|at| reader.word(&at, &UNAPPROVED)) {
        changes.unapproved = unapproved;
    }
    let most = changes.approvals.max(changes.breaking_approvals);
    let people = super::gates::people(&changes.approvers);
    if people > 0 && most > people {
        let message = format!("{most} approvals are asked for, and {people} may approve");
        reader.blame(&codes::BAD_VALUE, at, message, "name more `approvers`, or ask for fewer approvals");
    }
    changes
}

/// A project whose unapproved contracts are used is one of development, and says nothing else.
fn environment(reader: &mut Reader<'_>, root: &At<'_>, unapproved: Unapproved) -> Environment {
    let is_lenient = unapproved == Unapproved::Warn;
    let assumed = if is_lenient { Environment::Development } else { Environment::Production };
    let Some(at) = root.get("environment") else { return assumed };
    let environment = reader.word(&at, &ENVIRONMENTS).unwrap_or(assumed);
    if environment == Environment::Production && is_lenient {
        let message = "in production nothing runs on a contract that nobody approved".to_owned();
        reader.blame(&codes::BAD_VALUE, &at, message, "take `unapproved = \"warn\"` out of [changes]");
    }
    environment
}

fn ledger(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let ledger = reader.text(at)?;
    let scheme = ledger.split(':').next().unwrap_or_default();
    // A variable of the environment is read when the ledger is opened.
    let unread = ledger.starts_with("${");
    if unread || (ledger.contains(':') && matches!(scheme, "sqlite" | "postgres" | "postgresql")) {
        return Some(ledger);
    }
    // The address may have a password in it, so it is not repeated.
    let help = "write `sqlite:.plimsoll/ledger.db` or `postgres://user@host/database`";
    reader.blame(&codes::BAD_VALUE, at, "the ledger's address has no known scheme".to_owned(), help);
    None
}

fn memory(reader: &mut Reader<'_>, at: &At<'_>) -> Option<u64> {
    let bytes = reader.bytes(at)?;
    if bytes < MEMORY_MIN {
        let message = format!("`memory` is {bytes} bytes, which is too little to work with");
        reader.blame(&codes::BAD_VALUE, at, message, "give at least 16 MiB");
        return None;
    }
    Some(bytes)
}

fn options(reader: &mut Reader<'_>, at: &At<'_>) -> std::collections::BTreeMap<String, String> {
    if !at.node.is_map() {
        reader.wrong_type(at, "a table", "write [store] and below it one option per line");
        return std::collections::BTreeMap::new();
    }
    let mut options = std::collections::BTreeMap::new();
    for entry in at.node.entries() {
        match entry.value.scalar() {
            Some(scalar) => {
                options.insert(entry.key.clone(), scalar.text.clone());
            }
            None => {
                let option = At { node: &entry.value, element: super::fields::join(&at.element, &entry.key) };
                reader.wrong_type(&option, "a text", "");
            }
        }
    }
    options
}

fn tree(table: &DeTable<'_>, span: Range<usize>, lines: &Lines<'_>) -> Node {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_span: lines.span(key.span()),
            value: node(value.get_ref(), value.span(), lines),
        })
        .collect();
    // The parser sorts by key; people read from top to bottom.
    entries.sort_by_key(|entry| entry.key_span.start);
    Node { kind: Kind::Map(entries), span: lines.span(span) }
}

fn node(value: &DeValue<'_>, span: Range<usize>, lines: &Lines<'_>) -> Node {
    let place = lines.span(span.clone());
    let scalar = match value {
        DeValue::Table(table) => return tree(table, span, lines),
        DeValue::Array(items) => {
            let items = items.iter().map(|item| node(item.get_ref(), item.span(), lines)).collect();
            return Node { kind: Kind::Seq(items), span: place };
        }
        DeValue::String(text) => Scalar::text(text.to_string()),
        DeValue::Integer(number) => integer(number.as_str(), number.radix()),
        DeValue::Float(number) => Scalar::plain(number.as_str().to_owned()),
        DeValue::Boolean(value) => Scalar { text: value.to_string(), value: Value::Boolean(*value) },
        DeValue::Datetime(time) => Scalar::text(time.to_string()),
    };
    Node { kind: Kind::Scalar(scalar), span: place }
}

fn integer(digits: &str, radix: u32) -> Scalar {
    match i64::from_str_radix(digits, radix) {
        Ok(number) => Scalar { text: number.to_string(), value: Value::Number(number.into()) },
        Err(_) => Scalar::plain(digits.to_owned()),
    }
}

/// Line and column of byte offsets.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    fn span(&self, range: Range<usize>) -> Span {
        let line = self.starts.partition_point(|start| *start <= range.start).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(start..range.start).map_or(0, |before| before.chars().count()) + 1;
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Span { start: range.start, end: range.end, line: number(line), column: number(column) }
    }
}

#[cfg(test)]
mod tests;
