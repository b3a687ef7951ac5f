//! One JSON object per line. Keys are matched to the contract's columns like a CSV header: exactly, then without regard to
//! case; a key that is missing or `null` is NULL.
//!
//! Values must be of the JSON type that their column's type is written as: numbers for numbers, `true` and `false` for
//! booleans, strings for texts, dates, times and binary, either for decimals. Within strings the rules of CSV values hold.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::record_batch::RecordBatch;
use contract::{Dataset, DriftPolicy};
use engine::{Drift, Error, Kind, Read, ReadRequest, Result};
use futures::{StreamExt, TryStreamExt};
use memchr::memchr;
use pipeline::FileRef;
use pipeline::project::{CsvOptions, Encoding};
use tokio::runtime::Handle;

use super::batch::{Batcher, Frame, Record, Refused, Text, Tokens};
use super::chunk::{Chunk, ChunkOptions};
use super::drift::{extra_drift, extra_error};
use super::scan::Records;
use super::store::Stores;
use super::stream::{self, Decode, Opening};
use super::value::Nulls;
use super::{shape, slots};

mod line;

use line::Line;

/// How much of a file is looked at before it is read, to tell which of its keys the contract does not know.
const LOOK_BYTES: usize = 64 << 10;
const OPENED_AT_ONCE: usize = 16;

pub async fn read(stores: Arc<Stores>, request: ReadRequest, chunk_bytes: usize) -> Result<Read> {
    let keys = Arc::new(Keys::new(&request.dataset));
    start(stores, request, chunk_bytes, keys, false).await
}

/// The same with keys of the caller's, who can ask them afterwards which were met; `documents`: the files are JSON
/// documents, of which each object within is a record.
pub async fn start(
    stores: Arc<Stores>,
    request: ReadRequest,
    chunk_bytes: usize,
    keys: Arc<Keys>,
    documents: bool,
) -> Result<Read> {
    let columns = || request.dataset.columns.iter().map(|column| column.source_name.clone()).collect();
    let record_bytes_max = CsvOptions::default().record_bytes_max;
    let opening = Opening {
        stores,
        encoding: Encoding::Utf8,
        options: ChunkOptions { records: Records::Lines, chunk_bytes, record_bytes_max },
        header: false,
        documents: documents.then(|| Arc::new(columns())),
        runtime: Handle::current(),
    };
    let files = request.files.iter().enumerate();
    let looks: Vec<_> =
        files.map(|(index, file)| look(opening.clone(), Arc::clone(&keys), file.clone(), index)).collect();
    let extra: Vec<Vec<String>> = futures::stream::iter(looks).buffered(OPENED_AT_ONCE).try_collect().await?;
    let drift = drift(&request, &extra)?;
    let hashes = slots(request.files.len());
    let schema = shape::schema(&request.dataset);
    let shared = Arc::new(Shared { request: request.clone(), keys, extra, nulls: Nulls::default(), record_bytes_max });
    let streams = stream::start(opening, &request, Arc::clone(&hashes), || {
        let batcher = Batcher::new(&request.dataset, &schema, request.batch_rows)?;
        Ok(Decoder { shared: Arc::clone(&shared), batcher, tokens: Tokens::default() })
    })?;
    Ok(Read { schema, streams, drift, hashes, headers: slots(request.files.len()) })
}

/// The contract's columns by key.
pub struct Keys {
    dataset: Arc<Dataset>,
    exact: HashMap<String, usize>,
    folded: HashMap<String, usize>,
    places: Vec<Option<usize>>,
    /// By column: whether a record had its key.
    seen: Vec<AtomicBool>,
}

impl Keys {
    pub fn new(dataset: &Arc<Dataset>) -> Self {
        let columns = || dataset.columns.iter().enumerate();
        Self {
            dataset: Arc::clone(dataset),
            exact: columns().map(|(index, column)| (column.source_name.clone(), index)).collect(),
            folded: columns().map(|(index, column)| (column.source_name.to_lowercase(), index)).collect(),
            places: columns().map(|(index, _)| Some(index)).collect(),
            seen: columns().map(|_| AtomicBool::new(false)).collect(),
        }
    }

    /// By column: whether a record that was read had its key.
    pub fn seen(&self) -> Vec<bool> {
        self.seen.iter().map(|seen| seen.load(Ordering::Relaxed)).collect()
    }

    fn saw(&self, column: usize) {
        // Looking first keeps the line in every core's cache.
        if let Some(seen) = self.seen.get(column).filter(|seen| !seen.load(Ordering::Relaxed)) {
            seen.store(true, Ordering::Relaxed);
        }
    }

    pub fn column(&self, key: &str) -> Option<usize> {
        self.exact.get(key).or_else(|| self.folded.get(&key.to_lowercase())).copied()
    }
}

/// Keys in a file's first records that no column has, in order.
async fn look(mut opening: Opening, keys: Arc<Keys>, file: FileRef, index: usize) -> Result<Vec<String>> {
    opening.options.chunk_bytes = opening.options.chunk_bytes.min(LOOK_BYTES);
    let runtime = opening.runtime.clone();
    let looked = runtime.spawn_blocking(move || {
        let mut extra = Vec::new();
        let Some(chunk) = opening.open(&file, index)?.next()? else { return Ok(extra) };
        let text = Text::new(&chunk.bytes)?;
        for record in text.text.lines() {
            let Ok(line) = Line::parse(record, &keys) else { continue };
            for key in line.extra {
                if !extra.contains(&key) {
                    extra.push(key);
                }
            }
        }
        Ok(extra)
    });
    looked.await.map_err(|error| Error::new(Kind::Bug, "looking into a file was interrupted").because(error))?
}

fn drift(request: &ReadRequest, extra: &[Vec<String>]) -> Result<Vec<Drift>> {
    let mut drift = Vec::new();
    for (file, keys) in request.files.iter().zip(extra) {
        if !keys.is_empty() && request.dataset.drift == DriftPolicy::Fail {
            return Err(extra_error(&request.dataset, &file.path, &keys.iter().collect::<Vec<_>>()));
        }
        drift.extend(keys.iter().map(|key| extra_drift(&file.path, key)));
    }
    Ok(drift)
}

struct Shared {
    request: ReadRequest,
    keys: Arc<Keys>,
    /// By file: keys that were told as drift.
    extra: Vec<Vec<String>>,
    nulls: Nulls,
    record_bytes_max: usize,
}

struct Decoder {
    shared: Arc<Shared>,
    batcher: Batcher,
    tokens: Tokens,
}

impl Decode for Decoder {
    fn decode(&mut self, chunk: Chunk) -> Result<Vec<RecordBatch>> {
        let shared = &self.shared;
        if let Some(length) = chunk.cut {
            return self.batcher.refuse_cut(&chunk, length, shared.record_bytes_max);
        }
        let text = Text::new(&chunk.bytes)?;
        let frame = Frame {
            width: shared.keys.places.len(),
            places: &shared.keys.places,
            nulls: &shared.nulls,
            record_bytes_max: shared.record_bytes_max,
        };
        let mut lines = Lines { text: &text.text, at: 0, line: chunk.line, file: chunk.file, shared };
        self.batcher.decode(&chunk, &text, frame, &mut self.tokens, |tokens, most| lines.records(tokens, most))
    }
}

struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u64,
    file: usize,
    shared: &'a Shared,
}

impl Lines<'_> {
    fn records(&mut self, tokens: &mut Tokens, most: usize) -> Result<()> {
        while tokens.records.len() < most && self.at < self.text.len() {
            let start = self.at;
            let feed = memchr(b'\n', &self.text.as_bytes()[start..]);
            let end = feed.map_or(self.text.len(), |feed| start + feed);
            self.at = end + usize::from(feed.is_some());
            let line = self.line;
            self.line += 1;
            let record = self.text.get(start..end).unwrap_or_default();
            let record = record.strip_suffix('\r').unwrap_or(record);
            if record.trim_ascii().is_empty() {
                continue;
            }
            let refused = match Line::parse(record, &self.shared.keys) {
                Ok(parsed) => {
                    self.known(&parsed)?;
                    parsed.fields(start, record, &self.shared.keys.dataset, tokens);
                    None
                }
                Err(reason) => {
                    let width = self.shared.keys.places.len();
                    tokens.fields.resize(tokens.fields.len() + width, super::value::Field::null());
                    Some(Refused::shape(reason))
                }
            };
            tokens.records.push(Record { start, end: start + record.len(), line, refused });
        }
        Ok(())
    }

    /// A key that turns up later than where drift is looked for stops the read, unless the contract lets extra ones pass.
    fn known(&self, line: &Line<'_>) -> Result<()> {
        let dataset = &self.shared.request.dataset;
        if matches!(dataset.drift, DriftPolicy::IgnoreExtra | DriftPolicy::AcceptAdditive) {
            return Ok(());
        }
        let told = self.shared.extra.get(self.file).map(Vec::as_slice).unwrap_or_default();
        let Some(key) = line.extra.iter().find(|key| !told.contains(key)) else { return Ok(()) };
        let file = self.shared.request.files.get(self.file).map(|file| file.path.as_str()).unwrap_or_default();
        Err(extra_error(dataset, file, &[key]))
    }
}

#[cfg(test)]
mod tests;
