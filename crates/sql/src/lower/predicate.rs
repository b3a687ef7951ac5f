//! A row predicate of the contract: boolean SQL over the row's columns.

use contract::{Column, DataType, Dataset};
use datafusion::logical_expr::{Expr, not};

use super::inside;
use crate::analyse::predicate;
use crate::types::{Nullable, arrow_schema};

/// True where the predicate is false, and `when` is true; otherwise all that is wrong with it, in sentences. Where `element` is a place inside a
/// column, the predicate is about the objects or the values there.
pub(super) fn violated(
    sql: &str,
    when: Option<&str>,
    dataset: &Dataset,
    element: Option<&str>,
) -> Result<Expr, String> {
    let place = element.and_then(|path| dataset.place(path)).filter(|place| !place.steps.is_empty());
    let Some(place) = place else { return broken(sql, when, dataset) };
    let root = Expr::Column(datafusion::common::Column::new_unqualified(&place.column.name));
    let columns = match place.data_type {
        DataType::Struct(fields) => fields.iter().map(|field| column(&field.name, &field.data_type)).collect(),
        other => vec![column(inside::VALUE, other)],
    };
    let inner = Dataset { columns, ..dataset.clone() };
    let violated = broken(sql, when, &inner)?;
    match place.data_type {
        DataType::Struct(_) => inside::any_object(root, &place.steps, arrow_schema(&inner, Nullable::All), violated),
        other => inside::any(root, &place.steps, other, violated),
    }
}

fn column(name: &str, data_type: &DataType) -> Column {
    Column::plain(name, data_type.clone())
}

/// Where `when` is true and the predicate is false.
fn broken(sql: &str, when: Option<&str>, dataset: &Dataset) -> Result<Expr, String> {
    let broken = not(holds(sql, dataset)?);
    match when {
        Some(when) => Ok(holds(when, dataset)?.and(broken)),
        None => Ok(broken),
    }
}

pub(super) fn holds(sql: &str, dataset: &Dataset) -> Result<Expr, String> {
    predicate(sql, dataset).map_err(|diagnostics| {
        let sentences = diagnostics.iter().map(|diagnostic| match &diagnostic.help {
            Some(help) => format!("{} ({help})", diagnostic.message),
            None => diagnostic.message.clone(),
        });
        sentences.collect::<Vec<_>>().join("; ")
    })
}
