//! Digests of what decides a stage's result, and the fingerprint that adds how far its inputs were read.

use std::collections::BTreeMap;

use contract::privacy::Encryption;
use contract::{Check, Column, DriftPolicy, Rule, Scope, Severity};
use serde::Serialize;

use crate::digest;
use crate::position::Position;
use crate::project::{DatasetSpec, Incremental, Made, SourceSpec};
use crate::state::Definition;
use crate::table::TableSpec;

/// What the engine makes of the same definition and input. Raised when a release computes other rows from them; every table
/// is then built anew.
pub const ENGINE_VERSION: &str = "1";

/// The definition of a stage. Its contract counts by what it compiles to, so a reworded description changes nothing.
pub fn definition(spec: &DatasetSpec) -> Definition {
    Definition {
        made: digest::of(&made(&spec.made)),
        contract: digest::of(&promise(spec)),
        table: digest::of(&Kept { table: &spec.table, threshold: spec.threshold }),
        engine: ENGINE_VERSION.to_owned(),
    }
}

/// `sha256:` and 64 hex digits over all that decides a stage's result. Approvals hold for exactly one fingerprint.
pub fn fingerprint(definition: &Definition, positions: &BTreeMap<String, Position>) -> String {
    digest::of(&(definition, positions))
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Making<'a> {
    Source(&'a SourceSpec),
    Model { sql: &'a str, incremental: Option<&'a Incremental> },
}

#[derive(Serialize)]
struct Kept<'a> {
    table: &'a TableSpec,
    threshold: Option<f64>,
}

/// The compiled contract without its version and digest, and without texts for people.
#[derive(Serialize)]
struct Promise<'a> {
    name: &'a str,
    columns: &'a [Column],
    primary_key: &'a [String],
    drift: DriftPolicy,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption: Option<&'a Encryption>,
    checks: Vec<Promised<'a>>,
}

#[derive(Serialize)]
struct Promised<'a> {
    id: &'a str,
    scope: Scope,
    severity: Severity,
    element: Option<&'a str>,
    rule: &'a Rule,
    threshold: Option<f64>,
}

fn made(made: &Made) -> Making<'_> {
    match made {
        Made::Source(source) => Making::Source(source),
        Made::Model(model) => Making::Model { sql: &model.sql, incremental: model.incremental.as_ref() },
    }
}

fn promise(spec: &DatasetSpec) -> Promise<'_> {
    let dataset = &spec.contract;
    Promise {
        name: &dataset.name,
        columns: &dataset.columns,
        primary_key: &dataset.primary_key,
        drift: dataset.drift,
        encryption: dataset.encryption.as_ref(),
        // What no engine executes decides nothing.
        checks: dataset
            .checks
            .iter()
            .filter(|check| !matches!(check.rule, Rule::NotChecked { .. }))
            .map(promised)
            .collect(),
    }
}

fn promised(check: &Check) -> Promised<'_> {
    Promised {
        id: &check.id,
        scope: check.scope,
        severity: check.severity,
        element: check.element.as_deref(),
        rule: &check.rule,
        threshold: check.threshold,
    }
}
