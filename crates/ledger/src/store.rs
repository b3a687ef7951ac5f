//! Opening a ledger and appending to it.

use std::path::Path;

use engine::{Error, Kind, Result};
use pipeline::Event;

use crate::backend::{Backend, Value};
use crate::location::Location;
use crate::{chain, fold, schema};

/// An open ledger. One value is one connection; several processes may have the same ledger open.
pub struct Ledger {
    pub(crate) backend: Backend,
    pub(crate) location: Location,
}

/// Number and hash of the newest event; 0 and zeros when there is none.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub seq: u64,
    pub hash: String,
}

impl Ledger {
    /// Opens the ledger at `sqlite:<path>` (relative to `root`) or `postgres://…`, and makes it when it is not there.
    pub fn open(url: &str, root: &Path) -> Result<Self> {
        Self::open_at(&Location::parse(url, root)?)
    }

    pub fn open_at(location: &Location) -> Result<Self> {
        let mut backend = Backend::open(location)?;
        schema::migrate(&mut backend).map_err(|error| match error.place {
            Some(_) => error,
            None => error.at(location.to_string()),
        })?;
        Ok(Self { backend, location: location.clone() })
    }

    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Appends the events, in order and all or none, stamped with `time_ms` (milliseconds since the epoch). Returns the number of
    /// the newest event, which is the last of these unless there are none.
    ///
    /// After an error that says that the server did not answer, the events may stand or not; appending them again does no harm
    /// to the folds.
    pub fn append(&mut self, time_ms: i64, events: &[Event]) -> Result<u64> {
        let bodies = events.iter().map(fold::json).collect::<Result<Vec<_>>>()?;
        self.backend.write(|backend| {
            let mut head = head(backend)?;
            for (event, body) in events.iter().zip(bodies) {
                head = append_one(backend, &head, time_ms, event, body)?;
            }
            set_head(backend, &head)?;
            Ok(head.seq)
        })
    }
}

impl Ledger {
    /// As [`Ledger::append`], without those whose cause was entered before. Returns how many were appended.
    pub fn append_once(&mut self, time_ms: i64, events: &[Event]) -> Result<usize> {
        let fresh = |backend: &mut Backend, event: &Event| match event.cause() {
            Some(cause) => Ok(backend.query("SELECT seq FROM cause WHERE cause = $1", &[cause.into()])?.is_empty()),
            None => Ok(true),
        };
        // Asked without a lock first: mostly there is nothing to do.
        let mut wanted = false;
        for event in events {
            wanted |= fresh(&mut self.backend, event)?;
        }
        if !wanted {
            return Ok(0);
        }
        self.backend.write(|backend| {
            let mut head = head(backend)?;
            let mut appended = 0;
            for event in events {
                if fresh(backend, event)? {
                    head = append_one(backend, &head, time_ms, event, fold::json(event)?)?;
                    appended += 1;
                }
            }
            set_head(backend, &head)?;
            Ok(appended)
        })
    }
}

fn append_one(backend: &mut Backend, head: &Head, time_ms: i64, event: &Event, body: String) -> Result<Head> {
    let seq = head.seq + 1;
    let hash = chain::link(&head.hash, seq, time_ms, &body);
    let subject = fold::subject(event);
    let values: [Value<'_>; 7] = [
        seq.into(),
        time_ms.into(),
        subject.run.into(),
        subject.dataset.into(),
        subject.gate.into(),
        body.into(),
        hash.as_str().into(),
    ];
    backend.execute(
        "INSERT INTO event (seq, time_ms, run, dataset, gate, body, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &values,
    )?;
    fold::apply(backend, seq, time_ms, event)?;
    Ok(Head { seq, hash })
}

/// The newest event, which must be the one that was appended last: on a ledger whose end was cut off nothing is built.
fn head(backend: &mut Backend) -> Result<Head> {
    let noted = noted_head(backend)?;
    let newest = newest_event(backend)?;
    if noted.seq != newest.seq || noted.hash != newest.hash {
        return Err(Error::new(
            Kind::Refused,
            format!("the ledger ends with event {}, but event {} was the last one appended", newest.seq, noted.seq),
        )
        .help("events were removed or added by another hand: verify the ledger, restore it from a backup, or rebuild it to go on from what is there"));
    }
    Ok(newest)
}

pub(crate) fn noted_head(backend: &mut Backend) -> Result<Head> {
    match backend.query("SELECT seq, hash FROM head", &[])?.first() {
        Some(row) => Ok(Head { seq: row.count(0)?, hash: row.text(1)?.to_owned() }),
        None => Ok(Head { seq: 0, hash: chain::GENESIS.to_owned() }),
    }
}

pub(crate) fn newest_event(backend: &mut Backend) -> Result<Head> {
    match backend.query("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1", &[])?.first() {
        Some(row) => Ok(Head { seq: row.count(0)?, hash: row.text(1)?.to_owned() }),
        None => Ok(Head { seq: 0, hash: chain::GENESIS.to_owned() }),
    }
}

pub(crate) fn set_head(backend: &mut Backend, head: &Head) -> Result<()> {
    backend.execute(
        "INSERT INTO head (one, seq, hash) VALUES (1, $1, $2)
         ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
        &[head.seq.into(), head.hash.as_str().into()],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests;
