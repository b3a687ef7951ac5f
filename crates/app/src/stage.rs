//! One stage of a run: make the job, let the engine do it, decide, publish or hold, and enter what happened.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{
    Again, Commit, Error, Input, Kind, Progress, Reference, Result, StageInput, StageJob, StageOutcome, Staged, fault,
};
use pipeline::decide::GateKind;
use pipeline::event::StagePublished;
use pipeline::plan::{Action, PlannedStage, Reason};
use pipeline::project::Retry;
use pipeline::state::{Before, Earlier};
use pipeline::{Ask, Counts, DatasetSpec, Decision, Event, FileRef, Increment, Made, Position, State, Terms, Verdict};
use rand::Rng;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::gates::{Question, opened};
use crate::locks::Locks;
use crate::report::{ErrorReport, GateReport, StageReport};
use crate::run::{Observer, stopped};
use crate::{App, now_ms};

/// The single input of a source.
const FILES: &str = "files";
/// Differences that a gate's question names.
const DRIFT_TOLD: usize = 10;

/// What the stages of a run have in common.
#[derive(Clone)]
pub(crate) struct Context {
    pub run: String,
    pub state: State,
    pub observer: Arc<dyn Observer>,
    /// Turns true when the user wants to end the run.
    pub stop: watch::Receiver<bool>,
    pub locks: Locks,
}

pub(crate) struct Ended {
    pub report: StageReport,
}

/// The report of a stage that the plan leaves alone.
pub(crate) fn standing(stage: &PlannedStage) -> StageReport {
    let action = match stage.action {
        Action::Wait => "waiting",
        Action::Blocked if only_waits(stage) => "waiting",
        Action::Blocked => "blocked",
        Action::Skip | Action::Run | Action::Publish => "skipped",
    };
    let unreachable = stage.reasons.iter().find_map(|reason| match reason {
        Reason::SourceUnreachable(why) => Some(why.into()),
        _ => None,
    });
    StageReport { error: unreachable, ..StageReport::new(stage, action, stage.why()) }
}

/// Nothing is wrong with it: what it needs waits for a person.
pub(crate) fn only_waits(stage: &PlannedStage) -> bool {
    stage.reasons.iter().any(|reason| matches!(reason, Reason::InputWaits { .. }))
        && stage.reasons.iter().all(|reason| {
            matches!(
                reason,
                Reason::InputWaits { .. } | Reason::InputBehind { .. } | Reason::InputRuns { .. } | Reason::FirstRun
            )
        })
}

/// Runs or publishes one stage. An error of the stage is in its report; only a broken ledger is an error here.
pub(crate) async fn run(app: &Arc<App>, context: &Context, stage: &PlannedStage) -> Result<Ended> {
    let began = Instant::now();
    if *context.stop.borrow() {
        return Ok(Ended { report: StageReport::new(stage, "cancelled", "the run was stopped".into()) });
    }
    let started = Event::StageStarted { run: context.run.clone(), dataset: stage.dataset.clone() };
    app.ledger(move |ledger| ledger.append(now_ms(), &[started])).await?;
    app.tell().await;
    fault::step("stage_started").await;
    let done = match stage.action {
        Action::Publish => app.publish_approved(stage, &context.locks).await,
        _ => execute(app, context, stage, began).await,
    };
    let mut report = match done {
        Ok(report) => report,
        Err(error) => {
            let failed = Event::StageFailed {
                run: context.run.clone(),
                dataset: stage.dataset.clone(),
                kind: format!("{:?}", error.kind).to_lowercase(),
                message: error.message.clone(),
            };
            app.ledger(move |ledger| ledger.append(now_ms(), &[failed])).await?;
            let action = if error.kind == Kind::Cancelled { "cancelled" } else { "failed" };
            let mut report = StageReport::new(stage, action, error.message.clone());
            report.error = (error.kind != Kind::Cancelled).then(|| ErrorReport::from(&error));
            report
        }
    };
    report.seconds = began.elapsed().as_secs_f64();
    app.tell().await;
    Ok(Ended { report })
}

async fn execute(app: &Arc<App>, context: &Context, stage: &PlannedStage, began: Instant) -> Result<StageReport> {
    let spec = spec(app, &stage.dataset)?;
    let job = job(app, context, stage, spec)?;
    context.observer.started(&stage.dataset, job.progress.clone());
    let staged = retried(&spec.retry, &stage.dataset, context.observer.as_ref(), || attempt(app, &job));
    // Only here: once a result is being published, that is brought to its end.
    let mut outcome = tokio::select! {
        outcome = staged => outcome?,
        () = stopped(context.stop.clone()) => {
            discard_unfinished(app, &stage.dataset).await;
            return Err(Error::new(Kind::Cancelled, "the run was stopped"));
        }
    };
    complete(&mut outcome.staged, context, stage);
    let settled = Settled {
        run: &context.run,
        seconds: began.elapsed().as_secs_f64(),
        report: StageReport::new(stage, "published", stage.why()),
        retry: spec.retry,
        observer: context.observer.as_ref(),
        locks: &context.locks,
        asks: &stage.asks,
        stored: Stored::of(stage),
    };
    settle(app, spec, outcome, settled).await
}

async fn attempt(app: &App, job: &StageJob) -> Result<StageOutcome> {
    let outcome = app.engine.stage(job).await;
    if outcome.is_err() {
        discard_unfinished(app, &job.dataset.name).await;
    }
    outcome
}

/// Files that a stage wrote before it failed. What cannot be deleted now is deleted before the next run; the stage's own error is
/// the one to tell.
async fn discard_unfinished(app: &App, dataset: &str) {
    let _ = app.sweep(dataset).await;
}

/// Positions that only the run knows, and the fingerprint over all that decided the result.
fn complete(staged: &mut Staged, context: &Context, stage: &PlannedStage) {
    let commit = &mut staged.commit;
    let published = context.state.datasets.get(&stage.dataset).and_then(|state| state.published.as_ref());
    if let (Some(_), Some(published)) = (&stage.migration, published) {
        commit.positions.clone_from(&published.positions);
        commit.before = Some(Before {
            run: published.run.clone(),
            version: published.version,
            definition: published.definition.clone(),
            positions: published.positions.clone(),
        });
    }
    if let Some(earlier) = &stage.restore {
        commit.positions = earlier.positions();
        let mut files: BTreeMap<String, FileRef> = BTreeMap::new();
        for file in earlier.files.iter().cloned().chain(std::mem::take(&mut commit.files)) {
            files.insert(file.path.clone(), file);
        }
        commit.files = files.into_values().collect();
        commit.files_all = true;
    }
    if let Some(Increment::Files { .. }) = stage.inputs.get(FILES) {
        let previous = published.and_then(|published| published.positions.get(FILES)).filter(|_| !commit.files_all);
        commit.positions.insert(FILES.into(), Position::after_files(previous, &commit.files));
    }
    commit.fingerprint = pipeline::fingerprint(&commit.definition, &commit.positions);
}

pub(crate) struct Settled<'a> {
    pub run: &'a str,
    pub seconds: f64,
    pub report: StageReport,
    pub retry: Retry,
    pub observer: &'a dyn Observer,
    pub locks: &'a Locks,
    /// What the plan asks about the result, whatever it is.
    pub asks: &'a [Ask],
    /// Where its rows are those of the published table.
    pub stored: Option<Stored>,
}

/// What is done with rows that are published already.
pub(crate) enum Stored {
    Migrated,
    /// To this version; what was read since is read again.
    Restored(i64),
}

impl Stored {
    fn of(stage: &PlannedStage) -> Option<Self> {
        match (&stage.migration, &stage.restore) {
            (Some(_), _) => Some(Self::Migrated),
            (None, Some(earlier)) => Some(Self::Restored(earlier.before.version)),
            (None, None) => None,
        }
    }

    /// Rows leave the table when it refuses them, however few.
    fn leaving(&self, counts: &Counts) -> Option<Ask> {
        let (refused, all) = (counts.rows_refused, counts.rows_read);
        let which = match self {
            Self::Migrated => format!("Migration: {refused} of {all} rows that are published"),
            Self::Restored(version) => {
                format!("Back to version {version}: {refused} of {all} rows that were read since")
            }
        };
        (refused > 0).then(|| Ask {
            kind: GateKind::DataMigration,
            text: format!("{which} do not meet the contract of now. They leave the table as dead letters."),
        })
    }
}

/// Decides what becomes of a result, does it, and enters it.
pub(crate) async fn settle(
    app: &App,
    spec: &DatasetSpec,
    outcome: StageOutcome,
    settled: Settled<'_>,
) -> Result<StageReport> {
    let Settled { run, seconds, report, retry, observer, locks, asks, stored } = settled;
    let threshold = spec.threshold.unwrap_or(app.workspace.project.settings.threshold);
    let commit = outcome.staged.commit.clone();
    let mut report = report.counted(&outcome.counts, matches!(spec.made, Made::Model(_)));
    report.position = serde_json::to_value(&commit.positions).unwrap_or_default();
    report.samples = outcome.samples.iter().map(|sample| serde_json::json!(sample)).collect();
    report.drift = outcome.drift.iter().map(|drift| serde_json::json!(drift)).collect();
    report.checks.clone_from(&outcome.verdicts);
    let superseded = supersede(app, &spec.name).await?;
    let decided = pipeline::decide(&outcome.counts, &outcome.verdicts, threshold).then(spec.then);
    let decision = drifted(spec, &outcome, decided);
    let leaving = stored.filter(|_| decision == Decision::Publish).and_then(|stored| stored.leaving(&outcome.counts));
    let asks = [asks, leaving.as_slice()].concat();
    match decision.joined(&asks) {
        Decision::Publish => {
            locks.check().await?;
            let version = retried(&retry, &spec.name, observer, || app.engine.publish(&outcome.staged)).await?;
            report.version = Some(version);
            fault::step("published").await;
            let (counts, verdicts) = (outcome.counts, outcome.verdicts.clone());
            let event = published(commit, Publication { version, counts, verdicts, seconds, repaired: false });
            app.ledger(move |ledger| ledger.append(now_ms(), &[superseded.events, vec![event]].concat())).await?;
        }
        Decision::Fail { causes } => {
            app.engine.discard(&outcome.staged).await?;
            let error = refused(causes);
            let failed = Event::StageFailed {
                run: run.to_owned(),
                dataset: spec.name.clone(),
                kind: format!("{:?}", error.kind).to_lowercase(),
                message: error.message.clone(),
            };
            report.action = "failed".into();
            report.rows_published = 0;
            report.position = serde_json::Value::Null;
            report.reason.clone_from(&error.message);
            report.error = Some(ErrorReport::from(&error));
            app.ledger(move |ledger| ledger.append(now_ms(), &[failed])).await?;
            return Ok(report);
        }
        Decision::Hold { kind, also, asks } => {
            let gate = gate_id(&spec.name, &commit.fingerprint, run);
            report.action = "held".into();
            report.gate = Some(GateReport {
                id: gate.clone(),
                kind: serde_json::to_value(kind)
                    .ok()
                    .and_then(|kind| kind.as_str().map(str::to_owned))
                    .unwrap_or_default(),
                fingerprint: commit.fingerprint.clone(),
                state: "waiting".into(),
                asks: asks.clone(),
            });
            report.reason = asks.first().cloned().unwrap_or_default();
            let question = Question { run, gate, kind, also, asks, seconds };
            let event = Event::StageHeld(Box::new(opened(app, spec, outcome, question).await?));
            app.ledger(move |ledger| ledger.append(now_ms(), &[superseded.events, vec![event]].concat())).await?;
        }
    }
    fault::step("entered").await;
    for staged in superseded.staged {
        app.engine.discard(&staged).await?;
    }
    Ok(report)
}

/// What a stage says that lets nobody decide about a result that its checks do not let pass.
fn refused(causes: Vec<String>) -> Error {
    let message = causes.join(" ");
    Error::new(Kind::Input, message.trim_end_matches('.').to_owned())
        .help("nothing was published and no row became a dead letter: mend the data, or what the contract or `on_violation` says")
}

/// Drift that the contract wants a person to look at holds a result that would be published otherwise.
fn drifted(spec: &DatasetSpec, outcome: &StageOutcome, decision: Decision) -> Decision {
    if decision != Decision::Publish || outcome.drift.is_empty() || spec.contract.drift != contract::DriftPolicy::Gate {
        return decision;
    }
    let told =
        |drift: &engine::Drift| format!("{} {} the column {}: {}.", drift.file, drift.kind, drift.column, drift.detail);
    let asks = outcome.drift.iter().take(DRIFT_TOLD).map(told).collect();
    Decision::Hold { kind: GateKind::SchemaMigration, also: Vec::new(), asks }
}

/// What the ledger is told of a publication that its commit does not say.
pub(crate) struct Publication {
    pub version: i64,
    pub counts: Counts,
    pub verdicts: Vec<Verdict>,
    pub seconds: f64,
    /// Found in the table after a crash.
    pub repaired: bool,
}

/// A commit as the ledger's event of it.
pub(crate) fn published(commit: Commit, publication: Publication) -> Event {
    let Publication { version, counts, verdicts, seconds, repaired } = publication;
    Event::StagePublished(Box::new(StagePublished {
        run: commit.run,
        dataset: commit.dataset,
        contract: commit.contract,
        sequence: commit.sequence,
        version,
        fingerprint: commit.fingerprint,
        definition: commit.definition,
        terms: commit.terms,
        before: commit.before,
        positions: commit.positions,
        files: commit.files,
        files_all: commit.files_all,
        counts,
        verdicts,
        seconds,
        repaired,
    }))
}

struct Superseded {
    events: Vec<Event>,
    staged: Vec<Staged>,
}

/// Questions about this dataset that a newer result makes void, and the files that they held.
async fn supersede(app: &App, dataset: &str) -> Result<Superseded> {
    let gates = app.ledger(|ledger| ledger.gates(ledger::GateFilter::Open)).await?;
    let mut superseded = Superseded { events: Vec::new(), staged: Vec::new() };
    for gate in gates.into_iter().filter(|gate| gate.held.dataset == dataset) {
        superseded.events.push(Event::GateSuperseded { gate: gate.held.gate.clone(), dataset: dataset.to_owned() });
        if let Ok(staged) = serde_json::from_value(gate.held.staged) {
            superseded.staged.push(staged);
        }
    }
    Ok(superseded)
}

/// Short enough to type, and never the same for another result.
fn gate_id(dataset: &str, fingerprint: &str, run: &str) -> String {
    let digest = Sha256::digest(format!("{dataset}\n{fingerprint}\n{run}"));
    let hex: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{dataset}-{hex}")
}

pub(crate) fn spec<'a>(app: &'a App, dataset: &str) -> Result<&'a DatasetSpec> {
    app.workspace.project.datasets.get(dataset).ok_or_else(|| {
        let known: Vec<&str> = app.workspace.project.datasets.keys().map(String::as_str).collect();
        Error::new(Kind::Input, format!("there is no dataset `{dataset}`"))
            .help(format!("the project has: {}", known.join(", ")))
    })
}

fn job(app: &App, context: &Context, stage: &PlannedStage, spec: &DatasetSpec) -> Result<StageJob> {
    let input = match (&stage.migration, &stage.restore) {
        (Some(migration), _) => StageInput::Stored { migration: migration.clone() },
        (None, Some(earlier)) => restored(earlier, spec),
        (None, None) => inputs(app, stage, spec)?,
    };
    Ok(StageJob {
        sequence: stage.sequence,
        definition: stage.definition.clone(),
        rebuild: stage.rebuild,
        keeps: stage.keeps,
        ..blank(app, &context.run, spec, input)
    })
}

fn restored(earlier: &Earlier, spec: &DatasetSpec) -> StageInput {
    let again = match &spec.made {
        Made::Source(source) if !earlier.since.is_empty() => {
            Some(Again { spec: source.clone(), files: earlier.since.clone() })
        }
        _ => None,
    };
    StageInput::Restored { before: earlier.before.clone(), again }
}

/// What a stage reads besides its own table.
fn inputs(app: &App, stage: &PlannedStage, spec: &DatasetSpec) -> Result<StageInput> {
    Ok(match &spec.made {
        Made::Source(source) => match stage.inputs.get(FILES) {
            Some(Increment::Files { files }) => StageInput::Files { spec: source.clone(), files: files.clone() },
            _ => return Err(Error::new(Kind::Bug, format!("the plan gives {} no files", stage.dataset))),
        },
        Made::Model(model) => {
            let mut inputs = Vec::new();
            for name in &model.inputs {
                let increment = stage.inputs.get(name).cloned().unwrap_or(Increment::Whole);
                let dataset = self::spec(app, name)?.contract.clone();
                inputs.push(Input { name: name.clone(), table: app.table(name), dataset, increment });
            }
            StageInput::Model { sql: model.sql.clone(), inputs }
        }
    })
}

/// A job with all that does not come from a plan.
pub(crate) fn blank(app: &App, run: &str, spec: &DatasetSpec, input: StageInput) -> StageJob {
    let references =
        spec.needs().into_iter().map(|dataset| Reference { table: app.table(&dataset), dataset }).collect();
    StageJob {
        run: run.to_owned(),
        dataset: spec.contract.clone(),
        table: app.table(&spec.name),
        spec: spec.table.clone(),
        input,
        references,
        sequence: 0,
        definition: pipeline::state::Definition::default(),
        terms: Terms::of(spec).within(&app.workspace.project, &spec.name),
        rebuild: false,
        keeps: false,
        now_ms: now_ms(),
        progress: Arc::new(Progress::default()),
    }
}

/// Tries again after outside failures: exponential waits with full jitter.
async fn retried<T, F: Future<Output = Result<T>>>(
    retry: &Retry,
    dataset: &str,
    observer: &dyn Observer,
    attempt: impl Fn() -> F,
) -> Result<T> {
    let mut wait = retry.wait_ms;
    for _ in 1..retry.attempts.max(1) {
        match attempt().await {
            Err(error) if error.retryable() => {
                let jittered = rand::rng().random_range(0..=wait.min(retry.wait_ms_max));
                let pause = Duration::from_millis(jittered);
                observer.retrying(dataset, &error, pause);
                tokio::time::sleep(pause).await;
                wait = wait.saturating_mul(2);
            }
            done => return done,
        }
    }
    attempt().await
}
