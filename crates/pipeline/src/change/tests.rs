//! Who may approve what, as tables.

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

fn list(names: &str) -> Vec<String> {
    names.split_whitespace().map(str::to_owned).collect()
}

/// Steps as words: `+ada` approves the version at hand, `-ada` rejects it, `+ada@old` another one, `<` rolls back.
fn stands(steps: &str, rule: &Rule) -> State {
    let mut history = History::default();
    for word in steps.split_whitespace() {
        let (who, digest) = word[1..].split_once('@').unwrap_or((&word[1..], "now"));
        let step = match &word[..1] {
            "+" => ChangeStep::Approved,
            "-" => ChangeStep::Rejected,
            "<" => ChangeStep::RolledBack,
            _ => ChangeStep::Proposed,
        };
        history.steps.push(event(who, digest, step));
    }
    standing(&history, "now", rule, &|_| None).state
}

#[test]
fn an_approval_whose_signature_is_in_doubt_is_told_and_not_counted() {
    let rule = Rule { needed: 1, ..Rule::default() };
    let mut history = History::default();
    history.steps.push(event("ada", "now", ChangeStep::Approved));
    let stands = standing(&history, "now", &rule, &|_| Some("no signature".into()));
    assert_eq!((stands.state, stands.decisions[0].not_counted.as_deref()), (State::Waiting, Some("no signature")));
    history.steps[0].1.step = ChangeStep::Rejected;
    assert_eq!(standing(&history, "now", &rule, &|_| Some("no signature".into())).state, State::Rejected);
}

#[test]
fn the_signed_text_has_one_line_for_each_field() {
    let (_, mut event) = event("ada", "now", ChangeStep::Approved);
    event.reason = "fine\nwho eve".into();
    assert_eq!(event.signed_text().lines().count(), 6);
    assert!(event.signed_text().ends_with("who ada\nreason fine who eve\n"), "{}", event.signed_text());
}

#[test]
fn the_newest_decision_of_each_person_on_exactly_this_version_counts() {
    let rule = Rule { needed: 1, ..Rule::default() };
    for (steps, state) in [
        ("", State::Waiting),
        ("+ada", State::Approved),
        ("+ada@old", State::Waiting),
        ("+ada -bob", State::Rejected),
        ("-ada +ada", State::Approved),
        ("+ada -ADA", State::Rejected),
        ("+ada <ada", State::Waiting),
        ("+ada <ada +bob", State::Approved),
        ("-ada@old +bob", State::Approved),
    ] {
        assert_eq!(stands(steps, &rule), state, "{steps}");
    }
}

#[test]
fn n_of_m_and_levels_ask_for_different_people() {
    let n_of_m = Rule { needed: 2, approvers: list("ada bob cyd"), ..Rule::default() };
    let levels = Levels { contract: "orders".into(), first: list("ada bob"), second: list("ada dan") };
    let levels = Rule { needed: 0, levels: vec![levels], ..Rule::default() };
    for (steps, rule, state) in [
        ("+ada", &n_of_m, State::Waiting),
        ("+ada +Ada", &n_of_m, State::Waiting),
        ("+ada +eve", &n_of_m, State::Waiting),
        ("+ada +cyd", &n_of_m, State::Approved),
        ("+ada", &levels, State::Waiting),
        ("+ada +dan", &levels, State::Approved),
        ("+bob", &levels, State::Waiting),
        ("+bob +ada", &levels, State::Approved),
        ("+bob +eve", &levels, State::Waiting),
    ] {
        assert_eq!(stands(steps, rule), state, "{steps}");
    }
}

#[test]
fn the_author_of_a_breaking_change_is_not_its_approver() {
    let mut rule = Rule { needed: 1, authors: ["ada".to_owned()].into(), is_breaking: true, ..Rule::default() };
    assert!(rule.refuses(" Ada ").is_some());
    assert_eq!(stands("+ada", &rule), State::Waiting);
    assert_eq!(stands("+ada +bob", &rule), State::Approved);
    rule.is_breaking = false;
    assert!(rule.refuses("ada").is_none());
    assert_eq!(stands("+ada", &rule), State::Approved);
    rule.approvers = list("bob");
    assert!(rule.refuses("eve").is_some_and(|why| why.contains("bob")));
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
