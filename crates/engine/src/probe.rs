//! A probe: data looked at where it lies, with the types that it has, as often as is needed. Nothing is published from it.

use std::sync::Arc;

use arrow::array::{ArrayRef, UInt64Array};
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use contract::{DataType, Dataset};
use futures::stream::BoxStream;
use pipeline::FileRef;
use pipeline::project::CsvOptions;

use crate::error::Result;
use crate::source::Progress;

/// How files hold their rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Format {
    /// Without a delimiter, the header line tells it.
    Csv {
        options: CsvOptions,
        sniff: bool,
    },
    /// One JSON object per line.
    Ndjson,
    /// An array of objects, one object, an object around the array, or objects one after the other.
    Json,
    Parquet,
    /// Arrow IPC, as a file or as a stream.
    Arrow,
    /// Avro's object container.
    Avro,
}

/// What to look at.
#[derive(Clone)]
pub struct Look {
    pub dataset: Arc<Dataset>,
    pub files: Vec<FileRef>,
    pub format: Format,
    /// Streams wanted; fewer may come back.
    pub partitions: usize,
    /// Rows per batch, at most.
    pub batch_rows: usize,
    pub progress: Arc<Progress>,
}

#[async_trait]
pub trait Probe: Send + Sync {
    /// The files that a path, a folder or a glob names, sorted.
    async fn files(&self, pattern: &str) -> Result<Vec<FileRef>>;

    /// Reads what the files say about themselves: columns, types, row counts.
    async fn open(&self, look: Look) -> Result<Arc<dyn Data>>;
}

pub type Slices = BoxStream<'static, Result<Slice>>;

/// Opened data. May be read many times.
#[async_trait]
pub trait Data: Send + Sync {
    fn facts(&self) -> &Facts;

    /// Streams that together give every row once. `columns` are places in the contract, of columns that are there.
    async fn read(&self, columns: &[usize]) -> Result<Vec<Slices>>;

    /// By contract column: whether any record had it. For formats whose records each name their own fields; known when
    /// the data has been read.
    fn seen(&self) -> Option<Vec<bool>> {
        None
    }
}

/// What data says about itself before its rows are read.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// By contract column; `None` where the data has no such column.
    pub columns: Vec<Option<Stored>>,
    /// Columns that the contract does not know, with their types where there are any.
    pub extra: Vec<(String, Option<String>)>,
    /// `None` when only reading tells.
    pub rows: Option<u64>,
    /// Paths by the number that slices name them with.
    pub files: Vec<String>,
    /// Names of the first file's columns in their order; empty where its records have none.
    pub order: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Stored {
    /// The column's name in the data.
    pub name: String,
    /// `None`: the format has no types, so values are read as the contract's.
    pub types: Option<StoredType>,
    pub statistics: Statistics,
    /// Files that do not have the column.
    pub missing_in: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct StoredType {
    /// `None`: no type of a contract is like it, and its values cannot be read.
    pub data_type: Option<DataType>,
    /// In the format's words.
    pub shown: String,
    /// Files that hold the column as another type, and which; their values are read as this one where they fit.
    pub differs_in: Vec<(String, String)>,
}

/// What is known of a column's values without reading them; only what is exact.
#[derive(Debug, Clone, Default)]
pub struct Statistics {
    pub nulls: Option<u64>,
    /// Two values of the column's type: the smallest and the largest.
    pub ends: Option<ArrayRef>,
}

/// Some rows, one after the other in one file.
pub struct Slice {
    /// The columns that were asked for, in that order, named as the contract names them.
    pub batch: RecordBatch,
    /// Index into the facts' files.
    pub file: u32,
    pub rows: RowNumbers,
    /// By row: NULL for a record of the contract's shape, otherwise what is wrong, as in [`crate::source`].
    pub conform: Option<ArrayRef>,
}

/// 1-based numbers of rows, or lines of text.
pub enum RowNumbers {
    From(u64),
    Each(UInt64Array),
    /// Rows of a table, which are in no order.
    None,
}

impl RowNumbers {
    /// Zero for rows without numbers.
    pub fn at(&self, row: usize) -> u64 {
        match self {
            Self::None => 0,
            Self::From(first) => first + row as u64,
            Self::Each(numbers) => numbers.values().get(row).copied().unwrap_or(0),
        }
    }
}
