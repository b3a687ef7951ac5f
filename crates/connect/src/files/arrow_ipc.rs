//! Arrow IPC: a file is a stream between two marks, so both are read from beginning to end.

use std::io::{BufRead, BufReader, Read};

use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow_ipc::reader::StreamReader;
use engine::{Error, Kind, Result};

use super::input::Source;
use super::typed::{Batches, Sequential};

const MARK: &[u8] = b"ARROW1";
/// The mark at the beginning is padded with zeros to a multiple of this, by some writers to a larger one.
const HEAD_BYTES: usize = 8;

pub struct Ipc;

impl Sequential for Ipc {
    fn open(mut input: BufReader<Source>, path: &str, _batch_rows: usize) -> Result<(SchemaRef, Batches)> {
        let head = input.fill_buf().map_err(|error| damaged(path, &error.to_string()))?;
        let is_file = head.starts_with(MARK);
        if is_file {
            input.consume(MARK.len());
            pass_padding(&mut input).map_err(|error| damaged(path, &error.to_string()))?;
        }
        let reader = StreamReader::try_new(input, None).map_err(|error| damaged(path, &error.to_string()))?;
        let schema = reader.schema();
        let batches = Checked { reader, path: path.to_owned(), is_file, ended: false };
        Ok((schema, Box::new(batches)))
    }
}

/// A message begins with a byte that is not zero: the continuation mark, or its length where there is none.
fn pass_padding(input: &mut impl BufRead) -> std::io::Result<()> {
    let mut padding = [0; HEAD_BYTES - MARK.len()];
    input.read_exact(&mut padding)?;
    loop {
        let ahead = input.fill_buf()?;
        let zeros = ahead.iter().take_while(|byte| **byte == 0).count();
        let ended = zeros < ahead.len() || ahead.is_empty();
        input.consume(zeros);
        if ended {
            return Ok(());
        }
    }
}

/// Says of a file that was cut off that it was: its footer ends with the mark.
struct Checked {
    reader: StreamReader<BufReader<Source>>,
    path: String,
    is_file: bool,
    ended: bool,
}

impl Iterator for Checked {
    type Item = Result<arrow::record_batch::RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.reader.next() {
            Some(batch) => Some(batch.map_err(|error: ArrowError| damaged(&self.path, &error.to_string()))),
            None => {
                self.ended = true;
                self.foot().err().map(Err)
            }
        }
    }
}

impl Checked {
    fn foot(&mut self) -> Result<()> {
        if !self.is_file {
            return Ok(());
        }
        let mut rest = Vec::new();
        let read = self.reader.get_mut().read_to_end(&mut rest);
        read.map_err(|error| damaged(&self.path, &error.to_string()))?;
        if rest.ends_with(MARK) { Ok(()) } else { Err(damaged(&self.path, "it ends before its footer does")) }
    }
}

fn damaged(path: &str, why: &str) -> Error {
    Error::new(Kind::Input, format!("`{path}` is not an intact Arrow file: {why}"))
        .at(path)
        .help("deliver it again; check that it is an Arrow IPC file or stream")
}
