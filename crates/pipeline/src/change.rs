//! What became of a change of contracts: who proposed it, and who decided on exactly which version of it.

mod force;
mod round;
mod shown;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::approval::{Claim, Rule, Vote};
use crate::gate::Uptime;

pub use round::Round;
pub use shown::{Break, Shown};

pub use force::Known;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeEvent {
    pub change: String,
    /// Over the files of the change at that moment.
    pub digest: String,
    pub who: String,
    pub reason: String,
    pub step: ChangeStep,
    /// When the question was asked that this answers, 0 where nobody had asked; none in events from before questions expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_ms: Option<i64>,
    /// Of a question: what held as it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Box<Asked>>,
    /// Of the machine that entered it, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uptime: Option<Uptime>,
    /// Of an approval: what the approver was shown of what the change breaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<Box<Shown>>,
    /// Another one each time, so that the same words said again are signed anew.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub nonce: String,
    /// Over [`ChangeEvent::signed_text`], in OpenSSH's armour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// What held when a change was put to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub expires_after_ms: u64,
    /// Without those who stand behind it.
    pub rule: Rule,
}

impl ChangeEvent {
    /// Somebody's step on a version of a change, with nothing more to say.
    pub fn new(change: &str, digest: &str, who: &str, step: ChangeStep) -> Self {
        Self {
            change: change.to_owned(),
            digest: digest.to_owned(),
            who: who.to_owned(),
            reason: String::new(),
            step,
            asked_ms: None,
            asked: None,
            uptime: None,
            shown: None,
            nonce: String::new(),
            signature: None,
        }
    }

    /// As a vote on the version that it is about.
    pub fn vote(&self, time_ms: i64, approved: bool) -> Vote {
        let (reason, subject) = (self.reason.clone(), self.digest.clone());
        Vote { approved, reason, time_ms, subject, claim: self.claim(), lapsed: false, doubt: None }
    }

    pub fn claim(&self) -> Claim {
        Claim { who: self.who.clone(), text: self.signed_text(), signature: self.signature.clone() }
    }

    /// What a signature is over: a line each, so that no field can be taken for another. The time of the question is in it, so that
    /// a signature for one that has expired is none for the next.
    pub fn signed_text(&self) -> String {
        let line = |text: &str| text.replace(['\r', '\n'], " ");
        let (change, digest, who, reason) =
            (line(&self.change), line(&self.digest), line(&self.who), line(&self.reason));
        let word = self.step.signed();
        // What answers a question says which.
        let asked = self.asked_ms.unwrap_or_default();
        let of = format!("change {change}\ndigest {digest}\nasked {asked}\nnonce {}\n", line(&self.nonce));
        if let ChangeStep::Delegated(handed) = &self.step {
            let until = handed.until_ms.map_or_else(|| "decided".to_owned(), |until| until.to_string());
            let to = line(&handed.to);
            return format!("plimsoll change delegation 3\n{of}from {who}\nto {to}\nuntil {until}\nreason {reason}\n");
        }
        let breaks = self.shown.as_ref().map_or_else(|| "nothing".to_owned(), |shown| line(&shown.fingerprint()));
        format!("plimsoll change decision 3\n{of}{word}\nwho {who}\nbreaks {breaks}\nreason {reason}\n")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChangeStep {
    /// `who` stands behind this version of it.
    Proposed,
    Approved,
    Rejected,
    /// `who` hands their right to decide on this version to another.
    Delegated(HandedOver),
    /// Nobody had decided for so long that others may.
    Escalated {
        to: Vec<String>,
        after_ms: u64,
    },
    /// Nobody had decided for so long that nobody can any more, until it is proposed again.
    Expired {
        after_ms: u64,
    },
    /// The files are about to be written; only this very journal may be ended by whoever comes next.
    Begun {
        /// The sha256 of its bytes.
        journal: String,
    },
    Applied(Applied),
    /// Contracts that are in force without an application of this ledger: the project had them before, or somebody else applied
    /// the change, with a ledger of their own.
    Adopted {
        files: Vec<FileChanged>,
    },
    /// `who` agrees that this very application is undone.
    Undoing {
        act: String,
    },
    /// The decisions before this one are void.
    RolledBack,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedOver {
    pub to: String,
    pub until_ms: Option<i64>,
}

impl ChangeStep {
    /// As it is signed: a word of its own for each application that is undone.
    fn signed(&self) -> String {
        match self {
            Self::Undoing { act } => format!("undo {act}"),
            other => other.word().to_owned(),
        }
    }

    pub fn word(&self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Delegated(_) => "delegated",
            Self::Escalated { .. } => "escalated",
            Self::Expired { .. } => "expired",
            Self::Begun { .. } => "begun",
            Self::Applied(_) => "applied",
            Self::Adopted { .. } => "adopted",
            Self::Undoing { .. } => "to be undone",
            Self::RolledBack => "rolled back",
        }
    }
}

/// What applying has written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// Of this very act; the same after a crash and its repair.
    pub act: String,
    /// The archived change, from the project's folder.
    pub folder: String,
    pub files: Vec<FileChanged>,
}

/// A file by the sha256 of its bytes; `None` where there is no file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChanged {
    pub path: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// The steps of one change or of all, in their order, with their times in milliseconds since the epoch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    pub steps: Vec<(i64, ChangeEvent)>,
}

impl History {
    pub fn add(&mut self, time_ms: i64, event: ChangeEvent) {
        self.steps.push((time_ms, event));
    }

    /// Of one change.
    pub fn of(&self, change: &str) -> Self {
        Self { steps: self.steps.iter().filter(|(_, event)| event.change == change).cloned().collect() }
    }

    /// The application that stands: no rollback came after it.
    pub fn applied(&self) -> Option<(&ChangeEvent, &Applied)> {
        self.steps.iter().rev().find_map(|(_, event)| match &event.step {
            ChangeStep::Applied(applied) => Some(Some((event, applied))),
            ChangeStep::RolledBack => Some(None),
            _ => None,
        })?
    }

    /// Whether what this journal says was begun and has not ended.
    pub fn has_begun(&self, digest: &str) -> bool {
        let newest = self.steps.iter().rev().find_map(|(_, event)| match &event.step {
            ChangeStep::Begun { journal } => Some(journal == digest),
            ChangeStep::Applied(_) | ChangeStep::RolledBack => Some(false),
            _ => None,
        });
        newest.unwrap_or(false)
    }

    /// Whether this act was entered.
    pub fn has_act(&self, act: &str) -> bool {
        self.steps.iter().any(|(_, event)| matches!(&event.step, ChangeStep::Applied(applied) if applied.act == act))
    }

    /// Everybody who ever stood behind a version of the change.
    pub fn authors(&self) -> BTreeSet<String> {
        let proposed = self.steps.iter().filter(|(_, event)| event.step == ChangeStep::Proposed);
        proposed.map(|(_, event)| event.who.clone()).collect()
    }

    /// When somebody last stood behind a version.
    pub fn proposed_ms(&self) -> Option<i64> {
        let proposed = self.steps.iter().filter(|(_, event)| event.step == ChangeStep::Proposed);
        proposed.map(|(time_ms, _)| *time_ms).next_back()
    }

    /// Whether somebody stands behind exactly this version.
    pub fn is_proposed(&self, digest: &str) -> bool {
        self.steps.iter().any(|(_, event)| event.step == ChangeStep::Proposed && event.digest == digest)
    }

    /// Keys of all who signed that they stand behind a version.
    pub fn author_keys(&self) -> Vec<Vec<u8>> {
        let proposed = self.steps.iter().filter(|(_, event)| event.step == ChangeStep::Proposed);
        proposed.filter_map(|(_, event)| event.claim().key()).collect()
    }

    /// Whether these very words, signed, stand earlier in it: then somebody copied them.
    pub fn is_copied(&self, place: usize) -> bool {
        let Some((_, event)) = self.steps.get(place).filter(|(_, event)| event.signature.is_some()) else {
            return false;
        };
        let earlier = self.steps.iter().take(place).filter(|(_, earlier)| earlier.signature == event.signature);
        earlier.map(|(_, earlier)| earlier.claim()).any(|earlier| earlier == event.claim())
    }

    /// Who agreed that it is undone: this application of it, or whichever that was.
    pub fn undoing(&self, act: Option<&str>) -> Vec<Vote> {
        let agreed = |(_, event): &&(i64, ChangeEvent)| match &event.step {
            ChangeStep::Undoing { act: of } => act.is_none_or(|act| act == of),
            _ => false,
        };
        self.steps.iter().filter(agreed).map(|(time_ms, event)| event.vote(*time_ms, true)).collect()
    }
}

#[cfg(test)]
mod tests;
