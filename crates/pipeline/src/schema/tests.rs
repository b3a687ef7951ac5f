//! The schemas accept what the readers accept: the example of the guide, checked by a small validator of the words used.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

const EXAMPLE: &str = r#"
pipeline: flights
datasets:
  flights_raw:
    contract: flights_raw
    source: { files: "landing/flights/*.csv.gz", format: csv, null_values: ["NA", ""], delimiter: ",", quote: "\"", header: true, encoding: utf8 }
    table: { write: append, partition_by: [{ month: time_hour }] }
  flight:
    model: models/flight.sql
    incremental: { from: flights_raw }
    table: { write: merge, key: [id], partition_by: [{ bucket: id, count: 8 }, { range: distance, at: [500, 1000] }, carrier] }
    retry: { attempts: 3, wait: 200ms, max_wait: 30s }
    on_violation: { above: 5% }
  daily_delay:
"#;

/// Covers types, enums, bounds, keys and combinations; patterns are left to the readers' own tests.
fn valid(schema: &Value, value: &Value) -> bool {
    let Some(schema) = schema.as_object() else { return false };
    schema.iter().all(|(word, rule)| match word.as_str() {
        "type" => match rule {
            Value::Array(types) => types.iter().any(|one| is(one.as_str().unwrap(), value)),
            one => is(one.as_str().unwrap(), value),
        },
        "enum" => rule.as_array().unwrap().contains(value),
        "anyOf" => rule.as_array().unwrap().iter().any(|one| valid(one, value)),
        "not" => !valid(rule, value),
        "required" => rule.as_array().unwrap().iter().all(|key| value.get(key.as_str().unwrap()).is_some()),
        "properties" => entries(value).all(|(key, item)| rule.get(key).is_none_or(|rule| valid(rule, item))),
        "additionalProperties" => {
            let known = schema.get("properties");
            entries(value).filter(|(key, _)| known.and_then(|known| known.get(key)).is_none()).all(|(_, item)| {
                match rule {
                    Value::Bool(allowed) => *allowed,
                    rule => valid(rule, item),
                }
            })
        }
        "items" => value.as_array().into_iter().flatten().all(|item| valid(rule, item)),
        "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap()),
        "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap()),
        "maximum" => value.as_f64().is_none_or(|number| number <= rule.as_f64().unwrap()),
        "minLength" => value.as_str().is_none_or(|text| text.len() as u64 >= rule.as_u64().unwrap()),
        "pattern" | "uniqueItems" | "description" | "title" | "$schema" => true,
        other => panic!("the validator does not know {other}"),
    })
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

fn is(word: &str, value: &Value) -> bool {
    match word {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("no such type: {other}"),
    }
}

fn example() -> Value {
    contract::syntax::parse(EXAMPLE).root.unwrap().to_json()
}

#[test]
fn the_example_is_a_pipeline() {
    assert!(valid(&pipeline(), &example()));
}

#[test]
fn mistakes_are_not() {
    let mistakes: [fn(&mut Value); 8] = [
        |value| value["schedule"] = json!(15),
        |value| value["datasets"]["flight"]["modle"] = json!("x"),
        |value| value["datasets"]["flight"]["source"] = json!({ "files": "a.csv" }),
        |value| value["datasets"]["flight"]["table"]["write"] = json!("upsert"),
        |value| value["datasets"]["flight"]["table"]["partition_by"][0]["count"] = json!(1),
        |value| value["datasets"]["flight"]["incremental"] = json!({}),
        |value| value["datasets"]["flight"]["retry"]["attempts"] = json!(0),
        |value| value["datasets"]["flights_raw"]["source"] = json!({ "format": "csv" }),
    ];
    for mistake in mistakes {
        let mut value = example();
        mistake(&mut value);
        assert!(!valid(&pipeline(), &value), "{value:#}");
    }
}

#[test]
fn settings_are_judged_like_their_reader_does() {
    let good = json!({
        "name": "flights", "warehouse": "warehouse", "ledger": "sqlite:.plimsoll/ledger.db", "concurrency": 2,
        "memory": "512 MiB", "threshold": "5%", "store": { "aws_endpoint": "http://localhost:9000" }
    });
    assert!(valid(&settings(), &good));
    for bad in [json!({ "nmae": "x" }), json!({ "concurrency": 0 }), json!({ "threshold": 5 }), json!({ "memory": 1 })]
    {
        assert!(!valid(&settings(), &bad), "{bad}");
    }
}
