//! Prints how long a run with nothing to do waits for its SQLite ledger: open, state and files of 1,000 datasets.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::time::Instant;

use contract::ContractRef;
use ledger::Ledger;
use pipeline::event::StagePublished;
use pipeline::state::Definition;
use pipeline::{Counts, Event, FileRef, Position};

const DATASETS: usize = 1_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for (files, whole) in [(1, true), (365, true), (365, false)] {
        let folder = tempfile::tempdir()?;
        let mut ledger = Ledger::open("sqlite:ledger.db", folder.path())?;
        let started = Instant::now();
        if whole {
            ledger.append(0, &(0..DATASETS).map(|n| published(n, 0..files, true)).collect::<Vec<_>>())?;
        } else {
            // One file a day, as it happens in a year of runs.
            for day in 0..files {
                ledger.append(0, &(0..DATASETS).map(|n| published(n, day..day + 1, false)).collect::<Vec<_>>())?;
            }
        }
        let appended = started.elapsed();
        drop(ledger);
        let started = Instant::now();
        let mut ledger = Ledger::open("sqlite:ledger.db", folder.path())?;
        let opened = started.elapsed();
        let datasets = ledger.state()?.len();
        let state = started.elapsed() - opened;
        let read: usize = ledger.files_all()?.values().map(Vec::len).sum();
        let all = started.elapsed();
        println!(
            "{datasets} datasets, {read} files: append {appended:.1?}; open {opened:.1?} + state {state:.1?} + files {:.1?} = {all:.1?}",
            all - opened - state
        );
    }
    Ok(())
}

fn published(dataset: usize, files: std::ops::Range<usize>, files_all: bool) -> Event {
    let digest = format!("sha256:{dataset:064x}");
    let definition =
        Definition { made: digest.clone(), contract: digest.clone(), table: digest.clone(), engine: digest.clone() };
    let files = files.map(|n| FileRef {
        path: format!("landing/dataset-{dataset:04}/year=2026/part-{n:06}.csv.gz"),
        size: 1_000_000 + n as u64,
        modified_ms: 1_790_000_000_000,
        hash: Some(format!("xxh3:{n:016x}")),
    });
    Event::StagePublished(Box::new(StagePublished {
        run: "0192f1c0-0000-7000-8000-000000000000".to_owned(),
        dataset: format!("dataset-{dataset:04}"),
        contract: ContractRef { id: "contract".to_owned(), version: "1.0.0".to_owned(), digest: digest.clone() },
        sequence: 1,
        version: 1,
        fingerprint: digest.clone(),
        definition,
        terms: None,
        before: None,
        positions: BTreeMap::from([("files".to_owned(), Position::Files { count: 1, digest })]),
        files: files.collect(),
        files_all,
        counts: Counts::default(),
        verdicts: Vec::new(),
        seconds: 1.0,
        repaired: false,
    }))
}
