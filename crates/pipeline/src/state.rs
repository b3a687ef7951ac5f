//! What is known of the world when a plan is made; gathered by the caller.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::position::{FILES, FileRef, Position};
use crate::terms::Terms;

/// Per dataset; a dataset that is absent was never published.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub datasets: BTreeMap<String, DatasetState>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DatasetState {
    pub published: Option<Published>,
    /// What lies at a source now, compared with what was read.
    pub available: Available,
    /// A gate that was asked and not superseded.
    pub gate: Option<GateState>,
    /// Of the published table, where its definition is another one than the project's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// The version that a migration changed, where it was made by the project's present definition: what a rollback goes back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Box<Earlier>>,
    /// Columns that are to come back, which versions before the newest had and the files that were read have.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub had: BTreeSet<String>,
    /// What was in force for a table that is not there any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<Box<Terms>>,
}

/// A table before it was migrated: noted by the commit of the migration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Before {
    pub run: String,
    pub version: i64,
    pub definition: Definition,
    pub positions: BTreeMap<String, Position>,
}

/// What going back to it takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Earlier {
    pub before: Before,
    /// All files that it was made of, sorted by path.
    pub files: Vec<FileRef>,
    /// Files that were read since: they are read again.
    pub since: Vec<FileRef>,
    /// Those of them that are not what the present contract says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unfit: Vec<String>,
    /// Dead letters were put through the contract since: what became of them is in no file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replayed: bool,
}

impl Earlier {
    /// How far its inputs are read once it is gone back to, and what came since was read again.
    pub fn positions(&self) -> BTreeMap<String, Position> {
        let mut positions = self.before.positions.clone();
        if !self.since.is_empty() {
            let read = Position::after_files(positions.get(FILES), &self.since);
            positions.insert(FILES.to_owned(), read);
        }
        positions
    }
}

/// How much there is of a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    pub files: u64,
    pub rows: u64,
    pub bytes: u64,
}

/// What the newest commit of the table says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Published {
    pub run: String,
    /// Counts the published stages of this dataset from 1; the Delta application transaction.
    pub sequence: u64,
    /// The Delta version of the commit.
    pub version: i64,
    /// The table's newest version; differs from `version` when someone else has written.
    pub version_now: i64,
    pub fingerprint: String,
    /// Of SQL, contract and policies, without positions: see `plan::definition`.
    pub definition: Definition,
    /// What was in force when it was published; older versions of Plimsoll did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Terms>,
    /// By input name; a source has the single input `files`.
    pub positions: BTreeMap<String, Position>,
}

/// Digests of what decides a stage's result besides its inputs, kept apart so that a plan can say which one changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// SQL or source options.
    pub made: String,
    pub contract: String,
    /// Write mode, keys, partitioning, threshold.
    pub table: String,
    pub engine: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Available {
    pub files_new: Vec<FileRef>,
    /// Read before, and now of another content.
    pub files_changed: Vec<FileRef>,
    /// Read before, and gone.
    pub files_vanished: Vec<FileRef>,
    /// All files there now, sorted by path.
    pub files_all: Vec<FileRef>,
    /// The source could not be looked at, so nothing else here says anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreachable: Option<Unreachable>,
}

/// Why a source cannot be looked at, in the words of who tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreachable {
    /// `outside` when trying again may help, else `refused`.
    pub kind: String,
    pub message: String,
    /// What led to it, the nearest first.
    #[serde(default)]
    pub because: Vec<String>,
    pub place: Option<String>,
    pub help: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateState {
    pub id: String,
    pub kind: String,
    /// What else it asks, of other kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    pub fingerprint: String,
    /// Of the held result: what was read and by which definition.
    pub definition: Definition,
    /// [`Terms::policy`] of the held result; empty where it did not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub policy: String,
    pub positions: BTreeMap<String, Position>,
    pub state: GateStatus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateStatus {
    Waiting,
    Approved,
    Rejected,
}
