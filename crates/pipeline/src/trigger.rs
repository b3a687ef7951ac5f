//! What a person must be told of whatever else goes well: entered in the ledger once for each cause.

use serde::{Deserialize, Serialize};

/// A guess below this is a person's to make.
pub const CONFIDENCE_MIN: f64 = 0.6;
/// A greater share of refused rows is a person's to look at, whatever threshold lets it pass.
pub const FAILURES_MAX: f64 = 0.05;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    pub kind: TriggerKind,
    /// The same cause is entered once.
    pub cause: String,
    /// What it is about: a dataset, a column, a gate.
    pub subject: String,
    /// In one sentence.
    pub detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// From 0 to 1, where something was guessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TriggerKind {
    /// Something was guessed with less than [`CONFIDENCE_MIN`].
    LowConfidence,
    /// More than [`FAILURES_MAX`] of the rows were refused.
    Failures,
    /// Data or a table is not what its contract says, and no change of the contract is open.
    DriftWithoutChange,
    /// The same input, given twice, would not give the same table.
    MissingIdempotency,
    /// A table is to become another, and nobody has approved it.
    MigrationWithoutApproval,
    /// A contract does not hold, and so something is not published.
    ContractFailure,
}

impl TriggerKind {
    pub fn word(self) -> &'static str {
        match self {
            Self::LowConfidence => "low confidence",
            Self::Failures => "failures",
            Self::DriftWithoutChange => "drift without a change",
            Self::MissingIdempotency => "missing idempotency",
            Self::MigrationWithoutApproval => "migration without approval",
            Self::ContractFailure => "contract failure",
        }
    }
}
