//! What a dataset check measures, so that all metrics of a dataset are one aggregate over its rows.

use contract::{Check, DataType, Dataset, Metric, Rule};
use datafusion::arrow::datatypes::{DataType as ArrowType, TimeUnit};
use datafusion::logical_expr::{Expr, cast, not};

use super::column::{self, Found};
use super::{bounds, inside, literal, predicate, text};
use crate::types::UTC;

/// One measurement of a dataset.
#[derive(Debug, Clone, PartialEq)]
pub enum MetricPlan {
    /// Rows for which the filter is true; without one, all rows.
    Count(Option<Expr>),
    /// Rows beyond the first of each group of rows that agree in these columns; rows with NULL in any of them do not count.
    Duplicates(Vec<String>),
    /// Values beyond the first of each group of equal ones, in the lists that this expression gives; NULL does not count.
    DuplicatesInside(Expr),
    /// The largest value of this expression, an instant in microseconds.
    Newest(Expr),
}

/// What to measure for a dataset check; `None` for other checks and for those that cannot be executed, of which
/// [`super::violated`] says why.
pub fn metric(check: &Check, dataset: &Dataset) -> Option<MetricPlan> {
    measure(&check.rule, dataset)?.ok()
}

/// `None` for rules that measure nothing.
pub(super) fn measure(rule: &Rule, dataset: &Dataset) -> Option<Result<MetricPlan, String>> {
    match rule {
        Rule::Unique { columns, .. } => Some(duplicates(dataset, columns)),
        Rule::Freshness { column, .. } => Some(freshness(dataset, column)),
        Rule::Metric { metric, filter, .. } => Some(filtered(metric, filter.as_deref(), dataset)),
        _ => None,
    }
}

/// The rows that a metric is about, as an expression; `None` for all of them.
pub fn rows_of(rule: &Rule, dataset: &Dataset) -> Option<Expr> {
    let Rule::Metric { filter: Some(filter), .. } = rule else { return None };
    predicate::holds(filter, dataset).ok()
}

fn filtered(metric: &Metric, filter: Option<&str>, dataset: &Dataset) -> Result<MetricPlan, String> {
    let filter = filter.map(|filter| predicate::holds(filter, dataset)).transpose()?;
    let plan = match metric {
        Metric::RowCount => return Ok(MetricPlan::Count(filter)),
        Metric::DuplicateValues { columns } if filter.is_none() => return duplicates(dataset, columns),
        Metric::DuplicateValues { .. } => return Err("duplicates among some of the rows are a measure".to_owned()),
        Metric::NullValues { column } => count(dataset, column, |found| Ok(found.expr.clone().is_null())),
        Metric::MissingValues { column, missing } => count(dataset, column, |found| is_missing(found, missing)),
        Metric::InvalidValues { column, valid, pattern } => {
            count(dataset, column, |found| invalid(found, valid.as_deref(), pattern.as_deref()))
        }
    }?;
    Ok(match (plan, filter) {
        (MetricPlan::Count(Some(counted)), Some(filter)) => MetricPlan::Count(Some(filter.and(counted))),
        (plan, _) => plan,
    })
}

fn count(
    dataset: &Dataset,
    column: &str,
    filter: impl FnOnce(&Found) -> Result<Expr, String>,
) -> Result<MetricPlan, String> {
    column::any(dataset, column, filter).map(|expr| MetricPlan::Count(Some(expr)))
}

fn duplicates(dataset: &Dataset, columns: &[String]) -> Result<MetricPlan, String> {
    let unknown = |path: &String| format!("dataset `{}` has no column `{path}`", dataset.name);
    let places = columns.iter().map(|path| dataset.place(path).ok_or_else(|| unknown(path)));
    let places = places.collect::<Result<Vec<_>, _>>()?;
    match places.as_slice() {
        [place] if !place.steps.is_empty() => {
            let root = Expr::Column(datafusion::common::Column::new_unqualified(&place.column.name));
            Ok(MetricPlan::DuplicatesInside(inside::values(root, &place.steps, place.data_type)))
        }
        places if places.iter().all(|place| place.steps.is_empty()) => Ok(MetricPlan::Duplicates(columns.to_vec())),
        _ => Err("values inside of columns are compared one place at a time".to_owned()),
    }
}

/// A text that the column's type cannot hold stands in no row.
fn is_missing(column: &Found, missing: &[contract::Literal]) -> Result<Expr, String> {
    let possible: Vec<contract::Literal> =
        missing.iter().filter(|value| literal::value(value, column).is_ok()).cloned().collect();
    let null = column.expr.clone().is_null();
    match possible.is_empty() {
        true => Ok(null),
        false => Ok(null.or(not(bounds::outside_list(column, &possible)?))),
    }
}

fn invalid(column: &Found, valid: Option<&[contract::Literal]>, pattern: Option<&str>) -> Result<Expr, String> {
    let outside = valid.map(|valid| bounds::outside_list(column, valid)).transpose()?;
    let unmatched = pattern.map(|pattern| text::pattern(column, pattern)).transpose()?.map(not);
    match (outside, unmatched) {
        (Some(outside), Some(unmatched)) => Ok(outside.and(unmatched)),
        (Some(one), None) | (None, Some(one)) => Ok(one),
        (None, None) => Err("it says neither which values are valid nor a pattern".to_owned()),
    }
}

fn freshness(dataset: &Dataset, column: &str) -> Result<MetricPlan, String> {
    let inner = |found: &Found| match found.data_type {
        DataType::Date | DataType::Timestamp { .. } => {
            let instant = ArrowType::Timestamp(TimeUnit::Microsecond, Some(UTC.into()));
            Ok(cast(found.expr.clone(), instant))
        }
        _ => Err(found.not_for_type("freshness", "dates and timestamps")),
    };
    match dataset.column(column) {
        Some(_) => column::any(dataset, column, inner).map(MetricPlan::Newest),
        None => Err(format!("dataset `{}` has no column `{column}`", dataset.name)),
    }
}
