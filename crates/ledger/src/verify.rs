//! Finding out whether someone changed the ledger, and making its folds anew.

use engine::{Error, Kind, Result};
use pipeline::Event;
use serde::Serialize;

use crate::backend::{Backend, Row};
use crate::schema::{self, FOLDS};
use crate::store::{Head, Ledger, noted_head, set_head};
use crate::{chain, fold};

/// Events held in memory at once while the chain is walked.
const PAGE: u64 = 200;

/// What a walk over the whole ledger found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Events whose chain is whole, from the first on.
    pub events: u64,
    /// The hash of the last of these. Noted elsewhere, it proves later that nothing up to here was changed, even by someone who
    /// computed all hashes anew.
    pub head: String,
    /// The first event that is not as it was appended.
    pub fault: Option<Fault>,
    /// Folds that differ from what the events say; empty when `fault` already tells.
    pub folds_changed: Vec<&'static str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub seq: u64,
    pub what: String,
}

impl VerifyReport {
    pub fn is_whole(&self) -> bool {
        self.fault.is_none() && self.folds_changed.is_empty()
    }
}

impl Ledger {
    /// Walks the chain, folds the events anew beside the ledger, and compares. Changes nothing.
    pub fn verify(&mut self) -> Result<VerifyReport> {
        let mut beside = Backend::in_memory()?;
        schema::migrate(&mut beside)?;
        self.backend.snapshot(|backend| {
            let (head, mut fault) =
                walk(backend, &mut |_, seq, time_ms, event| fold::apply(&mut beside, seq, time_ms, event))?;
            let noted = noted_head(backend)?;
            if fault.is_none() && (noted.seq != head.seq || noted.hash != head.hash) {
                let what = format!("the ledger ends at event {}, but {} were appended", head.seq, noted.seq);
                fault = Some(Fault { seq: head.seq + 1, what });
            }
            let mut folds_changed = Vec::new();
            for (fold, select) in FOLDS {
                if fault.is_none() && sorted(backend, select)? != sorted(&mut beside, select)? {
                    folds_changed.push(*fold);
                }
            }
            Ok(VerifyReport { events: head.seq, head: head.hash, fault, folds_changed })
        })
    }

    /// Makes all folds anew from the events; returns how many events there are. Refuses a broken chain. An end that was cut off
    /// is accepted from then on: that is how a ledger goes on after its file was restored.
    pub fn rebuild(&mut self) -> Result<u64> {
        self.backend.write(|backend| {
            for (fold, _) in FOLDS {
                backend.batch(&format!("DELETE FROM {fold}"))?;
            }
            let (head, fault) = walk(backend, &mut fold::apply)?;
            if let Some(fault) = fault {
                return Err(Error::new(
                    Kind::Refused,
                    format!("event {} of the ledger was changed: {}", fault.seq, fault.what),
                )
                .help("restore the ledger from a backup; nothing was rebuilt"));
            }
            set_head(backend, &head)?;
            Ok(head.seq)
        })
    }
}

type Visit<'a> = dyn FnMut(&mut Backend, u64, i64, &Event) -> Result<()> + 'a;

/// Visits the events in order until the end or the first one that is not as it was appended.
fn walk(backend: &mut Backend, visit: &mut Visit<'_>) -> Result<(Head, Option<Fault>)> {
    let genesis = Head { seq: 0, hash: chain::GENESIS.to_owned() };
    walk_from(backend, genesis, &mut |backend, head, time_ms, event| visit(backend, head.seq, time_ms, event))
}

pub(crate) type VisitFrom<'a> = dyn FnMut(&mut Backend, &Head, i64, &Event) -> Result<()> + 'a;

/// The same from the event after `head` on.
pub(crate) fn walk_from(
    backend: &mut Backend,
    mut head: Head,
    visit: &mut VisitFrom<'_>,
) -> Result<(Head, Option<Fault>)> {
    loop {
        let rows = backend.query(
            "SELECT seq, time_ms, run, dataset, gate, body, hash FROM event WHERE seq > $1 ORDER BY seq LIMIT $2",
            &[head.seq.into(), PAGE.into()],
        )?;
        if rows.is_empty() {
            return Ok((head, None));
        }
        for row in &rows {
            match examine(row, &head) {
                Ok((next, time_ms, event)) => {
                    visit(backend, &next, time_ms, &event)?;
                    head = next;
                }
                Err(fault) => return Ok((head, Some(fault))),
            }
        }
    }
}

/// Columns: seq, time_ms, run, dataset, gate, body, hash.
fn examine(row: &Row, head: &Head) -> Result<(Head, i64, Event), Fault> {
    let due = head.seq + 1;
    let fault = |what: String| Fault { seq: due, what };
    let odd = |error: Error| fault(error.message);
    let seq = row.count(0).map_err(odd)?;
    if seq != due {
        return Err(fault(format!("it is missing; the next one is {seq}")));
    }
    let (time_ms, body) = (row.int(1).map_err(odd)?, row.text(5).map_err(odd)?);
    let hash = chain::link(&head.hash, seq, time_ms, body);
    if row.text(6).map_err(odd)? != hash {
        return Err(fault("its text, its time or its hash is not the one that was appended".to_owned()));
    }
    let event: Event = fold::parse(body, "an event").map_err(odd)?;
    let subject = fold::subject(&event);
    let columns = (row.optional_text(2), row.optional_text(3), row.optional_text(4));
    match columns {
        (Ok(run), Ok(dataset), Ok(gate)) if (run, dataset, gate) == (subject.run, subject.dataset, subject.gate) => {}
        _ => return Err(fault("its columns say something else than its text".to_owned())),
    }
    Ok((Head { seq, hash }, time_ms, event))
}

fn sorted(backend: &mut Backend, select: &'static str) -> Result<Vec<Row>> {
    let mut rows = backend.query(select, &[])?;
    rows.sort();
    Ok(rows)
}

#[cfg(test)]
mod tests;
