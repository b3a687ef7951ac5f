//! A batch in the making, from the records that a format's tokenizer finds in a chunk.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use contract::Dataset;
use engine::{Error, Kind, Result};

use super::chunk::Chunk;
use super::shape::Own;
use super::value::{Block, CHUNK_BYTES_MAX, ColumnBuilder, Field, Nulls, builders};

/// Records that are typed column by column at once: few enough that their fields stay in the cache.
const BLOCK_ROWS: usize = 1024;
/// What is kept of the raw text of a record that is too long.
const HEAD_BYTES: usize = 1 << 10;
const REPLACEMENT: u8 = b'?';

/// Some records of a chunk, as fields.
#[derive(Default)]
pub struct Tokens {
    pub records: Vec<Record>,
    /// `width` per record, NULL in those of a refused one.
    pub fields: Vec<Field>,
    /// Text of fields that had to be rewritten.
    pub side: String,
    /// Values that cannot be of their column's type: record, column, reason.
    pub wrong: Vec<(usize, usize, String)>,
}

pub struct Record {
    pub start: usize,
    /// Without the line end.
    pub end: usize,
    pub line: u64,
    pub refused: Option<Refused>,
}

pub struct Refused {
    pub check: &'static str,
    pub reason: String,
}

impl Refused {
    pub fn shape(reason: String) -> Self {
        Self { check: "record.shape", reason }
    }
}

impl Tokens {
    pub fn clear(&mut self) {
        self.records.clear();
        self.fields.clear();
        self.side.clear();
        self.wrong.clear();
    }

    fn refuse(&mut self, at: usize, width: usize, refused: Refused) {
        if let Some(record) = self.records.get_mut(at) {
            record.refused = Some(refused);
        }
        if let Some(fields) = self.fields.get_mut(at * width..(at + 1) * width) {
            fields.fill(Field::null());
        }
        self.wrong.retain(|(row, ..)| *row != at);
    }
}

/// A chunk as text. Bytes that are no UTF-8 are replaced, and known, so that only their records are refused.
pub struct Text<'a> {
    pub text: Cow<'a, str>,
    pub buffer: Buffer,
    invalid: Vec<usize>,
}

impl<'a> Text<'a> {
    pub fn new(bytes: &'a Buffer) -> Result<Self> {
        if bytes.len() >= CHUNK_BYTES_MAX {
            return Err(
                Error::new(Kind::Input, "a record is too long to be read").help("lower the source's record_bytes_max")
            );
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self { text: Cow::Borrowed(text), buffer: bytes.clone(), invalid: Vec::new() }),
            Err(_) => Ok(Self::repaired(bytes)),
        }
    }

    fn repaired(bytes: &[u8]) -> Self {
        let mut repaired = bytes.to_vec();
        let mut invalid = Vec::new();
        let mut from = 0;
        while let Err(error) = std::str::from_utf8(&repaired[from..]) {
            let at = from + error.valid_up_to();
            let length = error.error_len().unwrap_or(repaired.len() - at);
            repaired[at..at + length].fill(REPLACEMENT);
            invalid.push(at);
            from = at + length;
        }
        let buffer = Buffer::from(repaired.as_slice());
        Self { text: Cow::Owned(String::from_utf8(repaired).unwrap_or_default()), buffer, invalid }
    }
}

/// How the records of a chunk stand in relation to the contract.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    pub width: usize,
    pub places: &'a [Option<usize>],
    pub nulls: &'a Nulls,
    pub record_bytes_max: usize,
}

pub struct Batcher {
    dataset: Arc<Dataset>,
    schema: SchemaRef,
    columns: Vec<Box<dyn ColumnBuilder>>,
    own: Own,
    batch_rows: usize,
}

impl Batcher {
    pub fn new(dataset: &Arc<Dataset>, schema: &SchemaRef, batch_rows: usize) -> Result<Self> {
        let columns = builders(&dataset.columns)?;
        Ok(Self { dataset: Arc::clone(dataset), schema: Arc::clone(schema), columns, own: Own::new(), batch_rows })
    }

    /// All batches of a chunk. `tokenize` finds the next records, at most so many; none when the chunk has ended.
    pub fn decode(
        &mut self,
        chunk: &Chunk,
        text: &Text<'_>,
        frame: Frame<'_>,
        tokens: &mut Tokens,
        mut tokenize: impl FnMut(&mut Tokens, usize) -> Result<()>,
    ) -> Result<Vec<RecordBatch>> {
        let mut batches = Vec::new();
        self.own.start(chunk.file, Some(&chunk.bytes));
        loop {
            tokens.clear();
            tokenize(tokens, BLOCK_ROWS.min(self.batch_rows - self.own.len()))?;
            if tokens.records.is_empty() {
                break;
            }
            refuse_bytes(tokens, text, frame);
            self.append(tokens, text, frame)?;
            if self.own.len() == self.batch_rows {
                batches.push(self.finish()?);
                self.own.start(chunk.file, Some(&chunk.bytes));
            }
        }
        if self.own.len() > 0 {
            batches.push(self.finish()?);
        }
        Ok(batches)
    }

    /// The batch of a record of which only the head was kept.
    pub fn refuse_cut(&mut self, chunk: &Chunk, length: u64, record_bytes_max: usize) -> Result<Vec<RecordBatch>> {
        self.own.start(chunk.file, Some(&chunk.bytes));
        self.own.push(chunk.line, Some((0, chunk.bytes.len())))?;
        let refused = too_long(length, record_bytes_max);
        self.own.conform.record(0, refused.check, refused.reason);
        self.columns.iter_mut().for_each(|column| column.append_null());
        Ok(vec![self.finish()?])
    }

    fn append(&mut self, tokens: &mut Tokens, text: &Text<'_>, frame: Frame<'_>) -> Result<()> {
        let first = self.own.len();
        for (at, record) in tokens.records.iter_mut().enumerate() {
            let mut end = record.end;
            if let Some(refused) = record.refused.take() {
                if refused.check == "record.length" {
                    end = end.min(record.start + HEAD_BYTES);
                }
                self.own.conform.record(first + at, refused.check, refused.reason);
            }
            self.own.push(record.line, Some((record.start, end)))?;
        }
        for (row, column, reason) in tokens.wrong.drain(..) {
            self.own.conform.value(first + row, column, reason);
        }
        let block = Block {
            text: &text.text,
            buffer: &text.buffer,
            side: &tokens.side,
            fields: &tokens.fields,
            width: frame.width,
            rows: tokens.records.len(),
            places: frame.places,
            nulls: frame.nulls,
        };
        for (index, column) in self.columns.iter_mut().enumerate() {
            column.append(&block, index, first, &mut self.own.conform)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<RecordBatch> {
        let columns = self.columns.iter_mut().map(|column| column.finish()).collect::<Result<Vec<_>>>()?;
        self.own.finish(columns, &self.schema, &self.dataset)
    }
}

/// Refuses the records that are too long or hold bytes that are no text.
fn refuse_bytes(tokens: &mut Tokens, text: &Text<'_>, frame: Frame<'_>) {
    for at in 0..tokens.records.len() {
        let Record { start, end, .. } = tokens.records[at];
        if end - start > frame.record_bytes_max {
            tokens.refuse(at, frame.width, too_long((end - start) as u64, frame.record_bytes_max));
            continue;
        }
        if text.invalid.is_empty() {
            continue;
        }
        let next = text.invalid.partition_point(|position| *position < start);
        if let Some(position) = text.invalid.get(next).filter(|position| **position < end) {
            let reason = format!("byte {} of the record is not valid in the file's encoding", position - start + 1);
            tokens.refuse(at, frame.width, Refused { check: "record.encoding", reason });
        }
    }
}

fn too_long(length: u64, limit: usize) -> Refused {
    Refused { check: "record.length", reason: format!("the record has {length} bytes, more than the {limit} allowed") }
}
