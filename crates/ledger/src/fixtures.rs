//! What the ledger's tests share: a ledger on either database, and events, built or drawn from a seed.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;

use contract::ContractRef;
use pipeline::change::{ChangeEvent, ChangeStep};
use pipeline::decide::GateKind;
use pipeline::drift::{Look, Side};
use pipeline::event::{RunOutcome, StageHeld, StagePublished};
use pipeline::gate::{GateEvent, GateStep};
use pipeline::state::Definition;
use pipeline::trigger::{Trigger, TriggerKind};
use pipeline::{Counts, Event, FileRef, Position};
use serde_json::json;

use crate::{Ledger, Location};

/// Runs a test on an empty SQLite ledger and on an empty PostgreSQL one.
pub(crate) fn on_both(test: impl Fn(&Location)) {
    on_sqlite(&test);
    on_postgres(&test);
}

pub(crate) fn on_sqlite(test: impl Fn(&Location)) {
    let folder = tempfile::tempdir().unwrap();
    test(&Location::parse("sqlite:.plimsoll/ledger.db", folder.path()).unwrap());
}

pub(crate) fn on_postgres(test: impl Fn(&Location)) {
    if let Some(server) = testkit::Postgres::shared() {
        test(&Location::parse(&server.database(), Path::new("")).unwrap());
    }
}

pub(crate) fn open(location: &Location) -> Ledger {
    Ledger::open_at(location).unwrap()
}

pub(crate) fn file(path: &str, size: u64) -> FileRef {
    FileRef { path: path.to_owned(), size, modified_ms: 1_700_000_000_000, hash: Some(format!("xxh3:{size:016x}")) }
}

pub(crate) fn published(run: &str, dataset: &str, sequence: u64, files: Vec<FileRef>, files_all: bool) -> Event {
    Event::StagePublished(Box::new(StagePublished {
        run: run.to_owned(),
        dataset: dataset.to_owned(),
        contract: ContractRef { id: dataset.to_owned(), version: "1.0.0".to_owned(), digest: "sha256:00".to_owned() },
        sequence,
        version: sequence as i64 + 6,
        fingerprint: format!("print-{dataset}-{sequence}"),
        definition: definition("2"),
        terms: Some(terms()),
        before: None,
        positions: positions(sequence),
        files,
        files_all,
        counts: Counts { rows_read: 10, rows_made: 10, rows_passed: 9, rows_refused: 1, bytes: 512 },
        verdicts: Vec::new(),
        seconds: 0.1 + 0.2,
        repaired: false,
    }))
}

/// Held with the fingerprint that `published` gives the same sequence.
pub(crate) fn held(run: &str, dataset: &str, gate: &str, sequence: u64) -> Event {
    Event::StageHeld(Box::new(StageHeld {
        also: Vec::new(),
        before: None,
        run: run.to_owned(),
        dataset: dataset.to_owned(),
        gate: gate.to_owned(),
        kind: GateKind::DataQuality,
        asks: vec!["7 % of the rows are refused, more than 5 %".to_owned()],
        fingerprint: format!("print-{dataset}-{sequence}"),
        counts: Counts::default(),
        verdicts: Vec::new(),
        seconds: 1.5,
        samples: Vec::new(),
        drift: Vec::new(),
        files: Vec::new(),
        authors: Vec::new(),
        uptime: None,
        rule: None,
        expires_after_ms: None,
        staged: json!({ "commit": { "definition": definition("2"), "positions": positions(sequence) } }),
    }))
}

pub(crate) fn decided(gate: &str, dataset: &str, approved: bool, sequence: u64) -> Event {
    Event::GateDecided {
        gate: gate.to_owned(),
        dataset: dataset.to_owned(),
        approved,
        who: "ada@example.org".to_owned(),
        reason: "known gap at the airport".to_owned(),
        fingerprint: format!("print-{dataset}-{sequence}"),
        held: None,
        nonce: String::new(),
        signature: None,
    }
}

pub(crate) fn run_started(run: &str) -> Event {
    Event::RunStarted { run: run.to_owned(), plan: json!({ "stages": [] }), who: None }
}

pub(crate) fn run_ended(run: &str, outcome: RunOutcome) -> Event {
    Event::RunEnded { run: run.to_owned(), outcome }
}

pub(crate) fn change(id: &str) -> Event {
    Event::Change(Box::new(ChangeEvent::new(id, &"00".repeat(32), "ada", ChangeStep::Proposed)))
}

pub(crate) fn drift(dataset: &str) -> Event {
    let nulls = BTreeMap::from([("amount".to_owned(), 2.5)]);
    Event::Drift(Box::new(Look { dataset: dataset.to_owned(), side: Side::Source, items: Vec::new(), nulls }))
}

pub(crate) fn expired(gate: &str, dataset: &str) -> Event {
    let step = GateStep::Expired { after_ms: 5 };
    Event::Gate(Box::new(GateEvent { gate: gate.to_owned(), dataset: dataset.to_owned(), step }))
}

pub(crate) fn trigger(dataset: &str) -> Event {
    Event::Trigger(Box::new(Trigger {
        kind: TriggerKind::Failures,
        cause: format!("failures of {dataset}"),
        subject: dataset.to_owned(),
        detail: "7 % of the rows".to_owned(),
        dataset: Some(dataset.to_owned()),
        confidence: None,
    }))
}

pub(crate) fn definition(made: &str) -> Definition {
    Definition { made: made.to_owned(), ..Definition::default() }
}

pub(crate) fn positions(sequence: u64) -> BTreeMap<String, Position> {
    BTreeMap::from([(
        "files".to_owned(),
        Position::Files { count: sequence, digest: format!("sha256:{sequence:02x}") },
    )])
}

/// Random numbers from a seed (xorshift64*), so that a failure can be repeated.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % limit
    }

    /// Any event about a few runs, datasets, gates and files; in no sensible order.
    pub(crate) fn event(&mut self) -> Event {
        let run = format!("run-{}", self.below(4));
        let asked = self.below(3);
        let dataset = format!("dataset-{asked}");
        // An id belongs to one dataset; a decision may still name the wrong one.
        let gate = format!("gate-{asked}-{}", self.below(3));
        let sequence = self.below(4);
        match self.below(12) {
            0 => run_started(&run),
            1 => Event::StageStarted { run, dataset },
            2..=4 => {
                let count = self.below(6);
                let files =
                    (0..count).map(|_| file(&format!("in/{:02}.csv", self.below(30)), self.below(100))).collect();
                published(&run, &dataset, sequence, files, self.below(8) == 0)
            }
            5 => held(&run, &dataset, &gate, sequence),
            6 => Event::StageFailed { run, dataset, kind: "outside".to_owned(), message: "no\0answer".to_owned() },
            7 => Event::StageSkipped { run, dataset, reason: "up_to_date".to_owned() },
            8 if self.below(4) == 0 => decided(&gate, "dataset-0", true, sequence),
            8 | 9 => decided(&gate, &dataset, self.below(2) == 0, sequence),
            10 if self.below(2) == 0 => change(&format!("change-{}", self.below(3))),
            10 if self.below(2) == 0 => drift(&dataset),
            10 if self.below(2) == 0 => expired(&gate, &dataset),
            10 if self.below(2) == 0 => trigger(&dataset),
            10 => Event::GateSuperseded { gate, dataset },
            _ => run_ended(&run, RunOutcome::Done),
        }
    }
}

pub(crate) fn terms() -> pipeline::Terms {
    pipeline::Terms {
        encryption: None,
        columns: Vec::new(),
        primary_key: vec!["id".to_owned()],
        checks: Vec::new(),
        table: pipeline::TableSpec {
            write: pipeline::Write::Append,
            key: Vec::new(),
            partition_by: Vec::new(),
            column_mapping: false,
            keep_previous: None,
        },
        threshold: Some(0.25),
        retry: Default::default(),
        incremental: None,
        guards: Default::default(),
    }
}
