//! What is said must be what runs: changes that an engine feels and that look like descriptions, and the other way round.

use super::super::{Mode, Verdict};
use super::{compare, contract, read, words};

const SAFE: (&str, &str) = ("safe", "safe");
const WARN: (&str, &str) = ("warning", "warning");
const BREAKS: (&str, &str) = ("breaking", "breaking");
const LOOSER: (&str, &str) = ("breaking", "safe");
const TIGHTER: (&str, &str) = ("safe", "breaking");
const WIDER: (&str, &str) = ("warning", "safe");

fn setting(name: &str, value: &str) -> String {
    format!("customProperties: [{{property: {name}, vendor: plimsoll, value: {value}}}]")
}

/// The worst of each side.
fn judged(old: &str, new: &str, expected: (&str, &str)) -> Option<String> {
    let report = compare(old, new, None);
    let found = (report.verdict.consumer.word(), report.verdict.producer.word());
    (found != expected).then(|| format!("{found:?}, expected {expected:?}: {:#?}", report.changes))
}

fn all(cases: &[(String, String, (&str, &str))], text: &dyn Fn(&str) -> String) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(old, new, expected)| {
            Some(format!("{old}  ->  {new}: {}", judged(&text(old), &text(new), *expected)?))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Of one column.
fn columns(cases: &[(&str, &str, (&str, &str))]) {
    let cases: Vec<_> = cases.iter().map(|(old, new, it)| ((*old).to_owned(), (*new).to_owned(), *it)).collect();
    all(&cases, &|column| contract(&format!("- {{name: c{}{column}}}", if column.is_empty() { "" } else { ", " }), ""));
}

#[test]
fn a_check_that_only_warns_is_milder() {
    let warns = setting("severity", "warning");
    let fails = setting("severity", "error");
    for promise in ["required: true", "unique: true", "logicalType: string, enum: [{value: a}]"] {
        let (hard, soft) = (format!("{promise}, {fails}"), format!("{promise}, {warns}"));
        columns(&[(promise, &soft, LOOSER), (&soft, promise, TIGHTER), (&hard, &soft, LOOSER), (promise, &hard, SAFE)]);
    }
    // Nothing runs that could be milder.
    columns(&[("logicalType: string", &format!("logicalType: string, {warns}"), SAFE)]);
    let level = |more: &str| {
        let level = format!("slaProperties:\n- {{property: latency, value: 4, unit: h, element: orders.c{more}}}\n");
        contract("- {name: c, logicalType: timestamp}", &level)
    };
    // A service level only warns without saying.
    assert_eq!(judged(&level(""), &level(&format!(", {warns}")), SAFE), None);
    assert_eq!(judged(&level(""), &level(&format!(", {fails}")), TIGHTER), None);
    assert_eq!(judged(&level(&format!(", {fails}")), &level(""), LOOSER), None);
}

#[test]
fn the_change_of_a_setting_names_the_checks_that_it_changes() {
    let column = |more: &str| contract(&format!("- {{name: c, required: true, unique: true{more}}}"), "");
    let report = compare(&column(""), &column(&format!(", {}", setting("severity", "warning"))), None);
    let [change] = report.changes.as_slice() else { panic!("{:#?}", report.changes) };
    assert_eq!(change.element, "schema.orders.properties.c.customProperties.severity");
    assert_eq!((change.kind, change.consumer), ("setting-changed", Verdict::Breaking));
    assert!(change.reason.contains("`c.required`") && change.reason.contains("`c.unique`"), "{}", change.reason);
}

#[test]
fn what_a_relationship_bears_is_compared() {
    let to = |more: &str| format!("relationships: [{{to: a.b{more}}}]");
    let with = |name: &str, value: &str| to(&format!(", {}", setting(name, value)));
    columns(&[
        (&to(""), &with("severity", "warning"), LOOSER),
        (&with("severity", "warning"), &to(""), TIGHTER),
        // The stage's own threshold is not in the contract.
        (&to(""), &with("threshold", "\"90%\""), WARN),
        (&with("threshold", "\"5%\""), &with("threshold", "\"90%\""), LOOSER),
        (&with("threshold", "\"90%\""), &with("threshold", "\"5%\""), TIGHTER),
        (&to(""), &with("failAbove", "10"), LOOSER),
        (&with("failAbove", "10"), &with("failAbove", "5"), TIGHTER),
    ]);
}

#[test]
fn a_computed_column_is_none_of_the_table() {
    columns(&[
        ("logicalType: integer", "logicalType: integer, semanticType: measure", LOOSER),
        ("logicalType: integer, semanticType: measure", "logicalType: integer", SAFE),
        ("logicalType: integer", "logicalType: integer, semanticType: dimension", SAFE),
        (
            "logicalType: integer, semanticType: dimension",
            "logicalType: integer, semanticType: dimension, transformLogic: x",
            LOOSER,
        ),
        (
            "logicalType: integer, required: true, semanticType: measure",
            "logicalType: integer, required: true",
            TIGHTER,
        ),
    ]);
}

#[test]
fn the_width_of_a_number_is_the_stored_one() {
    let integer = |format: &str| format!("logicalType: integer, logicalTypeOptions: {{format: {format}}}");
    let number = |format: &str| format!("logicalType: number, logicalTypeOptions: {{format: {format}}}");
    columns(&[
        (&integer("i32"), "logicalType: integer", WIDER),
        ("logicalType: integer", &integer("i32"), TIGHTER),
        (&integer("i64"), "logicalType: integer", SAFE),
        ("logicalType: integer", &integer("i64"), SAFE),
        (&integer("u8"), &integer("i16"), WIDER),
        (&integer("i8"), &integer("u8"), BREAKS),
        (&number("f64"), "logicalType: number", SAFE),
        ("logicalType: number", &number("f64"), SAFE),
        (&number("f32"), "logicalType: number", WIDER),
        ("logicalType: integer", "logicalType: number", ("breaking", "warning")),
        ("logicalType: number", "logicalType: integer", BREAKS),
    ]);
}

#[test]
fn a_zone_makes_a_time_an_instant() {
    let at = |options: &str| format!("logicalType: timestamp, logicalTypeOptions: {{{options}}}");
    columns(&[
        ("logicalType: timestamp", &at("defaultTimezone: Etc/UTC"), BREAKS),
        (&at("defaultTimezone: Etc/UTC"), "logicalType: timestamp", BREAKS),
        (&at("timezone: true"), &at("timezone: true, defaultTimezone: UTC"), SAFE),
        (&at("defaultTimezone: UTC"), &at("timezone: true"), SAFE),
        (&at("timezone: false"), &at("timezone: false, defaultTimezone: Europe/Berlin"), SAFE),
        ("logicalType: timestamp", &at("timezone: false"), SAFE),
        (&at("timezone: true"), &at("timezone: true, defaultTimezone: Europe/Berlin"), BREAKS),
    ]);
}

#[test]
fn a_new_column_must_bear_the_rows_that_lack_it() {
    let rule = |rule: &str| format!("logicalType: string, quality: [{{{rule}}}]");
    let with = |column: &str| {
        let more = if column.is_empty() { String::new() } else { format!("\n- {{name: n, {column}}}") };
        contract(&format!("- {{name: c, logicalType: string}}{more}"), "")
    };
    for (column, expected) in [
        (rule("metric: nullValues, mustBe: 0"), TIGHTER),
        (rule("metric: nullValues, mustBeLessThan: 5, unit: percent"), TIGHTER),
        (rule("metric: nullValues, mustBeLessOrEqualTo: 100, unit: percent"), SAFE),
        (rule("metric: invalidValues, mustBe: 0, arguments: {validValues: [a]}"), SAFE),
        (rule("metric: duplicateValues, mustBe: 0"), SAFE),
        (rule("type: sql, query: 'SELECT count(*) FROM {object} WHERE {property} IS NULL', mustBe: 0"), WARN),
        (rule("metric: nullValues, mustBe: 0, severity: warning"), ("safe", "warning")),
        ("logicalType: string, enum: [{value: a}]".to_owned(), SAFE),
        ("logicalType: string, relationships: [{to: a.b}]".to_owned(), SAFE),
        ("logicalType: string, required: true, relationships: [{to: a.b}]".to_owned(), TIGHTER),
    ] {
        assert_eq!(judged(&with(""), &with(&column), expected), None, "{column}");
    }
    // The same inside a value.
    let inside = |field: &str| {
        format!("logicalType: object, properties: [{{name: a, logicalType: string}}, {{name: b, {field}}}]")
    };
    let object = "logicalType: object, properties: [{name: a, logicalType: string}]";
    columns(&[
        (object, &inside("logicalType: string"), SAFE),
        (object, &inside("logicalType: string, enum: [{value: a}]"), SAFE),
        (object, &inside("logicalType: string, required: true"), TIGHTER),
        (&inside("logicalType: string"), object, LOOSER),
    ]);
}

/// With a server of this type; `none` is without one.
fn served(server: &str, physical: &str) -> String {
    let servers = match server {
        "none" => String::new(),
        servers => {
            let one = |kind: &str| format!("- {{server: {kind}, type: {kind}}}\n");
            format!("servers:\n{}", servers.split(' ').map(one).collect::<String>())
        }
    };
    contract(&format!("- {{name: c, physicalType: '{physical}'}}"), &servers)
}

#[test]
fn a_name_of_a_type_means_what_its_database_says() {
    let cases = [
        ("bigquery", "DATETIME", "TIMESTAMP", BREAKS),
        ("databricks", "TIMESTAMP", "TIMESTAMP_NTZ", BREAKS),
        ("databricks", "TIMESTAMP", "TIMESTAMP_LTZ", SAFE),
        ("postgres", "timestamp", "timestamp_ntz", SAFE),
        ("postgres", "float", "real", TIGHTER),
        ("postgres", "real", "float", WIDER),
        ("postgres", "float", "double precision", SAFE),
        ("mysql", "float", "double", WIDER),
        ("sqlserver", "nvarchar(20)", "varchar(20)", TIGHTER),
        ("sqlserver", "varchar(20)", "nvarchar(20)", WIDER),
        ("snowflake", "nvarchar(20)", "varchar(20)", SAFE),
        ("oracle", "varchar2(10 char)", "varchar2(10 byte)", TIGHTER),
        ("oracle", "varchar2(10 byte)", "varchar2(10 char)", WIDER),
        ("oracle", "varchar2(10)", "varchar2(10 byte)", SAFE),
        ("databricks", "decimal", "decimal(10,0)", SAFE),
        ("databricks", "decimal(20,2)", "decimal", TIGHTER),
        ("postgres", "numeric(20,2)", "numeric", WIDER),
        ("sqlserver", "varchar(20)", "varchar", TIGHTER),
        ("postgres", "varchar(20)", "varchar", WIDER),
        ("mysql", "text", "longtext", WIDER),
        ("bigquery", "int", "bigint", SAFE),
        ("oracle", "date", "timestamp", WIDER),
        ("postgres", "timestamp", "timestamp(6)", SAFE),
        ("mysql", "timestamp", "timestamp(6)", WIDER),
        ("postgres", "varchar(10)", "char(10)", ("breaking", "warning")),
        ("postgres", "char(10)", "varchar(10)", WIDER),
        ("snowflake", "varchar(10)", "char(10)", SAFE),
        // Nobody says which database reads the names, and they do not agree.
        ("none", "DATETIME", "TIMESTAMP", WARN),
        ("none", "float", "real", WARN),
        ("none", "decimal", "numeric", SAFE),
        ("none", "int", "integer", SAFE),
        ("none", "timestamp", "timestamp(6)", WARN),
        ("none", "nvarchar(20)", "varchar(20)", TIGHTER),
        // Of several databases each counts; files have no names of types.
        ("postgres mysql", "float", "real", ("warning", "breaking")),
        ("postgres s3", "float", "real", TIGHTER),
    ];
    let mut wrong = Vec::new();
    for (server, old, new, expected) in cases {
        let report = compare(&served(server, old), &served(server, new), None);
        // What is stored of it is told apart: an engine reads the names alike wherever they come from.
        let said = report.changes.iter().find(|change| change.element.ends_with(".physicalType")).unwrap();
        let found = (said.consumer.word(), said.producer.word());
        if found != expected {
            wrong.push(format!("{server}: {old} -> {new}: {found:?}, expected {expected:?}: {}", said.reason));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_physical_type_that_changes_what_is_stored_is_no_description() {
    let columns_of = |kind: &str| format!("logicalType: number, physicalType: '{kind}'");
    columns(&[
        ("logicalType: number", &columns_of("decimal(10,2)"), BREAKS),
        (&columns_of("decimal(10,2)"), "logicalType: number", BREAKS),
        ("logicalType: timestamp", "logicalType: timestamp, physicalType: timestamptz", BREAKS),
        ("logicalType: integer", "logicalType: integer, physicalType: int", TIGHTER),
        ("logicalType: integer, physicalType: int", "logicalType: integer", WIDER),
        ("logicalType: integer", "logicalType: integer, physicalType: bigint", ("safe", "warning")),
        ("", "physicalType: int", BREAKS),
        // A reader of dates meets times of day; every date that was written is a timestamp.
        ("logicalType: date", "logicalType: timestamp", LOOSER),
        ("logicalType: timestamp", "logicalType: date", BREAKS),
        ("physicalType: 'struct<a: int, b: int>'", "physicalType: 'struct<a: int>'", LOOSER),
    ]);
}

#[test]
fn a_tag_may_be_a_class() {
    columns(&[
        ("tags: [gdpr]", "", WARN),
        ("", "tags: [gdpr]", WARN),
        ("tags: [a, b]", "tags: [b, a]", SAFE),
        (
            "logicalType: object, properties: [{name: a}]",
            "logicalType: object, properties: [{name: a, tags: [x]}]",
            WARN,
        ),
    ]);
}

#[test]
fn when_a_rule_runs_and_who_approves_is_felt() {
    let rule = |more: &str| format!("quality: [{{id: q, metric: nullValues, mustBe: 0{more}}}]");
    let daily = rule(", scheduler: cron, schedule: '0 0 * * *'");
    columns(&[(&daily, &rule(", scheduler: cron, schedule: '0 0 1 * *'"), WIDER), (&daily, &rule(""), WIDER)]);
    let role = |by: &str| contract("- {name: c}", &format!("roles: [{{role: a, firstLevelApprovers: {by}}}]\n"));
    assert_eq!(judged(&role("boss"), &role("anybody"), WARN), None);
}

#[test]
fn what_says_the_same_is_no_change() {
    let level = |level: &str| contract("- {name: c}", &format!("slaProperties:\n- {{{level}}}\n"));
    let retained = |old: &str, new: &str, expected| {
        let of = |value: &str| level(&format!("property: retention, value: {value}"));
        assert_eq!(judged(&of(old), &of(new), expected), None, "{old} -> {new}");
    };
    retained("1 y", "12 months", SAFE);
    retained("P1Y", "P12M", SAFE);
    retained("2 w", "14 d", SAFE);
    // A year has 365 days or one more.
    retained("1 y", "52 w", LOOSER);
    retained("1 y", "365 d", WARN);
    retained("1 y", "366 d", WARN);
    retained("1 y", "367 d", TIGHTER);
    retained("1 month", "30 d", WARN);
    retained("1 month", "32 d", TIGHTER);
    retained("1 month", "27 d", LOOSER);
    let until = |value: &str| level(&format!("property: endOfSupport, value: '{value}'"));
    assert_eq!(judged(&until("2028-01-01"), &until("2028-01-01T00:00:00Z"), SAFE), None);
    assert_eq!(judged(&until("2028-01-01"), &until("2028-01-01T12:00:00Z"), TIGHTER), None);
    let server = |kind: &str| contract("- {name: c}", &format!("servers: [{{server: a, type: {kind}, host: h}}]\n"));
    assert_eq!(judged(&server("postgres"), &server("postgresql"), SAFE), None);
    columns(&[
        ("primaryKey: true", "primaryKey: true, required: true", SAFE),
        ("primaryKey: true, required: true, unique: true", "primaryKey: true", SAFE),
        ("primaryKey: true", "primaryKey: true, unique: true", SAFE),
        (
            "quality: [{type: sql, query: 'SELECT COUNT(*) FROM {object} WHERE c > 1', mustBe: 0}]",
            "quality: [{type: sql, query: 'select count(*)  from {object} where c>1', mustBe: 0}]",
            SAFE,
        ),
        (
            "quality: [{type: sql, query: \"SELECT COUNT(*) FROM {object} WHERE c = 'A'\", mustBe: 0}]",
            "quality: [{type: sql, query: \"SELECT COUNT(*) FROM {object} WHERE c = 'a'\", mustBe: 0}]",
            BREAKS,
        ),
    ]);
    // Of two columns neither is unique alone.
    let two =
        |more: &str| contract(&format!("- {{name: a, primaryKey: true{more}}}\n- {{name: b, primaryKey: true}}"), "");
    assert_eq!(judged(&two(""), &two(", required: true"), SAFE), None);
    assert_eq!(judged(&two(""), &two(", unique: true"), TIGHTER), None);
}

#[test]
fn bounds_beyond_a_double_are_told_apart() {
    let least = |least: &str| format!("logicalType: integer, logicalTypeOptions: {{minimum: {least}}}");
    columns(&[(&least("9007199254740993"), &least("9007199254740992"), LOOSER)]);
}

#[test]
fn a_check_that_cannot_run_any_more_is_gone() {
    let text = |pattern: &str| format!("logicalType: string, logicalTypeOptions: {{pattern: '{pattern}'}}");
    columns(&[(&text("^a$"), &text("^(a)\\1$"), ("breaking", "warning"))]);
}

#[test]
fn what_is_milder_is_not_compatible_forward() {
    let column = |more: &str| contract(&format!("- {{name: c, required: true{more}}}"), "");
    let milder = column(&format!(", {}", setting("severity", "warning")));
    assert!(!compare(&column(""), &milder, Some(Mode::Forward)).compatible);
    assert!(compare(&column(""), &milder, Some(Mode::Backward)).compatible);
    assert_eq!(words(&compare(&milder, &column(""), None)), ["setting-changed safe/breaking"]);
}

#[test]
fn what_is_no_contract_cannot_be_compared() {
    let codes = |text: &str| -> Vec<&str> {
        super::super::obstacles(&read(text)).iter().map(|diagnostic| diagnostic.code).collect()
    };
    for text in ["foo: 1", "version: 2\nmodels: [{name: a}]", "kind: Foo\napiVersion: v3.2.0\nschema: []"] {
        assert_eq!(codes(text), ["PL104"], "{text}");
    }
    for text in ["apiVersion: v3.2.0", "schema: [{name: a}]", "kind: DataContract"] {
        assert_eq!(codes(text), [""; 0], "{text}");
    }
    assert_eq!(codes(&contract("- {name: a}\n- {name: a}", "")), ["PL121"]);
    assert_eq!(codes(&contract("- {name: a, properties: [{name: b}, {name: b}]}", "")), ["PL121"]);
    assert_eq!(codes("schema: [{name: a}, {name: a}]"), ["PL120"]);
}
