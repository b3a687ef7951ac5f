//! What all tests of this folder read with: a folder of files, a contract from `name type` lines, and rows as text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType as ArrowType, TimestampMicrosecondType, UInt32Type, UInt64Type};
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use contract::{Column, ContractRef, DataType, Dataset, DriftPolicy};
use engine::{Drift, Error, Progress, ReadRequest, Source};
use futures::{StreamExt, TryStreamExt};
use pipeline::project::{CsvOptions, FileFormat, SourceSpec, Vanished};

use super::Files;

pub fn column(name: &str, data_type: DataType) -> Column {
    Column::plain(name, data_type)
}

pub fn dataset(columns: Vec<Column>) -> Dataset {
    Dataset {
        name: "d".into(),
        contract: ContractRef { id: "c".into(), version: "1.0.0".into(), digest: String::new() },
        columns,
        checks: Vec::new(),
        primary_key: Vec::new(),
        encryption: None,
        drift: DriftPolicy::IgnoreExtra,
    }
}

/// Columns of strings.
pub fn texts(names: &[&str]) -> Dataset {
    dataset(names.iter().map(|name| column(name, DataType::String)).collect())
}

pub fn csv() -> FileFormat {
    FileFormat::Csv(CsvOptions::default())
}

/// One record as it came out: values as text (`None` is NULL), place, raw text, `check: reason` of each refusal.
#[derive(Debug, PartialEq, Eq, Clone)]
pub struct Row {
    pub values: Vec<Option<String>>,
    pub file: u32,
    pub line: u64,
    pub raw: Option<Vec<u8>>,
    pub refused: Vec<String>,
}

pub struct Outcome {
    pub rows: Vec<Row>,
    pub drift: Vec<Drift>,
    pub hashes: Vec<Option<String>>,
    pub headers: Vec<Option<String>>,
}

pub struct Setting {
    pub dataset: Dataset,
    pub format: FileFormat,
    pub chunk_bytes: usize,
    pub partitions: usize,
    pub batch_rows: usize,
}

impl Setting {
    pub fn new(dataset: Dataset, format: FileFormat) -> Self {
        Self { dataset, format, chunk_bytes: 1 << 20, partitions: 2, batch_rows: 8192 }
    }
}

/// Reads files of these names and contents.
pub fn read(files: &[(&str, &[u8])], setting: &Setting) -> Result<Outcome, Error> {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let source = Files::new(folder.path(), &BTreeMap::new(), &|_| None).with_chunk_bytes(setting.chunk_bytes);
    read_from(&source, "*", setting)
}

pub fn read_from(source: &Files, glob: &str, setting: &Setting) -> Result<Outcome, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let spec = SourceSpec { files: glob.into(), format: setting.format.clone(), vanished: Vanished::Block };
        let files = source.list(&spec).await?;
        let progress = Arc::new(Progress::default());
        let read = source
            .read(ReadRequest {
                dataset: Arc::new(setting.dataset.clone()),
                spec,
                files,
                partitions: setting.partitions,
                batch_rows: setting.batch_rows,
                progress: Arc::clone(&progress),
            })
            .await?;
        let mut rows = Vec::new();
        let streams: Vec<Vec<RecordBatch>> = futures::stream::iter(read.streams)
            .map(|stream| stream.try_collect())
            .buffer_unordered(8)
            .try_collect()
            .await?;
        for batch in streams.concat() {
            assert_eq!(batch.schema(), read.schema);
            assert!(batch.num_rows() <= setting.batch_rows, "a batch is larger than asked for");
            rows.extend(rows_of(&batch));
        }
        rows.sort_by_key(|row| (row.file, row.line));
        assert_eq!(progress.rows.load(std::sync::atomic::Ordering::Relaxed), rows.len() as u64);
        let hashes = read.hashes.lock().unwrap().clone();
        let headers = read.headers.lock().unwrap().clone();
        Ok(Outcome { rows, drift: read.drift, hashes, headers })
    })
}

fn rows_of(batch: &RecordBatch) -> Vec<Row> {
    let batch = concat_batches(&batch.schema(), [batch]).unwrap();
    let width = batch.num_columns() - 4;
    let options = FormatOptions::default();
    let plain: Vec<_> = (0..width).map(|at| without_zone(batch.column(at))).collect();
    let shown: Vec<_> = plain.iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
    let file = batch.column(width).as_primitive::<UInt32Type>();
    let line = batch.column(width + 1).as_primitive::<UInt64Type>();
    let raw = batch.column(width + 2).as_binary_view();
    let conform = batch.column(width + 3).as_string::<i32>();
    (0..batch.num_rows())
        .map(|row| Row {
            values: (0..width)
                .map(|at| batch.column(at).is_valid(row).then(|| shown[at].value(row).to_string()))
                .collect(),
            file: file.value(row),
            line: line.value(row),
            raw: raw.is_valid(row).then(|| raw.value(row).to_vec()),
            refused: if conform.is_valid(row) { refusals(conform.value(row)) } else { Vec::new() },
        })
        .collect()
}

/// Arrow shows instants only when it is built with time zones.
fn without_zone(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        ArrowType::Timestamp(..) => {
            Arc::new(column.as_primitive::<TimestampMicrosecondType>().clone().with_timezone_opt::<Arc<str>>(None))
        }
        _ => Arc::clone(column),
    }
}

fn refusals(json: &str) -> Vec<String> {
    let entries: Vec<serde_json::Value> = serde_json::from_str(json).unwrap();
    let entry = |entry: &serde_json::Value| {
        format!("{}: {}", entry["check"].as_str().unwrap(), entry["reason"].as_str().unwrap())
    };
    entries.iter().map(entry).collect()
}

/// Rows as lines: `line | value | value | ! refusals`, NULL as `-`.
pub fn show(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        text.push_str(&row.line.to_string());
        for value in &row.values {
            text.push_str(&format!(" | {}", value.as_ref().map_or("-".into(), |value| format!("{value:?}"))));
        }
        for refused in &row.refused {
            text.push_str(&format!(" ! {refused}"));
        }
        text.push('\n');
    }
    text
}
