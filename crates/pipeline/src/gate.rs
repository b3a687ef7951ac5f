//! What becomes of a gate between its question and its end: decisions, delegations, escalation, expiry.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::approval::{Claim, Delegation, Vote};
use crate::event::Event;

/// What happened to a gate besides its question and its decisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateEvent {
    pub gate: String,
    pub dataset: String,
    pub step: GateStep,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum GateStep {
    /// Somebody handed their right to decide on this gate to another.
    Delegated(Box<Handed>),
    /// Nobody had decided for so long that others may.
    Escalated { to: Vec<String>, after_ms: u64 },
    /// Nobody had decided for so long that nobody can any more; what was held is gone.
    Expired { after_ms: u64 },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    pub from: String,
    pub to: String,
    pub until_ms: Option<i64>,
    pub reason: String,
    pub fingerprint: String,
    pub held: String,
    /// Another one each time, so that the same words said again are signed anew.
    #[serde(default)]
    pub nonce: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// An unpublished file that a gate holds, exactly as it was when the gate opened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HeldFile {
    /// As the engine names it.
    pub path: String,
    pub bytes: u64,
    pub sha256: String,
}

/// How long a machine had been up at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uptime {
    /// Another one after each start of the machine.
    pub boot: String,
    pub ms: i64,
}

impl Uptime {
    /// Milliseconds from an earlier moment; `None` where it was another machine, or another start of it.
    pub fn since(&self, earlier: &Self) -> Option<i64> {
        (self.boot == earlier.boot && self.ms >= earlier.ms).then(|| self.ms - earlier.ms)
    }
}

/// Somebody's word that events up to this one were dated by a clock that was ahead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockSettled {
    /// The event with the latest time, and that time.
    pub seq: u64,
    pub time_ms: i64,
    pub who: String,
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// What a decision on a gate is about: the fingerprint, and the digest of all that the gate's question says, files among it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject<'a> {
    pub gate: &'a str,
    pub dataset: &'a str,
    pub fingerprint: &'a str,
    pub held: &'a str,
}

impl GateStep {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Delegated(_) => "delegated",
            Self::Escalated { .. } => "escalated",
            Self::Expired { .. } => "expired",
        }
    }
}

/// What is signed of a decision: a line each, so that no field can be taken for another.
pub fn decision_text(of: Subject<'_>, approved: bool, who: &str, reason: &str, nonce: &str) -> String {
    let word = if approved { "approved" } else { "rejected" };
    let (lines, who, reason, nonce) = (lines(of), line(who), line(reason), line(nonce));
    format!("plimsoll gate decision 2\n{lines}{word}\nwho {who}\nnonce {nonce}\nreason {reason}\n")
}

pub fn delegation_text(of: Subject<'_>, handed: &Handed) -> String {
    format!(
        "plimsoll gate delegation 2\n{}from {}\nto {}\nuntil {}\nnonce {}\nreason {}\n",
        lines(of),
        line(&handed.from),
        line(&handed.to),
        handed.until_ms.map_or_else(|| "decided".to_owned(), |until| until.to_string()),
        line(&handed.nonce),
        line(&handed.reason)
    )
}

pub fn settled_text(settled: &ClockSettled) -> String {
    format!(
        "plimsoll clock settled 1\nevent {}\ntime {}\nwho {}\nreason {}\n",
        settled.seq,
        settled.time_ms,
        line(&settled.who),
        line(&settled.reason)
    )
}

fn lines(of: Subject<'_>) -> String {
    format!(
        "gate {}\ndataset {}\nfingerprint {}\nheld {}\n",
        line(of.gate),
        line(of.dataset),
        line(of.fingerprint),
        line(of.held)
    )
}

fn line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

/// A signed word that stands there a second time was copied.
fn is_said_first(known: &mut BTreeSet<(String, String)>, claim: &Claim) -> bool {
    claim.signature.as_ref().is_none_or(|signature| known.insert((claim.text.clone(), signature.clone())))
}

/// The votes among a gate's events. Where a decision says what it saw held, only the same counts as this gate's.
pub fn votes<'a>(of: Subject<'_>, events: impl Iterator<Item = (i64, &'a Event)>) -> Vec<Vote> {
    let mut known = BTreeSet::new();
    let vote = |(time_ms, event): (i64, &Event)| {
        let Event::GateDecided { gate, approved, who, reason, fingerprint, held, nonce, signature, .. } = event else {
            return None;
        };
        let seen = held.as_deref().unwrap_or(of.held);
        let subject = if seen == of.held { fingerprint.clone() } else { format!("{fingerprint} {seen}") };
        let text = decision_text(Subject { fingerprint, held: seen, ..of }, *approved, who, reason, nonce);
        let claim = Claim { who: who.clone(), text, signature: signature.clone() };
        (gate == of.gate && is_said_first(&mut known, &claim)).then(|| Vote {
            approved: *approved,
            reason: reason.clone(),
            time_ms,
            subject,
            claim,
            lapsed: false,
            doubt: None,
        })
    };
    events.filter_map(vote).collect()
}

pub fn delegations<'a>(of: Subject<'_>, events: impl Iterator<Item = (i64, &'a Event)>) -> Vec<Delegation> {
    let mut known = BTreeSet::new();
    let delegation = |(time_ms, event): (i64, &Event)| {
        let Event::Gate(event) = event else { return None };
        let GateStep::Delegated(handed) = &event.step else { return None };
        if event.gate != of.gate || handed.held != of.held {
            return None;
        }
        let text = delegation_text(Subject { fingerprint: &handed.fingerprint, ..of }, handed);
        let claim = Claim { who: handed.from.clone(), text, signature: handed.signature.clone() };
        is_said_first(&mut known, &claim).then(|| Delegation {
            to: handed.to.clone(),
            reason: handed.reason.clone(),
            time_ms,
            until_ms: handed.until_ms,
            subject: handed.fingerprint.clone(),
            claim,
        })
    };
    events.filter_map(delegation).collect()
}

#[cfg(test)]
mod tests;
