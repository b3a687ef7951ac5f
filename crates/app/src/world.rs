//! What is known of the world when a plan is made: the ledger, what lies at the sources, and where the tables are.
//! Here a crash is repaired: what a table says that the ledger does not know is entered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::{Commit, Error, Kind, ReadRequest, Result};
use futures::{StreamExt, TryStreamExt};
use ledger::{GateFilter, GateStage, LedgerDataset};
use pipeline::event::{StagePublished, question};
use pipeline::state::{Available, DatasetState, Earlier, GateState, GateStatus, State, Unreachable};
use pipeline::{DatasetSpec, Event, FileRef, Made, SourceSpec, Write};

use crate::crash::Traces;
use crate::gates::Judged;
use crate::report::causes;
use crate::stage::{Publication, published};
use crate::{App, now_ms};

/// Look-ups at once: they wait for disks and networks, not for the processor.
const LOOKUPS: usize = 16;

pub struct World {
    pub state: State,
    /// Datasets with publications that the ledger had missed.
    pub repaired: Vec<String>,
    /// Datasets that the ledger never heard of.
    pub(crate) unknown: Vec<String>,
    pub(crate) traces: Traces,
}

struct Seen {
    name: String,
    state: DatasetState,
    repair: Vec<Event>,
}

/// `repair` also enters what the ledger has missed; without it the state is right all the same. `gates` are those that are open, where
/// somebody has judged them already.
pub(crate) async fn gather(app: &App, repair: bool, gates: Option<&[Judged]>) -> Result<World> {
    let (mut known, read) = app.ledger(|ledger| Ok((ledger.state()?, ledger.files_all()?))).await?;
    decided(app, &mut known, repair, gates).await?;
    let traces = app.traces().await?;
    let seen: Vec<Seen> = futures::stream::iter(app.workspace.project.datasets.values())
        .map(|spec| {
            let known = Known {
                ledger: known.get(&spec.name),
                read: read.get(&spec.name),
                unsure: traces.datasets.contains(&spec.name),
            };
            look(app, spec, known)
        })
        .buffered(LOOKUPS)
        .try_collect()
        .await?;
    let unknown = app.workspace.project.datasets.keys().filter(|name| !known.contains_key(*name)).cloned().collect();
    let mut world = World { state: State::default(), repaired: Vec::new(), unknown, traces };
    let mut events = Vec::new();
    for seen in seen {
        if !seen.repair.is_empty() {
            world.repaired.push(seen.name.clone());
            events.extend(seen.repair);
        }
        world.state.datasets.insert(seen.name, seen.state);
    }
    if repair && !events.is_empty() {
        app.ledger(move |ledger| ledger.append(now_ms(), &events)).await?;
    }
    Ok(world)
}

/// What the gates that stand come to by the project's rule; the ledger's own lists know no rule and prove nothing.
async fn decided(
    app: &App,
    known: &mut BTreeMap<String, LedgerDataset>,
    acts: bool,
    judged: Option<&[Judged]>,
) -> Result<()> {
    if known.values().all(|known| known.gate.is_none()) {
        return Ok(());
    }
    let found = match judged {
        Some(_) => Ok(Vec::new()),
        None => app.gates(GateFilter::Open).await,
    };
    let found = match found {
        Ok(found) => found,
        // Whoever only looks is told of a gate that nothing passes.
        Err(error) if !acts && error.kind == Kind::Refused => {
            for gate in known.values_mut().filter_map(|known| known.gate.as_mut()) {
                gate.state = GateStatus::Waiting;
            }
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let mut stand: BTreeMap<String, GateState> = BTreeMap::new();
    for judged in judged.unwrap_or(&found) {
        let state = match judged.state {
            GateStage::Approved => GateStatus::Approved,
            GateStage::Rejected => GateStatus::Rejected,
            GateStage::Waiting => GateStatus::Waiting,
            // As if it had never been asked: the stage runs again.
            GateStage::Expired | GateStage::Published | GateStage::Superseded => continue,
        };
        let asked = GateState { state, ..question(&judged.gate.held) };
        stand.insert(judged.gate.held.dataset.clone(), asked);
    }
    for (name, known) in known {
        known.gate = stand.remove(name);
    }
    Ok(())
}

/// What the ledger says of one dataset.
struct Known<'a> {
    ledger: Option<&'a LedgerDataset>,
    read: Option<&'a Vec<FileRef>>,
    /// A stage of it was interrupted, so the table is asked whatever its version.
    unsure: bool,
}

async fn look(app: &App, spec: &DatasetSpec, known: Known<'_>) -> Result<Seen> {
    let mut published = known.ledger.and_then(|known| known.published.clone());
    let mut files: Vec<FileRef> = known.read.cloned().unwrap_or_default();
    let mut gate = known.ledger.and_then(|known| known.gate.clone());
    let mut repair = Vec::new();
    let mut dropped = None;
    let table = app.table(&spec.name);
    if known.unsure || app.engine.moved(&table, published.as_ref().map(|published| published.version)).await? {
        match app.engine.published(&table).await? {
            Some((newest, _))
                if published
                    .as_ref()
                    .is_none_or(|known| (known.version, &known.run) != (newest.version, &newest.run)) =>
            {
                let known = published.as_ref().map_or(-1, |published| published.version);
                // A table that is younger than the ledger says was dropped and built anew: all its commits are news.
                let since = if known < newest.version { known } else { -1 };
                for (version, commit) in app.engine.commits(&table, since).await? {
                    files = after(files, &commit);
                    repair.push(missed(version, commit));
                }
                gate = None;
                published = Some(newest);
            }
            Some((newest, _)) => published = Some(newest),
            // The table is gone: it is built anew from its inputs.
            None => {
                dropped = published.take().and_then(|published| published.terms).map(Box::new);
                files = Vec::new();
            }
        }
    }
    // Only a plan that changes the table needs to know how much there is of it, and what was read into it.
    let differs = published.as_ref().is_some_and(|published| published.definition != pipeline::plan::definition(spec));
    let read = if differs { files.clone() } else { Vec::new() };
    let available = match &spec.made {
        Made::Source(source) => match listed(app, files, source).await {
            Ok(available) => available,
            Err(error) => unreachable(error)?,
        },
        Made::Model(_) => Available::default(),
    };
    let (size, past) = match differs {
        true => (app.engine.size(&table).await?, past(app, spec, read, &repair).await?),
        false => (None, Past::default()),
    };
    let Past { earlier, had } = past;
    let state = DatasetState { published, available, gate, size, earlier, had, dropped };
    Ok(Seen { name: spec.name.clone(), state, repair })
}

/// What the ledger knows of the versions of a table before the newest.
#[derive(Default)]
struct Past {
    /// The newest version that was made by the present definition and then migrated, if the table still is what it was made from.
    earlier: Option<Box<Earlier>>,
    had: BTreeSet<String>,
}

async fn past(app: &App, spec: &DatasetSpec, read: Vec<FileRef>, missed: &[Event]) -> Result<Past> {
    let name = spec.name.clone();
    let mut told = app.ledger(move |ledger| ledger.publications_of(&name)).await?;
    told.extend(missed.iter().filter_map(|event| match event {
        Event::StagePublished(event) => Some(event.as_ref().clone()),
        _ => None,
    }));
    // A table that was built from nothing has no versions of one that was there before.
    let first = told.iter().rposition(|event| event.sequence == 1).unwrap_or(0);
    let told = &told[first..];
    let had = had(app, spec, told, &read).await?;
    let now = pipeline::plan::definition(spec);
    let was = |event: &StagePublished| event.before.as_ref().is_some_and(|before| before.definition == now);
    let Some(index) = told.iter().rposition(was) else { return Ok(Past { earlier: None, had }) };
    let Some(before) = told[index].before.clone() else { return Ok(Past { earlier: None, had }) };
    let mut files: BTreeMap<String, FileRef> = BTreeMap::new();
    for event in &told[..index] {
        if event.files_all {
            files.clear();
        }
        files.extend(event.files.iter().map(|file| (file.path.clone(), file.clone())));
    }
    let is_news = |file: &FileRef| !files.get(&file.path).is_some_and(|then| is_same(then, file));
    let since: Vec<FileRef> = read.into_iter().filter(is_news).collect();
    let mut unfit = unfit(app, spec, &since).await?;
    if spec.table.write == Write::Append {
        // Rows of a file as it was then would stay beside those of the file as it is now.
        let twice = since.iter().map(|file| &file.path).filter(|path| files.contains_key(*path));
        unfit.extend(twice.cloned());
    }
    let replayed = told[index..].windows(2).any(|pair| is_replay(&pair[0], &pair[1]));
    let earlier = Earlier { before, files: files.into_values().collect(), since, unfit, replayed };
    Ok(Past { earlier: Some(Box::new(earlier)), had })
}

/// Whether it is the same file with the same content.
fn is_same(then: &FileRef, now: &FileRef) -> bool {
    then.size == now.size && (then.modified_ms == now.modified_ms || (then.hash.is_some() && then.hash == now.hash))
}

/// Whether rows came from nowhere but the dead letters: nothing else is published under the same definition from where it was.
fn is_replay(before: &StagePublished, event: &StagePublished) -> bool {
    let stays = before.positions == event.positions && before.definition == event.definition;
    stays && event.before.is_none() && event.counts.rows_read > 0
}

/// Columns that are to come back and that earlier versions had, where the files that were read can be read with them.
async fn had(app: &App, spec: &DatasetSpec, told: &[StagePublished], read: &[FileRef]) -> Result<BTreeSet<String>> {
    let Some((newest, before)) = told.split_last() else { return Ok(BTreeSet::new()) };
    let has = |event: &StagePublished, name: &str| {
        event.terms.as_ref().is_some_and(|terms| terms.columns.iter().any(|column| column.name == name))
    };
    let comes = |name: &&String| !has(newest, name) && before.iter().any(|event| has(event, name));
    let back: BTreeSet<String> =
        spec.contract.columns.iter().map(|column| &column.name).filter(comes).cloned().collect();
    if back.is_empty() || !unfit(app, spec, read).await?.is_empty() {
        return Ok(BTreeSet::new());
    }
    Ok(back)
}

/// Files of a source that are not what the present contract says: going back to a version before them would lose their rows.
async fn unfit(app: &App, spec: &DatasetSpec, files: &[FileRef]) -> Result<Vec<String>> {
    let Made::Source(source) = &spec.made else { return Ok(Vec::new()) };
    let looked = futures::stream::iter(files.iter().cloned()).map(|file| {
        let path = file.path.clone();
        let request = ReadRequest {
            dataset: spec.contract.clone(),
            spec: source.clone(),
            files: vec![file],
            partitions: 1,
            batch_rows: 1,
            progress: Arc::default(),
        };
        async move {
            match app.source.read(request).await {
                Err(error) if error.kind == Kind::Drift => Some(path),
                // Whether it is there at all is looked at elsewhere.
                _ => None,
            }
        }
    });
    let found: Vec<Option<String>> = looked.buffered(LOOKUPS).collect().await;
    Ok(found.into_iter().flatten().collect())
}

async fn listed(app: &App, before: Vec<FileRef>, source: &SourceSpec) -> Result<Available> {
    let now = app.source.list(source).await?;
    compare(app, before, now).await
}

/// A source that does not answer holds up its own dataset, not the others. A mistake in the project is told before anything runs.
fn unreachable(error: Error) -> Result<Available> {
    let kind = match error.kind {
        Kind::Outside => "outside",
        Kind::Refused => "refused",
        _ => return Err(error),
    };
    let because = causes(&error);
    let Error { message, place, help, .. } = error;
    let why = Unreachable { kind: kind.to_owned(), message, because, place, help };
    Ok(Available { unreachable: Some(why), ..Available::default() })
}

fn after(files: Vec<FileRef>, commit: &Commit) -> Vec<FileRef> {
    let mut by_path: BTreeMap<String, FileRef> = BTreeMap::new();
    if !commit.files_all {
        by_path.extend(files.into_iter().map(|file| (file.path.clone(), file)));
    }
    by_path.extend(commit.files.iter().map(|file| (file.path.clone(), file.clone())));
    by_path.into_values().collect()
}

fn missed(version: i64, commit: Commit) -> Event {
    let publication =
        Publication { version, counts: commit.counts, verdicts: Vec::new(), seconds: 0.0, repaired: true };
    published(commit, publication)
}

/// A file of another size is changed; one of another time only when its content is.
async fn compare(app: &App, before: Vec<FileRef>, now: Vec<FileRef>) -> Result<Available> {
    let mut before: BTreeMap<String, FileRef> = before.into_iter().map(|file| (file.path.clone(), file)).collect();
    let mut available = Available::default();
    for file in &now {
        match before.remove(&file.path) {
            None => available.files_new.push(file.clone()),
            Some(old) if old.size == file.size && old.modified_ms == file.modified_ms => {}
            Some(old) => {
                let same =
                    old.size == file.size && old.hash.is_some() && old.hash == Some(app.source.hash(file).await?);
                if !same {
                    available.files_changed.push(file.clone());
                }
            }
        }
    }
    available.files_vanished = before.into_values().collect();
    available.files_all = now;
    Ok(available)
}
