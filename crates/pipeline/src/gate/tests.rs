//! What is signed, and which events are votes on which gate.

use super::*;

const OF: Subject<'_> = Subject { gate: "g-1", dataset: "orders", fingerprint: "sha256:f", held: "sha256:h" };

fn decided(gate: &str, fingerprint: &str, held: Option<&str>) -> Event {
    Event::GateDecided {
        gate: gate.into(),
        dataset: "orders".into(),
        approved: true,
        who: "ada".into(),
        reason: "fine".into(),
        fingerprint: fingerprint.into(),
        held: held.map(str::to_owned),
        nonce: "n".into(),
        signature: None,
    }
}

#[test]
fn a_decision_is_one_on_the_question_that_it_saw() {
    let events = [
        decided("g-1", "sha256:f", Some("sha256:h")),
        decided("g-1", "sha256:f", None),
        decided("g-2", "sha256:f", Some("sha256:h")),
        decided("g-1", "sha256:other", Some("sha256:h")),
        decided("g-1", "sha256:f", Some("sha256:other")),
    ];
    let subjects: Vec<String> =
        votes(OF, events.iter().map(|event| (1, event))).into_iter().map(|vote| vote.subject).collect();
    assert_eq!(subjects, ["sha256:f", "sha256:f", "sha256:other", "sha256:f sha256:other"]);
}

#[test]
fn every_field_has_a_line_of_its_own() {
    let text = decision_text(OF, true, "ada", "fine\nwho eve", "n");
    assert_eq!(
        text,
        "plimsoll gate decision 2\ngate g-1\ndataset orders\nfingerprint sha256:f\nheld sha256:h\napproved\nwho ada\n\
         nonce n\nreason fine who eve\n"
    );
    let handed = Handed {
        from: "ada".into(),
        to: "bob\nuntil decided".into(),
        until_ms: Some(5),
        reason: "away".into(),
        fingerprint: "sha256:f".into(),
        held: "sha256:h".into(),
        nonce: "n".into(),
        signature: None,
    };
    assert!(delegation_text(OF, &handed).ends_with("from ada\nto bob until decided\nuntil 5\nnonce n\nreason away\n"));
}

#[test]
fn events_of_gates_are_read_as_they_are_written() {
    let event = Event::Gate(Box::new(GateEvent {
        gate: "g-1".into(),
        dataset: "orders".into(),
        step: GateStep::Escalated { to: vec!["zoe".into()], after_ms: 5 },
    }));
    let text = serde_json::to_string(&event).unwrap_or_default();
    assert_eq!(
        text,
        r#"{"event":"gate","gate":"g-1","dataset":"orders","step":{"kind":"escalated","to":["zoe"],"after_ms":5}}"#
    );
    assert_eq!(serde_json::from_str::<Event>(&text).ok(), Some(event));
    // As an older Plimsoll wrote it.
    let old =
        r#"{"event":"gate_decided","gate":"g","dataset":"d","approved":true,"who":"w","reason":"r","fingerprint":"f"}"#;
    assert!(serde_json::from_str::<Event>(old).is_ok());
}

#[test]
fn an_uptime_says_how_much_time_passed_only_on_the_same_start_of_the_same_machine() {
    let up = |boot: &str, ms: i64| Uptime { boot: boot.to_owned(), ms };
    assert_eq!(up("a", 900).since(&up("a", 200)), Some(700));
    assert_eq!(up("b", 900).since(&up("a", 200)), None);
    assert_eq!(up("a", 100).since(&up("a", 200)), None);
}
