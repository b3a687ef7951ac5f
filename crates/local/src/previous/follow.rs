//! A kept version that goes on: what comes to the table since stands in it too, in the shape that its readers know.
//!
//! Each new file of the table is written again under the old schema, by the migration back. A file of the kept version that was
//! made so is named after the one that it was made of, which is all that must be known to take it away with that one. Where the
//! new rows cannot be told in the old shape, the version stays as it is, and says since when and why.

use std::collections::BTreeSet;
use std::sync::Arc;

use contract::Dataset;
use datafusion::logical_expr::ident;
use deltalake::DeltaTable;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TableReference};
use deltalake::kernel::{Action, Add, Metadata};
use deltalake::protocol::{DeltaOperation, SaveMode};
use engine::{Previous, Result, TableRef};
use futures::StreamExt;
use pipeline::Terms;
use pipeline::migration::{Made, Migration, back};

use super::{FROM, SHOWS, STOPPED, TERMS};
use crate::mapping::Mapping;
use crate::migrate::select;
use crate::publish::{configured, in_force, remove};
use crate::writer::{DataFiles, Layout};
use crate::{Local, delta, error};

/// Of files that were made of one of the table.
const MADE: &str = "of-";
/// All files were made so: none of those that were copied is left.
const WHOLE: &str = "plimsoll.follows_whole";

/// Brings a kept version up to date with its table. Doing it again does nothing.
pub(crate) async fn follow(local: &Local, of: &TableRef, dataset: &Arc<Dataset>, previous: &Previous) -> Result<()> {
    let at = TableRef { dataset: previous.dataset.clone(), url: previous.url.clone() };
    let Some(kept) = local.tables.open(&at).await? else { return Ok(()) };
    let Some(facts) = Facts::of(&kept)? else { return Ok(()) };
    let Some(table) = local.tables.open(of).await? else { return Ok(()) };
    let now = delta::version(&table);
    if facts.stopped || now <= facts.shows || now < facts.first() {
        return Ok(());
    }
    // What others wrote is not ours to hand on; the run says so elsewhere.
    let Some(terms) = in_force(&table).await? else { return Ok(()) };
    let following = Following { local, of, at: &at, kept: &kept, table: &table, dataset, facts: &facts };
    match back(&terms, &facts.terms) {
        Ok(migration) => following.go(&migration).await,
        Err(why) => following.stop(&why).await,
    }
}

/// What the kept version knows of itself.
struct Facts {
    terms: Terms,
    /// The table's version that was copied.
    from: i64,
    /// The newest of the table's versions that it shows.
    shows: i64,
    whole: bool,
    stopped: bool,
}

impl Facts {
    /// `None` for one that was kept before versions went on.
    fn of(kept: &DeltaTable) -> Result<Option<Self>> {
        let snapshot = kept.snapshot().map_err(|e| error::delta("reading a previous version", e))?;
        let set = snapshot.metadata().configuration();
        let number = |name: &str| set.get(name).and_then(|text| text.parse::<i64>().ok());
        let terms = set.get(TERMS).and_then(|text| serde_json::from_str(text).ok());
        let (Some(terms), Some(from)) = (terms, number(FROM)) else { return Ok(None) };
        Ok(Some(Self {
            terms,
            from,
            shows: number(SHOWS).unwrap_or(from),
            whole: set.contains_key(WHOLE),
            stopped: set.contains_key(STOPPED),
        }))
    }

    /// The version that the migration made: its rows are those that were copied.
    fn first(&self) -> i64 {
        self.from + 1
    }
}

struct Following<'a> {
    local: &'a Local,
    of: &'a TableRef,
    at: &'a TableRef,
    kept: &'a DeltaTable,
    table: &'a DeltaTable,
    dataset: &'a Arc<Dataset>,
    facts: &'a Facts,
}

impl Following<'_> {
    async fn go(&self, back: &Migration) -> Result<()> {
        let paths = |files: &[Add]| files.iter().map(|add| add.path.clone()).collect::<BTreeSet<_>>();
        let now = delta::files(self.table)?;
        let live = paths(&now);
        let base = match self.facts.whole {
            true => BTreeSet::new(),
            false => paths(&delta::files(&delta::at(&self.local.tables, self.of, self.facts.first()).await?)?),
        };
        // Copies stand for the files of the first version together, and so do these for them once one is gone.
        let whole = self.facts.whole || !base.is_subset(&live);
        let wanted: Vec<&Add> = now.iter().filter(|add| whole || !base.contains(&add.path)).collect();
        let names: BTreeSet<String> = wanted.iter().map(|add| stem(&add.path)).collect();
        let there = delta::files(self.kept)?;
        let made: BTreeSet<String> = there.iter().filter_map(|add| made_of(&add.path)).collect();
        let leaves = |add: &&Add| made_of(&add.path).map_or(whole, |of| !names.contains(&of));
        // What is made of the table's files of now takes the place of files that may have values which those do not.
        let gone = back.targets.iter().find(|target| target.made == Made::Null);
        if let Some(gone) = gone.filter(|_| whole && there.iter().any(|add| leaves(&add))) {
            return self.stop(&format!("rows of then have changed, and `{}` is gone", gone.column)).await;
        }
        let mut actions: Vec<Action> = there.iter().filter(leaves).map(remove).map(Action::Remove).collect();
        for add in wanted.into_iter().filter(|add| !made.contains(&stem(&add.path))) {
            actions.extend(self.written(back, add).await?.into_iter().map(Action::Add));
            engine::fault::step("followed_file").await;
        }
        let mut set = vec![(SHOWS, delta::version(self.table).to_string())];
        set.extend(whole.then(|| (WHOLE, "true".to_owned())));
        self.commit(actions, &set).await
    }

    /// One file of the table as the old readers know it.
    async fn written(&self, back: &Migration, add: &Add) -> Result<Vec<Add>> {
        let doing = format!("keeping {} {} up to date", self.at.dataset, self.at.url);
        let failed = |e| error::datafusion(&doing, e);
        let then = back_to(self.dataset, &self.facts.terms);
        let context = self.local.sessions.narrow(true);
        let frame = select::frame(self.local, &context, &then, back, self.table, vec![add.path.clone()]).await?;
        let columns: Vec<_> = then.columns.iter().map(|column| ident(&column.name)).collect();
        let mut rows = frame.select(columns).map_err(failed)?.execute_stream().await.map_err(failed)?;
        let schema = sql::arrow_schema(&then, sql::Nullable::All);
        let mapping = Mapping::of(self.kept)?.map(Arc::new);
        let layout = Arc::new(Layout::new(&schema, &self.facts.terms.table.partition_by).mapped(mapping));
        let mut files = DataFiles::new(&self.local.tables, self.at, layout, self.local.sessions.file_bytes())
            .named(format!("{MADE}{}", stem(&add.path)));
        while let Some(batch) = rows.next().await {
            files.write(&batch.map_err(failed)?).await?;
        }
        files.finish().await
    }

    /// From now on it stays as it is.
    async fn stop(&self, why: &str) -> Result<()> {
        let shown = self.facts.shows.max(self.facts.first());
        self.commit(Vec::new(), &[(STOPPED, why.to_owned()), (SHOWS, shown.to_string())]).await
    }

    async fn commit(&self, mut actions: Vec<Action>, set: &[(&str, String)]) -> Result<()> {
        let failed = |e| error::delta("keeping the previous version up to date", e).at(&self.at.url);
        let snapshot = self.kept.snapshot().map_err(failed)?;
        let metadata: Metadata = configured(snapshot.metadata(), set)?;
        actions.insert(0, Action::Metadata(metadata));
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
        CommitBuilder::from(CommitProperties::default().with_max_retries(0))
            .with_actions(actions)
            .build(Some(snapshot as &dyn TableReference), self.kept.log_store(), operation)
            .await
            .map_err(failed)?;
        engine::fault::step("followed").await;
        Ok(())
    }
}

/// The dataset as it was promised.
fn back_to(dataset: &Dataset, then: &Terms) -> Dataset {
    Dataset {
        columns: then.columns.iter().map(pipeline::terms::Term::column).collect(),
        checks: Vec::new(),
        primary_key: then.primary_key.clone(),
        ..dataset.clone()
    }
}

/// A file's name without folder and ending.
fn stem(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".parquet").unwrap_or(name).to_owned()
}

/// The stem of the file that this one was made of.
fn made_of(path: &str) -> Option<String> {
    let (of, _number) = stem(path).strip_prefix(MADE)?.rsplit_once('.').map(|(of, n)| (of.to_owned(), n.to_owned()))?;
    Some(of)
}
