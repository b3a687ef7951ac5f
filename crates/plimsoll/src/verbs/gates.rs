//! `gate`: what waits for people, results of stages and changes of contracts alike.

mod wait;

use std::sync::Arc;
use std::time::Duration;

use app::App;
use app::changes::{ChangeReport, NewDecision};
use app::gates::{GateDecision, GateDocument, NewDelegation};
use engine::{Kind, Result};
use ledger::{GateFilter, GateStage};

use super::{DONE, WAITING, blocking, who};
use crate::args::{Args, Delegation, GateDecisionArgs, GateFormat, GateVerb};
use crate::render;
use crate::screen::Screen;
use crate::wiring;

pub fn gate(args: &Args, screen: &mut Screen, verb: &GateVerb) -> Result<u8> {
    let app = wiring::app(wiring::vouched(args)?)?;
    match verb {
        GateVerb::List { all } => list(&app, screen, *all),
        GateVerb::Show { id, format } => show(&app, screen, id, *format),
        GateVerb::Wait { ids, timeout } => wait::wait(&app, screen, ids, timeout.map(Duration::from_secs)),
        GateVerb::Approve { decision } => decide(&app, screen, decision, true),
        GateVerb::Reject { decision } => decide(&app, screen, decision, false),
        GateVerb::Delegate { delegation } => delegate(&app, screen, &delegation.id, &delegated(delegation)?),
    }
}

fn list(app: &App, screen: &mut Screen, all: bool) -> Result<u8> {
    let (gates, changes) = blocking(async {
        let mut open = app.watch_gates().await?;
        app.watch(&open, None).await?;
        open.retain(|judged| matches!(judged.state, GateStage::Waiting | GateStage::Expired));
        let gates = if all { app.gates(GateFilter::All).await? } else { open };
        let mut documents: Vec<GateDocument> = Vec::with_capacity(gates.len());
        for judged in &gates {
            documents.push(app.gate_document(judged).await?);
        }
        Ok((documents, app.watch_changes().await?))
    })?;
    let is_waiting = changes.iter().any(|change| change.state.waits())
        || gates.iter().any(|gate| gate.state == GateStage::Waiting.word());
    if screen.json {
        let gates = gates.iter().map(|gate| serde_json::json!(gate));
        let all: Vec<_> = gates.chain(changes.iter().map(render::change_as_gate)).collect();
        screen.document(&serde_json::json!({ "gates": all }));
    } else {
        render::gates(screen, &gates, &changes);
    }
    Ok(if is_waiting { WAITING } else { DONE })
}

fn show(app: &App, screen: &mut Screen, id: &str, format: Option<GateFormat>) -> Result<u8> {
    let format = format.or(screen.json.then_some(GateFormat::Json));
    let (is_waiting, told) = match find(app, id)? {
        Asked::Stage(gate) => {
            if format.is_none() {
                render::gate(screen, &gate);
            }
            (gate.state == GateStage::Waiting.word(), render::GateToTell::of_stage(&gate))
        }
        Asked::Change(change) => {
            if format.is_none() {
                render::change(screen, &change);
            }
            (change.state.waits(), render::GateToTell::of_change(&change))
        }
    };
    match format {
        None => {}
        Some(GateFormat::Json) => screen.document(&told.document),
        Some(GateFormat::Slack) => screen.document(&render::gate_for_slack(&told)),
        Some(GateFormat::Github) => screen.text(&render::gate_as_comment(&told, render::Forge::Github)),
        Some(GateFormat::Gitlab) => screen.text(&render::gate_as_comment(&told, render::Forge::Gitlab)),
    }
    Ok(if is_waiting { WAITING } else { DONE })
}

enum Asked {
    Stage(Box<GateDocument>),
    Change(Box<ChangeReport>),
}

/// A gate of a stage by its id or dataset, else the change of this id.
fn find(app: &App, id: &str) -> Result<Asked> {
    let stage = blocking(async { app.gate_document(&app.gate(id).await?).await });
    match stage {
        Ok(gate) => Ok(Asked::Stage(Box::new(gate))),
        Err(error) if error.kind != Kind::Input => Err(error),
        Err(error) => match blocking(app.change(id)) {
            Ok(change) => Ok(Asked::Change(Box::new(change))),
            Err(_) => Err(error),
        },
    }
}

fn decide(app: &Arc<App>, screen: &mut Screen, args: &GateDecisionArgs, approved: bool) -> Result<u8> {
    let who = who(args.who.as_deref())?;
    if let Asked::Change(_) = find(app, &args.id)? {
        let decision = NewDecision {
            approved,
            who,
            reason: args.reason.clone(),
            digest: args.fingerprint.clone(),
            shown: None,
            key: args.sign.clone(),
        };
        return super::changes::decide::decide(app, screen, &args.id, decision, args.breaks);
    }
    let decision = GateDecision {
        approved,
        who,
        reason: args.reason.clone(),
        fingerprint: args.fingerprint.clone(),
        key: args.sign.clone(),
    };
    let (report, told) = blocking(async {
        let report = app.decide(&args.id, &decision).await?;
        Ok((report, app.tell_now().await))
    })?;
    match screen.json {
        true => screen.document(&report),
        false => {
            render::decision(screen, &report, &decision.who);
            render::told(screen, &told);
        }
    }
    Ok(if report.state == GateStage::Waiting.word() { WAITING } else { DONE })
}

pub(super) fn delegated(args: &Delegation) -> Result<NewDelegation> {
    app::names::fit(&args.to)?;
    Ok(NewDelegation {
        from: who(args.who.as_deref())?,
        to: args.to.clone(),
        reason: args.reason.clone(),
        until: args.until.clone(),
        key: args.sign.clone(),
    })
}

fn delegate(app: &App, screen: &mut Screen, id: &str, new: &NewDelegation) -> Result<u8> {
    if let Asked::Change(_) = find(app, id)? {
        return super::changes::decide::delegate(app, screen, id, new);
    }
    let report = blocking(app.delegate(id, new))?;
    match screen.json {
        true => screen.document(&report),
        false => render::delegated(screen, &report),
    }
    Ok(DONE)
}
