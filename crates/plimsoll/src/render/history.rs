//! The past: the newest state of each dataset, runs, and one run event by event.

use std::collections::{BTreeMap, BTreeSet};

use app::triggers::Standing;
use contract::text::wrapped;
use ledger::{Recorded, Run, StageState};
use pipeline::gate::GateStep;
use pipeline::trigger::TriggerKind;
use pipeline::{Event, Plan, Schedule, State};
use serde::Serialize;

use super::number::{count, moment, of, seconds};
use super::table::{Cell, Column, table, table_in_full};
use crate::screen::{BAD, BOLD, DIM, GOOD, Screen, WARN};

#[derive(Debug, Serialize)]
pub struct StatusRow {
    pub name: String,
    pub pipeline: String,
    /// Of the pipeline, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// What a run would do now.
    pub action: String,
    pub reason: String,
    pub version: Option<i64>,
    pub published_ms: Option<i64>,
    pub rows_read: u64,
    pub rows_published: u64,
    pub rows_refused: u64,
    pub rows_filtered: Option<u64>,
    pub position: serde_json::Value,
    pub checks: Vec<pipeline::Verdict>,
    pub gate: Option<serde_json::Value>,
    pub seconds: f64,
    pub bytes: u64,
}

pub fn status_rows(
    state: &State,
    plan: &Plan,
    publications: &BTreeMap<String, Recorded>,
    schedules: &BTreeMap<String, Schedule>,
) -> Vec<StatusRow> {
    plan.stages
        .iter()
        .map(|stage| {
            let known = state.datasets.get(&stage.dataset);
            let published = known.and_then(|known| known.published.as_ref());
            let recorded = publications.get(&stage.dataset);
            let event = recorded.and_then(|recorded| match &recorded.event {
                Event::StagePublished(event) => Some(event),
                _ => None,
            });
            let counts = event.map(|event| event.counts).unwrap_or_default();
            StatusRow {
                name: stage.dataset.clone(),
                pipeline: stage.pipeline.clone(),
                schedule: schedules.get(&stage.pipeline).map(|schedule| schedule.cron.clone()),
                action: stage.action.word().to_owned(),
                reason: stage.why(),
                version: published.map(|published| published.version),
                published_ms: recorded.filter(|_| published.is_some()).map(|recorded| recorded.time_ms),
                rows_read: counts.rows_read,
                rows_published: counts.rows_passed,
                rows_refused: counts.rows_refused,
                rows_filtered: counts.rows_read.checked_sub(counts.rows_made),
                position: published.map(|published| serde_json::json!(published.positions)).unwrap_or_default(),
                checks: event.map(|event| event.verdicts.clone()).unwrap_or_default(),
                gate: known.and_then(|known| known.gate.as_ref()).map(|gate| {
                    serde_json::json!({ "id": gate.id, "kind": gate.kind, "fingerprint": gate.fingerprint, "state": gate.state })
                }),
                seconds: event.map(|event| event.seconds).unwrap_or_default(),
                bytes: counts.bytes,
            }
        })
        .collect()
}

pub fn status(screen: &mut Screen, project: &str, rows: &[StatusRow], schedules: &BTreeMap<String, Schedule>) {
    screen.line(format!("{BOLD}{project}{BOLD:#}: {}", of(rows.len() as u64, "dataset")));
    screen.line("");
    let columns = [
        Column { title: "dataset", right: false, expendable: 0 },
        Column { title: "version", right: true, expendable: 2 },
        Column { title: "published", right: false, expendable: 1 },
        Column { title: "last rows", right: true, expendable: 3 },
        Column { title: "refused", right: true, expendable: 4 },
        Column { title: "state", right: false, expendable: 0 },
    ];
    let cells: Vec<Vec<Cell>> = rows
        .iter()
        .map(|row| {
            let style = match row.action.as_str() {
                "skip" => GOOD,
                "blocked" => BAD,
                _ => WARN,
            };
            vec![
                Cell::plain(row.name.clone()),
                Cell::plain(row.version.map(|version| version.to_string()).unwrap_or_default()),
                Cell::plain(row.published_ms.map(moment).unwrap_or_else(|| "never".into())),
                Cell::plain(count(row.rows_published)),
                Cell::plain(count(row.rows_refused)),
                Cell::styled(row.reason.clone(), style),
            ]
        })
        .collect();
    table_in_full(screen, &columns, &cells);
    for (pipeline, schedule) in schedules {
        screen.line(format!("{DIM}{pipeline} is to run at {} ({}){DIM:#}", schedule.cron, schedule.words));
    }
}

/// Triggers that are shown before the rest is only counted.
const TRIGGERS_MAX: usize = 10;

/// What a person must be told of.
pub fn triggers(screen: &mut Screen, triggers: &[Standing]) {
    if triggers.is_empty() {
        return;
    }
    screen.line("");
    screen.line(format!("{BOLD}To be looked at{BOLD:#}"));
    let lines = by_cause(triggers);
    for text in lines.iter().take(TRIGGERS_MAX) {
        for (index, line) in wrapped(text, screen.width.saturating_sub(4)).iter().enumerate() {
            let mark = if index == 0 { format!("{WARN}!{WARN:#}") } else { " ".to_owned() };
            screen.line(format!("  {mark} {line}"));
        }
    }
    if lines.len() > TRIGGERS_MAX {
        screen.line(format!("    {DIM}and {} more{DIM:#}", lines.len() - TRIGGERS_MAX));
    }
}

/// A line each. All differences of one dataset are one cause, and so is what failed because of them.
fn by_cause(triggers: &[Standing]) -> Vec<String> {
    let is_drift = |standing: &&Standing| standing.trigger.kind == TriggerKind::DriftWithoutChange;
    let mut lines = Vec::new();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for standing in triggers {
        let subject = standing.trigger.subject.as_str();
        let of = || triggers.iter().filter(|other| other.trigger.subject == subject);
        let drift: Vec<&Standing> = of().filter(is_drift).collect();
        let failed = of()
            .find(|other| !is_drift(other) && drift.iter().any(|drift| drift.trigger.detail == other.trigger.detail));
        let is_of_drift =
            is_drift(&standing) || failed.is_some_and(|failed| failed.trigger.cause == standing.trigger.cause);
        if !is_of_drift {
            lines.push(line(standing, standing.trigger.kind.word(), standing.since_ms, ""));
            continue;
        }
        if !told.insert(subject) {
            continue;
        }
        let first = failed.or(drift.first().copied()).unwrap_or(standing);
        let kinds = match failed {
            Some(failed) => format!("{}, {}", failed.trigger.kind.word(), TriggerKind::DriftWithoutChange.word()),
            None => TriggerKind::DriftWithoutChange.word().to_owned(),
        };
        let since = drift.iter().map(|drift| drift.since_ms).min().unwrap_or(first.since_ms);
        let more = drift.iter().filter(|drift| drift.trigger.detail != first.trigger.detail).count();
        let more = match more {
            0 => String::new(),
            1 => format!(" 1 more difference: plimsoll drift {subject}"),
            more => format!(" {more} more differences: plimsoll drift {subject}"),
        };
        lines.push(line(first, &kinds, since, &more));
    }
    lines
}

fn line(standing: &Standing, kinds: &str, since_ms: i64, more: &str) -> String {
    let trigger = &standing.trigger;
    format!("{} · {kinds} · since {}: {}{more}", trigger.subject, moment(since_ms), trigger.detail)
}

pub fn runs(screen: &mut Screen, runs: &[Run]) {
    if runs.is_empty() {
        return screen.line("no run yet");
    }
    let columns = [
        Column { title: "run", right: false, expendable: 0 },
        Column { title: "started", right: false, expendable: 0 },
        Column { title: "time", right: true, expendable: 1 },
        Column { title: "outcome", right: false, expendable: 0 },
        Column { title: "datasets", right: false, expendable: 2 },
    ];
    let rows: Vec<Vec<Cell>> = runs
        .iter()
        .map(|run| {
            let tally = |state| run.stages.iter().filter(|stage| stage.state == state).count();
            let outcome = serde_json::to_value(run.outcome).ok().and_then(|word| word.as_str().map(str::to_owned));
            let mut parts = Vec::new();
            for (state, word) in
                [(StageState::Published, "published"), (StageState::Held, "held"), (StageState::Failed, "failed")]
            {
                if tally(state) > 0 {
                    parts.push(format!("{} {word}", tally(state)));
                }
            }
            vec![
                Cell::plain(run.id.clone()),
                Cell::plain(moment(run.started_ms)),
                Cell::plain(
                    run.ended_ms.map(|ended| seconds((ended - run.started_ms) as f64 / 1000.0)).unwrap_or_default(),
                ),
                Cell::plain(outcome.unwrap_or_else(|| "not ended".into())),
                Cell::plain(parts.join(", ")),
            ]
        })
        .collect();
    table(screen, &columns, &rows);
}

pub fn run_events(screen: &mut Screen, run: &Run, events: &[Recorded]) {
    screen.line(format!("{BOLD}{}{BOLD:#} {DIM}{}{DIM:#}", run.id, moment(run.started_ms)));
    for recorded in events {
        let after = (recorded.time_ms - run.started_ms) as f64 / 1000.0;
        screen.line(format!("  {DIM}{after:>8.2} s{DIM:#}  {}", sentence(&recorded.event)));
    }
}

fn sentence(event: &Event) -> String {
    match event {
        Event::RunStarted { .. } => "run started".into(),
        Event::StageStarted { dataset, .. } => format!("{dataset} started"),
        Event::StagePublished(stage) => format!(
            "{} {}published as version {}: {} read, {} published, {} refused, {}",
            stage.dataset,
            if stage.repaired { "found " } else { "" },
            stage.version,
            count(stage.counts.rows_read),
            count(stage.counts.rows_passed),
            count(stage.counts.rows_refused),
            seconds(stage.seconds)
        ),
        Event::StageHeld(stage) => format!("{} held at gate {}: {}", stage.dataset, stage.gate, stage.asks.join("; ")),
        Event::StageFailed { dataset, message, .. } => format!("{dataset} failed: {message}"),
        Event::StageSkipped { dataset, reason, .. } => format!("{dataset} skipped: {reason}"),
        Event::GateDecided { gate, approved, who, reason, .. } => {
            format!("gate {gate} {} by {who}: {reason}", if *approved { "approved" } else { "rejected" })
        }
        Event::GateSuperseded { gate, .. } => format!("gate {gate} superseded"),
        Event::Gate(event) => match &event.step {
            GateStep::Delegated(handed) => {
                format!("gate {} handed by {} to {}: {}", event.gate, handed.from, handed.to, handed.reason)
            }
            GateStep::Escalated { to, .. } => format!("gate {} escalated to {}", event.gate, to.join(", ")),
            GateStep::Expired { .. } => format!("gate {} expired", event.gate),
        },
        Event::Trigger(trigger) => format!("{}: {}", trigger.kind.word(), trigger.detail),
        Event::DeadLettersReplayed { dataset, accepted, refused, .. } => {
            format!("{dataset}: {accepted} dead letters accepted, {refused} refused again")
        }
        Event::DeadLettersDiscarded { dataset, count, who, reason } => {
            format!("{dataset}: {count} dead letters discarded by {who}: {reason}")
        }
        Event::DeadLettersExported { dataset, count, who, reason } => {
            format!("{dataset}: {count} dead letters written out in the clear by {who}: {reason}")
        }
        Event::LineageTraced { columns, traced, .. } => {
            format!(
                "lineage: {} of {} of models traced to contracts",
                count(*traced as u64),
                of(*columns as u64, "column")
            )
        }
        Event::PrivacyExempted { dataset, column, class, from, who, why, until, .. } => {
            format!("{dataset}.{column} holds {class} data of {from} until {until}, allowed by {who}: {why}")
        }
        Event::KeysRotated { dataset, from, to, values, who, .. } => {
            format!("{dataset}: {} encrypted with {to} in place of {from} by {who}", of(*values, "value"))
        }
        Event::PersonErased { dataset, rows, dead_letters, who, reason, .. } => {
            let (rows, letters) = (of(*rows, "row"), of(*dead_letters, "dead letter"));
            format!("{dataset}: {rows} and {letters} of one person erased by {who}: {reason}")
        }
        Event::Change(change) if change.change.is_empty() => {
            format!("contracts in force {} by {}", change.step.word(), change.who)
        }
        Event::Change(change) => format!("change {} {} by {}", change.change, change.step.word(), change.who),
        Event::ClockSettled(settled) => {
            let to = moment(settled.time_ms);
            format!(
                "{} says that event {} of {to} was dated by a clock that was ahead: {}",
                settled.who, settled.seq, settled.reason
            )
        }
        Event::Drift(look) => format!("{} looked at: {} differences", look.dataset, look.items.len()),
        Event::DriftAccepted(acceptance) => {
            let count = of(acceptance.items.len() as u64, "difference");
            format!("{}: {count} accepted by {}: {}", acceptance.dataset, acceptance.who, acceptance.reason)
        }
        Event::RunEnded { outcome, .. } => {
            let word = serde_json::to_value(outcome).ok().and_then(|word| word.as_str().map(str::to_owned));
            format!("run ended: {}", word.unwrap_or_default())
        }
    }
}
