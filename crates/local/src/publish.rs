//! Publishing: one Delta commit with the rows' files, the application transaction, and what the stage says about itself.
//!
//! Its dead letters follow in a second commit that the first one describes, so that a crash between the two is finished later.

mod protocol;
mod work;

use std::collections::{BTreeMap, HashSet};

use arrow::datatypes::SchemaRef;
use deltalake::DeltaTable;
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TableReference};
use deltalake::kernel::{Action, Add, StructType, Transaction, new_metadata};
use deltalake::logstore::LogStoreRef;
use deltalake::protocol::{DeltaOperation, SaveMode};
use engine::{Commit, Error, Kind, Result, Staged, TableRef};
use futures::TryStreamExt;
use object_store::ObjectStoreExt;
use pipeline::Terms;
use pipeline::state::Published;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) use work::{DeadWork, Kept, Work, configured, mapping, remove};

use crate::writer::Layout;
use crate::{Local, dead_letter, delta, error, migrate, previous};

/// The key of our part of a commit's information.
const COMMIT_KEY: &str = "plimsoll";
/// How the properties begin that Plimsoll sets.
const OWN_PROPERTIES: &str = "plimsoll.";
/// Commits of others between our newest one and the end of the log that are looked through.
const FOREIGN_COMMITS_MAX: i64 = 1000;

/// What a commit says about itself under `plimsoll`.
#[derive(Serialize, Deserialize)]
struct Said {
    commit: Commit,
    dead: DeadWork,
}

fn application(dataset: &str) -> String {
    format!("plimsoll/{dataset}")
}

pub(crate) async fn publish(local: &Local, staged: &Staged) -> Result<i64> {
    let work = Work::of(staged)?;
    let table = local.tables.open(&staged.table).await?;
    if let Some((published, said)) = own(table.as_ref()).await?
        && published.sequence >= staged.commit.sequence
    {
        if published.sequence == staged.commit.sequence && said.commit.run == staged.commit.run {
            finish_dead(local, &staged.table, &said).await?;
            return Ok(published.version);
        }
        return Err(Error::new(
            Kind::Conflict,
            format!("stage {} was published by another run", staged.commit.sequence),
        )
        .at(&staged.table.url)
        .help("plan again: what was staged is out of date"));
    }
    if table.as_ref().map(delta::version) != work.base {
        return Err(Error::new(Kind::Conflict, "the table was changed by someone else since this result was made")
            .at(&staged.table.url)
            .help("nothing was published; see `plimsoll plan`"));
    }
    if let (Some(until), Some(table)) = (&work.keeps_until, &table) {
        let newest = own(Some(table)).await?.map(|(_, said)| said.commit);
        previous::keep(local, &staged.table, table, newest.as_ref(), until).await?;
        engine::fault::step("kept").await;
    }
    let said = Said { commit: staged.commit.clone(), dead: work.dead };
    let mut actions: Vec<Action> = Vec::new();
    if let Some((protocol, metadata)) = work.schema {
        actions.push(Action::Protocol(protocol));
        actions.push(Action::Metadata(metadata));
    }
    actions.extend(work.removes.into_iter().map(Action::Remove));
    actions.extend(work.adds.into_iter().map(Action::Add));
    let mode = if work.overwrites { SaveMode::Overwrite } else { SaveMode::Append };
    engine::fault::step("before_commit").await;
    let version =
        commit(local, &staged.table, table.as_ref(), actions, mode, staged.commit.sequence, Some(&said)).await?;
    engine::fault::step("committed").await;
    if work.migrates {
        migrate::journal::clear(local, &staged.table).await?;
    }
    finish_dead(local, &staged.table, &said).await?;
    engine::fault::step("dead_letters_committed").await;
    Ok(version)
}

/// One commit with the application transaction of the dataset.
async fn commit(
    local: &Local,
    at: &TableRef,
    table: Option<&DeltaTable>,
    actions: Vec<Action>,
    mode: SaveMode,
    sequence: u64,
    said: Option<&Said>,
) -> Result<i64> {
    let transaction = Transaction::new(application(&at.dataset), i64::try_from(sequence).unwrap_or(i64::MAX));
    let said = said.map(serde_json::to_value).transpose().unwrap_or_default().unwrap_or(json!({}));
    let properties = CommitProperties::default()
        .with_metadata([(COMMIT_KEY.to_owned(), said)])
        .with_application_transaction(transaction)
        .with_cleanup_expired_logs(Some(false))
        .with_max_retries(0);
    let store = match table {
        Some(table) => table.log_store(),
        None => local.tables.log_store(at)?,
    };
    let reference = match table {
        Some(table) => Some(table.snapshot().map_err(|e| error::delta("opening the table", e))? as &dyn TableReference),
        None => None,
    };
    let operation = DeltaOperation::Write { mode, partition_by: None, predicate: None };
    let committed = CommitBuilder::from(properties)
        .with_actions(actions)
        .build(reference, store, operation)
        .await
        .map_err(|e| error::delta("publishing", e).at(&at.url))?;
    Ok(i64::try_from(committed.version()).unwrap_or(i64::MAX))
}

/// The commit to the dead letter table that belongs to a publication. Another process may see it unfinished and finish it at the
/// same time; whoever comes second finds it there.
async fn finish_dead(local: &Local, table: &TableRef, said: &Said) -> Result<()> {
    match finish_dead_once(local, table, said).await {
        Err(error) if error.kind == Kind::Conflict => finish_dead_once(local, table, said).await,
        done => done,
    }
}

async fn finish_dead_once(local: &Local, table: &TableRef, said: &Said) -> Result<()> {
    if said.dead.adds.is_empty() && said.dead.removes.is_empty() {
        return Ok(());
    }
    let dead = dead_letter::table(table);
    let opened = local.tables.open(&dead).await?;
    let sequence = said.commit.sequence;
    if let Some(opened) = &opened {
        let done = transaction(opened, &dead).await?;
        // A table that was dropped and built anew counts from 1 again; its run tells the two apart.
        if done >= i64::try_from(sequence).ok()
            && last_run(&opened.log_store(), delta::version(opened)).await? == Some(said.commit.run.clone())
        {
            return Ok(());
        }
    }
    let mut actions: Vec<Action> = Vec::new();
    if opened.is_none() {
        let schema = Layout::new(&dead_letter::schema(), &[]).file.clone();
        let schema: StructType =
            schema.as_ref().try_into_kernel().map_err(|e: arrow::error::ArrowError| error::arrow("dead letters", e))?;
        let metadata = new_metadata(&schema, Vec::<String>::new(), Vec::<(String, String)>::new())
            .map_err(|e| error::delta("dead letters", e.into()))?;
        actions.push(Action::Protocol(protocol::needed(&schema, false, None)?));
        actions.push(Action::Metadata(metadata));
    }
    let present: HashSet<String> = match &opened {
        Some(opened) => delta::files(opened)?.into_iter().map(|add| add.path).collect(),
        None => HashSet::new(),
    };
    actions.extend(said.dead.removes.iter().filter(|add| present.contains(&add.path)).map(remove).map(Action::Remove));
    actions.extend(said.dead.adds.iter().filter(|add| !present.contains(&add.path)).cloned().map(Action::Add));
    let told = Said { commit: said.commit.clone(), dead: DeadWork::default() };
    commit(local, &dead, opened.as_ref(), actions, SaveMode::Append, sequence, Some(&told)).await?;
    Ok(())
}

async fn transaction(table: &DeltaTable, at: &TableRef) -> Result<Option<i64>> {
    let snapshot = table.snapshot().map_err(|e| error::delta("opening the table", e))?;
    snapshot
        .transaction_version(&table.log_store(), application(&at.dataset))
        .await
        .map_err(|e| error::delta("reading the table's log", e))
}

async fn last_run(store: &LogStoreRef, version: i64) -> Result<Option<String>> {
    Ok(said_at(store, version).await?.map(|said| said.commit.run))
}

async fn said_at(store: &LogStoreRef, version: i64) -> Result<Option<Said>> {
    let Some(actions) = delta::commit(store, version).await? else { return Ok(None) };
    Ok(actions.into_iter().find_map(|action| match action {
        Action::CommitInfo(info) => {
            info.info.get(COMMIT_KEY).and_then(|said| serde_json::from_value(said.clone()).ok())
        }
        _ => None,
    }))
}

/// The table's newest own commit.
async fn own(table: Option<&DeltaTable>) -> Result<Option<(Published, Said)>> {
    let Some(table) = table else { return Ok(None) };
    let newest = delta::version(table);
    let store = table.log_store();
    for version in ((newest - FOREIGN_COMMITS_MAX).max(0)..=newest).rev() {
        let Some(said) = said_at(&store, version).await? else { continue };
        let commit = &said.commit;
        let published = Published {
            run: commit.run.clone(),
            sequence: commit.sequence,
            version,
            version_now: newest,
            fingerprint: commit.fingerprint.clone(),
            definition: commit.definition.clone(),
            terms: commit.terms.clone(),
            positions: commit.positions.clone(),
        };
        return Ok(Some((published, said)));
    }
    Ok(None)
}

/// What is in force for the table, where its newest version is ours.
pub(crate) async fn in_force(table: &DeltaTable) -> Result<Option<Terms>> {
    let newest = own(Some(table)).await?.filter(|(published, _)| published.version == published.version_now);
    Ok(newest.and_then(|(published, _)| published.terms))
}

pub(crate) async fn published(local: &Local, at: &TableRef) -> Result<Option<(Published, Commit)>> {
    let table = local.tables.open(at).await?;
    match own(table.as_ref()).await? {
        Some((published, said)) => {
            finish_dead(local, at, &said).await?;
            Ok(Some((published, said.commit)))
        }
        None => Ok(None),
    }
}

pub(crate) async fn layout(local: &Local, at: &TableRef) -> Result<Option<engine::Layout>> {
    let Some(table) = local.tables.open(at).await? else { return Ok(None) };
    let snapshot = table.snapshot().map_err(|e| error::delta("reading the table", e).at(&at.url))?;
    let metadata = snapshot.metadata();
    let own = own(Some(&table)).await?.map(|(published, _)| published);
    // Whether we have mapped its columns, our newest commit says.
    let mapped = own.as_ref().map(|own| own.terms.as_ref().is_some_and(|terms| terms.table.column_mapping));
    let is_mapped = crate::mapping::is_mapped(metadata.configuration().get(crate::mapping::MODE));
    let is_own = |name: &str| {
        let of_mapping = name == crate::mapping::MODE || name == crate::mapping::ID_MAX;
        name.starts_with(OWN_PROPERTIES) || (of_mapping && mapped == Some(is_mapped))
    };
    let foreign = metadata.configuration().iter().filter(|(name, _)| !is_own(name));
    let schema = snapshot.schema();
    let nullable = schema.fields().filter(|field| field.is_nullable());
    Ok(Some(engine::Layout {
        partitions: metadata.partition_columns().to_vec(),
        properties: foreign.map(|(name, value)| (name.clone(), value.clone())).collect(),
        nullable: nullable.map(|field| field.name().clone()).collect(),
        version: delta::version(&table),
        published: own.map(|own| own.version),
    }))
}

pub(crate) async fn commits(local: &Local, at: &TableRef, after: i64) -> Result<Vec<(i64, Commit)>> {
    let Some(table) = local.tables.open(at).await? else { return Ok(Vec::new()) };
    let store = table.log_store();
    let mut commits = Vec::new();
    for version in (after + 1)..=delta::version(&table) {
        if let Some(said) = said_at(&store, version).await? {
            commits.push((version, said.commit));
        }
    }
    Ok(commits)
}

/// Two look-ups by name in the log, not a listing: the known version is there, and none after it.
pub(crate) async fn moved(local: &Local, at: &TableRef, version: Option<i64>) -> Result<bool> {
    let known = version.unwrap_or(-1);
    if let Some(folder) = delta::folder(at) {
        let log = folder.join("_delta_log");
        let exists = |version: i64| log.join(format!("{version:020}.json")).exists();
        return Ok((known >= 0 && !exists(known)) || exists(known + 1));
    }
    let store = local.tables.log_store(at)?.object_store(None);
    for (version, wanted) in [(known, true), (known + 1, false)] {
        if version < 0 {
            continue;
        }
        let path = object_store::path::Path::from(format!("_delta_log/{version:020}.json"));
        let there = match store.head(&path).await {
            Ok(_) => true,
            Err(object_store::Error::NotFound { .. }) => false,
            Err(e) => return Err(error::store("looking at the table's log", e).at(&at.url)),
        };
        if there != wanted {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The run of the table's newest own commit.
pub(crate) async fn last_run_of(local: &Local, at: &TableRef) -> Result<Option<String>> {
    let table = local.tables.open(at).await?;
    Ok(own(table.as_ref()).await?.map(|(published, _)| published.run))
}

/// A commit that says what the one before said, with other files: the rows are the same rows, or fewer of them. `None` when nothing of
/// ours was ever published.
pub(crate) async fn rewritten(
    local: &Local,
    at: &TableRef,
    table: &DeltaTable,
    run: &str,
    adds: Vec<Add>,
    removes: &[Add],
    properties: Vec<(String, String)>,
) -> Result<Option<(i64, Commit)>> {
    let Some((published, said)) = own(Some(table)).await? else { return Ok(None) };
    if published.version != published.version_now {
        return Err(Error::new(Kind::Conflict, "someone else wrote to the table")
            .at(&at.url)
            .help("see `plimsoll plan`"));
    }
    finish_dead(local, at, &said).await?;
    let mut new = said.commit;
    new.run = run.to_owned();
    new.sequence += 1;
    new.files = Vec::new();
    new.files_all = false;
    new.before = None;
    new.counts = Default::default();
    let mut actions: Vec<Action> = Vec::new();
    if !properties.is_empty() {
        let snapshot = table.snapshot().map_err(|e| error::delta("opening the table", e))?;
        let set: Vec<(&str, String)> = properties.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        actions.push(Action::Metadata(configured(snapshot.metadata(), &set)?));
    }
    actions.extend(removes.iter().map(remove).map(Action::Remove));
    actions.extend(adds.into_iter().map(Action::Add));
    let said = Said { commit: new.clone(), dead: DeadWork::default() };
    let version = commit(local, at, Some(table), actions, SaveMode::Overwrite, new.sequence, Some(&said)).await?;
    Ok(Some((version, new)))
}

/// The dead letter table with other files: what its newest commit says still holds.
pub(crate) async fn replace_dead(local: &Local, of: &TableRef, rewritten: dead_letter::Rewritten) -> Result<()> {
    let dead = dead_letter::table(of);
    let Some(opened) = local.tables.open(&dead).await? else { return Ok(()) };
    let mut actions: Vec<Action> = rewritten.removes.iter().map(remove).map(Action::Remove).collect();
    actions.extend(rewritten.adds.into_iter().map(Action::Add));
    let sequence = transaction(&opened, &dead).await?.and_then(|done| u64::try_from(done).ok()).unwrap_or(0);
    let said = said_at(&opened.log_store(), delta::version(&opened)).await?;
    commit(local, &dead, Some(&opened), actions, SaveMode::Overwrite, sequence, said.as_ref()).await.map(|_| ())
}

/// As [`append`], and these files go.
pub(crate) async fn exchange(
    local: &Local,
    at: &TableRef,
    table: &DeltaTable,
    adds: Vec<Add>,
    removes: &[Add],
) -> Result<()> {
    let mut actions: Vec<Action> = removes.iter().map(remove).map(Action::Remove).collect();
    actions.extend(adds.into_iter().map(Action::Add));
    let sequence = transaction(table, at).await?.and_then(|done| u64::try_from(done).ok()).unwrap_or(0) + 1;
    commit(local, at, Some(table), actions, SaveMode::Overwrite, sequence, None).await.map(|_| ())
}

/// Adds files to a table of our own that is no dataset; makes the table when there is none.
pub(crate) async fn append(
    local: &Local,
    at: &TableRef,
    table: Option<&DeltaTable>,
    schema: &SchemaRef,
    adds: Vec<Add>,
) -> Result<()> {
    let mut actions: Vec<Action> = Vec::new();
    if table.is_none() {
        let schema = Layout::new(schema, &[]).file.clone();
        let schema: StructType = schema
            .as_ref()
            .try_into_kernel()
            .map_err(|e: arrow::error::ArrowError| error::arrow("making a table", e))?;
        let metadata = new_metadata(&schema, Vec::<String>::new(), Vec::<(String, String)>::new())
            .map_err(|e| error::delta("making a table", e.into()))?;
        actions.push(Action::Protocol(protocol::needed(&schema, false, None)?));
        actions.push(Action::Metadata(metadata));
    }
    actions.extend(adds.into_iter().map(Action::Add));
    let sequence = match table {
        Some(table) => transaction(table, at).await?.and_then(|done| u64::try_from(done).ok()).unwrap_or(0) + 1,
        None => 1,
    };
    commit(local, at, table, actions, SaveMode::Append, sequence, None).await.map(|_| ())
}

/// Deletes unpublished files; what is not there is gone already.
pub(crate) async fn delete(local: &Local, at: &TableRef, files: &[Add]) -> Result<()> {
    let store = local.tables.log_store(at)?.object_store(None);
    for add in files {
        match store.delete(&object_store::path::Path::from(add.path.as_str())).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(e) => return Err(error::store("deleting files", e).at(&at.url)),
        }
    }
    Ok(())
}

/// The files that publishing would add, each list with its table.
pub(crate) fn held(staged: &Staged) -> Result<[(TableRef, Vec<Add>); 2]> {
    let work = Work::of(staged)?;
    Ok([(staged.table.clone(), work.adds), (dead_letter::table(&staged.table), work.dead.adds)])
}

pub(crate) async fn discard(local: &Local, staged: &Staged) -> Result<()> {
    let work = Work::of(staged)?;
    let dead = dead_letter::table(&staged.table);
    migrate::journal::clear(local, &staged.table).await?;
    // What goes back to an earlier version adds files that this one still needs.
    let known = named(local, &staged.table).await?;
    let fresh: Vec<Add> = work.adds.into_iter().filter(|add| !known.contains(&add.path)).collect();
    delete(local, &staged.table, &fresh).await?;
    delete(local, &dead, &work.dead.adds).await
}

/// Files of a crashed or failed attempt: under the table's folder, written by us, named by no commit and no gate.
pub(crate) async fn sweep(local: &Local, at: &TableRef, keep: &[Staged]) -> Result<u64> {
    // Dead letters that a commit of the table promises and the dead letter table does not have yet are no left-overs.
    published(local, at).await?;
    let mut held: BTreeMap<String, HashSet<String>> = BTreeMap::new();
    let dead = dead_letter::table(at);
    for staged in keep {
        let work = Work::of(staged)?;
        held.entry(at.url.clone()).or_default().extend(work.adds.into_iter().map(|add| add.path));
        held.entry(dead.url.clone()).or_default().extend(work.dead.adds.into_iter().map(|add| add.path));
    }
    let unfinished = migrate::unfinished(local, at).await?;
    for url in [&at.url, &dead.url] {
        held.entry(url.clone()).or_default().extend(unfinished.iter().cloned());
    }
    let mut swept = 0;
    for table in [at, &dead] {
        if delta::folder(table).is_some_and(|folder| !folder.is_dir()) {
            continue;
        }
        let known = named(local, table).await?;
        let store = local.tables.log_store(table)?.object_store(None);
        let failed = |e| error::store("looking for left-over files", e).at(&table.url);
        let objects: Vec<_> = store.list(None).try_collect().await.map_err(failed)?;
        for object in objects {
            let path = object.location.to_string();
            let ours =
                object.location.filename().is_some_and(|name| name.starts_with("part-") && name.ends_with(".parquet"));
            let wanted = known.contains(&path) || held.get(&table.url).is_some_and(|held| held.contains(&path));
            if ours && !wanted {
                store.delete(&object.location).await.map_err(failed)?;
                swept += 1;
            }
        }
        if let Some(folder) = delta::folder(table) {
            swept += sweep_unfinished(&folder).map_err(|e| {
                Error::new(Kind::Refused, format!("taking away left-over files: {e}")).at(folder.display().to_string())
            })?;
        }
    }
    Ok(swept)
}

/// What the local object store was still writing when the process was killed: `<name>#<number>`, which it never lists itself.
fn sweep_unfinished(folder: &std::path::Path) -> std::io::Result<u64> {
    let mut swept = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            swept += sweep_unfinished(&entry.path())?;
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some((finished, number)) = name.rsplit_once('#') else { continue };
        let ours = (finished.starts_with("part-") && finished.ends_with(".parquet")) || finished.ends_with(".json");
        if ours && number.bytes().all(|byte| byte.is_ascii_digit()) {
            std::fs::remove_file(entry.path())?;
            swept += 1;
        }
    }
    Ok(swept)
}

/// Every file that some commit still in the log names: old versions stay readable.
async fn named(local: &Local, at: &TableRef) -> Result<HashSet<String>> {
    let Some(table) = local.tables.open(at).await? else { return Ok(HashSet::new()) };
    let mut known: HashSet<String> = delta::files(&table)?.into_iter().map(|add| add.path).collect();
    let store = table.log_store();
    for version in (0..=delta::version(&table)).rev() {
        let Some(actions) = delta::commit(&store, version).await? else { break };
        for action in actions {
            match action {
                Action::Add(add) => known.insert(add.path),
                Action::Remove(remove) => known.insert(remove.path),
                _ => continue,
            };
        }
    }
    Ok(known)
}

/// Rewrites the dead letter table without these letters.
pub(crate) async fn discard_dead_letters(local: &Local, of: &TableRef, ids: &[String]) -> Result<u64> {
    // Letters that an interrupted publication has taken back already must be gone before any are kept.
    published(local, of).await?;
    let dead = dead_letter::table(of);
    let Some(opened) = local.tables.open(&dead).await? else { return Ok(0) };
    let gone = |letter: &engine::DeadLetter| ids.is_empty() || ids.iter().any(|id| letter.id.starts_with(id.as_str()));
    let Some(rewritten) = dead_letter::DeadLetters::new(local, of).without(&gone).await? else { return Ok(0) };
    let mut actions: Vec<Action> = rewritten.removes.iter().map(remove).map(Action::Remove).collect();
    actions.extend(rewritten.adds.into_iter().map(Action::Add));
    // The sequence stays the one of the newest publication, so that finishing it after a crash is not confused.
    let sequence = transaction(&opened, &dead).await?.and_then(|done| u64::try_from(done).ok()).unwrap_or(0);
    let said = said_at(&opened.log_store(), delta::version(&opened)).await?;
    commit(local, &dead, Some(&opened), actions, SaveMode::Overwrite, sequence, said.as_ref()).await?;
    Ok(rewritten.gone)
}
