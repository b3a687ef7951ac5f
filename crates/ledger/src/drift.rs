//! Reading what looks at data found, and what of it was accepted.

use engine::Result;
use pipeline::Event;
use pipeline::drift::Looks;

use crate::events::recorded;
use crate::store::Ledger;

impl Ledger {
    pub fn drift(&mut self) -> Result<Looks> {
        let rows = self.backend.query(
            "SELECT e.seq, e.time_ms, e.hash, e.body FROM drift_look d JOIN event e ON e.seq = d.seq ORDER BY d.seq",
            &[],
        )?;
        let mut looks = Looks::default();
        for row in &rows {
            let recorded = recorded(row)?;
            match recorded.event {
                Event::Drift(look) => looks.add(recorded.time_ms, *look),
                Event::DriftAccepted(acceptance) => looks.accept(&acceptance),
                _ => {}
            }
        }
        Ok(looks)
    }
}
