//! The life of a change as its events tell it.

use super::*;
use crate::impact::{Effect, Place, Severity, What};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn event(who: &str, digest: &str, step: ChangeStep) -> (i64, ChangeEvent) {
    (0, ChangeEvent { reason: "r".into(), ..ChangeEvent::new("c", digest, who, step) })
}

#[test]
fn the_signed_text_has_one_line_for_each_field() {
    let (_, mut event) = event("ada", "now", ChangeStep::Approved);
    event.reason = "fine\nwho eve".into();
    assert!(event.signed_text().contains("\nasked 0\n"), "{}", event.signed_text());
    event.asked_ms = Some(7);
    event.nonce = "n\n".into();
    let text = event.signed_text();
    assert_eq!(
        text,
        "plimsoll change decision 3\nchange c\ndigest now\nasked 7\nnonce n \napproved\nwho ada\nbreaks nothing\nreason fine who eve\n"
    );
    event.shown = Some(Box::new(Shown::of(&[broken("a.sql", 1)])));
    assert_ne!(event.signed_text(), text, "what was shown is signed");
    event.step = ChangeStep::Delegated(HandedOver { to: "bob\n".into(), until_ms: Some(9) });
    assert_eq!(
        event.signed_text(),
        "plimsoll change delegation 3\nchange c\ndigest now\nasked 7\nnonce n \nfrom ada\nto bob \nuntil 9\nreason fine who eve\n"
    );
}

/// Of words, a day apart: `ada!now` proposes a version, `+bob` approves it in the round of then, `-bob` rejects it, `ada>bob` hands a
/// right over, `<` takes the applied change back. Questions expire after ten days; `*5` lets so many pass.
fn history(words: &str) -> History {
    let mut history = History::default();
    let (mut now_ms, mut digest) = (1, "now".to_owned());
    for word in words.split_whitespace() {
        now_ms += DAY_MS;
        if let Some(days) = word.strip_prefix('*') {
            now_ms += DAY_MS * days.parse::<i64>().unwrap_or_default();
            continue;
        }
        let asked = || Some(Box::new(Asked { expires_after_ms: 10 * DAY_MS as u64, rule: Rule::default() }));
        let round = history.round(10 * DAY_MS as u64);
        let of_round = Some(round.map_or(0, |round| round.asked_ms));
        let said = |who: &str, step: ChangeStep, digest: &str| ChangeEvent {
            asked_ms: of_round,
            ..event(who, digest, step).1
        };
        let event = if let Some((who, version)) = word.split_once('!') {
            digest = version.to_owned();
            ChangeEvent { asked: asked(), asked_ms: None, ..said(who, ChangeStep::Proposed, version) }
        } else if let Some((from, to)) = word.split_once('>') {
            said(from, ChangeStep::Delegated(HandedOver { to: to.into(), until_ms: None }), &digest)
        } else if word == "<" {
            ChangeEvent { asked: asked(), asked_ms: None, ..said("zoe", ChangeStep::RolledBack, &digest) }
        } else {
            let step = if word.starts_with('+') { ChangeStep::Approved } else { ChangeStep::Rejected };
            said(&word[1..], step, &digest)
        };
        history.add(now_ms, event);
    }
    history
}

/// Votes as words: `+ada`, `-bob`, and `+cyd~` where it has lapsed; then delegations.
fn told(words: &str) -> String {
    let history = history(words);
    let round = history.round(10 * DAY_MS as u64);
    let votes = history.votes(round.as_ref(), None).into_iter().map(|vote| {
        let (sign, lapsed) = (if vote.approved { "+" } else { "-" }, if vote.lapsed { "~" } else { "" });
        format!("{sign}{}{lapsed}", vote.claim.who)
    });
    let handed = history.delegations(round.as_ref()).into_iter().map(|one| format!("{}>{}", one.claim.who, one.to));
    votes.chain(handed).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_said_counts_in_its_own_round_only() {
    for (words, expected) in [
        ("ada!now +bob -cyd", "+bob -cyd"),
        // A rollback voids the decisions before it.
        ("ada!now +bob < -dan", "-dan"),
        ("ada!now bob>eve <", ""),
        // Another person behind the same version does not turn the clock back; another version does.
        ("ada!now +bob cyd!now", "+bob"),
        ("ada!now bob>eve ada!other", ""),
        // What was proposed anew after it had expired is a new question; a rejection stands until it is taken back.
        ("ada!now +bob *20 ada!now", "+bob~"),
        ("ada!now -bob *20 ada!now +cyd", "-bob +cyd"),
        ("ada!now +bob *20 ada!now +bob", "+bob~ +bob"),
        ("ada!now bob>eve *20 ada!now", ""),
        ("ada!now +bob *20 +cyd", "+bob +cyd"),
        // Nobody proposed it.
        ("+bob +cyd", "+bob +cyd"),
        ("+bob *20 +cyd ada!now", "+bob~ +cyd~"),
    ] {
        assert_eq!(told(words), expected, "{words}");
    }
}

#[test]
fn the_clock_of_a_round_begins_with_its_question() {
    let round = |words: &str| history(words).round(DAY_MS as u64);
    let days = |words: &str| {
        let round = round(words)?;
        Some(((round.opened_ms - 1) / DAY_MS, round.closes_ms(DAY_MS as u64).map(|closes| (closes - 1) / DAY_MS)))
    };
    assert_eq!(days(""), None);
    assert_eq!(days("ada!now"), Some((1, Some(11))));
    assert_eq!(days("ada!now +bob cyd!now"), Some((1, Some(11))));
    assert_eq!(days("ada!now ada!other"), Some((2, Some(12))));
    assert_eq!(days("ada!now *20 ada!now"), Some((23, Some(33))));
    assert_eq!(days("ada!now +bob <"), Some((3, Some(13))));
    // Where nobody asked, the first word begins it, and the settings of now say how long.
    assert_eq!(days("+bob +cyd"), Some((1, Some(2))));
}

#[test]
fn a_word_that_was_copied_from_another_round_is_none() {
    let mut copied = history("ada!now +bob *20 ada!now");
    let (_, word) = copied.steps[1].clone();
    copied.add(40 * DAY_MS, word);
    let round = copied.round(10 * DAY_MS as u64);
    assert!(copied.votes(round.as_ref(), None).iter().all(|vote| vote.lapsed));
    // Nor is one without its round, as events of old versions are.
    let (_, mut word) = copied.steps[1].clone();
    word.asked_ms = None;
    copied.add(41 * DAY_MS, word);
    assert!(copied.votes(copied.round(10 * DAY_MS as u64).as_ref(), None).iter().all(|vote| vote.lapsed));
}

fn broken(path: &str, line: u32) -> Effect {
    Effect {
        severity: Severity::Breaks,
        what: What::Sql,
        dataset: Some("daily".into()),
        column: None,
        name: None,
        place: Some(Place { path: path.into(), line, column: 1 }),
        reason: "there is no column `a`".into(),
        steps: Vec::new(),
        change: None,
    }
}

#[test]
fn an_approval_holds_as_long_as_nothing_breaks_that_was_not_shown() {
    let mut history = history("ada!now +bob");
    history.steps[1].1.shown = Some(Box::new(Shown::of(&[broken("a.sql", 1), broken("b.sql", 2)])));
    let round = history.round(10 * DAY_MS as u64);
    for (now, doubt) in [
        (vec![], None),
        (vec![broken("b.sql", 2)], None),
        (vec![broken("a.sql", 9)], None),
        (vec![broken("a.sql", 1), broken("a.sql", 3)], Some("it breaks a.sql:3, which bob was not shown")),
        (vec![broken("c.sql", 1), broken("d.sql", 1)], Some("it breaks c.sql:1 and 1 more, which bob was not shown")),
    ] {
        let votes = history.votes(round.as_ref(), Some(&now));
        assert_eq!(votes[0].doubt.as_deref(), doubt, "{now:?}");
    }
    history.steps[1].1.shown = None;
    assert!(history.votes(round.as_ref(), Some(&[broken("a.sql", 1)]))[0].doubt.is_some());
    let shown = |effects: &[Effect]| Shown::of(effects).fingerprint();
    assert_eq!(shown(&[broken("a.sql", 1), broken("b.sql", 2)]), shown(&[broken("b.sql", 7), broken("a.sql", 2)]));
    assert_ne!(shown(&[broken("a.sql", 1)]), shown(&[]));
}

/// Contracts as `file=digest by change`.
#[test]
fn what_is_in_force_follows_applications_rollbacks_and_adoptions() {
    let file = |before: Option<&str>, after: Option<&str>| FileChanged {
        path: "f".into(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    };
    let applied = |act: &str, file: FileChanged| {
        ChangeStep::Applied(Applied { act: act.into(), folder: "f".into(), files: vec![file] })
    };
    let adopted = |file: FileChanged| ChangeStep::Adopted { files: vec![file] };
    let mut history = History::default();
    let mut after = |change: &str, step: ChangeStep| {
        let (time, event) = event("ada", "now", step);
        history.steps.push((time, ChangeEvent { change: change.into(), ..event }));
        let known = history.force()["f"].clone();
        format!("{} by {}, was {}", known.sha256.unwrap_or_default(), known.change, known.earlier.join(" "))
    };
    assert_eq!(after("", adopted(file(None, Some("1")))), "1 by , was ");
    assert_eq!(after("a", applied("1", file(Some("1"), Some("2")))), "2 by a, was 1");
    assert_eq!(after("b", adopted(file(Some("2"), Some("3")))), "3 by b, was 1 2");
    assert_eq!(after("c", applied("2", file(Some("3"), None))), " by c, was 1 2 3");
    assert_eq!(after("c", ChangeStep::RolledBack), "3 by , was 1 2");
}

#[test]
fn only_what_was_begun_last_and_has_not_ended_may_be_ended() {
    let begun = |journal: &str| event("ada", "now", ChangeStep::Begun { journal: journal.into() });
    let applied = Applied { act: "1".into(), folder: "f".into(), files: Vec::new() };
    let mut history = History::default();
    assert!(!history.has_begun("1"));
    history.steps.push(begun("1"));
    assert!(history.has_begun("1") && !history.has_begun("2"));
    history.steps.push(begun("2"));
    assert!(!history.has_begun("1") && history.has_begun("2"));
    history.steps.push(event("ada", "now", ChangeStep::Applied(applied)));
    assert!(!history.has_begun("2"));
}

#[test]
fn agreeing_to_undo_is_for_one_application() {
    let undo = |act: &str| event("ada", "now", ChangeStep::Undoing { act: act.into() });
    let history = History { steps: vec![undo("1"), undo("2")] };
    assert_eq!((history.undoing(Some("1")).len(), history.undoing(Some("3")).len()), (1, 0));
    assert_ne!(history.steps[0].1.signed_text(), history.steps[1].1.signed_text());
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
