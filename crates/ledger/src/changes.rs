//! Reading what became of changes.

use engine::Result;
use pipeline::Event;
use pipeline::change::History;

use crate::backend::Row;
use crate::events::recorded;
use crate::store::Ledger;

impl Ledger {
    /// The history of one change.
    pub fn change(&mut self, id: &str) -> Result<History> {
        let rows = self.backend.query(
            "SELECT e.seq, e.time_ms, e.hash, e.body FROM change_step c JOIN event e ON e.seq = c.seq
             WHERE c.change_id = $1 ORDER BY c.seq",
            &[id.into()],
        )?;
        history(&rows)
    }

    /// What was applied and undone of all changes, in its order.
    pub fn changes(&mut self) -> Result<History> {
        let rows = self.backend.query(
            "SELECT e.seq, e.time_ms, e.hash, e.body FROM change_step c JOIN event e ON e.seq = c.seq ORDER BY c.seq",
            &[],
        )?;
        history(&rows)
    }
}

fn history(rows: &[Row]) -> Result<History> {
    let mut history = History::default();
    for row in rows {
        let recorded = recorded(row)?;
        if let Event::Change(event) = recorded.event {
            history.add(recorded.time_ms, *event);
        }
    }
    Ok(history)
}
