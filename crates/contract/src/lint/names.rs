//! Names and ids are unique where they must be.

use std::collections::{HashMap, HashSet};

use super::Scope;
use super::findings::Findings;
use super::shape::join;
use crate::codes::{self, CodeInfo};
use crate::diagnostic::Level;
use crate::model::{Contract, Property, Version};
use crate::syntax::{Kind, Node};

pub(super) fn check(scope: &Scope<'_>, findings: &mut Findings<'_>) {
    let contract = scope.contract;
    let objects = &contract.document.schema;
    let names = objects.iter().map(|object| object.name.as_deref());
    unique(names, contract, "schema", "dataset", codes::DUPLICATE_DATASET, findings);
    let physical = objects.iter().map(|object| (object.name.as_deref(), object.physical_name.as_deref()));
    clashes(physical, "schema", "dataset", findings);
    super::each_object(contract, |object, path| properties(&object.properties, contract, path, findings));
    super::each_property(contract, |property, path| {
        properties(&property.properties, contract, path, findings);
        sources(&property.properties, path, findings);
    });
    servers(contract, findings);
    ids(contract.tree(), "", contract.version, findings);
}

fn properties(properties: &[Property], contract: &Contract, path: &str, findings: &mut Findings<'_>) {
    if properties.is_empty() {
        return;
    }
    let path = format!("{path}.properties");
    let names = properties.iter().map(|property| property.name.as_deref());
    unique(names, contract, &path, "column", codes::DUPLICATE_COLUMN, findings);
    let physical = properties.iter().map(|property| (property.name.as_deref(), property.physical_name.as_deref()));
    clashes(physical, &path, "column", findings);
}

/// Fields inside a column are found by their names: another name in the source would be read as NULL.
fn sources(fields: &[Property], path: &str, findings: &mut Findings<'_>) {
    for (index, field) in fields.iter().enumerate() {
        if let (Some(name), Some(source)) = (&field.name, &field.physical_name)
            && name != source
        {
            let message = format!(
                "the field `{name}` is inside a column, where fields are found by their names: `{source}` would not be read"
            );
            let element = format!("{path}.properties[{index}].physicalName");
            findings
                .add(codes::NESTED_SOURCE_NAME, &element, message)
                .help(format!("name the field as the source does: `name: {source}`, without `physicalName`"));
        }
    }
}

/// Most databases do not tell names apart by case, and a source has one column of a name.
fn clashes<'a>(
    names: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>,
    path: &str,
    noun: &str,
    findings: &mut Findings<'_>,
) {
    let mut folded: HashMap<String, &str> = HashMap::new();
    let mut sources: HashMap<&str, &str> = HashMap::new();
    for (index, (name, physical)) in names.enumerate() {
        let Some(name) = name else { continue };
        if let Some(other) = folded.insert(name.to_lowercase(), name)
            && other != name
        {
            let message = format!("the {noun}s `{other}` and `{name}` differ only in case");
            findings.add(codes::NAME_CLASH, &format!("{path}[{index}].name"), message).help("rename one of the two");
        }
        let source = physical.unwrap_or(name);
        if let Some(other) = sources.insert(source, name)
            && other != name
        {
            let message = format!("the {noun}s `{other}` and `{name}` are both `{source}` in the source");
            let field = if physical.is_some() { "physicalName" } else { "name" };
            findings.add(codes::NAME_CLASH, &format!("{path}[{index}].{field}"), message);
        }
    }
}

fn servers(contract: &Contract, findings: &mut Findings<'_>) {
    let mut seen = HashSet::new();
    for (index, server) in contract.document.servers.iter().enumerate() {
        if let Some(name) = server.server.as_deref()
            && !seen.insert(name)
        {
            let message = format!("two servers have the name `{name}`");
            findings.add(codes::NAME_CLASH, &format!("servers[{index}].server"), message).help("rename one of the two");
        }
    }
}

/// The standard wants each `id` to be unique within its list, whatever the list holds.
fn ids(node: &Node, path: &str, version: Version, findings: &mut Findings<'_>) {
    // What a setting or an example holds is not the standard's.
    if [".examples", ".value", ".implementation", ".arguments"].iter().any(|end| path.ends_with(end)) {
        return;
    }
    for entry in node.entries() {
        if !matches!(entry.value.kind, Kind::Scalar(_)) {
            ids(&entry.value, &join(path, &entry.key), version, findings);
        }
    }
    let mut seen: HashMap<&str, u32> = HashMap::new();
    for (index, item) in node.items().iter().enumerate() {
        if let Some(id) = item.get("id")
            && let Some(text) = id.as_str()
            && let Some(line) = seen.insert(text, id.span.line)
        {
            let message = format!("the id `{text}` is given twice; it was first given on line {line}");
            let element = format!("{path}[{index}].id");
            let added = findings.add(codes::DUPLICATE_ID, &element, message);
            let added = added.help("give each entry of the list an id of its own");
            // Before v3.1.0 an `id` was nothing but somebody's own field.
            if version < Version::V3_1_0 {
                added.level(Level::Warning);
            }
        }
        if !matches!(item.kind, Kind::Scalar(_)) {
            ids(item, &format!("{path}[{index}]"), version, findings);
        }
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
                findings.add(codes::UNNAMED, &element(), format!("the {noun}'s name is empty"));
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
