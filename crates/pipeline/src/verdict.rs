//! What a stage found: counts and a verdict per check.

use contract::{Scope, Severity};
use serde::{Deserialize, Serialize};

/// The result of one check on the data of one stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub id: String,
    pub kind: String,
    pub scope: Scope,
    pub element: Option<String>,
    pub severity: Severity,
    pub outcome: Outcome,
    /// Violating rows; for dataset SQL 1 when it does not hold.
    pub violations: u64,
    /// The measured value of a metric or query.
    pub value: Option<f64>,
    /// Violations per row checked, 0 to 1.
    pub ratio: f64,
    pub expected: String,
    /// Why, when not passed.
    pub reason: Option<String>,
    /// The check's own limit for `ratio`, if its contract sets one.
    pub threshold: Option<f64>,
    /// A few violating rows as JSON objects.
    pub samples: Vec<serde_json::Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Passed,
    Failed,
    Warned,
    NotChecked,
}

/// rows_read = rows_passed + rows_refused for a source; a model reads its inputs and filters or aggregates, so there only
/// rows_made = rows_passed + rows_refused holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub rows_read: u64,
    /// Rows that came out of conform (source) or the SQL (model).
    pub rows_made: u64,
    pub rows_passed: u64,
    pub rows_refused: u64,
    /// Data files written.
    pub bytes: u64,
}
