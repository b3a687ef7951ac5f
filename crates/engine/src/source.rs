//! A source: lists what is there, and reads an increment as batches that already have the contract's types.
//!
//! Every batch has the contract's columns, in its order and all nullable, followed by four columns of its own:
//!
//! | name | type | meaning |
//! | --- | --- | --- |
//! | `_file` | UInt32 | index into the request's files |
//! | `_row` | UInt64 | 1-based line (text) or row number (Parquet) where the record starts |
//! | `_raw` | BinaryView, nullable | the record's bytes as they stood in the file (without the line end), sharing memory with the read buffer; NULL where the format has no text |
//! | `_conform` | Utf8, nullable | NULL for a record that has the contract's shape; otherwise a JSON array of `{"check","column","reason"}` |
//!
//! A value that cannot be read as its column's type is NULL in its column and named in `_conform` as check `<column>.type`;
//! a record with too few or too many fields, invalid encoding or excessive length is all NULL and named as `record.shape`,
//! `record.encoding` or `record.length`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use contract::Dataset;
use futures::stream::BoxStream;
use pipeline::{FileRef, SourceSpec};

use crate::error::Result;

pub const FILE: &str = "_file";
pub const ROW: &str = "_row";
pub const RAW: &str = "_raw";
pub const CONFORM: &str = "_conform";

pub type BatchStream = BoxStream<'static, Result<RecordBatch>>;

#[async_trait]
pub trait Source: Send + Sync {
    /// All files there now, sorted by path, without hashes unless the store gives them for nothing.
    async fn list(&self, spec: &SourceSpec) -> Result<Vec<FileRef>>;

    /// The content hash of one file, for one whose size is as before and whose time is not.
    async fn hash(&self, file: &FileRef) -> Result<String>;

    /// Starts to read; fails at once when a file is missing or its columns are not the contract's.
    async fn read(&self, request: ReadRequest) -> Result<Read>;
}

#[derive(Clone)]
pub struct ReadRequest {
    pub dataset: Arc<Dataset>,
    pub spec: SourceSpec,
    pub files: Vec<FileRef>,
    /// Streams wanted; fewer may come back.
    pub partitions: usize,
    /// Rows per batch, at most.
    pub batch_rows: usize,
    pub progress: Arc<Progress>,
}

pub struct Read {
    /// Of every batch: the contract's columns, then `_file`, `_row`, `_raw`, `_conform`.
    pub schema: SchemaRef,
    /// To be polled concurrently; each carries whole records in file order, but records of one file may be spread over streams.
    pub streams: Vec<BatchStream>,
    pub drift: Vec<Drift>,
    /// Content hashes by index of the request's files, filled in while reading; complete when all streams have ended.
    pub hashes: Arc<std::sync::Mutex<Vec<Option<String>>>>,
    /// The header record of each file, as it stood there; `None` where the format has none. Dead letters keep it, so that they
    /// can be read again without their file. Filled in before the first batch of the file.
    pub headers: Arc<std::sync::Mutex<Vec<Option<String>>>>,
}

/// A difference between what the contract says and what the file has, that the contract's policy lets pass.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Drift {
    pub file: String,
    pub column: String,
    /// `extra`, `missing` or `retyped`.
    pub kind: String,
    pub detail: String,
}

/// How far a reader is; read by whoever draws it.
#[derive(Debug, Default)]
pub struct Progress {
    pub bytes_total: AtomicU64,
    pub bytes_read: AtomicU64,
    pub rows: AtomicU64,
}

impl Progress {
    pub fn advance(&self, bytes: u64, rows: u64) {
        self.bytes_read.fetch_add(bytes, Ordering::Relaxed);
        self.rows.fetch_add(rows, Ordering::Relaxed);
    }
}
