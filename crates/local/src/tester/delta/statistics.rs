//! What a table's log says of its files, where that is exact: row counts, columns without NULL, ends of whole numbers.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};
use arrow::compute::cast;
use contract::DataType;
use deltalake::DeltaTable;
use deltalake::kernel::Add;
use engine::Result;
use engine::probe::{Facts, Statistics};
use serde_json::Value;

use crate::delta;
use crate::mapping::Mapping;

/// What one file says.
struct Of {
    rows: u64,
    stats: Value,
}

pub(super) fn enter(facts: &mut Facts, table: &DeltaTable) -> Result<()> {
    let files = delta::files(table)?;
    // What is said of a file with deleted rows, it says of those rows, too.
    let Some(all) = files.iter().map(of).collect::<Option<Vec<Of>>>() else { return Ok(()) };
    facts.rows = Some(all.iter().map(|file| file.rows).sum());
    // A table whose columns are mapped in a way that we do not know: nothing is known of them.
    let mapping = Mapping::of(table).ok().flatten();
    for found in facts.columns.iter_mut().flatten() {
        let data_type = found.types.as_ref().and_then(|types| types.data_type.clone());
        let name = mapping.as_ref().map_or(found.name.as_str(), |mapping| mapping.name(&found.name));
        found.statistics = Statistics { nulls: nulls(&all, name), ends: ends(&all, name, data_type) };
    }
    Ok(())
}

fn of(add: &Add) -> Option<Of> {
    if add.deletion_vector.is_some() {
        return None;
    }
    let stats: Value = serde_json::from_str(add.stats.as_deref()?).ok()?;
    Some(Of { rows: stats.get("numRecords")?.as_u64()?, stats })
}

fn nulls(all: &[Of], name: &str) -> Option<u64> {
    all.iter().map(|file| file.stats.get("nullCount")?.get(name)?.as_u64()).sum()
}

fn ends(all: &[Of], name: &str, data_type: Option<DataType>) -> Option<ArrayRef> {
    let data_type = data_type.filter(|data_type| matches!(data_type, DataType::Integer { .. }))?;
    let filled: Vec<&Of> = all.iter().filter(|file| file.rows > 0).collect();
    let end = |word: &str, file: &&Of| file.stats.get(word)?.get(name)?.as_i64();
    let least = filled.iter().map(|file| end("minValues", file)).collect::<Option<Vec<i64>>>()?.into_iter().min()?;
    let most = filled.iter().map(|file| end("maxValues", file)).collect::<Option<Vec<i64>>>()?.into_iter().max()?;
    let ends: ArrayRef = Arc::new(Int64Array::from(vec![least, most]));
    cast(&ends, &sql::arrow_type(&data_type)).ok()
}
