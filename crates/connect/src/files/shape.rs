//! What every batch looks like: the contract's columns as Arrow types, and the source's own four behind them.

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryViewBuilder, StringBuilder, UInt32Array, UInt64Array};
use arrow::buffer::Buffer;
use arrow::datatypes::{DataType as ArrowType, Field, Fields, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use contract::{DataType, Dataset};
use engine::source::{CONFORM, FILE, RAW, ROW};
use engine::{Error, Kind, Result};
use serde::Serialize;

/// The contract's columns, all nullable, then the source's own.
pub fn schema(dataset: &Dataset) -> SchemaRef {
    let columns = dataset.columns.iter().map(|column| Field::new(&column.name, arrow_type(&column.data_type), true));
    let own = [
        Field::new(FILE, ArrowType::UInt32, false),
        Field::new(ROW, ArrowType::UInt64, false),
        Field::new(RAW, ArrowType::BinaryView, true),
        Field::new(CONFORM, ArrowType::Utf8, true),
    ];
    Arc::new(Schema::new(columns.chain(own).collect::<Vec<_>>()))
}

/// Text and bytes are views into the read buffer; names inside lists and maps are those that Delta tables use.
pub fn arrow_type(data_type: &DataType) -> ArrowType {
    match data_type {
        DataType::Boolean => ArrowType::Boolean,
        DataType::Integer { bits: 8, signed: true } => ArrowType::Int8,
        DataType::Integer { bits: 16, signed: true } => ArrowType::Int16,
        DataType::Integer { bits: 32, signed: true } => ArrowType::Int32,
        DataType::Integer { signed: true, .. } => ArrowType::Int64,
        DataType::Integer { bits: 8, .. } => ArrowType::UInt8,
        DataType::Integer { bits: 16, .. } => ArrowType::UInt16,
        DataType::Integer { bits: 32, .. } => ArrowType::UInt32,
        DataType::Integer { .. } => ArrowType::UInt64,
        DataType::Float { bits: 32 } => ArrowType::Float32,
        DataType::Float { .. } => ArrowType::Float64,
        DataType::Decimal { precision, scale } if *precision <= 38 => ArrowType::Decimal128(*precision, *scale),
        DataType::Decimal { precision, scale } => ArrowType::Decimal256(*precision, *scale),
        DataType::String => ArrowType::Utf8View,
        DataType::Binary => ArrowType::BinaryView,
        DataType::Date => ArrowType::Date32,
        DataType::Time => ArrowType::Time64(TimeUnit::Microsecond),
        DataType::Timestamp { zoned } => ArrowType::Timestamp(TimeUnit::Microsecond, zoned.then(|| "UTC".into())),
        DataType::List(item) => ArrowType::List(Arc::new(Field::new("element", arrow_type(item), true))),
        DataType::Struct(fields) => ArrowType::Struct(
            fields.iter().map(|field| Field::new(&field.name, arrow_type(&field.data_type), true)).collect(),
        ),
        DataType::Map(key, value) => {
            let entry = Fields::from(vec![
                Field::new("key", arrow_type(key), false),
                Field::new("value", arrow_type(value), true),
            ]);
            ArrowType::Map(Arc::new(Field::new("key_value", ArrowType::Struct(entry), false)), false)
        }
    }
}

/// Why records of a batch are refused, in any order until it is finished.
#[derive(Default)]
pub struct Conform {
    entries: Vec<Entry>,
}

struct Entry {
    row: usize,
    /// Index of the contract's column; `None` sorts first and is about the record.
    column: Option<usize>,
    check: Option<&'static str>,
    reason: String,
}

#[derive(Serialize)]
struct Wire<'a> {
    check: &'a str,
    column: Option<&'a str>,
    reason: &'a str,
}

impl Conform {
    /// A value that is not of its column's type.
    pub fn value(&mut self, row: usize, column: usize, reason: String) {
        self.entries.push(Entry { row, column: Some(column), check: None, reason });
    }

    /// A record that is none: `record.shape`, `record.encoding` or `record.length`.
    pub fn record(&mut self, row: usize, check: &'static str, reason: String) {
        self.entries.push(Entry { row, column: None, check: Some(check), reason });
    }

    /// For whoever only asks whether values are of their type.
    pub fn first_reason(self) -> Option<String> {
        self.entries.into_iter().next().map(|entry| entry.reason)
    }

    /// As [`engine::source`] writes it; `None` when nothing is wrong.
    pub fn told(mut self, rows: usize, dataset: &Dataset) -> Result<Option<ArrayRef>> {
        (!self.entries.is_empty()).then(|| self.finish(rows, dataset)).transpose()
    }

    fn finish(&mut self, rows: usize, dataset: &Dataset) -> Result<ArrayRef> {
        self.entries.sort_by_key(|entry| (entry.row, entry.column));
        let mut texts = StringBuilder::with_capacity(rows, 0);
        let mut entries = self.entries.as_slice();
        for row in 0..rows {
            let count = entries.iter().take_while(|entry| entry.row == row).count();
            if count == 0 {
                texts.append_null();
                continue;
            }
            let (here, rest) = entries.split_at(count);
            entries = rest;
            let names: Vec<(String, Option<&str>)> = here.iter().map(|entry| name(entry, dataset)).collect();
            let wire: Vec<Wire<'_>> = here
                .iter()
                .zip(&names)
                .map(|(entry, (check, column))| Wire { check, column: *column, reason: &entry.reason })
                .collect();
            let text = serde_json::to_string(&wire)
                .map_err(|error| Error::new(Kind::Bug, "a reason could not be written as JSON").because(error))?;
            texts.append_value(text);
        }
        self.entries.clear();
        Ok(Arc::new(texts.finish()))
    }
}

fn name<'a>(entry: &Entry, dataset: &'a Dataset) -> (String, Option<&'a str>) {
    let column = entry.column.and_then(|column| dataset.columns.get(column)).map(|column| column.name.as_str());
    let check = entry.check.map_or_else(|| format!("{}.type", column.unwrap_or("record")), str::to_owned);
    (check, column)
}

/// The source's own columns of a batch that is being made.
pub struct Own {
    file: usize,
    rows: Vec<u64>,
    raw: BinaryViewBuilder,
    /// The raw builder's number for the buffer that records are views into.
    block: Option<u32>,
    pub conform: Conform,
}

impl Own {
    pub fn new() -> Self {
        Self { file: 0, rows: Vec::new(), raw: BinaryViewBuilder::new(), block: None, conform: Conform::default() }
    }

    /// Rows of the batch so far.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// All records until the batch is finished come from this file and, with raw text, from this buffer.
    pub fn start(&mut self, file: usize, buffer: Option<&Buffer>) {
        self.file = file;
        self.block = buffer.map(|buffer| self.raw.append_block(buffer.clone()));
    }

    /// A record as `range` of the buffer, or without text.
    pub fn push(&mut self, row: u64, range: Option<(usize, usize)>) -> Result<()> {
        self.rows.push(row);
        match (self.block, range) {
            (Some(block), Some((start, end))) => {
                let (offset, length) = (offset(start)?, offset(end - start)?);
                self.raw.try_append_view(block, offset, length).map_err(bug)
            }
            _ => {
                self.raw.append_null();
                Ok(())
            }
        }
    }

    /// Closes the batch over the contract's `columns`.
    pub fn finish(&mut self, mut columns: Vec<ArrayRef>, schema: &SchemaRef, dataset: &Dataset) -> Result<RecordBatch> {
        let count = self.rows.len();
        let file = u32::try_from(self.file).map_err(|_| Error::new(Kind::Input, "too many files in one read"))?;
        columns.push(Arc::new(UInt32Array::from_value(file, count)));
        columns.push(Arc::new(UInt64Array::from(std::mem::take(&mut self.rows))));
        columns.push(Arc::new(self.raw.finish()));
        columns.push(self.conform.finish(count, dataset)?);
        self.block = None;
        RecordBatch::try_new(Arc::clone(schema), columns).map_err(bug)
    }
}

/// Arrow refused what this crate made.
pub fn bug(error: ArrowError) -> Error {
    Error::new(Kind::Bug, "a batch could not be made from what was read").because(error)
}

fn offset(position: usize) -> Result<u32> {
    u32::try_from(position).map_err(|_| Error::new(Kind::Bug, "a chunk is larger than its offsets can say"))
}
