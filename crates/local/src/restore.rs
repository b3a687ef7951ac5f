//! An earlier version of a table made the newest again: its very files, its schema, and what was refused since taken back.

use std::collections::HashSet;

use deltalake::DeltaTable;
use deltalake::kernel::Add;
use engine::{Commit, DeadLetter, Error, Kind, Result, StageInput, StageJob, StageOutcome, Staged};
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStoreExt;
use object_store::path::Path;
use pipeline::Counts;
use pipeline::state::Before;

use crate::publish::{self, DeadWork, Work};
use crate::{Local, dead_letter, delta, error, stage, stats};

/// Files that are looked for side by side.
const LOOKUPS: usize = 16;

/// `again`: what was read since is read again, into the table as it was then, and both are one commit.
pub(crate) async fn restore(local: &Local, job: &StageJob, before: &Before, again: bool) -> Result<StageOutcome> {
    let Some(table) = local.tables.open(&job.table).await? else {
        return Err(Error::new(Kind::Conflict, "the table is gone").at(&job.table.url).help("run again"));
    };
    let commits = publish::commits(local, &job.table, before.version - 1).await?;
    let is_that = |(version, commit): &(i64, Commit)| *version == before.version && commit.run == before.run;
    if !commits.iter().any(is_that) {
        return Err(gone(job, before, "its log does not have that version any more"));
    }
    let then = delta::at(&local.tables, &job.table, before.version).await?;
    let (old, now) = (delta::files(&then)?, delta::files(&table)?);
    let adds = without(&old, &now);
    if let Some(missing) = missing(local, job, &adds).await? {
        return Err(gone(job, before, &format!("its file {missing} was deleted")));
    }
    let since: HashSet<&str> = commits
        .iter()
        .filter(|(version, _)| *version > before.version)
        .map(|(_, commit)| commit.run.as_str())
        .collect();
    let dead = taken_back(local, job, &since).await?;
    if again {
        return read_again(local, job, Versions { table, then }, dead).await;
    }
    let removes = without(&now, &old);
    let rows = old.iter().map(stats::rows).sum();
    let counts = Counts { rows_read: rows, rows_made: rows, rows_passed: rows, rows_refused: 0, bytes: 0 };
    let work = Work::restored(&table, &then, adds, &removes, dead)?;
    Ok(StageOutcome {
        counts,
        verdicts: Vec::new(),
        drift: Vec::new(),
        samples: Vec::new(),
        staged: Staged { table: job.table.clone(), commit: job.commit(counts), work: work.to_json()? },
    })
}

struct Versions {
    table: DeltaTable,
    then: DeltaTable,
}

/// The result of what was read since, as if the table had never been another than then.
async fn read_again(local: &Local, job: &StageJob, versions: Versions, dead: DeadWork) -> Result<StageOutcome> {
    let Versions { table, then } = versions;
    let (old, now) = (delta::files(&then)?, delta::files(&table)?);
    let mut outcome = stage::staged(local, job, Some(then.clone())).await?;
    let made = Work::of(&outcome.staged)?;
    let replaced: HashSet<&str> = made.removes.iter().map(|remove| remove.path.as_str()).collect();
    let stays: Vec<Add> = old.into_iter().filter(|add| !replaced.contains(add.path.as_str())).collect();
    let removes = without(&now, &stays);
    let adds = without(&stays, &now).into_iter().chain(made.adds).collect();
    let adds_dead = dead.adds.into_iter().chain(made.dead.adds).collect();
    let work = Work::restored(&table, &then, adds, &removes, DeadWork { adds: adds_dead, removes: dead.removes })?;
    outcome.staged.work = work.to_json()?;
    Ok(outcome)
}

fn without(files: &[Add], others: &[Add]) -> Vec<Add> {
    let others: HashSet<&str> = others.iter().map(|add| add.path.as_str()).collect();
    files.iter().filter(|add| !others.contains(add.path.as_str())).cloned().collect()
}

/// The first file that is not there any more.
async fn missing(local: &Local, job: &StageJob, files: &[Add]) -> Result<Option<String>> {
    let store = local.tables.log_store(&job.table)?.object_store(None);
    let paths: Vec<String> = files.iter().map(|add| add.path.clone()).collect();
    let looked = futures::stream::iter(paths).map(|path| {
        let store = store.clone();
        async move {
            match store.head(&Path::from(path.as_str())).await {
                Ok(_) => Ok(None),
                Err(object_store::Error::NotFound { .. }) => Ok(Some(path)),
                Err(e) => Err(error::store("looking for files of an earlier version", e)),
            }
        }
    });
    let found: Vec<Option<String>> = looked.buffered(LOOKUPS).try_collect().await?;
    Ok(found.into_iter().flatten().next())
}

/// Rows that were refused since are in the table again, or are read again, as are all of files that were replaced since.
async fn taken_back(local: &Local, job: &StageJob, since: &HashSet<&str>) -> Result<DeadWork> {
    let read: HashSet<&str> = match &job.input {
        StageInput::Restored { again: Some(again), .. } => again.files.iter().map(|file| file.path.as_str()).collect(),
        _ => HashSet::new(),
    };
    let gone = |letter: &DeadLetter| {
        since.contains(letter.run.as_str()) || letter.file.as_deref().is_some_and(|file| read.contains(file))
    };
    Ok(match dead_letter::DeadLetters::new(local, &job.table).without(&gone).await? {
        Some(rewritten) => DeadWork { adds: rewritten.adds, removes: rewritten.removes },
        None => DeadWork::default(),
    })
}

fn gone(job: &StageJob, before: &Before, why: &str) -> Error {
    let message = format!("{} cannot go back to version {}: {why}", job.dataset.name, before.version);
    Error::new(Kind::Refused, message)
        .at(&job.table.url)
        .help("drop the table to have it built anew, or bring back the contract that it has now")
}
