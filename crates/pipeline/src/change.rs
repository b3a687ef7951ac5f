//! What became of a change of contracts: who proposed it, and who decided on exactly which version of it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::approval::{Claim, Vote};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeEvent {
    pub change: String,
    /// Over the files of the change at that moment.
    pub digest: String,
    pub who: String,
    pub reason: String,
    pub step: ChangeStep,
    /// Over [`ChangeEvent::signed_text`], in OpenSSH's armour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

impl ChangeEvent {
    pub fn claim(&self) -> Claim {
        Claim { who: self.who.clone(), text: self.signed_text(), signature: self.signature.clone() }
    }

    /// What a decision's signature is over: a line each, so that no field can be taken for another.
    pub fn signed_text(&self) -> String {
        let one_line = |text: &str| text.replace(['\r', '\n'], " ");
        format!(
            "plimsoll change decision 1\nchange {}\ndigest {}\n{}\nwho {}\nreason {}\n",
            one_line(&self.change),
            one_line(&self.digest),
            self.step.word(),
            one_line(&self.who),
            one_line(&self.reason)
        )
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChangeStep {
    /// `who` stands behind this version of it.
    Proposed,
    Approved,
    Rejected,
    Applied(Applied),
    /// The decisions before this one are void.
    RolledBack,
}

impl ChangeStep {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Applied(_) => "applied",
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

    /// Decisions since the change was last rolled back, on any version of it.
    pub fn votes(&self) -> Vec<Vote> {
        let since =
            self.steps.iter().rposition(|(_, event)| event.step == ChangeStep::RolledBack).map_or(0, |at| at + 1);
        let decided = self.steps[since..]
            .iter()
            .filter(|(_, event)| matches!(event.step, ChangeStep::Approved | ChangeStep::Rejected));
        decided
            .map(|(time_ms, event)| Vote {
                approved: event.step == ChangeStep::Approved,
                reason: event.reason.clone(),
                time_ms: *time_ms,
                subject: event.digest.clone(),
                claim: event.claim(),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
