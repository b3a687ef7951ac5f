//! A version that a breaking migration replaced, kept for a while as a table of its own, so that its readers can move.
//!
//! It is `<warehouse>/_previous/<dataset>/<version of its contract>/`: a copy of the files, to which later rows come in the shape of
//! then (`follow`). Its property `plimsoll.deprecated_until` says until when.

mod follow;

use std::collections::BTreeSet;

use deltalake::DeltaTable;
use deltalake::kernel::Action;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake::protocol::{DeltaOperation, SaveMode};
use engine::{Previous, Result, TableRef};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStoreExt, WriteMultipart};

use crate::publish::configured;
use crate::{Local, delta, error};

pub(crate) use follow::follow;

const FOLDER: &str = "_previous";
const UNTIL: &str = "plimsoll.deprecated_until";
/// What was in force for it.
const TERMS: &str = "plimsoll.terms";
/// The version of the table that was copied.
const FROM: &str = "plimsoll.kept_from";
/// The newest version of the table that it shows.
const SHOWS: &str = "plimsoll.shows";
/// Why it shows no newer one.
const STOPPED: &str = "plimsoll.stopped";
/// Files that are copied side by side.
const COPIES: usize = 8;
/// Parts of one file on their way at once.
const PARTS: usize = 2;

fn table(of: &TableRef, version: &str) -> TableRef {
    let plain: String =
        version.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
    let url = match of.url.trim_end_matches('/').rsplit_once('/') {
        Some((warehouse, name)) => format!("{warehouse}/{FOLDER}/{name}/{plain}/"),
        None => format!("{}{FOLDER}/{plain}/", of.url),
    };
    TableRef { dataset: of.dataset.clone(), url }
}

/// Copies the newest version. One that is there already is that of an attempt that was cut off after it.
pub(crate) async fn keep(
    local: &Local,
    of: &TableRef,
    newest: &DeltaTable,
    commit: Option<&engine::Commit>,
    until: &str,
) -> Result<()> {
    let at = table(of, commit.map_or("0", |commit| commit.contract.version.as_str()));
    if local.tables.open(&at).await?.is_some() {
        return Ok(());
    }
    let files = delta::files(newest)?;
    let (from, to) = (newest.log_store().object_store(None), local.tables.log_store(&at)?.object_store(None));
    let failed = |e| error::store("keeping the previous version", e).at(&at.url);
    let paths: Vec<Path> = files.iter().map(|add| Path::from(add.path.as_str())).collect();
    let copies = futures::stream::iter(paths).map(|path| {
        let (from, to) = (from.clone(), to.clone());
        async move {
            let mut chunks = from.get(&path).await?.into_stream();
            let mut upload = WriteMultipart::new(to.put_multipart(&path).await?);
            while let Some(chunk) = chunks.next().await {
                upload.wait_for_capacity(PARTS).await?;
                upload.put(chunk?);
            }
            upload.finish().await.map(|_| ())
        }
    });
    copies.buffered(COPIES).try_collect::<Vec<()>>().await.map_err(failed)?;
    let snapshot = newest.snapshot().map_err(|e| error::delta("reading the table", e))?;
    let terms = commit.and_then(|commit| serde_json::to_string(&commit.terms.clone()?).ok());
    let mut set = vec![("id", uuid::Uuid::now_v7().to_string()), (UNTIL, until.to_owned())];
    set.extend(terms.map(|terms| (TERMS, terms)));
    set.push((FROM, delta::version(newest).to_string()));
    let metadata = configured(snapshot.metadata(), &set)?;
    let mut actions = vec![Action::Protocol(snapshot.protocol().clone()), Action::Metadata(metadata)];
    actions.extend(files.into_iter().map(Action::Add));
    let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
    CommitBuilder::from(CommitProperties::default())
        .with_actions(actions)
        .build(None, local.tables.log_store(&at)?, operation)
        .await
        .map_err(|e| error::delta("keeping the previous version", e).at(&at.url))?;
    Ok(())
}

pub(crate) async fn all(local: &Local, warehouse: &str) -> Result<Vec<Previous>> {
    let root = TableRef { dataset: FOLDER.to_owned(), url: format!("{warehouse}{FOLDER}/") };
    if delta::folder(&root).is_some_and(|folder| !folder.is_dir()) {
        return Ok(Vec::new());
    }
    let store = local.tables.log_store(&root)?.object_store(None);
    let failed = |e| error::store("looking for previous versions", e).at(&root.url);
    let mut found: BTreeSet<(String, String)> = BTreeSet::new();
    for dataset in store.list_with_delimiter(None).await.map_err(failed)?.common_prefixes {
        let versions = store.list_with_delimiter(Some(&dataset)).await.map_err(failed)?.common_prefixes;
        let names = |path: &Path| Some((dataset.filename()?.to_owned(), path.filename()?.to_owned()));
        found.extend(versions.iter().filter_map(names));
    }
    let mut all = Vec::new();
    for (dataset, version) in found {
        let url = format!("{}{dataset}/{version}/", root.url);
        let at = TableRef { dataset: dataset.clone(), url: url.clone() };
        // One without a log is being made.
        let Some(opened) = local.tables.open(&at).await? else { continue };
        let snapshot = opened.snapshot().map_err(|e| error::delta("reading a previous version", e))?;
        let set = snapshot.metadata().configuration();
        let until = set.get(UNTIL).cloned().unwrap_or_default();
        let shows = [SHOWS, FROM].into_iter().find_map(|name| set.get(name)?.parse().ok());
        let stopped = set.get(STOPPED).cloned();
        all.push(Previous { dataset, version, url, until, shows, stopped });
    }
    Ok(all)
}

pub(crate) async fn remove(local: &Local, previous: &Previous) -> Result<()> {
    let at = TableRef { dataset: previous.dataset.clone(), url: previous.url.clone() };
    let store = local.tables.log_store(&at)?.object_store(None);
    let failed = |e| error::store("removing a previous version", e).at(&at.url);
    // The log goes first, so that nobody meets a table whose files are gone.
    let objects: Vec<_> = store.list(None).try_collect().await.map_err(failed)?;
    let (logs, data): (Vec<_>, Vec<_>) =
        objects.into_iter().partition(|object| object.location.as_ref().starts_with("_delta_log"));
    for object in logs.iter().chain(&data) {
        store.delete(&object.location).await.map_err(failed)?;
    }
    if let Some(folder) = delta::folder(&at) {
        let _ = std::fs::remove_dir_all(folder);
    }
    Ok(())
}
