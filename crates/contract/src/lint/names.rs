//! Names and ids are unique where they must be.

use std::collections::HashMap;

use super::findings::Findings;
use crate::codes::{self, CodeInfo};
use crate::model::{Contract, Property, Quality};

pub(super) fn check(contract: &Contract, findings: &mut Findings<'_>) {
    let objects = &contract.document.schema;
    let names = objects.iter().map(|object| object.name.as_deref());
    unique(names, contract, "schema", "dataset", codes::DUPLICATE_DATASET, findings);
    ids(objects.iter().map(|object| object.id.as_deref()), "schema", findings);
    super::each_object(contract, |object, path| {
        properties(&object.properties, contract, path, findings);
        rules(&object.quality, path, findings);
    });
    super::each_property(contract, |property, path| {
        properties(&property.properties, contract, path, findings);
        rules(&property.quality, path, findings);
    });
}

fn properties(properties: &[Property], contract: &Contract, path: &str, findings: &mut Findings<'_>) {
    if properties.is_empty() {
        return;
    }
    let path = format!("{path}.properties");
    let names = properties.iter().map(|property| property.name.as_deref());
    unique(names, contract, &path, "column", codes::DUPLICATE_COLUMN, findings);
    ids(properties.iter().map(|property| property.id.as_deref()), &path, findings);
}

fn rules(quality: &[Quality], path: &str, findings: &mut Findings<'_>) {
    if !quality.is_empty() {
        ids(quality.iter().map(|rule| rule.id.as_deref()), &format!("{path}.quality"), findings);
    }
}

fn unique<'a>(
    names: impl Iterator<Item = Option<&'a str>>,
    contract: &Contract,
    path: &str,
    noun: &str,
    code: CodeInfo,
    findings: &mut Findings<'_>,
) {
    let mut first: HashMap<&str, usize> = HashMap::new();
    for (index, name) in names.enumerate() {
        let element = || format!("{path}[{index}].name");
        match name {
            None => {}
            Some(name) if name.trim().is_empty() => {
                findings.add(codes::UNNAMED_COLUMN, &element(), format!("the {noun}'s name is empty"));
            }
            Some(name) => match first.get(name) {
                None => {
                    first.insert(name, index);
                }
                Some(earlier) => {
                    let line = contract.span_of(&format!("{path}[{earlier}].name")).line;
                    let message = format!("the {noun} `{name}` is given twice; it was first given on line {line}");
                    findings.add(code, &element(), message).help("rename or remove one of the two");
                }
            },
        }
    }
}

fn ids<'a>(ids: impl Iterator<Item = Option<&'a str>>, path: &str, findings: &mut Findings<'_>) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (index, id) in ids.enumerate() {
        if let Some(id) = id
            && seen.insert(id, index).is_some()
        {
            findings.add(codes::DUPLICATE_ID, &format!("{path}[{index}].id"), format!("the id `{id}` is given twice"));
        }
    }
}
