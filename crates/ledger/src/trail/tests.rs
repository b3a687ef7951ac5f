//! What open gates rest on is walked anew, and a hand in it is found out.
#![allow(clippy::unwrap_used)]

use engine::Kind;

use crate::fixtures::{decided, expired, held, on_both, open, published, trigger};
use crate::{GateFilter, GateStage, Ledger};

fn trails(ledger: &mut Ledger) -> engine::Result<Vec<crate::Trail>> {
    let gates = ledger.gates(GateFilter::Open)?;
    ledger.trails(&gates)
}

fn asked(ledger: &mut Ledger) {
    ledger.append(5, &[published("r", "flights", 1, vec![], false)]).unwrap();
    ledger.append(10, &[held("r", "orders", "g-1", 2), trigger("orders"), held("r", "flights", "g-2", 3)]).unwrap();
    ledger.append(30, &[decided("g-1", "orders", true, 2)]).unwrap();
    ledger.append(25, &[decided("g-2", "flights", true, 9), decided("g-1", "orders", false, 2)]).unwrap();
}

#[test]
fn each_gate_has_its_own_events_and_the_latest_time_of_all() {
    on_both(|location| {
        let mut ledger = open(location);
        assert_eq!(trails(&mut ledger).unwrap(), []);
        asked(&mut ledger);
        let found = trails(&mut ledger).unwrap();
        let told: Vec<(Vec<i64>, i64)> = found
            .iter()
            .map(|trail| (trail.events.iter().map(|event| event.time_ms).collect(), trail.newest_ms))
            .collect();
        assert_eq!(told, [(vec![25], 30), (vec![30, 25], 30)]);
        let server = matches!(location, crate::Location::Postgres(_));
        assert!(found.iter().all(|trail| trail.server_ms.is_some_and(|now| now > 1_700_000_000_000) == server));
    });
}

#[test]
fn a_hand_in_the_events_or_in_the_folds_is_found_out() {
    for (hand, said) in [
        ("UPDATE event SET body = replace(body, 'ada@', 'eve@') WHERE seq = 5", "event 5"),
        ("UPDATE event SET gate = NULL WHERE seq = 5", "event 5"),
        ("DELETE FROM event WHERE seq = 7", "event 7"),
        ("DELETE FROM event WHERE seq = 6", "event 6"),
        ("DELETE FROM event WHERE seq = 1", "event 1"),
        ("UPDATE event SET time_ms = 1 WHERE seq = 2", "event 2"),
        ("UPDATE gate SET held_seq = 4 WHERE id = 'g-1'", "another gate"),
        ("INSERT INTO event SELECT 8, time_ms, run, dataset, gate, body, hash FROM event WHERE seq = 5", "event 8"),
    ] {
        on_both(|location| {
            let mut ledger = open(location);
            asked(&mut ledger);
            ledger.backend.batch(hand).unwrap();
            let error = trails(&mut ledger).unwrap_err();
            assert_eq!(error.kind, Kind::Refused, "{hand}");
            assert!(error.message.contains(said), "{hand}: {}", error.message);
        });
    }
}

#[test]
fn a_gate_that_was_opened_again_by_hand_is_found_out() {
    on_both(|location| {
        let mut ledger = open(location);
        asked(&mut ledger);
        ledger.append(40, &[expired("g-1", "orders")]).unwrap();
        assert_eq!(ledger.gate("g-1").unwrap().stage, GateStage::Expired);
        assert_eq!(trails(&mut ledger).unwrap().len(), 1);
        ledger.backend.batch("UPDATE gate SET state = 'approved' WHERE id = 'g-1'").unwrap();
        let error = trails(&mut ledger).unwrap_err();
        assert!(error.message.contains("gate g-1 is listed as open"), "{}", error.message);
    });
}

#[test]
fn a_cause_is_entered_once() {
    on_both(|location| {
        let mut ledger = open(location);
        let events = [trigger("orders"), trigger("flights")];
        assert_eq!(ledger.append_once(1, &events[..1]).unwrap(), 1);
        assert_eq!(ledger.append_once(2, &events).unwrap(), 1);
        assert_eq!(ledger.append_once(3, &events).unwrap(), 0);
        assert_eq!(ledger.events(1, 10).unwrap().len(), 2);
        assert!(ledger.verify().unwrap().is_whole());
    });
}
