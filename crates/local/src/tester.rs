//! Data tested against contracts without publishing: one pass over each dataset, in which every check is decided.
//!
//! ```text
//! probe ── columns, types, statistics ─▶ structure ─▶ program ─▶ lanes: slices of the needed columns ─▶ verdicts
//! ```
//!
//! Checks are lowered over the columns as they are stored, so nothing is converted before it is checked. What statistics
//! prove is not read; a slice whose extremes hold is not looked at row by row; both only where the proof is exact.

mod delta;
mod keys;
mod lane;
mod look;
mod pass;
mod program;
mod push;
mod query;
mod reference;
mod refused;
mod sample;
mod structure;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use contract::Dataset;
use engine::probe::{Data, Look, TableLook};
use engine::tester::{Looked, Place, Target, TestJob};
use engine::{EachValue, Error, Keys, Kind, Probe, Progress, Result, Tested, Tester};
use pipeline::Verdict;
use query::fed::Fed;

/// Rows of a slice: large enough that the work per slice vanishes, small enough for the cache.
const SLICE_ROWS: usize = 16 << 10;

/// How a test may use the machine.
#[derive(Debug, Clone)]
pub struct TesterOptions {
    /// Bytes that a test may take for what it holds: half of them for keys, which then go to disk, a quarter for keys that are
    /// referred to, an eighth for what readers have read ahead.
    pub memory: usize,
    /// Streams per dataset.
    pub partitions: usize,
    /// Where what does not fit in memory goes.
    pub spill: PathBuf,
    /// Object store options of tables, resolved.
    pub store: HashMap<String, String>,
    /// What encrypted tables are read with.
    pub keys: Keys,
}

/// Tests files, and tables of files and of databases.
pub struct DataTester {
    probe: Arc<dyn Probe>,
    options: TesterOptions,
}

/// A target whose data has been opened.
pub(crate) struct Opened<'a> {
    target: &'a Target,
    data: Arc<dyn Data>,
    /// The dataset with the types that its data is stored as.
    stored: Arc<Dataset>,
}

impl TesterOptions {
    /// What one stream of a reader should read at once.
    pub fn chunk_bytes(&self) -> usize {
        (self.memory / 8 / self.partitions.max(1) / 4).clamp(crate::CHUNK_BYTES_MIN, crate::CHUNK_BYTES_MAX)
    }
}

impl DataTester {
    pub fn new(options: TesterOptions, probe: Arc<dyn Probe>) -> Self {
        Self { probe, options }
    }

    async fn open<'a>(&self, target: &'a Target, job: &TestJob) -> Result<Opened<'a>> {
        let data = self.data(&target.place, &target.dataset, &job.progress).await?;
        let stored = Arc::new(structure::as_stored(&target.dataset, data.facts()));
        Ok(Opened { target, data, stored })
    }

    async fn data(&self, place: &Place, dataset: &Arc<Dataset>, progress: &Arc<Progress>) -> Result<Arc<dyn Data>> {
        Ok(match place {
            Place::Files { files, format } => {
                let look = Look {
                    dataset: Arc::clone(dataset),
                    files: files.clone(),
                    format: format.clone(),
                    partitions: self.options.partitions.max(1),
                    batch_rows: SLICE_ROWS,
                    progress: Arc::clone(progress),
                };
                self.probe.open(look).await?
            }
            Place::Delta { url } => delta::open(url, dataset, &self.options, progress).await?,
            Place::Postgres { url, schema, table } => {
                let look = TableLook {
                    dataset: Arc::clone(dataset),
                    url: url.clone(),
                    schema: schema.clone(),
                    table: table.clone(),
                    batch_rows: SLICE_ROWS,
                    progress: Arc::clone(progress),
                };
                self.probe.open_table(look).await?
            }
        })
    }

    async fn one(
        &self,
        at: usize,
        opened: &[Opened<'_>],
        job: &TestJob,
        refused: &mut Option<refused::Writer>,
    ) -> Result<Tested> {
        let started = Instant::now();
        let Some(this) = opened.get(at) else { return Err(Error::new(Kind::Bug, "a target was not opened")) };
        let fed = Fed::plan(this, opened, &self.options).await?;
        let whole_rows = refused.is_some();
        let compile = |pushes| program::compile(this, opened, &fed.columns(), program::Options { whole_rows, pushes });
        let mut program = compile(true)?;
        let answer = push::ask(this, &program).await?;
        if answer.is_none() && program.pushes {
            // What the database does not accept is decided here.
            program = compile(false)?;
        }
        reference::load(&mut program, opened, at, &self.options).await?;
        let (outcome, ground) = pass::run(this, program, fed, &self.options, refused, answer.as_ref()).await?;
        let program = &ground.program;
        let facts = this.data.facts();
        let mut verdicts = structure::verdicts(this, &outcome);
        for check in &this.target.dataset.checks {
            verdicts.push(program.verdict(check, &outcome, job.now_ms));
        }
        query::run(this, opened, &self.options, &outcome, &mut verdicts).await?;
        Ok(Tested {
            name: this.target.dataset.name.clone(),
            rows_read: outcome.rows,
            rows_refused: outcome.rows_refused,
            verdicts,
            extra: facts.extra.clone(),
            order: facts.order.clone(),
            sources: facts.files.clone(),
            in_database: program.pushed.count(),
            seconds: started.elapsed().as_secs_f64(),
        })
    }
}

#[async_trait]
impl Tester for DataTester {
    async fn columns(&self, place: &Place) -> Result<Vec<String>> {
        look::columns(self, place).await
    }

    async fn look(&self, place: &Place, columns: &[String], rows: usize, each: &mut EachValue<'_>) -> Result<Looked> {
        look::look(self, place, columns, rows, each).await
    }

    async fn test(&self, job: TestJob) -> Result<Vec<Tested>> {
        let mut opened = Vec::with_capacity(job.targets.len());
        for target in &job.targets {
            opened.push(self.open(target, &job).await?);
        }
        let mut refused = job.refused.as_ref().map(refused::Writer::create).transpose()?;
        let mut tested = Vec::with_capacity(opened.len());
        for at in 0..opened.len() {
            tested.push(self.one(at, &opened, &job, &mut refused).await?);
        }
        if let Some(refused) = refused {
            refused.finish()?;
        }
        Ok(tested)
    }
}

/// Finds the verdict of a check among those already made.
fn verdict_of<'a>(verdicts: &'a mut [Verdict], id: &str) -> Option<&'a mut Verdict> {
    verdicts.iter_mut().find(|verdict| verdict.id == id)
}
