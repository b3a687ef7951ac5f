//! Data tested against datasets' contracts, without publishing anything.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use contract::{Dataset, Declared};
use pipeline::{FileRef, Verdict};

use crate::error::Result;
use crate::job::EachValue;
use crate::probe::Format;
use crate::source::Progress;

/// All data that is tested together: relationships are followed among it.
pub struct TestJob {
    pub targets: Vec<Target>,
    pub refused: Option<RefusedFile>,
    /// Milliseconds since the epoch, for freshness.
    pub now_ms: i64,
    pub progress: Arc<Progress>,
}

/// One dataset and where its data is. Values of classified columns are never shown.
pub struct Target {
    pub dataset: Arc<Dataset>,
    pub place: Place,
    /// What the data calls it: its `physicalName`.
    pub physical_name: Option<String>,
    /// What its properties declare about types, by column.
    pub declared: BTreeMap<String, Declared>,
}

#[derive(Debug, Clone)]
pub enum Place {
    Files {
        files: Vec<FileRef>,
        format: Format,
    },
    /// A Delta table.
    Delta {
        url: String,
    },
    /// A table of a PostgreSQL database; the URL may hold a password, so it is never shown.
    Postgres {
        url: String,
        schema: Option<String>,
        table: String,
    },
}

/// Where refused rows go.
#[derive(Debug, Clone)]
pub struct RefusedFile {
    pub path: PathBuf,
    pub form: RefusedForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedForm {
    Ndjson,
    Csv,
    Parquet,
}

/// What was found about one dataset.
#[derive(Debug, Clone)]
pub struct Tested {
    pub name: String,
    pub rows_read: u64,
    pub rows_refused: u64,
    /// Structure first, then in the order of the contract.
    pub verdicts: Vec<Verdict>,
    /// Columns that the contract does not know, with their types where there are any.
    pub extra: Vec<(String, Option<String>)>,
    /// Names of the columns in the order of the data; empty where it has none.
    pub order: Vec<String>,
    pub sources: Vec<String>,
    /// Checks that the database decided which the data lies in.
    pub in_database: usize,
    pub seconds: f64,
}

/// Data looked at without a contract.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    pub rows: u64,
    /// Columns of which no value could be read: nested ones, and types that nothing here knows.
    pub unread: Vec<String>,
}

#[async_trait]
pub trait Tester: Send + Sync {
    /// The names of the columns of data that has no contract, in the order of the data.
    async fn columns(&self, place: &Place) -> Result<Vec<String>>;

    /// Shows about so many rows of these columns, value by value as text; NULL is none.
    async fn look(&self, place: &Place, columns: &[String], rows: usize, each: &mut EachValue<'_>) -> Result<Looked>;

    /// One answer per target, in their order. Data that cannot be read at all is an error.
    async fn test(&self, job: TestJob) -> Result<Vec<Tested>>;
}
