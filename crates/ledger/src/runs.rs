//! Reading runs: when they were, how they ended, and where each stage stands.

use std::collections::HashMap;

use engine::{Error, Kind, Result};
use pipeline::Event;
use pipeline::event::RunOutcome;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backend::Row;
use crate::events::{Recorded, recorded, unique};
use crate::fold;
use crate::store::Ledger;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    pub id: String,
    pub started_ms: i64,
    /// `None` while it goes on, and for good when it was killed.
    pub ended_ms: Option<i64>,
    pub outcome: Option<RunOutcome>,
    /// In the order of the events that they stand at.
    pub stages: Vec<RunStage>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunStage {
    pub dataset: String,
    pub state: StageState,
    /// The event that says more.
    pub seq: u64,
    /// `None` when it was skipped, or only published what had been held.
    pub started_ms: Option<i64>,
    pub ended_ms: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageState {
    Started,
    Published,
    Held,
    Failed,
    Skipped,
}

impl Ledger {
    /// The newest runs, the newest first.
    pub fn runs(&mut self, limit: u32) -> Result<Vec<Run>> {
        let runs = self.backend.query(
            "SELECT id, started_ms, ended_ms, outcome FROM run ORDER BY started_seq DESC LIMIT $1",
            &[u64::from(limit).into()],
        )?;
        let stages = self.backend.query(
            "SELECT s.run, s.dataset, s.state, s.seq, s.started_ms, s.ended_ms FROM run_stage s
             JOIN (SELECT id FROM run ORDER BY started_seq DESC LIMIT $1) r ON r.id = s.run ORDER BY s.seq",
            &[u64::from(limit).into()],
        )?;
        let mut by_run = HashMap::<String, Vec<RunStage>>::new();
        for row in &stages {
            by_run.entry(row.text(0)?.to_owned()).or_default().push(stage(row)?);
        }
        runs.iter().map(|row| run(row, by_run.remove(row.text(0)?).unwrap_or_default())).collect()
    }

    /// The run whose id is or begins with `prefix`, and its events.
    pub fn run(&mut self, prefix: &str) -> Result<(Run, Vec<Recorded>)> {
        let find = "SELECT id FROM run WHERE substr(id, 1, length(CAST($1 AS TEXT))) = $1 ORDER BY id LIMIT 5";
        let id = unique(&mut self.backend, find, prefix, "run")?;
        let id = || [id.as_str().into()];
        let rows = self.backend.query("SELECT id, started_ms, ended_ms, outcome FROM run WHERE id = $1", &id())?;
        let stages = self.backend.query(
            "SELECT run, dataset, state, seq, started_ms, ended_ms FROM run_stage WHERE run = $1 ORDER BY seq",
            &id(),
        )?;
        let events =
            self.backend.query("SELECT seq, time_ms, hash, body FROM event WHERE run = $1 ORDER BY seq", &id())?;
        let Some(row) = rows.first() else {
            return Err(Error::new(Kind::Conflict, "the run vanished while it was read"));
        };
        let run = run(row, stages.iter().map(stage).collect::<Result<_>>()?)?;
        Ok((run, events.iter().map(recorded).collect::<Result<_>>()?))
    }
}

impl Ledger {
    /// Who started this run, where that is known.
    pub fn started_by(&mut self, run: &str) -> Result<Option<String>> {
        let rows = self
            .backend
            .query("SELECT seq, time_ms, hash, body FROM event WHERE run = $1 ORDER BY seq LIMIT 1", &[run.into()])?;
        match rows.first().map(recorded).transpose()?.map(|recorded| recorded.event) {
            Some(Event::RunStarted { who, .. }) => Ok(who),
            _ => Ok(None),
        }
    }
}

/// Columns: id, started_ms, ended_ms, outcome.
fn run(row: &Row, stages: Vec<RunStage>) -> Result<Run> {
    Ok(Run {
        id: row.text(0)?.to_owned(),
        started_ms: row.int(1)?,
        ended_ms: row.optional_int(2)?,
        outcome: row.optional_text(3)?.map(variant).transpose()?,
        stages,
    })
}

/// Columns: run, dataset, state, seq, started_ms, ended_ms.
fn stage(row: &Row) -> Result<RunStage> {
    Ok(RunStage {
        dataset: row.text(1)?.to_owned(),
        state: variant(row.text(2)?)?,
        seq: row.count(3)?,
        started_ms: row.optional_int(4)?,
        ended_ms: row.optional_int(5)?,
    })
}

/// A closed set's variant from its word.
fn variant<T: DeserializeOwned>(word: &str) -> Result<T> {
    fold::parse(&format!("\"{word}\""), "a word")
}

#[cfg(test)]
mod tests;
