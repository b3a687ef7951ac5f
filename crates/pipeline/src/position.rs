//! How far a dataset has read its inputs, and the bounded piece that comes next.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::digest;

/// The name of a source's single input.
pub const FILES: &str = "files";

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
    /// `count` files were read so far, and `digest` is the chain over their increments: see [`Position::after_files`]. The files
    /// themselves are in the ledger and, increment by increment, in the commits.
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

impl Position {
    /// The position of a source after it has read these files. `previous` is the published position of the input [`FILES`],
    /// or `None` when the stage read all files there are: on a rebuild, and always with `overwrite`.
    ///
    /// `sha256(previous digest \n path \0 size \0 modified_ms \n …)`, files sorted by path. Content hashes are left out, as they
    /// are known only after reading, and a plan has to tell before whether a held result read exactly what lies there now.
    pub fn after_files(previous: Option<&Position>, read: &[FileRef]) -> Position {
        let mut sorted: Vec<&FileRef> = read.iter().collect();
        sorted.sort_by(|left, right| left.path.cmp(&right.path));
        let mut hasher = Sha256::new();
        let mut before = 0;
        if let Some(Position::Files { count, digest }) = previous {
            before = *count;
            hasher.update(digest);
        }
        hasher.update("\n");
        for file in sorted {
            hasher.update(&file.path);
            hasher.update(format!("\0{}\0{}\n", file.size, file.modified_ms));
        }
        let read = u64::try_from(read.len()).unwrap_or(u64::MAX);
        Position::Files { count: before.saturating_add(read), digest: digest::finish(hasher) }
    }

    /// The Delta version, if this is the position in a table.
    pub fn version(&self) -> Option<i64> {
        match self {
            Self::Table { version } => Some(*version),
            Self::Files { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
