//! Tests of `origin`.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::state::Definition;
use crate::verdict::Counts;

fn contract(version: &str) -> ContractRef {
    ContractRef { id: "c".into(), version: version.into(), digest: format!("sha256:{version}") }
}

fn file(path: &str) -> FileRef {
    FileRef { path: path.into(), size: 1, modified_ms: 1, hash: None }
}

/// A publication of `dataset` at `version`; `inputs` are tables and how far they were read.
fn publication(dataset: &str, version: i64, inputs: &[(&str, i64)], files: &[&str]) -> Publication {
    let mut positions: BTreeMap<String, Position> =
        inputs.iter().map(|(name, version)| ((*name).to_owned(), Position::Table { version: *version })).collect();
    if inputs.is_empty() {
        positions.insert(FILES.into(), Position::Files { count: 1, digest: "d".into() });
    }
    let event = StagePublished {
        run: format!("run-{dataset}-{version}"),
        dataset: dataset.into(),
        contract: contract("1.0.0"),
        sequence: 1,
        version,
        fingerprint: "f".into(),
        definition: Definition::default(),
        terms: None,
        before: None,
        positions,
        files: files.iter().map(|path| file(path)).collect(),
        files_all: false,
        counts: Counts::default(),
        verdicts: Vec::new(),
        seconds: 0.0,
        repaired: false,
    };
    Publication { time_ms: version, event }
}

fn paths(origin: &Origin) -> Vec<&str> {
    origin.files().iter().map(|(_, file)| file.path.as_str()).collect()
}

/// Two increments of `raw`, read by `mid` after each, and by `out` only after the first.
fn history() -> History {
    History::new([
        publication("raw", 0, &[], &["a.csv"]),
        publication("mid", 0, &[("raw", 0)], &[]),
        publication("out", 0, &[("mid", 0), ("raw", 0)], &[]),
        publication("raw", 1, &[], &["b.csv"]),
        publication("mid", 1, &[("raw", 1)], &[]),
    ])
}

#[test]
fn through_several_steps_to_the_files_of_that_time() {
    let history = history();
    let out = origin(&history, "out", None).unwrap();
    let names: Vec<String> = out.versions.iter().map(|one| format!("{}@{}", one.dataset, one.version)).collect();
    assert_eq!(names, ["out@0", "mid@0", "raw@0"]);
    assert_eq!(paths(&out), ["a.csv"]);
    let mid = origin(&history, "mid", None).unwrap();
    assert_eq!(paths(&mid), ["a.csv", "b.csv"]);
    assert_eq!(mid.versions[0].inputs, [TableInput { dataset: "raw".into(), version: 1, since: Some(0) }]);
    assert_eq!(paths(&origin(&history, "mid", Some(0)).unwrap()), ["a.csv"]);
    assert!(origin(&history, "nowhere", None).is_none());
    assert!(origin(&history, "out", Some(-1)).is_none());
}

#[test]
fn a_table_that_was_read_whole_forgets_what_was_before() {
    let mut whole = publication("raw", 2, &[], &["b.csv", "c.csv"]);
    whole.event.files_all = true;
    whole.event.contract = contract("2.0.0");
    let mut history = history();
    history =
        History::new(history.by_dataset.into_values().flatten().chain([whole, publication("raw", 3, &[], &["d.csv"])]));
    let raw = origin(&history, "raw", None).unwrap();
    assert_eq!(paths(&raw), ["b.csv", "c.csv", "d.csv"]);
    let versions: Vec<&str> = raw.contracts().iter().map(|(_, contract)| contract.version.as_str()).collect();
    assert_eq!(versions, ["1.0.0", "2.0.0"]);
    // Another definition is another table, too.
    let mut other = publication("raw", 4, &[], &["e.csv"]);
    other.event.definition.contract = "another".into();
    let history = History::new(history.by_dataset.into_values().flatten().chain([other]));
    assert_eq!(paths(&origin(&history, "raw", None).unwrap()), ["e.csv"]);
}

#[test]
fn what_the_ledger_does_not_know_is_said() {
    let lost = History::new([publication("out", 5, &[("mid", 7)], &[])]);
    let origin = origin(&lost, "out", None).unwrap();
    assert_eq!(origin.unknown, [TableInput { dataset: "mid".into(), version: 7, since: None }]);
}

#[test]
fn a_commit_told_twice_counts_once_and_a_new_table_begins_again() {
    let twice = [publication("raw", 0, &[], &["a.csv"]), publication("raw", 0, &[], &["a.csv"])];
    let history = History::new(twice.into_iter().chain([publication("raw", 1, &[], &["b.csv"])]));
    assert_eq!(origin(&history, "raw", None).unwrap().versions[0].before.len(), 1);
    let history =
        History::new(history.by_dataset.into_values().flatten().chain([publication("raw", 0, &[], &["new.csv"])]));
    assert_eq!(paths(&origin(&history, "raw", None).unwrap()), ["new.csv"]);
}

proptest! {
    /// However datasets read each other, also in circles, it ends, and each version is told once.
    #[test]
    fn it_ends(reads in prop::collection::vec((0usize..5, 0i64..6, 0usize..5, 0i64..8), 0..40)) {
        let name = |number: usize| format!("d{number}");
        let history = History::new(reads.iter().map(|(of, version, from, read)| {
            publication(&name(*of), *version, &[(name(*from).as_str(), *read)], &[])
        }));
        for number in 0..5 {
            let Some(origin) = origin(&history, &name(number), None) else { continue };
            let mut seen: Vec<(String, i64)> =
                origin.versions.iter().map(|version| (version.dataset.clone(), version.version)).collect();
            seen.sort();
            let count = seen.len();
            seen.dedup();
            prop_assert_eq!(seen.len(), count);
        }
    }
}
