//! `gate`.

use std::sync::Arc;

use engine::Result;
use ledger::{GateFilter, GateStage};

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
            let waiting = gates.iter().any(|gate| gate.stage == GateStage::Waiting);
            match screen.json {
                true => screen
                    .document(&serde_json::json!({ "gates": gates.iter().map(render::gate_json).collect::<Vec<_>>() })),
                false => render::gates(screen, &gates),
            }
            Ok(if waiting { WAITING } else { DONE })
        }
        GateVerb::Show { id } => {
            let gate = blocking(app.gate(id))?;
            match screen.json {
                true => screen.document(&render::gate_json(&gate)),
                false => render::gate(screen, &gate),
            }
            Ok(if gate.stage == GateStage::Waiting { WAITING } else { DONE })
        }
        GateVerb::Approve { id, reason, who: given } => decide(&app, screen, id, true, reason, given.as_deref()),
        GateVerb::Reject { id, reason, who: given } => decide(&app, screen, id, false, reason, given.as_deref()),
    }
}

fn decide(
    app: &Arc<app::App>,
    screen: &mut Screen,
    id: &str,
    approved: bool,
    reason: &str,
    given: Option<&str>,
) -> Result<u8> {
    let who = who(given)?;
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
