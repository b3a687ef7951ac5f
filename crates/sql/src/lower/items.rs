//! Rules about the items of a list: how many, and none twice.

use std::collections::HashSet;

use contract::DataType;
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::datatypes::DataType as ArrowType;
use datafusion::arrow::row::{RowConverter, Rows, SortField};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::Expr;

use super::column::Found;
use super::test::{Test, call};

/// True for lists of `min` to `max` items and, if asked for, without equal items. NULL items equal each other.
pub(super) fn hold(column: &Found, min: Option<u64>, max: Option<u64>, unique: bool) -> Result<Expr, String> {
    if !matches!(column.data_type, DataType::List(_)) {
        return Err(column.not_for_type("an item rule", "lists"));
    }
    let (min, max) = (min.unwrap_or(0), max.unwrap_or(u64::MAX));
    let name = format!("items_within_{min}_{max}{}", if unique { "_unique" } else { "" });
    Ok(call(name, Items { min, max, unique }, column.expr.clone()))
}

struct Items {
    min: u64,
    max: u64,
    unique: bool,
}

impl Test for Items {
    fn holds(&self, array: &dyn Array) -> Result<BooleanBuffer> {
        match array.data_type() {
            ArrowType::List(_) => {
                let list = array.as_list::<i32>();
                let offset = |at: usize| usize::try_from(list.value_offsets()[at]).unwrap_or_default();
                self.lists(array.len(), offset, list.values())
            }
            ArrowType::LargeList(_) => {
                let list = array.as_list::<i64>();
                let offset = |at: usize| usize::try_from(list.value_offsets()[at]).unwrap_or_default();
                self.lists(array.len(), offset, list.values())
            }
            other => exec_err!("an item rule met a column of type {other}"),
        }
    }
}

impl Items {
    fn lists(
        &self,
        count: usize,
        offset: impl Fn(usize) -> usize,
        values: &datafusion::arrow::array::ArrayRef,
    ) -> Result<BooleanBuffer> {
        let rows = self.unique.then(|| comparable(values)).transpose()?;
        Ok(BooleanBuffer::collect_bool(count, |at| {
            let (from, to) = (offset(at), offset(at + 1));
            let within = (self.min..=self.max).contains(&((to - from) as u64));
            within && rows.as_ref().is_none_or(|rows| distinct(rows, from, to))
        }))
    }
}

/// The items in a form in which equal items are equal bytes.
fn comparable(values: &datafusion::arrow::array::ArrayRef) -> Result<Rows> {
    let converter = RowConverter::new(vec![SortField::new(values.data_type().clone())])?;
    Ok(converter.convert_columns(std::slice::from_ref(values))?)
}

fn distinct(rows: &Rows, from: usize, to: usize) -> bool {
    let mut seen = HashSet::with_capacity(to - from);
    (from..to).all(|at| seen.insert(rows.row(at)))
}
