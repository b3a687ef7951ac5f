//! `gate`: what waits for a person, results of stages and changes of contracts alike.

mod wait;

use std::sync::Arc;
use std::time::Duration;

use app::App;
use app::changes::{ChangeReport, ChangeState, NewDecision};
use engine::Result;
use ledger::{Gate, GateFilter, GateStage};

use super::{DONE, WAITING, blocking, who};
use crate::args::{Args, GateVerb};
use crate::render;
use crate::screen::Screen;
use crate::wiring;

pub fn gate(args: &Args, screen: &mut Screen, verb: &GateVerb) -> Result<u8> {
    let app = wiring::app(wiring::workspace(args)?)?;
    match verb {
        GateVerb::List { all } => {
            let filter = if *all { GateFilter::All } else { GateFilter::Waiting };
            let gates = blocking(app.gates(filter))?;
            let changes = blocking(app.waiting_changes())?;
            let waiting = !changes.is_empty() || gates.iter().any(|gate| gate.stage == GateStage::Waiting);
            if screen.json {
                let all = gates.iter().map(render::gate_json).chain(changes.iter().map(render::change_as_gate));
                screen.document(&serde_json::json!({ "gates": all.collect::<Vec<_>>() }));
            } else {
                render::gates(screen, &gates, &changes);
            }
            Ok(if waiting { WAITING } else { DONE })
        }
        GateVerb::Show { id } => match find(&app, id)? {
            Asked::Stage(gate) => {
                match screen.json {
                    true => screen.document(&render::gate_json(&gate)),
                    false => render::gate(screen, &gate),
                }
                Ok(if gate.stage == GateStage::Waiting { WAITING } else { DONE })
            }
            Asked::Change(change) => {
                match screen.json {
                    true => screen.document(&render::change_as_gate(&change)),
                    false => render::change(screen, &change),
                }
                let waits = matches!(change.state, ChangeState::Waiting | ChangeState::Archived);
                Ok(if waits { WAITING } else { DONE })
            }
        },
        GateVerb::Wait { ids, timeout } => wait::wait(&app, screen, ids, timeout.map(Duration::from_secs)),
        GateVerb::Approve { id, reason, who: given } => decide(&app, screen, id, true, reason, given.as_deref()),
        GateVerb::Reject { id, reason, who: given } => decide(&app, screen, id, false, reason, given.as_deref()),
    }
}

enum Asked {
    Stage(Box<Gate>),
    Change(Box<ChangeReport>),
}

/// A gate of a stage by its id or dataset, else the change of this id.
fn find(app: &App, id: &str) -> Result<Asked> {
    match blocking(app.gate(id)) {
        Ok(gate) => Ok(Asked::Stage(Box::new(gate))),
        Err(error) => match blocking(app.change(id)) {
            Ok(change) => Ok(Asked::Change(Box::new(change))),
            Err(_) => Err(error),
        },
    }
}

fn decide(
    app: &Arc<App>,
    screen: &mut Screen,
    id: &str,
    approved: bool,
    reason: &str,
    given: Option<&str>,
) -> Result<u8> {
    let who = who(given)?;
    if let Asked::Change(_) = find(app, id)? {
        let decision = NewDecision { approved, who, reason: reason.to_owned(), ..NewDecision::default() };
        return super::changes::decide(app, screen, id, &decision);
    }
    let (report, told) = blocking(async {
        let report = app.decide(id, approved, &who, reason).await?;
        Ok((report, app.tell_now().await))
    })?;
    match screen.json {
        true => screen.document(&report),
        false => {
            render::decision(screen, &report, &who);
            render::told(screen, &told);
        }
    }
    Ok(DONE)
}
