//! The bare engine: a CSV copied to Parquet with inferred types, or Parquet read; no check, no table. The yardstick of the
//! benchmarks.

use std::path::Path;

use arrow::datatypes::{DataType, Field, Schema};
use datafusion::dataframe::DataFrameWriteOptions;
use datafusion::prelude::{CsvReadOptions, ParquetReadOptions, SessionConfig, SessionContext};
use engine::Result;
use futures::TryStreamExt;

use crate::error;

/// Enough rows to see which columns are dirty: those are copied as text, or the copy would stop.
const SAMPLE_ROWS: usize = 200_000;

/// Returns the rows copied.
pub async fn copy_unchecked(input: &Path, output: &Path) -> Result<u64> {
    let failed = |e| error::datafusion("copying", e);
    let mut config = all_cores();
    config.options_mut().execution.parquet.compression = Some("snappy".into());
    let context = SessionContext::new_with_config(config);
    let input = input.to_string_lossy().into_owned();
    let options = CsvReadOptions::new().has_header(true).schema_infer_max_records(SAMPLE_ROWS);
    let inferred = context.read_csv(&input, options.clone()).await.map_err(failed)?;
    let schema = bearable(inferred.schema().as_arrow());
    let frame = context.read_csv(&input, options.schema(&schema)).await.map_err(failed)?;
    let output = output.to_string_lossy().into_owned();
    let written = frame.write_parquet(&output, DataFrameWriteOptions::new(), None).await.map_err(failed)?;
    let counts = written.first().and_then(|batch| batch.columns().first().cloned());
    let rows = counts.and_then(|column| {
        use arrow::array::AsArray;
        column.as_primitive_opt::<arrow::datatypes::UInt64Type>().map(|counts| counts.value(0))
    });
    Ok(rows.unwrap_or(0))
}

/// Reads and decodes every column of a Parquet file on all cores, and returns its rows.
pub async fn scan_unchecked(input: &Path) -> Result<u64> {
    let failed = |e| error::datafusion("reading", e);
    let context = SessionContext::new_with_config(all_cores());
    let frame = context
        .read_parquet(input.to_string_lossy().into_owned(), ParquetReadOptions::default())
        .await
        .map_err(failed)?;
    let streams = frame.execute_stream_partitioned().await.map_err(failed)?;
    let counted = streams
        .into_iter()
        .map(|stream| tokio::spawn(stream.try_fold(0, async |rows, batch| Ok(rows + batch.num_rows() as u64))));
    let mut rows = 0;
    for stream in counted.collect::<Vec<_>>() {
        let one =
            stream.await.map_err(|e| engine::Error::new(engine::Kind::Refused, format!("reading stopped: {e}")))?;
        rows += one.map_err(failed)?;
    }
    Ok(rows)
}

fn all_cores() -> SessionConfig {
    SessionConfig::new().with_target_partitions(std::thread::available_parallelism().map_or(1, usize::from))
}

/// A text that looks like a time and is none would stop the copy, so times are copied as text.
fn bearable(inferred: &Schema) -> Schema {
    let fields = inferred.fields().iter().map(|field| match field.data_type() {
        kind if kind.is_temporal() => Field::new(field.name(), DataType::Utf8, true),
        kind => Field::new(field.name(), kind.clone(), true),
    });
    Schema::new(fields.collect::<Vec<_>>())
}
