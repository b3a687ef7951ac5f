//! Differences, what they mean under each policy, and how long they stand.
#![allow(clippy::unwrap_used)]

use super::*;

fn dataset(drift: &str) -> Dataset {
    let text = format!(
        "apiVersion: v3.2.0\nkind: DataContract\nid: a\nversion: 1.0.0\nstatus: active\nschema:\n  - name: orders\n    logicalType: object\n    \
         customProperties: [{{ property: drift, value: {drift}, vendor: plimsoll }}]\n    properties:\n      \
         - {{ name: id, logicalType: integer }}\n      - {{ name: status, logicalType: string }}\n      - {{ name: amount, logicalType: number }}\n"
    );
    contract::load("a", &text).datasets.remove(0)
}

fn there() -> SeenColumn {
    SeenColumn { is_there: true, nulls: Some(0.0), ..SeenColumn::default() }
}

fn seen() -> Seen {
    let order = ["id", "status", "amount"].map(str::to_owned).to_vec();
    Seen { columns: vec![there(), there(), there()], order, rows: 10, ..Seen::default() }
}

fn told(drift: &str, side: Side, seen: &Seen) -> Vec<String> {
    let look = compare(&dataset(drift), side, seen, &BTreeMap::new());
    let word = |item: &Item| {
        format!("{:?} {} {}", item.severity, item.kind.word(), item.column.as_deref().unwrap_or("-")).to_lowercase()
    };
    look.items.iter().map(word).collect()
}

#[test]
fn what_is_as_promised_is_no_drift() {
    assert_eq!(told("fail", Side::Source, &seen()), Vec::<String>::new());
    assert_eq!(told("gate", Side::Table, &seen()), Vec::<String>::new());
}

#[test]
fn a_difference_means_what_the_policy_says() {
    let mut seen = seen();
    seen.extra = vec![("discount".into(), Some("double".into()))];
    for (policy, severity) in
        [("fail", "error"), ("gate", "warning"), ("ignore_extra", "warning"), ("accept_additive", "note")]
    {
        assert_eq!(told(policy, Side::Source, &seen), [format!("{severity} new discount")], "{policy}");
    }
    assert_eq!(told("accept_additive", Side::Table, &seen), ["warning new discount"]);
    seen.columns[2].is_there = false;
    assert_eq!(told("gate", Side::Source, &seen), ["warning missing amount", "warning new discount"]);
    assert_eq!(told("accept_additive", Side::Source, &seen), ["error missing amount", "note new discount"]);
}

#[test]
fn a_column_of_a_like_name_is_a_rename_once() {
    let mut seen = seen();
    seen.columns[2].is_there = false;
    seen.columns[1].is_there = false;
    seen.extra = vec![("amount_eur".into(), None), ("other".into(), None)];
    let look = compare(&dataset("fail"), Side::Source, &seen, &BTreeMap::new());
    let renamed = look.items.iter().find(|item| item.kind == Kind::Renamed).unwrap();
    assert_eq!((renamed.column.as_deref(), renamed.found.as_slice()), (Some("amount"), &["amount_eur".to_owned()][..]));
    assert_eq!(told("fail", Side::Source, &seen), ["error missing status", "error renamed amount", "error new other"]);
}

#[test]
fn order_types_values_and_partitions_are_told() {
    let mut seen = seen();
    seen.order = ["status", "id", "amount"].map(str::to_owned).to_vec();
    seen.columns[0].retyped = Some("it is stored as string".into());
    seen.columns[1].new_values = vec!["refunded".into()];
    let table = SeenTable { version: 3, version_published: Some(3), ..SeenTable::default() };
    seen.table = Some(SeenTable { partitions_wanted: vec!["day".into()], ..table });
    let all = ["error retyped id", "error new values status", "error partitioning -", "note reordered -"];
    assert_eq!(told("fail", Side::Table, &seen), all);
}

#[test]
fn what_others_did_to_a_table_is_told() {
    let promised = |change: fn(&mut SeenTable)| {
        let mut table = SeenTable { version: 3, version_published: Some(3), ..SeenTable::default() };
        change(&mut table);
        let mut dataset = dataset("fail");
        dataset.columns[0].required = true;
        let seen = Seen { table: Some(table), ..seen() };
        let look = compare(&dataset, Side::Table, &seen, &BTreeMap::new());
        look.items.into_iter().map(|item| item.detail).collect::<Vec<_>>()
    };
    assert_eq!(promised(|_| {}), [""; 0]);
    assert_eq!(
        promised(|table| {
            table.properties = [("delta.constraints.paid".to_owned(), "amount > 0".to_owned())].into();
        }),
        ["somebody else has set delta.constraints.paid = amount > 0"]
    );
    assert_eq!(
        promised(|table| table.nullable = vec!["id".into(), "amount".into()]),
        ["NULL is allowed in id, which the contract requires"]
    );
    assert_eq!(promised(|table| table.version = 5), ["somebody else has written version 5; published was 3"]);
    assert_eq!(promised(|table| table.version_published = None), ["Plimsoll has not published this table"]);
}

#[test]
fn records_of_another_encoding_are_told() {
    let seen = Seen { undecoded: Some((2, "byte 3 is wrong".into())), ..seen() };
    assert_eq!(told("gate", Side::Source, &seen), ["error encoding -"]);
}

#[test]
fn nulls_jump_against_what_they_were_and_not_against_the_jump() {
    let dataset = dataset("fail");
    let look = |nulls: f64, before: &BTreeMap<String, f64>| {
        let mut seen = seen();
        seen.columns[2].nulls = Some(nulls);
        compare(&dataset, Side::Source, &seen, before)
    };
    let first = look(2.0, &BTreeMap::new());
    assert_eq!((first.items.len(), first.nulls["amount"]), (0, 2.0));
    assert_eq!(look(2.5, &first.nulls).nulls["amount"], 2.0, "too little to be noted");
    let crept = look(9.0, &first.nulls);
    assert_eq!((crept.items.len(), crept.nulls["amount"]), (0, 9.0));
    let jumped = look(40.0, &first.nulls);
    assert_eq!((jumped.items[0].kind, jumped.nulls["amount"]), (Kind::NullsJumped, 2.0));
    assert_eq!(look(40.0, &jumped.nulls).items.len(), 1, "it stands until it is gone");
    assert_eq!(look(50.0, &BTreeMap::from([("amount".to_owned(), 45.0)])).items.len(), 0);
}

#[test]
fn what_stands_ages_and_escalates_and_what_is_gone_begins_anew() {
    let mut seen = seen();
    seen.extra = vec![("discount".into(), None)];
    let with = compare(&dataset("ignore_extra"), Side::Source, &seen, &BTreeMap::new());
    seen.extra.clear();
    let without = compare(&dataset("ignore_extra"), Side::Source, &seen, &BTreeMap::new());
    let mut looks = Looks::default();
    looks.add(100, with.clone());
    looks.add(200, with.clone());
    assert_eq!(looks.open()[0].since_ms, 100);
    assert_eq!(looks.open()[0].severity_at(200), Severity::Warning);
    assert_eq!(looks.open()[0].severity_at(100 + ESCALATES_MS), Severity::Error);
    looks.add(300, without);
    assert_eq!(looks.open(), []);
    looks.add(400, with);
    assert_eq!(looks.open()[0].since_ms, 400);
}

/// What is accepted no longer stands, and more of the same does.
#[test]
fn what_is_accepted_is_normal_from_then_on() {
    let looked = |nulls: f64, extra: &[&str], looks: &Looks| {
        let mut seen = seen();
        seen.columns[2].nulls = Some(nulls);
        seen.extra = extra.iter().map(|name| ((*name).to_owned(), None)).collect();
        let before = looks.newest("orders", Side::Source).map(|look| look.nulls.clone()).unwrap_or_default();
        looks.without_accepted(compare(&dataset("ignore_extra"), Side::Source, &seen, &before))
    };
    let mut looks = Looks::default();
    looks.add(1, looked(0.0, &[], &looks));
    looks.add(2, looked(50.0, &["discount"], &looks));
    let open = looks.open();
    assert_eq!(open.iter().map(|open| open.item.kind).collect::<Vec<_>>(), [Kind::New, Kind::NullsJumped]);
    assert!(open.iter().all(|open| open.is_acceptable(DriftPolicy::IgnoreExtra)));
    assert!(!open[0].is_acceptable(DriftPolicy::Gate), "the next run asks about it");
    looks.accept(&Acceptance {
        dataset: "orders".into(),
        side: Side::Source,
        items: open.iter().map(|open| Accepted::from(&open.item)).collect(),
        who: "ada".into(),
        reason: "it is so".into(),
    });
    assert_eq!(looks.open(), []);
    let same = looked(50.0, &["discount"], &looks);
    assert_eq!(looks.newest("orders", Side::Source), Some(&same), "a look that finds what is known enters nothing");
    looks.add(3, looked(100.0, &["discount", "other"], &looks));
    let open: Vec<(Option<String>, i64)> =
        looks.open().into_iter().map(|open| (open.item.column, open.since_ms)).collect();
    assert_eq!(open, [(Some("other".to_owned()), 3), (Some("amount".to_owned()), 3)]);
}
