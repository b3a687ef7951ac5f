//! CSV as RFC 4180 has it and csv-core reads it: quoted fields may hold delimiters, line ends and doubled quotes.
//!
//! Lines without anything in them are no records. A quoted field that the file's end closes is refused, because the file was
//! cut off or a quote is missing.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use engine::{Drift, Error, Kind, Read, ReadRequest, Result};
use futures::{StreamExt, TryStreamExt, stream};
use pipeline::FileRef;
use pipeline::project::CsvOptions;
use tokio::runtime::Handle;

use super::batch::{Batcher, Frame, Text, Tokens};
use super::chunk::{Chunk, ChunkOptions};
use super::drift::{Layout, match_names};
use super::scan::Records;
use super::store::Stores;
use super::stream::{Decode, Opening, start};
use super::value::Nulls;
use super::{fill, shape, slots};

mod tokenize;

use tokenize::{Dialect, Tokenizer, split};

/// Headers that are read at once.
const OPENED_AT_ONCE: usize = 16;
/// A longer record would not fit the offsets of its fields.
const RECORD_BYTES_LIMIT: usize = 256 << 20;

pub async fn read(stores: Arc<Stores>, request: ReadRequest, options: &CsvOptions, chunk_bytes: usize) -> Result<Read> {
    let dialect = dialect(options)?;
    let opening = opening(stores, &dialect, options, chunk_bytes);
    let headers = slots(request.files.len());
    let hashes = slots(request.files.len());
    let mut layouts = Vec::with_capacity(request.files.len());
    let mut drift = Vec::new();
    if options.header {
        let reads: Vec<_> = request
            .files
            .iter()
            .enumerate()
            .map(|(index, file)| header(opening.clone(), file.clone(), index))
            .collect();
        let found: Vec<String> = stream::iter(reads).buffered(OPENED_AT_ONCE).try_collect().await?;
        for (index, (file, header)) in request.files.iter().zip(found).enumerate() {
            let (layout, differences) = layout(&request, file, &header, dialect)?;
            layouts.push(layout);
            drift.extend(differences);
            fill(&headers, index, header);
        }
    } else {
        layouts.resize(request.files.len(), Layout::of_contract(&request.dataset));
    }
    let schema = shape::schema(&request.dataset);
    let shared = Arc::new(Shared {
        layouts,
        dialect,
        nulls: Nulls::new(&options.null),
        record_bytes_max: options.record_bytes_max,
    });
    let streams = start(opening, &request, Arc::clone(&hashes), || {
        let batcher = Batcher::new(&request.dataset, &schema, request.batch_rows)?;
        Ok(Decoder { shared: Arc::clone(&shared), batcher, tokens: Tokens::default() })
    })?;
    Ok(Read { schema, streams, drift, hashes, headers })
}

fn dialect(options: &CsvOptions) -> Result<Dialect> {
    let wrong = |message: &str, help: &str| Err(Error::new(Kind::Input, message).help(help));
    for (name, byte) in [("delimiter", options.delimiter), ("quote", options.quote)] {
        if !byte.is_ascii() || super::scan::is_line_end(byte) {
            return wrong(
                &format!("the source's {name} must be one ASCII character, not a line end"),
                "for example \",\" or \"\\t\"",
            );
        }
    }
    if options.delimiter == options.quote {
        return wrong("the source's delimiter and quote are the same character", "choose two");
    }
    if options.record_bytes_max == 0 || options.record_bytes_max > RECORD_BYTES_LIMIT {
        return wrong("the source's record_bytes_max must be between 1 byte and 256 MiB", "16 MiB is the default");
    }
    Ok(Dialect { delimiter: options.delimiter, quote: options.quote })
}

async fn header(opening: Opening, file: FileRef, index: usize) -> Result<String> {
    let runtime = opening.runtime.clone();
    let read = runtime.spawn_blocking(move || {
        let header = opening.open(&file, index)?.header()?;
        let empty = || {
            Error::new(Kind::Drift, format!("`{}` is empty: it has no header", file.path))
                .at(&file.path)
                .help("deliver it again, or set `header: false` for this source if its files have none")
        };
        String::from_utf8(header.ok_or_else(empty)?).map_err(|error| {
            Error::new(Kind::Input, format!("the header of `{}` is not in the source's encoding", file.path))
                .at(&file.path)
                .help("set `encoding: latin1` or `utf16` for this source if its files are")
                .because(error)
        })
    });
    read.await.map_err(|error| Error::new(Kind::Bug, "reading a header was interrupted").because(error))?
}

fn opening(stores: Arc<Stores>, dialect: &Dialect, options: &CsvOptions, chunk_bytes: usize) -> Opening {
    Opening {
        stores,
        encoding: options.encoding,
        options: ChunkOptions {
            records: Records::Csv { delimiter: dialect.delimiter, quote: dialect.quote },
            chunk_bytes,
            record_bytes_max: options.record_bytes_max,
        },
        header: options.header,
        documents: None,
        runtime: Handle::current(),
    }
}

/// The header record of a file, as it stands there.
pub async fn header_of(stores: Arc<Stores>, file: FileRef, options: &CsvOptions) -> Result<String> {
    let dialect = dialect(options)?;
    let opening = Opening { header: true, ..opening(stores, &dialect, options, super::CHUNK_BYTES) };
    header(opening, file, 0).await
}

/// A header's names under this delimiter.
pub fn names(header: &str, delimiter: u8, quote: u8) -> Vec<String> {
    split(header, Dialect { delimiter, quote })
}

fn layout(request: &ReadRequest, file: &FileRef, header: &str, dialect: Dialect) -> Result<(Layout, Vec<Drift>)> {
    match_names(&request.dataset, &file.path, &split(header, dialect))
}

struct Shared {
    /// By file.
    layouts: Vec<Layout>,
    dialect: Dialect,
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
        let layout = shared
            .layouts
            .get(chunk.file)
            .ok_or_else(|| Error::new(Kind::Bug, "a chunk is of a file that was not asked for"))?;
        let text = Text::new(&chunk.bytes)?;
        let frame = Frame {
            width: layout.width,
            places: &layout.places,
            nulls: &shared.nulls,
            record_bytes_max: shared.record_bytes_max,
        };
        let mut tokenizer = Tokenizer::new(&text.text, chunk.line, shared.dialect);
        self.batcher.decode(&chunk, &text, frame, &mut self.tokens, |tokens, most| {
            tokenizer.records(tokens, layout.width, most);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests;
