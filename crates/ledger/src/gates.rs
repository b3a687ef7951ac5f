//! Reading gates: what was asked, and what was decided.

use engine::{Error, Kind, Result};
use pipeline::Event;
use pipeline::event::StageHeld;
use serde::Serialize;

use crate::backend::Row;
use crate::events::unique;
use crate::store::{Ledger, newest_event, noted_head};
use crate::trail::changed;
use crate::{chain, fold};

/// A gate with all that a person needs to decide, and the decision.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gate {
    /// As the newest decision says; whether that is enough is the project's rule to say.
    pub stage: GateStage,
    pub asked_ms: i64,
    pub held: StageHeld,
    /// The event that asked.
    pub seq: u64,
    /// `sha256:` over that event as the ledger has it.
    pub digest: String,
    /// The newest decision that counts; a decision on another fingerprint is void.
    pub decision: Option<GateDecision>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GateStage {
    Waiting,
    Approved,
    Rejected,
    /// What was held is published.
    Published,
    /// A newer result took its place.
    Superseded,
    /// Nobody had decided in time.
    Expired,
}

impl GateStage {
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Published => "published",
            Self::Superseded => "superseded",
            Self::Expired => "expired",
        }
    }

    /// The question stands: nothing else has taken its place.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Approved | Self::Rejected)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GateDecision {
    pub seq: u64,
    pub time_ms: i64,
    pub approved: bool,
    pub who: String,
    pub reason: String,
}

/// Which gates to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GateFilter {
    /// Those that a person has still to decide.
    #[default]
    Waiting,
    /// Those that stand: waiting, approved or rejected, and not published yet.
    Open,
    All,
}

impl Ledger {
    /// Gates, the newest first.
    pub fn gates(&mut self, filter: GateFilter) -> Result<Vec<Gate>> {
        let sql = match filter {
            GateFilter::Waiting => {
                "SELECT state, held_ms, held, decided_seq, decided_ms, decided, held_seq, id FROM gate_told
                 WHERE state = 'waiting' ORDER BY held_seq DESC"
            }
            GateFilter::Open => {
                "SELECT state, held_ms, held, decided_seq, decided_ms, decided, held_seq, id FROM gate_told
                 WHERE state IN ('waiting', 'approved', 'rejected') ORDER BY held_seq DESC"
            }
            GateFilter::All => {
                "SELECT state, held_ms, held, decided_seq, decided_ms, decided, held_seq, id FROM gate_told ORDER BY held_seq DESC"
            }
        };
        self.has_its_end()?;
        self.backend.query(sql, &[])?.iter().map(gate).collect()
    }

    /// An error where the newest events were removed: then no gate is listed, although some may wait.
    fn has_its_end(&mut self) -> Result<()> {
        let (noted, newest) = self.backend.snapshot(|backend| Ok((noted_head(backend)?, newest_event(backend)?)))?;
        if noted.seq == newest.seq && noted.hash == newest.hash {
            return Ok(());
        }
        let what = match noted.seq > newest.seq {
            true => format!("event {}: it was removed, and {} were appended", newest.seq + 1, noted.seq),
            false => format!("event {}: it is not the one that was appended", newest.seq),
        };
        Err(changed(&what))
    }

    /// What was asked about a dataset since its last publication, each with who started the run that asked; the oldest first.
    pub fn asked_since(&mut self, dataset: &str) -> Result<Vec<(StageHeld, Option<String>)>> {
        let rows = self.backend.query(
            "SELECT h.body, r.body FROM event h
             LEFT JOIN run ON run.id = h.run LEFT JOIN event r ON r.seq = run.started_seq
             WHERE h.dataset = $1 AND h.body LIKE '{\"event\":\"stage_held\"%'
               AND h.seq > COALESCE((SELECT published_seq FROM dataset WHERE name = $1), 0)
             ORDER BY h.seq LIMIT 200",
            &[dataset.into()],
        )?;
        let mut asked = Vec::with_capacity(rows.len());
        for row in rows {
            let Event::StageHeld(held) = fold::parse(row.text(0)?, "a gate's question")? else { continue };
            let started = row.optional_text(1)?.map(|body| fold::parse(body, "the start of a run")).transpose()?;
            let who = match started {
                Some(Event::RunStarted { who, .. }) => who,
                _ => None,
            };
            asked.push((*held, who));
        }
        Ok(asked)
    }

    /// The gate whose id is or begins with `prefix`.
    pub fn gate(&mut self, prefix: &str) -> Result<Gate> {
        let find = "SELECT id FROM gate WHERE substr(id, 1, length(CAST($1 AS TEXT))) = $1 ORDER BY id LIMIT 5";
        let id = unique(&mut self.backend, find, prefix, "gate")?;
        let rows = self.backend.query(
            "SELECT state, held_ms, held, decided_seq, decided_ms, decided, held_seq, id FROM gate_told WHERE id = $1",
            &[id.as_str().into()],
        )?;
        match rows.first() {
            Some(row) => gate(row),
            None => Err(Error::new(Kind::Refused, format!("the question of gate `{id}` is missing from the ledger"))
                .help("events were removed by another hand; verify the ledger")),
        }
    }
}

/// Columns: state, held_ms, held, decided_seq, decided_ms, decided, held_seq, id.
fn gate(row: &Row) -> Result<Gate> {
    let stage = match row.text(0)? {
        "waiting" => GateStage::Waiting,
        "approved" => GateStage::Approved,
        "rejected" => GateStage::Rejected,
        "published" => GateStage::Published,
        "superseded" => GateStage::Superseded,
        "expired" => GateStage::Expired,
        other => return Err(foreign(&format!("a gate in the unknown state `{other}`"))),
    };
    let Event::StageHeld(held) = fold::parse(row.text(2)?, "a gate's question")? else {
        return Err(foreign("a gate whose question is another event"));
    };
    if held.gate != row.text(7)? {
        return Err(foreign("a gate whose question is that of another gate"));
    }
    let digest = format!("sha256:{}", chain::sha256(row.text(2)?));
    Ok(Gate { stage, asked_ms: row.int(1)?, seq: row.count(6)?, digest, held: *held, decision: decision(row)? })
}

fn decision(row: &Row) -> Result<Option<GateDecision>> {
    let Some(body) = row.optional_text(5)? else { return Ok(None) };
    let Event::GateDecided { approved, who, reason, .. } = fold::parse(body, "a decision")? else {
        return Err(foreign("a gate whose decision is another event"));
    };
    Ok(Some(GateDecision { seq: row.count(3)?, time_ms: row.int(4)?, approved, who, reason }))
}

fn foreign(what: &str) -> Error {
    Error::new(Kind::Refused, format!("the ledger holds {what}"))
        .help("it was changed by another hand; verify the ledger")
}

#[cfg(test)]
mod tests;
