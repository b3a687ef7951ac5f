//! The life of a change as its events tell it.

use super::*;

fn event(who: &str, digest: &str, step: ChangeStep) -> (i64, ChangeEvent) {
    let event = ChangeEvent {
        change: "c".into(),
        digest: digest.into(),
        who: who.into(),
        reason: "r".into(),
        step,
        signature: None,
    };
    (0, event)
}

#[test]
fn the_signed_text_has_one_line_for_each_field() {
    let (_, mut event) = event("ada", "now", ChangeStep::Approved);
    event.reason = "fine\nwho eve".into();
    assert_eq!(event.signed_text().lines().count(), 6);
    assert!(event.signed_text().ends_with("who ada\nreason fine who eve\n"), "{}", event.signed_text());
}

/// Votes as words: `+ada`, `-bob`.
#[test]
fn a_rollback_voids_the_decisions_before_it() {
    let mut history = History::default();
    for (who, step) in [
        ("ada", ChangeStep::Approved),
        ("bob", ChangeStep::RolledBack),
        ("cyd", ChangeStep::Proposed),
        ("dan", ChangeStep::Rejected),
    ] {
        history.steps.push(event(who, "now", step));
    }
    let votes: Vec<String> = history
        .votes()
        .iter()
        .map(|vote| format!("{}{}", if vote.approved { "+" } else { "-" }, vote.claim.who))
        .collect();
    assert_eq!(votes, ["-dan"]);
}

#[test]
fn an_application_stands_until_it_is_rolled_back() {
    let applied = Applied { act: "1".into(), folder: "f".into(), files: Vec::new() };
    let mut history = History { steps: vec![event("ada", "now", ChangeStep::Applied(applied.clone()))] };
    assert_eq!(history.applied().map(|(_, applied)| applied), Some(&applied));
    assert!(history.has_act("1") && !history.has_act("2"));
    history.steps.push(event("ada", "now", ChangeStep::RolledBack));
    assert_eq!(history.applied(), None);
    let text = serde_json::to_string(&crate::Event::Change(Box::new(history.steps[0].1.clone()))).unwrap_or_default();
    assert!(text.starts_with(r#"{"event":"change","change":"c""#), "{text}");
    assert_eq!(
        serde_json::from_str::<crate::Event>(&text).ok(),
        Some(crate::Event::Change(Box::new(history.steps[0].1.clone())))
    );
}
