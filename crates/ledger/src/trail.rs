//! What the ledger says of open gates since they were asked, with the part of the hash chain that it rests on.

use std::collections::BTreeMap;

use engine::{Error, Kind, Result};
use pipeline::Event;
use pipeline::event::LedgerState;

use crate::chain;
use crate::events::Recorded;
use crate::gates::Gate;
use crate::store::{Head, Ledger, noted_head};
use crate::verify::{Fault, walk_from};

/// All that happened to one gate after its question.
#[derive(Debug, Clone, PartialEq)]
pub struct Trail {
    /// In the order in which they were appended.
    pub events: Vec<Recorded>,
    /// The latest time of any event since the gate was asked, or since times before were said to be wrong: no honest clock is far
    /// behind it.
    pub newest_ms: i64,
    /// What the clock of the ledger's server says, where it has one.
    pub server_ms: Option<i64>,
}

impl Ledger {
    /// One for each gate. Refuses where the events since the oldest question are not as they were appended, or where a gate is
    /// listed as open that, by the events, is not.
    pub fn trails(&mut self, gates: &[Gate]) -> Result<Vec<Trail>> {
        let Some(first) = gates.iter().map(|gate| gate.seq).min() else { return Ok(Vec::new()) };
        let mut told: BTreeMap<&str, Vec<Recorded>> =
            gates.iter().map(|gate| (gate.held.gate.as_str(), Vec::new())).collect();
        let mut state = LedgerState::default();
        let mut newest: Vec<(u64, i64)> = gates.iter().map(|gate| (gate.seq, i64::MIN)).collect();
        let (head, noted, fault) = self.backend.snapshot(|backend| {
            let before = before(backend, first)?;
            let (head, fault) = walk_from(backend, before, &mut |_, head, time_ms, event| {
                let since = newest.iter_mut().filter(|(seq, _)| *seq <= head.seq);
                // Times that somebody has said to be wrong bind nobody.
                let is_settled = matches!(event, Event::ClockSettled(_));
                since.for_each(|(_, newest)| *newest = if is_settled { time_ms } else { (*newest).max(time_ms) });
                state.apply(event);
                let gate = match event {
                    Event::GateDecided { gate, .. } => gate,
                    Event::Gate(event) => &event.gate,
                    _ => return Ok(()),
                };
                if let Some(events) = told.get_mut(gate.as_str()) {
                    let Head { seq, hash } = head.clone();
                    events.push(Recorded { seq, time_ms, hash, event: event.clone() });
                }
                Ok(())
            })?;
            Ok((head, noted_head(backend)?, fault))
        })?;
        let cut = || Fault { seq: head.seq + 1, what: format!("it was removed, and {} were appended", noted.seq) };
        let fault = fault.or_else(|| (noted.seq != head.seq || noted.hash != head.hash).then(cut));
        if let Some(fault) = fault {
            return Err(changed(&format!("event {}: {}", fault.seq, fault.what)));
        }
        let server_ms = self.backend.clock_ms()?;
        gates
            .iter()
            .zip(newest)
            .map(|(gate, (_, newest_ms))| {
                let id = gate.held.gate.as_str();
                let standing = state.datasets.get(&gate.held.dataset).and_then(|dataset| dataset.gate.as_ref());
                if standing.is_none_or(|standing| standing.id != id) {
                    return Err(changed(&format!("gate {id} is listed as open, and its events say that it is not")));
                }
                Ok(Trail { events: told.remove(id).unwrap_or_default(), newest_ms, server_ms })
            })
            .collect()
    }
}

/// The event before this one, whose hash the chain goes on from.
pub(crate) fn before(backend: &mut crate::backend::Backend, seq: u64) -> Result<Head> {
    let genesis = Head { seq: 0, hash: chain::GENESIS.to_owned() };
    if seq <= 1 {
        return Ok(genesis);
    }
    match backend.query("SELECT seq, hash FROM event WHERE seq = $1", &[(seq - 1).into()])?.first() {
        Some(row) => Ok(Head { seq: row.count(0)?, hash: row.text(1)?.to_owned() }),
        None => Err(changed(&format!("event {} is missing", seq - 1))),
    }
}

pub(crate) fn changed(what: &str) -> Error {
    Error::new(
        Kind::Refused,
        format!("the ledger was changed by another hand, so no gate is decided on its word: {what}"),
    )
    .help("see `plimsoll ledger verify`; restore the ledger from a backup")
}

#[cfg(test)]
mod tests;
