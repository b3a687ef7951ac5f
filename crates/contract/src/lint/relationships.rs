//! Foreign keys: both ends exist, have the same number of columns, and columns that can hold the same values.

use std::sync::LazyLock;

use regex::Regex;

use super::Scope;
use super::findings::Findings;
use super::neighbours::{Missing, Target, follow, named_twice};
use super::suggest::nearest;
use super::variables;
use crate::codes;
use crate::data_type::DataType;
use crate::diagnostic::Level;
use crate::model::{OneOrMany, Property, Relationship, SchemaObject, Version};

pub(super) fn check(scope: &Scope<'_>, findings: &mut Findings<'_>) {
    for (index, object) in scope.contract.document.schema.iter().enumerate() {
        let path = format!("schema[{index}]");
        for (index, relationship) in object.relationships.iter().enumerate() {
            let path = format!("{path}.relationships[{index}]");
            whole(scope, object, relationship, &path, findings);
        }
        super::descend(&object.properties, &path, &mut |property, path| {
            for (index, relationship) in property.relationships.iter().enumerate() {
                let path = format!("{path}.relationships[{index}]");
                of_property(scope, object, property, relationship, &path, findings);
            }
        });
    }
}

fn whole<'a>(
    scope: &Scope<'a>,
    object: &'a SchemaObject,
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
    let left = end(scope, object, from, "from", path, findings);
    for (index, target) in left.iter().enumerate() {
        if let Some(Target::Column { dataset, .. } | Target::Open { dataset }) = target
            && dataset.name != object.name
        {
            let name = object.name.as_deref().unwrap_or_default();
            let text = &from.items()[index];
            let message = format!("`from` names {text}, which is not a column of `{name}`");
            findings.add(codes::REFERENCE_UNKNOWN, &place(from, "from", path, index), message);
        }
    }
    let Some(to) = &relationship.to else { return empty(relationship, path, findings) };
    let right = end(scope, object, to, "to", path, findings);
    several_datasets(&right, to, path, findings);
    let (many, others) = (from.items().len(), to.items().len());
    let mixed = matches!((from, to), (OneOrMany::One(_), OneOrMany::Many(_)) | (OneOrMany::Many(_), OneOrMany::One(_)));
    if many != others {
        let message = format!("{many} columns refer to {others}");
        findings
            .add(codes::REFERENCE_SHAPE, path, message)
            .help("name as many columns in `to` as in `from`, in the same order");
    } else if mixed {
        findings.add(codes::REFERENCE_SHAPE, path, "one of `from` and `to` is a list, the other is not");
    } else {
        for (index, (left, right)) in left.iter().zip(&right).enumerate() {
            if let (Some(Target::Column { property, .. }), Some(right)) = (left, right) {
                pair(property, right, &place(to, "to", path, index), findings);
            }
        }
    }
}

fn of_property<'a>(
    scope: &Scope<'a>,
    object: &'a SchemaObject,
    property: &Property,
    relationship: &Relationship,
    path: &str,
    findings: &mut Findings<'_>,
) {
    if relationship.from.is_some() || relationship.extra.contains_key("from") {
        let message = "a property's relationship has no `from`: it is the property itself";
        findings.add(codes::REFERENCE_SHAPE, &format!("{path}.from"), message).help("remove it");
    }
    let Some(to) = &relationship.to else { return empty(relationship, path, findings) };
    let targets = end(scope, object, to, "to", path, findings);
    if to.items().len() > 1 {
        let message = format!("one column refers to {}", to.items().len());
        let added = findings.add(codes::REFERENCE_SHAPE, &format!("{path}.to"), message).level(Level::Warning);
        added.help("move the relationship to the dataset");
    } else if let Some(Some(target)) = targets.first() {
        pair(property, target, &place(to, "to", path, 0), findings);
        if let Target::Column { property: target, .. } = target
            && std::ptr::eq(*target, property)
        {
            findings
                .add(codes::REFERENCE_SHAPE, &format!("{path}.to"), "the column refers to itself")
                .level(Level::Warning);
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

fn place(end: &OneOrMany, name: &str, path: &str, index: usize) -> String {
    match end {
        OneOrMany::One(_) => format!("{path}.{name}"),
        OneOrMany::Many(_) => format!("{path}.{name}[{index}]"),
    }
}

/// Where each reference of one end leads; `None` where it is not a reference or leads nowhere.
fn end<'a>(
    scope: &Scope<'a>,
    object: &'a SchemaObject,
    end: &OneOrMany,
    name: &str,
    path: &str,
    findings: &mut Findings<'_>,
) -> Vec<Option<Target<'a>>> {
    if end.items().is_empty() {
        findings.add(codes::REFERENCE_SHAPE, &format!("{path}.{name}"), format!("`{name}` is empty"));
    }
    if let Some(twice) = named_twice(end) {
        let message = format!("`{name}` names {twice} twice");
        findings.add(codes::REFERENCE_SHAPE, &format!("{path}.{name}"), message).level(Level::Warning);
    }
    let one = |(index, text): (usize, &String)| {
        let element = place(end, name, path, index);
        if variables::has(text) {
            return None;
        }
        if !is_reference(text, scope.contract.version) {
            let message = format!("{text:?} is not a reference");
            findings.add(codes::BAD_IDENTIFIER, &element, message).help("write it as dataset.column");
            return None;
        }
        match follow(text, scope.path, scope.contract, scope.neighbours, Some(object)) {
            Target::Missing(missing) => {
                tell(scope, missing, &element, findings);
                None
            }
            target => Some(target),
        }
    };
    end.items().iter().enumerate().map(one).collect()
}

fn tell(scope: &Scope<'_>, missing: Missing, element: &str, findings: &mut Findings<'_>) {
    match missing {
        Missing::Dataset { name } => {
            let known = scope.contract.document.schema.iter().filter_map(|object| object.name.as_deref());
            let known: Vec<&str> = known.chain(scope.neighbours.dataset_names()).collect();
            let added = findings.add(codes::REFERENCE_UNKNOWN, element, format!("no contract has a dataset `{name}`"));
            match nearest(&name, known.into_iter()) {
                Some(near) => added.help(format!("did you mean `{near}`?")),
                None => added.help("lint it together with the contract that has it"),
            };
        }
        Missing::Column { dataset, name, near } => {
            let message = format!("the dataset `{dataset}` has no column `{name}`");
            let added = findings.add(codes::REFERENCE_UNKNOWN, element, message).level(Level::Error);
            if let Some(near) = near {
                added.help(format!("did you mean `{near}`?"));
            }
        }
        Missing::File { name } => {
            let message = format!("there is no contract in {name}");
            findings
                .add(codes::LINK_UNRESOLVED, element, message)
                .help("correct the path, or lint both files together");
        }
        Missing::Form { reason } => {
            findings.add(codes::REFERENCE_UNKNOWN, element, reason);
        }
    }
}

fn several_datasets(targets: &[Option<Target<'_>>], to: &OneOrMany, path: &str, findings: &mut Findings<'_>) {
    let mut names = targets.iter().flatten().filter_map(|target| match target {
        Target::Column { dataset, .. } | Target::Open { dataset } => Some(*dataset),
        Target::Elsewhere | Target::Missing(_) => None,
    });
    let Some(first) = names.next() else { return };
    if names.any(|other| !std::ptr::eq(other, first)) && to.items().len() > 1 {
        let message = "`to` names columns of several datasets";
        findings.add(codes::REFERENCE_SHAPE, &format!("{path}.to"), message).help("make a relationship to each");
    }
}

/// The two columns of a pair: their types, and whether the target should still be used.
fn pair(from: &Property, to: &Target<'_>, element: &str, findings: &mut Findings<'_>) {
    let Target::Column { dataset, property } = to else { return };
    let name =
        format!("{}.{}", dataset.name.as_deref().unwrap_or_default(), property.name.as_deref().unwrap_or_default());
    if from.deprecated != Some(true) && (property.deprecated == Some(true) || dataset.deprecated == Some(true)) {
        let message = format!("{name} is deprecated");
        findings.add(codes::DEPRECATED_IN_USE, element, message).help("refer to what replaces it");
    }
    if from.logical_type.is_none() || property.logical_type.is_none() {
        return;
    }
    let [left, right] = [from, property].map(|property| crate::compile::data_type(property).data_type);
    if family(&left) != family(&right) {
        let message = format!("a column of type {left} refers to {name} of type {right}");
        findings.add(codes::REFERENCE_TYPE, element, message).help("give both columns the same type");
    }
}

/// Types whose values can be equal.
fn family(data_type: &DataType) -> u8 {
    match data_type {
        DataType::Boolean => 0,
        DataType::Integer { .. } | DataType::Float { .. } | DataType::Decimal { .. } => 1,
        DataType::String => 2,
        DataType::Binary => 3,
        DataType::Date | DataType::Timestamp { .. } => 4,
        DataType::Time => 5,
        DataType::List(_) => 6,
        DataType::Struct(_) => 7,
        DataType::Map(..) => 8,
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
