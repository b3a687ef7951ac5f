//! What the statistics of Parquet files say exactly about a column.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, UInt64Array};
use arrow::compute::{concat, sum};
use arrow::datatypes::DataType as ArrowType;
use arrow::row::{RowConverter, SortField};
use contract::DataType;
use engine::probe::Statistics;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;

use super::probe::File;
use crate::files::stored;

/// Nothing is claimed where one row group does not say it, nor about the ends of texts, which may be cut, and of floats,
/// which leave NaN out.
pub fn of(files: &[File], column: usize, data_type: &DataType) -> Statistics {
    let nulls = files.iter().map(|file| nulls(file, column)).sum::<Option<u64>>();
    let ends = ordered(data_type).then(|| ends(files, column, data_type)).flatten();
    Statistics { nulls, ends }
}

fn ordered(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Integer { .. }
            | DataType::Decimal { .. }
            | DataType::Date
            | DataType::Time
            | DataType::Timestamp { .. }
    )
}

fn converter(file: &File, column: usize) -> Option<StatisticsConverter<'_>> {
    let place = file.mapped.places.get(column).copied().flatten()?;
    let field = file.metadata.schema().fields().get(place)?;
    StatisticsConverter::try_new(field.name(), file.metadata.schema(), file.metadata.parquet_schema())
        .ok()
        .filter(|_| !field.data_type().is_nested())
}

fn nulls(file: &File, column: usize) -> Option<u64> {
    // A file that does not say how many NULLs there are says nothing, not that there are none.
    let converter = converter(file, column)?.with_missing_null_counts_as_zero(false);
    let counts: UInt64Array = converter.row_group_null_counts(file.metadata.metadata().row_groups()).ok()?;
    (counts.null_count() == 0).then(|| sum(&counts).unwrap_or(0))
}

fn ends(files: &[File], column: usize, data_type: &DataType) -> Option<ArrayRef> {
    let mut all: Vec<ArrayRef> = Vec::new();
    for file in files {
        let converter = converter(file, column)?;
        let groups = file.metadata.metadata().row_groups();
        let filled: Vec<_> = groups.iter().filter(|group| group.num_rows() > 0).collect();
        let mins = converter.row_group_mins(filled.iter().copied()).ok()?;
        let maxes = converter.row_group_maxes(filled.iter().copied()).ok()?;
        if mins.null_count() + maxes.null_count() > 0 {
            return None;
        }
        all.push(stored::read_as(&mins, data_type).ok()?);
        all.push(stored::read_as(&maxes, data_type).ok()?);
    }
    let all = concat(&all.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>()).ok()?;
    (!all.is_empty() && all.null_count() == 0).then(|| outermost(&all)).flatten()
}

fn outermost(values: &ArrayRef) -> Option<ArrayRef> {
    let converter = RowConverter::new(vec![SortField::new(values.data_type().clone())]).ok()?;
    let rows = converter.convert_columns(std::slice::from_ref(values)).ok()?;
    let order = 0..values.len();
    let least = order.clone().min_by_key(|at| rows.row(*at))?;
    let greatest = order.max_by_key(|at| rows.row(*at))?;
    let pair = [values.slice(least, 1), values.slice(greatest, 1)];
    let pair = concat(&[pair[0].as_ref(), pair[1].as_ref()]).ok()?;
    debug_assert!(*pair.data_type() != ArrowType::Null);
    Some(Arc::clone(&pair))
}
