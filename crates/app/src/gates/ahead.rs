//! Events from the future: a clock was ahead when they were entered, or this one is behind. Nobody decides until somebody says which.

use std::path::PathBuf;

use engine::{Error, Kind, Result};
use ledger::{Ahead, GateFilter};
use pipeline::Event;
use pipeline::approval::{Claim, Rights, Rule, SKEW_MS};
use pipeline::decide::GateKind;
use pipeline::gate::{ClockSettled, settled_text};
use serde::Serialize;

use super::Judged;
use crate::identity::{About, Identity};
use crate::{App, now_ms};

/// Somebody's word that the clock of this machine is right.
#[derive(Debug, Clone, Default)]
pub struct NewSettlement {
    pub who: String,
    pub reason: String,
    pub key: Option<PathBuf>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Settlement {
    pub ahead: Ahead,
    /// Gates whose question or decisions are dated ahead: the next run asks anew.
    pub void: Vec<String>,
}

impl App {
    /// The latest of the events that are dated after now, and how many there are; with `all` of the whole ledger.
    pub async fn ahead(&self, all: bool) -> Result<Option<Ahead>> {
        let limit = now_ms() + SKEW_MS;
        self.ledger(move |ledger| ledger.ahead(limit, all)).await
    }

    /// Enters that this machine's clock is right and those events are not; their times bind nobody from then on.
    pub async fn settle_clock(&self, new: &NewSettlement) -> Result<Settlement> {
        if new.reason.trim().is_empty() {
            return Err(
                Error::new(Kind::Input, "this needs a reason").help("say why with --reason: it is kept for good")
            );
        }
        self.settings_hold()?;
        let Some(ahead) = self.ahead(true).await? else {
            return Err(Error::new(Kind::Input, "no event of the ledger is dated in the future")
                .help("there is nothing to settle"));
        };
        if let Some(server) = self.ledger(|ledger| ledger.server_ms()).await? {
            crate::clock::agrees(server)?;
        }
        let event = self.settlement(&ahead, new)?;
        let pipelines = self.workspace.pipelines();
        let locks = self.lock(&pipelines, "settle-clock", None).await?;
        let settled = self.settled(ahead, event).await;
        locks.release().await?;
        settled
    }

    /// Whoever may approve at gates may say this.
    fn settlement(&self, ahead: &Ahead, new: &NewSettlement) -> Result<Event> {
        let (approvers, _) = self.workspace.project.settings.gate_approvers(GateKind::PipelineIntegrity);
        let rule = Rule { approvers: approvers.to_vec(), needed: 1, ..Rule::default() };
        if let Some(why) = rule.refuses(&new.who, now_ms(), &Rights::default()) {
            return Err(Error::new(Kind::Refused, why).help("ask one of those who may"));
        }
        let mut settled = ClockSettled {
            seq: ahead.seq,
            time_ms: ahead.time_ms,
            who: new.who.clone(),
            reason: new.reason.clone(),
            signature: None,
        };
        let identity = Identity::of(&self.workspace, About::Gate);
        let text = settled_text(&settled);
        settled.signature = new.key.as_ref().map(|key| identity.sign(&text, key)).transpose()?;
        let claim = Claim { who: new.who.clone(), text, signature: settled.signature.clone() };
        match identity.doubt(&claim) {
            Some(doubt) => {
                Err(Error::new(Kind::Refused, format!("this would not count: {doubt}")).help(identity.help()))
            }
            None => Ok(Event::ClockSettled(Box::new(settled))),
        }
    }

    async fn settled(&self, ahead: Ahead, event: Event) -> Result<Settlement> {
        let limit = now_ms() + SKEW_MS;
        let is_of_then = |judged: &Judged| {
            judged.gate.asked_ms > limit || judged.events.iter().any(|recorded| recorded.time_ms > limit)
        };
        let open = self.gates(GateFilter::Open).await?;
        let void: Vec<(String, String)> = open
            .into_iter()
            .filter(is_of_then)
            .map(|judged| (judged.gate.held.gate, judged.gate.held.dataset))
            .collect();
        let ends = void.iter().cloned().map(|(gate, dataset)| Event::GateSuperseded { gate, dataset });
        let events: Vec<Event> = std::iter::once(event).chain(ends).collect();
        self.ledger(move |ledger| ledger.append(now_ms(), &events)).await?;
        for (_, dataset) in &void {
            self.sweep(dataset).await?;
        }
        Ok(Settlement { ahead, void: void.into_iter().map(|(gate, _)| gate).collect() })
    }
}
