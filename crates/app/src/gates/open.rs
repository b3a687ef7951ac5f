//! Opening a gate: all that a person will need to decide, as it was when the result was made.

use engine::{Result, StageOutcome};
use pipeline::DatasetSpec;
use pipeline::decide::GateKind;
use pipeline::event::{StageHeld, question};
use pipeline::state::{Definition, Published};

use crate::App;

/// First refused rows, and differences of the data, that a gate keeps.
const SAMPLES_MAX: usize = 20;
const DRIFT_MAX: usize = 100;

/// What is asked.
pub(crate) struct Question<'a> {
    pub run: &'a str,
    pub gate: String,
    pub kind: GateKind,
    /// What else is asked, of other kinds.
    pub also: Vec<GateKind>,
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
    let Question { run, gate, kind, also, asks, seconds } = question;
    // A gate that is older than it is would be escalated too early.
    if let Some(latest) = app.ledger(|ledger| ledger.latest_ms()).await? {
        crate::clock::runs_on(latest)?;
    }
    let commit = &outcome.staged.commit;
    let name = spec.name.clone();
    let published =
        app.ledger(move |ledger| Ok(ledger.state()?.remove(&name))).await?.and_then(|known| known.published);
    let kinds: Vec<GateKind> = std::iter::once(kind).chain(also.iter().copied()).collect();
    let asked = Asked { definition: &commit.definition, kinds: &kinds, asks: &asks };
    let authors = authors(app, spec, published.as_ref(), asked, run).await?;
    let before = published.and_then(|published| published.terms).map(|terms| terms.guards);
    let rule = app.rule_for(&spec.name, &kinds, before.as_ref());
    Ok(StageHeld {
        run: run.to_owned(),
        dataset: spec.name.clone(),
        gate,
        kind,
        also,
        asks,
        fingerprint: commit.fingerprint.clone(),
        counts: outcome.counts,
        seconds,
        samples: outcome.samples.iter().take(SAMPLES_MAX).map(|sample| serde_json::json!(sample)).collect(),
        drift: outcome.drift.iter().take(DRIFT_MAX).map(|drift| serde_json::json!(drift)).collect(),
        files: app.engine.seal(&outcome.staged).await?,
        authors,
        uptime: crate::clock::uptime(),
        before,
        rule: Some(rule),
        expires_after_ms: Some(app.times(&kinds).expires_after_ms),
        staged: serde_json::to_value(&outcome.staged)
            .map_err(|e| engine::Error::new(engine::Kind::Bug, e.to_string()))?,
        verdicts: outcome.verdicts,
    })
}

#[derive(Clone, Copy)]
struct Asked<'a> {
    definition: &'a Definition,
    kinds: &'a [GateKind],
    asks: &'a [String],
}

/// Whoever first runs an edited pipeline stands behind the edit, and whoever runs it again does not take that from them. Of data that
/// arrived nobody here is the author, however its reading was started.
async fn authors(
    app: &App,
    spec: &DatasetSpec,
    published: Option<&Published>,
    asked: Asked<'_>,
    run: &str,
) -> Result<Vec<String>> {
    if asked.kinds == [GateKind::DataQuality] {
        return Ok(Vec::new());
    }
    let (name, run) = (spec.name.clone(), run.to_owned());
    let (earlier, who) = app.ledger(move |ledger| Ok((ledger.asked_since(&name)?, ledger.started_by(&run)?))).await?;
    let is_new = published.is_some_and(|published| published.definition != *asked.definition);
    // Of a weakened guard somebody is the author, also where no row depends on it.
    let is_edited = is_new || asked.kinds.contains(&GateKind::PipelineIntegrity);
    if !is_edited {
        return Ok(Vec::new());
    }
    let same = |held: &StageHeld| {
        let is_same = is_new && question(held).definition == *asked.definition;
        let is_asked = held.kinds() != [GateKind::DataQuality] && held.asks.iter().any(|ask| asked.asks.contains(ask));
        is_same || is_asked
    };
    let before = earlier.into_iter().filter(|(held, _)| same(held)).filter_map(|(_, who)| who);
    let mut authors: Vec<String> = Vec::new();
    for name in before.chain(who) {
        if !authors.iter().any(|author| pipeline::approval::same(author, &name)) {
            authors.push(name);
        }
    }
    Ok(authors)
}
