//! A project as it would be if something were changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use contract::privacy::Protection;
use contract::{Column, Dataset};
use engine::{Error, Kind, Result};
use pipeline::Made;
use pipeline::impact::{Change, ChangeKind, promises};

use crate::Workspace;

/// The way in which something is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// Somehow.
    Changed,
    Removed,
    Renamed(String),
    Retyped(String),
    /// The contract promises nothing of its values any more.
    Loosened,
    Reclassified(String),
    /// Its values are kept in this way: a method's word, or what a contract would say as JSON; `none` is in the clear.
    Protected(String),
}

/// A dataset of the project, or one of its columns.
type Subject = (String, Option<String>);

/// What `DATASET`, `DATASET.COLUMN`, a model's path, or a contract's id or path names.
pub fn subjects(workspace: &Workspace, target: &str) -> Result<Vec<Subject>> {
    let project = &workspace.project;
    let target = target.strip_prefix("./").unwrap_or(target);
    if project.datasets.contains_key(target) {
        return Ok(vec![(target.to_owned(), None)]);
    }
    let whole = |fits: &dyn Fn(&pipeline::DatasetSpec) -> bool| -> Vec<Subject> {
        project.datasets.values().filter(|spec| fits(spec)).map(|spec| (spec.name.clone(), None)).collect()
    };
    let by_model = whole(&|spec| matches!(&spec.made, Made::Model(model) if model.path == target));
    let by_contract =
        whole(&|spec| spec.contract.contract.id == target || workspace.contract_path(&spec.name) == Some(target));
    if let Some(found) = [by_model, by_contract].into_iter().find(|found| !found.is_empty()) {
        return Ok(found);
    }
    let Some((dataset, column)) =
        target.rsplit_once('.').filter(|(dataset, _)| project.datasets.contains_key(*dataset))
    else {
        let names: Vec<&str> = project.datasets.keys().map(String::as_str).collect();
        return Err(Error::new(Kind::Input, format!("there is no dataset, model or contract `{target}`"))
            .help(format!("the project has: {}; a column is DATASET.COLUMN", names.join(", "))));
    };
    let columns = project.datasets.get(dataset).map(|spec| spec.contract.columns.as_slice()).unwrap_or_default();
    if columns.iter().any(|known| known.name == column) {
        return Ok(vec![(dataset.to_owned(), Some(column.to_owned()))]);
    }
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    Err(Error::new(Kind::Input, format!("dataset `{dataset}` has no column `{column}`"))
        .help(format!("it has: {}", names.join(", "))))
}

/// The project after, and what is different in it.
pub fn suppose(workspace: &Workspace, target: &str, how: &How) -> Result<(Workspace, Vec<Change>)> {
    let mut contracts = workspace.contracts.clone();
    let mut without: BTreeSet<String> = BTreeSet::new();
    let mut changes = Vec::new();
    for (dataset, column) in subjects(workspace, target)? {
        let own = workspace.contract_name(&dataset).to_owned();
        let Some(contract) = contracts.get(&own) else { continue };
        let Some(column) = column else {
            whole(&dataset, &own, how, &mut contracts, &mut without, &mut changes)?;
            continue;
        };
        let (changed, kind) = one(contract, &column, how)?;
        contracts.insert(own.clone(), Arc::new(changed));
        // Others may be held by the same contract.
        let sharing = workspace.project.datasets.keys().filter(|name| workspace.contract_name(name) == own);
        changes.extend(sharing.map(|name| Change::of_column(name, &column, kind.clone())));
    }
    if changes.is_empty() {
        return Err(Error::new(Kind::Input, format!("`{target}` promises nothing that could be loosened")));
    }
    Ok((workspace.supposed(contracts, without)?, changes))
}

fn whole(
    dataset: &str,
    own: &str,
    how: &How,
    contracts: &mut BTreeMap<String, Arc<Dataset>>,
    without: &mut BTreeSet<String>,
    changes: &mut Vec<Change>,
) -> Result<()> {
    let Some(contract) = contracts.get(own).cloned() else { return Ok(()) };
    match how {
        How::Changed => changes.push(Change::of_dataset(dataset, ChangeKind::Changed)),
        How::Removed => {
            without.insert(dataset.to_owned());
            changes.push(Change::of_dataset(dataset, ChangeKind::Removed));
        }
        How::Renamed(to) => {
            without.insert(dataset.to_owned());
            changes.push(Change::of_dataset(dataset, ChangeKind::Renamed { to: to.clone() }));
        }
        How::Retyped(_) => {
            return Err(Error::new(Kind::Input, format!("`{dataset}` is a dataset, and only a column has a type"))
                .help("name a column as DATASET.COLUMN"));
        }
        How::Loosened | How::Reclassified(_) | How::Protected(_) => {
            let mut changed = Dataset::clone(&contract);
            for column in &contract.columns {
                if *how == How::Loosened && promises(&contract, Some(column)).is_empty() {
                    continue;
                }
                let (next, kind) = one(&changed, &column.name, how)?;
                changed = next;
                changes.push(Change::of_column(dataset, &column.name, kind));
            }
            let of_rows = promises(&contract, None);
            if *how == How::Loosened && !of_rows.is_empty() {
                changes.push(Change::of_dataset(dataset, ChangeKind::Loosened { promises: of_rows }));
            }
            contracts.insert(own.to_owned(), Arc::new(changed));
        }
    }
    Ok(())
}

/// The dataset with one column changed. The column's own checks go with what they were about.
fn one(dataset: &Dataset, name: &str, how: &How) -> Result<(Dataset, ChangeKind)> {
    let mut changed = dataset.clone();
    let old = dataset.column(name).cloned();
    let (Some(old), Some(column)) = (old, changed.columns.iter_mut().find(|column| column.name == name)) else {
        return Err(Error::new(Kind::Bug, format!("`{}` lost its column `{name}`", dataset.name)));
    };
    let kind = match how {
        How::Changed => return Ok((changed, ChangeKind::Changed)),
        How::Removed => {
            changed.columns.retain(|column| column.name != name);
            changed.primary_key.retain(|column| column != name);
            ChangeKind::Removed
        }
        How::Renamed(to) => {
            if dataset.column(to).is_some() {
                return Err(Error::new(Kind::Input, format!("`{}` has a column `{to}` already", dataset.name)));
            }
            column.name.clone_from(to);
            changed.primary_key.iter_mut().filter(|column| *column == name).for_each(|column| column.clone_from(to));
            ChangeKind::Renamed { to: to.clone() }
        }
        How::Retyped(to) => {
            let to = contract::compile::type_named(to).ok_or_else(|| {
                Error::new(Kind::Input, format!("`{to}` is not a type"))
                    .help("write it as a contract or a database does: string, bigint, decimal(10,2), timestamp")
            })?;
            column.data_type = to.clone();
            ChangeKind::Retyped { from: old.data_type.to_string(), to: to.to_string() }
        }
        How::Loosened => {
            let promises = promises(dataset, Some(&old));
            if promises.is_empty() {
                return Err(Error::new(
                    Kind::Input,
                    format!("the contract promises nothing of `{}.{name}`", dataset.name),
                )
                .help("only what is required, or has checks, can be loosened"));
            }
            column.required = false;
            ChangeKind::Loosened { promises }
        }
        How::Reclassified(to) => {
            column.classification = Some(to.clone());
            column.privacy.classes = vec![to.clone()];
            column.privacy.declassified = None;
            return Ok((changed, ChangeKind::Reclassified { from: old.classification, to: Some(to.clone()) }));
        }
        How::Protected(way) => {
            let protection = protection(way, &old)?;
            let word = |way: &Option<Protection>| way.as_ref().map(ToString::to_string);
            let kind = ChangeKind::Protected { from: word(&old.privacy.protection), to: word(&protection) };
            column.privacy.protection = protection;
            return Ok((changed, kind));
        }
    };
    changed.checks.retain(|check| !check.is_about(name));
    Ok((changed, kind))
}

/// As it stands on the command line.
fn protection(way: &str, column: &Column) -> Result<Option<Protection>> {
    if way == "none" {
        return Ok(None);
    }
    let said = serde_json::from_str(way).ok().filter(serde_json::Value::is_object).unwrap_or_else(|| way.into());
    let help = "write it as a contract does: hash, encrypt, redact, '{\"method\": \"generalise\", \"to\": \"month\"}'; none \
                takes it away";
    let wrong = |why: String| Error::new(Kind::Input, why).help(help);
    let protection = contract::privacy::protection(&said).map_err(wrong)?;
    if !protection.method.fits(&column.data_type) {
        return Err(wrong(format!(
            "`{}` is {}, and {} fits {}",
            column.name,
            column.data_type,
            protection.method.word(),
            protection.method.fitting()
        )));
    }
    Ok(Some(protection))
}
