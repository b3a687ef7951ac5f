//! Which data belongs to which dataset: as the command line says it, or as a server of the contract does. Pure.

use std::collections::BTreeMap;

use contract::{Contract, Dataset};
use engine::{Error, Kind, Result};

use super::server::{self, Environment};
use super::{TestRequest, no_datasets};

/// Where the data of a dataset is, before anything was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct At {
    pub dataset: String,
    pub place: Where,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Where {
    Files(FilesAt),
    Postgres { url: String, schema: Option<String>, table: String },
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FilesAt {
    /// Paths, globs, folders or URLs; all of them are read. Of a server, the first that exists of alternatives.
    pub patterns: Vec<String>,
    /// Names that files in a folder may have: the dataset's and its physical one.
    pub names: Vec<String>,
    /// Other datasets of the contract lie there too, so files of a folder must have one of the names.
    pub shared: bool,
    pub format: Option<String>,
    pub delimiter: Option<String>,
    pub encoding: Option<String>,
}

/// All data of a test.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Located {
    pub places: Vec<At>,
    /// Datasets that were asked for and have no data.
    pub without_data: Vec<String>,
    /// The server that was chosen.
    pub server: Option<String>,
    /// Object store options that the server sets.
    pub store: BTreeMap<String, String>,
}

/// Finds where the data of the datasets is.
pub fn locate(
    contract: &Contract,
    datasets: &[Dataset],
    request: &TestRequest,
    environment: &Environment<'_>,
) -> Result<Located> {
    let wanted: Vec<&Dataset> = match &request.dataset {
        Some(name) => {
            let named: Vec<&Dataset> = datasets.iter().filter(|dataset| dataset.name == *name).collect();
            if named.is_empty() {
                return Err(unknown(name, datasets));
            }
            named
        }
        None => datasets.iter().collect(),
    };
    if wanted.is_empty() {
        return Err(no_datasets());
    }
    if request.data.is_empty() {
        return server::locate(contract, &wanted, request, environment);
    }
    let mut located = Located::default();
    for given in &request.data {
        let (names, path) = split(given, datasets);
        let to: Vec<&Dataset> = match (names, wanted.as_slice()) {
            (Some(name), _) => datasets.iter().filter(|dataset| dataset.name == name).collect(),
            (None, [only]) => vec![only],
            (None, all) => matching(contract, path, all)?,
        };
        let shared = to.len() > 1;
        for dataset in to {
            add(&mut located, contract, dataset, path, shared, request);
        }
    }
    located.without_data = wanted
        .iter()
        .filter(|dataset| located.places.iter().all(|at| at.dataset != dataset.name))
        .map(|dataset| dataset.name.clone())
        .collect();
    Ok(located)
}

fn add(located: &mut Located, contract: &Contract, dataset: &Dataset, path: &str, shared: bool, request: &TestRequest) {
    let names = names(contract, dataset);
    if is_postgres(path) {
        let (url, schema, table) = postgres_table(path, &names);
        let place = Where::Postgres { url, schema, table };
        located.places.push(At { dataset: dataset.name.clone(), place });
        return;
    }
    let known = located.places.iter_mut().find(|at| at.dataset == dataset.name);
    if let Some(At { place: Where::Files(files), .. }) = known {
        files.patterns.push(path.to_owned());
        return;
    }
    let files = FilesAt {
        patterns: vec![path.to_owned()],
        names,
        shared,
        format: request.format.clone(),
        ..FilesAt::default()
    };
    located.places.push(At { dataset: dataset.name.clone(), place: Where::Files(files) });
}

/// `name=path` where the name is a dataset's; a path may hold an equals sign of its own.
fn split<'a>(given: &'a str, datasets: &[Dataset]) -> (Option<&'a str>, &'a str) {
    match given.split_once('=') {
        Some((name, path)) if datasets.iter().any(|dataset| dataset.name == name) => (Some(name), path),
        _ => (None, given),
    }
}

/// The datasets that a path may hold: those that its file name tells, or all where it names a folder or a database.
fn matching<'a>(contract: &Contract, path: &str, datasets: &[&'a Dataset]) -> Result<Vec<&'a Dataset>> {
    let file = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    if is_postgres(path) || path.ends_with('/') || !file.contains('.') || file.contains(['*', '{']) {
        return Ok(datasets.to_vec());
    }
    let fitting = datasets.iter().filter(|dataset| names(contract, dataset).iter().any(|name| is_named(file, name)));
    // Of `order` and `order_lines`, the longer name is meant by `order_lines.csv`.
    let best = fitting.max_by_key(|dataset| {
        names(contract, dataset).iter().filter(|name| is_named(file, name)).map(String::len).max()
    });
    match best {
        Some(dataset) => Ok(vec![*dataset]),
        None => {
            let listed: Vec<&str> = datasets.iter().map(|dataset| dataset.name.as_str()).collect();
            Err(Error::new(Kind::Input, format!("`{path}` does not say which dataset it is of: {}", listed.join(", ")))
                .help(format!(
                    "write --data {}={path}, or --dataset {}",
                    listed.first().unwrap_or(&"NAME"),
                    listed.first().unwrap_or(&"NAME")
                )))
        }
    }
}

/// Whether a file is called after a dataset: `orders.csv`, `orders-2024.csv.gz`, `ORDERS_1.parquet`.
pub(super) fn is_named(file: &str, name: &str) -> bool {
    let (file, name) = (file.to_ascii_lowercase(), name.to_ascii_lowercase());
    file.strip_prefix(&name).is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphabetic()))
}

/// The dataset's name and its physical one.
pub(super) fn names(contract: &Contract, dataset: &Dataset) -> Vec<String> {
    let object = contract.document.schema.iter().find(|object| object.name.as_deref() == Some(&dataset.name));
    let physical = object.and_then(|object| object.physical_name.clone()).filter(|name| *name != dataset.name);
    std::iter::once(dataset.name.clone()).chain(physical).collect()
}

pub(super) fn is_postgres(path: &str) -> bool {
    path.starts_with("postgres://") || path.starts_with("postgresql://")
}

/// `…?table=schema.name`, or the dataset's physical name.
fn postgres_table(url: &str, names: &[String]) -> (String, Option<String>, String) {
    let named = names.last().cloned().unwrap_or_default();
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let (own, rest): (Vec<&str>, Vec<&str>) =
        query.split('&').filter(|part| !part.is_empty()).partition(|part| part.starts_with("table="));
    let url = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
    let table = own.first().map_or(named, |part| part["table=".len()..].to_owned());
    match table.split_once('.') {
        Some((schema, table)) => (url, Some(schema.to_owned()), table.to_owned()),
        None => (url, None, table),
    }
}

pub(super) fn unknown(name: &str, datasets: &[Dataset]) -> Error {
    let listed: Vec<&str> = datasets.iter().map(|dataset| dataset.name.as_str()).collect();
    Error::new(Kind::Input, format!("the contract has no dataset {name}")).help(format!("it has {}", listed.join(", ")))
}

#[cfg(test)]
mod tests;
