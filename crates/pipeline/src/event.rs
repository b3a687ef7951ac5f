//! What happened, as typed events: the only truth about runs besides the tables.

mod fold;

use std::collections::BTreeMap;

use contract::ContractRef;
use serde::{Deserialize, Serialize};

use crate::approval::Rule;
use crate::change::{ChangeEvent, ChangeStep};
use crate::decide::GateKind;
use crate::drift::{Acceptance, Look};
use crate::gate::{ClockSettled, GateEvent, GateStep, HeldFile, Uptime};
use crate::position::{FileRef, Position};
use crate::privacy::Level;
use crate::state::{Before, Definition};
use crate::terms::{Guards, Terms};
use crate::trigger::Trigger;
use crate::verdict::{Counts, Verdict};

pub use fold::{LedgerDataset, LedgerState, fold, question};

/// Events carry no time of their own; the ledger stamps them as they are appended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    RunStarted {
        run: String,
        plan: serde_json::Value,
        /// Who started it, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        who: Option<String>,
    },
    StageStarted {
        run: String,
        dataset: String,
    },
    StagePublished(Box<StagePublished>),
    StageHeld(Box<StageHeld>),
    StageFailed {
        run: String,
        dataset: String,
        kind: String,
        message: String,
    },
    StageSkipped {
        run: String,
        dataset: String,
        reason: String,
    },
    GateDecided {
        gate: String,
        dataset: String,
        approved: bool,
        who: String,
        reason: String,
        fingerprint: String,
        /// `sha256:` over the gate's question as the ledger has it: what was held when this was decided.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        held: Option<String>,
        /// Another one each time, so that the same words said again are signed anew.
        #[serde(default)]
        nonce: String,
        /// Over [`crate::gate::decision_text`], in OpenSSH's armour.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
    },
    /// What happened to a gate besides its question and its decisions.
    Gate(Box<GateEvent>),
    /// The gate's question no longer stands: what it held was replaced by a newer result.
    GateSuperseded {
        gate: String,
        dataset: String,
    },
    DeadLettersReplayed {
        run: String,
        dataset: String,
        accepted: u64,
        refused: u64,
    },
    DeadLettersDiscarded {
        dataset: String,
        count: u64,
        who: String,
        reason: String,
    },
    /// Somebody wrote dead letters out with the values of classified columns in the clear.
    DeadLettersExported {
        dataset: String,
        count: u64,
        who: String,
        reason: String,
    },
    /// A column was made that holds what it should not, because somebody allowed it for a while.
    PrivacyExempted {
        run: String,
        dataset: String,
        column: String,
        class: Level,
        /// The column that it comes from.
        from: String,
        who: String,
        why: String,
        until: String,
    },
    /// Values of a table were encrypted anew with another key.
    KeysRotated {
        dataset: String,
        from: String,
        to: String,
        values: u64,
        version: i64,
        who: String,
    },
    /// The rows of one person were taken out of a dataset; who it was is not told.
    PersonErased {
        dataset: String,
        rows: u64,
        dead_letters: u64,
        /// Of the table afterwards; `None` where nothing was in it.
        version: Option<i64>,
        /// `sha256:` over the proof that was handed out.
        proof: String,
        who: String,
        reason: String,
    },
    /// How many of the columns that the project's models make are traced to contracts, as the run began.
    LineageTraced {
        run: String,
        columns: usize,
        traced: usize,
        /// The others, as `dataset.column`.
        untraced: Vec<String>,
    },
    RunEnded {
        run: String,
        outcome: RunOutcome,
    },
    /// What became of a change of contracts.
    Change(Box<ChangeEvent>),
    /// Data or a table was looked at, and differs otherwise than it did before.
    Drift(Box<Look>),
    /// Somebody took drift for the new normal.
    DriftAccepted(Box<Acceptance>),
    /// Events were dated by a clock that was ahead, and somebody has said so.
    ClockSettled(Box<ClockSettled>),
    /// Something that a person must be told.
    Trigger(Box<Trigger>),
}

impl Event {
    /// What it is the only event of; nothing for those that may happen again.
    pub fn cause(&self) -> Option<String> {
        match self {
            Event::Trigger(trigger) => Some(trigger.cause.clone()),
            Event::Gate(event) => match event.step {
                GateStep::Escalated { .. } | GateStep::Expired { .. } => {
                    Some(format!("gate {} {}", event.gate, event.step.word()))
                }
                GateStep::Delegated(_) => None,
            },
            Event::ClockSettled(settled) => Some(format!("{CLOCK_SETTLED}{}", settled.seq)),
            Event::Change(event) => match event.step {
                ChangeStep::Escalated { .. } | ChangeStep::Expired { .. } => {
                    let asked = event.asked_ms.unwrap_or_default();
                    Some(format!("change {} asked {asked} {}", event.change, event.step.word()))
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// How the causes of these events begin.
pub const CLOCK_SETTLED: &str = "clock settled at event ";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StagePublished {
    pub run: String,
    pub dataset: String,
    pub contract: ContractRef,
    pub sequence: u64,
    pub version: i64,
    pub fingerprint: String,
    pub definition: Definition,
    /// What was in force; events of older versions do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Terms>,
    /// Of a migration: the version that it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
    pub positions: BTreeMap<String, Position>,
    /// Files that this increment read; `files_all` says whether they are all that the position counts.
    pub files: Vec<FileRef>,
    pub files_all: bool,
    pub counts: Counts,
    pub verdicts: Vec<Verdict>,
    pub seconds: f64,
    /// Written after a crash, from the table's own commit.
    pub repaired: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageHeld {
    pub run: String,
    pub dataset: String,
    pub gate: String,
    pub kind: GateKind,
    /// What else is asked, of other kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<GateKind>,
    pub asks: Vec<String>,
    /// What is approved, exactly; a decision on another fingerprint is void.
    pub fingerprint: String,
    pub counts: Counts,
    pub verdicts: Vec<Verdict>,
    pub seconds: f64,
    /// First refused rows, without what may not be shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<serde_json::Value>,
    /// What the data has otherwise than the contract.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<serde_json::Value>,
    /// The files that are held, so that others in their place are found out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<HeldFile>,
    /// Those who stand behind what is asked, where that is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// Of the machine that opened the gate, where it tells: whether as much time has passed as its clock says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uptime: Option<Uptime>,
    /// What was in force when the table was last published: whom a contract names that nobody approved is no matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Guards>,
    /// Who could decide when the gate opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// From the moment that the ledger gave this event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_after_ms: Option<u64>,
    /// What the engine needs to publish or discard the files: `engine::Staged` as JSON.
    pub staged: serde_json::Value,
}

impl StageHeld {
    /// Of all that is asked, each once.
    pub fn kinds(&self) -> Vec<GateKind> {
        std::iter::once(self.kind).chain(self.also.iter().copied()).collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    Done,
    Failed,
    Waiting,
    Cancelled,
}
