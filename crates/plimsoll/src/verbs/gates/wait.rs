//! `gate wait`: scripts and orchestrators hold here until people have decided.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use app::App;
use app::changes::ChangeState;
use engine::Result;
use ledger::{GateFilter, GateStage};
use pipeline::plan::Reason;
use serde_json::json;

use super::{Asked, find};
use crate::screen::{BAD, GOOD, Screen, WARN};
use crate::verbs::{DONE, FAILED, WAITING, blocking};

/// Between two looks: short beside any person, long beside any ledger.
const PAUSE: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Approved,
    Rejected,
    Expired,
    Waiting,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Waiting => "waiting",
        }
    }
}

pub fn wait(app: &App, screen: &mut Screen, ids: &[String], timeout: Option<Duration>) -> Result<u8> {
    let ids = if ids.is_empty() { open(app)? } else { ids.to_vec() };
    let began = Instant::now();
    let found = loop {
        // The passing of time lets others decide; whoever waits sees it first.
        blocking(async {
            app.watch_gates().await?;
            app.watch_open_changes().await
        })?;
        let found = ids.iter().map(|id| Ok((id.clone(), outcome(app, id)?))).collect::<Result<Vec<_>>>()?;
        let waits = found.iter().any(|(_, outcome)| *outcome == Outcome::Waiting);
        let is_up = timeout.is_some_and(|timeout| began.elapsed() >= timeout);
        if !waits || is_up {
            break found;
        }
        std::thread::sleep(timeout.map_or(PAUSE, |timeout| PAUSE.min(timeout.saturating_sub(began.elapsed()))));
    };
    told(screen, &found);
    Ok(match whole(&found) {
        Outcome::Approved => DONE,
        Outcome::Rejected | Outcome::Expired => FAILED,
        Outcome::Waiting => WAITING,
    })
}

/// One that waits keeps all waiting; then one that was rejected or has expired decides.
fn whole(found: &[(String, Outcome)]) -> Outcome {
    let any = |wanted: Outcome| found.iter().any(|(_, outcome)| *outcome == wanted);
    [Outcome::Waiting, Outcome::Rejected, Outcome::Expired]
        .into_iter()
        .find(|outcome| any(*outcome))
        .unwrap_or(Outcome::Approved)
}

/// What is undecided, and what was decided against whoever waits: gates that expired, and those whose rejection holds a stage up.
fn open(app: &App) -> Result<Vec<String>> {
    let gates = blocking(app.gates(GateFilter::Open))?;
    let is_rejected = gates.iter().any(|judged| judged.state == GateStage::Rejected);
    let holding = if is_rejected { holding(app) } else { None };
    let gates = gates.into_iter().filter(|judged| match judged.state {
        GateStage::Waiting | GateStage::Expired => true,
        GateStage::Rejected => holding.as_ref().is_none_or(|holding| holding.contains(&judged.gate.held.gate)),
        GateStage::Approved | GateStage::Published | GateStage::Superseded => false,
    });
    let changes = blocking(app.waiting_changes())?;
    Ok(gates.map(|judged| judged.gate.held.gate).chain(changes.into_iter().map(|change| change.id)).collect())
}

/// Gates on which a stage would wait if it ran now; `None` where that cannot be told.
fn holding(app: &App) -> Option<BTreeSet<String>> {
    let (_, plan) = blocking(app.plan()).ok()?;
    Some(plan.stages.iter().flat_map(|stage| &stage.reasons).filter_map(Reason::gate).map(str::to_owned).collect())
}

fn outcome(app: &App, id: &str) -> Result<Outcome> {
    Ok(match find(app, id)? {
        Asked::Stage(gate) => match gate.state {
            "waiting" => Outcome::Waiting,
            "approved" | "published" => Outcome::Approved,
            "expired" => Outcome::Expired,
            // A newer result is asked for in a gate of its own.
            _ => Outcome::Rejected,
        },
        Asked::Change(change) => match change.state {
            ChangeState::Waiting | ChangeState::Archived => Outcome::Waiting,
            ChangeState::Approved | ChangeState::Applied => Outcome::Approved,
            ChangeState::Rejected | ChangeState::Invalid => Outcome::Rejected,
            ChangeState::Expired => Outcome::Expired,
        },
    })
}

fn told(screen: &mut Screen, found: &[(String, Outcome)]) {
    if screen.json {
        let gates: Vec<_> = found.iter().map(|(id, outcome)| json!({ "id": id, "outcome": outcome.word() })).collect();
        screen.document(&json!({ "outcome": whole(found).word(), "gates": gates }));
        return;
    }
    if found.is_empty() {
        screen.line("nothing waits");
    }
    for (id, outcome) in found {
        let (style, mark) = match outcome {
            Outcome::Approved => (GOOD, "✓"),
            Outcome::Rejected | Outcome::Expired => (BAD, "✗"),
            Outcome::Waiting => (WARN, "‖"),
        };
        screen.line(format!("{style}{mark}{style:#} {id} {}", outcome.word()));
    }
}
