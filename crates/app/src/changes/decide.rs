//! Approving and rejecting a change, as exactly what it is at this moment.

use std::path::PathBuf;

use engine::{Error, Kind, Result};
use pipeline::Event;
use pipeline::change::{ChangeEvent, ChangeStep, Shown};

use super::files::Lock;
use super::{ChangeReport, ChangeState, Seen};
use crate::clock;
use crate::identity::{About, Identity, nonce};
use crate::{App, now_ms};

/// What somebody decides.
#[derive(Debug, Clone, Default)]
pub struct NewDecision {
    pub approved: bool,
    pub who: String,
    pub reason: String,
    /// The beginning of the digest that they have looked at, where they say so.
    pub digest: Option<String>,
    /// The fingerprint of what they were shown that it breaks. Without it nothing is approved that breaks something.
    pub shown: Option<String>,
    /// The file of the key that they sign with.
    pub key: Option<PathBuf>,
}

impl App {
    /// The change with all that it breaks, for whoever may decide so; an error where they may not.
    pub async fn decidable(&self, id: &str, decision: &NewDecision) -> Result<ChangeReport> {
        self.settings_hold()?;
        self.trust_ledger().await?;
        let mut seen = self.see(id).await?;
        may(self, &seen, decision)?;
        self.look_at_breaks(&mut seen)?;
        Ok(self.report(&seen))
    }

    /// Enters the decision on the change as it is now.
    pub async fn decide_change(&self, id: &str, decision: &NewDecision) -> Result<ChangeReport> {
        if decision.reason.trim().is_empty() {
            return Err(
                Error::new(Kind::Input, "a decision needs a reason").help("say why with --reason: it is kept for good")
            );
        }
        self.settings_hold()?;
        // Nobody edits, applies or decides meanwhile.
        let lock = Lock::take(&self.workspace.root)?;
        self.trust_ledger().await?;
        let mut seen = self.see(id).await?;
        may(self, &seen, decision)?;
        if decision.approved {
            self.replaces_approved(&seen)?;
        }
        let step = if decision.approved { ChangeStep::Approved } else { ChangeStep::Rejected };
        let mut event = ChangeEvent {
            reason: decision.reason.clone(),
            asked_ms: Some(seen.asked_ms()),
            uptime: clock::uptime(),
            nonce: nonce(),
            ..ChangeEvent::new(&seen.folder.id, &seen.judged.digest, &decision.who, step)
        };
        if decision.approved {
            self.look_at_breaks(&mut seen)?;
            event.shown = shown(&seen, decision)?;
        }
        let identity = Identity::of(&self.workspace, About::Change);
        if let Some(key) = &decision.key {
            event.signature = Some(identity.sign(&event.signed_text(), key)?);
        }
        // A rejection counts unsigned; a signature that proves nothing is none.
        if (decision.approved || event.signature.is_some())
            && let Some(doubt) = identity.doubt(&event.claim())
        {
            let word = if decision.approved { "approval" } else { "signature" };
            return Err(Error::new(Kind::Refused, format!("the {word} would not count: {doubt}")).help(identity.help()));
        }
        self.ledger(move |ledger| ledger.append(now_ms(), &[Event::Change(Box::new(event))])).await?;
        drop(lock);
        self.change(id).await
    }
}

/// What the approver was shown, if it is what the change breaks.
fn shown(seen: &Seen, decision: &NewDecision) -> Result<Option<Box<Shown>>> {
    let shown = Shown::of(seen.breaks.as_deref().unwrap_or_default());
    if shown.breaks.is_empty() {
        return Ok(None);
    }
    let id = &seen.folder.id;
    match &decision.shown {
        Some(given) if *given == shown.fingerprint() => Ok(Some(Box::new(shown))),
        Some(_) => {
            Err(Error::new(Kind::Refused, format!("what change `{id}` breaks is no longer what you were shown"))
                .at(seen.folder.path.clone())
                .help(format!("look at it again with `plimsoll change show {id}`")))
        }
        None => Err(unseen(id, shown.breaks.len()).at(seen.folder.path.clone())),
    }
}

/// Nobody said that they have seen what it breaks.
pub fn unseen(id: &str, count: usize) -> Error {
    let places = if count == 1 { "one place".to_owned() } else { format!("{count} places") };
    Error::new(
        Kind::Refused,
        format!("change `{id}` breaks {places}, and an approval must say that they were looked at"),
    )
    .help(format!("look at them with `plimsoll change show {id}`, then approve with `--breaks {count}`"))
}

fn may(app: &App, seen: &Seen, decision: &NewDecision) -> Result<()> {
    let NewDecision { approved, who, digest, .. } = decision;
    let id = &seen.folder.id;
    let refused =
        |message: String, help: String| Err(Error::new(Kind::Refused, message).at(seen.folder.path.clone()).help(help));
    let state = super::state(seen);
    if state == ChangeState::Applied {
        return Err(Error::new(Kind::Input, format!("change `{id}` is applied already"))
            .help(format!("to undo it: plimsoll change rollback {id}")));
    }
    seen.clock.right()?;
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
    if seen.is_over() && state != ChangeState::Approved {
        let message = format!("change `{id}` has expired: nobody decided in time, and what was approved of it is void");
        return refused(message, format!("its author asks anew with `plimsoll change propose {id}`"));
    }
    if !seen.judged.is_valid() {
        let errors = seen.judged.findings.iter().filter(|found| found.is_error()).count();
        let message = format!("change `{id}` cannot be approved: {errors} of its findings are errors");
        return refused(message, format!("see `plimsoll change validate {id}`"));
    }
    let rights = seen.rights(&Identity::of(&app.workspace, About::Change));
    if let Some(why) = seen.rule.refuses(who, seen.clock.at(), &rights) {
        return refused(why, "ask one of those who may; `plimsoll change show` names what is missing".to_owned());
    }
    // Whoever may only because it is escalated may when that time has really passed.
    if seen.rule.only_escalated(who, seen.clock.at(), &rights) {
        seen.has_passed()?;
    }
    let is_loose = seen.judged.is_breaking() && !seen.history.is_proposed(&seen.judged.digest);
    if is_loose || !seen.judged.has_bases {
        let message = format!("nobody stands behind this version of change `{id}`: it was written or edited by hand");
        return refused(
            message,
            format!("its author enters it with `plimsoll change propose {id}`, then somebody else approves it"),
        );
    }
    Ok(())
}
