//! Deciding on a gate: entered as exactly what is held at this moment; what the last missing approval lets go is published at once.

use std::path::PathBuf;

use engine::{Error, Kind, Result, Staged, fault};
use ledger::GateStage;
use pipeline::Event;
use pipeline::approval::{Case, Claim, Rights, same};
use pipeline::event::StageHeld;
use pipeline::gate::{decision_text, delegations};
use pipeline::plan::PlannedStage;
use serde::Serialize;

use super::Judged;
use crate::identity::{About, Identity};
use crate::locks::Locks;
use crate::report::StageReport;
use crate::stage::{Publication, published};
use crate::{App, now_ms};

/// What somebody decides.
#[derive(Debug, Clone, Default)]
pub struct GateDecision {
    pub approved: bool,
    pub who: String,
    pub reason: String,
    /// The beginning of the fingerprint that they have looked at, where they say so.
    pub fingerprint: Option<String>,
    /// The file of the key that they sign with.
    pub key: Option<PathBuf>,
}

#[derive(Debug, Clone, Serialize)]
pub struct DecisionReport {
    pub gate: String,
    pub dataset: String,
    pub approved: bool,
    pub fingerprint: String,
    /// `published`, `rejected`, or `waiting` for further approvals.
    pub state: String,
    /// What is still missing, in words.
    pub missing: Vec<String>,
    /// The table's version, when the approval published it.
    pub version: Option<i64>,
    pub rows_published: u64,
    pub rows_refused: u64,
}

/// What to do where what a gate held is not what it was.
const VOID: &str = "nothing was published, and the gate is void; find out who has written to the warehouse, then run again: the stage \
                    makes its result anew, and asks anew where it must";

impl App {
    /// Enters the decision; the last approval that is needed publishes the very files that were held, a rejection deletes them.
    pub async fn decide(&self, prefix: &str, decision: &GateDecision) -> Result<DecisionReport> {
        if decision.reason.trim().is_empty() {
            return Err(
                Error::new(Kind::Input, "a decision needs a reason").help("say why with --reason: it is kept for good")
            );
        }
        crate::names::fit(&decision.who)?;
        self.settings_hold()?;
        let gate = self.found(prefix).await?;
        let pipeline = self.workspace.project.datasets.get(&gate.held.dataset).map(|spec| spec.pipeline.clone());
        let pipeline = pipeline.unwrap_or_else(|| gate.held.dataset.clone());
        let id = gate.held.gate;
        let locks = self.lock(&[pipeline], &format!("gate {id}"), None).await?;
        let report = self.decided(&id, decision, &locks).await;
        locks.release().await?;
        report
    }

    /// Nobody else decides, publishes or runs meanwhile.
    async fn decided(&self, id: &str, decision: &GateDecision, locks: &Locks) -> Result<DecisionReport> {
        let judged = self.gate(id).await?;
        may(self, &judged, decision)?;
        // Where everybody has approved and the publication was interrupted, there is nothing more to say.
        let judged = match judged.state {
            GateStage::Approved if decision.approved => judged,
            _ => {
                let event = self.vote(&judged, decision)?;
                self.ledger(move |ledger| ledger.append(now_ms(), &[event])).await?;
                fault::step("decided").await;
                self.gate(id).await?
            }
        };
        let held = &judged.gate.held;
        let mut report = DecisionReport {
            gate: held.gate.clone(),
            dataset: held.dataset.clone(),
            approved: decision.approved,
            fingerprint: held.fingerprint.clone(),
            state: judged.state.word().to_owned(),
            missing: judged.missing(),
            version: None,
            rows_published: 0,
            rows_refused: held.counts.rows_refused,
        };
        match judged.state {
            GateStage::Approved => {
                report.version = Some(self.publish_held(held, locks).await?);
                report.state = GateStage::Published.word().to_owned();
                report.rows_published = held.counts.rows_passed;
            }
            GateStage::Rejected => {
                report.missing.clear();
                self.engine.discard(&staged(held)?).await?;
            }
            _ => {}
        }
        Ok(report)
    }

    fn vote(&self, judged: &Judged, decision: &GateDecision) -> Result<Event> {
        let GateDecision { approved, who, reason, key, .. } = decision;
        let identity = Identity::of(&self.workspace, About::Gate);
        let nonce = crate::identity::nonce();
        let text = decision_text(judged.subject(), *approved, who, reason, &nonce);
        let signature = key.as_ref().map(|key| identity.sign(&text, key)).transpose()?;
        let claim = Claim { who: who.clone(), text, signature };
        if let Some(doubt) = identity.doubt(&claim) {
            let word = if *approved { "approval" } else { "rejection" };
            return Err(Error::new(Kind::Refused, format!("the {word} would not count: {doubt}")).help(identity.help()));
        }
        Ok(Event::GateDecided {
            gate: judged.gate.held.gate.clone(),
            dataset: judged.gate.held.dataset.clone(),
            approved: *approved,
            who: who.clone(),
            reason: reason.clone(),
            fingerprint: judged.gate.held.fingerprint.clone(),
            held: Some(judged.gate.digest.clone()),
            nonce,
            signature: claim.signature,
        })
    }

    async fn publish_held(&self, held: &StageHeld, locks: &Locks) -> Result<i64> {
        let staged = staged(held)?;
        if let Err(error) = self.unchanged(held, &staged).await {
            // Nobody can let these go any more: the stage makes its result anew, and asks anew.
            if error.kind == Kind::Refused {
                let (gate, dataset) = (held.gate.clone(), held.dataset.clone());
                let void = Event::GateSuperseded { gate, dataset };
                self.ledger(move |ledger| ledger.append(now_ms(), &[void])).await?;
                self.sweep(&held.dataset).await?;
            }
            return Err(error);
        }
        locks.check().await?;
        let version = self.engine.publish(&staged).await?;
        fault::step("published").await;
        let publication = Publication {
            version,
            counts: held.counts,
            verdicts: held.verdicts.clone(),
            seconds: held.seconds,
            repaired: false,
        };
        let event = published(staged.commit, publication);
        self.ledger(move |ledger| ledger.append(now_ms(), &[event])).await?;
        Ok(version)
    }

    /// The files are those that were held when the gate opened.
    async fn unchanged(&self, held: &StageHeld, staged: &Staged) -> Result<()> {
        // A gate from before digests were kept has none.
        if held.files.is_empty() {
            return Ok(());
        }
        let found = self.engine.seal(staged).await.map_err(|error| match error.kind {
            Kind::Refused => error.help(VOID),
            _ => error,
        })?;
        let odd = held.files.iter().find(|file| !found.contains(file));
        let odd = odd.or_else(|| found.iter().find(|file| !held.files.contains(file)));
        let Some(odd) = odd else { return Ok(()) };
        Err(Error::new(
            Kind::Refused,
            format!(
                "gate {} holds other files than it was opened with: {} was changed by another hand",
                held.gate, odd.path
            ),
        )
        .help(VOID))
    }

    /// A run finds a gate that was approved and whose publication was interrupted.
    pub(crate) async fn publish_approved(&self, stage: &PlannedStage, locks: &Locks) -> Result<StageReport> {
        let gates = self.gates(ledger::GateFilter::Open).await?;
        let judged = gates
            .into_iter()
            .find(|judged| judged.gate.held.dataset == stage.dataset && judged.state == GateStage::Approved)
            .ok_or_else(|| {
                Error::new(Kind::Conflict, format!("the approved gate of {} is gone", stage.dataset)).help("run again")
            })?;
        judged.clock()?;
        let held = judged.gate.held;
        let version = self.publish_held(&held, locks).await?;
        let mut report = StageReport::new(stage, "published", stage.why()).counted(&held.counts, false);
        report.version = Some(version);
        report.checks = held.verdicts;
        Ok(report)
    }
}

/// Whether this decision can be entered at all.
fn may(app: &App, judged: &Judged, decision: &GateDecision) -> Result<()> {
    let GateDecision { approved, who, fingerprint, .. } = decision;
    let held = &judged.gate.held;
    let id = &held.gate;
    let refused = |message: String, help: &str| Err(Error::new(Kind::Refused, message).help(help));
    match judged.state {
        GateStage::Waiting => {}
        GateStage::Approved if *approved => {}
        GateStage::Expired if judged.gate.stage.is_open() => {
            let message = format!("gate {id} has expired: nobody decided in time");
            return refused(message, "run again: what it held is discarded, and the stage asks anew where it must");
        }
        GateStage::Approved
        | GateStage::Rejected
        | GateStage::Published
        | GateStage::Superseded
        | GateStage::Expired => {
            return Err(Error::new(Kind::Input, format!("gate {id} is {} already", judged.state.word()))
                .help("see `plimsoll gate show` for who decided and why"));
        }
    }
    judged.clock()?;
    if let Some(given) = fingerprint.as_ref().filter(|given| !is_of(&held.fingerprint, given)) {
        let message =
            format!("gate {id} is not the version {given} that you looked at, it is {}", short(&held.fingerprint));
        return refused(message, "look at it again with `plimsoll gate show`");
    }
    if *approved {
        if let Some(why) = &judged.outdated {
            let message = format!("gate {id} asks about what is no longer there: {why}");
            return refused(message, "run again: the stage asks anew where it must");
        }
        app.contract_in_force(&held.dataset)?;
    }
    let rights = judged.rights(&Identity::of(&app.workspace, About::Gate));
    let why = match (approved, judged.state) {
        (true, GateStage::Waiting) => judged.rule.refuses(who, judged.at(), &rights),
        (false, _) => judged.rule.refuses_rejection(who, judged.at(), &rights),
        _ => None,
    };
    // Whoever may only because it is escalated may when that time has really passed.
    if why.is_none() && judged.rule.only_escalated(who, judged.at(), &rights) {
        judged.has_passed()?;
    }
    match why {
        Some(why) => refused(why, "ask one of those who may; `plimsoll gate show` names what is missing"),
        None => Ok(()),
    }
}

impl Judged {
    /// What is missing, in words, and from whom else it can come.
    pub(crate) fn missing(&self) -> Vec<String> {
        let has_agreed = |name: &String| {
            let mut decisions = self.standing.decisions.iter();
            decisions.any(|decision| decision.not_counted.is_none() && same(&decision.who, name))
        };
        let escalation = self.rule.escalation.as_ref().filter(|_| self.is_escalated);
        let others: Vec<&str> = escalation
            .iter()
            .flat_map(|escalation| &escalation.to)
            .filter(|name| !has_agreed(name))
            .map(String::as_str)
            .collect();
        let told = |missing: &String| match others.as_slice() {
            [] => missing.clone(),
            others => format!("{missing}; as it is escalated, also from {}", others.join(", ")),
        };
        self.standing.missing.iter().map(told).collect()
    }

    /// Who holds whose right.
    pub(crate) fn rights(&self, identity: &Identity) -> Rights {
        let events = self.events.iter().map(|recorded| (recorded.time_ms, &recorded.event));
        let delegations = delegations(self.subject(), events);
        let case = Case {
            subject: &self.gate.held.fingerprint,
            delegations: &delegations,
            opened_ms: Some(self.gate.asked_ms),
            closes_ms: self.expires_ms,
            ..Case::default()
        };
        Rights::of(&case, &self.rule, &|claim| identity.doubt(claim))
    }
}

/// With or without the name of the digest.
fn is_of(fingerprint: &str, given: &str) -> bool {
    let bare = |text: &str| text.strip_prefix("sha256:").unwrap_or(text).to_owned();
    !given.is_empty() && bare(fingerprint).starts_with(&bare(given))
}

pub(super) fn short(fingerprint: &str) -> &str {
    let bare = fingerprint.strip_prefix("sha256:").unwrap_or(fingerprint);
    bare.get(..12).unwrap_or(bare)
}

pub(super) fn staged(held: &StageHeld) -> Result<Staged> {
    serde_json::from_value(held.staged.clone())
        .map_err(|e| Error::new(Kind::Bug, format!("what gate {} holds cannot be read: {e}", held.gate)))
}
