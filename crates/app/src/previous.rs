//! Versions that breaking migrations replaced, and that are kept beside the newest for a while.

use engine::{Previous, Result};

use crate::App;

impl App {
    /// All of the project.
    pub async fn previous(&self) -> Result<Vec<Previous>> {
        self.engine.previous(&self.workspace.warehouse_url).await
    }

    /// Those of some pipelines.
    pub(crate) async fn previous_of(&self, pipelines: &[String]) -> Result<Vec<Previous>> {
        let mut all = self.previous().await?;
        all.retain(|previous| {
            let spec = self.workspace.project.datasets.get(&previous.dataset);
            spec.is_some_and(|spec| pipelines.contains(&spec.pipeline))
        });
        Ok(all)
    }

    /// Those whose last day is over are removed; returns the others.
    pub(crate) async fn end_previous(&self, pipelines: &[String]) -> Result<Vec<Previous>> {
        let today = crate::today();
        let (over, stay): (Vec<_>, Vec<_>) = self
            .previous_of(pipelines)
            .await?
            .into_iter()
            .partition(|previous| !previous.until.is_empty() && previous.until < today);
        for previous in &over {
            self.engine.remove_previous(previous).await?;
        }
        Ok(stay)
    }

    /// Brings them up to date with their tables.
    pub(crate) async fn follow(&self, kept: &[Previous]) -> Result<()> {
        for previous in kept.iter().filter(|previous| previous.stopped.is_none()) {
            let Some(spec) = self.workspace.project.datasets.get(&previous.dataset) else { continue };
            self.engine.follow(&self.table(&spec.name), &spec.contract, previous).await?;
        }
        Ok(())
    }
}
