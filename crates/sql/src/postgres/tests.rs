//! What is said in PostgreSQL's words, and what is not.
#![allow(clippy::unwrap_used, clippy::panic)]

use contract::{Check, Rule, Scope, Severity};

use super::*;
use crate::lower::{Lowered, violated};

const CONTRACT: &str = "apiVersion: v3.1.0
kind: DataContract
id: a
version: 1.0.0
status: active
schema:
  - name: a
    properties:
      - { name: n, logicalType: integer, physicalType: int }
      - { name: m, logicalType: integer, physicalType: bigint }
      - { name: f, logicalType: number, physicalType: double }
      - { name: d, logicalType: number, physicalType: 'decimal(10,2)' }
      - { name: s, logicalType: string }
      - { name: b, logicalType: boolean }
      - { name: day, logicalType: date }
      - { name: at, logicalType: timestamp, logicalTypeOptions: { timezone: true } }
      - { name: list, logicalType: array, items: { logicalType: string } }
";

/// The condition under which a predicate is broken.
fn broken(predicate: &str) -> Option<String> {
    let dataset = contract::load("c.yaml", CONTRACT).datasets.remove(0);
    let columns: Vec<PostgresColumn> = dataset
        .columns
        .iter()
        .map(|column| PostgresColumn {
            name: column.name.clone(),
            sql: column.name.to_uppercase(),
            data_type: column.data_type.clone(),
        })
        .collect();
    let check = Check {
        id: "x".to_owned(),
        scope: Scope::Row,
        severity: Severity::Error,
        element: None,
        rule: Rule::RowPredicate { sql: predicate.to_owned(), when: None },
        expected: String::new(),
        threshold: None,
        limits: Default::default(),
    };
    match violated(&check, &dataset) {
        Lowered::Row(expr) => condition(&expr, &columns),
        other => panic!("{predicate}: {other:?}"),
    }
}

#[test]
fn what_is_the_same_is_said() {
    for (predicate, wanted) in [
        ("n > 3", "NOT (N > (3))"),
        ("n < m", "NOT (N < M)"),
        ("s = 'it''s'", "NOT (S = 'it''s')"),
        ("b AND n IS NOT NULL", "NOT ((B AND N IS NOT NULL))"),
        ("day >= DATE '2024-02-29'", "NOT (DAY >= '2024-02-29'::date)"),
        ("f < 1.5", "NOT (F < '1.5e0'::float8)"),
        ("s IN ('a', 'b')", "S NOT IN ('a', 'b')"),
        ("list IS NOT NULL", "NOT (LIST IS NOT NULL)"),
    ] {
        assert_eq!(broken(predicate).as_deref(), Some(wanted), "{predicate}");
    }
}

#[test]
fn what_may_differ_is_left_to_the_pass() {
    for predicate in [
        "n + 1 > 3",
        "f = 0.0",
        "f <= f",
        "list = list",
        "upper(s) = 'A'",
        "s ~ 'a'",
        "s > 'a\u{0}'",
        "CAST(s AS INT) > 1",
        "CASE WHEN b THEN n > 1 ELSE true END",
    ] {
        assert_eq!(broken(predicate), None, "{predicate}");
    }
}

#[test]
fn numbers_and_days_are_written_exactly() {
    assert_eq!(decimal(-5, 2).unwrap(), "-0.05");
    assert_eq!(decimal(1_234, 2).unwrap(), "12.34");
    assert_eq!(decimal(7, 0).unwrap(), "7");
    assert_eq!(plain_date("12024-01-01"), None);
    assert_eq!(plain_date("-0001-01-01"), None);
    assert_eq!(text_literal("a'b\\"), Some("'a''b\\'".to_owned()));
}
