//! What is mended, what is left alone, and that comments stay.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{diff, fix};
use crate::load;

const TEXT: &str = "\
# The orders of the shop.
apiVersion: v3.1.0
kind: DataContract
id: orders
version: 1.0   # quotes are missing
status: Active
schema:
  - name: orders
    properties:
      - name: id          # the key
        logicalType: Integer
        primarykey: true
        logicalTypeOptions: { Minimum: 1 }
    quality:
      - rule: rowCount
        mustBeBetween: [100, 1]   # upside down
      - query: SELECT count(*) FROM orders
        mustBe: 0
      - { query: SELECT 1, mustBe: 1 }
slaProperties:
  - { property: Latency, value: 4, unit: h }
";

#[test]
fn what_can_mean_one_thing_is_mended() {
    let fixed = fix("c", TEXT).unwrap();
    insta::assert_snapshot!(fixed.text);
    let left: Vec<_> = load("c", &fixed.text).diagnostics.into_iter().filter(|found| found.is_error()).collect();
    assert!(left.is_empty(), "{left:#?}");
    assert!(fix("c", &fixed.text).is_none());
    assert_eq!(diff(TEXT, &fixed.text).iter().filter(|(sign, _, _)| *sign == '+').count(), 11);
}

#[test]
fn what_could_mean_several_things_is_left_alone() {
    let text = "apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: 1.0.0\nstatus: active\nschema:\n  - name: t\n    properties:\n      - {name: a, logicalType: strin, requird: true}\n";
    assert!(fix("c", text).is_none());
    assert!(fix("c", "a: [").is_none());
    assert!(fix("c", "").is_none());
}

#[test]
fn differences_are_shown_by_line() {
    let shown = diff("a\nb\nc\n", "a\nx\ny\nc\nd\n");
    let shown: Vec<_> = shown.iter().map(|(sign, line, text)| format!("{sign}{line} {text}")).collect();
    assert_eq!(shown, ["-2 b", "+2 x", "+3 y", "+5 d"]);
}
