//! Reading the events themselves.

use engine::{Error, Kind, Result};
use pipeline::Event;
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
