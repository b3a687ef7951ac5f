//! Values looked at one by one, of a table or of files that were not read yet. Nothing is kept of them.

use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use engine::{EachValue, Kept, Progress, ReadRequest, Result};
use futures::StreamExt;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use pipeline::{FileRef, SourceSpec};

use crate::session::BATCH_ROWS;
use crate::{Local, delta, error, input};

/// Of the table's first rows, column by column in each batch; false when there is no table.
pub(crate) async fn values(local: &Local, of: &Kept, rows: usize, each: &mut EachValue<'_>) -> Result<bool> {
    let Some(table) = local.tables.open_rows(&of.table).await? else { return Ok(false) };
    let context = local.sessions.unspilled();
    let frame = input::read(&context, &table, &of.dataset, None).await?;
    let failed = |e| error::datafusion("looking at values", e).without_values();
    let mut stream = frame.limit(0, Some(rows)).map_err(failed)?.execute_stream().await.map_err(failed)?;
    while let Some(batch) = stream.next().await {
        if !shown(&batch.map_err(failed)?, usize::MAX, each)? {
            break;
        }
    }
    Ok(true)
}

/// By the last bytes of the files themselves, not by their names.
pub(crate) async fn unencrypted(local: &Local, of: &Kept) -> Result<(u64, u64)> {
    /// What an encrypted file with an encrypted footer ends in; others end in `PAR1`.
    const MAGIC: &[u8] = b"PARE";
    let Some(table) = local.tables.open(&of.table).await? else { return Ok((0, 0)) };
    let store = table.log_store().object_store(None);
    let (mut files, mut clear) = (0, 0);
    for add in delta::files(&table)? {
        let path = Path::from(add.path.as_str());
        let end = u64::try_from(add.size).unwrap_or(0);
        let last = store.get_range(&path, end.saturating_sub(MAGIC.len() as u64)..end).await;
        let last = last.map_err(|e| error::store("looking at a data file", e).at(add.path.clone()))?;
        files += 1;
        clear += u64::from(last != MAGIC);
    }
    Ok((files, clear))
}

/// Of about as many rows of the files.
pub(crate) async fn landed(
    local: &Local,
    of: &Kept,
    spec: &SourceSpec,
    files: Vec<FileRef>,
    rows: usize,
    each: &mut EachValue<'_>,
) -> Result<()> {
    let request = ReadRequest {
        dataset: of.dataset.clone(),
        spec: spec.clone(),
        files,
        partitions: 1,
        batch_rows: BATCH_ROWS,
        progress: Arc::new(Progress::default()),
    };
    let read = local.source.read(request).await?;
    let mut streams = futures::stream::select_all(read.streams);
    let mut left = rows;
    while let Some(batch) = streams.next().await.filter(|_| left > 0) {
        let batch = batch?;
        left = left.saturating_sub(batch.num_rows());
        if !shown(&batch, of.dataset.columns.len(), each)? {
            break;
        }
    }
    Ok(())
}

/// The first `columns` of a batch; whether more is wanted.
pub(crate) fn shown(batch: &RecordBatch, columns: usize, each: &mut EachValue<'_>) -> Result<bool> {
    let options = FormatOptions::new();
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()).take(columns) {
        let shown = ArrayFormatter::try_new(column.as_ref(), &options)
            .map_err(|e| error::arrow("looking at values", e).without_values())?;
        for row in (0..column.len()).filter(|row| column.is_valid(*row)) {
            if !each(field.name(), &shown.value(row).to_string())? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
