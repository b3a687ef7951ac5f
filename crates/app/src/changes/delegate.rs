//! Handing the right to decide on one change to another, for exactly the version that it is.

use engine::{Error, Kind, Result};
use pipeline::Event;
use pipeline::approval::Delegation;
use pipeline::change::{ChangeEvent, ChangeStep, HandedOver};

use super::files::Lock;
use super::{ChangeReport, state};
use crate::clock;
use crate::gates::{NewDelegation, end_of};
use crate::identity::{About, Identity, nonce};
use crate::{App, now_ms};

impl App {
    /// Enters the delegation, unless it would not count. One to oneself takes an earlier one back.
    pub async fn delegate_change(&self, id: &str, new: &NewDelegation) -> Result<ChangeReport> {
        if new.reason.trim().is_empty() {
            return Err(Error::new(Kind::Input, "a delegation needs a reason")
                .help("say why with --reason: it is kept for good"));
        }
        let until_ms = new.until.as_deref().map(end_of).transpose()?;
        self.settings_hold()?;
        let lock = Lock::take(&self.workspace.root)?;
        self.trust_ledger().await?;
        let seen = self.see(id).await?;
        if !state(&seen).waits() {
            return Err(Error::new(Kind::Input, format!("change `{id}` is {}", state(&seen).word()))
                .help("only a change that waits can be decided by somebody else"));
        }
        seen.clock.right()?;
        if until_ms.is_some_and(|until| until < seen.clock.at()) {
            return Err(Error::new(Kind::Input, "the delegation would have ended already").help("give a later --until"));
        }
        let identity = Identity::of(&self.workspace, About::Change);
        let to = new.to.trim().to_owned();
        let mut event = ChangeEvent {
            reason: new.reason.clone(),
            asked_ms: Some(seen.asked_ms()),
            uptime: clock::uptime(),
            nonce: nonce(),
            ..ChangeEvent::new(
                &seen.folder.id,
                &seen.judged.digest,
                &new.from,
                ChangeStep::Delegated(HandedOver { to: to.clone(), until_ms }),
            )
        };
        event.signature = new.key.as_ref().map(|key| identity.sign(&event.signed_text(), key)).transpose()?;
        let delegation = Delegation {
            to,
            reason: new.reason.clone(),
            time_ms: seen.clock.at(),
            until_ms,
            subject: seen.judged.digest.clone(),
            claim: event.claim(),
        };
        let rights = seen.rights(&identity);
        if let Some(why) = rights.forbids(&seen.rule, &delegation) {
            return Err(Error::new(Kind::Refused, why).help("`plimsoll change show` names those who may decide"));
        }
        if seen.rule.only_escalated(&new.from, seen.clock.at(), &rights) {
            seen.has_passed()?;
        }
        if let Some(doubt) = identity.doubt(&delegation.claim) {
            return Err(
                Error::new(Kind::Refused, format!("the delegation would not count: {doubt}")).help(identity.help())
            );
        }
        self.ledger(move |ledger| ledger.append(now_ms(), &[Event::Change(Box::new(event))])).await?;
        drop(lock);
        self.change(id).await
    }
}
