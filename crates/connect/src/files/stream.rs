//! Shares a request's files among its streams, and turns chunks into batches.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::record_batch::RecordBatch;
use engine::{BatchStream, Error, Kind, Progress, ReadRequest, Result};
use futures::{StreamExt, stream};
use pipeline::FileRef;
use pipeline::project::Encoding;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::chunk::{Chunk, ChunkOptions, Chunks};
use super::input::Input;
use super::store::Stores;
use super::{Slots, fill};

/// Makes batches of whole records. One per stream, so it may keep its builders.
pub trait Decode: Send + 'static {
    fn decode(&mut self, chunk: Chunk) -> Result<Vec<RecordBatch>>;
}

/// How the files of a request are opened.
#[derive(Clone)]
pub struct Opening {
    pub stores: Arc<Stores>,
    pub encoding: Encoding,
    pub options: ChunkOptions,
    /// Whether the first record of a file is its header.
    pub header: bool,
    /// JSON documents are taken apart into lines; the names are those of the contract's columns.
    pub documents: Option<Arc<Vec<String>>>,
    pub runtime: Handle,
}

impl Opening {
    /// Blocks.
    pub fn open(&self, file: &FileRef, index: usize) -> Result<Chunks> {
        let mut input = Input::open(&self.stores, file, self.encoding, &self.runtime)?;
        if let Some(columns) = &self.documents {
            input = input.documents(Arc::clone(columns));
        }
        Ok(Chunks::new(input, index, self.options))
    }
}

/// What all streams of a request share.
struct Work {
    opening: Opening,
    files: Vec<FileRef>,
    hashes: Slots,
    desk: Mutex<Desk>,
}

struct Desk {
    /// Indexes of the files that nobody has begun.
    waiting: VecDeque<usize>,
    /// Files that are being read, oldest first.
    begun: Vec<Arc<Begun>>,
}

/// A file that streams take chunks from in turn; the first to lock it opens it.
struct Begun {
    index: usize,
    chunks: Mutex<Option<Chunks>>,
}

/// Starts as many streams as the request wants.
pub fn start<D: Decode>(
    opening: Opening,
    request: &ReadRequest,
    hashes: Slots,
    decoder: impl Fn() -> Result<D>,
) -> Result<Vec<BatchStream>> {
    let work = Arc::new(Work {
        opening,
        files: request.files.clone(),
        hashes,
        desk: Mutex::new(Desk { waiting: (0..request.files.len()).collect(), begun: Vec::new() }),
    });
    (0..request.partitions).map(|_| Ok(batches(Arc::clone(&work), Arc::clone(&request.progress), decoder()?))).collect()
}

struct State<D> {
    work: Arc<Work>,
    progress: Arc<Progress>,
    decoder: D,
    ready: VecDeque<RecordBatch>,
    next: Option<JoinHandle<Fetched>>,
}

/// The file that this stream works on, and its next chunk.
type Fetched = (Option<Arc<Begun>>, Result<Option<Chunk>>);

/// While a chunk is decoded here, the next one is read on a thread that may block.
fn batches<D: Decode>(work: Arc<Work>, progress: Arc<Progress>, decoder: D) -> BatchStream {
    let state = State { work, progress, decoder, ready: VecDeque::new(), next: None };
    stream::try_unfold(state, |mut state| async move {
        loop {
            if let Some(batch) = state.ready.pop_front() {
                return Ok(Some((batch, state)));
            }
            let Some(chunk) = state.chunk().await? else { return Ok(None) };
            let bytes = chunk.stored_bytes;
            state.ready = state.decoder.decode(chunk)?.into();
            let rows: usize = state.ready.iter().map(RecordBatch::num_rows).sum();
            state.progress.advance(bytes, rows as u64);
        }
    })
    .boxed()
}

impl<D: Decode> State<D> {
    async fn chunk(&mut self) -> Result<Option<Chunk>> {
        let next = self.next.take().unwrap_or_else(|| fetch(&self.work, None));
        let (mine, chunk) =
            next.await.map_err(|error| Error::new(Kind::Bug, "reading a file was interrupted").because(error))?;
        let chunk = chunk?;
        if chunk.is_some() {
            self.next = Some(fetch(&self.work, mine));
        }
        Ok(chunk)
    }
}

fn fetch(work: &Arc<Work>, mut mine: Option<Arc<Begun>>) -> JoinHandle<Fetched> {
    let runtime = work.opening.runtime.clone();
    let work = Arc::clone(work);
    runtime.spawn_blocking(move || {
        let chunk = work.next(&mut mine);
        (mine, chunk)
    })
}

impl Work {
    /// The next chunk of this stream's file, or of a file nobody has begun, or of one that others read.
    fn next(&self, mine: &mut Option<Arc<Begun>>) -> Result<Option<Chunk>> {
        loop {
            if let Some(file) = mine.take() {
                if let Some(chunk) = self.advance(&file)? {
                    *mine = Some(file);
                    return Ok(Some(chunk));
                }
                continue;
            }
            *mine = self.pick();
            if mine.is_none() {
                return Ok(None);
            }
        }
    }

    fn advance(&self, file: &Arc<Begun>) -> Result<Option<Chunk>> {
        let mut chunks = file.chunks.lock().unwrap_or_else(PoisonError::into_inner);
        if chunks.is_none() {
            *chunks = Some(self.open(file.index)?);
        }
        let Some(chunks) = chunks.as_mut() else { return Ok(None) };
        let chunk = chunks.next()?;
        if chunk.is_none() {
            fill(&self.hashes, file.index, chunks.finish()?);
            self.desk().begun.retain(|other| !Arc::ptr_eq(other, file));
        }
        Ok(chunk)
    }

    fn open(&self, index: usize) -> Result<Chunks> {
        let file = self
            .files
            .get(index)
            .ok_or_else(|| Error::new(Kind::Bug, "a stream began a file that was not asked for"))?;
        let mut chunks = self.opening.open(file, index)?;
        if self.opening.header {
            chunks.header()?;
        }
        Ok(chunks)
    }

    fn pick(&self) -> Option<Arc<Begun>> {
        let mut desk = self.desk();
        match desk.waiting.pop_front() {
            Some(index) => {
                let file = Arc::new(Begun { index, chunks: Mutex::new(None) });
                desk.begun.push(Arc::clone(&file));
                Some(file)
            }
            None => desk.begun.first().cloned(),
        }
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
