//! Properties of comparing contracts: nothing from nothing, the same both ways, chains, and no harm from hostile input.

use contract::Contract;
use contract::diff::{Mode, Report, Source, report};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn read(value: &Value) -> Contract {
    Contract::read(&value.to_string()).0.unwrap()
}

fn compare(old: &Value, new: &Value, mode: Option<Mode>) -> Report {
    let (old, new) = (read(old), read(new));
    report(&[Source { path: "old", contract: &old }], Source { path: "new", contract: &new }, mode)
}

fn contract(columns: Vec<Value>) -> Value {
    json!({
        "apiVersion": "v3.2.0", "kind": "DataContract", "id": "x", "version": "1.0.0", "status": "active",
        "schema": [{ "name": "t", "properties": columns }],
    })
}

/// One way to promise something about a column, several values of it; the types stay.
fn aspects() -> impl Strategy<Value = Map<String, Value>> {
    let flag = || prop_oneof![Just(None), Just(Some(true)), Just(Some(false))];
    let bound = || prop::option::of(0..4_i64);
    (flag(), flag(), bound(), bound(), bound(), 0..5_usize, 0..4_usize).prop_map(
        |(required, unique, minimum, maximum, length, physical, allowed)| {
            let mut column = Map::new();
            let mut put = |key: &str, value: Option<Value>| {
                if let Some(value) = value {
                    column.insert(key.to_owned(), value);
                }
            };
            put("logicalType", Some(json!("integer")));
            put("required", required.map(Value::from));
            put("unique", unique.map(Value::from));
            let mut options = Map::new();
            options.extend(minimum.map(|value| ("minimum".to_owned(), json!(value))));
            options.extend(maximum.map(|value| ("exclusiveMaximum".to_owned(), json!(value))));
            options.extend(length.map(|value| ("maxLength".to_owned(), json!(value))));
            put("logicalTypeOptions", (!options.is_empty()).then_some(Value::Object(options)));
            put("physicalType", Some(json!(["smallint", "int", "INTEGER", "bigint", "int4"][physical])));
            let values = ["a", "b", "c"][..allowed].iter().map(|value| json!({ "value": value })).collect::<Vec<_>>();
            put("enum", (allowed > 0).then_some(Value::Array(values)));
            column
        },
    )
}

fn columns() -> impl Strategy<Value = Value> {
    prop::collection::vec(aspects(), 1..4).prop_map(|columns| {
        let named = columns.into_iter().enumerate().map(|(index, mut column)| {
            column.insert("name".to_owned(), json!(format!("c{index}")));
            Value::Object(column)
        });
        contract(named.collect())
    })
}

/// The same with its keys and columns the other way round.
fn reordered(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> =
                map.iter().map(|(key, value)| (key.clone(), reordered(value))).collect();
            entries.reverse();
            if let Some((_, Value::Array(columns))) = entries.iter_mut().find(|(key, _)| key == "properties") {
                columns.reverse();
            }
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(reordered).collect()),
        other => other.clone(),
    }
}

/// Any value where the standard wants another.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "[a-z({\\[*+?|^$0-9]{0,12}".prop_map(Value::from),
        Just(json!("varchar(99999999999999999999)")),
        Just(json!("decimal(-1,400)")),
        Just(json!("array<array<array<struct<a:")),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let keys = prop_oneof![
            Just("name"),
            Just("id"),
            Just("properties"),
            Just("items"),
            Just("map"),
            Just("key"),
            Just("value"),
            Just("logicalType"),
            Just("physicalType"),
            Just("logicalTypeOptions"),
            Just("enum"),
            Just("quality"),
            Just("metric"),
            Just("mustBe"),
            Just("mustBeBetween"),
            Just("arguments"),
            Just("validValues"),
            Just("pattern"),
            Just("relationships"),
            Just("to"),
            Just("from"),
            Just("property"),
            Just("unit"),
            Just("element"),
            Just("server"),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((keys, inner), 0..4).prop_map(|entries| Value::Object(
                entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn equal_contracts_have_no_changes(contract in columns()) {
        prop_assert_eq!(compare(&contract, &contract, None).changes, vec![]);
        prop_assert_eq!(compare(&contract, &reordered(&contract), None).changes, vec![]);
        let yaml = read(&contract).to_yaml();
        let again = Contract::read(&yaml).0.unwrap();
        let before = read(&contract);
        let found = report(&[Source { path: "a", contract: &before }], Source { path: "b", contract: &again }, None);
        prop_assert_eq!(found.changes, vec![]);
    }

    #[test]
    fn forward_one_way_is_backward_the_other(old in columns(), new in columns()) {
        prop_assume!(old["schema"][0]["properties"].as_array().map(Vec::len) == new["schema"][0]["properties"].as_array().map(Vec::len));
        // The version and what widens only are judged for readers by more than the data.
        let there = compare(&old, &new, Some(Mode::Forward));
        let back = compare(&new, &old, Some(Mode::Backward));
        prop_assert_eq!(there.compatible, back.compatible, "{:#?}\n{:#?}", there.changes, back.changes);
        prop_assert_eq!(there.changes.len(), back.changes.len());
    }

    #[test]
    fn compatible_changes_make_compatible_chains(a in columns(), b in columns(), c in columns()) {
        // A column that went and came back as another one is why Confluent has transitive modes: each step is compatible.
        let width = |contract: &Value| contract["schema"][0]["properties"].as_array().map(Vec::len);
        let kept = width(&b) >= width(&a).min(width(&c));
        for mode in [Mode::Backward, Mode::Forward] {
            let steps = compare(&a, &b, Some(mode)).compatible && compare(&b, &c, Some(mode)).compatible;
            let whole = compare(&a, &c, Some(mode));
            prop_assert!(!(kept && steps) || whole.compatible, "{mode:?}: {:#?}", whole.changes);
        }
    }

    #[test]
    fn hostile_contracts_do_no_harm(columns in prop::collection::vec(anything(), 0..4), more in anything(), at in 0..8_usize) {
        let section = ["servers", "slaProperties", "roles", "team", "support", "price", "description", "customProperties"][at];
        let mut one = contract(columns.clone());
        one[section] = more.clone();
        let mut other = contract(vec![more]);
        other[section] = Value::Array(columns);
        for (old, new) in [(&one, &other), (&other, &one), (&one, &one)] {
            let found = compare(old, new, Some(Mode::FullTransitive));
            let options = contract::diff::ShowOptions { colour: false, width: 60 };
            let _ = (contract::diff::show(&found, options), contract::diff::markdown(&found), contract::diff::sarif(&found));
        }
        prop_assert_eq!(compare(&one, &one, None).changes, vec![]);
    }
}

#[test]
fn huge_contracts_are_compared_in_time() {
    let wide = |offset: usize| {
        let column = |index: usize| {
            let values: Vec<Value> = (0..200).map(|value| json!({ "value": value + offset + index })).collect();
            json!({ "name": format!("c{}", index + offset), "logicalType": "integer", "enum": values })
        };
        contract((0..190).map(column).collect())
    };
    let started = std::time::Instant::now();
    let found = compare(&wide(0), &wide(95), None);
    assert_eq!(found.changes.iter().filter(|change| change.kind == "property-removed").count(), 95);
    let mut deep = json!({ "name": "leaf" });
    for _ in 0..60 {
        deep = json!({ "name": "x", "logicalType": "object", "properties": [deep] });
    }
    assert_eq!(compare(&contract(vec![deep.clone()]), &contract(vec![deep]), None).changes, []);
    let pattern = |text: &str| {
        contract(vec![json!({ "name": "p", "logicalType": "string", "logicalTypeOptions": { "pattern": text } })])
    };
    let found = compare(&pattern("^((a|b)*a(a|b){12})*$"), &pattern("^((a+)+b?){3,40}$"), None);
    assert_eq!(found.changes.len(), 1);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
