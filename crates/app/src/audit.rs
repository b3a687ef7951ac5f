//! The ledger for those who must be able to trust it: is it whole, and what stands in it.

use engine::Result;
use ledger::{Ahead, Recorded, VerifyReport};
use pipeline::Plan;
use pipeline::plan::Action;

use crate::App;

/// Events that are held in memory at once.
const PAGE: u32 = 500;

/// What a check of the ledger found.
#[derive(Debug)]
pub struct LedgerReport {
    pub ledger: VerifyReport,
    /// The number of the event whose hash was noted elsewhere; none where no event has it.
    pub noted: Option<Option<u64>>,
    /// Events that are dated in the future.
    pub ahead: Option<Ahead>,
}

impl LedgerReport {
    pub fn is_trusted(&self) -> bool {
        self.ledger.is_whole() && self.noted != Some(None)
    }
}

impl App {
    /// Walks the chain of events. With a `noted` hash, says also whether the chain leads through it: somebody who computes all
    /// hashes anew makes a whole chain, but another one.
    pub async fn verify_ledger(&self, noted: Option<String>) -> Result<LedgerReport> {
        let ledger = self.ledger(|ledger| ledger.verify()).await?;
        let ahead = self.ahead(true).await?;
        let Some(hash) = noted else { return Ok(LedgerReport { ledger, noted: None, ahead }) };
        let mut found = None;
        self.each_event(|event| {
            if event.hash == hash {
                found = Some(event.seq);
            }
            Ok(())
        })
        .await?;
        Ok(LedgerReport { ledger, noted: Some(found), ahead })
    }

    /// An error where what the plan takes the ledger's word for was changed: what was in force when a table was last published says
    /// whether somebody weakens a guard now. Nothing is looked at where nothing is to be made.
    pub async fn attest(&self, plan: &Plan) -> Result<()> {
        let made = plan.stages.iter().filter(|stage| stage.action == Action::Run);
        let made: Vec<String> = made.map(|stage| stage.dataset.clone()).collect();
        if made.is_empty() {
            return Ok(());
        }
        self.ledger(move |ledger| ledger.attest(&made)).await
    }

    /// Visits all events in order.
    pub async fn each_event(&self, mut visit: impl FnMut(&Recorded) -> Result<()>) -> Result<()> {
        let mut from = 1;
        loop {
            let page = self.ledger(move |ledger| ledger.events(from, PAGE)).await?;
            let Some(last) = page.last() else { return Ok(()) };
            from = last.seq + 1;
            page.iter().try_for_each(&mut visit)?;
        }
    }

    /// Makes all folds anew from the events, and returns how many there are.
    pub async fn rebuild_ledger(&self) -> Result<u64> {
        self.ledger(|ledger| ledger.rebuild()).await
    }
}
