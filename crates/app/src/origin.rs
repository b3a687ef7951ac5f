//! Where published versions come from: what a run made of what, and which files and contracts a version goes back to.

use engine::{Error, Kind, Result};
use pipeline::Event;
use pipeline::origin::{Origin, Version, made, origin};
use serde::Serialize;

use crate::App;

/// What one run made.
#[derive(Debug, Clone, Serialize)]
pub struct RunLineage {
    pub run: String,
    pub started_ms: i64,
    /// Of the project as the run began; `None` of runs by an older Plimsoll.
    pub coverage: Option<RunCoverage>,
    pub made: Vec<Version>,
}

#[derive(Debug, Clone, Serialize)]
pub struct RunCoverage {
    pub columns: usize,
    pub traced: usize,
    pub untraced: Vec<String>,
}

impl App {
    /// What the run whose id begins like this made, of what.
    pub async fn run_lineage(&self, prefix: &str) -> Result<RunLineage> {
        let prefix = prefix.to_owned();
        let ((run, events), history) = self.ledger(move |ledger| Ok((ledger.run(&prefix)?, ledger.history()?))).await?;
        let mut lineage = RunLineage { run: run.id, started_ms: run.started_ms, coverage: None, made: Vec::new() };
        for recorded in events {
            match recorded.event {
                Event::StagePublished(event) => lineage.made.push(made(&history, &event, recorded.time_ms)),
                Event::LineageTraced { columns, traced, untraced, .. } => {
                    lineage.coverage = Some(RunCoverage { columns, traced, untraced });
                }
                _ => {}
            }
        }
        Ok(lineage)
    }

    /// What a version of a dataset, or its newest one, goes back to.
    pub async fn origin(&self, dataset: &str, version: Option<i64>) -> Result<Origin> {
        let history = self.ledger(|ledger| ledger.history()).await?;
        origin(&history, dataset, version).ok_or_else(|| {
            let message = match version {
                Some(version) => format!("the ledger knows no version {version} of `{dataset}`"),
                None => format!("`{dataset}` was never published"),
            };
            Error::new(Kind::Input, message).help("`plimsoll status` tells what is published")
        })
    }
}
