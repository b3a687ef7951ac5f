//! As what stored values are read to be checked.

use arrow::array::{ArrayRef, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::DataType as ArrowType;
use arrow::util::display::FormatOptions;
use contract::DataType;
use engine::Result;
pub use engine::stored::{data_type, shown};

use super::shape::{arrow_type, bug};

/// The values in the form that checks expect: the same values, only the unit of times and the layout may differ.
pub fn read_as(array: &ArrayRef, wanted: &DataType) -> Result<ArrayRef> {
    let wanted = arrow_type(wanted);
    if *array.data_type() == wanted {
        return Ok(array.clone());
    }
    if *array.data_type() == ArrowType::Null {
        return Ok(new_null_array(&wanted, array.len()));
    }
    let options = CastOptions { safe: true, format_options: FormatOptions::default() };
    cast_with_options(array, &wanted, &options).map_err(bug)
}
