//! A probe: data looked at where it lies, with the types that it has, as often as is needed. Nothing is published from it.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, UInt64Array};
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

/// Which table of a database to look at.
#[derive(Clone)]
pub struct TableLook {
    pub dataset: Arc<Dataset>,
    /// May hold a password, so it is never shown.
    pub url: String,
    pub schema: Option<String>,
    pub table: String,
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

    /// Reads what the database's catalog says about a table.
    async fn open_table(&self, look: TableLook) -> Result<Arc<dyn Data>>;
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

    /// The database that the data lies in, where it decides conditions itself.
    fn database(&self) -> Option<&dyn Database> {
        None
    }
}

/// A table in a PostgreSQL database. All queries see the same snapshot of it.
#[async_trait]
pub trait Database: Send + Sync {
    /// By contract column, over the table by the name [`TABLE`].
    fn columns(&self) -> &[Option<InDatabase>];

    /// `"schema"."table"`.
    fn table(&self) -> &str;

    /// Host, port and name: tables of one database can be asked about in one query.
    fn database(&self) -> &str;

    /// The first row of a query, as texts; `None` where the database refuses the query, and why.
    async fn row(&self, sql: &str) -> Result<std::result::Result<Vec<Option<String>>, String>>;

    /// Rows of `from` for which a condition is true, in slices of these columns of the contract, with what `marked` says of each.
    async fn rows(&self, columns: &[usize], rows: Rows<'_>) -> Result<Vec<Slices>>;
}

/// What the table is called in conditions.
pub const TABLE: &str = "t";

/// Which rows, and what is to be known of each.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// The table, and what it is joined with.
    pub from: &'a str,
    pub condition: Option<&'a str>,
    pub marked: Option<&'a str>,
    pub most: Option<usize>,
}

/// A column of a table in a database.
#[derive(Debug, Clone, PartialEq)]
pub struct InDatabase {
    /// The value as it is read; text with the collation that compares bytes. `None` where comparing it there could give
    /// another answer than comparing what is read.
    pub value: Option<String>,
    /// As which it is read.
    pub data_type: DataType,
    /// True for values that cannot be read, such as a day beyond the calendar; never NULL.
    pub unfit: Option<String>,
    /// Equal values are one group there.
    pub groups: bool,
}

/// The place of this name, or else of the only one that differs in case alone.
pub fn place_of(names: &[&str], wanted: &str) -> Option<usize> {
    names.iter().position(|name| *name == wanted).or_else(|| {
        let mut fitting = names.iter().enumerate().filter(|(_, name)| name.eq_ignore_ascii_case(wanted));
        match (fitting.next(), fitting.next()) {
            (Some((at, _)), None) => Some(at),
            _ => None,
        }
    })
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
    /// The column's type in SQL, of a table in a database.
    pub sql: Option<String>,
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
    /// By row: whether a database has refused it already.
    pub marked: Option<BooleanArray>,
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
