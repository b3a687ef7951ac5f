//! A stored table made into what the present contract promises: its metadata alone where that is enough, otherwise file by file.
//!
//! Each file that is finished is noted beside the unpublished files, so that a migration that was cut off goes on where it was.

pub(crate) mod journal;
pub(crate) mod select;

use std::collections::HashMap;
use std::sync::Arc;

use contract::{Check, Dataset, Rule, Scope};
use datafusion::logical_expr::ident;
use datafusion::prelude::{DataFrame, SessionContext};
use deltalake::DeltaTable;
use deltalake::kernel::Add;
use engine::{Error, Kind, Result, StageJob, StageOutcome, Staged};
use futures::{StreamExt, TryStreamExt};
use pipeline::migration::{Migration, Protect, Step, Work as Touches};
use pipeline::state::Size;
use pipeline::{Counts, Verdict};

use crate::audit::{Audit, Staging, not_checked};
use crate::encryption::TableKey;
use crate::mapping::Mapping;
use crate::protect::Protector;
use crate::publish::{DeadWork, Kept, Work};
use crate::references::{self, References};
use crate::sink::{self, Part, Passing, Shared};
use crate::stage::{audited_checks, conform_verdict, row_verdicts};
use crate::writer::Layout;
use crate::{Local, dead_letter, delta, error, publish, row_checks, stats, vault};

use journal::{Finished, Journal};

/// Of old files that are worked on together: below, the new files would be small; above, a crash would cost much.
const LOT_BYTES: (u64, u64) = (16 << 20, 256 << 20);

pub(crate) async fn migrate(local: &Local, job: &StageJob, migration: &Migration) -> Result<StageOutcome> {
    let Some(table) = local.tables.open_rows(&job.table).await? else {
        return Err(Error::new(Kind::Conflict, "the table is gone")
            .at(&job.table.url)
            .help("run again: it is built anew"));
    };
    let protector = Protector::of(&job.dataset, &local.keys)?;
    let protection = Protection::of(migration, protector);
    if let Some(kept) = &protection.kept {
        kept.agrees(&table).map_err(|e| e.at(&job.table.url))?;
    }
    engine::fault::step("opened").await;
    let old = delta::files(&table)?;
    let mapping = publish::mapping(job, Some(&table))?;
    let migrating = Migrating::new(local, job, migration, &table, protection, mapping).await?;
    let moved = match migration.work() {
        Touches::Metadata => Moved { kept: old.clone(), ..Moved::default() },
        Touches::Read | Touches::Rewrite => migrating.files(&old).await?,
    };
    engine::fault::step("written").await;
    let rows: u64 = old.iter().map(stats::rows).sum();
    let mut moved = moved;
    let verdicts = migrating.verdicts(&mut moved, rows).await?;
    engine::fault::step("audited").await;
    let refused = moved.part.refused;
    // Where the log alone changes, no row was looked at.
    let looked_at = if migration.work() == Touches::Metadata { 0 } else { rows };
    let counts = Counts {
        rows_read: looked_at,
        rows_made: looked_at,
        rows_passed: looked_at.saturating_sub(refused),
        rows_refused: refused,
        bytes: moved.part.files.iter().map(|add| u64::try_from(add.size).unwrap_or(0)).sum(),
    };
    let Moved { mut part, removed, .. } = moved;
    part.samples.sort_by(|(_, a), (_, b)| a.raw.cmp(&b.raw));
    let dead = DeadWork { adds: part.dead_files, removes: Vec::new() };
    let protected = migrating.protection.whole.as_ref().map(|of| of.property());
    let layout = &migrating.shared.layout;
    let mapping = layout.mapping.as_deref();
    let kept = Kept { columns: &migrating.shared.columns, protected, key: layout.key.as_deref(), mapping };
    let work = Work::new(job, Some(&table), kept, part.files, removed, dead)?;
    Ok(StageOutcome {
        counts,
        verdicts,
        drift: Vec::new(),
        samples: part.samples.into_iter().map(|(_, sample)| sample).collect(),
        // Positions are those of the table as it is: nothing of its inputs is read.
        staged: Staged { table: job.table.clone(), commit: job.commit(counts), work: work.to_json()? },
    })
}

/// Who protects what: values that stay as they are stored must not be protected a second time.
struct Protection {
    whole: Option<Arc<Protector>>,
    /// Of the columns whose values are protected by this migration.
    made: Option<Arc<Protector>>,
    /// Of those that stay.
    kept: Option<Arc<Protector>>,
}

impl Protection {
    fn of(migration: &Migration, whole: Option<Arc<Protector>>) -> Self {
        let of = |wanted: &[Protect]| -> Vec<String> {
            let targets = migration.targets.iter().filter(|target| wanted.contains(&target.protect));
            targets.map(|target| target.column.clone()).collect()
        };
        let made = whole.as_ref().map(|whole| whole.only(&of(&[Protect::Apply, Protect::Anew])));
        let kept = whole.as_ref().map(|whole| whole.only(&of(&[Protect::Keep])));
        Self { whole, made, kept }
    }

    /// Whether a column's values cannot be looked at.
    fn hides(&self, column: &str) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.column(column).is_some())
    }
}

/// What became of the files.
#[derive(Default)]
struct Moved {
    part: Part,
    removed: Vec<Add>,
    /// Files that stay as they are.
    kept: Vec<Add>,
}

/// One migration.
struct Migrating<'a> {
    local: &'a Local,
    job: &'a StageJob,
    migration: &'a Migration,
    table: &'a DeltaTable,
    protection: Protection,
    context: SessionContext,
    references: References,
    /// For rows that are written.
    shared: Arc<Shared>,
    /// Checks that look at values which are stored protected, and why they are not executed.
    blind: Vec<(Check, String)>,
}

impl<'a> Migrating<'a> {
    async fn new(
        local: &'a Local,
        job: &'a StageJob,
        migration: &'a Migration,
        table: &'a DeltaTable,
        protection: Protection,
        mapping: Option<Arc<Mapping>>,
    ) -> Result<Self> {
        // One stream for a file, so that a file does not become several.
        let context = local.sessions.narrow(protection.whole.is_none() && job.dataset.encryption.is_none());
        let (dataset, blind) = looked_at(job, migration, &protection);
        let looking = StageJob { dataset: Arc::new(dataset), ..job.clone() };
        let references = references::load(local, &context, &looking, protection.made.as_deref()).await?;
        let columns = sql::arrow_schema(&job.dataset, sql::Nullable::AsContract);
        let key = TableKey::of(&job.dataset, &local.keys)?;
        let shared = Arc::new(Shared {
            job: job.clone(),
            checks: row_checks::lower(&looking.dataset, &references.broken),
            layout: Arc::new(Layout::new(&columns, &job.spec.partition_by).encrypted(key).mapped(mapping)),
            columns,
            dead_layout: sink::dead_layout(),
            tables: local.tables.clone(),
            read: None,
            bytes_max: local.sessions.file_bytes(),
            mask: contract::Mask::of(&select::both(&job.dataset, migration)),
            protector: protection.made.clone(),
            seal: dead_letter::Seal::of(&select::both(&job.dataset, migration), &local.keys)?,
            replaces_letters: false,
            raws: select::raws(&job.dataset, migration),
        });
        Ok(Self { local, job, migration, table, protection, context, references, shared, blind })
    }

    async fn files(&self, old: &[Add]) -> Result<Moved> {
        let total: u64 = old.iter().map(|add| u64::try_from(add.size).unwrap_or(0)).sum();
        self.job.progress.bytes_total.store(total, std::sync::atomic::Ordering::Relaxed);
        let journal = Journal::open(self.local, self.job, self.migration, delta::version(self.table)).await?;
        let known: HashMap<Vec<String>, Finished> = journal.finished().await?;
        let finished: Vec<(Vec<Add>, Finished)> = futures::stream::iter(self.lots(old, total))
            .map(|lot| self.lot(lot, &known, &journal))
            .buffered(self.local.sessions.partitions)
            .try_collect()
            .await?;
        let mut moved = Moved::default();
        for (lot, finished) in finished {
            match finished.stays {
                true => moved.kept.extend(lot),
                false => moved.removed.extend(lot),
            }
            moved.part.merge(finished.part());
        }
        Ok(moved)
    }

    /// Old files that are made into new ones together: each by itself, unless that would leave a small file of it in every new
    /// partition.
    fn lots(&self, old: &[Add], total: u64) -> Vec<Vec<Add>> {
        let steps = &self.migration.steps;
        if !steps.iter().any(|step| matches!(step, Step::Partition { .. })) {
            return old.iter().map(|add| vec![add.clone()]).collect();
        }
        let streams = self.local.sessions.partitions as u64;
        let most = total.div_ceil(streams).clamp(LOT_BYTES.0, LOT_BYTES.1);
        let mut lots: Vec<(u64, Vec<Add>)> = Vec::new();
        for add in old {
            let bytes = u64::try_from(add.size).unwrap_or(0);
            match lots.last_mut() {
                Some((held, lot)) if *held + bytes <= most => {
                    *held += bytes;
                    lot.push(add.clone());
                }
                _ => lots.push((bytes, vec![add.clone()])),
            }
        }
        lots.into_iter().map(|(_, lot)| lot).collect()
    }

    /// One lot, unless it was finished before.
    async fn lot(
        &self,
        lot: Vec<Add>,
        known: &HashMap<Vec<String>, Finished>,
        journal: &Journal,
    ) -> Result<(Vec<Add>, Finished)> {
        let bytes = lot.iter().map(|add| u64::try_from(add.size).unwrap_or(0)).sum();
        let rows = lot.iter().map(stats::rows).sum();
        let paths: Vec<String> = lot.iter().map(|add| add.path.clone()).collect();
        let finished = match known.get(&paths) {
            Some(finished) => finished.clone(),
            None => {
                let finished = self.moved(paths).await?;
                if let Some(protector) = &self.shared.protector {
                    let (table, name) = (&self.job.table, &self.job.dataset.name);
                    vault::keep(self.local, table, name, protector.tokens(), self.job.now_ms).await?;
                }
                engine::fault::step("migrated_file").await;
                journal.note(&finished).await?;
                engine::fault::step("noted_file").await;
                finished
            }
        };
        self.job.progress.advance(bytes, rows);
        Ok((lot, finished))
    }

    async fn moved(&self, paths: Vec<String>) -> Result<Finished> {
        // Most files need nothing: only one with a row that is refused is written anew.
        if !self.migration.rewrites() {
            let counted = self.pass(&paths, Passing::Counted).await?;
            if counted.refused == 0 {
                return Ok(Finished::of(paths, true, counted));
            }
        }
        let written = self.pass(&paths, Passing::Written).await?;
        Ok(Finished::of(paths, false, written))
    }

    async fn pass(&self, paths: &[String], passing: Passing) -> Result<Part> {
        let (dataset, paths) = (&self.job.dataset, paths.to_vec());
        let frame = select::frame(self.local, &self.context, dataset, self.migration, self.table, paths).await?;
        let doing = format!("migrating {}", self.job.dataset.name);
        let failed = |e| error::datafusion(&doing, e);
        let mut select: Vec<datafusion::logical_expr::Expr> =
            frame.schema().fields().iter().map(|field| ident(field.name())).collect();
        select.extend(self.shared.checks.exprs.iter().cloned());
        let joined = self.references.joined(&self.context, &frame).and_then(|frame| frame.select(select));
        let stream = joined.map_err(failed)?.execute_stream().await.map_err(failed)?;
        sink::drain(self.shared.clone(), stream, Vec::new(), passing).await
    }

    async fn verdicts(&self, moved: &mut Moved, rows: u64) -> Result<Vec<Verdict>> {
        let mut part = std::mem::take(&mut moved.part);
        part.rows = rows;
        let mut found = match self.migration.work() {
            Touches::Metadata => Vec::new(),
            Touches::Read | Touches::Rewrite => row_verdicts(&self.shared, &part),
        };
        found.extend(self.blind.iter().map(|(check, why)| not_checked(check, why)));
        if self.migration.audited || part.refused > 0 {
            let result = Staging {
                job: self.job,
                table: Some(self.table),
                kept: moved.kept.clone(),
                files: part.files.clone(),
                rewritten: Vec::new(),
                frame: crate::stage::frame_of(self.local, &self.context, self.job, &self.shared.layout, &part.files)
                    .await?,
                layout: self.shared.layout.clone(),
            };
            let audit = Audit { local: self.local, context: &self.context, result, counted: Vec::new() };
            found.extend(audit.run(&audited_checks(self.job), &mut part).await?);
        }
        let conform: Vec<Verdict> = part.conform.iter().map(|(id, count)| conform_verdict(id, *count, rows)).collect();
        moved.part = part;
        let order = |id: &str| self.job.dataset.checks.iter().position(|check| check.id == id).unwrap_or(usize::MAX);
        found.sort_by_key(|verdict| order(&verdict.id));
        Ok(conform.into_iter().chain(found).collect())
    }
}

/// The dataset with the row checks that stored rows are held against, and those that would need values which are stored protected.
fn looked_at(job: &StageJob, migration: &Migration, protection: &Protection) -> (Dataset, Vec<(Check, String)>) {
    let mut dataset = job.dataset.as_ref().clone();
    let (mut checks, mut blind) = (Vec::new(), Vec::new());
    for check in dataset.checks.into_iter().filter(|check| check.scope == Scope::Row && migration.checked) {
        let hidden = job.dataset.columns.iter().find(|column| {
            let names = match &check.rule {
                Rule::Required { .. } => false,
                // Which columns such a rule looks at only its text says.
                Rule::RowPredicate { .. } => true,
                Rule::Reference { columns, .. } => columns.contains(&column.name),
                _ => check.is_about(&column.name),
            };
            names && protection.hides(&column.name)
        });
        match hidden {
            Some(column) => blind.push((check, format!("{} is stored protected", column.name))),
            None => checks.push(check),
        }
    }
    dataset.checks = checks;
    (dataset, blind)
}

/// Stored files that stay as they are, as a frame of the contract's columns.
pub(crate) async fn kept(
    local: &Local,
    context: &SessionContext,
    job: &StageJob,
    migration: &Migration,
    table: &DeltaTable,
    paths: Vec<String>,
) -> Result<DataFrame> {
    let frame = select::frame(local, context, &job.dataset, migration, table, paths).await?;
    let columns: Vec<_> = job.dataset.columns.iter().map(|column| ident(&column.name)).collect();
    frame.select(columns).map_err(|e| error::datafusion("planning the audit", e))
}

/// Files that were finished by a migration which is not published yet must not be swept.
pub(crate) async fn unfinished(local: &Local, at: &engine::TableRef) -> Result<Vec<String>> {
    let version = match local.tables.open(at).await? {
        Some(table) => delta::version(&table),
        None => -1,
    };
    journal::named(local, at, version).await
}

/// What the log says.
pub(crate) async fn size(local: &Local, at: &engine::TableRef) -> Result<Option<Size>> {
    let Some(table) = local.tables.open(at).await? else { return Ok(None) };
    let mut size = Size::default();
    for add in delta::files(&table)? {
        size.files += 1;
        size.rows += stats::rows(&add);
        size.bytes += u64::try_from(add.size).unwrap_or(0);
    }
    Ok(Some(size))
}
