//! Changes to single elements: old, new, and what is told.

use super::{compare, contract, words};

/// One column before and after, and the changes that are told.
fn column(old: &str, new: &str, expected: &[&str]) {
    let text = |column: &str| contract(&format!("- {{name: c, {column}}}"), "");
    let report = compare(&text(old), &text(new), None);
    assert_eq!(words(&report), expected, "{old}  ->  {new}\n{:#?}", report.changes);
}

/// One section before and after.
fn section(old: &str, new: &str, expected: &[&str]) {
    let text = |section: &str| contract("- {name: c, logicalType: string}", section);
    let report = compare(&text(old), &text(new), None);
    assert_eq!(words(&report), expected, "{old}  ->  {new}\n{:#?}", report.changes);
}

#[test]
fn types() {
    let spelled: &[&str] = &["type-spelled safe/safe"];
    let widened: &[&str] = &["type-widened warning/safe"];
    let narrowed: &[&str] = &["type-narrowed safe/breaking"];
    let changed: &[&str] = &["type-changed breaking/breaking"];
    for (old, new, expected) in [
        ("int", "INT4", spelled),
        ("character varying(10)", "varchar(10)", spelled),
        ("timestamp with time zone", "timestamptz", spelled),
        ("numeric(10, 2)", "DECIMAL(10,2)", spelled),
        ("double precision", "float8", spelled),
        ("array<int>", "ARRAY<INTEGER>", spelled),
        ("smallint", "int", widened),
        ("real", "double", widened),
        ("varchar(10)", "text", widened),
        ("char(3)", "varchar(3)", widened),
        ("decimal(10,2)", "decimal(12,4)", widened),
        ("int unsigned", "bigint", widened),
        ("timestamp(3)", "timestamp(6)", widened),
        ("array<int>", "array<bigint>", widened),
        ("struct<a: int>", "struct<a: bigint, b: text>", widened),
        ("bigint", "int", narrowed),
        ("text", "varchar(10)", narrowed),
        ("decimal(12,2)", "decimal(12,4)", changed),
        ("int", "text", changed),
        ("timestamp", "timestamptz", changed),
        ("geography", "geometry", changed),
        ("GEOGRAPHY", "geography", spelled),
        ("int", "decimal(10,0)", &["type-loosened breaking/safe"]),
        ("decimal(10,0)", "int", &["type-tightened breaking/breaking"]),
    ] {
        let quoted = |text: &str| format!("physicalType: '{text}'");
        column(&quoted(old), &quoted(new), expected);
    }
}

#[test]
fn logical_types() {
    column("logicalType: integer", "logicalType: number", &["type-loosened breaking/warning"]);
    column("logicalType: number", "logicalType: integer", &["type-changed breaking/breaking"]);
    column("logicalType: string", "logicalType: date", &["type-changed breaking/breaking"]);
    column("physicalType: int", "physicalType: int, logicalType: integer", &["type-spelled safe/safe"]);
    // v3.0 had no other word for a point in time than date.
    column(
        "physicalType: timestamp, logicalType: date",
        "physicalType: timestamp, logicalType: timestamp",
        &["type-spelled safe/safe"],
    );
    column(
        "logicalType: integer, logicalTypeOptions: {format: i32}",
        "logicalType: integer, logicalTypeOptions: {format: i64}",
        &["type-widened warning/safe"],
    );
}

#[test]
fn constraints() {
    let text = |options: &str| format!("logicalType: string, logicalTypeOptions: {{{options}}}");
    let integer = |options: &str| format!("logicalType: integer, logicalTypeOptions: {{{options}}}");
    let date = |options: &str| format!("logicalType: date, logicalTypeOptions: {{{options}}}");
    let loosened: &[&str] = &["constraint-loosened breaking/safe"];
    let tightened: &[&str] = &["constraint-tightened safe/breaking"];
    column(&text("minLength: 2"), &text("minLength: 1"), loosened);
    column(&text("minLength: 0"), &text(""), &["constraint-spelled safe/safe"]);
    column(&text("maxLength: 2"), &text("maxLength: 1"), tightened);
    column(&integer("minimum: 0"), &integer("exclusiveMinimum: 0"), tightened);
    column(&integer("maximum: 9"), &integer("exclusiveMaximum: 10"), &["constraint-spelled safe/safe"]);
    column(&integer("maximum: 9"), &integer("maximum: 10"), loosened);
    column(&date("minimum: '2020-01-01'"), &date("minimum: '2021-01-01'"), tightened);
    column(&date("minimum: '2020-01-01'"), &date("minimum: 'P1D'"), &["constraint-changed warning/warning"]);
    column(&text("pattern: '^a+$'"), &text("pattern: '^a*$'"), loosened);
    column(&text("pattern: '^[a-z]{2}$'"), &text("pattern: '^[a-z][a-z]$'"), &["constraint-spelled safe/safe"]);
    column(&text("pattern: '^[0-9]+$'"), &text("pattern: '^[0-9]{5}$'"), tightened);
    column(&text("pattern: '^(?=a)'"), &text("pattern: '^(?=b)'"), &["constraint-changed warning/warning"]);
    column(&integer("multipleOf: 10"), &integer("multipleOf: 5"), loosened);
    column(&integer("multipleOf: 4"), &integer("multipleOf: 6"), &["constraint-changed breaking/breaking"]);
    column("enum: [{value: a}]", "enum: [{value: a}, {value: b}]", &["enum-changed breaking/safe"]);
    column("enum: [{value: a, label: A}]", "enum: [{value: a, label: B}]", &["description-changed safe/safe"]);
    column("enum: [{value: 1}, {value: 2}]", "enum: [{value: 2}, {value: 1.0}]", &[]);
}

#[test]
fn time_zones() {
    let at = |options: &str| format!("logicalType: timestamp, logicalTypeOptions: {{{options}}}");
    column(&at(""), &at("timezone: false"), &["time-zone-changed safe/safe"]);
    column(&at(""), &at("defaultTimezone: UTC"), &["time-zone-changed breaking/breaking"]);
    column(
        &at("defaultTimezone: UTC"),
        &at("defaultTimezone: Europe/Berlin"),
        &["time-zone-changed breaking/breaking"],
    );
}

#[test]
fn nested() {
    column(
        "logicalType: object, properties: [{name: a, logicalType: integer}]",
        "logicalType: object, properties: [{name: a, logicalType: integer}, {name: b, required: true}]",
        &["property-added safe/breaking"],
    );
    column(
        "logicalType: array, items: {logicalType: object, properties: [{name: a, physicalType: int}]}",
        "logicalType: array, items: {logicalType: object, properties: [{name: a, physicalType: bigint}]}",
        &["type-widened warning/safe"],
    );
    column(
        "logicalType: map, map: {key: {logicalType: string}, value: {logicalType: integer}}",
        "logicalType: map, map: {key: {logicalType: string}, value: {logicalType: string}}",
        &["type-changed breaking/breaking"],
    );
    column(
        "logicalType: vector, logicalTypeOptions: {dimensions: 3}",
        "logicalType: vector, logicalTypeOptions: {dimensions: 3, elementType: float32}",
        &["vector-changed safe/safe"],
    );
}

/// Only a column can be found under another name than its own.
#[test]
fn a_field_inside_a_column_that_is_renamed_loses_its_values() {
    let text = |column: &str| contract(&format!("- {{name: c, {column}}}"), "");
    let inside = |name: &str| text(&format!("logicalType: object, properties: [{{id: i, name: {name}}}]"));
    let report = compare(&inside("y"), &inside("yy"), None);
    assert_eq!(words(&report), ["property-renamed breaking/breaking"]);
    assert!(report.changes[0].is_inside_a_column());
    assert!(report.changes[0].reason.contains("found by their names alone"), "{}", report.changes[0].reason);
    let column = |name: &str| contract(&format!("- {{id: i, name: {name}}}"), "");
    let report = compare(&column("y"), &column("yy"), None);
    assert_eq!(words(&report), ["property-renamed breaking/breaking"]);
    assert!(!report.changes[0].is_inside_a_column());
}

#[test]
fn service_levels() {
    let level = |level: &str| format!("slaProperties:\n- {{{level}}}\n");
    let loosened: &[&str] = &["service-level-loosened breaking/safe"];
    let tightened: &[&str] = &["service-level-tightened safe/breaking"];
    let spelled: &[&str] = &["service-level-spelled safe/safe"];
    for (old, new, expected) in [
        ("property: latency, value: 4, unit: h", "property: ly, value: 240, unit: minutes", spelled),
        ("property: latency, value: 4, unit: h", "property: latency, value: 4, unit: d", loosened),
        ("property: latency, value: 500ms", "property: latency, value: 1s", loosened),
        ("property: latency, value: 60, unit: s", "property: latency, value: 59000, unit: ms", tightened),
        ("property: availability, value: 99.9%", "property: availability, value: 99, unit: percent", loosened),
        ("property: throughput, value: 100, unit: rps", "property: throughput, value: 90, unit: rps", loosened),
        ("property: errorRate, value: 1, unit: '%'", "property: er, value: 2%", loosened),
        ("property: frequency, value: 1, unit: d", "property: frequency, value: 1, unit: h", tightened),
        ("property: endOfSupport, value: '2030-01-01'", "property: es, value: '2029-01-01'", loosened),
        ("property: generalAvailability, value: '2030-01-01'", "property: ga, value: '2029-01-01'", tightened),
        ("property: timeToRepair, value: 1, unit: h", "property: tr, value: PT30M", tightened),
        // Minutes for some, months for others.
        (
            "property: retention, value: 4, unit: M",
            "property: retention, value: 4, unit: min",
            &["service-level-changed warning/warning"],
        ),
        (
            "property: retention, value: 4, unit: M",
            "property: retention, value: 4, unit: month",
            &["service-level-changed warning/warning"],
        ),
        ("property: retention, value: 4M", "property: retention, value: 4, unit: M", spelled),
        ("property: retention, value: 4, unit: M", "property: retention, value: 3, unit: M", loosened),
        ("property: shine, value: 1", "property: shine, value: 2", &["service-level-changed warning/warning"]),
    ] {
        let report = compare(&contract("- {name: c}", &level(old)), &contract("- {name: c}", &level(new)), None);
        let told: Vec<String> = words(&report).into_iter().filter(|line| line.starts_with("service")).collect();
        assert_eq!(told, expected, "{old} -> {new}");
    }
}

#[test]
fn schedules_and_rules_in_words() {
    let when = |when: &str| format!("slaProperties: [{{property: latency, value: 1, unit: d, schedule: '{when}'}}]\n");
    section(&when("0 0 * * *"), &when("0 0 1 * *"), &["schedule-changed warning/safe"]);
    let rule = |rule: &str| format!("logicalType: string, quality: [{{type: text, {rule}}}]");
    let changed: &[&str] = &["rule-changed warning/warning"];
    column(&rule("id: r, description: must be nice"), &rule("id: r, description: must be awful"), changed);
    column(&rule("name: r, description: must be nice"), &rule("name: r, description: must be awful"), changed);
    let counted = |said: &str| {
        format!("logicalType: string, quality: [{{id: r, metric: nullValues, mustBe: 0, description: {said}}}]")
    };
    column(&counted("none"), &counted("none at all"), &["description-changed safe/safe"]);
}

#[test]
fn people_and_terms() {
    section("roles: [{role: analyst}]\n", "", &["role-removed breaking/warning"]);
    section("support: [{channel: help}]\n", "", &["support-removed warning/safe"]);
    section("price: {priceAmount: 1}\n", "price: {priceAmount: 2}\n", &["price-changed warning/safe"]);
    section("team: [{username: a}]\n", "team: {members: [{username: a}]}\n", &[]);
    section("description: {purpose: a}\n", "description: {purpose: b}\n", &["description-changed safe/safe"]);
    section("tags: [a]\n", "tags: [b]\n", &["description-changed safe/safe"]);
    section(
        "servers: [{server: a, type: s3, location: 's3://x'}]\n",
        "servers: [{server: b, type: s3, location: 's3://x'}]\n",
        &["server-renamed warning/warning"],
    );
    section(
        "servers: [{server: a, type: postgres, port: 5432}]\n",
        "servers: [{server: a, type: postgres, port: '5432'}]\n",
        &[],
    );
}

#[test]
fn keys_and_relationships() {
    column("primaryKey: true", "", &["primary-key-changed breaking/safe"]);
    column("unique: true", "unique: false", &["unique-changed breaking/safe"]);
    column("relationships: [{to: a.b}]", "relationships: [{to: a.c}]", &["relationship-retargeted breaking/breaking"]);
    column("relationships: [{to: a.b}]", "", &["relationship-removed breaking/safe"]);
    let old = contract("- {name: c, relationships: [{to: a.b}]}", "");
    let new = contract("- {name: c}", "")
        .replace("- name: orders\n", "- name: orders\n  relationships: [{from: orders.c, to: a.b}]\n");
    assert_eq!(words(&compare(&old, &new, None)), Vec::<String>::new());
}

/// Of the column's Plimsoll settings before and after.
fn settings(old: &str, new: &str, expected: &[&str]) {
    let text = |settings: &str| format!("logicalType: string, customProperties: [{settings}]");
    column(&text(old), &text(new), expected);
}

#[test]
fn protections() {
    let by = |value: &str| format!("{{property: protection, vendor: plimsoll, value: {value}}}");
    let to = |value: &str| format!("{{property: declassify, vendor: plimsoll, value: {value}}}");
    let changed: &[&str] = &["protection-changed breaking/safe"];
    settings("", &by("hash"), changed);
    settings(&by("hash"), "", &["protection-changed breaking/warning"]);
    for (old, new, expected) in [
        ("hash", "encrypt", changed),
        ("hash", "{method: hash}", &[]),
        ("hash", "{method: hash, domain: default}", &[]),
        ("hash", "{method: hash, domain: mail}", changed),
        ("encrypt", "{method: encrypt, key: k2}", changed),
        ("partial", "{method: partial, last: 4}", &[]),
        ("partial", "{method: partial, last: 2}", changed),
        ("{method: generalise, band: 5}", "{method: generalise, band: 10}", changed),
        ("hash", "{method: hash, leaves: internal}", &[]),
        ("hash", "{method: hash, leaves: personal}", &["protection-changed breaking/warning"]),
        ("{method: hash, leaves: personal}", "hash", &["protection-changed warning/warning"]),
        ("hash", "rot13", &["protection-changed warning/warning"]),
    ] {
        settings(&by(old), &by(new), expected);
    }
    let declassified: &[&str] = &["declassification-changed warning/warning"];
    settings("", &to("{to: internal, because: x}"), declassified);
    settings(&to("{to: internal, because: x}"), "", &["declassification-changed breaking/warning"]);
    settings(
        &to("{to: internal, because: x}"),
        &to("{to: internal, because: y}"),
        &["declassification-changed safe/safe"],
    );
    settings(&to("{to: confidential, because: x}"), &to("{to: public, because: x}"), declassified);
    // The levels are in the same order as in a project.
    let classes = ["public", "internal", "confidential", "restricted", "personal", "special category"];
    for pair in classes.windows(2) {
        let class = |class: &str| format!("classification: {class}");
        column(&class(pair[0]), &class(pair[1]), &["classification-changed breaking/warning"]);
        column(&class(pair[1]), &class(pair[0]), &["classification-changed warning/warning"]);
    }
}

#[test]
fn encrypted_tables() {
    let text = |value: &str| {
        contract("- {name: c, logicalType: string}", "").replace(
            "  properties:",
            &format!("  customProperties: [{{property: encryption, vendor: plimsoll, value: {value}}}]\n  properties:"),
        )
    };
    let open = contract("- {name: c, logicalType: string}", "");
    let parquet = text("parquet");
    assert_eq!(words(&compare(&open, &parquet, None)), ["encryption-changed breaking/safe"]);
    assert_eq!(words(&compare(&parquet, &open, None)), ["encryption-changed warning/warning"]);
    assert_eq!(words(&compare(&parquet, &text("{method: parquet}"), None)), [""; 0]);
    assert_eq!(
        words(&compare(&parquet, &text("{method: parquet, key: k2}"), None)),
        ["encryption-changed breaking/safe"]
    );
}
