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

    /// The latest time of any event since this change was first heard of, without times that were said to be wrong, and what the
    /// clock of the ledger's server says, where it has one.
    pub fn change_clock(&mut self, id: &str) -> Result<(Option<i64>, Option<i64>)> {
        let settled = self.settled()?;
        let rows = self.backend.query(
            "SELECT max(time_ms) FROM event
             WHERE seq >= $2 AND seq >= (SELECT min(seq) FROM change_step WHERE change_id = $1)",
            &[id.into(), settled.into()],
        )?;
        let newest = rows.first().map_or(Ok(None), |row| row.optional_int(0))?;
        Ok((newest, self.backend.clock_ms()?))
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
