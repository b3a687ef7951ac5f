//! Files and object stores as a source: CSV, newline-delimited JSON and Parquet.
//!
//! ```text
//! files ── open, unpack, transcode, hash ─▶ chunks that end at a record ─▶ N streams: tokenize, type, refuse ─▶ batches
//! ```
//!
//! Streams fetch their next chunk themselves, each from a file of its own while there are enough files, and from a shared
//! one when there are not. So one big file and many small ones both keep all streams busy, and each stream holds two chunks.

mod arrow_ipc;
mod avro;
mod batch;
mod chunk;
mod csv;
mod drift;
mod input;
pub mod list;
mod ndjson;
mod parquet;
mod probe;
mod scan;
pub(crate) mod shape;
mod store;
mod stored;
mod stream;
mod typed;
mod value;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use engine::{Error, Kind, Read, ReadRequest, Result, Source};
use pipeline::FileRef;
use pipeline::project::{FileFormat, SourceSpec};

pub use list::{Comparison, compare};
use store::Stores;

use crate::postgres::Databases;

/// Bytes of a chunk: large enough that handing it over costs nothing, small enough to stay in the cache of one core.
const CHUNK_BYTES: usize = 1 << 20;

/// Reads the files of a project.
pub struct Files {
    stores: Arc<Stores>,
    chunk_bytes: usize,
    databases: Arc<Databases>,
}

impl Files {
    /// `root` is what relative paths are relative to; `options` are the settings' `[store]`, where `${NAME}` stands for
    /// what `env` says of it. Nothing is opened yet, so a missing variable is told only when a store needs it.
    pub fn new(root: &Path, options: &BTreeMap<String, String>, env: &dyn Fn(&str) -> Option<String>) -> Self {
        Self { stores: Arc::new(Stores::new(root, options, env)), chunk_bytes: CHUNK_BYTES, databases: Arc::default() }
    }

    /// How much of a file is read at once: what the memory allows. Chunks of another size give the same rows.
    pub fn with_chunk_bytes(mut self, chunk_bytes: usize) -> Self {
        self.chunk_bytes = chunk_bytes;
        self
    }
}

#[async_trait]
impl Source for Files {
    async fn list(&self, spec: &SourceSpec) -> Result<Vec<FileRef>> {
        list::list(&self.stores, &spec.files).await
    }

    async fn hash(&self, file: &FileRef) -> Result<String> {
        input::hash(&self.stores, &file.path).await
    }

    async fn read(&self, request: ReadRequest) -> Result<Read> {
        if request.partitions == 0 || request.batch_rows == 0 {
            return Err(Error::new(Kind::Bug, "a read needs at least one stream and one row per batch"));
        }
        let total = request.files.iter().map(|file| file.size).sum();
        request.progress.bytes_total.fetch_max(total, Ordering::Relaxed);
        match &request.spec.format {
            FileFormat::Csv(options) => {
                let options = options.clone();
                csv::read(Arc::clone(&self.stores), request, &options, self.chunk_bytes).await
            }
            FileFormat::Ndjson => ndjson::read(Arc::clone(&self.stores), request, self.chunk_bytes).await,
            FileFormat::Parquet => parquet::read(Arc::clone(&self.stores), request).await,
        }
    }
}

/// One slot per file of a request, filled in while it is read.
type Slots = Arc<Mutex<Vec<Option<String>>>>;

fn slots(count: usize) -> Slots {
    Arc::new(Mutex::new(vec![None; count]))
}

fn fill(slots: &Slots, index: usize, value: String) {
    let mut slots = slots.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(slot) = slots.get_mut(index) {
        *slot = Some(value);
    }
}

#[cfg(test)]
mod tests;
