//! JSON Schema, drafts 4 to 2020-12: whether every document that one schema allows is allowed by another.
//!
//! What is asked is inclusion of sets of documents. It is answered soundly: where it cannot be decided, the answer is no.
//! Two rules are those of schema registries rather than of validators: `oneOf` is a union, and a property that is newly
//! required is no trouble when it has a default.

mod array;
mod check;
mod document;
mod evaluate;
mod known;
mod number;
mod object;
mod text;
mod types;

use serde_json::Value as Json;

use check::Checker;
use document::Document;
use known::Known;

use super::finding::Finding;
use super::tree::Tree;
use crate::diagnostic::Diagnostic;

/// What documents of `inner` the schema `outer` does not allow, by the places of its keywords; empty when it allows all.
pub(super) fn not_included<'a>(inner: &'a Json, outer: &'a Json) -> Vec<Finding<'a>> {
    let (inner, outer) = (Document::new(inner), Document::new(outer));
    let mut checker = Checker::default();
    let root = outer.schema();
    if !checker.included(&Known::of(inner.schema()), root) && checker.findings.is_empty() {
        checker.find(
            Some(inner.root),
            outer.root,
            "schema-narrowed",
            "not every document is allowed any more".to_owned(),
        );
    }
    checker.findings
}

/// Refuses what is no schema at all.
pub(super) fn check(tree: &Tree<'_>) -> Result<(), Box<Diagnostic>> {
    match tree.root {
        Json::Bool(_) | Json::Object(_) => Ok(()),
        _ => Err(tree.error("a JSON Schema is an object, true or false")),
    }
}

#[cfg(test)]
mod tests;
