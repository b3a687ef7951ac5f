//! Executing a plan: stages in the order of their needs, as many at once as the settings allow.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{Error, Kind, Progress, Result, fault};
use pipeline::event::RunOutcome;
use pipeline::plan::{Action, PlannedStage, Reason};
use pipeline::{Event, Made, Plan, Terms};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::locks::Locks;
use crate::report::{RunReport, StageReport};
use crate::stage::{self, Ended};
use crate::{App, now_ms, world};

/// Columns that an event names one by one.
const UNTRACED_MAX: usize = 1_000;

#[derive(Debug, Clone, Default)]
pub struct RunRequest {
    /// Pipelines to run; empty for all.
    pub pipelines: Vec<String>,
    /// Who starts it, where that is known.
    pub who: Option<String>,
    /// How long to wait for another run of the same pipeline; not at all with `None`.
    pub wait: Option<Duration>,
    /// Only tables are taken back to what they were before a migration; nothing is read.
    pub restores: bool,
}

/// A run that holds its locks.
struct Asked<'a> {
    run: &'a str,
    who: Option<String>,
    pipelines: &'a [String],
    locks: &'a Locks,
    began: Instant,
    restores: bool,
}

/// Who watches a run. Called from the threads that do the work.
pub trait Observer: Send + Sync {
    fn planned(&self, _plan: &Plan) {}
    fn started(&self, _dataset: &str, _progress: Arc<Progress>) {}
    fn ended(&self, _stage: &StageReport) {}
    fn retrying(&self, _dataset: &str, _error: &Error, _wait: Duration) {}
}

impl App {
    /// Brings the tables up to date. `stop` turns true when the user wants to end it.
    pub async fn run(
        self: &Arc<Self>,
        request: RunRequest,
        observer: Arc<dyn Observer>,
        stop: watch::Receiver<bool>,
    ) -> Result<RunReport> {
        self.sound()?;
        let began = Instant::now();
        let run = uuid::Uuid::now_v7().to_string();
        let pipelines = self.chosen(&request.pipelines)?;
        let locks = tokio::select! {
            locks = self.lock(&pipelines, &run, request.wait) => locks?,
            () = stopped(stop.clone()) => return Err(cancelled()),
        };
        let asked = Asked {
            run: &run,
            who: request.who,
            pipelines: &pipelines,
            locks: &locks,
            began,
            restores: request.restores,
        };
        let report = self.locked(asked, observer, stop).await;
        locks.release().await?;
        report
    }

    fn chosen(&self, wanted: &[String]) -> Result<Vec<String>> {
        let known = self.workspace.pipelines();
        if let Some(unknown) = wanted.iter().find(|name| !known.contains(name)) {
            let has = if known.is_empty() {
                "no pipeline yet: write pipelines/<name>.yaml".to_owned()
            } else {
                known.join(", ")
            };
            return Err(Error::new(Kind::Input, format!("there is no pipeline `{unknown}`"))
                .help(format!("the project has {has}")));
        }
        Ok(if wanted.is_empty() { known } else { known.into_iter().filter(|name| wanted.contains(name)).collect() })
    }

    async fn locked(
        self: &Arc<Self>,
        asked: Asked<'_>,
        observer: Arc<dyn Observer>,
        stop: watch::Receiver<bool>,
    ) -> Result<RunReport> {
        let Asked { run, who, pipelines, locks, began, restores } = asked;
        let takes =
            |stage: &PlannedStage| pipelines.contains(&stage.pipeline) && (!restores || stage.restore.is_some());
        let gates = self.watch_gates().await?;
        self.watch_open_changes().await?;
        self.adopt_in_force(who.as_deref().unwrap_or_default()).await?;
        let world = tokio::select! {
            world = world::gather(self, true, Some(&gates)) => world?,
            () = stopped(stop.clone()) => return Err(cancelled()),
        };
        let wanted = self.workspace.project.datasets.values().filter(|spec| pipelines.contains(&spec.pipeline));
        self.engine.ready(&wanted.map(|spec| spec.contract.clone()).collect::<Vec<_>>())?;
        self.clean_up(pipelines, &world, &gates).await?;
        let kept = self.end_previous(pipelines).await?;
        let mut plan = self.planned(&world)?;
        plan.stages.retain(|stage| takes(stage));
        observer.planned(&plan);
        if plan.is_empty() {
            self.follow(&kept).await?;
            let datasets: Vec<StageReport> = plan.stages.iter().map(stage::standing).collect();
            let any = |word: &str| datasets.iter().any(|stage| stage.action == word);
            let outcome = if any("blocked") {
                "failed"
            } else if any("waiting") {
                "waiting"
            } else {
                "nothing"
            };
            let watched = self.watch(&gates, None).await?;
            return Ok(RunReport {
                run: None,
                outcome: outcome.into(),
                seconds: began.elapsed().as_secs_f64(),
                datasets,
                repaired: world.repaired,
                triggers: watched.triggers,
                drift: watched.drift,
                ahead: self.ahead(false).await?,
                openlineage: Vec::new(),
            });
        }
        self.attest(&plan).await?;
        self.begin_telling().await;
        let delivering = self.start_delivering();
        let started = Event::RunStarted {
            run: run.to_owned(),
            plan: serde_json::to_value(plan.summary()).unwrap_or_default(),
            who,
        };
        let events = [vec![started, self.traced(run)], self.exempted(run, &plan)].concat();
        self.ledger(move |ledger| ledger.append(now_ms(), &events)).await?;
        self.tell().await;
        fault::step("run_started").await;
        let repaired = world.repaired;
        let context = |state| stage::Context {
            run: run.to_owned(),
            state,
            observer: observer.clone(),
            stop: stop.clone(),
            locks: locks.clone(),
        };
        let mut executor = Executor::new(self.clone(), &plan, context(world.state));
        let mut datasets = executor.execute(&stop).await?;
        if moved_on(&plan, &datasets) && !restores && !*stop.borrow() {
            // What lay at the sources is read into the tables as they are now.
            let world = world::gather(self, false, None).await?;
            let mut plan = self.planned(&world)?;
            plan.stages.retain(|stage| takes(stage));
            if !plan.is_empty() {
                observer.planned(&plan);
                let mut executor = Executor::new(self.clone(), &plan, context(world.state));
                datasets = joined(datasets, executor.execute(&stop).await?);
            }
        }
        // A stage of this run may have kept another.
        self.follow(&self.previous_of(pipelines).await?).await?;
        let outcome = outcome(&datasets);
        fault::step("run_done").await;
        let ended = Event::RunEnded { run: run.to_owned(), outcome };
        self.ledger(move |ledger| ledger.append(now_ms(), &[ended])).await?;
        let watched = self.watch(&self.watch_gates().await?, None).await?;
        fault::step("run_ended").await;
        self.tell().await;
        let openlineage = self.end_delivering(delivering).await;
        Ok(RunReport {
            run: Some(run.to_owned()),
            outcome: word(outcome).into(),
            seconds: began.elapsed().as_secs_f64(),
            datasets,
            repaired,
            triggers: watched.triggers,
            drift: watched.drift,
            ahead: self.ahead(false).await?,
            openlineage,
        })
    }
}

impl App {
    fn traced(&self, run: &str) -> Event {
        let coverage = &crate::lineage::project(&self.workspace).coverage;
        let untraced = coverage.untraced.iter().take(UNTRACED_MAX).map(|untraced| untraced.of.to_string()).collect();
        Event::LineageTraced { run: run.to_owned(), columns: coverage.columns, traced: coverage.traced, untraced }
    }

    /// The exemptions under which the stages of a plan are run.
    fn exempted(&self, run: &str, plan: &Plan) -> Vec<Event> {
        let runs = |dataset: &str| plan.stages.iter().any(|stage| stage.dataset == dataset && stage.action.moves());
        let exempted = self.workspace.privacy.exempted.iter().filter(|exempted| runs(&exempted.of.dataset));
        exempted
            .map(|exempted| Event::PrivacyExempted {
                run: run.to_owned(),
                dataset: exempted.of.dataset.clone(),
                column: exempted.of.column.clone(),
                class: exempted.class,
                from: exempted.path.first().map(|step| step.of.to_string()).unwrap_or_default(),
                who: exempted.who.clone(),
                why: exempted.why.clone(),
                until: exempted.until.clone(),
            })
            .collect()
    }
}

/// Ends when the user wants to stop; never, when nobody can say so any more.
pub(crate) async fn stopped(mut stop: watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending().await
    }
}

/// Whether a stored table was made into another, or what was held was published, so that its next increment can follow.
fn moved_on(plan: &Plan, ended: &[StageReport]) -> bool {
    let is_published = |name: &str| ended.iter().any(|stage| stage.name == name && stage.action == "published");
    let reads_nothing =
        |stage: &&PlannedStage| stage.migration.is_some() || stage.restore.is_some() || stage.action == Action::Publish;
    plan.stages.iter().filter(reads_nothing).any(|stage| is_published(&stage.dataset))
}

/// The reports of two rounds as one: the second says what became of a stage, unless it did nothing in it.
fn joined(first: Vec<StageReport>, mut second: Vec<StageReport>) -> Vec<StageReport> {
    let last = |report: StageReport| {
        let again = second.iter().position(|again| again.name == report.name).map(|index| second.remove(index));
        match again {
            Some(again) if again.action != "skipped" || report.action != "published" => again,
            _ => report,
        }
    };
    first.into_iter().map(last).collect()
}

fn cancelled() -> Error {
    Error::new(Kind::Cancelled, "the run was stopped before it began").help("nothing was changed; run again")
}

fn outcome(datasets: &[StageReport]) -> RunOutcome {
    let any = |word: &str| datasets.iter().any(|stage| stage.action == word);
    if any("cancelled") {
        RunOutcome::Cancelled
    } else if any("failed") || any("blocked") {
        RunOutcome::Failed
    } else if any("held") || any("waiting") {
        RunOutcome::Waiting
    } else {
        RunOutcome::Done
    }
}

fn word(outcome: RunOutcome) -> &'static str {
    match outcome {
        RunOutcome::Done => "done",
        RunOutcome::Failed => "failed",
        RunOutcome::Waiting => "waiting",
        RunOutcome::Cancelled => "cancelled",
    }
}

struct Executor {
    app: Arc<App>,
    context: Arc<stage::Context>,
    observer: Arc<dyn Observer>,
    /// In the plan's order.
    pending: Vec<PlannedStage>,
    order: Vec<String>,
    ended: BTreeMap<String, StageReport>,
    published: BTreeSet<String>,
}

impl Executor {
    fn new(app: Arc<App>, plan: &Plan, context: stage::Context) -> Self {
        let published = context.state.datasets.iter().filter(|(_, state)| state.published.is_some());
        let published = published.map(|(name, _)| name.clone()).collect();
        let (context, observer) = (Arc::new(context.clone()), context.observer);
        let order = plan.stages.iter().map(|stage| stage.dataset.clone()).collect();
        Self { app, context, observer, pending: plan.stages.clone(), order, ended: BTreeMap::new(), published }
    }

    async fn execute(&mut self, stop: &watch::Receiver<bool>) -> Result<Vec<StageReport>> {
        let places = Arc::new(Semaphore::new(self.app.workspace.project.settings.concurrency.max(1)));
        let mut running: JoinSet<Result<Ended>> = JoinSet::new();
        loop {
            self.start_ready(&mut running, &places, stop);
            // Nobody is aborted: a stage that is told to stop does so by itself, but not in the middle of a publication.
            let Some(ended) = running.join_next().await else { break };
            let ended = ended.map_err(|e| Error::new(Kind::Bug, format!("a stage died: {e}")))??;
            if ended.report.action == "published" {
                self.published.insert(ended.report.name.clone());
            }
            self.end(ended.report);
        }
        for stage in std::mem::take(&mut self.pending) {
            self.end(StageReport::new(&stage, "cancelled", "the run was stopped".into()));
        }
        Ok(self.order.iter().filter_map(|name| self.ended.remove(name)).collect())
    }

    fn end(&mut self, report: StageReport) {
        self.observer.ended(&report);
        self.ended.insert(report.name.clone(), report);
    }

    /// Starts every stage whose needs have ended; ends those that need not or cannot run.
    fn start_ready(
        &mut self,
        running: &mut JoinSet<Result<Ended>>,
        places: &Arc<Semaphore>,
        stop: &watch::Receiver<bool>,
    ) {
        if *stop.borrow() {
            return;
        }
        loop {
            let known: BTreeSet<&String> = self.order.iter().collect();
            let ready = self.pending.iter().position(|stage| {
                stage.needs.iter().all(|need| !known.contains(need) || self.ended.contains_key(need))
            });
            let Some(index) = ready else { return };
            let stage = self.pending.remove(index);
            match self.hindrance(&stage) {
                _ if !stage.action.moves() => self.end(stage::standing(&stage)),
                Some((action, reason)) => self.end(StageReport::new(&stage, action, reason)),
                None => {
                    let (app, context, places) = (self.app.clone(), self.context.clone(), places.clone());
                    running.spawn(async move {
                        let _place = places.acquire_owned().await.map_err(|e| Error::new(Kind::Bug, e.to_string()))?;
                        stage::run(&app, &context, &stage).await
                    });
                }
            }
        }
    }

    /// Why a stage does not run after all: what it needs did not come, or nothing came that it would read.
    fn hindrance(&self, stage: &PlannedStage) -> Option<(&'static str, String)> {
        let ended = |need: &str| self.ended.get(need).map_or("", |ended| ended.action.as_str());
        for need in &stage.needs {
            let why = match (ended(need), self.published.contains(need)) {
                ("failed" | "cancelled" | "blocked", _) => "failed",
                ("held" | "waiting", false) => "waits at a gate",
                ("skipped", false) => "was not made",
                _ => continue,
            };
            return Some(("skipped", format!("{need} {why}")));
        }
        if let Some(behind) = self.behind(stage) {
            return Some(behind);
        }
        let follows = |reason: &Reason| {
            matches!(reason, Reason::InputRuns { .. } | Reason::InputRewritten { .. } | Reason::InputWaits { .. })
        };
        let came = |reason: &Reason| matches!(reason, Reason::InputRuns { input } if ended(input) == "published");
        if !stage.reasons.iter().all(follows) || stage.reasons.iter().any(came) {
            return None;
        }
        let waits = stage.needs.iter().find(|need| matches!(ended(need), "held" | "waiting"));
        Some((
            "skipped",
            waits
                .map_or_else(|| "nothing that it reads has moved".to_owned(), |need| format!("{need} waits at a gate")),
        ))
    }

    /// Where a table that a model reads is still as an earlier version of its contract says: the SQL is written for the one of now.
    fn behind(&self, stage: &PlannedStage) -> Option<(&'static str, String)> {
        let datasets = &self.app.workspace.project.datasets;
        let spec = datasets.get(&stage.dataset).filter(|_| stage.migration.is_none() && stage.restore.is_none())?;
        let Made::Model(model) = &spec.made else { return None };
        let was_published = |input: &str| self.ended.get(input).is_some_and(|ended| ended.action == "published");
        model.inputs.iter().filter(|input| !was_published(input)).find_map(|input| {
            let published = self.context.state.datasets.get(input)?.published.as_ref()?;
            let columns = Terms::of(datasets.get(input)?).lacking(published.terms.as_ref()?);
            if columns.is_empty() {
                return None;
            }
            let reason = Reason::InputBehind { input: input.clone(), columns };
            Some(match self.order.contains(input) {
                true => ("skipped", reason.to_string()),
                false => ("blocked", format!("{reason}; run its pipeline first")),
            })
        })
    }
}
