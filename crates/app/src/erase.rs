//! One person's rows taken out of every dataset that lineage reaches, with a proof of what was touched.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use engine::{Error, Kind, Person, Result};
use pipeline::lineage::{ColumnRef, Kind as Flow};
use pipeline::{Event, Made};
use serde::Serialize;

use crate::keys::rewritten;
use crate::lineage;
use crate::{App, now_ms, stage, world};

#[derive(Clone)]
pub struct ErasureRequest {
    /// `DATASET.COLUMN` that identifies the person.
    pub column: String,
    pub value: String,
    pub who: String,
    pub reason: String,
}

/// The proof. Who was erased does not stand in it.
#[derive(Debug, Clone, Serialize)]
pub struct ErasureReport {
    pub column: String,
    /// When, in RFC 3339.
    pub at: String,
    pub who: String,
    pub reason: String,
    /// Every dataset with a column that identifies the person.
    pub datasets: Vec<ErasedDataset>,
    /// Datasets that are made of these and have no such column: the next run makes them anew where something was taken out.
    pub reached: Vec<String>,
    /// Files that are not Plimsoll's, and from which a table that is built anew would take the person again.
    pub sources: Vec<String>,
    /// `sha256:` over all of this without itself; each entry of the ledger has it.
    pub proof: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct ErasedDataset {
    pub name: String,
    /// The columns by which the person was looked for.
    pub columns: Vec<String>,
    pub rows: u64,
    pub dead_letters: u64,
    /// Dead letters that could not be looked into.
    pub unread: u64,
    pub tokens: u64,
    pub files: Vec<String>,
    pub log_entries: u64,
    pub version: Option<i64>,
    /// Versions that `keep_previous` kept: frozen copies, and so removed as a whole.
    pub previous: Vec<String>,
}

impl App {
    pub async fn erase(&self, request: ErasureRequest) -> Result<ErasureReport> {
        self.sound()?;
        if request.value.is_empty() || request.reason.trim().is_empty() {
            return Err(Error::new(Kind::Input, "an erasure needs a value and a reason"));
        }
        let graph = lineage::project(&self.workspace);
        let start = match graph.columns(&request.column)?.as_slice() {
            [one] => graph.graph.get(*one).cloned(),
            _ => None,
        };
        let Some(start) = start else {
            return Err(Error::new(Kind::Input, format!("`{}` is not a column", request.column))
                .help("write DATASET.COLUMN, for example customers.id"));
        };
        let columns = self.identifying(graph, &start);
        let run = uuid::Uuid::now_v7().to_string();
        let locks = self.lock(&self.workspace.pipelines(), &run, None).await?;
        let report = self.erased(&run, &request, graph, columns).await;
        locks.release().await?;
        report
    }

    /// All columns that hold the same identifier: handed on from one dataset to another, or referring from one to another.
    fn identifying(&self, graph: &lineage::ProjectLineage, start: &ColumnRef) -> BTreeMap<String, BTreeSet<String>> {
        let mut next: BTreeMap<ColumnRef, BTreeSet<ColumnRef>> = BTreeMap::new();
        let mut both = |a: &ColumnRef, b: &ColumnRef| {
            next.entry(a.clone()).or_default().insert(b.clone());
            next.entry(b.clone()).or_default().insert(a.clone());
        };
        for edge in graph.graph.edges().filter(|edge| edge.kind == Flow::Identity) {
            if let (Some(from), Some(to)) = (graph.graph.get(edge.from), graph.graph.get(edge.to)) {
                both(from, to);
            }
        }
        for spec in self.workspace.project.datasets.values() {
            for check in &spec.contract.checks {
                let contract::Rule::Reference { columns, to_dataset, to_columns } = &check.rule else { continue };
                for (column, to) in columns.iter().zip(to_columns) {
                    let of = |dataset: &str, column: &str| ColumnRef { dataset: dataset.into(), column: column.into() };
                    both(&of(&spec.name, column), &of(to_dataset, to));
                }
            }
        }
        let (mut open, mut seen) = (VecDeque::from([start.clone()]), BTreeSet::from([start.clone()]));
        while let Some(column) = open.pop_front() {
            for other in next.get(&column).into_iter().flatten() {
                if seen.insert(other.clone()) {
                    open.push_back(other.clone());
                }
            }
        }
        let mut by_dataset: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for column in seen {
            by_dataset.entry(column.dataset).or_default().insert(column.column);
        }
        by_dataset
    }

    async fn erased(
        &self,
        run: &str,
        request: &ErasureRequest,
        graph: &lineage::ProjectLineage,
        columns: BTreeMap<String, BTreeSet<String>>,
    ) -> Result<ErasureReport> {
        let world = world::gather(self, true, None).await?;
        self.undecided(columns.keys()).await?;
        self.as_promised(&world, columns.keys())?;
        let mut forms = vec![request.value.clone()];
        for (dataset, columns) in &columns {
            let contract = &stage::spec(self, dataset)?.contract;
            for column in columns {
                forms.extend(self.engine.forms(contract, column, &request.value));
            }
        }
        forms.dedup();
        let mut datasets = Vec::new();
        let mut commits = Vec::new();
        for (dataset, columns) in &columns {
            let spec = stage::spec(self, dataset)?;
            let person = Person { columns: columns.iter().cloned().collect(), forms: forms.clone() };
            let done = self.engine.erase(&self.kept(spec, run), &person).await?;
            if let Some((version, commit)) = &done.commit {
                // Entered at once, so that a crash in the middle leaves nothing to repair.
                let event = rewritten(commit.clone(), *version);
                self.ledger(move |ledger| ledger.append(now_ms(), &[event])).await?;
            }
            commits.push(done.commit.map(|(version, _)| version));
            datasets.push(ErasedDataset {
                name: dataset.clone(),
                columns: person.columns,
                rows: done.count,
                dead_letters: done.dead_letters,
                unread: done.unread,
                tokens: done.tokens,
                files: done.files,
                log_entries: done.log_entries,
                version: commits.last().copied().flatten(),
                previous: self.without_previous(dataset).await?,
            });
        }
        let mut report = ErasureReport {
            column: request.column.clone(),
            at: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            who: request.who.clone(),
            reason: request.reason.clone(),
            reached: reached(graph, &columns),
            sources: self.sources(&columns),
            datasets,
            proof: String::new(),
        };
        let bytes = serde_json::to_vec(&report).map_err(|e| Error::new(Kind::Bug, e.to_string()))?;
        report.proof = contract::digest(&bytes);
        let events: Vec<Event> = report
            .datasets
            .iter()
            .filter(|dataset| dataset.rows + dataset.dead_letters + dataset.tokens > 0)
            .map(|dataset| Event::PersonErased {
                dataset: dataset.name.clone(),
                rows: dataset.rows,
                dead_letters: dataset.dead_letters,
                version: dataset.version,
                proof: report.proof.clone(),
                who: request.who.clone(),
                reason: request.reason.clone(),
            })
            .collect();
        self.ledger(move |ledger| ledger.append(now_ms(), &events)).await?;
        Ok(report)
    }

    async fn without_previous(&self, dataset: &str) -> Result<Vec<String>> {
        let mut removed = Vec::new();
        for previous in self.previous().await?.into_iter().filter(|previous| previous.dataset == dataset) {
            self.engine.remove_previous(&previous).await?;
            removed.push(previous.version);
        }
        Ok(removed)
    }

    fn sources(&self, columns: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
        let specs = columns.keys().filter_map(|name| self.workspace.project.datasets.get(name));
        specs
            .filter_map(|spec| match &spec.made {
                Made::Source(source) => Some(source.files.clone()),
                Made::Model(_) => None,
            })
            .collect()
    }
}

/// Datasets downstream of these that have no identifying column.
fn reached(graph: &lineage::ProjectLineage, columns: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let all: Vec<usize> = columns.keys().flat_map(|dataset| graph.graph.find(dataset, None)).collect();
    let reach = pipeline::lineage::Reach { downstream: true, ..Default::default() };
    let part = graph.graph.part(&all, reach);
    let names: BTreeSet<&str> = part.by_dataset().into_keys().collect();
    names.into_iter().filter(|name| !columns.contains_key(*name)).map(str::to_owned).collect()
}
