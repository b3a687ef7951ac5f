//! Row predicates: one boolean expression over a dataset's columns.

use contract::{Dataset, Diagnostic};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, DataFusionError};
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Expr, ExprSchemable};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::sql::planner::{PlannerContext, SqlToRel};

use super::calls::{self, Purpose};
use super::catalog::Catalog;
use super::codes::{NOT_A_PREDICATE, blame};
use super::place::Source;
use super::{explain, names, parse};
use crate::types::{Nullable, arrow_schema, type_name};

/// The predicate, typed and coerced, over unqualified columns.
pub(crate) fn predicate(sql: &str, dataset: &Dataset) -> Result<Expr, Vec<Diagnostic>> {
    let source = Source { path: "", text: sql };
    let (expr, made) = typed(source, dataset)?;
    match made {
        DataType::Boolean => Ok(expr),
        other => {
            let message = format!("a row predicate is true or false, but this is {}", type_name(&other));
            Err(vec![blame(NOT_A_PREDICATE, source.path, source.first_word(), message)])
        }
    }
}

/// An expression over the columns of a dataset, whatever it makes.
pub fn expression(sql: &str, dataset: &Dataset) -> Result<Expr, Vec<Diagnostic>> {
    typed(Source { path: "", text: sql }, dataset).map(|(expr, _)| expr)
}

/// What is wrong with an expression whatever the columns are: its form and its functions.
pub fn well_formed(sql: &str) -> Vec<Diagnostic> {
    let source = Source { path: "", text: sql };
    match parse::expression(source) {
        Ok(parsed) => calls::check(source, &parsed, Purpose::Predicate),
        Err(found) => vec![found],
    }
}

fn typed(source: Source<'_>, dataset: &Dataset) -> Result<(Expr, DataType), Vec<Diagnostic>> {
    let mut parsed = parse::expression(source).map_err(|diagnostic| vec![diagnostic])?;
    let found = calls::check(source, &parsed, Purpose::Predicate);
    if !found.is_empty() {
        return Err(found);
    }
    names::expression(&mut parsed, dataset.columns.iter().map(|column| column.name.clone()).collect());
    let explain = |error: DataFusionError| explain::expression(source, &error);
    let schema = arrow_schema(dataset, Nullable::All);
    let qualified = DFSchema::try_from_qualified_schema(dataset.name.as_str(), &schema).map_err(explain)?;
    let catalog = Catalog::new([dataset]);
    let expr = SqlToRel::new(&catalog).sql_to_expr(parsed, &qualified, &mut PlannerContext::new()).map_err(explain)?;
    let expr = unqualified(expr).map_err(explain)?;
    let schema = DFSchema::try_from(schema.as_ref().clone()).map_err(explain)?;
    let simplifier = ExprSimplifier::new(SimplifyContext::builder().build());
    let expr = simplifier.coerce(expr, &schema).map_err(explain)?;
    let made = expr.get_type(&schema).map_err(explain)?;
    Ok((expr, made))
}

fn unqualified(expr: Expr) -> Result<Expr, DataFusionError> {
    let strip = |expr| {
        Ok(match expr {
            Expr::Column(column) => Transformed::yes(Expr::Column(Column::new_unqualified(column.name))),
            other => Transformed::no(other),
        })
    };
    Ok(expr.transform(strip)?.data)
}
