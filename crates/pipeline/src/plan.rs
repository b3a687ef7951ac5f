//! The plan: what will run, in which order, why, and which gates stand in the way. A pure function of project and state.

mod definition;
mod gate;
mod migrate;
mod model;
mod order;
mod restore;
mod source;
mod stage;
mod why;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::decide::Ask;
use crate::migration::Migration;
use crate::position::Increment;
use crate::project::Project;
use crate::state::{Definition, Earlier, State, Unreachable};

pub use definition::{ENGINE_VERSION, definition, fingerprint};
pub use order::cycles;
pub use why::{MigrationSummary, StageSummary, StepSummary};

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
    /// The stored table is made into what is promised now; nothing of its inputs is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub migration: Option<Box<Migration>>,
    /// The table goes back to a version before a migration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore: Option<Box<Earlier>>,
    /// Built anew in a shape that breaks readers, who can go on with the version before where the project keeps it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keeps: bool,
    /// Questions that are known before anything is computed: the result waits at a gate until they are answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asks: Vec<Ask>,
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
    FilesNew {
        count: u64,
        bytes: u64,
    },
    FilesChanged {
        paths: Vec<String>,
    },
    FilesVanished {
        paths: Vec<String>,
    },
    /// The input's table has a newer version than was read.
    InputMoved {
        input: String,
        from: Option<i64>,
        to: i64,
    },
    /// The input is brought up to date by this very plan.
    InputRuns {
        input: String,
    },
    /// The input waits at a gate or is blocked; this stage goes on with what is published of it, or not at all if there is nothing.
    InputWaits {
        input: String,
    },
    /// The input's table is still as an earlier version of its contract says: it does not have these columns, or has them otherwise.
    InputBehind {
        input: String,
        columns: Vec<String>,
    },
    SqlChanged,
    SourceChanged,
    ContractChanged,
    TableChanged,
    EngineChanged,
    /// The stored table cannot be migrated, so it is built anew.
    NotMigrated {
        why: String,
    },
    /// What was migrated is taken back.
    RolledBack {
        version: i64,
    },
    /// The version before the migration cannot be gone back to: files that were read since cannot be read again.
    NotRestored {
        version: i64,
        paths: Vec<String>,
    },
    /// The version before the migration cannot be gone back to: dead letters were replayed since.
    ReplayedSince {
        version: i64,
    },
    GateWaiting {
        id: String,
    },
    GateRejected {
        id: String,
    },
    /// The stored table was not to become what the project says now, and nothing has changed since.
    MigrationRejected {
        id: String,
        /// Files at the source that are not read meanwhile.
        files: u64,
    },
    GateApproved {
        id: String,
    },
    /// Someone else has written to the table since `version`.
    TableTouched {
        version: i64,
        version_now: i64,
    },
    /// The source cannot be looked at.
    SourceUnreachable(Unreachable),
    /// Nothing lies at the source, so there is nothing to build the table from.
    FilesMissing,
    /// The project has no such dataset.
    InputMissing {
        input: String,
    },
    /// The narrowed input was replaced or is being replaced, so rows made from the old one would stay: the table is built anew.
    InputRewritten {
        input: String,
    },
    /// An input that is looked things up in has moved. Only `incremental.from` brings rows, so this alone is no cause to run;
    /// the next increment sees it.
    LookupMoved {
        input: String,
    },
    /// The dataset needs itself by way of others, or needs one that does.
    Cycle,
}

/// Makes the plan. The work is linear in datasets, needs and files.
///
/// What makes a stage run:
///
/// | | runs when | reads | table |
/// | --- | --- | --- | --- |
/// | any | never published, or SQL, source, write mode, key or engine changed | all | built anew |
/// | any | only the compiled contract, partitions or threshold changed | the table itself | migrated; built anew where that cannot be |
/// | source, append | files came; changed or vanished files block | the new ones | moved on |
/// | source, merge | files came or changed; vanished files block | those | moved on |
/// | source, replace_partitions | files came or changed | those | moved on |
/// | source, overwrite | anything about the files changed | all | replaced |
/// | model without `incremental` | any input moved | all inputs whole | by its write mode; append is built anew |
/// | model with `incremental` | that input moved | it from where it was read, the others whole | moved on, or built anew when that input was replaced or lost rows |
/// | model, overwrite | any input moved | all inputs whole | replaced |
///
/// A table that only reference checks look into is waited for but is no cause to run. A published source whose files have all
/// vanished is blocked, not emptied; and so is a rebuild that would lose the rows of vanished files. A source that says
/// `vanished: keep` goes on without them, but is not rebuilt either.
pub fn plan(project: &Project, state: &State) -> Plan {
    stage::plan(project, state)
}

impl Plan {
    /// Nothing to run and nothing to publish.
    pub fn is_empty(&self) -> bool {
        !self.stages.iter().any(|stage| stage.action.moves())
    }

    pub fn stage(&self, dataset: &str) -> Option<&PlannedStage> {
        self.stages.iter().find(|stage| stage.dataset == dataset)
    }

    /// Every stage with one sentence that says why, for people.
    pub fn summary(&self) -> Vec<StageSummary> {
        self.stages.iter().map(why::summary).collect()
    }
}

impl Reason {
    /// The gate on which the stage waits.
    pub fn gate(&self) -> Option<&str> {
        match self {
            Self::GateWaiting { id } | Self::GateRejected { id } | Self::MigrationRejected { id, .. } => Some(id),
            _ => None,
        }
    }
}

impl Action {
    /// The table gets a new version.
    pub fn moves(self) -> bool {
        matches!(self, Self::Run | Self::Publish)
    }

    /// The table stays behind what it should be.
    pub fn stands(self) -> bool {
        matches!(self, Self::Wait | Self::Blocked)
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Skip => "skip",
            Self::Wait => "wait",
            Self::Publish => "publish",
            Self::Blocked => "blocked",
        }
    }
}

#[cfg(test)]
mod tests;
