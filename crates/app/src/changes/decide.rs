//! Approving and rejecting a change, as exactly what it is at this moment.

use std::path::PathBuf;

use engine::{Error, Kind, Result};
use pipeline::Event;
use pipeline::approval::Rights;
use pipeline::change::{ChangeEvent, ChangeStep};

use super::{ChangeReport, Seen};
use crate::identity::{About, Identity};
use crate::{App, now_ms};

/// What somebody decides.
#[derive(Debug, Clone, Default)]
pub struct NewDecision {
    pub approved: bool,
    pub who: String,
    pub reason: String,
    /// The beginning of the digest that they have looked at, where they say so.
    pub digest: Option<String>,
    /// The file of the key that they sign with.
    pub key: Option<PathBuf>,
}

impl App {
    /// Enters the decision on the change as it is now.
    pub async fn decide_change(&self, id: &str, decision: &NewDecision) -> Result<ChangeReport> {
        if decision.reason.trim().is_empty() {
            return Err(
                Error::new(Kind::Input, "a decision needs a reason").help("say why with --reason: it is kept for good")
            );
        }
        let seen = self.see(id).await?;
        may(&seen, decision)?;
        let mut event = ChangeEvent {
            change: seen.folder.id.clone(),
            digest: seen.judged.digest.clone(),
            who: decision.who.clone(),
            reason: decision.reason.clone(),
            step: if decision.approved { ChangeStep::Approved } else { ChangeStep::Rejected },
            signature: None,
        };
        let identity = Identity::of(&self.workspace, About::Change);
        if let Some(key) = &decision.key {
            event.signature = Some(identity.sign(&event.signed_text(), key)?);
        }
        if decision.approved
            && let Some(doubt) = identity.doubt(&event.claim())
        {
            return Err(
                Error::new(Kind::Refused, format!("the approval would not count: {doubt}")).help(identity.help())
            );
        }
        self.ledger(move |ledger| ledger.append(now_ms(), &[Event::Change(Box::new(event))])).await?;
        self.change(id).await
    }
}

fn may(seen: &Seen, decision: &NewDecision) -> Result<()> {
    let NewDecision { approved, who, digest, .. } = decision;
    let id = &seen.folder.id;
    let refused =
        |message: String, help: String| Err(Error::new(Kind::Refused, message).at(seen.folder.path.clone()).help(help));
    if super::state(seen) == super::ChangeState::Applied {
        return Err(Error::new(Kind::Input, format!("change `{id}` is applied already"))
            .help(format!("to undo it: plimsoll change rollback {id}")));
    }
    if let Some(digest) = digest.as_ref().filter(|digest| !seen.judged.digest.starts_with(digest.as_str())) {
        let message = format!(
            "change `{id}` is no longer the version {digest} that you looked at, it is {}",
            &seen.judged.digest[..12]
        );
        return refused(message, format!("look at it again with `plimsoll change show {id}`"));
    }
    if !*approved {
        return Ok(());
    }
    if !seen.judged.is_valid() {
        let errors = seen.judged.findings.iter().filter(|found| found.is_error()).count();
        let message = format!("change `{id}` cannot be approved: {errors} of its findings are errors");
        return refused(message, format!("see `plimsoll change validate {id}`"));
    }
    if let Some(why) = seen.rule.refuses(who, crate::now_ms(), &Rights::default()) {
        return refused(why, "ask one of those who may; `plimsoll change show` names what is missing".to_owned());
    }
    if seen.judged.is_breaking() && !seen.history.is_proposed(&seen.judged.digest) {
        let message = format!("nobody stands behind this version of change `{id}`: it was written or edited by hand");
        return refused(
            message,
            format!("its author enters it with `plimsoll change propose {id}`, then somebody else approves it"),
        );
    }
    Ok(())
}
