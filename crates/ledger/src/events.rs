//! Reading the events themselves.

use std::collections::BTreeMap;

use engine::{Error, Kind, Result};
use pipeline::Event;
use pipeline::event::CLOCK_SETTLED;
use serde::Serialize;

use crate::backend::{Backend, Row};
use crate::fold;
use crate::store::Ledger;

/// An event as it stands in the ledger.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recorded {
    pub seq: u64,
    /// Milliseconds since the epoch, as the appender's clock said; it may step back between events.
    pub time_ms: i64,
    pub hash: String,
    #[serde(flatten)]
    pub event: Event,
}

/// Events that are dated in the future.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Ahead {
    /// The latest of them, and its time.
    pub seq: u64,
    pub time_ms: i64,
    pub events: u64,
}

/// Events that are looked through for times, from the newest on.
const NEWEST: u64 = 1000;

impl Ledger {
    /// Number and hash of the newest event; 0 and nothing when there is none.
    pub fn newest(&mut self) -> Result<(u64, String)> {
        let rows = self.backend.query("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1", &[])?;
        match rows.first() {
            Some(row) => Ok((row.count(0)?, row.text(1)?.to_owned())),
            None => Ok((0, String::new())),
        }
    }

    /// At most `limit` events from number `from_seq` on, in the order they happened.
    pub fn events(&mut self, from_seq: u64, limit: u32) -> Result<Vec<Recorded>> {
        let rows = self.backend.query(
            "SELECT seq, time_ms, hash, body FROM event WHERE seq >= $1 ORDER BY seq LIMIT $2",
            &[from_seq.into(), u64::from(limit).into()],
        )?;
        rows.iter().map(recorded).collect()
    }

    /// The latest time among the newest events, which is where the clocks of those who append have been. A time that somebody has
    /// said to be wrong does not count.
    pub fn latest_ms(&mut self) -> Result<Option<i64>> {
        let settled = self.settled()?;
        let rows = self.backend.query(
            "SELECT max(time_ms) FROM (SELECT seq, time_ms FROM event ORDER BY seq DESC LIMIT 1000) AS newest WHERE seq >= $1",
            &[settled.into()],
        )?;
        rows.first().map_or(Ok(None), |row| row.optional_int(0))
    }

    /// Events that are dated later than this: those among the newest, or among all of them.
    pub fn ahead(&mut self, limit_ms: i64, all: bool) -> Result<Option<Ahead>> {
        let settled = self.settled()?;
        let newest = if all { u64::from(u32::MAX) } else { NEWEST };
        let rows = self.backend.query(
            "SELECT seq, time_ms FROM (SELECT seq, time_ms FROM event ORDER BY seq DESC LIMIT $3) AS newest
             WHERE seq >= $1 AND time_ms > $2 ORDER BY time_ms DESC, seq",
            &[settled.into(), limit_ms.into(), newest.into()],
        )?;
        let Some(first) = rows.first() else { return Ok(None) };
        Ok(Some(Ahead { seq: first.count(0)?, time_ms: first.int(1)?, events: rows.len() as u64 }))
    }

    /// What the clock of the ledger's server says, where it has one.
    pub fn server_ms(&mut self) -> Result<Option<i64>> {
        self.backend.clock_ms()
    }

    /// The newest event by which times before it were said to be wrong; 0 when there is none.
    pub(crate) fn settled(&mut self) -> Result<u64> {
        let rows = self
            .backend
            .query("SELECT max(seq) FROM cause WHERE cause LIKE $1", &[format!("{CLOCK_SETTLED}%").into()])?;
        let newest = rows.first().map_or(Ok(None), |row| row.optional_int(0))?;
        Ok(newest.and_then(|seq| u64::try_from(seq).ok()).unwrap_or(0))
    }

    /// When each cause was entered.
    pub fn causes(&mut self) -> Result<BTreeMap<String, i64>> {
        let rows = self.backend.query("SELECT c.cause, e.time_ms FROM cause c JOIN event e ON e.seq = c.seq", &[])?;
        rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?))).collect()
    }

    /// How the newest stage of each dataset failed, where it did.
    pub fn failures(&mut self) -> Result<Vec<Recorded>> {
        let rows = self.backend.query(
            "SELECT e.seq, e.time_ms, e.hash, e.body FROM run_stage s JOIN event e ON e.seq = s.seq
             WHERE s.state = 'failed' AND s.seq = (SELECT max(t.seq) FROM run_stage t WHERE t.dataset = s.dataset)
             ORDER BY e.seq",
            &[],
        )?;
        rows.iter().map(recorded).collect()
    }

    /// All that was appended about one gate after its question, in the order it happened.
    pub fn gate_events(&mut self, gate: &str) -> Result<Vec<Recorded>> {
        let rows = self.backend.query(
            "SELECT seq, time_ms, hash, body FROM event WHERE gate = $1
             AND seq > (SELECT held_seq FROM gate WHERE id = $1) ORDER BY seq",
            &[gate.into()],
        )?;
        rows.iter().map(recorded).collect()
    }
}

/// Columns: seq, time_ms, hash, body.
pub(crate) fn recorded(row: &Row) -> Result<Recorded> {
    Ok(Recorded {
        seq: row.count(0)?,
        time_ms: row.int(1)?,
        hash: row.text(2)?.to_owned(),
        event: fold::parse(row.text(3)?, "an event")?,
    })
}

/// The one id that begins with `prefix`: people type the first characters. `find` takes the prefix and gives at most a few ids.
pub(crate) fn unique(backend: &mut Backend, find: &'static str, prefix: &str, noun: &str) -> Result<String> {
    let rows = backend.query(find, &[prefix.into()])?;
    let ids = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>>>()?;
    if prefix.is_empty() {
        return Err(Error::new(Kind::Input, format!("the id of a {noun} is empty")));
    }
    match ids.as_slice() {
        [] => Err(Error::new(Kind::Input, format!("there is no {noun} `{prefix}`"))),
        [id] => Ok((*id).to_owned()),
        ids => match ids.iter().find(|id| **id == prefix) {
            Some(id) => Ok((*id).to_owned()),
            None => {
                Err(Error::new(Kind::Input, format!("`{prefix}` begins several ids of a {noun}: {}", ids.join(", ")))
                    .help("type more of it"))
            }
        },
    }
}
