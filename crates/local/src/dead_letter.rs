//! Dead letters: refused rows in a Delta table beside the dataset's own, with why, where from, and their raw form.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryBuilder, Int64Builder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, TimeUnit};
use contract::Dataset;
use engine::{DeadLetter, Error, FileRef, Kind, Result, StageJob, TableRef};
use futures::StreamExt;
use pipeline::SourceSpec;
use pipeline::project::{CsvOptions, Encoding, FileFormat};
use xxhash_rust::xxh3::xxh3_64;

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
}

/// What is known of a refused row.
pub(crate) struct Refused<'a> {
    pub file: Option<&'a str>,
    pub row: Option<u64>,
    pub raw: &'a [u8],
    pub header: Option<&'a str>,
    pub checks: String,
}

impl Gather {
    pub fn new(job: &StageJob) -> Self {
        Self { run: job.run.clone(), dataset: job.dataset.clone(), refused_at: job.now_ms * 1000, rows: Vec::new() }
    }

    pub fn add(&mut self, refused: Refused<'_>) {
        let (raw, raw_bytes) = match std::str::from_utf8(refused.raw) {
            Ok(text) => (Some(text.to_owned()), None),
            Err(_) => (None, Some(refused.raw.to_vec())),
        };
        let contract = &self.dataset.contract;
        self.rows.push(DeadLetter {
            id: identity(&self.dataset.name, &refused),
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
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The rows gathered so far as one batch, and none left.
    pub fn take(&mut self) -> Result<RecordBatch> {
        to_batch(&std::mem::take(&mut self.rows))
    }
}

fn identity(dataset: &str, refused: &Refused<'_>) -> String {
    let mut bytes = Vec::with_capacity(refused.raw.len() + 64);
    bytes.extend_from_slice(dataset.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(refused.file.unwrap_or_default().as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(&refused.row.unwrap_or(0).to_le_bytes());
    bytes.extend_from_slice(refused.raw);
    format!("{:016x}", xxh3_64(&bytes))
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
    table: TableRef,
}

impl<'a> DeadLetters<'a> {
    pub(crate) fn new(local: &'a Local, of: &TableRef) -> Self {
        Self { local, table: table(of) }
    }

    /// At most `limit` of them, and how many there are.
    pub async fn read(&self, limit: usize) -> Result<(Vec<DeadLetter>, u64)> {
        let Some(opened) = self.local.tables.open(&self.table).await? else { return Ok((Vec::new(), 0)) };
        let total = delta::files(&opened)?.iter().map(crate::stats::rows).sum();
        let context = self.local.sessions.session();
        let doing = format!("reading the dead letters of {}", self.table.dataset);
        let failed = |e| error::datafusion(&doing, e);
        let provider = opened.table_provider().with_session(Arc::new(context.state())).await.map_err(failed)?;
        opened.update_datafusion_session(&context.state()).map_err(|e| error::delta(&doing, e))?;
        let mut stream = context.read_table(provider).map_err(failed)?.execute_stream().await.map_err(failed)?;
        let mut letters = Vec::new();
        while letters.len() < limit {
            let Some(batch) = stream.next().await else { break };
            letters.extend(from_batch(&batch.map_err(failed)?)?);
        }
        letters.truncate(limit);
        Ok((letters, total))
    }
}

/// Dead letters on their way back: files that a source can read, and which letter each record is.
pub(crate) struct Replay {
    pub spec: SourceSpec,
    pub files: Vec<FileRef>,
    /// By file of the request: the line on which each letter starts, ascending, and the letter.
    letters: Vec<Vec<(u64, DeadLetter)>>,
    /// Data files of the dead letter table that the replay empties.
    pub consumed: Vec<deltalake::kernel::Add>,
    /// Letters that no reader can take back, kept as they are.
    pub kept: Vec<DeadLetter>,
    folder: std::path::PathBuf,
}

impl Replay {
    pub async fn prepare(local: &Local, job: &StageJob, spec: Option<&SourceSpec>) -> Result<Self> {
        let dead = table(&job.table);
        let consumed = match local.tables.open(&dead).await? {
            Some(opened) => delta::files(&opened)?,
            None => Vec::new(),
        };
        let (letters, _) = DeadLetters { local, table: dead }.read(usize::MAX).await?;
        let folder = local.scratch.folder.join(format!("replay-{}", job.run));
        std::fs::create_dir_all(&folder).map_err(|e| scratch(&folder, e))?;
        let spec = Self::spec(spec);
        let mut replay = Self { spec, files: Vec::new(), letters: Vec::new(), consumed, kept: Vec::new(), folder };
        replay.write(letters)?;
        Ok(replay)
    }

    /// Raw forms are kept as UTF-8, and as JSON where the row did not come from text.
    fn spec(spec: Option<&SourceSpec>) -> SourceSpec {
        let format = match spec.map(|spec| &spec.format) {
            Some(FileFormat::Csv(options)) => {
                FileFormat::Csv(CsvOptions { encoding: Encoding::Utf8, ..options.clone() })
            }
            _ => FileFormat::Ndjson,
        };
        SourceSpec { files: String::new(), format }
    }

    fn write(&mut self, letters: Vec<DeadLetter>) -> Result<()> {
        let csv = matches!(&self.spec.format, FileFormat::Csv(options) if options.header);
        let mut groups: std::collections::BTreeMap<Option<String>, Vec<DeadLetter>> = std::collections::BTreeMap::new();
        for letter in letters {
            match letter.raw.is_none() || (csv && letter.header.is_none()) {
                true => self.kept.push(letter),
                false => groups.entry(letter.header.clone()).or_default().push(letter),
            }
        }
        let ending = if csv { "csv" } else { "ndjson" };
        for (index, (header, letters)) in groups.into_iter().enumerate() {
            let path = self.folder.join(format!("{index}.{ending}"));
            let mut text = String::new();
            if let Some(header) = header.filter(|_| csv) {
                text.push_str(header.trim_end_matches(['\r', '\n']));
                text.push('\n');
            }
            let mut starts = Vec::with_capacity(letters.len());
            let mut line = 1 + text.matches('\n').count() as u64;
            for letter in letters {
                let raw = letter.raw.clone().unwrap_or_default();
                starts.push((line, letter));
                line += 1 + raw.matches('\n').count() as u64;
                text.push_str(&raw);
                text.push('\n');
            }
            std::fs::write(&path, &text).map_err(|e| scratch(&path, e))?;
            self.letters.push(starts);
            let path = std::path::absolute(&path).unwrap_or(path);
            self.files.push(FileRef {
                path: path.to_string_lossy().into_owned(),
                size: text.len() as u64,
                modified_ms: 0,
                hash: None,
            });
        }
        Ok(())
    }

    /// The letter that a record of a replay file was.
    pub fn letter(&self, file: u32, row: u64) -> Option<&DeadLetter> {
        let letters = self.letters.get(file as usize)?;
        let index = letters.partition_point(|(line, _)| *line <= row).checked_sub(1)?;
        letters.get(index).map(|(_, letter)| letter)
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn scratch(path: &std::path::Path, e: std::io::Error) -> Error {
    Error::new(Kind::Refused, format!("writing a scratch file: {e}")).at(path.display().to_string())
}

/// Writes letters to unpublished files of the dead letter table.
pub(crate) async fn write(
    local: &Local,
    dead: &TableRef,
    letters: &[DeadLetter],
) -> Result<Vec<deltalake::kernel::Add>> {
    let mut files =
        crate::writer::DataFiles::new(&local.tables, dead, crate::sink::dead_layout(), local.sessions.file_bytes());
    for chunk in letters.chunks(4096) {
        files.write(&to_batch(chunk)?).await?;
    }
    files.finish().await
}
