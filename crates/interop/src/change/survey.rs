//! New contracts beside those in force: which each of them replaces, what it changes, and which version it must have.

use contract::diff::{Bump, Report, raised, with_version};
use contract::{Contract, Diagnostic};

use super::Side;
use super::check::{Pinned, at, pinned};
use super::judge::{compare, side};
use crate::codes;
use crate::openspec::{SPECS, Tree, is_contract};

/// A contract as somebody wants it to be.
#[derive(Debug, Clone, Copy)]
pub struct NewContract<'a> {
    /// As the caller calls the file.
    pub path: &'a str,
    pub text: &'a str,
    /// Where a contract that is new shall live; of one that exists, where it is.
    pub capability: Option<&'a str>,
}

/// A contract with what proposing it needs to know.
#[derive(Debug, Clone)]
pub struct Proposed {
    pub capability: String,
    /// The name beside `spec.md`.
    pub file: String,
    pub text: String,
    pub new: Side,
    pub datasets: Vec<String>,
    pub old: Option<Side>,
    pub pinned: Option<Pinned>,
    pub report: Option<Report>,
    /// The version that the file had, where it was not enough and was raised.
    pub raised_from: Option<String>,
    /// Who approves, first and second, as the contract in force says; of a new one as it says itself.
    pub contract: Contract,
}

impl Proposed {
    /// Of the contract in force or to be.
    pub fn path(&self) -> String {
        format!("{SPECS}/{}/{}", self.capability, self.file)
    }
}

/// All that is wrong is told; then nothing is proposed.
pub fn survey(tree: &Tree, new: &[NewContract<'_>]) -> Result<Vec<Proposed>, Vec<Diagnostic>> {
    let (pins, _) = pinned(tree);
    let in_force: Vec<(&str, Contract)> =
        tree.contracts().into_iter().filter_map(|path| Some((path, Contract::read(tree.text(path)?).0?))).collect();
    let (mut all, mut wrong) = (Vec::new(), Vec::new());
    for contract in new {
        match one(tree, contract, &in_force, &pins) {
            Ok(proposed) => all.push(proposed),
            Err(found) => wrong.extend(found),
        }
    }
    if wrong.is_empty() { Ok(all) } else { Err(wrong) }
}

fn one(
    tree: &Tree,
    from: &NewContract<'_>,
    in_force: &[(&str, Contract)],
    pins: &std::collections::BTreeMap<String, Pinned>,
) -> Result<Proposed, Vec<Diagnostic>> {
    let loaded = contract::load(from.path, from.text);
    let wrong: Vec<Diagnostic> =
        loaded.diagnostics.iter().filter(|d| d.is_error() && !d.element.contains("relationships")).cloned().collect();
    let Some(contract) = loaded.contract.filter(|_| wrong.is_empty()) else { return Err(wrong) };
    let id = contract.document.id.clone().unwrap_or_default();
    let old = in_force.iter().find(|(_, old)| old.document.id.as_deref() == Some(id.as_str()));
    let (capability, file) = match old {
        Some((path, _)) => split(path),
        None => (home(from, &contract), name(from, &contract)),
    };
    let path = format!("{SPECS}/{capability}/{file}");
    if old.is_none() && tree.files.contains_key(&path) {
        let message = format!("{path} is there already, and its id is another than `{id}`");
        let help = "the id says which contract is replaced: keep it, or give the file another name";
        return Err(vec![at(from.path, contract.span_of("id").line, &codes::CHANGE_DIGEST, message, help.into())]);
    }
    let old_bytes = old.and_then(|(path, _)| tree.files.get(*path));
    if old_bytes.is_some_and(|bytes| bytes == from.text.as_bytes()) {
        let message = format!("this is {path}, byte for byte: nothing changes");
        return Err(vec![at(
            from.path,
            1,
            &codes::CHANGE_EMPTY,
            message,
            "edit a copy of it, and propose that".into(),
        )]);
    }
    let mut text = from.text.to_owned();
    let mut read = contract;
    let mut report = old.map(|(path, old)| compare(path, old, from.path, &read));
    let mut raised_from = None;
    version(from, &read, old.map(|(_, old)| old), report.as_ref())?;
    if let Some(higher) = report.as_ref().filter(|report| !report.version.enough).and_then(enough)
        && let Some(with) = with_version(&text, &read, &higher)
        && let (Some(again), _) = Contract::read(&with)
    {
        raised_from = report.as_ref().and_then(|report| report.version.new.clone());
        report = old.map(|(path, old)| compare(path, old, from.path, &again));
        (text, read) = (with, again);
    }
    Ok(Proposed {
        new: side(&read, text.as_bytes()),
        datasets: loaded.datasets.iter().map(|dataset| dataset.name.clone()).collect(),
        old: old.zip(old_bytes).map(|((_, old), bytes)| side(old, bytes)),
        pinned: pins.get(&path).cloned(),
        contract: read,
        capability,
        file,
        text,
        report,
        raised_from,
    })
}

/// Versions that nothing can make right here.
fn version(
    from: &NewContract<'_>,
    new: &Contract,
    old: Option<&Contract>,
    report: Option<&Report>,
) -> Result<(), Vec<Diagnostic>> {
    let compares = |version: &str| raised(version, Bump::Patch).is_some();
    let line = new.span_of("version").line;
    let now = new.version_text();
    let refused = |code, message: String, help: &str| Err(vec![at(from.path, line, code, message, help.to_owned())]);
    if old.is_none_or(|old| compares(&old.version_text())) && !compares(&now) {
        let message = format!("`{now}` is no version that can be compared with others");
        return refused(&codes::VERSION_NOT_ENOUGH, message, "write it as three numbers, such as 1.1.0");
    }
    match report.map(|report| &report.version).filter(|version| !version.enough && version.needed == Bump::None) {
        None => Ok(()),
        Some(version) => {
            let old = version.old.clone().unwrap_or_default();
            let message = format!("nothing changes but the version, and {now} goes back behind {old}");
            refused(&codes::CHANGE_EMPTY, message, "change something, or leave the version as it is")
        }
    }
}

/// The lowest version that says as much as changed.
fn enough(report: &Report) -> Option<String> {
    let old = report.version.old.as_deref()?;
    match report.version.needed {
        Bump::None => None,
        needed => raised(old, needed),
    }
}

fn split(path: &str) -> (String, String) {
    let inner = path.trim_start_matches(SPECS).trim_start_matches('/');
    let (capability, file) = inner.rsplit_once('/').unwrap_or(("", inner));
    (capability.to_owned(), file.to_owned())
}

/// The capability of a new contract: as said, else after its name.
fn home(from: &NewContract<'_>, contract: &Contract) -> String {
    match from.capability {
        Some(capability) => capability.trim_matches('/').to_owned(),
        None => slug(contract.document.name.as_deref().or(contract.document.id.as_deref()).unwrap_or("contract")),
    }
}

fn name(from: &NewContract<'_>, contract: &Contract) -> String {
    let file = from.path.rsplit(['/', '\\']).next().unwrap_or(from.path);
    match is_contract(file) && !file.starts_with('.') {
        true => file.to_owned(),
        false => format!("{}.odcs.yaml", slug(contract.document.name.as_deref().unwrap_or("contract"))),
    }
}

/// Lower-case words joined by hyphens, of the last part of an urn.
pub(super) fn slug(text: &str) -> String {
    let last = text.rsplit([':', '/']).next().unwrap_or(text);
    let mut slug = String::new();
    for character in last.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "contract".to_owned() } else { slug.to_owned() }
}
