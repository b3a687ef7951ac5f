//! Each case is a piece of a contract and the codes that it must earn.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::{Level, load};

const HEAD: &str = "apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: 1.0.0\nstatus: active\n";

/// Warnings and errors, as code and element.
fn found(text: &str) -> Vec<(&'static str, Level, String)> {
    let loaded = load("c", text);
    let worse = loaded.diagnostics.into_iter().filter(|found| found.level != Level::Info);
    worse.map(|found| (found.code, found.level, found.element)).collect()
}

/// A dataset with these lines as its properties and the rest.
fn dataset(body: &str) -> String {
    format!("{HEAD}schema:\n  - name: t\n    properties:\n      - {{name: id, logicalType: integer}}\n{body}")
}

#[test]
fn each_mistake_has_its_code() {
    let cases: &[(&str, &[&str])] = &[
        ("", &[]),
        ("      - {name: id, logicalType: string}\n", &["PL121"]),
        ("      - {logicalType: string}\n", &["PL110"]),
        ("      - {name: s, logicalType: strin}\n", &["PL113"]),
        ("      - {name: s, logicalType: map}\n", &["PL114", "PL110"]),
        ("      - {name: s, logicalType: string, logicalTypeOptions: {minimum: 1}}\n", &["PL130"]),
        ("      - {name: s, logicalTypeOptions: {minimum: 1}}\n", &["PL130"]),
        ("      - {name: s, logicalType: string, logicalTypeOptions: {pattern: '([a'}}\n", &["PL131"]),
        ("      - {name: s, logicalType: string, logicalTypeOptions: {minLength: 5, maxLength: 2}}\n", &["PL132"]),
        ("      - {name: n, logicalType: number, logicalTypeOptions: {minimum: 10, maximum: 1}}\n", &["PL132"]),
        ("      - {name: n, logicalType: number, logicalTypeOptions: {minimum: 1, exclusiveMinimum: 2}}\n", &["PL133"]),
        ("      - {name: n, logicalType: number, logicalTypeOptions: {multipleOf: 0}}\n", &["PL111"]),
        ("      - {name: d, logicalType: date, logicalTypeOptions: {minimum: 2020-13-01}}\n", &["PL134"]),
        ("      - {name: s, logicalType: string, examples: [abc], logicalTypeOptions: {maxLength: 2}}\n", &["PL136"]),
        ("      - {name: k, logicalType: string, primaryKeyPosition: 1}\n", &["PL125"]),
        ("      - {name: s, logicalType: string, isUnique: true}\n", &["PL112"]),
        ("    quality: [{metric: rowCount, mustBeBetween: [5, 2]}]\n", &["PL141"]),
        ("    quality: [{metric: rowCount}]\n", &["PL140"]),
        ("    quality: [{metric: rowCount, mustBe: 1, mustNotBe: 2}]\n", &["PL140"]),
        ("    quality: [{metric: rowcount, mustBe: 1}]\n", &["PL113"]),
        ("    quality: [{type: sql, query: delete from t, mustBe: 0}]\n", &["PL142"]),
        ("    quality: [{type: sql, query: 'select 1; drop table t', mustBe: 0}]\n", &["PL142"]),
        (
            "    quality: [{type: sql, query: '-- all\n\n\n      WITH x AS (SELECT 1) SELECT ''delete'' FROM x', mustBe: 0}]\n",
            &[],
        ),
        ("    quality: [{type: sql, metric: rowCount, query: select 1, mustBe: 0}]\n", &["PL144"]),
        ("    quality: [{metric: nullValues, mustBe: 0}]\n", &["PL143"]),
        ("    relationships: [{from: t.id, to: other.id}]\n", &["PL150"]),
        ("    relationships: [{from: t.id, to: t.nope}]\n", &["PL150"]),
        ("    relationships: [{from: [t.id, t.id], to: [t.id]}]\n", &["PL151"]),
        ("  - name: t\n", &["PL120"]),
        ("slaProperties: [{property: latency, value: 4, unit: h, element: t.nope}]\n", &["PL152"]),
        ("slaProperties: [{property: latency, value: soon, element: t.id}]\n", &["PL153"]),
        ("price: {priceAmount: 5}\n", &["PL155"]),
        ("servers: [{server: s, type: postgres, host: h, port: 1, database: d}]\n", &["PL154"]),
        ("servers: [{server: s, type: postgras}]\n", &["PL113"]),
        ("customProperties: [{property: a, value: 1}, {property: a, value: 2}]\n", &["PL123"]),
        ("tags: x\n", &["PL111"]),
    ];
    for (body, codes) in cases {
        let found = found(&dataset(body));
        let mut given: Vec<_> = found.iter().map(|(code, _, _)| *code).collect();
        let mut expected = codes.to_vec();
        given.sort_unstable();
        expected.sort_unstable();
        assert_eq!(given, expected, "{body}\n{found:?}");
    }
}

#[test]
fn versions_and_heads() {
    assert_eq!(found("kind: DataContract\n").iter().filter(|(code, _, _)| *code == "PL110").count(), 3);
    let banana = dataset("").replace("1.0.0", "banana");
    assert_eq!(found(&banana), [("PL126", Level::Warning, "version".to_owned())]);
    let unquoted = dataset("").replace("1.0.0", "1.0");
    assert_eq!(found(&unquoted), [("PL111", Level::Error, "version".to_owned())]);
}

#[test]
fn findings_point_at_their_element() {
    let text = dataset("      - {name: s, logicalType: strng}\n");
    let loaded = load("c", &text);
    let found = loaded.diagnostics.iter().find(|found| found.code == "PL113").unwrap();
    assert_eq!(found.element, "schema[0].properties[1].logicalType");
    assert_eq!(&text[found.span.start..found.span.end], "strng");
    assert_eq!(found.help.as_deref(), Some("did you mean `string`?"));
}

#[test]
fn codes_are_in_order_and_unique() {
    let codes: Vec<_> = crate::codes().iter().map(|info| info.code).collect();
    assert!(codes.is_sorted());
    assert!(codes.windows(2).all(|pair| pair[0] != pair[1]));
}
