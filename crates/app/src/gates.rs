//! Gates: what waits for a person, and what becomes of it when they have decided.

use engine::{Error, Kind, Result, Staged, fault};
use ledger::{Gate, GateFilter, GateStage};
use pipeline::Event;
use pipeline::plan::PlannedStage;
use serde::Serialize;

use crate::locks::Locks;
use crate::report::StageReport;
use crate::stage::{Publication, published};
use crate::{App, now_ms};

#[derive(Debug, Clone, Serialize)]
pub struct DecisionReport {
    pub gate: String,
    pub dataset: String,
    pub approved: bool,
    pub fingerprint: String,
    /// The table's version, when the approval published it.
    pub version: Option<i64>,
    pub rows_published: u64,
    pub rows_refused: u64,
}

impl App {
    pub async fn gates(&self, filter: GateFilter) -> Result<Vec<Gate>> {
        self.ledger(move |ledger| ledger.gates(filter)).await
    }

    /// By the beginning of its id; a dataset's name means the gate of it that waits.
    pub async fn gate(&self, prefix: &str) -> Result<Gate> {
        if self.workspace.project.datasets.contains_key(prefix) {
            let waiting = self.gates(GateFilter::Waiting).await?;
            if let Some(gate) = waiting.into_iter().find(|gate| gate.held.dataset == prefix) {
                return Ok(gate);
            }
        }
        let prefix = prefix.to_owned();
        self.ledger(move |ledger| ledger.gate(&prefix)).await
    }

    /// Enters the decision; an approval publishes the very files that were held, a rejection deletes them.
    pub async fn decide(&self, prefix: &str, approved: bool, who: &str, reason: &str) -> Result<DecisionReport> {
        if reason.trim().is_empty() {
            return Err(
                Error::new(Kind::Input, "a decision needs a reason").help("say why with --reason: it is kept for good")
            );
        }
        let gate = self.gate(prefix).await?;
        let id = gate.held.gate.clone();
        match gate.stage {
            GateStage::Waiting => {}
            GateStage::Approved if approved => {}
            GateStage::Approved | GateStage::Rejected | GateStage::Published | GateStage::Superseded => {
                let state = format!("{:?}", gate.stage).to_lowercase();
                return Err(Error::new(Kind::Input, format!("gate {id} is {state} already"))
                    .help("see `plimsoll gate show` for who decided and why"));
            }
        }
        let pipeline = self.workspace.project.datasets.get(&gate.held.dataset).map(|spec| spec.pipeline.clone());
        let pipeline = pipeline.unwrap_or_else(|| gate.held.dataset.clone());
        let locks = self.lock(&[pipeline], &format!("gate {id}"), None).await?;
        let report = self.decided(gate, approved, who, reason, &locks).await;
        locks.release().await?;
        report
    }

    async fn decided(
        &self,
        gate: Gate,
        approved: bool,
        who: &str,
        reason: &str,
        locks: &Locks,
    ) -> Result<DecisionReport> {
        let held = gate.held;
        if gate.stage == GateStage::Waiting {
            let event = Event::GateDecided {
                gate: held.gate.clone(),
                dataset: held.dataset.clone(),
                approved,
                who: who.to_owned(),
                reason: reason.to_owned(),
                fingerprint: held.fingerprint.clone(),
            };
            self.ledger(move |ledger| ledger.append(now_ms(), &[event])).await?;
            fault::step("decided").await;
        }
        let mut report = DecisionReport {
            gate: held.gate.clone(),
            dataset: held.dataset.clone(),
            approved,
            fingerprint: held.fingerprint.clone(),
            version: None,
            rows_published: 0,
            rows_refused: held.counts.rows_refused,
        };
        let staged = staged(&held)?;
        if approved {
            report.version = Some(self.publish_held(&held, &staged, locks).await?);
            report.rows_published = held.counts.rows_passed;
        } else {
            self.engine.discard(&staged).await?;
        }
        Ok(report)
    }

    async fn publish_held(&self, held: &pipeline::event::StageHeld, staged: &Staged, locks: &Locks) -> Result<i64> {
        locks.check().await?;
        let version = self.engine.publish(staged).await?;
        fault::step("published").await;
        let publication = Publication {
            version,
            counts: held.counts,
            verdicts: held.verdicts.clone(),
            seconds: held.seconds,
            repaired: false,
        };
        let event = published(staged.commit.clone(), publication);
        self.ledger(move |ledger| ledger.append(now_ms(), &[event])).await?;
        Ok(version)
    }

    /// A run finds a gate that was approved and whose publication was interrupted.
    pub(crate) async fn publish_approved(&self, stage: &PlannedStage, locks: &Locks) -> Result<StageReport> {
        let gates = self.gates(GateFilter::Open).await?;
        let gate = gates
            .into_iter()
            .find(|gate| gate.held.dataset == stage.dataset && gate.stage == GateStage::Approved)
            .ok_or_else(|| {
                Error::new(Kind::Conflict, format!("the approved gate of {} is gone", stage.dataset)).help("run again")
            })?;
        let staged = staged(&gate.held)?;
        let version = self.publish_held(&gate.held, &staged, locks).await?;
        let mut report = StageReport::new(stage, "published", stage.why()).counted(&gate.held.counts, false);
        report.version = Some(version);
        report.checks = gate.held.verdicts;
        Ok(report)
    }
}

fn staged(held: &pipeline::event::StageHeld) -> Result<Staged> {
    serde_json::from_value(held.staged.clone())
        .map_err(|e| Error::new(Kind::Bug, format!("what gate {} holds cannot be read: {e}", held.gate)))
}
