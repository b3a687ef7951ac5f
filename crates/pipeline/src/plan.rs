//! The plan: what will run, in which order, why, and which gates stand in the way. A pure function of project and state.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::position::Increment;
use crate::project::Project;
use crate::state::{Definition, State};

/// Stages in an order in which every stage stands after those that it needs; ties by name. Equal inputs give equal bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub stages: Vec<PlannedStage>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedStage {
    pub dataset: String,
    pub pipeline: String,
    pub action: Action,
    /// Why; never empty.
    pub reasons: Vec<Reason>,
    /// Stages that must have ended before this one starts; sorted.
    pub needs: Vec<String>,
    /// How each input is read, by input name; a source has the single input `files`.
    pub inputs: BTreeMap<String, Increment>,
    /// The Delta application transaction that this stage will publish.
    pub sequence: u64,
    pub definition: Definition,
    /// The table is built anew instead of moved on: its definition changed or it was never there.
    pub rebuild: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Run,
    /// The fingerprint equals the published one.
    Skip,
    /// A gate waits for a person, or said no to exactly this.
    Wait,
    /// A gate was approved but its files are not published yet.
    Publish,
    /// What it needs cannot be had: see the reasons.
    Blocked,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    UpToDate,
    FirstRun,
    FilesNew { count: u64, bytes: u64 },
    FilesChanged { paths: Vec<String> },
    FilesVanished { paths: Vec<String> },
    /// The input's table has a newer version than was read.
    InputMoved { input: String, from: Option<i64>, to: i64 },
    /// The input is brought up to date by this very plan.
    InputRuns { input: String },
    /// The input waits at a gate or is blocked; this stage goes on with what is published of it, or not at all if there is nothing.
    InputWaits { input: String },
    SqlChanged,
    SourceChanged,
    ContractChanged,
    TableChanged,
    EngineChanged,
    GateWaiting { id: String },
    GateRejected { id: String },
    GateApproved { id: String },
    /// Someone else has written to the table since `version`.
    TableTouched { version: i64, version_now: i64 },
}

/// Makes the plan.
pub fn plan(_project: &Project, _state: &State) -> Plan {
    Plan { stages: Vec::new() }
}
