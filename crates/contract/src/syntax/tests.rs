//! Scalars, places and paths.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::json;

use super::{emit_yaml, parse};

fn value(text: &str) -> serde_json::Value {
    let parsed = parse(text);
    assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
    parsed.root.unwrap().to_json()
}

#[test]
fn comments_are_no_part_of_what_they_follow() {
    let text = "a: \"x # \\\" y\"   # one\nb: 'it''s'  # two\nc: [1, 2]   # three\nd: {e: 1}\t# four\nf: plain # five\ng:\n- 'q' # six\n";
    let root = parse(text).root.unwrap();
    let written = |path: &str| {
        let span = root.at(path).unwrap().span;
        &text[span.start..span.end]
    };
    assert_eq!(written("a"), r#""x # \" y""#);
    assert_eq!(written("b"), "'it''s'");
    assert_eq!(written("c"), "[1, 2]");
    assert_eq!(written("d"), "{e: 1}");
    assert_eq!(written("f"), "plain");
    assert_eq!(written("g[0]"), "'q'");
}

#[test]
fn scalars_follow_the_core_schema() {
    let cases = [
        ("1", json!(1)),
        ("-0", json!(0)),
        ("007", json!(7)),
        ("0o14", json!(12)),
        ("0x1F", json!(31)),
        ("1.50", json!(1.5)),
        ("1e3", json!(1000.0)),
        (".5", json!(0.5)),
        ("18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
        ("true", json!(true)),
        ("yes", json!("yes")),
        ("2020-01-01", json!("2020-01-01")),
        ("1.0.0", json!("1.0.0")),
        ("1_000", json!("1_000")),
        ("~", json!(null)),
        (".inf", json!(".inf")),
        ("'1'", json!("1")),
        ("!!str 1", json!("1")),
        ("|\n  a\n  b\n", json!("a\nb\n")),
    ];
    for (text, expected) in cases {
        let expected = json!({ "a": expected });
        assert_eq!(value(&format!("a: {text}")), expected, "{text}");
    }
}

#[test]
fn json_is_read_too() {
    assert_eq!(value("{\"a\": [1, {\"b\": \"\\u00e9\\n\"}], \"c\": {}}"), json!({"a": [1, {"b": "é\n"}], "c": {}}));
}

#[test]
fn aliases_and_merges_are_resolved() {
    let text = "base: &base {x: 1, y: 2}\nuse: *base\nmore:\n  <<: *base\n  y: 3\n";
    assert_eq!(value(text), json!({"base": {"x": 1, "y": 2}, "use": {"x": 1, "y": 2}, "more": {"y": 3, "x": 1}}));
}

#[test]
fn every_element_knows_its_place() {
    let text = "# é\nschema:\n  - name: tbl\n    properties:\n      - name: 'é'\n        unique: true\n";
    let root = parse(text).root.unwrap();
    let cases = [
        ("schema[0].name", 3, 11, "tbl"),
        ("schema[0].properties[0].name", 5, 15, "'é'"),
        ("schema[0].properties[0].unique", 6, 17, "true"),
        // What is absent is shown at its nearest ancestor.
        ("schema[0].properties[0].required", 5, 9, "name: 'é'\n        unique: true"),
    ];
    for (path, line, column, expected) in cases {
        let span = root.span_of(path);
        assert_eq!((span.line, span.column), (line, column), "{path}");
        assert_eq!(&text[span.start..span.end], expected, "{path}");
    }
    let marked = parse("\u{feff}a: 1\n").root.unwrap();
    assert_eq!(marked.span_of("a").start, "\u{feff}a: ".len());
}

#[test]
fn duplicate_keys_are_reported_and_kept() {
    let parsed = parse("a: 1\nb: 2\na: 3\n");
    assert_eq!(parsed.diagnostics.len(), 1);
    assert_eq!(parsed.diagnostics[0].span.line, 3);
    assert!(parsed.diagnostics[0].message.contains("line 1"));
    assert_eq!(parsed.root.unwrap().entries().len(), 3);
}

#[test]
fn broken_text_is_shown_where_it_breaks() {
    let parsed = parse("a: 1\nb: [1, 2\nc: 3\n");
    assert!(parsed.root.is_none());
    assert_eq!(parsed.diagnostics.len(), 1);
    assert!(parsed.diagnostics[0].span.line >= 2, "{:?}", parsed.diagnostics);
}

#[test]
fn written_yaml_is_readable() {
    let value = json!({
        "id": "a", "version": "1.0", "empty": [], "none": null, "on": "on", "date": "2020-01-01",
        "list": [{"a": 1, "b": [true]}, [1, 2]], "query": "SELECT 1\nFROM t\n", "colon": "a: b",
    });
    insta::assert_snapshot!(emit_yaml(&value), @r"
    id: a
    version: '1.0'
    empty: []
    none: null
    'on': 'on'
    date: '2020-01-01'
    list:
      - a: 1
        b:
          - true
      - - 1
        - 2
    query: |
      SELECT 1
      FROM t
    colon: 'a: b'
    ");
}
