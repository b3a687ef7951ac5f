//! The verbs: what a person or an agent can ask of Plimsoll. Every surface calls these and only renders what they return.
//!
//! Knows the project on disk, the ledger and the ports. Must never know a terminal, HTTP, or a concrete engine.

pub mod audit;
pub mod changes;
mod clock;
mod crash;
mod dead_letters;
pub mod drift;
mod erase;
pub mod gates;
mod identity;
pub mod impact;
mod keys;
pub mod lineage;
mod locks;
pub mod names;
mod openlineage;
pub mod origin;
mod outbox;
mod previous;
pub mod privacy;
mod report;
pub mod revision;
mod run;
pub mod scan;
mod stage;
pub mod test;
pub mod triggers;
mod workspace;
mod world;

use std::sync::{Arc, Mutex, PoisonError};

use engine::{Engine, Error, Kind, Recipient, Result, Source, TableRef};
use ledger::Ledger;
use pipeline::Plan;

pub use dead_letters::{DeadLetterSummary, ReplayReport, failed_checks};
pub use erase::{ErasedDataset, ErasureReport, ErasureRequest};
pub use keys::{RotatedDataset, RotationReport};
pub use openlineage::Told;
pub use report::{ErrorReport, GateReport, RunReport, StageReport, planned};
pub use run::{Observer, RunRequest};
pub use scan::{ScanReport, ScanRequest, Suspect, Verified};
pub use workspace::{Workspace, find_root};
pub use world::World;

use openlineage::Teller;

/// A project with all that its verbs need.
pub struct App {
    pub workspace: Workspace,
    pub engine: Arc<dyn Engine>,
    pub source: Arc<dyn Source>,
    ledger: Arc<Mutex<Ledger>>,
    /// Whom what happens is told.
    teller: Option<Arc<Teller>>,
}

impl App {
    /// `recipients` are told what happens, as OpenLineage events.
    pub fn new(
        workspace: Workspace,
        engine: Arc<dyn Engine>,
        source: Arc<dyn Source>,
        ledger: Ledger,
        recipients: Vec<Arc<dyn Recipient>>,
    ) -> Arc<Self> {
        let teller = (!recipients.is_empty()).then(|| Arc::new(Teller::new(&workspace, recipients)));
        Arc::new(Self { workspace, engine, source, ledger: Arc::new(Mutex::new(ledger)), teller })
    }

    /// Uses the ledger on a thread where it may block.
    pub async fn ledger<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Ledger) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let ledger = self.ledger.clone();
        blocking(move || work(&mut ledger.lock().unwrap_or_else(PoisonError::into_inner))).await
    }

    pub fn table(&self, dataset: &str) -> TableRef {
        TableRef { dataset: dataset.to_owned(), url: format!("{}{dataset}/", self.workspace.warehouse_url) }
    }

    /// What `run` would do now, without doing it.
    pub async fn plan(&self) -> Result<(World, Plan)> {
        self.plan_knowing(None).await
    }

    /// The same for whoever has judged the open gates already.
    pub async fn plan_knowing(&self, gates: Option<&[gates::Judged]>) -> Result<(World, Plan)> {
        let world = world::gather(self, false, gates).await?;
        let plan = self.planned(&world)?;
        Ok((world, plan))
    }

    /// The plan for this world, if what it would execute can be executed: only the table that is there says which columns a
    /// `fill` may name.
    pub(crate) fn planned(&self, world: &World) -> Result<Plan> {
        let plan = pipeline::plan(&self.workspace.project, &world.state);
        for stage in &plan.stages {
            let (Some(migration), Some(spec)) = (&stage.migration, self.workspace.project.datasets.get(&stage.dataset))
            else {
                continue;
            };
            let stored = migration.stored_as(&spec.contract);
            for (column, fill) in migration.fills() {
                let Err(found) = sql::expression(fill, &stored) else { continue };
                let first = found.first().map(|found| found.message.clone()).unwrap_or_default();
                let has: Vec<&str> = stored.columns.iter().map(|column| column.name.as_str()).collect();
                let message = format!(
                    "`fill` of `{column}` is no expression over the table `{}` as it is now: {first}",
                    spec.name
                );
                return Err(Error::new(Kind::Input, message)
                    .at(self.workspace.contract_path(&spec.name).unwrap_or_default())
                    .help(format!("the table has {}", has.join(", "))));
            }
        }
        Ok(plan)
    }

    /// An error when the project does not hold: nothing may run on it.
    pub fn sound(&self) -> Result<()> {
        let errors = self.workspace.diagnostics.iter().filter(|found| found.level == contract::Level::Error).count();
        if errors == 0 {
            return Ok(());
        }
        Err(Error::new(Kind::Input, format!("the project has {errors} error{}", if errors == 1 { "" } else { "s" }))
            .help("see `plimsoll check`"))
    }

    /// An error when the settings do not hold: they say who may decide, so by them nobody does.
    pub(crate) fn settings_hold(&self) -> Result<()> {
        let wrong =
            |found: &&contract::Diagnostic| found.level == contract::Level::Error && found.path == workspace::SETTINGS;
        let Some(first) = self.workspace.diagnostics.iter().find(wrong) else { return Ok(()) };
        let message = format!(
            "{} says who may decide, and it has an error, so nothing is decided: {} ({})",
            workspace::SETTINGS,
            first.message,
            first.code
        );
        Err(Error::new(Kind::Input, message)
            .at(format!("{}:{}:{}", first.path, first.span.line, first.span.column))
            .help("mend it first: `plimsoll check` tells all that is wrong"))
    }
}

pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::new(Kind::Bug, format!("a worker thread died: {e}")))?
}

/// `YYYY-MM-DD`, in UTC.
pub(crate) fn today() -> String {
    chrono::Utc::now().format("%Y-%m-%d").to_string()
}

/// Milliseconds since the epoch.
pub(crate) fn now_ms() -> i64 {
    chrono::Utc::now().timestamp_millis() + engine::fault::clock_ahead_ms()
}
