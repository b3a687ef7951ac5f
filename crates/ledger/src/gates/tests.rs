//! Gates are listed and found as a person asks for them.
#![allow(clippy::unwrap_used)]

use engine::Kind;
use pipeline::Event;

use crate::fixtures::{decided, held, on_both, open, published};
use crate::{GateFilter, GateStage, Ledger};

fn ids(ledger: &mut Ledger, filter: GateFilter) -> Vec<(String, GateStage)> {
    ledger.gates(filter).unwrap().into_iter().map(|gate| (gate.held.gate, gate.stage)).collect()
}

fn named(gates: &[(&str, GateStage)]) -> Vec<(String, GateStage)> {
    gates.iter().map(|(id, stage)| ((*id).to_owned(), *stage)).collect()
}

#[test]
fn a_gate_from_question_to_publication() {
    on_both(|location| {
        let mut ledger = open(location);
        ledger.append(10, &[held("r", "orders", "g-1", 1), held("r", "flights", "g-2", 1)]).unwrap();
        let waiting = named(&[("g-2", GateStage::Waiting), ("g-1", GateStage::Waiting)]);
        assert_eq!(ids(&mut ledger, GateFilter::Waiting), waiting);

        ledger.append(20, &[decided("g-1", "orders", true, 1), decided("g-2", "flights", false, 1)]).unwrap();
        assert_eq!(ids(&mut ledger, GateFilter::Waiting), []);
        let open = named(&[("g-2", GateStage::Rejected), ("g-1", GateStage::Approved)]);
        assert_eq!(ids(&mut ledger, GateFilter::Open), open);

        ledger
            .append(30, &[published("r", "orders", 1, vec![], false), published("r", "flights", 2, vec![], false)])
            .unwrap();
        assert_eq!(ids(&mut ledger, GateFilter::Open), []);
        let all = named(&[("g-2", GateStage::Superseded), ("g-1", GateStage::Published)]);
        assert_eq!(ids(&mut ledger, GateFilter::All), all);
        assert!(ledger.state().unwrap().values().all(|dataset| dataset.gate.is_none()));
    });
}

#[test]
fn a_person_may_change_their_mind_until_it_is_published() {
    on_both(|location| {
        let mut ledger = open(location);
        ledger.append(10, &[held("r", "orders", "g-1", 1), decided("g-1", "orders", false, 1)]).unwrap();
        ledger.append(20, &[decided("g-1", "orders", true, 1)]).unwrap();
        let gate = ledger.gate("g-1").unwrap();
        let decision = gate.decision.unwrap();
        assert_eq!((gate.stage, gate.asked_ms), (GateStage::Approved, 10));
        assert_eq!((decision.seq, decision.time_ms, decision.approved), (3, 20, true));
        assert_eq!(decision.who, "ada@example.org");
        ledger.append(30, &[published("r", "orders", 1, vec![], false), decided("g-1", "orders", false, 1)]).unwrap();
        assert_eq!(ledger.gate("g-1").unwrap().stage, GateStage::Published);
    });
}

#[test]
fn a_newer_question_takes_the_place_of_the_older() {
    on_both(|location| {
        let mut ledger = open(location);
        ledger.append(10, &[held("r", "orders", "g-1", 1), decided("g-1", "orders", true, 1)]).unwrap();
        ledger.append(20, &[held("r", "orders", "g-2", 2)]).unwrap();
        assert_eq!(ids(&mut ledger, GateFilter::Open), named(&[("g-2", GateStage::Waiting)]));
        let gone = Event::GateSuperseded { gate: "g-2".to_owned(), dataset: "orders".to_owned() };
        ledger.append(30, &[gone, decided("g-2", "orders", true, 2)]).unwrap();
        assert_eq!(ids(&mut ledger, GateFilter::Open), []);
    });
}

#[test]
fn the_first_characters_of_an_id_are_enough() {
    on_both(|location| {
        let mut ledger = open(location);
        let gates = ["0a%", "0ab", "0abc"].map(|gate| held("r", gate, gate, 1));
        ledger.append(10, &gates).unwrap();
        assert_eq!(ledger.gate("0a%").unwrap().held.gate, "0a%");
        assert_eq!(ledger.gate("0ab").unwrap().held.gate, "0ab", "a whole id is never ambiguous");
        assert_eq!(ledger.gate("0abc").unwrap().held.gate, "0abc");
        let error = |result: engine::Result<_>| result.map(|_: crate::Gate| ()).unwrap_err();
        let ambiguous = error(ledger.gate("0a"));
        assert_eq!(ambiguous.kind, Kind::Input);
        assert_eq!(ambiguous.message, "`0a` begins several ids of a gate: 0a%, 0ab, 0abc");
        assert_eq!(error(ledger.gate("%")).message, "there is no gate `%`");
        assert_eq!(error(ledger.gate("")).message, "the id of a gate is empty");
    });
}
