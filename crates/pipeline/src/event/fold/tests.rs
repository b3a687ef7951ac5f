//! Folding: what counts, what is void, and what ends a question.

use contract::ContractRef;
use serde_json::json;

use super::*;
use crate::verdict::Counts;

fn definition() -> Definition {
    Definition { made: "m".into(), contract: "c".into(), table: "t".into(), engine: "1".into() }
}

fn file(path: &str, size: u64) -> FileRef {
    FileRef { path: path.into(), size, modified_ms: 1, hash: None }
}

fn positions(count: u64) -> BTreeMap<String, Position> {
    BTreeMap::from([("files".to_owned(), Position::Files { count, digest: "d".into() })])
}

fn published(sequence: u64, files: Vec<FileRef>, files_all: bool) -> Event {
    Event::StagePublished(Box::new(StagePublished {
        run: "r1".into(),
        dataset: "flight".into(),
        contract: ContractRef { id: "c".into(), version: "1".into(), digest: "d".into() },
        sequence,
        version: 7,
        fingerprint: format!("f{sequence}"),
        definition: definition(),
        terms: None,
        before: None,
        positions: positions(sequence),
        files,
        files_all,
        counts: Counts::default(),
        verdicts: Vec::new(),
        seconds: 1.0,
        repaired: false,
    }))
}

fn held(gate: &str, fingerprint: &str) -> Event {
    Event::StageHeld(Box::new(StageHeld {
        also: Vec::new(),
        before: None,
        run: "r1".into(),
        dataset: "flight".into(),
        gate: gate.into(),
        kind: GateKind::DataQuality,
        asks: vec!["?".into()],
        fingerprint: fingerprint.into(),
        counts: Counts::default(),
        verdicts: Vec::new(),
        seconds: 1.0,
        samples: Vec::new(),
        drift: Vec::new(),
        files: Vec::new(),
        authors: Vec::new(),
        uptime: None,
        rule: None,
        expires_after_ms: None,
        staged: json!({"commit": {"definition": definition(), "positions": positions(1)}}),
    }))
}

fn decided(gate: &str, approved: bool, fingerprint: &str) -> Event {
    Event::GateDecided {
        gate: gate.into(),
        dataset: "flight".into(),
        approved,
        who: "ada".into(),
        reason: "seen".into(),
        fingerprint: fingerprint.into(),
        held: None,
        nonce: String::new(),
        signature: None,
    }
}

fn superseded(gate: &str) -> Event {
    Event::GateSuperseded { gate: gate.into(), dataset: "flight".into() }
}

/// The state of the gate that stands at the end.
fn gate(events: &[Event]) -> Option<(String, GateStatus)> {
    let state = fold(events.iter());
    state.datasets["flight"].gate.as_ref().map(|gate| (gate.id.clone(), gate.state))
}

fn standing(id: &str, status: GateStatus) -> Option<(String, GateStatus)> {
    Some((id.to_owned(), status))
}

#[test]
fn a_question_keeps_what_was_held() {
    let state = fold([held("g1", "f1")].iter());
    let gate = state.datasets["flight"].gate.clone();
    assert_eq!(
        gate,
        Some(GateState {
            id: "g1".into(),
            also: Vec::new(),
            kind: "data-quality".into(),
            fingerprint: "f1".into(),
            definition: definition(),
            policy: String::new(),
            positions: positions(1),
            state: GateStatus::Waiting,
        })
    );
}

#[test]
fn decisions_count_only_for_the_question_that_stands() {
    use GateStatus::{Approved, Rejected, Waiting};
    let held = |gate: &str| held(gate, "f1");
    type Case = (Vec<Event>, Option<(String, GateStatus)>);
    let cases: Vec<Case> = vec![
        (vec![held("g1")], standing("g1", Waiting)),
        (vec![held("g1"), decided("g1", true, "f1")], standing("g1", Approved)),
        (vec![held("g1"), decided("g1", false, "f1")], standing("g1", Rejected)),
        (vec![held("g1"), decided("g1", true, "other")], standing("g1", Waiting)),
        (vec![held("g1"), decided("g2", true, "f1")], standing("g1", Waiting)),
        (vec![held("g1"), held("g2"), decided("g1", true, "f1")], standing("g2", Waiting)),
        (vec![held("g1"), superseded("g1"), decided("g1", true, "f1")], None),
        (vec![held("g1"), superseded("g0")], standing("g1", Waiting)),
        (vec![held("g1"), decided("g1", false, "f1"), decided("g1", true, "f1")], standing("g1", Approved)),
        (vec![held("g1"), decided("g1", true, "f1"), published(1, Vec::new(), true)], None),
        (vec![published(1, Vec::new(), true), decided("g1", true, "f1")], None),
    ];
    for (events, expected) in cases {
        assert_eq!(gate(&events), expected, "{events:#?}");
    }
}

#[test]
fn files_add_up_until_all_are_read_again() {
    let events =
        [published(1, vec![file("a", 1), file("b", 1)], true), published(2, vec![file("b", 2), file("c", 1)], false)];
    let files = |events: &[Event]| -> Vec<(String, u64)> {
        fold(events.iter()).datasets["flight"].files.values().map(|file| (file.path.clone(), file.size)).collect()
    };
    assert_eq!(files(&events), [("a".into(), 1), ("b".into(), 2), ("c".into(), 1)]);
    let again = [events.as_slice(), &[published(3, vec![file("d", 1)], true)]].concat();
    assert_eq!(files(&again), [("d".into(), 1)]);
    assert_eq!(fold(again.iter()).datasets["flight"].published.as_ref().map(|published| published.sequence), Some(3));
}

#[test]
fn an_unreadable_commit_leaves_an_outdated_question() {
    let Event::StageHeld(mut event) = held("g1", "f1") else { unreachable!("made above") };
    event.staged = json!("?");
    let state = fold([Event::StageHeld(event)].iter());
    assert_eq!(state.datasets["flight"].gate.as_ref().map(|gate| gate.definition.clone()), Some(Definition::default()));
}

#[test]
fn a_decision_about_an_unknown_dataset_is_ignored() {
    assert_eq!(fold([decided("g1", true, "f1"), superseded("g1")].iter()), LedgerState::default());
}
