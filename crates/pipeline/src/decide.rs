//! What becomes of a stage's unpublished result: a pure function of what was found and the policy.

use serde::{Deserialize, Serialize};

use crate::verdict::{Counts, Verdict};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    Publish,
    /// A person must decide. `asks` has one sentence per cause.
    Hold { kind: GateKind, asks: Vec<String> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateKind {
    SchemaMigration,
    ContractUpdate,
    DataQuality,
    PipelineIntegrity,
    DataMigration,
}

/// `threshold`: the stage's share of refused rows (0 to 1) above which it is held, and the same for each check without its own.
pub fn decide(_counts: &Counts, _verdicts: &[Verdict], _threshold: f64) -> Decision {
    Decision::Publish
}
