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
        ("      - {name: o, physicalName: p, logicalType: object, properties: [{name: y, physicalName: y}]}\n", &[]),
        ("      - {name: o, logicalType: object, properties: [{name: yy, physicalName: y}]}\n", &["PL183"]),
        (
            "      - {name: a, logicalType: array, items: {logicalType: object, properties: [{name: yy, physicalName: y}]}}\n",
            &["PL183"],
        ),
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
        ("    relationships: [{from: [t.id, t.id], to: [t.id]}]\n", &["PL151", "PL151"]),
        ("  - name: t\n", &["PL120"]),
        ("slaProperties: [{property: latency, value: 4, unit: h, element: t.nope}]\n", &["PL152"]),
        ("slaProperties: [{property: latency, value: soon, element: t.id}]\n", &["PL153"]),
        ("slaProperties: [{property: latency, value: 4, unit: M, element: t.id}]\n", &["PL153"]),
        ("slaProperties: [{property: latency, value: 4M, element: t.id}]\n", &["PL153"]),
        ("slaProperties: [{property: latency, value: PT4M, element: t.id}]\n", &[]),
        ("slaProperties: [{property: latency, value: 4, unit: m, element: t.id}]\n", &[]),
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

/// The codes that a text earns, worst first by place; notes are left out.
fn codes_of(text: &str) -> Vec<&'static str> {
    found(text).into_iter().map(|(code, _, _)| code).collect()
}

/// A contract of the newest version with these lines behind its head.
fn newest(body: &str) -> String {
    format!("{}{body}", HEAD.replace("v3.1.0", "v3.2.0"))
}

/// One property of the newest version.
fn property(fields: &str) -> String {
    newest(&format!(
        "schema:\n  - name: t\n    properties:\n      - {{name: id, logicalType: integer}}\n      - {{{fields}}}\n"
    ))
}

#[test]
fn mistakes_of_meaning_have_their_code() {
    let cases: &[(&str, &[&str])] = &[
        ("name: n, logicalType: integer, logicalTypeOptions: {exclusiveMinimum: 1, exclusiveMaximum: 1}", &["PL132"]),
        (
            "name: n, logicalType: array, items: {logicalType: string}, logicalTypeOptions: {minItems: 3, maxItems: 1}",
            &["PL132"],
        ),
        ("name: n, logicalType: integer, logicalTypeOptions: {format: i8, minimum: -200}", &["PL170"]),
        ("name: n, logicalType: integer, logicalTypeOptions: {minimum: 0.5}", &["PL170"]),
        ("name: n, logicalType: number, physicalType: 'decimal(4,2)', logicalTypeOptions: {maximum: 1000}", &["PL170"]),
        ("name: n, logicalType: string, physicalType: varchar(10), logicalTypeOptions: {maxLength: 20}", &["PL170"]),
        ("name: n, logicalType: string, logicalTypeOptions: {pattern: '^a'}, enum: [{value: b}]", &["PL135"]),
        ("name: n, logicalType: integer, logicalTypeOptions: {maximum: 3}, enum: [{value: 4}]", &["PL135"]),
        ("name: n, logicalType: integer, enum: [{value: a}]", &["PL135"]),
        ("name: n, logicalType: number, enum: [{value: 1}, {value: 1.0}]", &["PL135"]),
        ("name: n, logicalType: string, required: true, enum: [{value: a}, {value: null}]", &["PL135"]),
        ("name: n, logicalType: number, examples: [0.25], logicalTypeOptions: {multipleOf: 0.1}", &["PL136"]),
        (
            "name: n, logicalType: array, items: {logicalType: integer}, examples: [[1, 2]], logicalTypeOptions: {maxItems: 1}",
            &["PL136"],
        ),
        ("name: n, logicalType: timestamp, logicalTypeOptions: {defaultTimezone: nowhere in particular}", &["PL139"]),
        ("name: n, logicalType: date, logicalTypeOptions: {format: 'yyyy-MM-dd''x'}", &["PL139"]),
        ("name: n, logicalType: vector, logicalTypeOptions: {dimensions: 0}", &["PL111"]),
        ("name: n, logicalType: integer, primaryKey: true, primaryKeyPosition: 2", &["PL125"]),
        ("name: n, logicalType: integer, primaryKey: true, primaryKeyPosition: 0", &["PL125"]),
        ("name: n, logicalType: integer, partitionKeyPosition: 1", &["PL157"]),
        ("name: ID, logicalType: integer", &["PL174"]),
        ("name: n, physicalName: id, logicalType: integer", &["PL174"]),
        ("name: n, logicalType: integer, relationships: [{to: t.n}]", &["PL151"]),
        ("name: n, logicalType: integer, relationships: [{from: t.n, to: t.id}]", &["PL151"]),
        ("name: n, logicalType: integer, relationships: [{to: t.missing}]", &["PL150"]),
        ("name: n, logicalType: integer, relationships: [{to: schema/t/properties/missing}]", &["PL150"]),
        ("name: n, logicalType: integer, relationships: [{to: other.odcs.yaml#/schema/t/properties/id}]", &["PL172"]),
        ("name: n, logicalType: string, relationships: [{to: t.id}]", &["PL171"]),
        ("name: n, logicalType: number, semanticType: measure", &["PL176"]),
        ("name: n, logicalType: number, semanticType: measure, transformLogic: sum(id), required: true", &["PL176"]),
        (
            "name: n, logicalType: integer, unique: true, quality: [{metric: duplicateValues, mustBeLessThan: 5}]",
            &["PL148"],
        ),
        (
            "name: n, logicalType: integer, quality: [{metric: nullValues, mustBeLessThan: 101, unit: percent}]",
            &["PL148"],
        ),
        ("name: n, logicalType: integer, quality: [{metric: nullValues, mustBe: 0, unit: percents}]", &["PL145"]),
        (
            "name: n, logicalType: integer, quality: [{metric: nullValues, mustBe: 0, arguments: {missing: []}}]",
            &["PL146"],
        ),
        (
            "name: n, logicalType: integer, quality: [{metric: missingValues, mustBe: 0, arguments: {missingValues: x}}]",
            &["PL146"],
        ),
        (
            "name: n, logicalType: object, logicalTypeOptions: {required: [x]}, properties: [{name: y, logicalType: string}]",
            &["PL178"],
        ),
        ("name: n, logicalType: integer, items: {logicalType: string}", &["PL130"]),
        ("name: n, logicalType: integer, deprecated: yes please", &["PL111"]),
    ];
    for (fields, expected) in cases {
        assert_eq!(codes_of(&property(fields)), *expected, "{fields}\n{:#?}", found(&property(fields)));
    }
}

#[test]
fn legitimate_contracts_raise_no_alarm() {
    let cases = [
        "name: n, logicalType: integer, logicalTypeOptions: {minimum: 1, maximum: 1}",
        "name: n, logicalType: integer, logicalTypeOptions: {format: u8, minimum: 0, maximum: 255}",
        "name: n, logicalType: number, physicalType: 'decimal(4,2)', logicalTypeOptions: {maximum: 99.99}",
        "name: n, logicalType: string, physicalType: varchar(10), logicalTypeOptions: {maxLength: 10}",
        "name: n, logicalType: string, physicalType: varchar(max), logicalTypeOptions: {maxLength: 20000}",
        "name: n, logicalType: number, examples: [0.3, '0.3'], logicalTypeOptions: {multipleOf: 0.1}",
        "name: n, logicalType: string, enum: [{value: '1'}, {value: 'true'}, {value: null}]",
        "name: n, logicalType: timestamp, logicalTypeOptions: {format: \"yyyy-MM-dd'T'HH:mm:ss.SSSXXX\", defaultTimezone: Etc/UTC}",
        "name: n, logicalType: timestamp, logicalTypeOptions: {format: 'yyyy-MM-ddTHH:mm:ssZ', defaultTimezone: UTC}",
        "name: n, logicalType: date, logicalTypeOptions: {format: 'dd.MM.yyyy', minimum: '01.01.2020', maximum: '31.12.2019'}",
        "name: n, logicalType: string, logicalTypeOptions: {pattern: '^(?!x)[a-z]+$'}",
        "name: n, logicalType: integer, primaryKey: true, primaryKeyPosition: -1",
        "name: n, logicalType: integer, relationships: [{to: schema/t/properties/id}]",
        "name: n, logicalType: integer, relationships: [{to: /schema/t/properties/id}]",
        "name: n, logicalType: integer, relationships: [{to: 'https://host/x.yaml#/schema/t/properties/id'}]",
        "name: n, logicalType: date, relationships: [{to: t.n2}]}\n      - {name: n2, logicalType: timestamp",
        "name: n, logicalType: integer, relationships: [{to: t.o.x}]}\n      - {name: o, logicalType: object, properties: [{name: x, logicalType: integer}]",
        "name: n, logicalType: number, semanticType: measure, transformLogic: SUM(id)",
        "name: n, logicalType: integer, quality: [{metric: nullValues, mustBeLessThan: 5, unit: percent}]",
        "name: n, logicalType: integer, required: true, quality: [{metric: nullValues, mustBe: 0}]",
        "name: n, logicalType: map, map: {key: {logicalType: string}, value: {logicalType: array, items: {logicalType: integer}}}",
        "name: n, logicalType: vector, logicalTypeOptions: {dimensions: 3, distanceMetric: cosine}",
        "name: password, logicalType: string, examples: [hunter2hunter2]",
        "name: n, logicalType: '${TYPE}', logicalTypeOptions: {minimum: '${LOW}'}",
        "name: n, logicalType: string, logicalTypeOptions: {maxLength: '${LENGTH}'}",
    ];
    for fields in cases {
        let worse: Vec<_> = found(&property(fields)).into_iter().filter(|(code, _, _)| *code != "PL131").collect();
        assert!(worse.is_empty(), "{fields}\n{worse:#?}");
    }
}

#[test]
fn sections_beside_the_schema() {
    let cases: &[(&str, &[&str])] = &[
        (
            "servers: [{server: a, type: local, path: p, format: csv}, {server: a, type: local, path: q, format: csv}]\n",
            &["PL174"],
        ),
        ("servers: [{server: a, type: s3, location: bucket/x}]\n", &["PL119"]),
        ("servers: [{server: a, type: sftp, location: 'https://x/y'}]\n", &["PL119"]),
        ("servers: [{server: a, type: s3, location: 's3://x/{model}/*.csv'}]\n", &[]),
        ("servers: [{server: a, type: postgres, host: h, port: '${PORT}', database: d, schema: s}]\n", &[]),
        ("servers: [{server: a, type: mysql, host: 'mysql://root:s3cr3tpw@db/x', port: 1, database: d}]\n", &["PL129"]),
        ("servers: [{server: a, type: custom, customProperties: [{property: password, value: 'vault:kv/x'}]}]\n", &[]),
        ("servers: [{server: a, type: custom, customProperties: [{property: api_key, value: '${KEY}'}]}]\n", &[]),
        (
            "servers: [{server: a, type: custom, customProperties: [{property: api_key, value: 0123456789abcdef}]}]\n",
            &["PL129"],
        ),
        ("slaProperties: [{property: availability, value: 99.9, unit: percent}]\n", &[]),
        ("slaProperties: [{property: availability, value: 199, unit: percent}]\n", &["PL153"]),
        ("slaProperties: [{property: endOfLife, value: someday}]\n", &["PL153"]),
        ("slaProperties: [{property: frequency, value: 1, unit: d}, {property: retention, value: P1Y}]\n", &[]),
        (
            "slaProperties: [{property: latency, value: 1, unit: d}, {property: latency, value: 2, unit: d}]\n",
            &["PL153"],
        ),
        ("slaProperties: [{property: foo, value: 1}]\n", &["PL158"]),
        ("slaProperties: [{property: latency, value: 1, unit: d, driver: boss}]\n", &["PL158"]),
        ("slaProperties: [{property: ga, value: 2024-01-01}, {property: el, value: 2023-01-01}]\n", &["PL175"]),
        ("context: ''\n", &["PL177"]),
        ("context: {constraints: [{constraint: Never join.}, {constraint: never  join.}]}\n", &["PL177"]),
        ("context: Sum revenue only over paid orders.\n", &[]),
        ("team: {members: [{username: a, dateIn: '2024-02-30'}]}\n", &["PL118"]),
        ("roles: [{id: a, role: r}, {id: a, role: s}]\n", &["PL122"]),
        ("customProperties: [{property: x, value: {list: [{id: 1}, {id: 1}, {id: a}, {id: a}]}}]\n", &[]),
    ];
    for (body, expected) in cases {
        assert_eq!(codes_of(&newest(body)), *expected, "{body}\n{:#?}", found(&newest(body)));
    }
}

#[test]
fn names_in_queries() {
    let of = |query: &str| {
        let text = format!(
            "schema:\n  - name: orders\n    physicalName: shop.orders_v1\n    properties:\n      - {{name: id, logicalType: integer}}\n      - {{name: total, physicalName: ttl, logicalType: number}}\n    quality:\n      - type: sql\n        mustBe: 0\n        query: >-\n          {query}\n"
        );
        codes_of(&newest(&text))
    };
    let right = [
        "SELECT count(*) FROM orders WHERE total < 0",
        "SELECT COUNT(*) FROM Orders o WHERE o.TOTAL IS NULL AND ttl > 1",
        "SELECT count(*) FROM orders_v1 WHERE id NOT IN (1, 2)",
        "SELECT count(*) FROM shop.orders_v1 WHERE anything = 1",
        "SELECT count(*) FROM {object} WHERE {property} IS NULL",
        "SELECT count(*) FROM ${table} WHERE ${column} IS NULL",
        "SELECT count(*) FROM ${SCHEMA}.orders WHERE x = 1",
        "WITH bad AS (SELECT id FROM orders WHERE total < 0) SELECT count(*) FROM bad",
        "WITH bad(k) AS (SELECT id FROM orders) SELECT count(k) FROM bad",
        "SELECT count(*) FROM (SELECT id FROM orders GROUP BY id HAVING count(*) > 1) AS d",
        "SELECT extract(year FROM total) FROM orders",
        "SELECT count(*) FROM orders WHERE \"$path\" LIKE '%2026%'",
        "SELECT count(*) FROM orders WHERE total = 'from nowhere' -- from elsewhere",
        "SELECT count(*) FROM orders WHERE id IS DISTINCT FROM total",
        "SELECT count(*) FROM `p.d.orders` WHERE x > 1",
        "SELECT sum(n) FROM (SELECT count(*) AS n FROM orders GROUP BY id)",
        "SELECT approx_percentile(total, 0.95) FROM orders",
        "SELECT count(*) FROM orders TABLESAMPLE SYSTEM (10) WHERE current_date > total",
    ];
    for query in right {
        assert_eq!(of(query), [""; 0], "{query}");
    }
    let wrong = [
        "SELECT count(*) FROM ordrs",
        "SELECT count(*) FROM orders WHERE totl < 0",
        "SELECT sum(amount) FROM orders",
        "SELECT count(*) FROM orders JOIN customers ON 1 = 1",
        "SELECT count(DISTINCT nope) FROM {object}",
        "SELECT count(*) FROM orders WHERE nope IS NOT NULL",
    ];
    for query in wrong {
        assert_eq!(of(query), ["PL147"], "{query}");
    }
}

#[test]
fn contracts_are_resolved_together() {
    use crate::{Source, load_all};
    let customers = newest(
        "schema:\n  - id: c\n    name: customers\n    properties:\n      - {id: cid, name: id, logicalType: integer}\n",
    );
    let of = |to: &str| {
        let orders = newest(&format!(
            "schema:\n  - name: orders\n    properties:\n      - {{name: customer, logicalType: integer, relationships: [{{to: '{to}'}}]}}\n"
        ));
        let sources = [
            Source { path: "a/b/orders.odcs.yaml", text: &orders },
            Source { path: "./a/customers.odcs.yaml", text: &customers },
        ];
        let loaded = load_all(&sources, &[], 2);
        let worse = loaded[0].diagnostics.iter().filter(|found| found.level != Level::Info);
        worse.map(|found| (found.code, found.level)).collect::<Vec<_>>()
    };
    assert_eq!(of("customers.id"), []);
    assert_eq!(of("../customers.odcs.yaml#/schema/c/properties/cid"), []);
    assert_eq!(of("customers.nope"), [("PL150", Level::Error)]);
    assert_eq!(of("../customers.odcs.yaml#/schema/c/properties/nope"), [("PL150", Level::Error)]);
    assert_eq!(of("elsewhere.odcs.yaml#/schema/c/properties/cid"), [("PL172", Level::Warning)]);
    assert_eq!(of("suppliers.id"), [("PL150", Level::Warning)]);
}

/// An error behind thousands of notes is still an error.
#[test]
fn many_findings_do_not_hide_an_error() {
    let mut text = newest("schema:\n  - name: t\n    properties:\n");
    for column in 0..30_000 {
        text.push_str(&format!("      - {{name: c{column}}}\n"));
    }
    text.push_str("      - {name: last, logicalType: nonsense}\n");
    let loaded = load("c", &text);
    assert!(!loaded.is_valid());
    assert!(loaded.diagnostics.len() < 1_000, "{}", loaded.diagnostics.len());
}
