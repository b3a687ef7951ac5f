//! What the verbs return about runs, in the shape of the JSON that `--json` prints.

use pipeline::{Counts, Plan, Verdict};
use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
pub struct RunReport {
    /// `None` when there was nothing to do, so that no run was started.
    pub run: Option<String>,
    /// `done`, `failed`, `waiting`, `cancelled` or `nothing`.
    pub outcome: String,
    pub seconds: f64,
    pub datasets: Vec<StageReport>,
    /// Publications of an earlier, crashed run that the ledger had missed.
    pub repaired: Vec<String>,
    /// What a person must be told of, as it stands after the run.
    pub triggers: Vec<crate::triggers::Standing>,
    /// Events that are dated in the future: nobody decides while there are any.
    pub ahead: Option<ledger::Ahead>,
    /// What stood at the end, for who shows it; `status` tells it.
    #[serde(skip)]
    pub drift: Vec<crate::drift::Told>,
    /// How far each recipient of lineage was told; empty when nobody is.
    pub openlineage: Vec<crate::Told>,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct StageReport {
    pub name: String,
    pub pipeline: String,
    /// `published`, `held`, `failed`, `skipped`, `waiting` or `blocked`; in a plan `run`, `skip`, `wait`, `publish` or `blocked`.
    pub action: String,
    pub reason: String,
    pub rows_read: u64,
    pub rows_published: u64,
    pub rows_refused: u64,
    /// Rows that the SQL left out or drew together; `None` where it cannot be known.
    pub rows_filtered: Option<u64>,
    pub version: Option<i64>,
    pub position: serde_json::Value,
    pub checks: Vec<Verdict>,
    pub gate: Option<GateReport>,
    pub seconds: f64,
    pub bytes: u64,
    /// First refused rows.
    pub samples: Vec<serde_json::Value>,
    pub drift: Vec<serde_json::Value>,
    pub error: Option<ErrorReport>,
}

#[derive(Debug, Clone, Serialize)]
pub struct GateReport {
    pub id: String,
    pub kind: String,
    pub fingerprint: String,
    pub state: String,
    pub asks: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ErrorReport {
    pub kind: String,
    pub message: String,
    /// What led to it, the nearest first.
    pub because: Vec<String>,
    pub place: Option<String>,
    pub help: Option<String>,
}

/// Causes told of one error: libraries below us may chain many.
const CAUSES_MAX: usize = 8;

pub(crate) fn causes(error: &engine::Error) -> Vec<String> {
    let first = std::error::Error::source(error);
    std::iter::successors(first, |cause| cause.source()).take(CAUSES_MAX).map(ToString::to_string).collect()
}

impl From<&engine::Error> for ErrorReport {
    fn from(error: &engine::Error) -> Self {
        Self {
            kind: format!("{:?}", error.kind).to_lowercase(),
            message: error.message.clone(),
            because: causes(error),
            place: error.place.clone(),
            help: error.help.clone(),
        }
    }
}

impl From<&pipeline::state::Unreachable> for ErrorReport {
    fn from(why: &pipeline::state::Unreachable) -> Self {
        let pipeline::state::Unreachable { kind, message, because, place, help } = why.clone();
        Self { kind, message, because, place, help }
    }
}

impl StageReport {
    pub(crate) fn new(stage: &pipeline::plan::PlannedStage, action: &str, reason: String) -> Self {
        Self {
            name: stage.dataset.clone(),
            pipeline: stage.pipeline.clone(),
            action: action.to_owned(),
            reason,
            ..Self::default()
        }
    }

    pub(crate) fn counted(mut self, counts: &Counts, is_model: bool) -> Self {
        self.rows_read = counts.rows_read;
        self.rows_published = counts.rows_passed;
        self.rows_refused = counts.rows_refused;
        self.rows_filtered = if is_model { counts.rows_read.checked_sub(counts.rows_made) } else { Some(0) };
        self.bytes = counts.bytes;
        self
    }
}

/// A plan in the shape of the reports.
pub fn planned(plan: &Plan) -> Vec<StageReport> {
    plan.stages.iter().map(|stage| StageReport::new(stage, stage.action.word(), stage.why())).collect()
}
