//! What the passing of time does to gates: seen by whoever looks, entered once.

use engine::{Result, Staged};
use ledger::{GateFilter, GateStage};
use pipeline::Event;
use pipeline::gate::{GateEvent, GateStep};

use super::Judged;
use crate::{App, now_ms};

impl App {
    /// Enters those escalations that are due and not entered yet; returns the gates that are open, judged once for all that a
    /// command does with them.
    pub async fn watch_gates(&self) -> Result<Vec<Judged>> {
        let gates = self.gates(GateFilter::Open).await?;
        let due: Vec<Event> = gates.iter().filter_map(|judged| self.escalated(judged)).collect();
        if !due.is_empty() {
            self.ledger(move |ledger| ledger.append_once(now_ms(), &due)).await?;
        }
        Ok(gates)
    }

    fn escalated(&self, judged: &Judged) -> Option<Event> {
        let escalation = judged.rule.escalation.as_ref()?;
        if judged.told_escalated || !judged.is_escalated || judged.state != GateStage::Waiting {
            return None;
        }
        let after_ms = self.times(&judged.gate.held.kinds()).escalate_after_ms;
        let step = GateStep::Escalated { to: escalation.to.clone(), after_ms };
        Some(event(judged, step))
    }

    /// Discards what expired gates hold, so that their stages run again. `mine` are datasets whose locks are held.
    pub(crate) async fn end_expired(&self, open: &[Judged], mine: &dyn Fn(&str) -> bool) -> Result<()> {
        for judged in open.iter().filter(|judged| judged.state == GateStage::Expired) {
            if !mine(&judged.gate.held.dataset) {
                continue;
            }
            judged.clock()?;
            if let Ok(staged) = serde_json::from_value::<Staged>(judged.gate.held.staged.clone()) {
                self.engine.discard(&staged).await?;
            }
            let expired =
                event(judged, GateStep::Expired { after_ms: judged.gate.held.expires_after_ms.unwrap_or_default() });
            self.ledger(move |ledger| ledger.append_once(now_ms(), &[expired])).await?;
        }
        Ok(())
    }
}

fn event(judged: &Judged, step: GateStep) -> Event {
    let held = &judged.gate.held;
    Event::Gate(Box::new(GateEvent { gate: held.gate.clone(), dataset: held.dataset.clone(), step }))
}
