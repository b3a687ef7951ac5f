//! Vectors of length one.

use contract::DataType;
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType as ArrowType, Field, Float64Type};
use datafusion::common::Result;
use datafusion::logical_expr::Expr;

use super::column::Found;
use super::test::{Test, call};

/// How far the length may be from one: what remains after rounding to single precision or to a few decimals.
const TOLERANCE: f64 = 1e-3;

/// True for lists of numbers whose squares add up to one; a NULL or NaN in it has no length.
pub(super) fn is_normalized(column: &Found) -> Result<Expr, String> {
    let numeric =
        |item: &DataType| matches!(item, DataType::Float { .. } | DataType::Integer { .. } | DataType::Decimal { .. });
    match column.data_type {
        DataType::List(item) if numeric(item) => Ok(call("is_normalized".to_owned(), Normalized, column.expr.clone())),
        _ => Err(column.not_for_type("a length of one", "vectors")),
    }
}

struct Normalized;

impl Test for Normalized {
    fn holds(&self, array: &dyn Array) -> Result<BooleanBuffer> {
        let list = cast(array, &ArrowType::List(Field::new_list_field(ArrowType::Float64, true).into()))?;
        let list = list.as_list::<i32>();
        let values = list.values().as_primitive::<Float64Type>();
        let offsets = list.value_offsets();
        Ok(BooleanBuffer::collect_bool(list.len(), |row| {
            let (from, to) = (offsets[row] as usize, offsets[row + 1] as usize);
            let squares = (from..to).map(|at| if values.is_valid(at) { values.value(at).powi(2) } else { f64::NAN });
            (squares.sum::<f64>().sqrt() - 1.0).abs() <= TOLERANCE
        }))
    }
}
