//! From a check to an expression over the dataset's columns: true where a row violates the check.
//!
//! NULL and false both mean that the row holds, so a rule needs no branch for NULL. Literals already have the column's
//! type and every expression is fully typed: nothing is coerced while rows are checked.

mod bounds;
mod column;
mod fields;
mod format;
mod inside;
mod items;
mod literal;
mod measure;
mod metric;
mod multiple;
mod number;
mod predicate;
mod test;
mod text;
mod vector;
mod words;

use contract::{Check, Dataset, Rule};
use datafusion::logical_expr::{Expr, not};

pub use measure::measure_sql;
pub use metric::{MetricPlan, metric, rows_of};
pub use words::with_word_tables;

/// How a check is executed.
#[derive(Debug, Clone, PartialEq)]
pub enum Lowered {
    /// A boolean expression: true where the row violates the check; NULL or false where it holds.
    Row(Expr),
    /// A row check that looks into another dataset: the engine's join.
    Reference,
    /// Decided on the result as a whole; see [`metric`].
    Dataset,
    /// Why no engine can execute it; never silently passed.
    NotExecutable(String),
}

/// Lowers one check of the dataset.
pub fn violated(check: &Check, dataset: &Dataset) -> Lowered {
    if let Some(measure) = metric::measure(&check.rule, dataset) {
        return measure.map_or_else(Lowered::NotExecutable, |_| Lowered::Dataset);
    }
    match row(&check.rule, dataset, check.element.as_deref()) {
        Some(Ok(expr)) => Lowered::Row(expr),
        Some(Err(reason)) => Lowered::NotExecutable(reason),
        None if matches!(check.rule, Rule::Reference { .. }) => Lowered::Reference,
        None => Lowered::Dataset,
    }
}

/// Why a check cannot be executed; empty when it can.
pub fn why_not(check: &Check, dataset: &Dataset) -> String {
    match violated(check, dataset) {
        Lowered::NotExecutable(reason) => reason,
        Lowered::Row(_) | Lowered::Reference | Lowered::Dataset => String::new(),
    }
}

/// An expression that is true where `test` is true for the value at `path`, or for any of the values there.
pub fn any_value(dataset: &Dataset, path: &str, test: impl FnOnce(Expr) -> Expr) -> Result<Expr, String> {
    column::any(dataset, path, |found| Ok(test(found.expr.clone())))
}

/// For each row, the list of the values at a place inside a column; `None` for a column itself.
pub fn values_inside(dataset: &Dataset, path: &str) -> Option<Expr> {
    let place = dataset.place(path).filter(|place| !place.steps.is_empty())?;
    let root = Expr::Column(datafusion::common::Column::new_unqualified(&place.column.name));
    Some(inside::values(root, &place.steps, place.data_type))
}

/// `None` for what is not decided by the row alone.
fn row(rule: &Rule, dataset: &Dataset, element: Option<&str>) -> Option<Result<Expr, String>> {
    let expr = match rule {
        Rule::Required { column } => column::any(dataset, column, |found| Ok(found.expr.clone().is_null())),
        Rule::Enum { column, values } => column::any(dataset, column, |found| bounds::outside_list(found, values)),
        Rule::Range { column, lower, upper } => {
            column::any(dataset, column, |found| bounds::outside_range(found, lower.as_ref(), upper.as_ref()))
        }
        Rule::Length { column, min, max } => {
            column::any(dataset, column, |found| text::length(found, *min, *max).map(not))
        }
        Rule::Pattern { column, pattern } => {
            column::any(dataset, column, |found| text::pattern(found, pattern).map(not))
        }
        Rule::Format { column, format } => column::any(dataset, column, |found| text::format(found, *format).map(not)),
        Rule::MultipleOf { column, divisor } => {
            column::any(dataset, column, |found| multiple::of(found, divisor).map(not))
        }
        Rule::Items { column, min, max, unique } => {
            column::any(dataset, column, |found| items::hold(found, *min, *max, *unique).map(not))
        }
        Rule::Fields { column, min, max, required } => {
            column::any(dataset, column, |found| fields::hold(found, *min, *max, required).map(not))
        }
        Rule::Normalized { column } => column::any(dataset, column, |found| vector::is_normalized(found).map(not)),
        Rule::RowPredicate { sql, when } => predicate::violated(sql, when.as_deref(), dataset, element),
        Rule::NotChecked { reason, .. } => Err(reason.clone()),
        Rule::Reference { .. }
        | Rule::Unique { .. }
        | Rule::DatasetSql { .. }
        | Rule::Metric { .. }
        | Rule::Measured { .. }
        | Rule::Freshness { .. } => return None,
    };
    Some(expr)
}

#[cfg(test)]
mod tests;
