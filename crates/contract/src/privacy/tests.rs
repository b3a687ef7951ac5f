//! Protections as they are written, and what is said of wrong ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::json;

use super::*;
use crate::load;

#[test]
fn a_word_or_a_map_says_how() {
    assert_eq!(protection(&json!("hash")).unwrap().method, Method::Hash);
    assert_eq!(
        protection(&json!({"method": "partial"})).unwrap().method,
        Method::Partial { first: 0, last: 4, with: "*".into() }
    );
    assert_eq!(
        protection(&json!({"method": "partial", "first": 2})).unwrap().method,
        Method::Partial { first: 2, last: 0, with: "*".into() }
    );
    assert_eq!(
        protection(&json!({"method": "generalise", "to": "month"})).unwrap().method,
        Method::Truncate { to: Period::Month }
    );
    assert_eq!(protection(&json!({"method": "generalise", "band": 10})).unwrap().method, Method::Band { width: 10.0 });
    let keyed = protection(&json!({"method": "encrypt", "key": "k1", "domain": "customer"})).unwrap();
    assert_eq!((keyed.key.as_deref(), keyed.domain.as_deref()), (Some("k1"), Some("customer")));
}

#[test]
fn a_table_may_ask_to_be_encrypted_as_a_whole() {
    assert_eq!(Encryption::parse(&json!("parquet")), Ok(Encryption { key: None }));
    let keyed = Encryption::parse(&json!({"method": "parquet", "key": "k2"}));
    assert_eq!(keyed, Ok(Encryption { key: Some("k2".into()) }));
    for wrong in [json!("zip"), json!(true), json!({"key": "k1"}), json!({"method": "parquet", "keys": []})] {
        assert!(Encryption::parse(&wrong).is_err(), "{wrong}");
    }
    let text = "apiVersion: v3.2.0\nkind: DataContract\nid: c\nversion: 1.0.0\nstatus: active\nschema:\n  - name: t\n    \
                customProperties: [{ property: encryption, vendor: plimsoll, value: VALUE }]\n    properties:\n      - { name: a, \
                logicalType: string }\n";
    let loaded = load("c.yaml", &text.replace("VALUE", "parquet"));
    let dataset = &loaded.datasets[0];
    assert!(dataset.encryption.is_some() && dataset.columns[0].is_classified());
    let codes: Vec<&str> = load("c.yaml", &text.replace("VALUE", "zip")).diagnostics.iter().map(|d| d.code).collect();
    assert!(codes.contains(&"PL180"), "{codes:?}");
}

#[test]
fn what_cannot_be_is_said() {
    let cases = [
        (json!("rot13"), "no protection `rot13`"),
        (json!(7), "method's word"),
        (json!({}), "needs a `method`"),
        (json!({"method": "hash", "last": 4}), "`last` does not belong"),
        (json!({"method": "noise"}), "scale"),
        (json!({"method": "noise", "scale": -1}), "greater than 0"),
        (json!({"method": "generalise"}), "one of band"),
        (json!({"method": "generalise", "band": 5, "grid": 1}), "one of band"),
        (json!({"method": "generalise", "to": "eon"}), "`eon`"),
        (json!({"method": "partial", "last": -1}), "number of characters"),
        (json!({"method": "redact", "with": "x".repeat(65)}), "longer"),
        (json!({"method": "hash", "key": "a:b"}), "letters"),
        (json!({"method": "hash", "domain": ""}), "must be a text"),
    ];
    for (value, wanted) in cases {
        let said = protection(&value).unwrap_err();
        assert!(said.contains(wanted), "{value}: {said}");
    }
    assert!(declassified(&json!({"to": "public"})).unwrap_err().contains("because"));
    assert!(declassified(&json!("public")).unwrap_err().contains("map"));
}

fn codes(property: &str) -> Vec<&'static str> {
    let text = format!(
        "apiVersion: v3.2.0\nkind: DataContract\nid: c\nversion: 1.0.0\nstatus: active\nschema:\n  - name: t\n    properties:\n      - {{ name: c, {property} }}\n"
    );
    load("c", &text).diagnostics.iter().filter(|found| found.is_error()).map(|found| found.code).collect()
}

fn setting(name: &str, value: &str) -> String {
    format!("customProperties: [{{ property: {name}, vendor: plimsoll, value: {value} }}]")
}

#[test]
fn the_lint_finds_protections_that_do_not_fit() {
    assert_eq!(codes(&format!("logicalType: string, {}", setting("protection", "hash"))), [""; 0]);
    assert_eq!(codes(&format!("logicalType: string, {}", setting("protection", "rot13"))), ["PL180"]);
    assert_eq!(codes(&format!("logicalType: integer, {}", setting("protection", "hash"))), ["PL181"]);
    assert_eq!(
        codes(&format!("logicalType: date, {}", setting("protection", "{method: generalise, to: hour}"))),
        ["PL181"]
    );
    assert_eq!(codes(&format!("logicalType: string, required: true, {}", setting("protection", "'null'"))), ["PL181"]);
    assert_eq!(
        codes(&format!("logicalType: string, unique: true, {}", setting("protection", "encrypt-random"))),
        ["PL182"]
    );
    assert_eq!(
        codes(&format!("logicalType: string, primaryKey: true, {}", setting("protection", "partial"))),
        ["PL182"]
    );
    assert_eq!(codes(&format!("logicalType: string, unique: true, {}", setting("protection", "encrypt"))), [""; 0]);
    assert_eq!(codes(&format!("logicalType: string, {}", setting("declassify", "public"))), ["PL180"]);
    let nested = format!(
        "logicalType: object, properties: [{{name: d, logicalType: string, {}}}]",
        setting("protection", "hash")
    );
    assert_eq!(codes(&nested), ["PL181"]);
}

#[test]
fn a_column_gathers_what_is_nested_in_it() {
    let text = "apiVersion: v3.2.0\nkind: DataContract\nid: c\nversion: 1.0.0\nstatus: active\nschema:\n  - name: t\n    properties:\n      - name: home\n        logicalType: object\n        tags: [gdpr]\n        properties:\n          - { name: zip, logicalType: string, classification: internal }\n          - { name: street, logicalType: string, classification: personal, tags: [address] }\n";
    let loaded = load("c", text);
    let privacy = &loaded.datasets[0].columns[0].privacy;
    assert_eq!(privacy.classes, ["internal", "personal"]);
    assert_eq!(privacy.tags, ["gdpr", "address"]);
}

#[test]
fn groups_are_checks_of_a_dataset() {
    let text = "apiVersion: v3.2.0\nkind: DataContract\nid: c\nversion: 1.0.0\nstatus: active\nschema:\n  - name: t\n    quality:\n      - { type: custom, engine: plimsoll, implementation: { kAnonymity: [a, b], k: 5 } }\n      - { type: custom, engine: plimsoll, implementation: { lDiversity: [a], of: d, l: 2 } }\n    properties:\n      - { name: a, logicalType: string }\n      - { name: b, logicalType: string }\n      - { name: d, logicalType: string }\n";
    let dataset = &load("c", text).datasets[0];
    assert_eq!(dataset.least_group(), Some(5));
    let said: Vec<(&str, &str)> =
        dataset.checks.iter().map(|check| (check.id.as_str(), check.expected.as_str())).collect();
    assert!(
        said.iter().any(|(id, expected)| id.contains("k_anonymity") && expected.contains("fewer than 5")),
        "{said:?}"
    );
    assert!(said.iter().any(|(id, _)| id.contains("l_diversity")), "{said:?}");
    let bad = text.replace("k: 5", "k: 1");
    assert_eq!(load("c", &bad).datasets[0].least_group(), None);
}
