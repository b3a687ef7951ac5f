//! A stage's job and outcome, and the engine that does it.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use contract::{ContractRef, Dataset};
use pipeline::gate::HeldFile;
use pipeline::state::{Before, Size};
use pipeline::state::{Definition, Published};
use pipeline::{Counts, FileRef, Increment, Migration, Position, SourceSpec, TableSpec, Terms, Verdict};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};
use crate::source::{Drift, Progress};

/// Everything that an engine must know to bring one dataset up to date; it makes no choices.
#[derive(Clone)]
pub struct StageJob {
    pub run: String,
    pub dataset: Arc<Dataset>,
    pub table: TableRef,
    pub spec: TableSpec,
    pub input: StageInput,
    /// Tables that reference checks look into.
    pub references: Vec<Reference>,
    /// The application transaction to publish; the newest published one is `sequence - 1`.
    pub sequence: u64,
    pub definition: Definition,
    /// What is in force for the result.
    pub terms: Terms,
    /// The result replaces the table whatever its write mode: the definition changed.
    pub rebuild: bool,
    /// It breaks readers, who can go on with the version before where the table keeps it.
    pub keeps: bool,
    /// Milliseconds since the epoch, for freshness.
    pub now_ms: i64,
    pub progress: Arc<Progress>,
}

impl StageJob {
    /// What the result's commit says whatever was read; positions and the fingerprint are for whoever knows them.
    pub fn commit(&self, counts: Counts) -> Commit {
        Commit {
            run: self.run.clone(),
            dataset: self.dataset.name.clone(),
            contract: self.dataset.contract.clone(),
            sequence: self.sequence,
            fingerprint: String::new(),
            definition: self.definition.clone(),
            terms: Some(self.terms.clone()),
            before: None,
            positions: BTreeMap::new(),
            files: Vec::new(),
            files_all: false,
            counts,
        }
    }
}

#[derive(Clone)]
pub enum StageInput {
    Files {
        spec: SourceSpec,
        files: Vec<FileRef>,
    },
    Model {
        sql: String,
        inputs: Vec<Input>,
    },
    /// The stored table itself, to be made into what is promised now.
    Stored {
        migration: Box<Migration>,
    },
    /// An earlier version of the table, to be the newest again.
    Restored {
        before: Before,
        /// What was read since, to be read again in the same commit.
        again: Option<Again>,
    },
    /// Dead letters of this dataset, under the present contract.
    DeadLetters {
        spec: Option<SourceSpec>,
    },
}

/// Files of a source that are read again.
#[derive(Clone)]
pub struct Again {
    pub spec: SourceSpec,
    pub files: Vec<FileRef>,
}

#[derive(Clone)]
pub struct Input {
    pub name: String,
    pub table: TableRef,
    pub dataset: Arc<Dataset>,
    pub increment: Increment,
}

#[derive(Clone)]
pub struct Reference {
    pub dataset: String,
    pub table: TableRef,
}

/// Where a dataset's table is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRef {
    pub dataset: String,
    /// `file:///…/` or `s3://…/`, ending in `/`.
    pub url: String,
}

pub struct StageOutcome {
    pub counts: Counts,
    pub verdicts: Vec<Verdict>,
    pub drift: Vec<Drift>,
    /// First refused rows, for the screen and the gate.
    pub samples: Vec<Sample>,
    pub staged: Staged,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub file: Option<String>,
    pub row: Option<u64>,
    pub raw: String,
    pub reasons: Vec<String>,
}

/// One refused row, as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// 16 hex digits over dataset, file, row and raw form: the same row refused twice has the same id.
    pub id: String,
    pub run: String,
    pub contract_id: String,
    pub contract_version: String,
    pub contract_digest: String,
    pub file: Option<String>,
    pub row: Option<i64>,
    pub raw: Option<String>,
    /// All checks that failed: a JSON array of `{"check","column","reason"}`.
    pub checks: String,
    /// Microseconds since the epoch.
    pub refused_at: i64,
    /// Only for a record that is not valid UTF-8.
    #[serde(skip)]
    pub raw_bytes: Option<Vec<u8>>,
    /// The header record of its file.
    #[serde(skip)]
    pub header: Option<String>,
}

/// What a table says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// Names of the partition columns.
    pub partitions: Vec<String>,
    /// Properties that Plimsoll has not set, constraints among them.
    pub properties: BTreeMap<String, String>,
    /// Columns that may hold NULL.
    pub nullable: Vec<String>,
    pub version: i64,
    /// The newest version that Plimsoll published.
    pub published: Option<i64>,
}

/// Takes some dead letters at a time.
pub type EachDeadLetter<'a> = dyn FnMut(Vec<DeadLetter>) -> Result<()> + Send + 'a;

/// Written and unpublished: enough to publish or discard it later, in another process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Staged {
    pub table: TableRef,
    pub commit: Commit,
    /// The engine's own: actions on the table and on its dead letters.
    pub work: serde_json::Value,
}

/// What the table's commit says about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Commit {
    pub run: String,
    pub dataset: String,
    pub contract: ContractRef,
    pub sequence: u64,
    pub fingerprint: String,
    pub definition: Definition,
    /// What is in force for these rows; commits of older versions do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Terms>,
    /// Of a migration: the version that it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
    pub positions: BTreeMap<String, Position>,
    pub files: Vec<FileRef>,
    pub files_all: bool,
    pub counts: Counts,
}

/// Takes one value of a column, as text; whether more are wanted.
pub type EachValue<'a> = dyn FnMut(&str, &str) -> Result<bool> + Send + 'a;

/// A dataset whose rows are looked at one by one outside of any run.
#[derive(Clone)]
pub struct Kept {
    pub dataset: Arc<Dataset>,
    pub table: TableRef,
    pub spec: TableSpec,
    /// The run that the commit is entered under.
    pub run: String,
}

/// What became of a table that was written anew.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Rewritten {
    /// Values encrypted anew, or rows taken out.
    pub count: u64,
    pub dead_letters: u64,
    /// Entries of the vault.
    pub tokens: u64,
    /// Dead letters that could not be looked into.
    pub unread: u64,
    /// Data files that are gone from the store, by their path in the warehouse.
    pub files: Vec<String>,
    /// Entries of the tables' logs that are gone with their statistics.
    pub log_entries: u64,
    #[serde(skip)]
    pub commit: Option<(i64, Commit)>,
}

/// Whose rows are taken out: where the value of one of these columns is one of these texts.
#[derive(Clone)]
pub struct Person {
    /// Columns of the dataset that identify.
    pub columns: Vec<String>,
    /// The value itself first, then its protected forms.
    pub forms: Vec<String>,
}

/// A version of a table that a breaking migration replaced, kept as a table of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Previous {
    pub dataset: String,
    /// Of its contract.
    pub version: String,
    pub url: String,
    /// The last day, `YYYY-MM-DD`.
    pub until: String,
    /// The newest version of the table that it shows.
    pub shows: Option<i64>,
    /// Why it shows no newer one and never will: one clause.
    pub stopped: Option<String>,
}

#[async_trait]
pub trait Engine: Send + Sync {
    /// An error when something that every stage of these datasets needs is missing, such as a key. Reads no row.
    fn ready(&self, _datasets: &[Arc<Dataset>]) -> Result<()> {
        Ok(())
    }

    /// Read, conform, check, transform, check, write, audit. Publishes nothing.
    async fn stage(&self, job: &StageJob) -> Result<StageOutcome>;

    /// One commit. Doing it again finds the application transaction and does nothing. Returns the table's version.
    async fn publish(&self, staged: &Staged) -> Result<i64>;

    /// The unpublished files as they are now, with digests over their bytes; an error when one is gone. Reads them all, so it is only
    /// for what a person is asked about.
    async fn seal(&self, staged: &Staged) -> Result<Vec<HeldFile>>;

    /// Deletes the unpublished files.
    async fn discard(&self, staged: &Staged) -> Result<()>;

    /// What the table's newest own commit says, and the table's newest version; finishes what a crash left half done.
    async fn published(&self, table: &TableRef) -> Result<Option<(Published, Commit)>>;

    /// What the table's own commits after `version` say, the oldest first, each with its version; -1 is before all of them.
    async fn commits(&self, table: &TableRef, version: i64) -> Result<Vec<(i64, Commit)>>;

    /// How much there is of the table, as its log says; `None` where there is no table.
    async fn size(&self, _table: &TableRef) -> Result<Option<Size>> {
        Ok(None)
    }

    /// Whether the table is at another version than `version` (`None`: no table). Must cost next to nothing when it is not.
    async fn moved(&self, table: &TableRef, version: Option<i64>) -> Result<bool>;

    /// What the table's newest version says about itself; `None` where there is no table.
    async fn layout(&self, table: &TableRef) -> Result<Option<Layout>>;

    /// At most `limit` dead letters of the dataset, and how many there are.
    async fn dead_letters(&self, table: &TableRef, limit: usize) -> Result<(Vec<DeadLetter>, u64)>;

    /// Every dead letter of the dataset, some at a time: there may be more than fit in memory.
    async fn each_dead_letter(&self, table: &TableRef, each: &mut EachDeadLetter<'_>) -> Result<()>;

    /// Takes dead letters away for good: those whose id begins with one of `ids`, or all when none is given. The table's older
    /// versions still have them. Returns how many there were.
    async fn discard_dead_letters(&self, table: &TableRef, ids: &[String]) -> Result<u64>;

    /// Data files of the dataset's table, and those of them that are not encrypted as a whole.
    async fn unencrypted(&self, _of: &Kept) -> Result<(u64, u64)> {
        Ok((0, 0))
    }

    /// The values of a table's first rows by column, as they are stored; false when there is no table.
    async fn values(&self, _of: &Kept, _rows: usize, _each: &mut EachValue<'_>) -> Result<bool> {
        Err(unsupported("values of tables cannot be looked at"))
    }

    /// The same of files that a source has not been read from yet.
    async fn landed(
        &self,
        _of: &Kept,
        _spec: &SourceSpec,
        _files: Vec<FileRef>,
        _rows: usize,
        _each: &mut EachValue<'_>,
    ) -> Result<()> {
        Err(unsupported("values of files cannot be looked at"))
    }

    /// Encrypts what is encrypted with the key `from` with the key `to`, in one commit for each table.
    async fn rotate(&self, _of: &Kept, _from: &str, _to: &str) -> Result<Rewritten> {
        Err(unsupported("keys cannot be rotated"))
    }

    /// What a value of the column is stored as, with each key that there is; nothing where that cannot be told from the value.
    fn forms(&self, _dataset: &Dataset, _column: &str, _value: &str) -> Vec<String> {
        Vec::new()
    }

    /// Takes the rows of one person out of the table, its dead letters and the vault, in one commit for each, and deletes the files and
    /// the log entries in which they were.
    async fn erase(&self, _of: &Kept, _person: &Person) -> Result<Rewritten> {
        Err(unsupported("rows cannot be erased"))
    }

    /// All versions that are kept beside the newest, in a warehouse whose URL ends in `/`; sorted.
    async fn previous(&self, _warehouse: &str) -> Result<Vec<Previous>> {
        Ok(Vec::new())
    }

    /// Brings one of them up to date with its table, where the rows of now can be told in the shape of then.
    async fn follow(&self, _of: &TableRef, _dataset: &Arc<Dataset>, _previous: &Previous) -> Result<()> {
        Ok(())
    }

    /// Deletes one of them.
    async fn remove_previous(&self, _previous: &Previous) -> Result<()> {
        Ok(())
    }

    /// Deletes data files that no commit names and no gate holds. `keep` lists held files.
    async fn sweep(&self, table: &TableRef, keep: &[Staged]) -> Result<u64>;
}

fn unsupported(what: &str) -> Error {
    Error::new(Kind::Input, format!("{what} by this engine"))
}
