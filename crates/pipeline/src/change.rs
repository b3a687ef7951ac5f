//! What became of a change of contracts: who proposed it, who decided on exactly which version of it, and whether that is enough.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

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

    fn decisions(&self) -> impl Iterator<Item = &(i64, ChangeEvent)> {
        let since =
            self.steps.iter().rposition(|(_, event)| event.step == ChangeStep::RolledBack).map_or(0, |at| at + 1);
        self.steps[since..]
            .iter()
            .filter(|(_, event)| matches!(event.step, ChangeStep::Approved | ChangeStep::Rejected))
    }
}

/// Who must agree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// The project's own: anybody where it names nobody.
    pub approvers: Vec<String>,
    /// How many people, at least.
    pub needed: usize,
    /// What each contract asks.
    pub levels: Vec<Levels>,
    /// Those who stand behind a breaking change do not approve it.
    pub authors: BTreeSet<String>,
    pub is_breaking: bool,
}

/// Approvers that a contract's roles name; one of each level, and not the same person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Levels {
    pub contract: String,
    pub first: Vec<String>,
    pub second: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Waiting,
    Approved,
    Rejected,
}

/// Where a version of a change stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    pub state: State,
    /// Decisions on exactly this version, the newest of each person.
    pub decisions: Vec<Decision>,
    /// What is still missing, in words.
    pub missing: Vec<String>,
    /// Decisions on other versions: an edit has made them void.
    pub void: Vec<Decision>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    pub who: String,
    pub approved: bool,
    pub reason: String,
    pub time_ms: i64,
    pub digest: String,
    pub signed: bool,
    /// Why an approval is not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_counted: Option<String>,
}

/// Names are compared without regard to case and white space around them.
fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

fn names(list: &[String], who: &str) -> bool {
    list.iter().any(|name| same(name, who))
}

impl Rule {
    /// Why this person cannot approve; `None` when they can.
    pub fn refuses(&self, who: &str) -> Option<String> {
        if self.is_breaking && self.authors.iter().any(|author| same(author, who)) {
            return Some(format!("{who} stands behind this breaking change, so somebody else must approve it"));
        }
        let named = self.named();
        if named.is_empty() || named.iter().any(|name| same(name, who)) {
            return None;
        }
        Some(format!("{who} is not among those who may approve it: {}", named.join(", ")))
    }

    /// Everybody who is named; nobody named means anybody may.
    pub fn named(&self) -> Vec<String> {
        let levels = self.levels.iter().flat_map(|levels| levels.first.iter().chain(&levels.second));
        let mut named: Vec<String> = Vec::new();
        for name in self.approvers.iter().chain(levels) {
            if !names(&named, name) {
                named.push(name.clone());
            }
        }
        named
    }

    fn missing(&self, agreed: &[&str]) -> Vec<String> {
        let mut missing = Vec::new();
        let counted = agreed.iter().filter(|who| self.approvers.is_empty() || names(&self.approvers, who)).count();
        if counted < self.needed {
            let from = if self.approvers.is_empty() { "anybody".to_owned() } else { self.approvers.join(", ") };
            let except = match self.is_breaking && self.approvers.is_empty() && !self.authors.is_empty() {
                true => format!(" but {}", self.authors.iter().cloned().collect::<Vec<_>>().join(", ")),
                false => String::new(),
            };
            missing.push(format!("{} of {} approvals, from {from}{except}", self.needed - counted, self.needed));
        }
        for levels in &self.levels {
            let of = |list: &[String]| agreed.iter().filter(|who| names(list, who)).count();
            let (first, second) = (of(&levels.first), of(&levels.second));
            let either = agreed.iter().filter(|who| names(&levels.first, who) || names(&levels.second, who)).count();
            for (count, list, level) in [(first, &levels.first, "first"), (second, &levels.second, "second")] {
                if count == 0 && !list.is_empty() {
                    missing.push(format!("one {level} level approver of {}: {}", levels.contract, list.join(", ")));
                }
            }
            if first > 0 && second > 0 && either < 2 {
                missing.push(format!("a second person for {}: one cannot approve at both levels", levels.contract));
            }
        }
        missing
    }
}

/// Where this version stands. Of each person the newest decision counts; whoever may not approve is not counted, also where the
/// ledger has an approval of theirs from a time when they might. `doubt` says what is wrong with an approval's signature.
pub fn standing(
    history: &History,
    digest: &str,
    rule: &Rule,
    doubt: &dyn Fn(&ChangeEvent) -> Option<String>,
) -> Standing {
    let (mut decisions, mut void): (Vec<Decision>, Vec<Decision>) = (Vec::new(), Vec::new());
    for (time_ms, event) in history.decisions() {
        let approved = event.step == ChangeStep::Approved;
        let is_current = event.digest == digest;
        let not_counted = (approved && is_current).then(|| rule.refuses(&event.who).or_else(|| doubt(event))).flatten();
        let decision = Decision {
            signed: event.signature.is_some(),
            not_counted,
            who: event.who.clone(),
            approved,
            reason: event.reason.clone(),
            time_ms: *time_ms,
            digest: event.digest.clone(),
        };
        let list = if is_current { &mut decisions } else { &mut void };
        list.retain(|earlier| !same(&earlier.who, &decision.who));
        list.push(decision);
    }
    let agreed: Vec<&str> = decisions
        .iter()
        .filter(|decision| decision.approved && decision.not_counted.is_none())
        .map(|decision| decision.who.as_str())
        .collect();
    let missing = rule.missing(&agreed);
    let is_rejected = decisions.iter().any(|decision| !decision.approved);
    let state = match () {
        () if is_rejected => State::Rejected,
        () if missing.is_empty() => State::Approved,
        () => State::Waiting,
    };
    Standing { state, decisions, missing, void }
}

#[cfg(test)]
mod tests;
