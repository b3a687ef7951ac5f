//! The vault: the encrypted value behind each token, in a Delta table of the warehouse.
//!
//! Tokens are derived, so an entry that is written twice, or for a result that was never published, does no harm.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use engine::{Kind, Result, TableRef};
use futures::StreamExt;

use crate::writer::{DataFiles, Layout};
use crate::{Local, error, publish};

/// How often another writer may be faster.
const ATTEMPTS: usize = 10;

/// `<warehouse>/_vault/`.
pub(crate) fn table(of: &TableRef) -> TableRef {
    let url = match of.url.trim_end_matches('/').rsplit_once('/') {
        Some((warehouse, _)) => format!("{warehouse}/_vault/"),
        None => format!("{}_vault/", of.url),
    };
    TableRef { dataset: "_vault".to_owned(), url }
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("token", DataType::Utf8, false),
        Field::new("sealed", DataType::Utf8, false),
        Field::new("dataset", DataType::Utf8, false),
        Field::new("made_at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false),
    ]))
}

/// Adds what the vault does not have yet.
pub(crate) async fn keep(
    local: &Local,
    of: &TableRef,
    dataset: &str,
    mut tokens: BTreeMap<String, String>,
    now_ms: i64,
) -> Result<()> {
    if tokens.is_empty() {
        return Ok(());
    }
    let at = table(of);
    for attempt in 1.. {
        let opened = local.tables.open(&at).await?;
        if let Some(opened) = &opened {
            let known = known(local, opened).await?;
            tokens.retain(|token, _| !known.contains(token));
        }
        if tokens.is_empty() {
            return Ok(());
        }
        let mut files =
            DataFiles::new(&local.tables, &at, Arc::new(Layout::new(&schema(), &[])), local.sessions.file_bytes());
        files.write(&batch(&tokens, dataset, now_ms)?).await?;
        let added = files.finish().await?;
        match publish::append(local, &at, opened.as_ref(), &schema(), added.clone()).await {
            Err(e) if e.kind == Kind::Conflict && attempt < ATTEMPTS => publish::delete(local, &at, &added).await?,
            done => return done,
        }
    }
    Ok(())
}

fn batch(tokens: &BTreeMap<String, String>, dataset: &str, now_ms: i64) -> Result<RecordBatch> {
    let count = tokens.len();
    let moments = TimestampMicrosecondArray::from(vec![now_ms * 1000; count]).with_timezone("UTC");
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(tokens.keys())),
        Arc::new(StringArray::from_iter_values(tokens.values())),
        Arc::new(StringArray::from_iter_values(std::iter::repeat_n(dataset, count))),
        Arc::new(moments),
    ];
    RecordBatch::try_new(schema(), columns).map_err(|e| error::arrow("keeping tokens", e))
}

async fn known(local: &Local, opened: &deltalake::DeltaTable) -> Result<HashSet<String>> {
    let failed = |e| error::datafusion("reading the vault", e);
    let context = local.sessions.session();
    let provider = opened.table_provider().with_session(Arc::new(context.state())).await.map_err(failed)?;
    opened.update_datafusion_session(&context.state()).map_err(|e| error::delta("reading the vault", e))?;
    let frame = context.read_table(provider).and_then(|frame| frame.select_columns(&["token"])).map_err(failed)?;
    let mut stream = frame.execute_stream().await.map_err(failed)?;
    let mut known = HashSet::new();
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(failed)?;
        let texts = arrow::compute::cast(batch.column(0), &DataType::Utf8).map_err(|e| error::arrow("the vault", e))?;
        known.extend(texts.as_string::<i32>().iter().flatten().map(str::to_owned));
    }
    Ok(known)
}

/// Entries of the dataset whose encrypted value `change` gives another text for, written anew. How many there were.
pub(crate) async fn reseal(
    local: &Local,
    of: &TableRef,
    dataset: &str,
    change: &mut (dyn FnMut(&str) -> Result<Option<String>> + Send),
) -> Result<u64> {
    rewrite(local, of, &mut |entry| {
        if entry.dataset != dataset {
            return Ok(Fate::Stays);
        }
        Ok(change(&entry.sealed)?.map_or(Fate::Stays, Fate::Sealed))
    })
    .await
}

/// Takes these tokens out. How many there were.
pub(crate) async fn forget(local: &Local, of: &TableRef, tokens: &[String]) -> Result<u64> {
    rewrite(local, of, &mut |entry| Ok(if tokens.contains(&entry.token) { Fate::Goes } else { Fate::Stays })).await
}

struct Entry {
    token: String,
    sealed: String,
    dataset: String,
    made_at: i64,
}

enum Fate {
    Stays,
    Sealed(String),
    Goes,
}

async fn rewrite(local: &Local, of: &TableRef, fate: &mut (dyn FnMut(&Entry) -> Result<Fate> + Send)) -> Result<u64> {
    let at = table(of);
    let Some(opened) = local.tables.open(&at).await? else { return Ok(0) };
    let failed = |e| error::datafusion("reading the vault", e);
    let context = local.sessions.unspilled();
    let provider = opened.table_provider().with_session(Arc::new(context.state())).await.map_err(failed)?;
    opened.update_datafusion_session(&context.state()).map_err(|e| error::delta("reading the vault", e))?;
    let mut stream = context.read_table(provider).map_err(failed)?.execute_stream().await.map_err(failed)?;
    let mut files =
        DataFiles::new(&local.tables, &at, Arc::new(Layout::new(&schema(), &[])), local.sessions.file_bytes());
    let mut touched = 0;
    while let Some(batch) = stream.next().await {
        let mut kept: Vec<Entry> = Vec::new();
        for mut entry in entries(&batch.map_err(failed)?)? {
            match fate(&entry)? {
                Fate::Stays => kept.push(entry),
                Fate::Goes => touched += 1,
                Fate::Sealed(sealed) => {
                    touched += 1;
                    entry.sealed = sealed;
                    kept.push(entry);
                }
            }
        }
        files.write(&from_entries(&kept)?).await?;
    }
    let added = files.finish().await?;
    match touched {
        0 => publish::delete(local, &at, &added).await?,
        _ => publish::exchange(local, &at, &opened, added, &crate::delta::files(&opened)?).await?,
    }
    Ok(touched)
}

fn entries(batch: &RecordBatch) -> Result<Vec<Entry>> {
    let failed = |e| error::arrow("reading the vault", e);
    let column = |name: &str, to: &DataType| -> Result<ArrayRef> {
        let index = batch.schema_ref().index_of(name).map_err(failed)?;
        arrow::compute::cast(batch.column(index), to).map_err(failed)
    };
    let (token, sealed, dataset) =
        (column("token", &DataType::Utf8)?, column("sealed", &DataType::Utf8)?, column("dataset", &DataType::Utf8)?);
    let made = column("made_at", &DataType::Int64)?;
    let made = made.as_primitive::<arrow::datatypes::Int64Type>();
    let text = |column: &ArrayRef, row: usize| column.as_string::<i32>().value(row).to_owned();
    let entry = |row| Entry {
        token: text(&token, row),
        sealed: text(&sealed, row),
        dataset: text(&dataset, row),
        made_at: made.value(row),
    };
    Ok((0..batch.num_rows()).map(entry).collect())
}

fn from_entries(entries: &[Entry]) -> Result<RecordBatch> {
    let texts =
        |text: fn(&Entry) -> &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(entries.iter().map(text))) };
    let moments: Vec<i64> = entries.iter().map(|entry| entry.made_at).collect();
    let columns: Vec<ArrayRef> = vec![
        texts(|entry| &entry.token),
        texts(|entry| &entry.sealed),
        texts(|entry| &entry.dataset),
        Arc::new(TimestampMicrosecondArray::from(moments).with_timezone("UTC")),
    ];
    RecordBatch::try_new(schema(), columns).map_err(|e| error::arrow("keeping tokens", e))
}
