//! Each check is executed on a column of values; `x` marks those that violate it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod numbers;
mod properties;
mod rows;
mod text;
mod times;

use contract::{Bound, Check, Column, ContractRef, DataType, Dataset, DriftPolicy, Literal, Rule, Scope, Severity};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::common::DFSchema;
use datafusion::logical_expr::Expr;

use super::{Lowered, violated};
use crate::functions::session_state;
use crate::types::{Nullable, arrow_schema};

/// Lowers the rule over the single column `c` and executes it: `x` for violated, `.` for held.
#[track_caller]
fn check(rule: Rule, data_type: DataType, values: ArrayRef, expected: &str) {
    let lowered = violated(&a_check(rule.clone()), &one_column(data_type.clone()));
    let Lowered::Row(expr) = lowered else { panic!("{rule:?}: {lowered:?}") };
    let found = execute(expr, &one_column(data_type), vec![values]);
    assert_eq!(found, expected, "{rule:?}");
}

/// The reason why the rule cannot be executed on column `c`.
#[track_caller]
fn refused(rule: Rule, data_type: DataType) -> String {
    match violated(&a_check(rule), &one_column(data_type)) {
        Lowered::NotExecutable(reason) => reason,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn execute(expr: Expr, dataset: &Dataset, columns: Vec<ArrayRef>) -> String {
    let schema = arrow_schema(dataset, Nullable::All);
    let batch = RecordBatch::try_new(schema.clone(), columns).unwrap();
    let schema = DFSchema::try_from(schema.as_ref().clone()).unwrap();
    let physical = session_state().create_physical_expr(expr, &schema).unwrap();
    let result = physical.evaluate(&batch).unwrap().to_array(batch.num_rows()).unwrap();
    let result = result.as_boolean();
    (0..result.len()).map(|row| if result.is_valid(row) && result.value(row) { 'x' } else { '.' }).collect()
}

fn a_check(rule: Rule) -> Check {
    Check {
        id: "c.check".into(),
        scope: Scope::Row,
        severity: Severity::Error,
        element: Some("c".into()),
        rule,
        expected: String::new(),
        threshold: None,
        limits: contract::Limits::default(),
    }
}

fn one_column(data_type: DataType) -> Dataset {
    dataset([("c", data_type)])
}

fn dataset<const N: usize>(columns: [(&str, DataType); N]) -> Dataset {
    let column = |(name, data_type): (&str, DataType)| Column::plain(name, data_type);
    Dataset {
        name: "d".into(),
        contract: ContractRef { id: "d".into(), version: "1.0.0".into(), digest: "sha256:0".into() },
        columns: columns.into_iter().map(column).collect(),
        checks: Vec::new(),
        primary_key: Vec::new(),
        encryption: None,
        drift: DriftPolicy::default(),
    }
}

fn c() -> String {
    "c".into()
}

fn text(value: &str) -> Literal {
    Literal::Text(value.into())
}

fn number(json: &str) -> Literal {
    Literal::Number(serde_json::from_str(json).unwrap())
}

fn at(value: Literal) -> Option<Bound> {
    Some(Bound { value, inclusive: true })
}

fn beyond(value: Literal) -> Option<Bound> {
    Some(Bound { value, inclusive: false })
}

fn range(lower: Option<Bound>, upper: Option<Bound>) -> Rule {
    Rule::Range { column: c(), lower, upper }
}

const I32: DataType = DataType::Integer { bits: 32, signed: true };
const I64: DataType = DataType::Integer { bits: 64, signed: true };
const F64: DataType = DataType::Float { bits: 64 };
