//! Tables written anew outside of any run: keys rotated, a person's rows erased. One commit for each table.

mod erase;
mod rotate;

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::DataType;
use deltalake::DeltaTable;
use deltalake::kernel::Add;
use engine::{Error, Kept, Kind, Result};
use futures::StreamExt;

use crate::writer::{DataFiles, Layout};
use crate::{Local, delta, error, input, publish};

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

/// Puts every data file of a dataset's table through a change; one in which nothing is touched stays.
async fn replaced(local: &Local, of: &Kept, table: &DeltaTable, change: &mut Change<'_>) -> Result<Replaced> {
    let doing = format!("writing {} anew", of.dataset.name);
    let failed = |e| error::datafusion(&doing, e).without_values();
    let columns = sql::arrow_schema(&of.dataset, sql::Nullable::AsContract);
    let layout = Arc::new(Layout::new(&columns, &of.spec.partition_by));
    let mut all = Replaced::default();
    for old in delta::files(table)? {
        let context = local.sessions.unspilled();
        let frame = input::read(&context, table, &of.dataset, Some(vec![old.path.clone()])).await?;
        let mut stream = frame.execute_stream().await.map_err(failed)?;
        let mut files = DataFiles::new(&local.tables, &of.table, layout.clone(), local.sessions.file_bytes());
        let mut touched = 0;
        while let Some(batch) = stream.next().await {
            let (changed, count) = change(batch.map_err(failed)?)?;
            touched += count;
            files.write(&changed).await?;
        }
        let written = files.finish().await?;
        if touched == 0 {
            publish::delete(local, &of.table, &written).await?;
            continue;
        }
        all.count += touched;
        all.adds.extend(written);
        all.removes.push(old);
    }
    Ok(all)
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
