//! What `contract diff` says is what an engine feels: random pairs of contracts against what they compile to.

use std::collections::BTreeMap;

use contract::diff::{Mode, Source, Summary, report};
use contract::{Check, Contract, Rule, compile};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Everything that an engine acts on, in no order: columns, and checks by what they are about.
fn running(contract: &Contract) -> BTreeMap<String, usize> {
    let mut parts = BTreeMap::new();
    for dataset in compile(contract, "").0 {
        let columns = dataset
            .columns
            .iter()
            .map(|column| format!("{} {} {} {:?}", column.name, column.data_type, column.required, column.time_zone));
        let of =
            |check: &Check| format!("{:?} {:?} {:?} {:?}", check.rule, check.severity, check.threshold, check.limits);
        let checks = dataset.checks.iter().filter(|check| !matches!(check.rule, Rule::NotChecked { .. })).map(of);
        for part in columns.chain(checks) {
            *parts.entry(part).or_default() += 1;
        }
    }
    parts
}

fn setting(name: &str, value: Value) -> Value {
    json!([{ "property": name, "vendor": "plimsoll", "value": value }])
}

/// Plimsoll's settings of an element, most often none.
fn policy() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => Just(Value::Null),
        1 => prop_oneof![Just("error"), Just("warning")].prop_map(|word| setting("severity", json!(word))),
        1 => (0..3_u8).prop_map(|tenths| setting("threshold", json!(f64::from(tenths) / 10.0))),
        1 => (1..3_u64).prop_map(|rows| setting("failAbove", json!(rows))),
        1 => (1..3_u64).prop_map(|rows| setting("warnAbove", json!(rows))),
    ]
}

/// A type with the options that decide how it is stored, and what it allows.
fn typed() -> impl Strategy<Value = Value> {
    let integer = (0..4_usize, prop::option::of(0..3_i64)).prop_map(|(format, minimum)| {
        let format = [None, Some("i32"), Some("i64"), Some("u8")][format];
        json!({ "logicalType": "integer", "logicalTypeOptions": { "format": format, "minimum": minimum } })
    });
    let number = (0..3_usize).prop_map(|format| {
        let format = [None, Some("f32"), Some("f64")][format];
        json!({ "logicalType": "number", "logicalTypeOptions": { "format": format } })
    });
    let text = (prop::option::of(1..3_u64), 0..3_usize).prop_map(|(length, allowed)| {
        let values: Vec<Value> = ["a", "b"][..allowed].iter().map(|value| json!({ "value": value })).collect();
        json!({ "logicalType": "string", "logicalTypeOptions": { "maxLength": length }, "enum": values })
    });
    let time = (0..3_usize, 0..3_usize).prop_map(|(zoned, zone)| {
        let zoned = [None, Some(true), Some(false)][zoned];
        let zone = [None, Some("Etc/UTC"), Some("Europe/Berlin")][zone];
        json!({ "logicalType": "timestamp", "logicalTypeOptions": { "timezone": zoned, "defaultTimezone": zone } })
    });
    prop_oneof![3 => integer, 1 => number, 3 => text, 2 => time, 1 => Just(json!({ "logicalType": "date" }))]
}

fn column() -> impl Strategy<Value = Value> {
    let flag = || prop_oneof![2 => Just(None), 1 => Just(Some(true)), 1 => Just(Some(false))];
    let rule = prop::option::of((1..3_u64, policy()).prop_map(
        |(most, policy)| json!({ "metric": "nullValues", "mustBeLessThan": most, "customProperties": policy }),
    ));
    let reference = prop::option::of((0..2_usize, policy()).prop_map(|(to, policy)| {
        let to = ["other.a", "other.b"][to];
        json!({ "to": to, "customProperties": policy })
    }));
    let semantic = prop_oneof![5 => Just(Value::Null), 1 => Just(json!("measure")), 1 => Just(json!("dimension"))];
    (typed(), flag(), flag(), prop::bool::weighted(0.2), rule, reference, (policy(), semantic)).prop_map(
        |(mut column, required, unique, key, rule, reference, (policy, semantic))| {
            column["required"] = json!(required);
            column["unique"] = json!(unique);
            column["primaryKey"] = json!(key);
            column["quality"] = json!(rule.into_iter().collect::<Vec<_>>());
            column["relationships"] = json!(reference.into_iter().collect::<Vec<_>>());
            column["customProperties"] = policy;
            column["semanticType"] = semantic;
            column
        },
    )
}

fn contract(columns: Vec<Value>) -> Contract {
    let named = columns.into_iter().enumerate().map(|(index, mut column)| {
        column["name"] = json!(format!("c{index}"));
        column
    });
    let text = json!({
        "apiVersion": "v3.2.0", "kind": "DataContract", "id": "x", "version": "1.0.0", "status": "active",
        "schema": [
            { "name": "t", "properties": named.collect::<Vec<_>>() },
            { "name": "other", "properties": [{ "name": "a" }, { "name": "b" }] },
        ],
    });
    Contract::read(&text.to_string()).0.unwrap()
}

/// Two versions: each column is the same, or another one.
fn versions() -> impl Strategy<Value = (Contract, Contract)> {
    let pair = prop_oneof![2 => column().prop_map(|column| (column.clone(), column)), 3 => (column(), column())];
    let nearly = (column(), policy()).prop_map(|(column, policy)| {
        let mut other = column.clone();
        other["customProperties"] = policy;
        (column, other)
    });
    prop::collection::vec(prop_oneof![pair, nearly], 1..4).prop_map(|pairs| {
        let (old, new): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        (contract(old), contract(new))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_difference_is_felt_exactly_where_another_thing_runs((old, new) in versions()) {
        let source = |path, contract| Source { path, contract };
        let found = report(&[source("old", &old)], source("new", &new), None);
        let (before, after) = (running(&old), running(&new));
        let is_safe = found.verdict == Summary::default();
        // A column that comes is felt by nobody, where its rows may be NULL.
        let columns = |contract: &Contract| compile(contract, "").0.iter().map(|dataset| dataset.columns.len()).sum::<usize>();
        let only_adds = before.iter().all(|part| after.get(part.0) >= Some(part.1)) && columns(&new) > columns(&old);
        // What is said of a computed column runs nowhere, and is a promise all the same.
        let is_computed = [&old, &new].iter().any(|contract| contract.to_json().to_string().contains("\"measure\""));
        if before == after && !is_computed {
            prop_assert!(is_safe, "the same runs: {:#?}", found.changes);
        } else if before != after && !only_adds {
            prop_assert!(!is_safe, "{before:#?}\n{after:#?}\n{:#?}", found.changes);
        }
        let same = report(&[source("old", &old)], source("new", &old), Some(Mode::Full));
        prop_assert_eq!(same.changes, vec![]);
    }
}
