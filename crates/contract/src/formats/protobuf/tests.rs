//! Changes of messages, enums and services.
#![allow(clippy::unwrap_used)]

use super::changes;
use crate::diff::{Mode, Report};
use crate::formats::SchemaText;

fn compare(old: &str, new: &str) -> Vec<crate::diff::Change> {
    let text = |text: &str| format!("syntax = \"proto3\";\npackage shop;\n{text}\n");
    let (old, new) = (text(old), text(new));
    changes(SchemaText { path: "old", text: &old }, SchemaText { path: "new", text: &new }).unwrap()
}

fn check(old: &str, new: &str, expected: &[&str]) {
    let found = compare(old, new);
    let words: Vec<String> = found
        .iter()
        .map(|change| {
            format!("{} {} {}/{}", change.element, change.kind, change.consumer.word(), change.producer.word())
        })
        .collect();
    assert_eq!(words, expected, "{old}\n{new}");
}

fn message(fields: &str) -> String {
    format!("message M {{ {fields} }}")
}

#[test]
fn fields() {
    let check = |old: &str, new: &str, expected: &[&str]| check(&message(old), &message(new), expected);
    check("int32 a = 1;", "int32 a = 1; string b = 2;", &["M.b field-added safe/safe"]);
    check("int32 a = 1;", "int64 a = 1;", &["M.a type-widened warning/safe"]);
    check("int32 a = 1;", "sint32 a = 1;", &["M.a type-changed breaking/breaking"]);
    check("string a = 1;", "bytes a = 1;", &["M.a type-changed warning/warning"]);
    check("int32 a = 1;", "int32 a = 2;", &["M.a field-renumbered breaking/breaking"]);
    check("int32 a = 1;", "int32 b = 1;", &["M.b field-renamed warning/warning"]);
    check("int32 a = 1;", "", &["M.a field-removed warning/warning"]);
    check("int32 a = 1;", "reserved 1;", &["M.a field-removed warning/safe"]);
    check("reserved 1 to 3, 9; reserved \"x\";", "reserved 3; int32 a = 2;", &["M.a reserved-used breaking/breaking"]);
    check("string a = 1;", "repeated string a = 1;", &["M.a label-changed warning/warning"]);
    check("int32 a = 1;", "repeated int32 a = 1;", &["M.a label-changed breaking/breaking"]);
    check("map<string, int32> a = 1;", "map<string, int64> a = 1;", &["M.a type-changed breaking/breaking"]);
    check(
        "optional int32 a = 1 [deprecated = true, (my).opt = { x: 1, y: [2] }];",
        "optional int32 a = 1 [deprecated = true];",
        &[],
    );
}

#[test]
fn oneofs() {
    let check = |old: &str, new: &str, expected: &[&str]| check(&message(old), &message(new), expected);
    check("int32 a = 1;", "oneof x { int32 a = 1; }", &["M.a oneof-changed safe/safe"]);
    check(
        "int32 a = 1; int32 b = 2;",
        "oneof x { int32 a = 1; int32 b = 2; }",
        &["M.a oneof-changed breaking/breaking", "M.b oneof-changed breaking/breaking"],
    );
    check(
        "oneof x { int32 a = 1; } int32 b = 2;",
        "oneof x { int32 a = 1; int32 b = 2; }",
        &["M.b oneof-changed breaking/breaking"],
    );
    check(
        "oneof x { int32 a = 1; int32 b = 2; }",
        "oneof x { int32 a = 1; }",
        &["M.b field-removed breaking/breaking"],
    );
    check("oneof x { int32 a = 1; }", "oneof y { int32 a = 1; }", &["M.a oneof-changed safe/safe"]);
}

#[test]
fn names_are_resolved_from_the_inside_out() {
    let inner = "message M { message N { enum E { Z = 0; } E e = 1; } N n = 1; .shop.M.N o = 2; }";
    let spelled = "message M { message N { enum E { Z = 0; } M.N.E e = 1; } M.N n = 1; shop.M.N o = 2; }";
    check(inner, spelled, &[]);
    check(
        "message M { N n = 1; } message N {}",
        "message M { O n = 1; } message N {} message O {}",
        &["M.n type-changed breaking/breaking", "O message-added safe/safe"],
    );
}

#[test]
fn enums_and_services() {
    check("enum E { A = 0; B = 1; }", "enum E { A = 0; B = 2; }", &["E.B enum-value-renumbered breaking/breaking"]);
    check("enum E { A = 0; }", "enum E { A = 0; B = -1 [deprecated = true]; }", &["E.B enum-value-added warning/safe"]);
    check("enum E { A = 0; B = 1; }", "enum E { A = 0; }", &["E.B enum-value-removed safe/warning"]);
    check(
        "service S { rpc A (M) returns (stream M) { option (x) = { y: 1 }; } rpc B (M) returns (M); } message M {}",
        "service S { rpc A (M) returns (M); } message M {}",
        &["S.A method-changed breaking/breaking", "S.B method-removed breaking/safe"],
    );
}

/// In editions, what proto2 and proto3 differ in is an option.
#[test]
fn features_of_editions() {
    let check = |old: &str, new: &str, expected: &[&str]| {
        let text = |text: &str| format!("edition = \"2023\";\n{text}\n");
        let (old, new) = (text(old), text(new));
        let found = changes(SchemaText { path: "old", text: &old }, SchemaText { path: "new", text: &new }).unwrap();
        let words: Vec<String> = found
            .iter()
            .map(|change| {
                format!("{} {} {}/{}", change.element, change.kind, change.consumer.word(), change.producer.word())
            })
            .collect();
        assert_eq!(words, expected, "{old}\n{new}");
    };
    let field = |options: &str| message(&format!("int32 a = 1{options};"));
    let implicit = " [features.field_presence = IMPLICIT]";
    check(&field(""), &field(implicit), &["M.a.features.field_presence feature-changed warning/warning"]);
    check(&field(""), &field(" [features.field_presence = EXPLICIT]"), &[]);
    check(&field(implicit), &field(" [features = { field_presence: IMPLICIT }]"), &[]);
    // What the file says is told of the file, and what only moves is not told.
    let whole = format!("option features.field_presence = IMPLICIT; {}", field(""));
    check(&field(""), &whole, &["features.field_presence feature-changed warning/warning"]);
    check(&whole, &format!("option features.field_presence = IMPLICIT; {}", field(implicit)), &[]);
    check(&field(""), &field(" [features.field_presence = LEGACY_REQUIRED]"), &["M.a label-changed safe/breaking"]);
    check(
        "option features.enum_type = OPEN; enum E { A = 0; }",
        "option features.enum_type = CLOSED; enum E { A = 0; }",
        &["features.enum_type feature-changed warning/warning"],
    );
    check(
        "enum E { A = 0; }",
        "enum E { option features.enum_type = CLOSED; A = 0; }",
        &["E.features.enum_type feature-changed warning/warning"],
    );
    let inner = |options: &str| format!("message N {{}} message M {{ N n = 1{options}; }}");
    check(
        &inner(""),
        &inner(" [features.message_encoding = DELIMITED]"),
        &["M.n.features.message_encoding feature-changed breaking/breaking"],
    );
    check(&field(""), &field(" [features.(pb.java).utf8_validation = VERIFY]"), &[]);
}

/// Of an option that differs, both values are shown.
#[test]
fn options_are_shown() {
    let shown = |old: &str, new: &str| {
        let found = compare(&message(&format!("{old};")), &message(&format!("{new};")));
        let [change] = found.as_slice() else { return format!("{found:?}") };
        let side = |value: &Option<serde_json::Value>| value.as_ref().unwrap().as_str().unwrap().to_owned();
        format!("{} -> {}", side(&change.old), side(&change.new))
    };
    assert_eq!(shown("int32 a = 1 [default = 5]", "int32 a = 1"), "int32 a = 1 [default = 5] -> int32 a = 1");
    assert_eq!(
        shown("int32 a = 1 [json_name = \"x\"]", "int32 a = 1 [json_name = \"y\"]"),
        "int32 a = 1 [json_name = x] -> int32 a = 1 [json_name = y]"
    );
    assert_eq!(
        shown("int32 a = 1", "int32 a = 1 [deprecated = true]"),
        "int32 a = 1 -> int32 a = 1 [deprecated = true]"
    );
}

#[test]
fn modes() {
    let told =
        |old: &str, new: &str, mode| Report::unversioned(compare(&message(old), &message(new)), Some(mode)).compatible;
    assert!(told("int32 a = 1;", "int32 a = 1; int32 b = 2;", Mode::Full));
    assert!(told("int32 a = 1;", "", Mode::Full));
    assert!(told("int32 a = 1;", "int64 a = 1;", Mode::Full));
    assert!(!told("int32 a = 1;", "string a = 1;", Mode::Backward));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (text, line, column) in [
        ("message M { int32 a = ; }", 1, 23),
        ("message M {\n  int32 a = 1\n}", 3, 1),
        ("/* x", 1, 1),
        ("\"", 1, 1),
        ("x", 1, 1),
    ] {
        let source = SchemaText { path: "p", text };
        let problem = changes(source, source).unwrap_err();
        assert_eq!((problem.path.as_str(), problem.span.line, problem.span.column), ("p", line, column), "{text}");
    }
    let deep = "message M {".repeat(1000);
    assert!(changes(SchemaText { path: "p", text: &deep }, SchemaText { path: "p", text: &deep }).is_err());
}
