//! Where a version of a dataset comes from: which files, which versions of other datasets, under which contracts, through
//! all steps. A fold over the publications in the ledger.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use contract::ContractRef;
use serde::Serialize;

use crate::event::StagePublished;
use crate::position::{FILES, FileRef, Position};

/// More versions than this are not followed; the rest is counted.
const VERSIONS_MAX: usize = 10_000;

/// A publication and when the ledger heard of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Publication {
    pub time_ms: i64,
    pub event: StagePublished,
}

/// One version of a dataset's table, and what it was made of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Version {
    pub dataset: String,
    /// Of the table.
    pub version: i64,
    pub run: String,
    pub published_ms: i64,
    pub contract: ContractRef,
    pub fingerprint: String,
    pub rows: u64,
    /// Versions of other datasets, as far as they were read.
    pub inputs: Vec<TableInput>,
    /// Files that this publication read.
    pub files: Vec<FileRef>,
    /// What stands in the table besides: increments before this one, the oldest first.
    pub before: Vec<Increment>,
    /// Written after a crash, from the table's own commit.
    pub repaired: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct TableInput {
    pub dataset: String,
    /// Up to this version.
    pub version: i64,
    /// As far as the publication before this one had read it; what lies between is new.
    pub since: Option<i64>,
}

/// An earlier publication whose rows are still in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Increment {
    pub version: i64,
    pub run: String,
    pub contract: ContractRef,
    pub files: Vec<FileRef>,
}

/// All versions that one goes back to, itself first.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Origin {
    pub versions: Vec<Version>,
    /// Inputs of which the ledger knows no publication at or before that version.
    pub unknown: Vec<TableInput>,
    /// Versions that were not followed any more.
    pub left_out: usize,
}

impl Origin {
    /// Every file that the version goes back to, with the dataset that read it; sorted.
    pub fn files(&self) -> Vec<(&str, &FileRef)> {
        let mut files: BTreeSet<(&str, &FileRef)> = BTreeSet::new();
        for version in &self.versions {
            let all = version.files.iter().chain(version.before.iter().flat_map(|increment| &increment.files));
            files.extend(all.map(|file| (version.dataset.as_str(), file)));
        }
        files.into_iter().collect()
    }

    /// Every contract that it was made under; sorted.
    pub fn contracts(&self) -> Vec<(&str, &ContractRef)> {
        let mut contracts: BTreeMap<(&str, &str, &str), &ContractRef> = BTreeMap::new();
        for version in &self.versions {
            let all = version.before.iter().map(|increment| &increment.contract).chain([&version.contract]);
            for contract in all {
                contracts.insert((&version.dataset, &contract.version, &contract.digest), contract);
            }
        }
        contracts.into_iter().map(|((dataset, ..), contract)| (dataset, contract)).collect()
    }
}

/// What a publication of a run was made of; not followed further.
pub fn made(history: &History, event: &StagePublished, time_ms: i64) -> Version {
    let before = history.before(event);
    version(event, time_ms, before)
}

/// Follows a version of a dataset back to the files. `None` when nothing of it is known at or before that version.
pub fn origin(history: &History, dataset: &str, version_wanted: Option<i64>) -> Option<Origin> {
    let first = history.at(dataset, version_wanted.unwrap_or(i64::MAX))?;
    let mut origin = Origin::default();
    let mut seen: BTreeSet<(String, i64)> = BTreeSet::from([(dataset.to_owned(), first.event.version)]);
    let mut open: VecDeque<&Publication> = VecDeque::from([first]);
    while let Some(publication) = open.pop_front() {
        if origin.versions.len() >= VERSIONS_MAX {
            origin.left_out += 1;
            continue;
        }
        let made = version(&publication.event, publication.time_ms, history.before(&publication.event));
        for input in &made.inputs {
            match history.at(&input.dataset, input.version) {
                Some(from) => {
                    if seen.insert((input.dataset.clone(), from.event.version)) {
                        open.push_back(from);
                    }
                }
                None => origin.unknown.push(input.clone()),
            }
        }
        origin.versions.push(made);
    }
    origin.unknown.sort();
    origin.unknown.dedup();
    Some(origin)
}

/// The publications by dataset, in the order of their versions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    by_dataset: BTreeMap<String, Vec<Publication>>,
}

impl History {
    /// In the order of the ledger. A table that was dropped and built anew begins its versions again: what came before is
    /// another table's.
    pub fn new(publications: impl IntoIterator<Item = Publication>) -> Self {
        let mut by_dataset: BTreeMap<String, Vec<Publication>> = BTreeMap::new();
        for publication in publications {
            let known = by_dataset.entry(publication.event.dataset.clone()).or_default();
            // The same commit may be told twice, when an answer was lost.
            known.retain(|one| one.event.version < publication.event.version);
            known.push(publication);
        }
        Self { by_dataset }
    }

    /// The newest publication at or before a version.
    fn at(&self, dataset: &str, version: i64) -> Option<&Publication> {
        self.by_dataset.get(dataset)?.iter().rev().find(|publication| publication.event.version <= version)
    }

    /// Earlier increments of the same table, of the same making, since it was last read whole.
    fn before(&self, event: &StagePublished) -> Vec<&Publication> {
        if event.files_all {
            return Vec::new();
        }
        let known = self.by_dataset.get(&event.dataset).map(Vec::as_slice).unwrap_or_default();
        let mut before = Vec::new();
        for publication in known.iter().rev().filter(|publication| publication.event.version < event.version) {
            if publication.event.definition != event.definition {
                break;
            }
            before.push(publication);
            if publication.event.files_all {
                break;
            }
        }
        before.reverse();
        before
    }
}

fn version(event: &StagePublished, time_ms: i64, before: Vec<&Publication>) -> Version {
    let previous = before.last().map(|publication| &publication.event.positions);
    let is_source = event.positions.contains_key(FILES);
    let input = |(name, position): (&String, &Position)| {
        let since = previous.and_then(|positions| positions.get(name)).and_then(Position::version);
        Some(TableInput { dataset: name.clone(), version: position.version()?, since })
    };
    let increment = |publication: &&Publication| Increment {
        version: publication.event.version,
        run: publication.event.run.clone(),
        contract: publication.event.contract.clone(),
        files: publication.event.files.clone(),
    };
    Version {
        dataset: event.dataset.clone(),
        version: event.version,
        run: event.run.clone(),
        published_ms: time_ms,
        contract: event.contract.clone(),
        fingerprint: event.fingerprint.clone(),
        rows: event.counts.rows_passed,
        inputs: event.positions.iter().filter_map(input).collect(),
        files: event.files.clone(),
        // A position in a table covers what was read before; files are told increment by increment.
        before: if is_source { before.iter().map(increment).collect() } else { Vec::new() },
        repaired: event.repaired,
    }
}

#[cfg(test)]
mod tests;
