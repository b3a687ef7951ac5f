//! What is wrong with a contract: first its shape, by the tables of the standard, then what it says.
//!
//! A finding is an error where the standard's text or schema is violated, or where the contract cannot mean anything;
//! it is a warning where the contract is legal but surely not meant so.

mod agents;
mod findings;
mod formats;
mod keys;
mod metrics;
mod names;
mod neighbours;
pub(crate) mod options;
mod protections;
mod quality;
mod queries;
mod ranges;
mod relationships;
mod secrets;
mod servers;
mod service_levels;
mod shape;
mod suggest;
mod types;
mod values;
mod variables;
mod whole;

use crate::diagnostic::Diagnostic;
use crate::model::{Contract, Property, SchemaObject};
use findings::Findings;

pub use neighbours::{Neighbours, files_named};

/// What the rules look at: a contract, where it is, and what else there is.
struct Scope<'a> {
    contract: &'a Contract,
    path: &'a str,
    neighbours: &'a Neighbours<'a>,
}

/// One group of rules.
type Rule = fn(&Scope<'_>, &mut Findings<'_>);

/// All groups, in the order in which a reader wants to hear of them.
const RULES: &[Rule] = &[
    shape::check,
    whole::check,
    names::check,
    keys::check,
    types::check,
    values::check,
    quality::check,
    relationships::check,
    service_levels::check,
    agents::check,
    protections::check,
    secrets::check,
];

/// All findings about a contract that was read, in the order of the text. `path` is where its references start from.
pub fn lint(contract: &Contract, path: &str, neighbours: &Neighbours<'_>) -> Vec<Diagnostic> {
    let scope = Scope { contract, path, neighbours };
    let mut findings = Findings::new(contract);
    for rule in RULES {
        rule(&scope, &mut findings);
    }
    findings.finish()
}

/// Calls `visit` for each schema object with its path.
fn each_object(contract: &Contract, mut visit: impl FnMut(&SchemaObject, &str)) {
    for (index, object) in contract.document.schema.iter().enumerate() {
        visit(object, &format!("schema[{index}]"));
    }
}

/// Calls `visit` for each property of the contract, nested ones included, with its path.
fn each_property(contract: &Contract, mut visit: impl FnMut(&Property, &str)) {
    each_object(contract, |object, path| {
        descend(&object.properties, path, &mut visit);
    });
}

/// The reader limits how deep a document can be, and with it this recursion.
pub(crate) fn descend(properties: &[Property], path: &str, visit: &mut impl FnMut(&Property, &str)) {
    for (index, property) in properties.iter().enumerate() {
        one(property, &format!("{path}.properties[{index}]"), visit);
    }
}

fn one(property: &Property, path: &str, visit: &mut impl FnMut(&Property, &str)) {
    visit(property, path);
    descend(&property.properties, path, visit);
    if let Some(items) = &property.items {
        one(items, &format!("{path}.items"), visit);
    }
    if let Some(map) = &property.map {
        map.key.iter().for_each(|key| one(key, &format!("{path}.map.key"), visit));
        map.value.iter().for_each(|value| one(value, &format!("{path}.map.value"), visit));
    }
}

#[cfg(test)]
mod tests;
