//! Dead letters: refused rows in a Delta table beside the dataset's own, with why, where from, and their raw form.

mod record;
mod replay;
mod seal;

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryBuilder, Int64Builder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, TimeUnit};
use contract::Dataset;
use datafusion::physical_plan::SendableRecordBatchStream;
use deltalake::DeltaTable;
use deltalake::kernel::Add;
use engine::keys::{DEAD_LETTERS, DEAD_LETTERS_BYTES, Keys};
use engine::{DeadLetter, EachDeadLetter, Result, StageJob, TableRef};
use futures::StreamExt;
use xxhash_rust::xxh3::xxh3_64;

pub(crate) use replay::Replay;
pub(crate) use seal::Seal;

use crate::writer::DataFiles;
use crate::{Local, delta, error};

/// The table of a dataset's dead letters: `<warehouse>/_dead_letters/<dataset>/`.
pub(crate) fn table(of: &TableRef) -> TableRef {
    let url = match of.url.trim_end_matches('/').rsplit_once('/') {
        Some((warehouse, name)) => format!("{warehouse}/_dead_letters/{name}/"),
        None => format!("{}_dead_letters/", of.url),
    };
    TableRef { dataset: of.dataset.clone(), url }
}

pub(crate) fn schema() -> SchemaRef {
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    Arc::new(Schema::new(vec![
        text("id", false),
        text("run", false),
        text("contract_id", false),
        text("contract_version", false),
        text("contract_digest", false),
        text("file", true),
        Field::new("row", DataType::Int64, true),
        text("raw", true),
        // Only for records that are not valid UTF-8.
        Field::new("raw_bytes", DataType::Binary, true),
        // The header record of the file, so that the row can be read again without it.
        text("header", true),
        text("checks", false),
        Field::new("refused_at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false),
    ]))
}

/// Gathers refused rows into batches of the dead letter table.
pub(crate) struct Gather {
    run: String,
    dataset: Arc<Dataset>,
    refused_at: i64,
    rows: Vec<DeadLetter>,
    seal: Option<Arc<Seal>>,
    /// Numbers that sealed letters had while the project had no key: they stand in for such ones too.
    unsealed: Vec<u64>,
}

/// What is known of a refused row.
pub(crate) struct Refused<'a> {
    pub file: Option<&'a str>,
    pub row: Option<u64>,
    pub raw: Cow<'a, [u8]>,
    pub header: Option<&'a str>,
    pub checks: String,
}

impl Gather {
    pub fn new(job: &StageJob, seal: Option<Arc<Seal>>) -> Self {
        let refused_at = job.now_ms * 1000;
        let (run, dataset) = (job.run.clone(), job.dataset.clone());
        Self { run, dataset, refused_at, rows: Vec::new(), seal, unsealed: Vec::new() }
    }

    pub fn add(&mut self, refused: Refused<'_>) -> Result<()> {
        let bytes = identifying(&self.dataset.name, &refused);
        let (id, raw, raw_bytes) = match (&self.seal, std::str::from_utf8(&refused.raw)) {
            (Some(seal), _) => {
                self.unsealed.push(xxh3_64(&bytes));
                (seal.identity(&bytes), Some(seal.raw(&refused.raw)?), None)
            }
            (None, Ok(text)) => (identity(&bytes), Some(text.to_owned()), None),
            (None, Err(_)) => (identity(&bytes), None, Some(refused.raw.to_vec())),
        };
        let contract = &self.dataset.contract;
        self.rows.push(DeadLetter {
            id,
            run: self.run.clone(),
            contract_id: contract.id.clone(),
            contract_version: contract.version.clone(),
            contract_digest: contract.digest.clone(),
            file: refused.file.map(str::to_owned),
            row: refused.row.and_then(|row| i64::try_from(row).ok()),
            raw,
            checks: refused.checks,
            refused_at: self.refused_at,
            raw_bytes,
            header: refused.header.map(str::to_owned),
        });
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The rows gathered so far as one batch, and the numbers of all letters that they may stand in for; none are left.
    pub fn take(&mut self) -> Result<(RecordBatch, Vec<u64>)> {
        let rows = std::mem::take(&mut self.rows);
        let mut numbers = std::mem::take(&mut self.unsealed);
        numbers.extend(rows.iter().map(|row| id_number(&row.id)));
        Ok((to_batch(&rows)?, numbers))
    }
}

/// The number that a letter's id is written from.
pub(crate) fn id_number(id: &str) -> u64 {
    u64::from_str_radix(id, 16).unwrap_or(0)
}

fn identifying(dataset: &str, refused: &Refused<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(refused.raw.len() + 64);
    bytes.extend_from_slice(dataset.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(refused.file.unwrap_or_default().as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(&refused.row.unwrap_or(0).to_le_bytes());
    bytes.extend_from_slice(&refused.raw);
    bytes
}

fn identity(bytes: &[u8]) -> String {
    format!("{:016x}", xxh3_64(bytes))
}

/// The letter with its raw form as it was read. One whose key is not there stays as it is.
fn opened(keys: &Keys, letter: &mut DeadLetter) {
    let Some(Ok(Some(raw))) = letter.raw.as_deref().map(|raw| keys.open(raw)) else { return };
    match String::from_utf8(raw.value) {
        Ok(text) if raw.domain == DEAD_LETTERS => letter.raw = Some(text),
        Ok(text) if raw.domain == DEAD_LETTERS_BYTES => {
            (letter.raw, letter.raw_bytes) = (None, Some(text.into_bytes()))
        }
        Err(e) if raw.domain == DEAD_LETTERS_BYTES => (letter.raw, letter.raw_bytes) = (None, Some(e.into_bytes())),
        _ => {}
    }
}

pub(crate) fn to_batch(rows: &[DeadLetter]) -> Result<RecordBatch> {
    fn texts<'a>(rows: &'a [DeadLetter], text: impl Fn(&'a DeadLetter) -> Option<&'a str>) -> ArrayRef {
        let mut builder = StringBuilder::new();
        rows.iter().for_each(|row| builder.append_option(text(row)));
        Arc::new(builder.finish())
    }
    let mut number = Int64Builder::new();
    let mut bytes = BinaryBuilder::new();
    let mut time = TimestampMicrosecondBuilder::new().with_timezone("UTC");
    for row in rows {
        number.append_option(row.row);
        bytes.append_option(row.raw_bytes.as_deref());
        time.append_value(row.refused_at);
    }
    let columns: Vec<ArrayRef> = vec![
        texts(rows, |r| Some(&r.id)),
        texts(rows, |r| Some(&r.run)),
        texts(rows, |r| Some(&r.contract_id)),
        texts(rows, |r| Some(&r.contract_version)),
        texts(rows, |r| Some(&r.contract_digest)),
        texts(rows, |r| r.file.as_deref()),
        Arc::new(number.finish()),
        texts(rows, |r| r.raw.as_deref()),
        Arc::new(bytes.finish()),
        texts(rows, |r| r.header.as_deref()),
        texts(rows, |r| Some(&r.checks)),
        Arc::new(time.finish()),
    ];
    RecordBatch::try_new(schema(), columns).map_err(|e| error::arrow("gathering dead letters", e))
}

fn from_batch(batch: &RecordBatch) -> Result<Vec<DeadLetter>> {
    let failed = |e| error::arrow("reading dead letters", e);
    let cast = |name: &str, to: &DataType| -> Result<ArrayRef> {
        let index = batch.schema_ref().index_of(name).map_err(failed)?;
        arrow::compute::cast(batch.column(index), to).map_err(failed)
    };
    let text = |name: &str| cast(name, &DataType::Utf8);
    let (id, run, contract_id, version, digest) =
        (text("id")?, text("run")?, text("contract_id")?, text("contract_version")?, text("contract_digest")?);
    let (file, raw, header, checks) = (text("file")?, text("raw")?, text("header")?, text("checks")?);
    let (row, bytes) = (cast("row", &DataType::Int64)?, cast("raw_bytes", &DataType::Binary)?);
    let time = cast("refused_at", &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))?;
    let time = arrow::compute::cast(&time, &DataType::Int64).map_err(failed)?;
    let at = |array: &ArrayRef, i: usize| {
        let texts = array.as_string::<i32>();
        texts.is_valid(i).then(|| texts.value(i).to_owned())
    };
    Ok((0..batch.num_rows())
        .map(|i| DeadLetter {
            id: at(&id, i).unwrap_or_default(),
            run: at(&run, i).unwrap_or_default(),
            contract_id: at(&contract_id, i).unwrap_or_default(),
            contract_version: at(&version, i).unwrap_or_default(),
            contract_digest: at(&digest, i).unwrap_or_default(),
            file: at(&file, i),
            row: row.is_valid(i).then(|| row.as_primitive::<Int64Type>().value(i)),
            raw: at(&raw, i),
            checks: at(&checks, i).unwrap_or_default(),
            refused_at: time.as_primitive::<Int64Type>().value(i),
            raw_bytes: bytes.is_valid(i).then(|| bytes.as_binary::<i32>().value(i).to_vec()),
            header: at(&header, i),
        })
        .collect())
}

/// The dead letters of one dataset.
pub(crate) struct DeadLetters<'a> {
    local: &'a Local,
    /// The dataset's own table.
    of: TableRef,
    table: TableRef,
}

impl<'a> DeadLetters<'a> {
    pub(crate) fn new(local: &'a Local, of: &TableRef) -> Self {
        Self { local, of: of.clone(), table: table(of) }
    }

    /// At most `limit` of them, and how many there are.
    pub async fn read(&self, limit: usize) -> Result<(Vec<DeadLetter>, u64)> {
        let Some(opened) = self.local.tables.open(&self.table).await? else { return Ok((Vec::new(), 0)) };
        let total = delta::files(&opened)?.iter().map(crate::stats::rows).sum();
        let mut letters = Vec::new();
        if limit > 0 {
            self.scan(&opened, &mut |batch| {
                letters.extend(self.opened(&batch)?);
                Ok(letters.len() < limit)
            })
            .await?;
        }
        letters.truncate(limit);
        Ok((letters, total))
    }

    /// All of them, a batch at a time.
    pub async fn each(&self, each: &mut EachDeadLetter<'_>) -> Result<()> {
        let Some(opened) = self.local.tables.open(&self.table).await? else { return Ok(()) };
        self.scan(&opened, &mut |batch| each(self.opened(&batch)?).map(|()| true)).await
    }

    fn opened(&self, batch: &RecordBatch) -> Result<Vec<DeadLetter>> {
        let mut letters = from_batch(batch)?;
        letters.iter_mut().for_each(|letter| opened(&self.local.keys, letter));
        Ok(letters)
    }

    /// The data files of the table, and new unpublished ones that hold the letters to keep; `None` when all are kept.
    pub async fn without(&self, gone: &(dyn Fn(&DeadLetter) -> bool + Sync)) -> Result<Option<Rewritten>> {
        let Some(opened) = self.local.tables.open(&self.table).await? else { return Ok(None) };
        let mut found = 0;
        self.each(&mut |letters| {
            found += letters.iter().filter(|letter| gone(letter)).count() as u64;
            Ok(())
        })
        .await?;
        if found == 0 {
            return Ok(None);
        }
        let mut kept = files(self.local, &self.table);
        let mut stream = self.stream(&opened).await?;
        while let Some(batch) = stream.next().await {
            let mut letters = from_batch(&batch.map_err(|e| error::datafusion("reading dead letters", e))?)?;
            letters.retain(|letter| !gone(letter));
            kept.write(&to_batch(&letters)?).await?;
        }
        Ok(Some(Rewritten { gone: found, removes: delta::files(&opened)?, adds: kept.finish().await? }))
    }

    /// Writes the letters anew whose raw form `change` gives another text for, in one commit.
    pub async fn reseal(
        &self,
        change: &mut (dyn FnMut(&str) -> Result<Option<String>> + Send),
        count: &mut u64,
    ) -> Result<()> {
        let Some(opened) = self.local.tables.open(&self.table).await? else { return Ok(()) };
        let mut new = files(self.local, &self.table);
        let mut stream = self.stream(&opened).await?;
        while let Some(batch) = stream.next().await {
            let mut letters = from_batch(&batch.map_err(|e| error::datafusion("reading dead letters", e))?)?;
            for letter in &mut letters {
                if let Some(raw) = letter.raw.as_deref().map(&mut *change).transpose()?.flatten() {
                    letter.raw = Some(raw);
                    *count += 1;
                }
            }
            new.write(&to_batch(&letters)?).await?;
        }
        let adds = new.finish().await?;
        match *count {
            0 => crate::publish::delete(self.local, &self.table, &adds).await,
            gone => {
                let rewritten = Rewritten { gone, removes: delta::files(&opened)?, adds };
                crate::publish::replace_dead(self.local, &self.of, rewritten).await
            }
        }
    }

    /// Until `each` says that it has enough.
    async fn scan(
        &self,
        opened: &DeltaTable,
        each: &mut (dyn FnMut(RecordBatch) -> Result<bool> + Send),
    ) -> Result<()> {
        let mut stream = self.stream(opened).await?;
        while let Some(batch) = stream.next().await {
            if !each(batch.map_err(|e| error::datafusion("reading dead letters", e))?)? {
                break;
            }
        }
        Ok(())
    }

    async fn stream(&self, opened: &DeltaTable) -> Result<SendableRecordBatchStream> {
        let context = self.local.sessions.session();
        let doing = format!("reading the dead letters of {}", self.table.dataset);
        let failed = |e| error::datafusion(&doing, e);
        let provider = opened.table_provider().with_session(Arc::new(context.state())).await.map_err(failed)?;
        opened.update_datafusion_session(&context.state()).map_err(|e| error::delta(&doing, e))?;
        context.read_table(provider).map_err(failed)?.execute_stream().await.map_err(failed)
    }
}

/// A dead letter table without some of its letters, unpublished.
pub(crate) struct Rewritten {
    pub gone: u64,
    pub removes: Vec<Add>,
    pub adds: Vec<Add>,
}

/// Unpublished files of a dead letter table.
pub(crate) fn files(local: &Local, dead: &TableRef) -> DataFiles {
    DataFiles::new(&local.tables, dead, crate::sink::dead_layout(), local.sessions.file_bytes())
}
