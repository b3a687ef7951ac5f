//! The other contracts that a contract may refer to: those of the same project, or those that were linted together.

use std::collections::HashMap;

use crate::model::{Contract, OneOrMany, Property, Relationship, SchemaObject};

/// Contracts by their file and by their datasets.
#[derive(Debug, Default)]
pub struct Neighbours<'a> {
    files: Vec<(String, &'a Contract)>,
    datasets: HashMap<&'a str, &'a SchemaObject>,
}

impl<'a> Neighbours<'a> {
    /// Each contract with the path of its file, as the caller names it.
    pub fn of(files: impl IntoIterator<Item = (&'a str, &'a Contract)>) -> Self {
        let mut neighbours = Self::default();
        for (path, contract) in files {
            neighbours.files.push((normal(path), contract));
            for object in &contract.document.schema {
                if let Some(name) = object.name.as_deref() {
                    neighbours.datasets.entry(name).or_insert(object);
                }
            }
        }
        neighbours
    }

    pub(super) fn dataset(&self, name: &str) -> Option<&'a SchemaObject> {
        self.datasets.get(name).copied()
    }

    pub(super) fn dataset_names(&self) -> impl Iterator<Item = &'a str> + Clone {
        self.datasets.keys().copied()
    }

    /// The contract in the file that a reference of the file `from` names.
    pub(super) fn file(&self, from: &str, reference: &str) -> Option<&'a Contract> {
        let wanted = beside(from, reference);
        self.files.iter().find(|(path, _)| *path == wanted).map(|(_, contract)| *contract)
    }
}

/// The files that a contract's relationships name, as paths from where the contract's own path starts; addresses on the web are left out.
pub fn files_named(path: &str, contract: &Contract) -> Vec<String> {
    let mut found = Vec::new();
    let mut visit = |relationships: &[Relationship]| {
        for end in relationships.iter().flat_map(|relationship| [&relationship.from, &relationship.to]).flatten() {
            let files = end.items().iter().filter_map(|text| text.split_once('#')).map(|(file, _)| file);
            found.extend(files.filter(|file| is_local(file)).map(|file| beside(path, file)));
        }
    };
    super::each_object(contract, |object, _| visit(&object.relationships));
    super::each_property(contract, |property, _| visit(&property.relationships));
    found.sort();
    found.dedup();
    found
}

pub(super) fn is_local(file: &str) -> bool {
    !file.is_empty() && !file.contains("://")
}

/// A path that is written from the folder of another file.
fn beside(from: &str, file: &str) -> String {
    match normal(from).rsplit_once('/') {
        Some((folder, _)) if !file.starts_with('/') => normal(&format!("{folder}/{file}")),
        _ => normal(file),
    }
}

/// Without `.` and, where it can be known, without `..`.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let path = path.replace('\\', "/");
    for part in path.split('/') {
        match part {
            "." => {}
            "" if !parts.is_empty() => {}
            ".." if parts.last().is_some_and(|last| *last != ".." && !last.is_empty()) => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// Where a reference leads.
pub(super) enum Target<'a> {
    Column {
        dataset: &'a SchemaObject,
        property: &'a Property,
    },
    /// The dataset lists no columns, or the reference ends in a part whose fields are not listed.
    Open {
        dataset: &'a SchemaObject,
    },
    /// It cannot be looked at from here.
    Elsewhere,
    Missing(Missing),
}

/// What a reference names that is not there.
pub(super) enum Missing {
    Dataset { name: String },
    Column { dataset: String, name: String, near: Option<String> },
    File { name: String },
    Form { reason: String },
}

/// Follows `dataset.column`, `schema/<id>/properties/<id>` and `file.yaml#/schema/…`.
pub(super) fn follow<'a>(
    text: &str,
    path: &str,
    contract: &'a Contract,
    neighbours: &Neighbours<'a>,
    own: Option<&'a SchemaObject>,
) -> Target<'a> {
    let text = text.trim();
    if let Some((file, inner)) = text.split_once('#') {
        if !is_local(file) && !file.is_empty() {
            return Target::Elsewhere;
        }
        let other = if file.is_empty() { Some(contract) } else { neighbours.file(path, file) };
        return match other {
            Some(other) => by_ids(inner, other),
            None => Target::Missing(Missing::File { name: file.to_owned() }),
        };
    }
    if text.contains('/') {
        return by_ids(text, contract);
    }
    let (dataset, columns) = match text.split_once('.') {
        Some((dataset, columns)) => (named(dataset, contract, neighbours), columns),
        None => (own, text),
    };
    let Some(dataset) = dataset else {
        let name = text.split('.').next().unwrap_or_default().to_owned();
        return Target::Missing(Missing::Dataset { name });
    };
    let names: Vec<&str> = columns.split('.').collect();
    descend(dataset, &names, |property, name| property.name.as_deref() == Some(name))
}

fn named<'a>(name: &str, contract: &'a Contract, neighbours: &Neighbours<'a>) -> Option<&'a SchemaObject> {
    let own = contract.document.schema.iter().find(|object| object.name.as_deref() == Some(name));
    own.or_else(|| neighbours.dataset(name))
}

fn by_ids<'a>(text: &str, contract: &'a Contract) -> Target<'a> {
    let parts: Vec<&str> = text.trim_start_matches('/').split('/').collect();
    let ["schema", object, rest @ ..] = parts.as_slice() else {
        let reason = format!("{text} is not of the form schema/<id>/properties/<id>");
        return Target::Missing(Missing::Form { reason });
    };
    let matches = |id: &Option<String>, name: &Option<String>, wanted: &str| {
        id.as_deref() == Some(wanted) || name.as_deref() == Some(wanted)
    };
    let Some(dataset) = contract.document.schema.iter().find(|found| matches(&found.id, &found.name, object)) else {
        return Target::Missing(Missing::Dataset { name: (*object).to_owned() });
    };
    let names: Vec<&str> = rest.iter().copied().filter(|part| !matches!(*part, "properties" | "items")).collect();
    if names.is_empty() {
        return Target::Open { dataset };
    }
    descend(dataset, &names, |property, name| matches(&property.id, &property.name, name))
}

fn descend<'a>(dataset: &'a SchemaObject, names: &[&str], is: impl Fn(&Property, &str) -> bool) -> Target<'a> {
    let mut properties = dataset.properties.as_slice();
    let mut found: Option<&Property> = None;
    for name in names {
        if properties.is_empty() {
            return Target::Open { dataset };
        }
        let Some(property) = properties.iter().find(|property| is(property, name)) else {
            let known = properties.iter().filter_map(|property| property.name.as_deref());
            let near = super::suggest::nearest(name, known).map(str::to_owned);
            let dataset = dataset.name.clone().unwrap_or_default();
            return Target::Missing(Missing::Column { dataset, name: (*name).to_owned(), near });
        };
        let items = property.items.as_deref().map(|items| items.properties.as_slice());
        properties = if property.properties.is_empty() { items.unwrap_or_default() } else { &property.properties };
        found = Some(property);
    }
    found.map_or(Target::Open { dataset }, |property| Target::Column { dataset, property })
}

/// A column that an end names twice.
pub(super) fn named_twice(end: &OneOrMany) -> Option<&str> {
    let mut seen = std::collections::HashSet::new();
    end.items().iter().find(|item| !seen.insert(item.as_str())).map(String::as_str)
}
