//! Gates: what waits for people, how it stands by the project's rule, and what becomes of it when they have decided.

mod ahead;
mod decide;
mod delegate;
mod document;
mod impact;
mod judge;
mod open;
mod watch;

use engine::Result;
use ledger::{Gate, GateFilter, GateStage};

use crate::App;

pub use ahead::{NewSettlement, Settlement};
pub use decide::{DecisionReport, GateDecision};
pub(crate) use delegate::end_of;
pub use delegate::{DelegationReport, NewDelegation};
pub use document::{GateDocument, schema};
pub use impact::{GateImpact, Hit};
pub use judge::Judged;
pub(crate) use open::{Question, opened};

impl App {
    /// As the ledger lists them, the newest first; how they stand is not judged.
    pub(crate) async fn held_gates(&self, filter: GateFilter) -> Result<Vec<Gate>> {
        self.ledger(move |ledger| ledger.gates(filter)).await
    }

    /// The newest first. With [`GateFilter::Waiting`] those that wait for people, and those that expired and wait for a run.
    pub async fn gates(&self, filter: GateFilter) -> Result<Vec<Judged>> {
        let listed = if filter == GateFilter::Waiting { GateFilter::Open } else { filter };
        let mut judged = self.judged(self.held_gates(listed).await?).await?;
        if filter == GateFilter::Waiting {
            judged.retain(|judged| matches!(judged.state, GateStage::Waiting | GateStage::Expired));
        }
        Ok(judged)
    }

    /// By the beginning of its id; a dataset's name means the gate of it that stands.
    pub async fn gate(&self, prefix: &str) -> Result<Judged> {
        let gate = self.found(prefix).await?;
        self.judged_one(gate).await
    }

    async fn found(&self, prefix: &str) -> Result<Gate> {
        if self.workspace.project.datasets.contains_key(prefix) {
            let open = self.held_gates(GateFilter::Open).await?;
            let of = |gate: &&Gate| gate.held.dataset == prefix;
            let undecided = open.iter().filter(of).find(|gate| gate.stage != GateStage::Rejected);
            // One that was rejected stands until something else is asked.
            if let Some(gate) = undecided.or_else(|| open.iter().find(of)) {
                return Ok(gate.clone());
            }
        }
        let prefix = prefix.to_owned();
        self.ledger(move |ledger| ledger.gate(&prefix)).await
    }
}
