//! What each event changes in the folds. The same code runs when an event is appended and when the folds are made anew.

use engine::{Error, Kind, Result};
use pipeline::event::{StageHeld, StagePublished};
use pipeline::gate::GateStep;
use pipeline::state::Published;
use pipeline::{Event, FileRef};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backend::Backend;
use crate::files;

/// What an event is about, as the columns of `event` repeat it.
pub(crate) struct Subject<'a> {
    pub run: Option<&'a str>,
    pub dataset: Option<&'a str>,
    pub gate: Option<&'a str>,
}

/// Applies one event; the caller holds the transaction.
pub(crate) fn apply(backend: &mut Backend, seq: u64, time_ms: i64, event: &Event) -> Result<()> {
    if let Some(cause) = event.cause() {
        backend.execute(
            "INSERT INTO cause (cause, seq) VALUES ($1, $2) ON CONFLICT (cause) DO NOTHING",
            &[cause.into(), seq.into()],
        )?;
    }
    match event {
        Event::RunStarted { run, .. } => {
            backend.execute(
                "INSERT INTO run (id, started_seq, started_ms) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
                &[run.as_str().into(), seq.into(), time_ms.into()],
            )?;
            Ok(())
        }
        Event::StageStarted { run, dataset } => stage_started(backend, run, dataset, seq, time_ms),
        Event::StagePublished(published) => stage_published(backend, published, seq, time_ms),
        Event::StageHeld(held) => stage_held(backend, held, seq, time_ms),
        Event::StageFailed { run, dataset, .. } => stage_ended(backend, run, dataset, "failed", seq, time_ms),
        Event::StageSkipped { run, dataset, .. } => stage_ended(backend, run, dataset, "skipped", seq, time_ms),
        Event::GateDecided { gate, dataset, approved, fingerprint, .. } => {
            let state = if *approved { "approved" } else { "rejected" };
            gate_decided(backend, gate, dataset, fingerprint, state, seq)
        }
        Event::GateSuperseded { gate, dataset } => gate_ended(backend, gate, dataset, "superseded"),
        Event::Gate(event) => match event.step {
            GateStep::Expired { .. } => gate_ended(backend, &event.gate, &event.dataset, "expired"),
            GateStep::Delegated(_) | GateStep::Escalated { .. } => Ok(()),
        },
        Event::RunEnded { run, outcome } => {
            backend.execute(
                "UPDATE run SET ended_ms = $2, outcome = $3 WHERE id = $1",
                &[run.as_str().into(), time_ms.into(), word(outcome)?.into()],
            )?;
            Ok(())
        }
        // Dead letters are counted in the tables that hold them.
        Event::DeadLettersReplayed { .. } | Event::DeadLettersDiscarded { .. } => Ok(()),
        // Told, and no part of what a dataset's state is.
        Event::PrivacyExempted { .. }
        | Event::DeadLettersExported { .. }
        | Event::KeysRotated { .. }
        | Event::PersonErased { .. }
        | Event::LineageTraced { .. }
        | Event::ClockSettled(_)
        | Event::Trigger(_) => Ok(()),
        Event::Change(change) => {
            backend.execute(
                "INSERT INTO change_step (seq, change_id) VALUES ($1, $2)",
                &[seq.into(), change.change.as_str().into()],
            )?;
            Ok(())
        }
        Event::Drift(_) | Event::DriftAccepted(_) => {
            backend.execute("INSERT INTO drift_look (seq) VALUES ($1)", &[seq.into()])?;
            Ok(())
        }
    }
}

pub(crate) fn subject(event: &Event) -> Subject<'_> {
    let (run, dataset, gate) = match event {
        Event::RunStarted { run, .. } | Event::LineageTraced { run, .. } | Event::RunEnded { run, .. } => {
            (Some(run), None, None)
        }
        Event::StageStarted { run, dataset }
        | Event::StageFailed { run, dataset, .. }
        | Event::StageSkipped { run, dataset, .. }
        | Event::DeadLettersReplayed { run, dataset, .. }
        | Event::PrivacyExempted { run, dataset, .. } => (Some(run), Some(dataset), None),
        Event::StagePublished(published) => (Some(&published.run), Some(&published.dataset), None),
        Event::StageHeld(held) => (Some(&held.run), Some(&held.dataset), Some(&held.gate)),
        Event::GateDecided { gate, dataset, .. } | Event::GateSuperseded { gate, dataset } => {
            (None, Some(dataset), Some(gate))
        }
        Event::DeadLettersDiscarded { dataset, .. }
        | Event::DeadLettersExported { dataset, .. }
        | Event::KeysRotated { dataset, .. }
        | Event::PersonErased { dataset, .. } => (None, Some(dataset), None),
        Event::Change(_) | Event::ClockSettled(_) => (None, None, None),
        Event::Gate(event) => (None, Some(&event.dataset), Some(&event.gate)),
        Event::Trigger(trigger) => (None, trigger.dataset.as_ref(), None),
        Event::Drift(look) => (None, Some(&look.dataset), None),
        Event::DriftAccepted(acceptance) => (None, Some(&acceptance.dataset), None),
    };
    Subject { run: run.map(String::as_str), dataset: dataset.map(String::as_str), gate: gate.map(String::as_str) }
}

fn stage_started(backend: &mut Backend, run: &str, dataset: &str, seq: u64, time_ms: i64) -> Result<()> {
    backend.execute(
        "INSERT INTO run_stage (run, dataset, state, seq, started_ms) VALUES ($1, $2, 'started', $3, $4)
         ON CONFLICT (run, dataset) DO UPDATE SET state = 'started', seq = excluded.seq, started_ms = excluded.started_ms, ended_ms = NULL",
        &[run.into(), dataset.into(), seq.into(), time_ms.into()],
    )?;
    Ok(())
}

fn stage_ended(
    backend: &mut Backend,
    run: &str,
    dataset: &str,
    state: &'static str,
    seq: u64,
    time_ms: i64,
) -> Result<()> {
    backend.execute(
        "INSERT INTO run_stage (run, dataset, state, seq, ended_ms) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (run, dataset) DO UPDATE SET state = excluded.state, seq = excluded.seq, ended_ms = excluded.ended_ms",
        &[run.into(), dataset.into(), state.into(), seq.into(), time_ms.into()],
    )?;
    Ok(())
}

/// Publishing ends the question that stood: either this is what was held, or the held result's place is taken.
fn stage_published(backend: &mut Backend, event: &StagePublished, seq: u64, time_ms: i64) -> Result<()> {
    stage_ended(backend, &event.run, &event.dataset, "published", seq, time_ms)?;
    let published = Published::from(event);
    backend.execute(
        "INSERT INTO dataset (name, published_seq, published) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET published_seq = excluded.published_seq, published = excluded.published, gate = NULL",
        &[event.dataset.as_str().into(), seq.into(), json(&published)?.into()],
    )?;
    backend.execute(
        "UPDATE gate SET state = CASE WHEN fingerprint = $2 THEN 'published' ELSE 'superseded' END
         WHERE dataset = $1 AND state IN ('waiting', 'approved', 'rejected')",
        &[event.dataset.as_str().into(), event.fingerprint.as_str().into()],
    )?;
    remember_files(backend, &event.dataset, &event.files, event.files_all)
}

/// A dataset has one question at a time: a newer one takes the place of the older.
fn stage_held(backend: &mut Backend, event: &StageHeld, seq: u64, time_ms: i64) -> Result<()> {
    stage_ended(backend, &event.run, &event.dataset, "held", seq, time_ms)?;
    backend.execute(
        "UPDATE gate SET state = 'superseded' WHERE dataset = $1 AND state IN ('waiting', 'approved', 'rejected')",
        &[event.dataset.as_str().into()],
    )?;
    backend.execute(
        "INSERT INTO gate (id, dataset, state, fingerprint, question, held_seq) VALUES ($1, $2, 'waiting', $3, $4, $5)
         ON CONFLICT (id) DO UPDATE SET dataset = excluded.dataset, state = 'waiting', fingerprint = excluded.fingerprint,
             question = excluded.question, held_seq = excluded.held_seq, decided_seq = NULL",
        &[
            event.gate.as_str().into(),
            event.dataset.as_str().into(),
            event.fingerprint.as_str().into(),
            json(&pipeline::event::question(event))?.into(),
            seq.into(),
        ],
    )?;
    backend.execute("UPDATE dataset SET gate = NULL WHERE gate = $1", &[event.gate.as_str().into()])?;
    backend.execute(
        "INSERT INTO dataset (name, gate) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET gate = excluded.gate",
        &[event.dataset.as_str().into(), event.gate.as_str().into()],
    )?;
    Ok(())
}

/// A decision counts while the question stands and only for exactly what was asked; otherwise it is void, and remains an event.
fn gate_decided(
    backend: &mut Backend,
    gate: &str,
    dataset: &str,
    fingerprint: &str,
    state: &'static str,
    seq: u64,
) -> Result<()> {
    backend.execute(
        "UPDATE gate SET state = $4, decided_seq = $5
         WHERE id = $1 AND dataset = $2 AND fingerprint = $3 AND state IN ('waiting', 'approved', 'rejected')",
        &[gate.into(), dataset.into(), fingerprint.into(), state.into(), seq.into()],
    )?;
    Ok(())
}

/// The question no longer stands.
fn gate_ended(backend: &mut Backend, gate: &str, dataset: &str, state: &'static str) -> Result<()> {
    backend.execute(
        "UPDATE gate SET state = $3
         WHERE id = $1 AND dataset = $2 AND state IN ('waiting', 'approved', 'rejected')",
        &[gate.into(), dataset.into(), state.into()],
    )?;
    backend.execute("UPDATE dataset SET gate = NULL WHERE gate = $1 AND name = $2", &[gate.into(), dataset.into()])?;
    Ok(())
}

fn remember_files(backend: &mut Backend, dataset: &str, read: &[FileRef], all: bool) -> Result<()> {
    if all {
        backend.execute("DELETE FROM file_chunk WHERE dataset = $1", &[dataset.into()])?;
    }
    if read.is_empty() {
        return Ok(());
    }
    let mut part_files = read.to_vec();
    files::merge(&mut part_files);
    let mut part = 1;
    let newest = "SELECT part, files, body FROM file_chunk WHERE dataset = $1 ORDER BY part DESC LIMIT 1";
    while let Some(row) = backend.query(newest, &[dataset.into()])?.first() {
        part = row.count(0)? + 1;
        if row.count(1)? > 2 * part_files.len() as u64 {
            break;
        }
        let mut older = Vec::new();
        files::decode(row.text(2)?, &mut older)?;
        older.append(&mut part_files);
        part_files = older;
        files::merge(&mut part_files);
        part = row.count(0)?;
        backend.execute("DELETE FROM file_chunk WHERE dataset = $1 AND part = $2", &[dataset.into(), part.into()])?;
    }
    backend.execute(
        "INSERT INTO file_chunk (dataset, part, files, body) VALUES ($1, $2, $3, $4)",
        &[dataset.into(), part.into(), (part_files.len() as u64).into(), files::encode(&part_files).into()],
    )?;
    Ok(())
}

pub(crate) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::new(Kind::Bug, "a value of the ledger has no JSON form").because(error))
}

pub(crate) fn parse<T: DeserializeOwned>(text: &str, what: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| {
        Error::new(Kind::Refused, format!("the ledger holds {what} that this Plimsoll cannot read: {error}"))
            .help("it was changed by another hand, or written by a newer Plimsoll")
            .because(error)
    })
}

/// The one word that a closed set's variant has in JSON.
fn word(value: &impl Serialize) -> Result<String> {
    Ok(json(value)?.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests;
