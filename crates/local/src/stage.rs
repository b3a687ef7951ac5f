//! One stage: read, check, write, replace, audit. Nothing that it writes is published.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use contract::{Check, Rule, Scope, Severity};
use datafusion::logical_expr::{Expr, cast, ident, lit};
use datafusion::prelude::{DataFrame, ParquetReadOptions, SessionContext};
use datafusion::scalar::ScalarValue;
use deltalake::DeltaTable;
use deltalake::kernel::Add;
use engine::{Again, Commit, FileRef, Result, StageInput, StageJob, StageOutcome, Staged};
use pipeline::{Counts, Outcome, Transform, Verdict, Write};
use tokio::task::JoinSet;

use crate::audit::{Audit, Staging, key_hashes, not_checked, verdict};
use crate::encryption::TableKey;
use crate::protect::Protector;
use crate::publish::{DeadWork, Kept, Work};
use crate::references::{self, References};
use crate::sink::{self, Part, Passing, Shared};
use crate::writer::Layout;
use crate::{
    Local, dead_letter, delta, encryption, error, input, merge, migrate, publish, restore, row_checks, stats, vault,
};

pub(crate) async fn stage(local: &Local, job: &StageJob) -> Result<StageOutcome> {
    let done = match &job.input {
        StageInput::Stored { migration } => migrate::migrate(local, job, migration).await,
        StageInput::Restored { before, again } => restore::restore(local, job, before, again.is_some()).await,
        _ => staged(local, job, local.tables.open(&job.table).await?).await,
    };
    if is_sensitive(job) { done.map_err(engine::Error::without_values) } else { done }
}

/// Whether a value in an error message could be one that must not be shown.
fn is_sensitive(job: &StageJob) -> bool {
    let hidden = |dataset: &contract::Dataset| dataset.columns.iter().any(contract::Column::is_classified);
    hidden(&job.dataset)
        || matches!(&job.input, StageInput::Model { inputs, .. } if inputs.iter().any(|input| hidden(&input.dataset)))
}

/// Whether rows of an encrypted table pass through: nothing of them may be spilled.
fn is_encrypted(job: &StageJob) -> bool {
    let inputs = match &job.input {
        StageInput::Model { inputs, .. } => inputs.as_slice(),
        _ => &[],
    };
    job.dataset.encryption.is_some() || inputs.iter().any(|input| input.dataset.encryption.is_some())
}

/// `table` is what the result goes into.
pub(crate) async fn staged(local: &Local, job: &StageJob, table: Option<DeltaTable>) -> Result<StageOutcome> {
    let protector = Protector::of(&job.dataset, &local.keys)?;
    let key = TableKey::of(&job.dataset, &local.keys)?;
    let context = match protector.is_some() || is_encrypted(job) {
        true => local.sessions.unspilled(),
        false => local.sessions.session(),
    };
    if let (Some(protector), Some(table)) = (&protector, &table)
        && !(job.rebuild || job.spec.write == Write::Overwrite)
    {
        protector.agrees(table).map_err(|e| e.at(&job.table.url))?;
    }
    if let Some(table) = table.as_ref().filter(|_| !(job.rebuild || job.spec.write == Write::Overwrite)) {
        encryption::readable(table, &local.keys).map_err(|e| e.at(&job.table.url))?;
    }
    let mapping = publish::mapping(job, table.as_ref())?;
    engine::fault::step("opened").await;
    let opened = input::open(local, &context, job).await?;
    let references = references::load(local, &context, job, protector.as_deref()).await?;
    let audited = audited_checks(job);
    let columns = sql::arrow_schema(&job.dataset, sql::Nullable::AsContract);
    let layout = Layout::new(&columns, &job.spec.partition_by).encrypted(key).mapped(mapping.clone());
    let reading = Reading { frame: &opened.frame, read: opened.read, references: &references, protector, layout };
    let (mut part, shared) = pass(local, &context, job, reading, &audited).await?;
    if let Some(protector) = &shared.protector {
        vault::keep(local, &job.table, &job.dataset.name, protector.tokens(), job.now_ms).await?;
    }
    engine::fault::step("written").await;

    // Where all was read in place of an increment, what is not in the result is gone.
    let all = opened.rewritten && job.spec.write != Write::Overwrite;
    let rebuild = job.rebuild || all;
    let replaced =
        replace(local, &context, job, table.as_ref(), &part.files, &shared.layout, rebuild, opened.touched).await?;
    engine::fault::step("merged").await;
    let verdicts = verdicts(local, &context, job, table.as_ref(), &replaced, &mut part, &shared, &audited).await?;
    engine::fault::step("audited").await;

    // Streams end in any order; people and tests want the same rows every time.
    part.samples.sort_by(|(_, a), (_, b)| (&a.file, a.row, &a.raw).cmp(&(&b.file, b.row, &b.raw)));
    let is_model = matches!(job.input, StageInput::Model { .. });
    let counts = Counts {
        rows_read: if is_model { opened.rows_read } else { part.rows },
        rows_made: part.rows,
        rows_passed: part.rows - part.refused,
        rows_refused: part.refused,
        bytes: replaced.files.iter().map(|add| u64::try_from(add.size).unwrap_or(0)).sum(),
    };
    let commit = Commit {
        positions: opened.positions,
        files: files_read(job, &shared),
        files_all: matches!(job.input, StageInput::Files { .. }) && (job.rebuild || job.spec.write == Write::Overwrite),
        ..job.commit(counts)
    };
    let dead = dead_work(local, job, &shared, &mut part, rebuild).await?;
    let kept = Kept {
        columns: &shared.columns,
        protected: shared.protector.as_ref().map(|of| of.property()),
        key: shared.layout.key.as_deref(),
        mapping: mapping.as_deref(),
    };
    let work = Work::new(job, table.as_ref(), kept, replaced.files, replaced.removed, dead)?;
    Ok(StageOutcome {
        counts,
        verdicts,
        drift: shared.read.as_ref().map(|read| read.drift.clone()).unwrap_or_default(),
        samples: part.samples.into_iter().map(|(_, sample)| sample).collect(),
        staged: Staged { table: job.table.clone(), commit, work: work.to_json()? },
    })
}

/// The contract's checks, and that the key of a merge is one.
pub(crate) fn audited_checks(job: &StageJob) -> Vec<Check> {
    let mut checks = job.dataset.checks.clone();
    let stated =
        checks.iter().any(|check| matches!(&check.rule, Rule::Unique { columns, .. } if *columns == job.spec.key));
    if job.spec.write == Write::Merge && !stated {
        checks.push(Check {
            id: format!("{}.merge_key", job.dataset.name),
            scope: Scope::Dataset,
            severity: Severity::Error,
            element: None,
            rule: Rule::Unique { columns: job.spec.key.clone(), primary_key: false },
            expected: format!("unique in {} (the merge key)", job.spec.key.join(", ")),
            threshold: None,
            limits: contract::Limits::default(),
        });
    }
    checks
}

/// What the pass looks at.
struct Reading<'a> {
    frame: &'a DataFrame,
    read: Option<input::SourceRead>,
    references: &'a References,
    protector: Option<Arc<Protector>>,
    layout: Layout,
}

/// The one pass over the rows.
async fn pass(
    local: &Local,
    context: &SessionContext,
    job: &StageJob,
    reading: Reading<'_>,
    audited: &[Check],
) -> Result<(Part, Arc<Shared>)> {
    let Reading { frame, read, references, protector, layout } = reading;
    let doing = format!("planning the checks of {}", job.dataset.name);
    let failed = |e| error::datafusion(&doing, e);
    let checks = row_checks::lower(&job.dataset, &references.broken);
    let mut select: Vec<Expr> = frame.schema().fields().iter().map(|field| ident(field.name())).collect();
    select.extend(checks.exprs.iter().cloned());
    let checked = references.joined(context, frame).and_then(|frame| frame.select(select)).map_err(failed)?;
    let streams = checked.execute_stream_partitioned().await.map_err(failed)?;

    let columns = sql::arrow_schema(&job.dataset, sql::Nullable::AsContract);
    let shared = Arc::new(Shared {
        job: job.clone(),
        checks,
        layout: Arc::new(layout),
        columns,
        dead_layout: sink::dead_layout(),
        tables: local.tables.clone(),
        read,
        bytes_max: local.sessions.file_bytes(),
        mask: contract::Mask::of(&job.dataset),
        protector,
        seal: dead_letter::Seal::of(&job.dataset, &local.keys)?,
        replaces_letters: !matches!(job.spec.write, Write::Append | Write::Overwrite),
        raws: Vec::new(),
    });
    let mut draining = JoinSet::new();
    for stream in streams {
        draining.spawn(sink::drain(shared.clone(), stream, key_hashes(local, &job.dataset, audited), Passing::Written));
    }
    let mut total = Part::default();
    while let Some(ended) = draining.join_next().await {
        let part = ended.map_err(|e| engine::Error::new(engine::Kind::Bug, format!("{doing}: a stream died: {e}")))?;
        total.merge(part?);
    }
    Ok((total, shared))
}

struct Replaced {
    /// What the commit adds.
    files: Vec<Add>,
    rewritten: Vec<Add>,
    removed: Vec<Add>,
    kept: Vec<Add>,
    frame: DataFrame,
}

/// What the write mode does with the rows that are there. `touched` are the inputs' partitions that were read again: where the
/// table is partitioned as they are, one that has no rows any more goes too.
#[allow(clippy::too_many_arguments, reason = "what is written, and what it may replace")]
async fn replace(
    local: &Local,
    context: &SessionContext,
    job: &StageJob,
    table: Option<&DeltaTable>,
    fresh: &[Add],
    layout: &Arc<Layout>,
    rebuild: bool,
    touched: std::collections::BTreeSet<delta::Partition>,
) -> Result<Replaced> {
    let old = match table {
        Some(table) => delta::files(table)?,
        None => Vec::new(),
    };
    let frame = frame_of(local, context, job, layout, fresh).await?;
    let mut rewritten = Vec::new();
    // Dead letters that are accepted now come on top of what is there; only a merge may replace a row by its key.
    let write = match (&job.input, job.spec.write) {
        (StageInput::DeadLetters { .. }, Write::Overwrite | Write::ReplacePartitions) => Write::Append,
        (_, write) => write,
    };
    let removed = match (rebuild, write, table) {
        (_, _, None) => Vec::new(),
        (true, ..) | (_, Write::Overwrite, _) => old.clone(),
        (_, Write::Append, _) => Vec::new(),
        (_, Write::ReplacePartitions, _) => {
            let mut new = touched;
            new.extend(fresh.iter().map(|add| layout.partition(add)));
            old.iter().filter(|add| new.contains(&layout.partition(add))).cloned().collect()
        }
        (_, Write::Merge, Some(table)) => {
            let merged = merge::merge(local, context, job, table, fresh, &frame, layout).await?;
            rewritten = merged.rewritten;
            merged.removed
        }
    };
    let gone: std::collections::HashSet<&str> = removed.iter().map(|add| add.path.as_str()).collect();
    let kept = old.iter().filter(|add| !gone.contains(add.path.as_str())).cloned().collect();
    let files: Vec<Add> = fresh.iter().chain(&rewritten).cloned().collect();
    let frame = if rewritten.is_empty() { frame } else { frame_of(local, context, job, layout, &files).await? };
    Ok(Replaced { files, rewritten, removed, kept, frame })
}

/// Unpublished files as a frame of the contract's columns and types.
pub(crate) async fn frame_of(
    local: &Local,
    context: &SessionContext,
    job: &StageJob,
    layout: &Layout,
    files: &[Add],
) -> Result<DataFrame> {
    let doing = format!("reading unpublished files of {}", job.dataset.name);
    let failed = |e| error::datafusion(&doing, e);
    let schema = sql::arrow_schema(&job.dataset, sql::Nullable::All);
    let layout = Layout::new(&schema, &job.spec.partition_by).mapped(layout.mapping.clone());
    let url = url::Url::parse(&job.table.url).map_err(|e| engine::Error::new(engine::Kind::Bug, e.to_string()))?;
    context.register_object_store(&url, local.tables.log_store(&job.table)?.root_object_store(None));
    let identity: Vec<String> = job
        .spec
        .partition_by
        .iter()
        .filter(|by| by.transform == Transform::Identity)
        .map(pipeline::PartitionBy::name)
        .collect();
    let mut groups: BTreeMap<Vec<Option<String>>, Vec<String>> = BTreeMap::new();
    for add in files.iter().filter(|add| stats::rows(add) > 0) {
        let values =
            identity.iter().map(|name| add.partition_values.get(layout.name(name)).cloned().flatten()).collect();
        groups.entry(values).or_default().push(format!("{}{}", job.table.url, add.path));
    }
    let mut frame: Option<DataFrame> = None;
    for (values, paths) in groups {
        let options = ParquetReadOptions::default().schema(layout.files());
        let read = context.read_parquet(paths, options).await.map_err(failed)?;
        let columns: Vec<Expr> = job
            .dataset
            .columns
            .iter()
            .map(|column| {
                let wanted = sql::arrow_type(&column.data_type);
                match identity.iter().position(|name| *name == column.name) {
                    Some(index) => cast(lit(ScalarValue::Utf8(values[index].clone())), wanted).alias(&column.name),
                    None => cast(layout.column(&column.name), wanted).alias(&column.name),
                }
            })
            .collect();
        let read = read.select(columns).map_err(failed)?;
        frame = Some(match frame {
            Some(frame) => frame.union(read).map_err(failed)?,
            None => read,
        });
    }
    match frame {
        Some(frame) => Ok(frame),
        None => context.read_batch(arrow::array::RecordBatch::new_empty(schema)).map_err(failed),
    }
}

#[allow(clippy::too_many_arguments, reason = "the audit looks at everything that a stage made")]
async fn verdicts(
    local: &Local,
    context: &SessionContext,
    job: &StageJob,
    table: Option<&DeltaTable>,
    replaced: &Replaced,
    part: &mut Part,
    shared: &Shared,
    audited: &[Check],
) -> Result<Vec<Verdict>> {
    let mut found = row_verdicts(shared, part);
    let counted =
        shared.checks.metrics.iter().map(|check| check.id.clone()).zip(part.metrics.iter().copied()).collect();
    let result = Staging {
        job,
        table,
        kept: replaced.kept.clone(),
        files: replaced.files.clone(),
        rewritten: replaced.rewritten.clone(),
        frame: replaced.frame.clone(),
        layout: shared.layout.clone(),
    };
    found.extend(Audit { local, context, result, counted }.run(audited, part).await?);
    let order = |id: &str| audited.iter().position(|check| check.id == id).unwrap_or(usize::MAX);
    found.sort_by_key(|verdict| order(&verdict.id));
    let conform = part.conform.iter().map(|(id, count)| conform_verdict(id, *count, part.rows));
    Ok(conform.chain(found).collect())
}

/// One verdict for each row check of the pass.
pub(crate) fn row_verdicts(shared: &Shared, part: &Part) -> Vec<Verdict> {
    let samples = |id: &String| {
        let of = part.samples.iter().filter(|(checks, _)| checks.contains(id)).take(3);
        of.map(|(_, sample)| serde_json::json!(sample)).collect()
    };
    let checked = shared.checks.checks.iter().zip(&part.violations);
    let checked = checked.map(|(check, violations)| Verdict {
        samples: samples(&check.id),
        ..verdict(check, *violations, None, part.rows)
    });
    let not = shared.checks.not_executable.iter().map(|(check, reason)| not_checked(check, reason));
    checked.chain(not).collect()
}

/// The verdict of the reader: a value that is not of its type, or a record that is none.
pub(crate) fn conform_verdict(id: &str, violations: u64, rows: u64) -> Verdict {
    let (element, kind) = id.rsplit_once('.').unwrap_or(("record", id));
    let expected = match kind {
        "type" => format!("readable as the type of {element}"),
        "shape" => "a record with the header's fields".to_owned(),
        "encoding" => "text in the file's encoding".to_owned(),
        _ => "a record of bearable length".to_owned(),
    };
    Verdict {
        id: id.to_owned(),
        kind: kind.to_owned(),
        scope: Scope::Row,
        element: (element != "record").then(|| element.to_owned()),
        severity: Severity::Error,
        outcome: Outcome::Failed,
        violations,
        value: None,
        ratio: if rows == 0 { 0.0 } else { violations as f64 / rows as f64 },
        reason: Some(format!("{violations} of {rows} rows, expected {expected}")),
        expected,
        threshold: None,
        samples: Vec::new(),
    }
}

/// The files of the job with the hashes that the reader took.
fn files_read(job: &StageJob, shared: &Shared) -> Vec<FileRef> {
    let files = match &job.input {
        StageInput::Files { files, .. } | StageInput::Restored { again: Some(Again { files, .. }), .. } => files,
        _ => return Vec::new(),
    };
    let hashes = shared.read.as_ref().and_then(|read| read.hashes.lock().ok().map(|h| h.clone())).unwrap_or_default();
    files
        .iter()
        .enumerate()
        .map(|(index, file)| {
            let hash = hashes.get(index).cloned().flatten().or_else(|| file.hash.clone());
            FileRef { hash, ..file.clone() }
        })
        .collect()
}

/// What happens to the dead letter table: new letters are added; letters of rows that were read again are replaced.
async fn dead_work(local: &Local, job: &StageJob, shared: &Shared, part: &mut Part, rebuild: bool) -> Result<DeadWork> {
    let dead = dead_letter::table(&job.table);
    let mut work = DeadWork { adds: std::mem::take(&mut part.dead_files), removes: Vec::new() };
    if let Some(replay) = shared.read.as_ref().and_then(|read| read.replay.as_ref()) {
        work.removes = replay.consumed.clone();
        work.adds.extend(replay.kept.clone());
        return Ok(work);
    }
    // Who goes back looks after the letters that are there.
    if matches!(job.input, StageInput::Restored { .. }) {
        return Ok(work);
    }
    if rebuild || job.spec.write == Write::Overwrite {
        if let Some(table) = local.tables.open(&dead).await? {
            work.removes = delta::files(&table)?;
        }
        return Ok(work);
    }
    if job.spec.write != Write::Append && !part.dead_ids.is_empty() {
        let again: HashSet<u64> = part.dead_ids.iter().copied().collect();
        let letters = dead_letter::DeadLetters::new(local, &job.table);
        let gone = |letter: &engine::DeadLetter| again.contains(&dead_letter::id_number(&letter.id));
        if let Some(rewritten) = letters.without(&gone).await? {
            work.removes = rewritten.removes;
            work.adds.extend(rewritten.adds);
        }
    }
    Ok(work)
}
