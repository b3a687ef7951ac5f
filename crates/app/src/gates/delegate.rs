//! Handing the right to decide on one gate to another.

use std::path::PathBuf;

use engine::{Error, Kind, Result};
use ledger::GateStage;
use pipeline::Event;
use pipeline::approval::{Claim, Delegation};
use pipeline::gate::{GateEvent, GateStep, Handed, delegation_text};
use serde::Serialize;

use crate::identity::{About, Identity};
use crate::{App, now_ms};

#[derive(Debug, Clone, Default)]
pub struct NewDelegation {
    pub from: String,
    pub to: String,
    pub reason: String,
    /// The last day on which it holds, as `YYYY-MM-DD` in UTC.
    pub until: Option<String>,
    pub key: Option<PathBuf>,
}

#[derive(Debug, Clone, Serialize)]
pub struct DelegationReport {
    pub gate: String,
    pub dataset: String,
    pub from: String,
    pub to: String,
    pub until_ms: Option<i64>,
}

impl App {
    /// Enters the delegation, unless it would not count. One to oneself takes an earlier one back.
    pub async fn delegate(&self, prefix: &str, new: &NewDelegation) -> Result<DelegationReport> {
        if new.reason.trim().is_empty() {
            return Err(Error::new(Kind::Input, "a delegation needs a reason")
                .help("say why with --reason: it is kept for good"));
        }
        crate::names::fit(&new.from)?;
        crate::names::fit(&new.to)?;
        self.settings_hold()?;
        let until_ms = new.until.as_deref().map(end_of).transpose()?;
        let judged = self.gate(prefix).await?;
        let id = judged.gate.held.gate.clone();
        if judged.state != GateStage::Waiting {
            return Err(Error::new(Kind::Input, format!("gate {id} is {} already", judged.state.word()))
                .help("only a gate that waits can be decided by somebody else"));
        }
        judged.clock()?;
        if until_ms.is_some_and(|until| until < judged.at()) {
            return Err(Error::new(Kind::Input, "the delegation would have ended already").help("give a later --until"));
        }
        let identity = Identity::of(&self.workspace, About::Gate);
        let mut handed = Handed {
            from: new.from.clone(),
            to: new.to.trim().to_owned(),
            until_ms,
            reason: new.reason.clone(),
            fingerprint: judged.gate.held.fingerprint.clone(),
            held: judged.gate.digest.clone(),
            nonce: crate::identity::nonce(),
            signature: None,
        };
        let text = delegation_text(judged.subject(), &handed);
        handed.signature = new.key.as_ref().map(|key| identity.sign(&text, key)).transpose()?;
        let delegation = Delegation {
            to: handed.to.clone(),
            reason: handed.reason.clone(),
            time_ms: judged.at(),
            until_ms,
            subject: handed.fingerprint.clone(),
            claim: Claim { who: handed.from.clone(), text, signature: handed.signature.clone() },
        };
        if let Some(why) = judged.rights(&identity).forbids(&judged.rule, &delegation) {
            return Err(Error::new(Kind::Refused, why).help("`plimsoll gate show` names those who may decide"));
        }
        if judged.rule.only_escalated(&new.from, judged.at(), &judged.rights(&identity)) {
            judged.has_passed()?;
        }
        if let Some(doubt) = identity.doubt(&delegation.claim) {
            return Err(
                Error::new(Kind::Refused, format!("the delegation would not count: {doubt}")).help(identity.help())
            );
        }
        let dataset = judged.gate.held.dataset.clone();
        let report = DelegationReport {
            gate: id.clone(),
            dataset: dataset.clone(),
            from: handed.from.clone(),
            to: handed.to.clone(),
            until_ms,
        };
        let event = Event::Gate(Box::new(GateEvent { gate: id, dataset, step: GateStep::Delegated(Box::new(handed)) }));
        self.ledger(move |ledger| ledger.append(now_ms(), &[event])).await?;
        Ok(report)
    }
}

pub(crate) fn end_of(day: &str) -> Result<i64> {
    let wrong = || Error::new(Kind::Input, format!("`{day}` is no day")).help("write it as 2026-12-31");
    let day: chrono::NaiveDate = day.trim().parse().map_err(|_| wrong())?;
    let next = day.succ_opt().and_then(|next| next.and_hms_opt(0, 0, 0)).ok_or_else(wrong)?;
    Ok(next.and_utc().timestamp_millis() - 1)
}
