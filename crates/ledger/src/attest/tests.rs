//! The last publications are what the events say, and a hand in either is found out.
#![allow(clippy::unwrap_used)]

use engine::Kind;

use crate::Ledger;
use crate::fixtures::{on_both, open, published, trigger};

fn told(ledger: &mut Ledger) {
    ledger.append(5, &[trigger("orders"), published("r", "orders", 1, vec![], false)]).unwrap();
    ledger
        .append(6, &[published("r", "flights", 1, vec![], false), published("s", "orders", 2, vec![], false)])
        .unwrap();
    ledger.append(7, &[trigger("flights")]).unwrap();
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn what_was_entered_is_attested() {
    on_both(|location| {
        let mut ledger = open(location);
        ledger.attest(&names(&["orders"])).unwrap();
        told(&mut ledger);
        ledger.attest(&names(&["orders", "flights", "nobody"])).unwrap();
        ledger.attest(&[]).unwrap();
    });
}

#[test]
fn a_hand_in_the_list_or_in_the_events_since_is_found_out() {
    for (hand, asked, said) in [
        (
            "UPDATE dataset SET published = replace(published, '\"version\":8', '\"version\":3') WHERE name = 'orders'",
            "orders",
            "event 4",
        ),
        // An earlier publication, whose terms were others.
        (
            "UPDATE dataset SET published_seq = 2, published = replace(replace(published, '\"version\":8', '\"version\":7'), '\"sequence\":2', '\"sequence\":1') WHERE name = 'orders'",
            "orders",
            "event 4",
        ),
        ("UPDATE dataset SET published_seq = 5 WHERE name = 'orders'", "orders", "event 5"),
        ("UPDATE dataset SET published_seq = 9 WHERE name = 'orders'", "orders", "event 8 is missing"),
        ("UPDATE event SET body = replace(body, '\"version\":7', '\"version\":9') WHERE seq = 3", "flights", "event 3"),
        ("UPDATE event SET time_ms = 9 WHERE seq = 5", "orders", "event 5"),
        ("DELETE FROM event WHERE seq = 5", "orders", "event 5"),
    ] {
        on_both(|location| {
            let mut ledger = open(location);
            told(&mut ledger);
            ledger.backend.batch(hand).unwrap();
            let error = ledger.attest(&names(&[asked])).unwrap_err();
            assert_eq!(error.kind, Kind::Refused, "{hand}");
            assert!(error.message.contains(said), "{hand}: {}", error.message);
        });
    }
    // What others rest on is not looked at.
    on_both(|location| {
        let mut ledger = open(location);
        told(&mut ledger);
        ledger.backend.batch("UPDATE dataset SET published = replace(published, '\"version\":7', '\"version\":3') WHERE name = 'flights'").unwrap();
        ledger.attest(&names(&["orders"])).unwrap();
    });
}
