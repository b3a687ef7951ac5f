//! The plan in sentences, the same on every surface.

use serde::Serialize;

use super::{Action, PlannedStage, Reason};
use crate::decide::{Ask, GateKind};
use crate::migration::{Migration, Step, Work};
use crate::state::Size;

/// A stage for a screen: what happens and one sentence why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StageSummary {
    pub dataset: String,
    pub pipeline: String,
    pub action: Action,
    pub rebuild: bool,
    pub why: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migration: Option<MigrationSummary>,
    /// Questions that are known already: the result waits at a gate of the kind of the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub asks: Vec<Ask>,
}

/// A migration for a screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MigrationSummary {
    pub work: Work,
    pub steps: Vec<StepSummary>,
    /// Of the table as it is.
    pub size: Option<Size>,
    /// What of it is read or written anew, at most.
    pub touches: Option<Size>,
    /// The kind of the gate that the result will stop at.
    pub gate: Option<GateKind>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepSummary {
    pub what: String,
    pub work: Work,
    /// Why a person must agree to it.
    pub breaking: Option<String>,
}

/// As many paths as a sentence can carry.
const PATHS_SHOWN: usize = 3;

pub(super) fn summary(stage: &PlannedStage) -> StageSummary {
    StageSummary {
        dataset: stage.dataset.clone(),
        pipeline: stage.pipeline.clone(),
        action: stage.action,
        rebuild: stage.rebuild,
        why: stage.why(),
        migration: stage.migration.as_deref().map(|migration| migrating(migration, stage)),
        asks: stage.asks.clone(),
    }
}

fn migrating(migration: &Migration, stage: &PlannedStage) -> MigrationSummary {
    let step = |step: &Step| StepSummary {
        what: step.to_string(),
        work: step.work(),
        breaking: step.breaks().map(str::to_owned),
    };
    MigrationSummary {
        work: migration.work(),
        steps: migration.steps.iter().map(step).collect(),
        size: migration.size,
        touches: match migration.work() {
            Work::Metadata => Some(Size::default()),
            Work::Read | Work::Rewrite => migration.size,
        },
        gate: stage.asks.first().map(|ask| ask.kind),
    }
}

impl PlannedStage {
    /// All reasons as one sentence without a full stop.
    pub fn why(&self) -> String {
        let reasons: Vec<String> = self.reasons.iter().map(Reason::to_string).collect();
        reasons.join("; ")
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UpToDate => f.write_str("up to date"),
            Self::FirstRun => f.write_str("never published before"),
            Self::FilesNew { count: 1, bytes } => write!(f, "1 new file ({})", size(*bytes)),
            Self::FilesNew { count, bytes } => write!(f, "{count} new files ({})", size(*bytes)),
            Self::FilesChanged { paths } => write!(f, "{} changed after being read: {}", files(paths), some(paths)),
            Self::FilesVanished { paths } => write!(f, "{} vanished after being read: {}", files(paths), some(paths)),
            Self::InputMoved { input, from: Some(from), to } => {
                write!(f, "{input} moved from version {from} to {to}")
            }
            Self::InputMoved { input, from: None, to } => write!(f, "{input} is at version {to} and was never read"),
            Self::InputRuns { input } => write!(f, "{input} moves in this plan"),
            Self::InputWaits { input } => write!(f, "{input} waits or is blocked"),
            Self::InputBehind { input, columns } => {
                write!(
                    f,
                    "the table of {input} is still as an earlier version of its contract says, without {}",
                    some(columns)
                )
            }
            Self::SqlChanged => f.write_str("the SQL or its increment changed"),
            Self::SourceChanged => f.write_str("the source's options changed"),
            Self::ContractChanged => f.write_str("the contract's columns or checks changed"),
            Self::TableChanged => f.write_str("write mode, key, partitioning, column mapping or threshold changed"),
            Self::EngineChanged => f.write_str("this version of the engine computes differently"),
            Self::NotMigrated { why } => write!(f, "built anew, as {why}"),
            Self::RolledBack { version } => write!(f, "back to version {version}, before the migration"),
            Self::NotRestored { version, paths } => write!(
                f,
                "not taken back to version {version}, as {} read since can not be read again: {}",
                files(paths),
                some(paths)
            ),
            Self::ReplayedSince { version } => {
                write!(f, "not taken back to version {version}, as dead letters were replayed since")
            }
            Self::GateWaiting { id } => write!(f, "gate {id} waits for a decision"),
            Self::GateRejected { id } => write!(f, "gate {id} was rejected and nothing has changed since"),
            Self::MigrationRejected { id, files: waiting } => {
                let waits = match waiting {
                    0 => String::new(),
                    1 => ", and 1 new file waits".to_owned(),
                    more => format!(", and {more} new files wait"),
                };
                write!(
                    f,
                    "gate {id} was rejected, so the table stays as it was and nothing is loaded{waits}: take the edit back, or make it \
                     another one"
                )
            }
            Self::GateApproved { id } => write!(f, "gate {id} was approved"),
            Self::TableTouched { version, version_now } => {
                write!(
                    f,
                    "someone else wrote to the table: version {version_now}, last published {version}; drop it to have it built anew"
                )
            }
            Self::SourceUnreachable(why) => f.write_str(&why.message),
            Self::FilesMissing => f.write_str("no file lies at the source"),
            Self::InputMissing { input } => write!(f, "the project has no dataset {input}"),
            Self::InputRewritten { input } => write!(f, "{input} was replaced, not added to"),
            Self::LookupMoved { input } => write!(f, "{input} moved, which the next increment will see"),
            Self::Cycle => f.write_str("it needs itself by way of others, or needs a dataset that does"),
        }
    }
}

fn files(paths: &[String]) -> String {
    if paths.len() == 1 { "1 file".to_owned() } else { format!("{} files", paths.len()) }
}

fn some(paths: &[String]) -> String {
    let shown = paths.iter().take(PATHS_SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match paths.len().saturating_sub(PATHS_SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}
