//! Opening a gate: all that a person will need to decide, as it was when the result was made.

use engine::{Result, StageOutcome};
use pipeline::DatasetSpec;
use pipeline::decide::GateKind;
use pipeline::event::StageHeld;

use crate::App;

/// First refused rows, and differences of the data, that a gate keeps.
const SAMPLES_MAX: usize = 20;
const DRIFT_MAX: usize = 100;

/// What is asked.
pub(crate) struct Question<'a> {
    pub run: &'a str,
    pub gate: String,
    pub kind: GateKind,
    pub asks: Vec<String>,
    pub seconds: f64,
}

/// The event that opens the gate; reads the held files once, for their digests.
pub(crate) async fn opened(
    app: &App,
    spec: &DatasetSpec,
    outcome: StageOutcome,
    question: Question<'_>,
) -> Result<StageHeld> {
    let Question { run, gate, kind, asks, seconds } = question;
    // A gate that is older than it is would be escalated too early.
    if let Some(latest) = app.ledger(|ledger| ledger.latest_ms()).await? {
        crate::clock::runs_on(latest)?;
    }
    let commit = &outcome.staged.commit;
    let authors = authors(app, spec, &commit.definition, kind, run).await?;
    Ok(StageHeld {
        run: run.to_owned(),
        dataset: spec.name.clone(),
        gate,
        kind,
        asks,
        fingerprint: commit.fingerprint.clone(),
        counts: outcome.counts,
        seconds,
        samples: outcome.samples.iter().take(SAMPLES_MAX).map(|sample| serde_json::json!(sample)).collect(),
        drift: outcome.drift.iter().take(DRIFT_MAX).map(|drift| serde_json::json!(drift)).collect(),
        files: app.engine.seal(&outcome.staged).await?,
        authors,
        uptime: crate::clock::uptime(),
        rule: Some(app.rule_for(&spec.name, kind)),
        expires_after_ms: Some(app.workspace.project.settings.gate_times(kind).expires_after_ms),
        staged: serde_json::to_value(&outcome.staged)
            .map_err(|e| engine::Error::new(engine::Kind::Bug, e.to_string()))?,
        verdicts: outcome.verdicts,
    })
}

/// Whoever first runs an edited pipeline stands behind the edit. Of data that arrived nobody here is the author, however its reading
/// was started.
async fn authors(
    app: &App,
    spec: &DatasetSpec,
    definition: &pipeline::state::Definition,
    kind: GateKind,
    run: &str,
) -> Result<Vec<String>> {
    if kind == GateKind::DataQuality {
        return Ok(Vec::new());
    }
    let (name, run) = (spec.name.clone(), run.to_owned());
    let (before, who) = app
        .ledger(move |ledger| {
            let before = ledger.state()?.remove(&name).and_then(|known| known.published);
            Ok((before, ledger.started_by(&run)?))
        })
        .await?;
    // Of a weakened guard somebody is the author, also where no row depends on it.
    let is_edited =
        kind == GateKind::PipelineIntegrity || before.is_some_and(|before| before.definition != *definition);
    Ok(who.filter(|_| is_edited).into_iter().collect())
}
