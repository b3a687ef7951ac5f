//! Who may approve what, as tables.

use super::*;

/// Of words: `+ada` approves the subject at hand, `-ada` rejects it, `+ada@old` another one, `+ada~` did so when it was asked before,
/// `ada>bob` hands a right over. Each word is a step of time: the first at 1000.
fn stands(words: &str, rule: &Rule) -> Standing {
    stands_with(words, rule, None, &|_| None)
}

fn stands_with(words: &str, rule: &Rule, closes_ms: Option<i64>, doubt: &Doubt<'_>) -> Standing {
    let (mut votes, mut delegations) = (Vec::new(), Vec::new());
    for (at, word) in words.split_whitespace().enumerate() {
        let time_ms = 1000 * (at as i64 + 1);
        let claim = |who: &str| Claim { who: who.into(), text: word.into(), signature: None };
        if let Some((from, to)) = word.split_once('>') {
            let (reason, subject) = ("r".into(), "now".into());
            delegations.push(Delegation {
                to: to.into(),
                reason,
                time_ms,
                until_ms: None,
                subject,
                claim: claim(from),
            });
            continue;
        }
        let (who, subject) = word[1..].split_once('@').unwrap_or((word[1..].trim_end_matches('~'), "now"));
        votes.push(Vote {
            approved: word.starts_with('+'),
            reason: "r".into(),
            time_ms,
            subject: subject.into(),
            claim: claim(who),
            lapsed: word.ends_with('~'),
            doubt: None,
        });
    }
    let case = Case {
        subject: "now",
        votes: &votes,
        delegations: &delegations,
        opened_ms: Some(0),
        closes_ms,
        author_keys: &[],
    };
    weigh(&case, rule, doubt)
}

fn list(names: &str) -> Vec<String> {
    names.split_whitespace().map(str::to_owned).collect()
}

fn named(needed: usize, names: &str) -> Rule {
    Rule { needed, approvers: list(names), ..Rule::default() }
}

/// One after the other: words, where it stands.
fn table(rule: &Rule, cases: &[(&str, State)]) {
    for (words, state) in cases {
        let standing = stands(words, rule);
        assert_eq!(standing.state, *state, "{words}: {standing:?}");
    }
}

#[test]
fn the_newest_decision_of_each_person_on_exactly_this_subject_counts() {
    table(
        &named(1, ""),
        &[
            ("", State::Waiting),
            ("+ada", State::Approved),
            ("+ada@old", State::Waiting),
            ("+ada -bob", State::Rejected),
            ("-ada +ada", State::Approved),
            ("+ada -ADA", State::Rejected),
            ("-ada@old +bob", State::Approved),
        ],
    );
    assert_eq!(stands("+ada@old", &named(1, "")).void.len(), 1);
}

#[test]
fn what_was_said_when_it_was_asked_before_counts_no_more_and_takes_a_rejection_back() {
    table(
        &named(2, "ada bob cyd"),
        &[
            ("+ada~ +bob", State::Waiting),
            ("+ada~ +bob +ada", State::Approved),
            ("-ada", State::Rejected),
            ("-ada +ada~", State::Waiting),
            ("-ada +bob~", State::Rejected),
            ("-ada +ada@old", State::Rejected),
        ],
    );
    assert_eq!(stands("+ada~", &named(1, "")).void.len(), 1);
    let doubt = |claim: &Claim| (claim.text == "+ada~").then(|| "forged".to_owned());
    assert_eq!(stands_with("-ada +ada~", &named(1, ""), None, &doubt).state, State::Rejected);
}

#[test]
fn n_of_m_and_levels_ask_for_different_people() {
    table(
        &named(2, "ada bob cyd"),
        &[
            ("+ada", State::Waiting),
            ("+ada +Ada", State::Waiting),
            ("+ada +eve", State::Waiting),
            ("+ada +cyd", State::Approved),
        ],
    );
    let levels = Levels { contract: "orders".into(), first: list("ada bob"), second: list("ada dan") };
    table(
        &Rule { needed: 0, levels: vec![levels], ..Rule::default() },
        &[
            ("+ada", State::Waiting),
            ("+ada +dan", State::Approved),
            ("+bob", State::Waiting),
            ("+bob +ada", State::Approved),
            ("+bob +eve", State::Waiting),
        ],
    );
}

#[test]
fn who_stands_behind_it_does_not_approve_it_and_may_reject_it() {
    let mut rule = Rule { authors: ["ada".to_owned()].into(), binds_rejections: true, ..named(1, "") };
    assert!(rule.refuses(" Ada ", 0, &Rights::default()).is_some());
    table(&rule, &[("+ada", State::Waiting), ("+ada +bob", State::Approved), ("-Ada", State::Rejected)]);
    assert!(stands("", &rule).missing[0].ends_with("from anybody but ada"));
    rule.approvers = list("bob");
    table(&rule, &[("-ada", State::Rejected), ("-eve", State::Waiting), ("-eve +bob", State::Approved)]);
    rule.authors.clear();
    table(&rule, &[("+ada", State::Waiting), ("-ada", State::Waiting)]);
    assert!(rule.refuses("eve", 0, &Rights::default()).is_some_and(|why| why.contains("bob")));
}

#[test]
fn a_doubted_word_is_told_not_counted_and_takes_nothing_back() {
    let doubt = |claim: &Claim| (claim.text == "+ADA" || claim.text == "-ada").then(|| "no signature".to_owned());
    let rule = Rule { binds_rejections: true, ..named(1, "ada") };
    let standing = stands_with("+ada +ADA -ada", &rule, None, &doubt);
    assert_eq!(standing.state, State::Approved);
    let not_counted = |decision: &&Decision| decision.not_counted.as_deref() == Some("no signature");
    assert_eq!(standing.decisions.iter().filter(not_counted).count(), 1, "the newest of them: {standing:?}");
    assert_eq!(stands_with("-ada", &rule, None, &doubt).state, State::Waiting);
    let open = named(1, "ada");
    assert_eq!(stands_with("-ada", &open, None, &doubt).state, State::Rejected, "where a rejection takes nothing away");
    assert_eq!(stands_with("+ADA", &rule, None, &doubt).state, State::Waiting);
}

#[test]
fn votes_from_outside_the_gates_time_do_not_count() {
    let rule = named(1, "");
    assert_eq!(stands_with("+ada", &rule, Some(999), &|_| None).state, State::Waiting);
    assert_eq!(stands_with("+ada", &rule, Some(1000), &|_| None).state, State::Approved);
    let vote = Vote {
        approved: true,
        reason: "r".into(),
        time_ms: 0,
        subject: "now".into(),
        claim: Claim { who: "ada".into(), text: String::new(), signature: None },
        lapsed: false,
        doubt: None,
    };
    let case = |opened| Case {
        subject: "now",
        votes: std::slice::from_ref(&vote),
        opened_ms: Some(opened),
        ..Case::default()
    };
    assert_eq!(weigh(&case(SKEW_MS), &rule, &|_| None).state, State::Approved);
    let early = weigh(&case(SKEW_MS + 1), &rule, &|_| None);
    assert_eq!(early.decisions[0].not_counted.as_deref(), Some("it is dated before the gate opened"));
}

#[test]
fn a_right_that_is_handed_over_counts_for_its_owner_once() {
    let levels = Levels { contract: "orders".into(), first: list("ada bob"), second: list("dan") };
    table(
        &Rule { needed: 1, levels: vec![levels], ..Rule::default() },
        &[
            ("ada>eve +eve", State::Waiting),
            ("ada>eve +eve +dan", State::Approved),
            ("dan>eve +eve", State::Waiting),
            ("dan>eve +eve +bob", State::Approved),
            // One person is one person, whatever rights they hold.
            ("ada>eve dan>eve +eve", State::Waiting),
        ],
    );
    table(
        &named(2, "ada bob cyd"),
        &[
            ("ada>eve +eve +ada", State::Waiting),
            ("ada>eve +eve +bob", State::Approved),
            ("ada>bob +bob", State::Waiting),
            ("ada>bob +bob +cyd", State::Approved),
            ("+ada ada>eve +eve", State::Waiting),
            ("+ada ada>eve +eve +bob", State::Approved),
            ("ada>eve +eve ada>ada +ada", State::Waiting),
            ("ada>eve bob>eve +eve +ada", State::Waiting),
            ("ada>eve bob>fay +eve +fay", State::Approved),
            ("ada>eve ada>fay +eve +bob", State::Waiting),
            ("ada>eve ada>ada +eve +bob", State::Waiting),
            ("ada>eve ada>ada +ada +bob", State::Approved),
        ],
    );
}

#[test]
fn chains_circles_and_strangers_hand_nothing_over() {
    let rule = Rule { authors: ["max".to_owned()].into(), ..named(1, "ada bob max") };
    for (words, refused) in [
        ("ada>eve eve>fay", "has no right to hand over"),
        ("ada>bob bob>eve", "not handed on"),
        ("ada>bob bob>ada", "not handed on"),
        ("ada>eve bob>ada", "has handed their own right to eve"),
        ("zoe>eve", "has no right to hand over"),
        ("ada>max", "stands behind what is asked"),
        ("max>eve", "stands behind what is asked"),
        ("ada>ada", "nothing over to take back"),
    ] {
        let standing = stands(words, &rule);
        let last = standing.delegations.last().and_then(|told| told.not_counted.clone()).unwrap_or_default();
        assert!(last.contains(refused), "{words}: {last}");
    }
    table(&rule, &[("ada>bob bob>eve +eve", State::Waiting), ("ada>bob bob>ada +ada", State::Waiting)]);
    let anybody = stands("ada>eve", &named(1, ""));
    assert!(anybody.delegations[0].not_counted.as_ref().is_some_and(|why| why.contains("nobody is named")));
    let forged = stands_with("ada>eve +eve", &rule, None, &|claim| claim.text.contains('>').then(|| "forged".into()));
    assert_eq!(forged.state, State::Waiting);
}

#[test]
fn a_delegation_ends_on_its_day() {
    let rule = named(1, "ada");
    let claim = |who: &str| Claim { who: who.into(), text: String::new(), signature: None };
    let handed = Delegation {
        to: "eve".into(),
        reason: "r".into(),
        time_ms: 10,
        until_ms: Some(20),
        subject: "now".into(),
        claim: claim("ada"),
    };
    for (who, at, state) in [
        ("eve", 9, State::Waiting),
        ("eve", 20, State::Approved),
        ("eve", 21, State::Waiting),
        ("ada", 21, State::Approved),
        ("ada", 15, State::Waiting),
    ] {
        let vote = Vote {
            approved: true,
            reason: "r".into(),
            time_ms: at,
            subject: "now".into(),
            claim: claim(who),
            lapsed: false,
            doubt: None,
        };
        let case =
            Case { subject: "now", votes: &[vote], delegations: std::slice::from_ref(&handed), ..Case::default() };
        assert_eq!(weigh(&case, &rule, &|_| None).state, state, "{who} at {at}");
    }
}

#[test]
fn those_it_is_escalated_to_count_from_then_on_in_everybodys_place() {
    let levels = Levels { contract: "orders".into(), first: list("ada"), second: list("dan") };
    let escalation = Some(Escalation { from_ms: 2000, to: list("zoe yan") });
    let rule = Rule { levels: vec![levels], escalation, ..named(1, "bob") };
    table(
        &rule,
        &[
            ("+zoe", State::Waiting),
            ("+eve +zoe", State::Waiting),
            ("+eve +zoe +yan", State::Approved),
            ("+bob +zoe +dan", State::Approved),
            ("+bob +eve +dan", State::Waiting),
            // What they hand over, from then on, is decided in everybody's place.
            ("+bob +eve zoe>fay +fay", State::Waiting),
            ("+bob +dan zoe>fay +fay", State::Approved),
        ],
    );
    let early = stands("+zoe", &rule);
    assert!(early.decisions[0].not_counted.as_ref().is_some_and(|why| why.contains("only when it is escalated")));
}

#[test]
fn what_is_missing_can_still_come_from_those_who_are_named() {
    let rule = named(2, "ada bob cyd");
    for (words, from) in [
        ("", "2 of 2 approvals, from ada, bob, cyd"),
        ("+ada", "1 of 2 approvals, from bob, cyd"),
        ("+ada bob>eve", "1 of 2 approvals, from eve for bob, cyd"),
        ("bob>eve +eve", "1 of 2 approvals, from ada, cyd"),
        ("bob>eve bob>bob +ada", "1 of 2 approvals, from bob, cyd"),
    ] {
        assert_eq!(stands(words, &rule).missing, [from], "{words}");
    }
}

/// Two questions in one: those who decide on each must agree, and neither alone.
#[test]
fn what_else_is_asked_has_approvers_of_its_own() {
    let quorum = Quorum { of: "pipeline-integrity".into(), approvers: list("bob cyd"), needed: 2 };
    let rule = Rule { also: vec![quorum], ..named(1, "eve") };
    let agreed = |who: &str| Agreed { rights: vec![Right { name: who.to_owned(), escalated: false }] };
    let missing = |who: &str| {
        let agreed: Vec<Agreed> = who.split_whitespace().map(agreed).collect();
        rule.missing(&agreed, &Rights::default(), 0)
    };
    assert_eq!(missing("eve"), ["2 of 2 approvals for pipeline-integrity, from bob, cyd"]);
    assert_eq!(missing("bob cyd"), ["1 of 1 approvals, from eve"]);
    assert_eq!(missing("eve bob cyd"), Vec::<String>::new());
    assert_eq!(rule.named(), list("eve bob cyd"));
}
