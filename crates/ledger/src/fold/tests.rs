//! The folds against the pipeline's own, which is pure, and against themselves made anew.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use pipeline::event::{LedgerState, fold};
use pipeline::state::{GateStatus, Published};
use pipeline::{Event, Position};

use crate::fixtures::{
    Dice, decided, definition, file, held, on_both, on_postgres, on_sqlite, open, positions, published,
};
use crate::{Ledger, LedgerDataset, Location};

fn check(ledger: &mut Ledger, due: &LedgerState) {
    let state = ledger.state().unwrap();
    assert_eq!(state.keys().collect::<Vec<_>>(), due.datasets.keys().collect::<Vec<_>>());
    for (name, due) in &due.datasets {
        let LedgerDataset { published, gate } = &state[name];
        assert_eq!((published, gate), (&due.published, &due.gate), "{name}");
        let files = due.files.values().cloned().collect::<Vec<_>>();
        assert_eq!(ledger.files(name).unwrap(), files, "{name}");
        assert_eq!(ledger.files_all().unwrap().remove(name).unwrap_or_default(), files, "{name}");
    }
}

fn simulate(location: &Location, seed: u64) {
    // Shown only when the test fails.
    #[allow(clippy::print_stdout)]
    {
        println!("seed {seed}");
    }
    let (mut dice, mut appended, mut ledger) = (Dice::new(seed), Vec::new(), open(location));
    for _ in 0..40 {
        let count = dice.below(6);
        let events = (0..count).map(|_| dice.event()).collect::<Vec<_>>();
        ledger.append(1_000, &events).unwrap();
        appended.extend(events);
    }
    let due = fold(appended.iter());
    check(&mut ledger, &due);
    let before = ledger.verify().unwrap();
    assert!(before.is_whole(), "{before:?}");
    assert_eq!(ledger.rebuild().unwrap(), appended.len() as u64);
    check(&mut ledger, &due);
    assert_eq!(ledger.verify().unwrap(), before);
}

#[test]
fn folds_equal_the_pipelines_own_and_themselves_made_anew() {
    (0..40).for_each(|seed| on_sqlite(|location| simulate(location, seed)));
    (40..44).for_each(|seed| on_postgres(|location| simulate(location, seed)));
}

#[test]
fn a_publication_can_be_read_back_whole() {
    on_both(|location| {
        let mut ledger = open(location);
        ledger.append(5, &[published("run-1", "orders", 3, vec![file("a.csv", 1)], true)]).unwrap();
        let due = Published {
            run: "run-1".to_owned(),
            sequence: 3,
            version: 9,
            version_now: 9,
            fingerprint: "print-orders-3".to_owned(),
            definition: definition("2"),
            terms: Some(crate::fixtures::terms()),
            positions: positions(3),
        };
        assert_eq!(ledger.state().unwrap()["orders"], LedgerDataset { published: Some(due), gate: None });
        let publications = ledger.publications().unwrap();
        assert_eq!((publications["orders"].seq, publications["orders"].time_ms), (1, 5));
        assert!(
            matches!(&publications["orders"].event, Event::StagePublished(event) if event.counts.rows_refused == 1)
        );
        let counted = ledger.published_counts().unwrap();
        let told: Vec<_> =
            counted.iter().map(|one| (one.dataset.as_str(), one.version, one.counts.rows_refused)).collect();
        assert_eq!(told, [("orders", 9, 1)]);
    });
}

#[test]
fn a_question_keeps_what_it_was_asked_about() {
    on_both(|location| {
        let mut ledger = open(location);
        ledger.append(5, &[held("run-1", "orders", "gate-1", 4)]).unwrap();
        let gate = ledger.state().unwrap()["orders"].gate.clone().unwrap();
        assert_eq!((gate.kind.as_str(), gate.state), ("data-quality", GateStatus::Waiting));
        assert_eq!((gate.definition, gate.positions), (definition("2"), positions(4)));
    });
}

#[test]
fn a_decision_on_another_fingerprint_is_void() {
    on_both(|location| {
        let mut ledger = open(location);
        ledger.append(5, &[held("run-1", "orders", "gate-1", 4), decided("gate-1", "orders", true, 5)]).unwrap();
        assert_eq!(ledger.state().unwrap()["orders"].gate.as_ref().unwrap().state, GateStatus::Waiting);
        ledger.append(6, &[decided("gate-1", "orders", true, 4)]).unwrap();
        assert_eq!(ledger.state().unwrap()["orders"].gate.as_ref().unwrap().state, GateStatus::Approved);
    });
}

#[test]
fn many_files_arriving_one_by_one_stay_in_few_parts() {
    on_sqlite(|location| {
        let mut ledger = open(location);
        let events = (0..500).map(|day| published("run", "flights", day, vec![file(&format!("{day:05}"), day)], false));
        ledger.append(1, &events.collect::<Vec<_>>()).unwrap();
        assert_eq!(ledger.files("flights").unwrap().len(), 500);
        let parts = ledger.backend.query("SELECT count(*) FROM file_chunk", &[]).unwrap()[0].int(0).unwrap();
        assert!(parts <= 10, "{parts} parts");
    });
}

#[test]
fn a_hundred_thousand_files_are_read_back_and_take_one_more() {
    on_both(|location| {
        let mut ledger = open(location);
        let files = (0..100_000).map(|n| file(&format!("landing/{n:06}.csv.gz"), n)).collect::<Vec<_>>();
        let Event::StagePublished(mut event) = published("run", "flights", 1, files.clone(), true) else { return };
        event.positions =
            BTreeMap::from([("files".to_owned(), Position::Files { count: 100_000, digest: String::new() })]);
        ledger.append(1, &[Event::StagePublished(event)]).unwrap();
        ledger.append(2, &[published("run", "flights", 2, vec![file("landing/000007.csv.gz", 1)], false)]).unwrap();
        let read = ledger.files("flights").unwrap();
        assert_eq!((read.len(), read[7].size, &read[8..]), (100_000, 1, &files[8..]));
    });
}
