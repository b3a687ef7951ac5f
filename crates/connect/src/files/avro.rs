//! Avro's object container: the schema stands in its header, the records in compressed blocks behind it.
//!
//! Header and blocks each end with the mark that the header names, so a file that ends otherwise was cut off.

use std::io::{BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use arrow_avro::reader::{Reader, ReaderBuilder};
use engine::{Error, Kind, Result};

use super::input::Source;
use super::typed::{Batches, Sequential};

const MARK_BYTES: usize = 16;

pub struct Avro;

impl Sequential for Avro {
    fn open(input: BufReader<Source>, path: &str, batch_rows: usize) -> Result<(SchemaRef, Batches)> {
        let last = Arc::new(Mutex::new(Vec::new()));
        let input = BufReader::new(Watched { inner: input, last: Arc::clone(&last) });
        let reader = ReaderBuilder::new().with_batch_size(batch_rows).with_utf8_view(true).build(input);
        let reader = reader.map_err(|error| damaged(path, &error.to_string()))?;
        let schema = reader.schema();
        Ok((schema, Box::new(Checked { reader, last, path: path.to_owned(), ended: false })))
    }
}

/// Remembers the last bytes that went by.
struct Watched {
    inner: BufReader<Source>,
    last: Arc<Mutex<Vec<u8>>>,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.extend_from_slice(&buffer[read.saturating_sub(MARK_BYTES)..read]);
        let surplus = last.len().saturating_sub(MARK_BYTES);
        last.drain(..surplus);
        Ok(read)
    }
}

struct Checked {
    reader: Reader<BufReader<Watched>>,
    last: Arc<Mutex<Vec<u8>>>,
    path: String,
    ended: bool,
}

impl Iterator for Checked {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        if let Some(batch) = self.reader.next() {
            return Some(batch.map_err(|error| damaged(&self.path, &error.to_string())));
        }
        self.ended = true;
        let mark = self.reader.avro_header().sync();
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        (*last != mark).then(|| Err(damaged(&self.path, "it ends in the middle of a block")))
    }
}

fn damaged(path: &str, why: &str) -> Error {
    Error::new(Kind::Input, format!("`{path}` is not an intact Avro file: {why}"))
        .at(path)
        .help("deliver it again; check that it is an Avro object container file")
}
