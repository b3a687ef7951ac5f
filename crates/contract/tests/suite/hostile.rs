//! Foreign bytes never cause a panic, and never cost more than their size.

use std::time::{Duration, Instant};

use contract::{load, syntax};
use proptest::prelude::*;

fn check(text: &str, code: &str) {
    let start = Instant::now();
    let loaded = load("x", text);
    let codes: Vec<_> = loaded.diagnostics.iter().map(|found| found.code).collect();
    assert!(codes.contains(&code), "{code} not among {codes:?}");
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn limits_hold() {
    check(&"[".repeat(100_000), "PL103");
    check(&format!("{}x", "- ".repeat(5_000)), "PL103");
    check(&"a: b\n".repeat(2_100_000), "PL103");
    check(&format!("[{}]", "[],".repeat(200_000)), "PL103");
    check("a: \0", "PL101");
    check("", "PL101");
    check("# nothing\n", "PL101");
    check("a: [1, 2", "PL101");
    check("a: 1\n---\nb: 2\n", "PL101");
    check("a: 1\na: 2\n", "PL102");
    check("a: &a [*a]\n", "PL101");
    check("\ta: 1\n\tb: 2\n", "PL101");
    check("just text", "PL104");
}

#[test]
fn aliases_cannot_explode() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    check(&bomb, "PL103");
}

#[test]
fn wide_maps_are_read_in_time() {
    let text: String = (0..75_000).map(|key| format!("k{key}: 1\n")).collect();
    let start = Instant::now();
    let parsed = syntax::parse(&text);
    assert!(parsed.diagnostics.is_empty());
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in "\\PC{0,200}") {
        load("x", &text);
    }

    /// Words of contracts thrown together reach further into the reader than noise does.
    #[test]
    fn any_contract_like_text_is_read(parts in proptest::collection::vec(part(), 0..60)) {
        let text: String = parts.concat();
        load("x", &text);
        load("x", &format!("apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: 1.0.0\nstatus: a\n{text}"));
    }

    /// Whatever is written is read back as the same value.
    #[test]
    fn written_values_are_read_back(value in json()) {
        let text = syntax::emit_yaml(&value);
        let parsed = syntax::parse(&text);
        prop_assert!(parsed.diagnostics.is_empty(), "{text}\n{:?}", parsed.diagnostics);
        prop_assert_eq!(parsed.root.unwrap().to_json(), value, "{}", text);
    }
}

fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\n".to_owned()),
        Just("  ".to_owned()),
        Just("- ".to_owned()),
        Just("schema:\n".to_owned()),
        Just("- name: é\n  properties:\n".to_owned()),
        Just(
            "  - name: id\n    logicalType: integer\n    logicalTypeOptions: {minimum: 5, exclusiveMinimum: 1}\n"
                .to_owned()
        ),
        Just("    quality: [{metric: rowCount, mustBeBetween: [5, 1]}]\n".to_owned()),
        Just("    relationships: [{to: a.b}]\n".to_owned()),
        Just("slaProperties: [{property: latency, value: 1, unit: d, element: é.id}]\n".to_owned()),
        Just("&a ".to_owned()),
        Just("*a ".to_owned()),
        Just("'".to_owned()),
        Just("\u{feff}".to_owned()),
        "[a-z:{}\\[\\]\"#|>!%@`é \t]{0,8}",
    ]
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<u64>().prop_map(serde_json::Value::from),
        (-1e12..1e12).prop_map(|value: f64| serde_json::Value::from(value)),
        text().prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::from),
            proptest::collection::vec((text(), inner), 0..5)
                .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,20}",
        "[ -~é\\n\\t\\r\u{85}\u{2028}\u{feff}😀]{0,12}",
        "(true|no|null|~|1e5|0x1F|2020-01-01|-|- a|a: b|#|<<|=|\\.\\.\\.|---|key:|12:30)",
    ]
}
