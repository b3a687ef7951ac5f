//! The values that a rule is about: a column's own, or those at a place inside it.

use contract::{DataType, Dataset};
use datafusion::common::Column;
use datafusion::logical_expr::Expr;

use super::inside;

/// One value, as the rule's expression sees it.
pub(super) struct Found<'a> {
    /// The path, for messages.
    pub name: &'a str,
    pub expr: Expr,
    pub data_type: &'a DataType,
    /// The zone of wall-clock texts in the contract, for instants.
    pub zone: Option<&'a str>,
}

impl Found<'_> {
    /// What a rule says when it does not apply to the column's type.
    pub fn not_for_type(&self, rule: &str, wanted: &str) -> String {
        format!("{rule} applies to {wanted}, but `{}` is {}", self.name, self.data_type)
    }
}

/// An expression over the dataset's row that is true where `rule` is true for the column's value, or for any of the values
/// at a place inside it.
pub(super) fn any(
    dataset: &Dataset,
    path: &str,
    rule: impl FnOnce(&Found) -> Result<Expr, String>,
) -> Result<Expr, String> {
    let place = dataset.place(path).ok_or_else(|| format!("dataset `{}` has no column `{path}`", dataset.name))?;
    let zone = place.column.time_zone.as_deref();
    let column = Expr::Column(Column::new_unqualified(&place.column.name));
    if place.steps.is_empty() {
        return rule(&Found { name: path, expr: column, data_type: place.data_type, zone });
    }
    let value = Expr::Column(Column::new_unqualified(inside::VALUE));
    // The contract's zone is that of the column; values inside are instants in UTC.
    let inner = rule(&Found { name: path, expr: value, data_type: place.data_type, zone: None })?;
    inside::any(column, &place.steps, place.data_type, inner)
}
