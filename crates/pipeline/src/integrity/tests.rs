//! Which guards are weaker than before, as a table: what is edited, and what is asked.

use contract::{DataType, Scope};
use proptest::prelude::*;

use super::*;
use crate::project::Retry;
use crate::table::TableSpec;
use crate::terms::{Guards, Term};

fn terms() -> Terms {
    let column = |name: &str| Term {
        name: name.into(),
        id: None,
        data_type: DataType::Boolean,
        required: true,
        classification: None,
        protection: None,
        fill: None,
    };
    let check = |id: &str, element: Option<&str>| CheckTerm {
        id: id.into(),
        scope: Scope::Row,
        severity: Severity::Error,
        element: element.map(str::to_owned),
        rule: "0".into(),
        says: None,
        limits: None,
    };
    Terms {
        encryption: None,
        columns: vec![column("id"), column("amount")],
        primary_key: vec!["id".into()],
        checks: vec![check("amount.required", Some("amount")), check("rows", None)],
        table: TableSpec {
            write: Write::Merge,
            key: vec!["id".into()],
            partition_by: Vec::new(),
            column_mapping: false,
            keep_previous: None,
        },
        threshold: None,
        retry: Retry { attempts: 3, ..Retry::default() },
        incremental: None,
        guards: Guards {
            contract: Some("urn:test:orders".into()),
            version: Some("1.0.0".into()),
            approved: false,
            approvers: None,
            above: Some(0.05),
            drift: Some(DriftPolicy::Gate),
            fails: false,
            keeps_vanished: false,
        },
    }
}

fn asks(edit: impl Fn(&mut Terms)) -> Vec<String> {
    let mut now = terms();
    edit(&mut now);
    weakened(&terms(), &now).into_iter().map(|ask| ask.text).collect()
}

#[test]
fn a_stage_that_failed_and_would_wait_is_asked_about() {
    let strict = Terms { guards: Guards { fails: true, above: Some(0.0), ..terms().guards }, ..terms() };
    let said: Vec<String> = weakened(&strict, &terms()).into_iter().map(|ask| ask.text).collect();
    assert_eq!(
        said,
        [
            "A stage with more than 0 % of its rows refused failed; it would only with more than 5 %.",
            "A stage with more than 0 % of its rows refused failed; it would wait for a person, who can let them go.",
        ]
    );
    assert_eq!(weakened(&terms(), &strict), []);
}

#[test]
fn each_guard_that_is_weaker_is_asked_about() {
    type Edit<'a> = &'a dyn Fn(&mut Terms);
    let cases: &[(Edit<'_>, &str)] = &[
        (&|now| now.table.write = Write::Append, "Rows were merged by id, and would be appended"),
        (&|now| now.table.key = vec!["id".into(), "amount".into()], "merged by id, and would be by id, amount"),
        (&|now| now.retry.attempts = 1, "was tried 3 times, and would be once"),
        (
            &|now| now.guards.above = Some(0.2),
            "more than 5 % of its rows refused waited for a person; it would only with more than 20 %",
        ),
        (&|now| now.guards.keeps_vanished = true, "would be passed over"),
        (&|now| now.primary_key.clear(), "told apart by id, and would be by nothing"),
        (&|now| now.primary_key = vec!["amount".into()], "told apart by id, and would be by amount"),
        (
            &|now| now.guards.drift = Some(DriftPolicy::IgnoreExtra),
            "waited for a person, and a further column would only be reported",
        ),
        (&|now| now.guards.drift = Some(DriftPolicy::AcceptAdditive), "would be expected"),
        (&|now| now.checks[1].severity = Severity::Warning, "rows refused what violates it, and would only report it"),
        (&|now| drop(now.checks.remove(1)), "rows would no longer be checked"),
        (&|now| drop(now.checks.remove(0)), "amount.required would no longer be checked"),
        (&|now| now.checks[0].limits = Some("1".into()), "What amount.required lets pass is another share"),
        (&|now| now.checks[1].rule = "1".into(), "What rows checks is another rule than it was"),
        // By its version alone nobody can tell that it was approved; and another contract was approved for something else.
        (
            &|now| {
                now.guards.version = Some("2.0.0".into());
                now.checks.remove(1);
            },
            "rows would no longer be checked",
        ),
        (
            &|now| {
                now.guards.approved = true;
                now.guards.contract = Some("urn:test:loose".into());
                now.checks.remove(1);
            },
            "rows would no longer be checked",
        ),
    ];
    for (edit, asked) in cases {
        let asks = asks(edit);
        assert!(asks.len() == 1 && asks[0].contains(asked), "{asked}: {asks:?}");
    }
}

/// Without limits of its own a check has those of its stage, which may be wider.
#[test]
fn limits_that_are_gone_are_asked_about() {
    let mut before = terms();
    before.checks[0].limits = Some("1".into());
    let asks = weakened(&before, &terms());
    assert!(asks.len() == 1 && asks[0].text.contains("lets pass is another share"), "{asks:?}");
}

/// A rule that lets more pass under the name that it had.
#[test]
fn a_looser_rule_is_asked_about_and_a_stricter_one_is_not() {
    let at_least = |text: &str| {
        let value = text.parse().ok().map(contract::Literal::Number);
        let lower = value.map(|value| contract::Bound { value, inclusive: true });
        contract::Rule::Range { column: "amount".into(), lower, upper: None }
    };
    let with = |rule: &str| {
        let mut terms = terms();
        terms.checks[1].rule = rule.into();
        terms.checks[1].says = Some(at_least(rule));
        terms
    };
    let said = |was: &str, is: &str| {
        weakened(&with(was), &with(is)).into_iter().map(|ask| ask.text).collect::<Vec<_>>().join(" ")
    };
    assert!(said("0", "-999999").contains("rows would let pass what it refused"));
    assert_eq!(said("0", "5"), "");
    // The same rule by another name.
    let mut renamed = with("0");
    renamed.checks[1].id = "other".into();
    assert_eq!(weakened(&with("0"), &renamed), []);
}

#[test]
fn whoever_a_contract_names_anew_is_asked_about() {
    let named = |first: &[&str]| {
        let first = first.iter().map(|name| (*name).to_owned()).collect();
        let approvers = Some(Levels { contract: "orders.odcs.yaml".into(), first, second: Vec::new() });
        Terms { guards: Guards { approvers, ..terms().guards }, ..terms() }
    };
    let said = |was: &Terms, is: &Terms| weakened(was, is).into_iter().map(|ask| ask.text).collect::<Vec<_>>();
    let both = named(&["ada", "bob"]);
    assert_eq!(
        said(&both, &named(&["eve"])),
        ["The contract named ada, bob as approvers, and would name eve; no approved change says so."]
    );
    assert_eq!(said(&both, &terms()).len(), 1);
    assert_eq!(said(&both, &named(&["Bob", "ada"])), Vec::<String>::new());
    assert_eq!(said(&terms(), &both), Vec::<String>::new());
    let mut open = named(&["eve"]);
    open.guards.approved = true;
    assert_eq!(said(&both, &open), Vec::<String>::new());
}

#[test]
fn a_lost_key_is_asked_about_whatever_takes_its_place() {
    let bare = Terms { primary_key: Vec::new(), ..terms() };
    let by = |write| Terms { table: TableSpec { write, ..terms().table }, ..bare.clone() };
    for write in [Write::Append, Write::Overwrite, Write::ReplacePartitions] {
        assert_eq!(weakened(&bare, &by(write)).len(), 1, "{write:?}");
        assert_eq!(weakened(&by(write), &bare).len(), 0, "{write:?}");
    }
    assert_eq!(weakened(&by(Write::ReplacePartitions), &by(Write::Overwrite)).len(), 1);
}

#[test]
fn other_partitions_take_other_rows_away() {
    let by = |transform| {
        let partition_by = vec![PartitionBy { column: "d".into(), transform }];
        let table = TableSpec { write: Write::ReplacePartitions, key: Vec::new(), partition_by, ..terms().table };
        Terms { table, ..terms() }
    };
    let (day, month) = (by(crate::table::Transform::Day), by(crate::table::Transform::Month));
    let asks = weakened(&day, &month);
    assert!(asks.len() == 1 && asks[0].text.contains("partition of d_day, and would be by d_month"), "{asks:?}");
    assert_eq!(weakened(&day, &day), []);
}

#[test]
fn what_is_no_weaker_is_not_asked_about() {
    let cases: &[&dyn Fn(&mut Terms)] = &[
        &|_| {},
        &|now| now.retry.attempts = 5,
        &|now| now.guards.above = Some(0.01),
        &|now| now.guards.drift = Some(DriftPolicy::Fail),
        &|now| now.table.write = Write::Overwrite,
        // With the column its checks go, and the shape of the table is another question.
        &|now| {
            now.columns.remove(1);
            now.checks.remove(0);
        },
        // Changed in the open.
        &|now| {
            now.guards.version = Some("2.0.0".into());
            now.guards.approved = true;
            now.checks.clear();
            now.primary_key.clear();
            now.guards.drift = Some(DriftPolicy::IgnoreExtra);
        },
        // Not known of older versions.
        &|now| now.guards.above = None,
        &|now| now.guards.drift = None,
    ];
    for (at, edit) in cases.iter().enumerate() {
        assert_eq!(asks(edit), Vec::<String>::new(), "case {at}");
    }
}

#[test]
fn replaced_partitions_that_are_appended_to_are_asked_about() {
    let mut before = terms();
    before.table = TableSpec {
        write: Write::ReplacePartitions,
        key: Vec::new(),
        partition_by: Vec::new(),
        column_mapping: false,
        keep_previous: None,
    };
    let mut now = before.clone();
    now.table.write = Write::Append;
    assert_eq!(weakened(&before, &now).len(), 1);
    assert_eq!(weakened(&now, &before).len(), 0);
}

#[test]
fn many_checks_are_counted_and_not_all_named() {
    let mut before = terms();
    let one = before.checks[1].clone();
    before.checks.extend((0..30).map(|at| CheckTerm { id: format!("check-{at}"), ..one.clone() }));
    let mut now = before.clone();
    now.checks.clear();
    let asks = weakened(&before, &now);
    assert_eq!(asks.len(), CHECKS_TOLD + 1);
    assert_eq!(asks.last().map(|ask| ask.text.as_str()), Some("And so would 22 further checks."));
}

fn any_terms() -> impl Strategy<Value = Terms> {
    let writes = prop::sample::select(vec![Write::Overwrite, Write::Append, Write::Merge, Write::ReplacePartitions]);
    let policies = prop::sample::select(vec![
        DriftPolicy::Fail,
        DriftPolicy::Gate,
        DriftPolicy::IgnoreExtra,
        DriftPolicy::AcceptAdditive,
    ]);
    let keys = prop::sample::subsequence(vec!["id".to_owned(), "amount".to_owned()], 0..=2);
    (writes, policies, keys.clone(), keys, 1u32..5, 0u8..20, any::<bool>(), 0usize..3).prop_map(
        |(write, policy, key, primary_key, attempts, above, keeps_vanished, checks)| {
            let mut terms = terms();
            terms.table.write = write;
            terms.table.key = key;
            terms.primary_key = primary_key;
            terms.guards.drift = Some(policy);
            terms.retry.attempts = attempts;
            terms.guards.above = Some(f64::from(above) / 20.0);
            terms.guards.keeps_vanished = keeps_vanished;
            terms.checks.truncate(checks);
            terms
        },
    )
}

proptest! {
    #[test]
    fn nothing_is_asked_where_nothing_changed(terms in any_terms()) {
        prop_assert_eq!(weakened(&terms, &terms), Vec::new());
    }

    /// Of numbers and ranks, a change is weaker one way only.
    #[test]
    fn what_is_weaker_is_stronger_the_other_way(before in any_terms(), now in any_terms()) {
        for guard in [write, retry, threshold, vanished, drift] {
            prop_assert!(guard(&before, &now).is_none() || guard(&now, &before).is_none());
        }
    }

    /// Each weaker guard is asked about whatever else changes.
    #[test]
    fn questions_do_not_hide_each_other(before in any_terms(), now in any_terms()) {
        let asks = weakened(&before, &now);
        let own = [write(&before, &now), key(&before, &now), retry(&before, &now), threshold(&before, &now),
            vanished(&before, &now), primary_key(&before, &now), drift(&before, &now)];
        for text in own.into_iter().flatten() {
            prop_assert!(asks.iter().any(|ask| ask.text == text), "{}", text);
        }
    }
}
