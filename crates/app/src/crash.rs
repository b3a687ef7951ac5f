//! What a process that ended in the middle has left behind: found in the ledger, taken away before the next run plans.

use std::collections::BTreeSet;

use engine::{Result, Staged};
use ledger::{GateFilter, GateStage, StageState};
use pipeline::Event;
use pipeline::event::RunOutcome;

use crate::gates::Judged;
use crate::world::World;
use crate::{App, now_ms};

/// Runs of the past that are looked through for one that was interrupted.
const RUNS_LOOKED_AT: u32 = 20;

/// What the ledger tells of work that did not end well.
#[derive(Default)]
pub(crate) struct Traces {
    /// Their newest stage failed or never ended, or some run in which they had a stage never ended.
    pub datasets: BTreeSet<String>,
    /// Runs that never ended, with the datasets of their stages.
    runs: Vec<(String, Vec<String>)>,
    /// Every dataset that had a stage.
    touched: BTreeSet<String>,
}

impl App {
    pub(crate) async fn traces(&self) -> Result<Traces> {
        let runs = self.ledger(|ledger| ledger.runs(RUNS_LOOKED_AT)).await?;
        let mut traces = Traces::default();
        for run in runs {
            for stage in &run.stages {
                let newest = traces.touched.insert(stage.dataset.clone());
                let broken = matches!(stage.state, StageState::Started | StageState::Failed);
                if run.ended_ms.is_none() || (newest && broken) {
                    traces.datasets.insert(stage.dataset.clone());
                }
            }
            if run.ended_ms.is_none() {
                traces.runs.push((run.id, run.stages.into_iter().map(|stage| stage.dataset).collect()));
            }
        }
        Ok(traces)
    }

    /// Deletes files that no commit names and no gate holds, and enters interrupted runs as failed. `pipelines` are those whose
    /// locks are held, so whatever is unfinished in them belongs to nobody any more; `gates` are those that are open.
    pub(crate) async fn clean_up(&self, pipelines: &[String], world: &World, gates: &[Judged]) -> Result<()> {
        let pipeline = |dataset: &str| self.workspace.project.datasets.get(dataset).map(|spec| &spec.pipeline);
        let mine = |dataset: &str| pipeline(dataset).is_some_and(|pipeline| pipelines.contains(pipeline));
        let traces = &world.traces;
        // Of a dataset that the ledger never heard of, files can lie there when the ledger was lost.
        let unheard = world.unknown.iter().filter(|dataset| !traces.touched.contains(*dataset));
        let dirty: BTreeSet<&String> =
            traces.datasets.iter().chain(unheard).chain(&world.repaired).filter(|dataset| mine(dataset)).collect();
        for dataset in dirty {
            self.sweep(dataset).await?;
        }
        self.discard_rejected(gates, &mine).await?;
        self.end_expired(gates, &mine).await?;
        // A run over other pipelines too is entered as ended by whoever holds their locks as well.
        let over = traces
            .runs
            .iter()
            .filter(|(_, stages)| stages.iter().all(|dataset| pipeline(dataset).is_none() || mine(dataset)));
        let events: Vec<Event> =
            over.map(|(run, _)| Event::RunEnded { run: run.clone(), outcome: RunOutcome::Failed }).collect();
        if !events.is_empty() {
            self.ledger(move |ledger| ledger.append(now_ms(), &events)).await?;
        }
        Ok(())
    }

    /// A rejection deletes what was held; whoever entered it may have ended before it did.
    async fn discard_rejected(&self, open: &[Judged], mine: &impl Fn(&str) -> bool) -> Result<()> {
        let rejected = open.iter().filter(|judged| judged.state == GateStage::Rejected).map(|judged| &judged.gate);
        for gate in rejected.filter(|gate| mine(&gate.held.dataset)) {
            if let Ok(staged) = serde_json::from_value::<Staged>(gate.held.staged.clone()) {
                self.engine.discard(&staged).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn sweep(&self, dataset: &str) -> Result<u64> {
        let gates = self.held_gates(GateFilter::Open).await?;
        let held: Vec<Staged> = gates
            .into_iter()
            .filter(|gate| gate.held.dataset == dataset)
            .filter_map(|gate| serde_json::from_value(gate.held.staged).ok())
            .collect();
        self.engine.sweep(&self.table(dataset), &held).await
    }
}
