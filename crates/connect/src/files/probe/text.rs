//! Text formats: they have no types, so values are read as the contract's, and what is not such a value is told by row.

use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Field, Schema, UInt32Type, UInt64Type};
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use engine::probe::{Data, Facts, Format, Look, RowNumbers, Slice, Slices};
use engine::source::{CONFORM, FILE, ROW};
use engine::{BatchStream, Error, Kind, Read, ReadRequest, Result};
use futures::StreamExt;
use pipeline::project::{CsvOptions, FileFormat, SourceSpec, Vanished};

use super::facts;
use crate::files::ndjson::{self, Keys};
use crate::files::shape::bug;
use crate::files::store::Stores;
use crate::files::{Files, csv};

/// Delimiters that a header line is tried with, the usual one first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

pub async fn open(files: &Files, look: Look) -> Result<Arc<dyn Data>> {
    let mut look = look;
    if let Format::Csv { options, sniff: true } = &look.format {
        let options = sniffed(files, &look, options.clone()).await?;
        look.format = Format::Csv { options, sniff: false };
    }
    let mut text = Text {
        stores: Arc::clone(&files.stores),
        chunk_bytes: files.chunk_bytes,
        facts: Facts::default(),
        keys: matches!(look.format, Format::Ndjson | Format::Json).then(|| Arc::new(Keys::new(&look.dataset))),
        look,
    };
    let drift = text.start().await?.drift;
    text.facts = facts(&text.look.dataset, &text.look.files, &drift);
    if let (Format::Csv { options, .. }, Some(first)) = (&text.look.format, text.look.files.first())
        && options.header
    {
        let header = csv::header_of(Arc::clone(&files.stores), first.clone(), options).await?;
        text.facts.order = csv::names(&header, options.delimiter, options.quote);
    }
    Ok(Arc::new(text))
}

struct Text {
    stores: Arc<Stores>,
    chunk_bytes: usize,
    look: Look,
    facts: Facts,
    /// Which keys were met, for formats whose records name their fields.
    keys: Option<Arc<Keys>>,
}

impl Text {
    async fn start(&self) -> Result<Read> {
        let stores = Arc::clone(&self.stores);
        match (&self.look.format, &self.keys) {
            (Format::Csv { options, .. }, _) => {
                csv::read(stores, self.request(FileFormat::Csv(options.clone())), options, self.chunk_bytes).await
            }
            (format, Some(keys)) => {
                let documents = *format == Format::Json;
                let request = self.request(FileFormat::Ndjson);
                ndjson::start(stores, request, self.chunk_bytes, Arc::clone(keys), documents).await
            }
            _ => Err(Error::new(Kind::Bug, "a typed format was opened as text")),
        }
    }

    fn request(&self, format: FileFormat) -> ReadRequest {
        ReadRequest {
            dataset: Arc::clone(&self.look.dataset),
            spec: SourceSpec { files: String::new(), format, vanished: Vanished::Block },
            files: self.look.files.clone(),
            partitions: self.look.partitions,
            batch_rows: self.look.batch_rows,
            progress: Arc::clone(&self.look.progress),
        }
    }
}

#[async_trait]
impl Data for Text {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    async fn read(&self, columns: &[usize]) -> Result<Vec<Slices>> {
        let read = self.start().await?;
        let width = self.look.dataset.columns.len();
        let columns = columns.to_vec();
        Ok(read.streams.into_iter().map(|stream| slices(stream, columns.clone(), width)).collect())
    }

    fn seen(&self) -> Option<Vec<bool>> {
        self.keys.as_ref().map(|keys| keys.seen())
    }
}

fn slices(stream: BatchStream, columns: Vec<usize>, width: usize) -> Slices {
    stream.map(move |batch| slice(&batch?, &columns, width)).boxed()
}

/// The source's own four columns stand behind the contract's.
fn slice(batch: &RecordBatch, columns: &[usize], width: usize) -> Result<Slice> {
    let own = |name: &str| {
        batch.columns().get(width..).and_then(|own| {
            let schema = batch.schema();
            let at = schema.fields().iter().skip(width).position(|field| field.name() == name)?;
            own.get(at).cloned()
        })
    };
    let missing = || Error::new(Kind::Bug, "a batch of a text file lacks the source's own columns");
    let file = own(FILE).ok_or_else(missing)?;
    let rows = own(ROW).ok_or_else(missing)?;
    let conform = own(CONFORM).ok_or_else(missing)?;
    let fields: Vec<Field> = columns.iter().map(|at| batch.schema().field(*at).clone()).collect();
    let arrays = columns.iter().map(|at| batch.column(*at).clone()).collect();
    let options = arrow::record_batch::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    let projected = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options).map_err(bug)?;
    Ok(Slice {
        batch: projected,
        file: file.as_primitive::<UInt32Type>().values().first().copied().unwrap_or(0),
        rows: RowNumbers::Each(rows.as_primitive::<UInt64Type>().clone()),
        conform: (conform.null_count() < conform.len()).then_some(conform),
        marked: None,
    })
}

/// The options with the delimiter under which the first header names most of the contract's columns.
async fn sniffed(files: &Files, look: &Look, options: CsvOptions) -> Result<CsvOptions> {
    let Some(first) = look.files.first().filter(|_| options.header) else { return Ok(options) };
    let header = csv::header_of(Arc::clone(&files.stores), first.clone(), &options).await?;
    let known = |delimiter: u8| {
        let names = csv::names(&header, delimiter, options.quote);
        let is_column = |name: &&String| {
            look.dataset.columns.iter().any(|column| column.source_name.eq_ignore_ascii_case(name.trim()))
        };
        // Where no name fits, the delimiter that cuts the line into most parts is the likeliest.
        (names.iter().filter(is_column).count(), names.len())
    };
    let best = DELIMITERS.into_iter().rev().max_by_key(|delimiter| known(*delimiter)).unwrap_or(b',');
    Ok(CsvOptions { delimiter: best, ..options })
}
