//! Tables written anew outside of any run: keys rotated, a person's rows erased. One commit for each table.

mod erase;
mod rotate;

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::DataType;
use datafusion::error::DataFusionError;
use datafusion::physical_plan::SendableRecordBatchStream;
use deltalake::DeltaTable;
use deltalake::kernel::Add;
use engine::{Error, Kept, Kind, Result};
use futures::StreamExt;

use crate::encryption::TableKey;
use crate::mapping::Mapping;
use crate::writer::{DataFiles, Layout};
use crate::{Local, delta, encryption, error, input};

pub(crate) use erase::{erase, forms};
pub(crate) use rotate::rotate;

/// What a change makes of some rows, and how many values or rows it touched.
type Change<'a> = dyn FnMut(RecordBatch) -> Result<(RecordBatch, u64)> + Send + 'a;

/// Files that take the place of others.
#[derive(Default)]
struct Replaced {
    adds: Vec<Add>,
    removes: Vec<Add>,
    count: u64,
}

/// Puts every data file of a dataset's table through a change; one in which nothing is touched stays, and is not written.
///
/// A file that is encrypted as a whole with the key `from` is written anew with `key`.
async fn replaced(
    local: &Local,
    of: &Kept,
    table: &DeltaTable,
    change: &mut Change<'_>,
    from: Option<&str>,
    key: Option<Arc<TableKey>>,
) -> Result<Replaced> {
    let columns = sql::arrow_schema(&of.dataset, sql::Nullable::AsContract);
    let mapping = Mapping::of(table)?.map(Arc::new);
    let layout = Arc::new(Layout::new(&columns, &of.spec.partition_by).encrypted(key).mapped(mapping));
    let mut all = Replaced::default();
    for old in delta::files(table)? {
        let retired = from.is_some() && encryption::key_of(&old.path) == from;
        if !retired && !touches(local, of, table, &old, change).await? {
            continue;
        }
        let mut stream = stream(local, of, table, &old).await?;
        let mut files = DataFiles::new(&local.tables, &of.table, layout.clone(), local.sessions.file_bytes());
        let mut touched = 0;
        while let Some(batch) = stream.next().await {
            let (changed, count) = change(batch.map_err(|e| failed(of, e))?)?;
            // Of an encrypted file every row is encrypted anew.
            touched += if retired { changed.num_rows() as u64 } else { count };
            files.write(&changed).await?;
        }
        all.count += touched;
        all.adds.extend(files.finish().await?);
        all.removes.push(old);
    }
    Ok(all)
}

/// Whether there is anything in a file to change: read until the first.
async fn touches(local: &Local, of: &Kept, table: &DeltaTable, file: &Add, change: &mut Change<'_>) -> Result<bool> {
    let mut stream = stream(local, of, table, file).await?;
    while let Some(batch) = stream.next().await {
        if change(batch.map_err(|e| failed(of, e))?)?.1 > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The rows of one data file.
async fn stream(local: &Local, of: &Kept, table: &DeltaTable, file: &Add) -> Result<SendableRecordBatchStream> {
    let context = local.sessions.unspilled();
    let frame = input::read(&context, table, &of.dataset, Some(vec![file.path.clone()])).await?;
    frame.execute_stream().await.map_err(|e| failed(of, e))
}

fn failed(of: &Kept, e: DataFusionError) -> Error {
    error::datafusion(&format!("writing {} anew", of.dataset.name), e).without_values()
}

/// The table's property once files with this key are in it.
fn encryption_property(table: &DeltaTable, key: Option<&TableKey>) -> Result<Vec<(String, String)>> {
    let Some(key) = key else { return Ok(Vec::new()) };
    let snapshot = table.snapshot().map_err(|e| error::delta("reading the table", e))?;
    let known = snapshot.metadata().configuration().get(encryption::PROPERTY);
    Ok(vec![(encryption::PROPERTY.to_owned(), key.property(known))])
}

/// The texts of a column; `None` for one of another type.
fn texts(column: &arrow::array::ArrayRef) -> Option<Vec<Option<String>>> {
    if !matches!(column.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
        return None;
    }
    let texts = arrow::compute::cast(column, &DataType::Utf8).ok()?;
    Some(texts.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect())
}

fn nothing_published(of: &Kept) -> Error {
    Error::new(Kind::Input, format!("the table of {} is not one that Plimsoll published", of.dataset.name))
        .at(&of.table.url)
}

#[cfg(test)]
mod tests;
