//! Avro: whether data that was written with one schema can be read with another, by the rules of schema resolution.
//!
//! The rules are those of the specification: promotions, defaults, aliases, unions, names by their last part. Logical types count
//! too, which resolution passes over: digits would be read at the wrong place, and milliseconds as microseconds.

mod logical;
mod names;

use std::collections::HashSet;

use serde_json::Value as Json;

use super::finding::Finding;
use super::tree::Tree;
use crate::diagnostic::Diagnostic;
use names::{Names, Type};

/// Pairs of types that are looked at before giving up.
const PAIRS_MAX: usize = 50_000;
/// Types within types.
const DEPTH_MAX: usize = 100;

/// What the reader cannot read of the writer's data.
pub(super) fn not_readable<'a>(writer: &'a Json, reader: &'a Json) -> Vec<Finding<'a>> {
    let (writer_names, reader_names) = (Names::of(writer), Names::of(reader));
    let mut checker = Checker { findings: Vec::new(), quiet: 0, noticed: 0, open: HashSet::new(), asked: 0 };
    checker.readable(writer_names.root(), reader_names.root(), 0);
    checker.findings
}

/// Refuses what is no schema at all: an unknown type, a record without fields, a name that nothing has.
pub(super) fn check(tree: &Tree<'_>) -> Result<(), Box<Diagnostic>> {
    match names::problem(&tree.root) {
        Some(problem) => Err(tree.error(format!("this is no Avro schema: {problem}"))),
        None => Ok(()),
    }
}

struct Checker<'a> {
    findings: Vec<Finding<'a>>,
    quiet: usize,
    /// Findings that keep nobody from reading.
    noticed: usize,
    /// Pairs that are looked at: a recursive type comes back to its own pair, and may assume that it is readable.
    open: HashSet<(usize, usize)>,
    asked: usize,
}

impl<'a> Checker<'a> {
    fn readable(&mut self, writer: Type<'_, 'a>, reader: Type<'_, 'a>, depth: usize) -> bool {
        let (writer, reader) = (writer.resolved(), reader.resolved());
        let pair = (writer.key(), reader.key());
        if self.open.contains(&pair) {
            return true;
        }
        self.asked += 1;
        if self.asked > PAIRS_MAX || depth > DEPTH_MAX {
            return self.fail(writer, reader.value, "undecided", "whether it can be read cannot be decided", false);
        }
        self.open.insert(pair);
        let answer = self.resolve(writer, reader, depth);
        self.open.remove(&pair);
        answer
    }

    fn resolve(&mut self, writer: Type<'_, 'a>, reader: Type<'_, 'a>, depth: usize) -> bool {
        if let Some(branches) = writer.branches() {
            // Any of them may have been written, and each that cannot be read is told.
            let mut fits = true;
            for branch in branches {
                fits &= self.readable(branch, reader, depth + 1);
            }
            return fits;
        }
        if let Some(branches) = reader.branches() {
            return self.union(writer, reader, &branches, depth);
        }
        match (writer.kind(), reader.kind()) {
            ("record" | "error", "record" | "error") => self.record(writer, reader, depth),
            ("enum", "enum") => self.symbols(writer, reader),
            ("fixed", "fixed") => self.fixed(writer, reader),
            ("array", "array") => self.readable(writer.at("items"), reader.at("items"), depth + 1),
            ("map", "map") => self.readable(writer.at("values"), reader.at("values"), depth + 1),
            (one, other) if one == other => self.logical(writer, reader),
            (one, other) if promotes(one, other) => self.logical(writer, reader),
            (one, other) => {
                let reason = format!("{} cannot be read as {}", article(one), article(other));
                self.fail(writer, reader.value, "type-changed", reason, true)
            }
        }
    }

    fn union(&mut self, writer: Type<'_, 'a>, reader: Type<'_, 'a>, branches: &[Type<'_, 'a>], depth: usize) -> bool {
        self.quiet += 1;
        let mut found = None;
        for branch in branches {
            let noticed = self.noticed;
            if self.readable(writer, *branch, depth + 1) {
                found = Some((*branch, self.noticed > noticed));
                break;
            }
        }
        self.quiet -= 1;
        if let Some((branch, is_noticed)) = found {
            // It can be read, and there is something to tell about it.
            return self.quiet > 0 || !is_noticed || self.readable(writer, branch, depth + 1);
        }
        // What is wrong within the branch of the same kind says more than that none fits.
        let alike = branches.iter().find(|branch| {
            let branch = branch.resolved();
            branch.kind() == writer.kind() && (branch.name().is_none() || self.is_same_name(writer, branch))
        });
        match alike {
            Some(branch) => self.readable(writer, *branch, depth + 1),
            None => {
                let reason = format!("{} is in no branch of the union", article(writer.kind()));
                self.fail(writer, reader.value, "union-branch-missing", reason, true)
            }
        }
    }

    fn record(&mut self, writer: Type<'_, 'a>, reader: Type<'_, 'a>, depth: usize) -> bool {
        if !self.is_same_name(writer, reader) {
            return self.renamed(writer, reader);
        }
        let written = writer.fields();
        let mut fits = true;
        for (name, field) in reader.fields() {
            let aliases = names::texts(field.value.get("aliases"));
            let named = |wanted: &str| written.iter().find(|(name, _)| *name == wanted);
            match named(name).or_else(|| aliases.iter().find_map(|alias| named(alias))) {
                Some((_, source)) => fits &= self.readable(source.at("type"), field.at("type"), depth + 1),
                None if field.value.get("default").is_some() => {}
                None => {
                    let reason = format!("`{name}` is not in the data, and has no default");
                    fits &= self.fail(writer, field.value, "field-without-default", reason, true);
                }
            }
        }
        fits
    }

    fn symbols(&mut self, writer: Type<'_, 'a>, reader: Type<'_, 'a>) -> bool {
        if !self.is_same_name(writer, reader) {
            return self.renamed(writer, reader);
        }
        let known: HashSet<&str> = names::texts(reader.value.get("symbols")).into_iter().collect();
        let missing: Vec<&str> =
            names::texts(writer.value.get("symbols")).into_iter().filter(|symbol| !known.contains(symbol)).collect();
        let default = reader.value.get("default").and_then(Json::as_str);
        if missing.is_empty() || default.is_some_and(|default| known.contains(default)) {
            return true;
        }
        let shown = missing.iter().take(5).copied().collect::<Vec<_>>().join(", ");
        let reason = format!("the symbols {shown} are not known, and there is no default");
        let place = reader.value.get("symbols").unwrap_or(reader.value);
        self.fail(writer, place, "enum-changed", reason, true)
    }

    fn fixed(&mut self, writer: Type<'_, 'a>, reader: Type<'_, 'a>) -> bool {
        if !self.is_same_name(writer, reader) {
            return self.renamed(writer, reader);
        }
        let size = |side: Type<'_, 'a>| side.value.get("size").and_then(Json::as_u64);
        if size(writer) != size(reader) {
            let place = reader.value.get("size").unwrap_or(reader.value);
            return self.fail(writer, place, "size-changed", "a fixed of another size", true);
        }
        self.logical(writer, reader)
    }

    fn logical(&mut self, writer: Type<'_, 'a>, reader: Type<'_, 'a>) -> bool {
        let Some(found) = logical::difference(writer, reader) else { return true };
        self.noticed += usize::from(!found.is_certain);
        self.fail(writer, reader.value, found.kind, found.reason, found.is_certain) || !found.is_certain
    }

    /// Names are compared by their last part; the reader's aliases count.
    fn is_same_name(&self, writer: Type<'_, 'a>, reader: Type<'_, 'a>) -> bool {
        let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
        let Some(written) = writer.name() else { return reader.name().is_none() };
        let aliases = names::texts(reader.value.get("aliases"));
        reader.name().is_some_and(|name| last(name) == last(written))
            || aliases.iter().any(|alias| last(alias) == last(written))
    }

    fn renamed(&mut self, writer: Type<'_, 'a>, reader: Type<'_, 'a>) -> bool {
        let name = |side: Type<'_, 'a>| side.name().unwrap_or_default().to_owned();
        let reason = format!("it is named `{}`, the data's `{}`", name(reader), name(writer));
        let place = reader.value.get("name").unwrap_or(reader.value);
        self.fail(writer, place, "name-changed", reason, true)
    }

    fn fail(
        &mut self,
        writer: Type<'_, 'a>,
        reader: &'a Json,
        kind: &'static str,
        reason: impl Into<String>,
        is_certain: bool,
    ) -> bool {
        if self.quiet == 0 {
            self.findings.push(Finding { writer: Some(writer.value), reader, kind, reason: reason.into(), is_certain });
        }
        false
    }
}

/// What may be read as what.
fn promotes(writer: &str, reader: &str) -> bool {
    matches!(
        (writer, reader),
        ("int", "long" | "float" | "double")
            | ("long", "float" | "double")
            | ("float", "double")
            | ("string", "bytes")
            | ("bytes", "string")
    )
}

fn article(kind: &str) -> String {
    let vowel = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {kind}", if vowel { "an" } else { "a" })
}

#[cfg(test)]
mod tests;
