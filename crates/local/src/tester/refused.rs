//! Refused rows in a file of their own, each with where it stands and the checks that it failed.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, RecordBatch, StringBuilder, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use engine::probe::Slice;
use engine::tester::{RefusedFile, RefusedForm};
use engine::{Error, Kind, Result};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};

use super::pass::Ground;
use super::sample;
use crate::error;

/// Rows that are written to Parquet at once.
const ROWS_MAX: usize = 8192;

/// One refused row.
pub(super) struct Row {
    file: String,
    row: u64,
    failed: Vec<String>,
    record: Value,
}

impl Row {
    pub fn of(ground: &Ground, slice: &Slice, row: usize, failed: Vec<String>) -> Result<Self> {
        let file = ground.files.get(slice.file as usize).cloned().unwrap_or_default();
        let record = Value::Object(sample::values(ground, &slice.batch, row));
        Ok(Self { file, row: slice.rows.at(row), failed, record })
    }
}

pub(super) struct Writer {
    path: String,
    form: Form,
}

enum Form {
    Ndjson(BufWriter<File>),
    Csv(BufWriter<File>),
    Parquet(Box<ArrowWriter<File>>, Vec<(String, Row)>),
}

impl Writer {
    pub fn create(wanted: &RefusedFile) -> Result<Self> {
        let path = wanted.path.display().to_string();
        let file = File::create(&wanted.path).map_err(|error| not_written(&path, &error))?;
        let form = match wanted.form {
            RefusedForm::Ndjson => Form::Ndjson(BufWriter::new(file)),
            RefusedForm::Csv => {
                let mut file = BufWriter::new(file);
                writeln!(file, "dataset,file,row,failed,record").map_err(|error| not_written(&path, &error))?;
                Form::Csv(file)
            }
            RefusedForm::Parquet => {
                let writer = ArrowWriter::try_new(file, schema(), None)
                    .map_err(|e| error::parquet("writing refused rows", e))?;
                Form::Parquet(Box::new(writer), Vec::new())
            }
        };
        Ok(Self { path, form })
    }

    /// Takes the rows.
    pub fn rows(&mut self, dataset: &str, rows: &mut Vec<Row>) -> Result<()> {
        let path = self.path.clone();
        for row in rows.drain(..) {
            match &mut self.form {
                Form::Ndjson(file) => {
                    let line = json!({ "dataset": dataset, "file": row.file, "row": row.row, "failed": row.failed, "record": row.record });
                    writeln!(file, "{line}").map_err(|error| not_written(&path, &error))?;
                }
                Form::Csv(file) => {
                    let fields =
                        [dataset, &row.file, &row.row.to_string(), &row.failed.join(";"), &row.record.to_string()];
                    let line: Vec<String> = fields.into_iter().map(quoted).collect();
                    writeln!(file, "{}", line.join(",")).map_err(|error| not_written(&path, &error))?;
                }
                Form::Parquet(writer, waiting) => {
                    waiting.push((dataset.to_owned(), row));
                    if waiting.len() >= ROWS_MAX {
                        flush(writer, waiting)?;
                    }
                }
            }
        }
        Ok(())
    }

    pub fn finish(self) -> Result<()> {
        match self.form {
            Form::Ndjson(mut file) | Form::Csv(mut file) => {
                file.flush().map_err(|error| not_written(&self.path, &error))
            }
            Form::Parquet(mut writer, mut waiting) => {
                flush(&mut writer, &mut waiting)?;
                writer.close().map(|_| ()).map_err(|e| error::parquet("writing refused rows", e))
            }
        }
    }
}

fn schema() -> SchemaRef {
    let item = Arc::new(Field::new("item", DataType::Utf8, true));
    Arc::new(Schema::new(vec![
        Field::new("dataset", DataType::Utf8, false),
        Field::new("file", DataType::Utf8, false),
        Field::new("row", DataType::UInt64, false),
        Field::new("failed", DataType::List(item), false),
        Field::new("record", DataType::Utf8, false),
    ]))
}

fn flush(writer: &mut ArrowWriter<File>, waiting: &mut Vec<(String, Row)>) -> Result<()> {
    let rows = std::mem::take(waiting);
    let texts = |text: fn(&(String, Row)) -> String| {
        let mut builder = StringBuilder::new();
        rows.iter().for_each(|row| builder.append_value(text(row)));
        Arc::new(builder.finish()) as ArrayRef
    };
    let mut failed = ListBuilder::new(StringBuilder::new());
    for (_, row) in &rows {
        row.failed.iter().for_each(|check| failed.values().append_value(check));
        failed.append(true);
    }
    let columns: Vec<ArrayRef> = vec![
        texts(|(dataset, _)| dataset.clone()),
        texts(|(_, row)| row.file.clone()),
        Arc::new(UInt64Array::from_iter_values(rows.iter().map(|(_, row)| row.row))),
        Arc::new(failed.finish()),
        texts(|(_, row)| row.record.to_string()),
    ];
    let batch = RecordBatch::try_new(schema(), columns).map_err(|e| error::arrow("writing refused rows", e))?;
    writer.write(&batch).map_err(|e| error::parquet("writing refused rows", e))
}

fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

fn not_written(path: &str, error: &std::io::Error) -> Error {
    Error::new(Kind::Refused, format!("the refused rows cannot be written: {error}"))
        .at(path)
        .help("check the folder and the disk")
}
