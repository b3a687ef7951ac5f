//! What a result replaces. A merge that can be held is a plan of our own: the new rows are written once, and those old files
//! that hold a replaced row are written again without it.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::DataType;
use datafusion::common::JoinType;
use datafusion::logical_expr::{cast, ident};
use datafusion::prelude::{DataFrame, SessionContext};
use deltalake::DeltaTable;
use deltalake::kernel::Add;
use engine::{Result, StageJob};
use futures::StreamExt;
use serde_json::Value;

use crate::writer::{DataFiles, Layout};
use crate::{Local, delta, error, input, stats};

const FILE_COLUMN: &str = "__plimsoll_file";

#[derive(Default)]
pub(crate) struct Merged {
    /// Old rows that stay, written again.
    pub rewritten: Vec<Add>,
    pub removed: Vec<Add>,
}

/// Takes the keys of `new` out of the table.
pub(crate) async fn merge(
    local: &Local,
    context: &SessionContext,
    job: &StageJob,
    table: &DeltaTable,
    new_files: &[Add],
    new: &DataFrame,
    layout: &Arc<Layout>,
) -> Result<Merged> {
    let key = &job.spec.key;
    let known: Vec<String> = key.iter().map(|name| layout.name(name).to_owned()).collect();
    let candidates: Vec<Add> =
        delta::files(table)?.into_iter().filter(|old| new_files.iter().any(|new| overlaps(old, new, &known))).collect();
    if candidates.is_empty() {
        return Ok(Merged::default());
    }
    let removed = matching(context, job, table, candidates, new).await?;
    if removed.is_empty() {
        return Ok(Merged::default());
    }
    let doing = format!("merging into {}", job.dataset.name);
    let failed = |e| error::datafusion(&doing, e);
    let paths = removed.iter().map(|add| add.path.clone()).collect();
    let old = input::read(context, table, &job.dataset, Some(paths)).await?;
    let columns: Vec<&str> = key.iter().map(String::as_str).collect();
    let keys = keys(new, key).map_err(failed)?;
    let renamed: Vec<String> = key.iter().map(|name| new_name(name)).collect();
    let right: Vec<&str> = renamed.iter().map(String::as_str).collect();
    let stay = old.join(keys, JoinType::LeftAnti, &columns, &right, None).map_err(failed)?;
    let mut files = DataFiles::new(&local.tables, &job.table, layout.clone(), local.sessions.file_bytes());
    let mut stream = stay.execute_stream().await.map_err(failed)?;
    while let Some(batch) = stream.next().await {
        files.write(&batch.map_err(failed)?).await?;
    }
    Ok(Merged { rewritten: files.finish().await?, removed })
}

fn keys(new: &DataFrame, key: &[String]) -> datafusion::error::Result<DataFrame> {
    new.clone().select(key.iter().map(|name| ident(name).alias(new_name(name))).collect::<Vec<_>>())
}

fn new_name(name: &str) -> String {
    format!("__new_{name}")
}

/// The candidates that really hold a key of `new`.
async fn matching(
    context: &SessionContext,
    job: &StageJob,
    table: &DeltaTable,
    candidates: Vec<Add>,
    new: &DataFrame,
) -> Result<Vec<Add>> {
    let doing = format!("finding replaced rows of {}", job.dataset.name);
    let failed = |e| error::datafusion(&doing, e);
    let key = &job.spec.key;
    let provider = table
        .table_provider()
        .with_session(Arc::new(context.state()))
        .with_file_paths(candidates.iter().map(|add| add.path.clone()))
        .with_file_column(FILE_COLUMN)
        .await
        .map_err(failed)?;
    let mut select: Vec<_> = key
        .iter()
        .filter_map(|name| job.dataset.column(name))
        .map(|column| cast(ident(&column.name), sql::arrow_type(&column.data_type)).alias(&column.name))
        .collect();
    select.push(cast(ident(FILE_COLUMN), DataType::Utf8).alias(FILE_COLUMN));
    let old = context.read_table(provider).and_then(|frame| frame.select(select)).map_err(failed)?;
    let columns: Vec<&str> = key.iter().map(String::as_str).collect();
    let renamed: Vec<String> = key.iter().map(|name| new_name(name)).collect();
    let right: Vec<&str> = renamed.iter().map(String::as_str).collect();
    let matched = old
        .join(keys(new, key).map_err(failed)?, JoinType::LeftSemi, &columns, &right, None)
        .and_then(|frame| frame.select(vec![ident(FILE_COLUMN)]))
        .and_then(|frame| frame.distinct())
        .map_err(failed)?;
    let mut urls = BTreeSet::new();
    for batch in matched.collect().await.map_err(failed)? {
        let texts = arrow::compute::cast(batch.column(0), &DataType::Utf8).map_err(|e| error::arrow(&doing, e))?;
        urls.extend(texts.as_string::<i32>().iter().flatten().map(str::to_owned));
    }
    Ok(candidates.into_iter().filter(|add| urls.iter().any(|url| url.ends_with(&add.path))).collect())
}

/// Whether two files may have a key in common, as far as their statistics tell; `key` by the names that files know.
pub(crate) fn overlaps(a: &Add, b: &Add, key: &[String]) -> bool {
    let (a, b) = (stats::parsed(a), stats::parsed(b));
    key.iter().all(|column| {
        let apart = before(&a["maxValues"][column], &b["minValues"][column])
            || before(&b["maxValues"][column], &a["minValues"][column]);
        !apart
    })
}

/// Whether the first value is certainly less than the second.
fn before(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a < b,
            _ => matches!((a.as_f64(), b.as_f64()), (Some(a), Some(b)) if a < b),
        },
        (Value::String(a), Value::String(b)) => a < b,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
