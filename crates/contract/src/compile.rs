//! From a contract to datasets: types resolved, checks compiled to the closed set, keys in order.
//!
//! What the contract promises and no engine can check becomes `Rule::NotChecked` with the reason. Service levels other than
//! freshness, latency and retention are promises about operation, not about data, and give no check.

mod checks;
mod duration;
mod foreign;
mod identity;
mod options;
mod own;
mod physical;
mod quality;
mod relationship;
mod service_level;
mod settings;
mod types;
pub(crate) mod words;

use sha2::{Digest, Sha256};

pub use duration::seconds as duration_seconds;
pub(crate) use duration::{Duration, duration};
pub(crate) use options::{has_lookaround, literal, regex_problem};
pub(crate) use physical::split_top;
pub(crate) use quality::{operator, query_problem, rule_type};
pub(crate) use settings::severity_of_rule;
pub use types::{Resolved, data_type, type_named};

/// The type that a physical type names; `None` when it is not known or says no width.
pub(crate) fn physical_type(text: &str) -> Option<crate::data_type::DataType> {
    match physical::parse(text)? {
        physical::Physical::Known(data_type) => Some(data_type),
        physical::Physical::UnboundedDecimal => None,
    }
}

use crate::codes;
use crate::dataset::{Column, ContractRef, Dataset, DriftPolicy};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Contract, Property, SchemaObject, setting};
use crate::privacy::{Care, Encryption, Privacy};
use checks::Checks;

/// Compiles every schema object that has a name. `digest` is that of the contract's file, see `digest`.
/// The diagnostics are warnings and notes about what could not be compiled; mistakes in the contract are the lint's.
pub fn compile(contract: &Contract, digest: &str) -> (Vec<Dataset>, Vec<Diagnostic>) {
    let mut compiler = Compiler { contract, diagnostics: Vec::new() };
    let reference = contract_ref(contract, digest);
    let mut datasets: Vec<Dataset> = Vec::new();
    for (index, object) in contract.document.schema.iter().enumerate() {
        let Some(name) = object.name.as_deref().filter(|name| !name.is_empty()) else { continue };
        if datasets.iter().all(|dataset| dataset.name != name) {
            datasets.push(compiler.dataset(object, name, &format!("schema[{index}]"), &reference));
        }
    }
    (datasets, compiler.diagnostics)
}

/// `sha256:` and 64 hex digits over the bytes of a contract's file.
pub fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity("sha256:".len() + 64);
    text.push_str("sha256:");
    for byte in Sha256::digest(bytes) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn contract_ref(contract: &Contract, digest: &str) -> ContractRef {
    ContractRef {
        id: contract.document.id.clone().unwrap_or_default(),
        version: contract.version_text(),
        digest: digest.to_owned(),
    }
}

/// One compilation: the contract, and what is to be said about it.
struct Compiler<'a> {
    contract: &'a Contract,
    diagnostics: Vec<Diagnostic>,
}

impl Compiler<'_> {
    fn dataset(&mut self, object: &SchemaObject, name: &str, path: &str, contract: &ContractRef) -> Dataset {
        let primary_key = primary_key(object);
        let drift = self.drift(object, path);
        let mut columns: Vec<Column> = Vec::new();
        let mut checks = Checks::new(name);
        for (index, property) in object.properties.iter().enumerate() {
            let Some(column_name) = property.name.as_deref().filter(|name| !name.is_empty()) else { continue };
            if is_computed(property) || columns.iter().any(|column| column.name == column_name) {
                continue;
            }
            let path = format!("{path}.properties[{index}]");
            let in_key = primary_key.iter().any(|key| key == column_name);
            let column = self.column(property, column_name, in_key, &path);
            let is_key = in_key && primary_key.len() == 1;
            self.column_checks(&mut checks, property, &column, is_key, &path);
            columns.push(column);
        }
        self.key_checks(&mut checks, &primary_key);
        self.relationships(&mut checks, object, name, path);
        for (index, rule) in object.quality.iter().enumerate() {
            let subject = own::Subject { dataset: name, column: None, value_name: None };
            self.quality(&mut checks, rule, subject, &format!("{path}.quality[{index}]"));
        }
        self.service_levels(&mut checks, name, &columns);
        // Mistakes in it are the lint's.
        let encryption =
            setting(&object.custom_properties, "encryption").and_then(|value| Encryption::parse(value).ok());
        if encryption.is_some() {
            // Nothing of such a table stands anywhere else in the clear.
            columns.iter_mut().for_each(|column| column.privacy.care = Some(Care::Sealed));
        }
        Dataset {
            name: name.to_owned(),
            contract: contract.clone(),
            columns,
            checks: checks.finish(),
            primary_key,
            drift,
            encryption,
        }
    }

    fn column(&mut self, property: &Property, name: &str, in_key: bool, path: &str) -> Column {
        let resolved = types::data_type(property);
        for note in &resolved.notes {
            self.report(codes::TYPE_UNSUPPORTED.at(self.contract.span_of(path), note.clone()), Level::Info, path);
        }
        let options = property.logical_type_options.as_deref();
        let is_temporal = types::is_temporal(&resolved.data_type);
        Column {
            name: name.to_owned(),
            source_name: property.physical_name.clone().unwrap_or_else(|| name.to_owned()),
            required: property.required == Some(true) || in_key,
            format: options.and_then(|options| options.format.clone()).filter(|_| is_temporal),
            time_zone: types::time_zone(property, &resolved.data_type),
            classification: classification(property),
            id: property.id.clone().filter(|id| !id.trim().is_empty()),
            fill: setting(&property.custom_properties, "fill").and_then(fill),
            privacy: privacy(property),
            data_type: resolved.data_type,
        }
    }

    fn drift(&mut self, object: &SchemaObject, path: &str) -> DriftPolicy {
        let Some(value) = crate::model::setting(&object.custom_properties, "drift") else {
            return DriftPolicy::default();
        };
        match value.as_str() {
            Some("ignore_extra") => DriftPolicy::IgnoreExtra,
            Some("fail") => DriftPolicy::Fail,
            Some("gate") => DriftPolicy::Gate,
            Some("accept_additive") => DriftPolicy::AcceptAdditive,
            _ => {
                self.bad_setting(
                    &format!("{path}.customProperties"),
                    "drift",
                    value,
                    "ignore_extra, accept_additive, fail or gate",
                );
                DriftPolicy::default()
            }
        }
    }

    fn report(&mut self, diagnostic: Diagnostic, level: Level, element: &str) {
        self.diagnostics.push(Diagnostic { level, ..diagnostic.with_element(element) });
    }
}

/// The property's own, or that of the first nested one which must be hidden.
fn classification(property: &Property) -> Option<String> {
    let own = property.classification.clone();
    if own.as_deref().is_some_and(crate::mask::hides) {
        return own;
    }
    let parts = property.map.iter().flat_map(|map| map.key.iter().chain(&map.value));
    let nested = property.properties.iter().chain(property.items.as_deref()).chain(parts);
    nested.filter_map(classification).find(|nested| crate::mask::hides(nested)).or(own)
}

/// A text is SQL; other values are literals.
fn fill(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        serde_json::Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// Mistakes in it are the lint's.
fn privacy(property: &Property) -> Privacy {
    let mut privacy = Privacy {
        protection: setting(&property.custom_properties, "protection")
            .and_then(|value| crate::privacy::protection(value).ok()),
        declassified: setting(&property.custom_properties, "declassify")
            .and_then(|value| crate::privacy::declassified(value).ok()),
        ..Privacy::default()
    };
    gather(property, &mut privacy);
    privacy
}

/// The reader limits how deep a document can be, and with it this recursion.
fn gather(property: &Property, privacy: &mut Privacy) {
    let said = property.classification.iter().filter(|class| !class.trim().is_empty());
    privacy.classes.extend(said.cloned());
    privacy.tags.extend(property.tags.iter().cloned());
    let parts = property.map.iter().flat_map(|map| map.key.iter().chain(&map.value));
    let nested = property.properties.iter().chain(property.items.as_deref()).chain(parts);
    nested.for_each(|nested| gather(nested, privacy));
}

/// Measures and computed dimensions are expressions over the dataset; the data does not hold them.
pub(crate) fn is_computed(property: &Property) -> bool {
    match property.semantic_type.as_deref() {
        Some("measure") => true,
        Some("dimension") => property.transform_logic.is_some(),
        _ => false,
    }
}

/// The columns of the primary key: those with a position by position, then the others in the order of the file.
pub(crate) fn primary_key(object: &SchemaObject) -> Vec<String> {
    let mut keys: Vec<(i64, usize, &str)> = object
        .properties
        .iter()
        .enumerate()
        .filter(|(_, property)| property.primary_key == Some(true))
        .filter_map(|(index, property)| {
            let position = property.primary_key_position.filter(|position| *position >= 1).unwrap_or(i64::MAX);
            Some((position, index, property.name.as_deref()?))
        })
        .collect();
    keys.sort_unstable();
    let mut names: Vec<String> = Vec::new();
    for (_, _, name) in keys {
        if !name.is_empty() && names.iter().all(|known| known != name) {
            names.push(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests;
