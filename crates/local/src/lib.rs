//! The embedded engine: DataFusion executes a stage, Delta Lake keeps its table.
//!
//! Knows DataFusion, Delta Lake and object stores. Must never know Spark, a terminal, or the ledger.
//!
//! The route of a stage, in the order of the modules: `session` (memory, spilling), `delta` (tables), `input` (what is read),
//! `row_checks` and `references` (what is checked), `sink` (what passes and what is refused), `protect` (what is stored of it), `writer`, `partition`
//! and `mapping` (data files, and the names that they know columns by), `dead_letter`, `audit` (the unpublished result as a whole), `merge` (what a result replaces), `publish`.
//! `migrate` takes the place of what is between reading and the audit where the stored table itself is what is read.

mod audit;
mod bare;
mod dead_letter;
mod delta;
mod encryption;
mod error;
mod input;
#[cfg(test)]
mod lineage_holds;
mod look;
mod mapping;
mod merge;
mod migrate;
mod partition;
mod previous;
mod protect;
mod publish;
mod references;
mod restore;
mod rewrite;
mod row_checks;
mod scratch;
mod seal;
mod session;
mod sink;
mod stage;
mod stats;
mod tester;
mod unique;
mod vault;
mod writer;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use contract::Dataset;
use engine::{
    Commit, DeadLetter, EachDeadLetter, EachValue, Engine, Kept, Keys, Person, Previous, Result, Rewritten, Source,
    StageJob, StageOutcome, Staged, TableRef,
};
use pipeline::gate::HeldFile;
use pipeline::state::{Published, Size};
use pipeline::{FileRef, SourceSpec};

pub use bare::{copy_unchecked, scan_unchecked};
pub use tester::{DataTester, TesterOptions};

/// How the embedded engine may use the machine.
#[derive(Debug, Clone)]
pub struct Options {
    /// Bytes that plans may hold before they spill.
    pub memory: usize,
    /// Streams per stage.
    pub partitions: usize,
    /// Stages that run at once.
    pub concurrency: usize,
    /// Where what does not fit in memory goes.
    pub spill: PathBuf,
    /// Object store options for the warehouse, resolved.
    pub store: HashMap<String, String>,
    /// What values are protected with.
    pub keys: Keys,
}

/// What a reader of files may read at once. Bytes.
const CHUNK_BYTES_MAX: usize = 1 << 20;
const CHUNK_BYTES_MIN: usize = 64 << 10;

impl Options {
    /// What one stream of a source should read at once: it holds a few of these, and they are to stay under an eighth of the memory.
    pub fn chunk_bytes(&self) -> usize {
        let streams = self.partitions.max(1) * self.concurrency.max(1);
        (self.memory / 8 / streams / 4).clamp(CHUNK_BYTES_MIN, CHUNK_BYTES_MAX)
    }
}

/// The engine `local`.
pub struct Local {
    sessions: session::Sessions,
    tables: delta::Tables,
    source: Arc<dyn Source>,
    scratch: scratch::Scratch,
    keys: Keys,
}

impl Local {
    pub fn new(options: Options, source: Arc<dyn Source>) -> Result<Self> {
        let scratch = scratch::Scratch::claim(&options.spill)?;
        Ok(Self {
            sessions: session::Sessions::new(&options, &scratch.folder)?,
            tables: delta::Tables::new(options.store, options.keys.clone()),
            source,
            scratch,
            keys: options.keys,
        })
    }
}

#[async_trait]
impl Engine for Local {
    fn ready(&self, datasets: &[Arc<Dataset>]) -> Result<()> {
        datasets.iter().try_for_each(|dataset| {
            protect::Protector::of(dataset, &self.keys)?;
            dead_letter::Seal::of(dataset, &self.keys)?;
            encryption::TableKey::of(dataset, &self.keys).map(|_| ())
        })
    }

    async fn stage(&self, job: &StageJob) -> Result<StageOutcome> {
        stage::stage(self, job).await
    }

    async fn publish(&self, staged: &Staged) -> Result<i64> {
        publish::publish(self, staged).await
    }

    async fn seal(&self, staged: &Staged) -> Result<Vec<HeldFile>> {
        seal::seal(self, staged).await
    }

    async fn discard(&self, staged: &Staged) -> Result<()> {
        publish::discard(self, staged).await
    }

    async fn published(&self, table: &TableRef) -> Result<Option<(Published, Commit)>> {
        publish::published(self, table).await
    }

    async fn commits(&self, table: &TableRef, version: i64) -> Result<Vec<(i64, Commit)>> {
        publish::commits(self, table, version).await
    }

    async fn moved(&self, table: &TableRef, version: Option<i64>) -> Result<bool> {
        publish::moved(self, table, version).await
    }

    async fn size(&self, table: &TableRef) -> Result<Option<Size>> {
        migrate::size(self, table).await
    }

    async fn layout(&self, table: &TableRef) -> Result<Option<engine::Layout>> {
        publish::layout(self, table).await
    }

    async fn dead_letters(&self, table: &TableRef, limit: usize) -> Result<(Vec<DeadLetter>, u64)> {
        dead_letter::DeadLetters::new(self, table).read(limit).await
    }

    async fn each_dead_letter(&self, table: &TableRef, each: &mut EachDeadLetter<'_>) -> Result<()> {
        dead_letter::DeadLetters::new(self, table).each(each).await
    }

    async fn discard_dead_letters(&self, table: &TableRef, ids: &[String]) -> Result<u64> {
        publish::discard_dead_letters(self, table, ids).await
    }

    async fn values(&self, of: &Kept, rows: usize, each: &mut EachValue<'_>) -> Result<bool> {
        look::values(self, of, rows, each).await
    }

    async fn unencrypted(&self, of: &Kept) -> Result<(u64, u64)> {
        look::unencrypted(self, of).await
    }

    async fn landed(
        &self,
        of: &Kept,
        spec: &SourceSpec,
        files: Vec<FileRef>,
        rows: usize,
        each: &mut EachValue<'_>,
    ) -> Result<()> {
        look::landed(self, of, spec, files, rows, each).await
    }

    async fn rotate(&self, of: &Kept, from: &str, to: &str) -> Result<Rewritten> {
        rewrite::rotate(self, of, from, to).await
    }

    fn forms(&self, dataset: &Dataset, column: &str, value: &str) -> Vec<String> {
        rewrite::forms(&self.keys, dataset, column, value)
    }

    async fn erase(&self, of: &Kept, person: &Person) -> Result<Rewritten> {
        rewrite::erase(self, of, person).await
    }

    async fn previous(&self, warehouse: &str) -> Result<Vec<Previous>> {
        previous::all(self, warehouse).await
    }

    async fn follow(&self, of: &TableRef, dataset: &Arc<Dataset>, previous: &Previous) -> Result<()> {
        previous::follow(self, of, dataset, previous).await
    }

    async fn remove_previous(&self, previous: &Previous) -> Result<()> {
        previous::remove(self, previous).await
    }

    async fn sweep(&self, table: &TableRef, keep: &[Staged]) -> Result<u64> {
        publish::sweep(self, table, keep).await
    }
}
