//! Dead letters: looked at, replayed under the present contract, discarded, exported.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use engine::{DeadLetter, EachDeadLetter, Result, StageInput, fault};
use pipeline::event::RunOutcome;
use pipeline::plan::Action;
use pipeline::state::Published;
use pipeline::{Event, Made};
use serde::Serialize;

use crate::locks::Locks;
use crate::report::StageReport;
use crate::run::Observer;
use crate::stage::{self, Settled};
use crate::{App, now_ms, world};

#[derive(Debug, Clone, Serialize)]
pub struct DeadLetterSummary {
    pub name: String,
    pub rows_refused: u64,
    /// Letters per check that failed, the most frequent first.
    pub checks: Vec<(String, u64)>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ReplayReport {
    pub dataset: String,
    /// Letters that met the contract now.
    pub accepted: u64,
    pub refused: u64,
    /// Letters that could not be read by the present contract, and stay as they are.
    pub kept: u64,
    pub stage: StageReport,
}

struct Replaying<'a> {
    run: &'a str,
    observer: &'a dyn Observer,
    locks: &'a Locks,
    began: Instant,
}

impl App {
    /// Every dataset that has dead letters.
    pub async fn dead_letter_summaries(&self) -> Result<Vec<DeadLetterSummary>> {
        let mut summaries = Vec::new();
        for name in self.workspace.project.datasets.keys() {
            let mut total = 0;
            let mut counts: BTreeMap<String, u64> = BTreeMap::new();
            let mut count = |letters: Vec<DeadLetter>| {
                total += letters.len() as u64;
                for check in letters.iter().flat_map(failed_checks) {
                    *counts.entry(check).or_default() += 1;
                }
                Ok(())
            };
            self.engine.each_dead_letter(&self.table(name), &mut count).await?;
            if total == 0 {
                continue;
            }
            let mut checks: Vec<(String, u64)> = counts.into_iter().collect();
            checks.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            summaries.push(DeadLetterSummary { name: name.clone(), rows_refused: total, checks });
        }
        Ok(summaries)
    }

    pub async fn dead_letters(&self, dataset: &str, limit: usize) -> Result<(Vec<DeadLetter>, u64)> {
        stage::spec(self, dataset)?;
        self.engine.dead_letters(&self.table(dataset), limit).await
    }

    /// Dead letters as they may be shown: without the values of classified columns.
    pub async fn dead_letters_shown(&self, dataset: &str, limit: usize) -> Result<(Vec<DeadLetter>, u64)> {
        let mask = contract::Mask::of(&stage::spec(self, dataset)?.contract);
        let (mut letters, total) = self.dead_letters(dataset, limit).await?;
        if !mask.is_empty() {
            letters.iter_mut().for_each(|letter| hide(letter, &mask));
        }
        Ok((letters, total))
    }

    /// Every dead letter of a dataset, some at a time: without the values of classified columns, unless they are wanted in the
    /// clear, see `dead_letters_exported`.
    pub async fn each_dead_letter(&self, dataset: &str, clear: bool, each: &mut EachDeadLetter<'_>) -> Result<()> {
        let mask = contract::Mask::of(&stage::spec(self, dataset)?.contract);
        let mut shown = |mut letters: Vec<DeadLetter>| {
            if !clear && !mask.is_empty() {
                letters.iter_mut().for_each(|letter| hide(letter, &mask));
            }
            each(letters)
        };
        self.engine.each_dead_letter(&self.table(dataset), &mut shown).await
    }

    /// Enters that somebody writes a dataset's dead letters out in the clear, before it is done; where nothing is classified
    /// there is nothing to enter.
    pub async fn dead_letters_exported(&self, dataset: &str, who: &str, reason: &str) -> Result<()> {
        if contract::Mask::of(&stage::spec(self, dataset)?.contract).is_empty() {
            return Ok(());
        }
        let (_, count) = self.dead_letters(dataset, 0).await?;
        let (dataset, who, reason) = (dataset.to_owned(), who.to_owned(), reason.to_owned());
        let event = Event::DeadLettersExported { dataset, count, who, reason };
        self.ledger(move |ledger| ledger.append(now_ms(), &[event])).await?;
        Ok(())
    }

    /// Puts all dead letters of a dataset through its present contract again. Doing it twice does it once.
    pub async fn replay(self: &Arc<Self>, dataset: &str, observer: Arc<dyn Observer>) -> Result<ReplayReport> {
        self.sound()?;
        let began = Instant::now();
        let spec = stage::spec(self, dataset)?;
        let run = uuid::Uuid::now_v7().to_string();
        let locks = self.lock(std::slice::from_ref(&spec.pipeline), &run, None).await?;
        let replaying = Replaying { run: &run, observer: observer.as_ref(), locks: &locks, began };
        let replayed = self.replayed(spec, replaying).await;
        locks.release().await?;
        replayed
    }

    async fn replayed(&self, spec: &pipeline::DatasetSpec, replaying: Replaying<'_>) -> Result<ReplayReport> {
        let run = replaying.run;
        let world = world::gather(self, true, None).await?;
        let state = world.state.datasets.get(&spec.name).cloned().unwrap_or_default();
        let plan = self.planned(&world)?;
        let Some(planned) = plan.stage(&spec.name) else {
            return Err(engine::Error::new(engine::Kind::Bug, format!("{} is in no plan", spec.name)));
        };
        let Some(published) = state.published else {
            return Err(engine::Error::new(engine::Kind::Input, format!("{} was never published", spec.name))
                .help("run the pipeline first"));
        };
        let mut report = StageReport::new(planned, "published", "replay of dead letters".into());
        let (_, total) = self.engine.dead_letters(&self.table(&spec.name), 0).await?;
        if total == 0 {
            report.action = "skipped".into();
            return Ok(ReplayReport { dataset: spec.name.clone(), accepted: 0, refused: 0, kept: 0, stage: report });
        }
        if planned.rebuild {
            return Err(engine::Error::new(
                engine::Kind::Input,
                format!("{} must be built anew first: {}", spec.name, planned.why()),
            )
            .help("`plimsoll run` does that and checks every row again, dead letters among them"));
        }
        // Whatever stands in the way of that: letters of the contract of now do not go with rows of another.
        if published.definition != planned.definition {
            let help = match planned.action {
                Action::Wait => "decide its gate first, or take the edit back",
                _ => "`plimsoll run` does that",
            };
            let message = format!("{} must be migrated first: {}", spec.name, planned.why());
            return Err(engine::Error::new(engine::Kind::Input, message).help(help));
        }
        let source = match &spec.made {
            Made::Source(source) => Some(source.clone()),
            Made::Model(_) => None,
        };
        // A replay is a run of one stage, so that what a crash leaves of it is found like what it leaves of any run.
        let plan = serde_json::json!({ "replay": spec.name });
        let started = Event::RunStarted { run: run.to_owned(), plan, who: None };
        let stage_started = Event::StageStarted { run: run.to_owned(), dataset: spec.name.clone() };
        self.ledger(move |ledger| ledger.append(now_ms(), &[started, stage_started])).await?;
        fault::step("stage_started").await;
        let done = self.replayed_stage(spec, source, &published, report, replaying).await;
        let (ended, outcome) = match done {
            Ok((report, accepted)) => {
                let refused = report.rows_refused;
                let outcome = match report.action.as_str() {
                    "held" => RunOutcome::Waiting,
                    "failed" => RunOutcome::Failed,
                    _ => RunOutcome::Done,
                };
                let event =
                    Event::DeadLettersReplayed { run: run.to_owned(), dataset: spec.name.clone(), accepted, refused };
                let kept = total.saturating_sub(accepted + refused);
                (
                    Ok(ReplayReport { dataset: spec.name.clone(), accepted, refused, kept, stage: report }),
                    (event, outcome),
                )
            }
            Err(error) => {
                let (run, dataset, kind) =
                    (run.to_owned(), spec.name.clone(), format!("{:?}", error.kind).to_lowercase());
                let event = Event::StageFailed { run, dataset, kind, message: error.message.clone() };
                (Err(error), (event, RunOutcome::Failed))
            }
        };
        fault::step("run_done").await;
        let events = [outcome.0, Event::RunEnded { run: run.to_owned(), outcome: outcome.1 }];
        self.ledger(move |ledger| ledger.append(now_ms(), &events)).await?;
        ended
    }

    /// The stage of a replay; also returns how many letters meet the contract now.
    async fn replayed_stage(
        &self,
        spec: &pipeline::DatasetSpec,
        source: Option<pipeline::SourceSpec>,
        published: &Published,
        report: StageReport,
        replaying: Replaying<'_>,
    ) -> Result<(StageReport, u64)> {
        let Replaying { run, observer, locks, began } = replaying;
        let mut job = stage::blank(self, run, spec, StageInput::DeadLetters { spec: source });
        job.sequence = published.sequence + 1;
        job.definition = published.definition.clone();
        observer.started(&spec.name, job.progress.clone());
        let mut outcome = self.engine.stage(&job).await?;
        outcome.staged.commit.positions.clone_from(&published.positions);
        outcome.staged.commit.fingerprint.clone_from(&published.fingerprint);
        let (accepted, refused) = (outcome.counts.rows_passed, outcome.counts.rows_refused);
        // What is refused again was refused before: it is no news that a person must decide on.
        outcome.counts.rows_refused = 0;
        for verdict in outcome.verdicts.iter_mut().filter(|verdict| verdict.scope == contract::Scope::Row) {
            verdict.ratio = 0.0;
        }
        let settled = Settled {
            run,
            seconds: began.elapsed().as_secs_f64(),
            report,
            retry: spec.retry,
            observer,
            locks,
            asks: &[],
            stored: None,
        };
        let mut stage = stage::settle(self, spec, outcome, settled).await?;
        stage.rows_refused = refused;
        Ok((stage, accepted))
    }

    /// Takes dead letters away for good: those whose id begins with one of `ids`, or all.
    pub async fn discard_dead_letters(&self, dataset: &str, ids: &[String], who: &str, reason: &str) -> Result<u64> {
        let spec = stage::spec(self, dataset)?;
        let locks = self.lock(std::slice::from_ref(&spec.pipeline), "dead letters", None).await?;
        let discarded = async {
            let count = self.engine.discard_dead_letters(&self.table(dataset), ids).await?;
            if count > 0 {
                let event = Event::DeadLettersDiscarded {
                    dataset: dataset.to_owned(),
                    count,
                    who: who.to_owned(),
                    reason: reason.to_owned(),
                };
                self.ledger(move |ledger| ledger.append(now_ms(), &[event])).await?;
            }
            Ok(count)
        }
        .await;
        locks.release().await?;
        discarded
    }
}

fn hide(letter: &mut DeadLetter, mask: &contract::Mask) {
    letter.raw = letter.raw.take().map(|raw| mask.raw(&raw, letter.header.as_deref()));
    letter.raw_bytes = None;
    let mut failures: Vec<serde_json::Value> = serde_json::from_str(&letter.checks).unwrap_or_default();
    for failure in &mut failures {
        let column = failure["column"].as_str().is_some_and(|column| mask.hides(column));
        let reason = failure["reason"].as_str().unwrap_or_default();
        // A letter of an older contract may still show what is classified today.
        if column && !reason.contains(contract::MASKED) && reason != "is missing" {
            failure["reason"] = contract::MASKED.into();
        }
    }
    letter.checks = serde_json::Value::Array(failures).to_string();
}

/// The ids of the checks that a letter failed.
pub fn failed_checks(letter: &DeadLetter) -> Vec<String> {
    let parsed: Vec<serde_json::Value> = serde_json::from_str(&letter.checks).unwrap_or_default();
    parsed.iter().filter_map(|failure| failure["check"].as_str().map(str::to_owned)).collect()
}
