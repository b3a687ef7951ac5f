//! Whatever is changed by another hand is found, and where.
#![allow(clippy::unwrap_used)]

use pipeline::event::RunOutcome;

use crate::fixtures::{decided, file, held, on_both, open, published, run_ended, run_started};
use crate::verify::Fault;
use crate::{Ledger, Location};

fn filled(location: &Location) -> Ledger {
    let mut ledger = open(location);
    let events = [
        run_started("run-1"),
        held("run-1", "orders", "gate-1", 1),
        decided("gate-1", "orders", false, 1),
        published("run-1", "flights", 1, vec![file("a.csv", 1)], true),
        run_ended("run-1", RunOutcome::Waiting),
    ];
    ledger.append(7, &events).unwrap();
    ledger
}

#[test]
fn a_changed_event_is_found() {
    let reworded = "its text, its time or its hash is not the one that was appended";
    let cases = [
        ("UPDATE event SET body = replace(body, '\"approved\":false', '\"approved\":true') WHERE seq = 3", 3, reworded),
        ("UPDATE event SET body = replace(body, 'ada@', 'eve@') WHERE seq = 3", 3, reworded),
        ("UPDATE event SET time_ms = 8 WHERE seq = 1", 1, reworded),
        ("UPDATE event SET hash = replace(hash, 'a', 'b')", 1, reworded),
        ("UPDATE event SET gate = 'gate-2' WHERE seq = 3", 3, "its columns say something else than its text"),
        ("DELETE FROM event WHERE seq = 3", 3, "it is missing; the next one is 4"),
        ("DELETE FROM event WHERE seq = 5", 5, "the ledger ends at event 4, but 5 were appended"),
        ("INSERT INTO event SELECT 6, time_ms, run, dataset, gate, body, hash FROM event WHERE seq = 5", 6, reworded),
    ];
    on_both(|location| {
        let mut ledger = filled(location);
        let report = ledger.verify().unwrap();
        assert!(report.is_whole() && report.events == 5, "{report:?}");
        ledger.backend.batch("CREATE TABLE kept AS SELECT * FROM event").unwrap();
        for (tamper, seq, what) in cases {
            ledger.backend.batch(tamper).unwrap();
            let report = ledger.verify().unwrap();
            assert_eq!(report.fault, Some(Fault { seq, what: what.to_owned() }), "{tamper}");
            assert_eq!(report.events, seq - 1, "{tamper}");
            ledger.backend.batch("DELETE FROM event; INSERT INTO event SELECT * FROM kept").unwrap();
        }
        assert!(ledger.verify().unwrap().is_whole());
    });
}

#[test]
fn a_changed_fold_is_found_and_made_anew() {
    let cases = [
        ("UPDATE gate SET state = 'approved'", "gate"),
        ("UPDATE dataset SET published = replace(published, 'print', 'tnirp')", "dataset"),
        ("DELETE FROM file_chunk", "file_chunk"),
        ("UPDATE run SET outcome = 'done'", "run"),
        ("INSERT INTO run_stage VALUES ('run-1', 'x', 'published', 1, 1, 1)", "run_stage"),
    ];
    on_both(|location| {
        let mut ledger = filled(location);
        for (tamper, fold) in cases {
            ledger.backend.batch(tamper).unwrap();
            assert_eq!(ledger.verify().unwrap().folds_changed, [fold], "{tamper}");
            assert_eq!(ledger.rebuild().unwrap(), 5);
            assert!(ledger.verify().unwrap().is_whole(), "{tamper}");
        }
    });
}

#[test]
fn a_broken_chain_is_not_folded() {
    on_both(|location| {
        let mut ledger = filled(location);
        ledger.backend.batch("UPDATE event SET body = replace(body, 'false', 'true') WHERE seq = 3").unwrap();
        let before = ledger.gates(crate::GateFilter::All).unwrap().len();
        let error = ledger.rebuild().unwrap_err();
        assert!(error.message.starts_with("event 3 of the ledger was changed"), "{error}");
        assert_eq!(ledger.gates(crate::GateFilter::All).unwrap().len(), before);
    });
}

#[test]
fn the_head_tells_two_histories_apart() {
    on_both(|location| {
        let mut ledger = filled(location);
        let head = ledger.verify().unwrap().head;
        assert_eq!(head, ledger.events(5, 1).unwrap()[0].hash);
        ledger.append(8, &[run_started("run-2")]).unwrap();
        assert_ne!(head, ledger.verify().unwrap().head);
    });
}
