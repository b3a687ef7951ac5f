//! How far a dataset has read its inputs, and the bounded piece that comes next.

use serde::{Deserialize, Serialize};

/// A file as it was when it was listed or read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileRef {
    /// A path relative to the project, or a URL; `/` separates.
    pub path: String,
    /// Bytes as stored (compressed if the file is).
    pub size: u64,
    /// Milliseconds since the epoch.
    pub modified_ms: i64,
    /// `xxh3:` and 16 hex digits over the stored bytes, or the store's entity tag; `None` until the file was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

/// Ordered and serialisable; travels in the table commit of the rows that it accounts for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Position {
    /// `digest` is over the sorted list of all files read so far; the files themselves are in the ledger and, increment by
    /// increment, in the commits.
    Files { count: u64, digest: String },
    /// The Delta version up to which an input table was read.
    Table { version: i64 },
}

/// What a stage reads of one input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Increment {
    /// These files, in this order.
    Files { files: Vec<FileRef> },
    /// The table as a whole at its newest version.
    Whole,
    /// Rows added after version `from`. A version that removed rows in between makes the read whole.
    Added { from: i64 },
    /// All rows of those partitions that were touched after version `from`.
    TouchedPartitions { from: i64 },
}
