//! Foreign keys: both ends exist and have the same number of columns.

use std::sync::LazyLock;

use regex::Regex;

use super::findings::Findings;
use super::suggest::nearest;
use crate::codes;
use crate::compile::endpoint;
use crate::diagnostic::Level;
use crate::model::{Contract, OneOrMany, Relationship, SchemaObject, Version};

pub(super) fn check(contract: &Contract, findings: &mut Findings<'_>) {
    super::each_object(contract, |object, path| {
        for (index, relationship) in object.relationships.iter().enumerate() {
            let path = format!("{path}.relationships[{index}]");
            whole(contract, object, relationship, &path, findings);
        }
        super::descend(&object.properties, path, &mut |property, path| {
            for (index, relationship) in property.relationships.iter().enumerate() {
                let path = format!("{path}.relationships[{index}]");
                of_property(contract, relationship, &path, findings);
            }
        });
    });
}

fn whole(
    contract: &Contract,
    object: &SchemaObject,
    relationship: &Relationship,
    path: &str,
    findings: &mut Findings<'_>,
) {
    let Some(from) = &relationship.from else {
        if !relationship.extra.contains_key("from") {
            findings.add(codes::REQUIRED_FIELD, path, "a relationship of a dataset needs the field `from`");
        }
        return empty(relationship, path, findings);
    };
    end(contract, from, "from", path, findings);
    for text in from.items() {
        let named = endpoint(contract, text).ok().and_then(|end| end.dataset);
        if named.is_some_and(|named| Some(&named) != object.name.as_ref()) {
            let name = object.name.as_deref().unwrap_or_default();
            let message = format!("`from` names {text}, which is not a column of `{name}`");
            findings.add(codes::REFERENCE_UNKNOWN, &format!("{path}.from"), message);
        }
    }
    let Some(to) = &relationship.to else { return empty(relationship, path, findings) };
    end(contract, to, "to", path, findings);
    let (left, right) = (from.items().len(), to.items().len());
    let mixed = matches!((from, to), (OneOrMany::One(_), OneOrMany::Many(_)) | (OneOrMany::Many(_), OneOrMany::One(_)));
    if left != right {
        let message = format!("{left} columns refer to {right}");
        findings
            .add(codes::REFERENCE_SHAPE, path, message)
            .help("name as many columns in `to` as in `from`, in the same order");
    } else if mixed {
        findings.add(codes::REFERENCE_SHAPE, path, "one of `from` and `to` is a list, the other is not");
    }
}

fn of_property(contract: &Contract, relationship: &Relationship, path: &str, findings: &mut Findings<'_>) {
    if relationship.from.is_some() {
        let message = "a property's relationship has no `from`: it is the property itself";
        findings.add(codes::REFERENCE_SHAPE, &format!("{path}.from"), message).help("remove it");
    }
    match &relationship.to {
        None => empty(relationship, path, findings),
        Some(to) => {
            end(contract, to, "to", path, findings);
            if to.items().len() > 1 {
                let message = format!("one column refers to {}", to.items().len());
                let added = findings.add(codes::REFERENCE_SHAPE, &format!("{path}.to"), message).level(Level::Warning);
                added.help("move the relationship to the dataset");
            }
        }
    }
}

/// A list without entries is not kept by the reader.
fn empty(relationship: &Relationship, path: &str, findings: &mut Findings<'_>) {
    for name in ["from", "to"] {
        if relationship.extra.get(name).and_then(serde_json::Value::as_array).is_some_and(Vec::is_empty) {
            findings.add(codes::REFERENCE_SHAPE, &format!("{path}.{name}"), format!("`{name}` is empty"));
        }
    }
}

fn end(contract: &Contract, end: &OneOrMany, name: &str, path: &str, findings: &mut Findings<'_>) {
    if end.items().is_empty() {
        findings.add(codes::REFERENCE_SHAPE, &format!("{path}.{name}"), format!("`{name}` is empty"));
    }
    for (index, text) in end.items().iter().enumerate() {
        let element = match end {
            OneOrMany::One(_) => format!("{path}.{name}"),
            OneOrMany::Many(_) => format!("{path}.{name}[{index}]"),
        };
        if !is_reference(text, contract.version) {
            let message = format!("{text:?} is not a reference");
            findings.add(codes::BAD_IDENTIFIER, &element, message).help("write it as dataset.column");
        } else {
            exists(contract, text, &element, findings);
        }
    }
}

/// The two forms of a reference, as the standard's schema gives them for each version.
fn is_reference(text: &str, version: Version) -> bool {
    static FORMS: LazyLock<[Option<Regex>; 4]> = LazyLock::new(|| {
        [
            r"^[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*$",
            r"^(?:(?:https?://)?[A-Za-z0-9._\-/]+\.yaml#)?/?[A-Za-z_][A-Za-z0-9_]*/[A-Za-z0-9_-]+(?:/[A-Za-z_][A-Za-z0-9_]*/[A-Za-z0-9_-]+)*$",
            r"^[A-Za-z_][A-Za-z0-9_\-]*(?:\.[A-Za-z_][A-Za-z0-9_\-]*)+$",
            r"^(?:(?:https?://)?[A-Za-z0-9._\-/]+\.ya?ml#)?/?[A-Za-z_][A-Za-z0-9_]*/[^\s.#/\\@!%&^]+(?:/[A-Za-z_][A-Za-z0-9_]*/[^\s.#/\\@!%&^]+)*$",
        ]
        .map(|form| Regex::new(form).ok())
    });
    let forms = if version < Version::V3_2_0 { &FORMS[..2] } else { &FORMS[2..] };
    forms.iter().flatten().any(|form| form.is_match(text))
}

/// A dataset that this contract does not have may be another contract's; a column of a known dataset must exist.
fn exists(contract: &Contract, text: &str, element: &str, findings: &mut Findings<'_>) {
    if text.contains('#') {
        return;
    }
    let end = match endpoint(contract, text) {
        Ok(end) => end,
        Err(reason) => {
            findings.add(codes::REFERENCE_UNKNOWN, element, reason);
            return;
        }
    };
    let Some(dataset) = end.dataset else { return };
    let objects = &contract.document.schema;
    let Some(object) = objects.iter().find(|object| object.name.as_deref() == Some(&dataset)) else {
        let added =
            findings.add(codes::REFERENCE_UNKNOWN, element, format!("this contract has no dataset `{dataset}`"));
        match nearest(&dataset, objects.iter().filter_map(|object| object.name.as_deref())) {
            Some(near) => added.help(format!("did you mean `{near}`?")),
            None => added.help("another contract of the project must have it"),
        };
        return;
    };
    // A dataset that lists no columns may have any.
    if object.properties.is_empty() {
        return;
    }
    let columns = object.properties.iter().filter_map(|property| property.name.as_deref());
    if !columns.clone().any(|column| column == end.column) {
        let message = format!("the dataset `{dataset}` has no column `{}`", end.column);
        let added = findings.add(codes::REFERENCE_UNKNOWN, element, message).level(Level::Error);
        if let Some(near) = nearest(&end.column, columns) {
            added.help(format!("did you mean `{near}`?"));
        }
    }
}
