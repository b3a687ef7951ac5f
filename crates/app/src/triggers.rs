//! What a person must be told of, whatever else goes well. What stands is computed from the ledger and the project each time that
//! somebody looks; what was not told before is entered.

use std::collections::BTreeMap;

use contract::Rule;
use engine::Result;
use ledger::{GateStage, PublishedCounts, Recorded};
use pipeline::decide::GateKind;
use pipeline::drift::{Looks, Open, Severity};
use pipeline::trigger::{CONFIDENCE_MIN, FAILURES_MAX, Trigger, TriggerKind};
use pipeline::{Counts, DatasetSpec, Event, Made, Write};
use serde::Serialize;

use crate::drift::Told;
use crate::gates::Judged;
use crate::{App, ScanReport, now_ms};

/// A trigger that stands.
#[derive(Debug, Clone, Serialize)]
pub struct Standing {
    #[serde(flatten)]
    pub trigger: Trigger,
    /// When it was first told; of drift, since when it stands.
    pub since_ms: i64,
}

/// What a look at everything gives.
#[derive(Debug, Clone)]
pub struct Watched {
    pub triggers: Vec<Standing>,
    /// As [`App::open_drift`] gives it.
    pub drift: Vec<Told>,
}

impl App {
    /// All that stands, by dataset and kind; enters what is new. `gates` are those that [`App::watch_gates`] gave, `publications` the
    /// newest of each dataset where somebody has read them already.
    pub async fn watch(&self, gates: &[Judged], publications: Option<&BTreeMap<String, Recorded>>) -> Result<Watched> {
        let published = match publications {
            Some(publications) => publications.values().filter_map(counted).collect(),
            None => self.ledger(|ledger| ledger.published_counts()).await?,
        };
        let looks = self.drift_looks().await?;
        let mut standing = self.standing(gates, &published, &looks).await?;
        standing.sort_by(|(a, _), (b, _)| (&a.subject, a.kind, &a.cause).cmp(&(&b.subject, b.kind, &b.cause)));
        self.raise(&standing.iter().map(|(trigger, _)| trigger.clone()).collect::<Vec<_>>()).await?;
        let first = self.ledger(|ledger| ledger.causes()).await?;
        let told = |(trigger, since): (Trigger, Option<i64>)| {
            let since_ms = since.or_else(|| first.get(&trigger.cause).copied()).unwrap_or_default();
            Standing { trigger, since_ms }
        };
        Ok(Watched { triggers: standing.into_iter().map(told).collect(), drift: self.open_of(&looks)? })
    }

    /// Guesses of a scan that nobody should rely on.
    pub async fn watch_scan(&self, report: &ScanReport) -> Result<()> {
        let unsure = report.suspects.iter().filter(|suspect| suspect.confidence < CONFIDENCE_MIN);
        let triggers: Vec<Trigger> = unsure
            .map(|suspect| Trigger {
                confidence: Some(suspect.confidence),
                ..trigger(
                    TriggerKind::LowConfidence,
                    Some(&suspect.dataset),
                    format!("{}.{}", suspect.dataset, suspect.column),
                    format!("guess about {}.{} {}", suspect.dataset, suspect.column, suspect.class),
                    format!(
                        "{}.{} may be {}, and the guess is unsure ({:.2}): {}.",
                        suspect.dataset, suspect.column, suspect.class, suspect.confidence, suspect.evidence
                    ),
                )
            })
            .collect();
        self.raise(&triggers).await
    }

    async fn raise(&self, triggers: &[Trigger]) -> Result<()> {
        let events: Vec<Event> = triggers.iter().map(|trigger| Event::Trigger(Box::new(trigger.clone()))).collect();
        if !events.is_empty() {
            self.ledger(move |ledger| ledger.append_once(now_ms(), &events)).await?;
        }
        Ok(())
    }

    /// With the time since when it stands, where that is not when it was first told.
    async fn standing(
        &self,
        gates: &[Judged],
        published: &[PublishedCounts],
        looks: &Looks,
    ) -> Result<Vec<(Trigger, Option<i64>)>> {
        let known = &self.workspace.project.datasets;
        let mut standing: Vec<Trigger> = gates.iter().flat_map(of_gate).collect();
        let mut of_looks: Vec<(Trigger, Option<i64>)> = Vec::new();
        let failures = self.ledger(|ledger| ledger.failures()).await?;
        standing.extend(published.iter().filter(|one| known.contains_key(&one.dataset)).filter_map(of_publication));
        standing.extend(known.values().filter_map(idempotency));
        let drift: Vec<Open> = looks.open().into_iter().filter(|open| known.contains_key(&open.dataset)).collect();
        let failed: BTreeMap<&str, (&str, u64)> = failures
            .iter()
            .filter_map(|recorded| match &recorded.event {
                Event::StageFailed { dataset, kind, message, .. } if kind == "drift" && known.contains_key(dataset) => {
                    Some((dataset.as_str(), (message.as_str(), recorded.seq)))
                }
                _ => None,
            })
            .collect();
        if drift.iter().any(|open| open.item.severity != Severity::Note) || !failed.is_empty() {
            let changing = self.in_change()?;
            let is_changing =
                |dataset: &str| self.workspace.contract_path(dataset).is_some_and(|path| changing.contains_key(path));
            let unchanged = drift.iter().filter(|open| !is_changing(&open.dataset));
            of_looks.extend(unchanged.filter_map(|open| Some((of_drift(open)?, Some(open.since_ms)))));
            for (dataset, (message, _)) in failed {
                let of = |kind: TriggerKind| {
                    let cause = format!("{} of {dataset}: {message}", kind.word());
                    trigger(
                        kind,
                        Some(dataset),
                        dataset.to_owned(),
                        cause,
                        format!("{dataset} is not brought up to date: {message}"),
                    )
                };
                standing.push(of(TriggerKind::ContractFailure));
                standing.extend((!is_changing(dataset)).then(|| of(TriggerKind::DriftWithoutChange)));
            }
        }
        of_looks.extend(standing.into_iter().map(|trigger| (trigger, None)));
        Ok(of_looks)
    }
}

fn trigger(kind: TriggerKind, dataset: Option<&str>, subject: String, cause: String, detail: String) -> Trigger {
    Trigger { kind, cause, subject, detail, dataset: dataset.map(str::to_owned), confidence: None }
}

fn of_gate(judged: &Judged) -> Vec<Trigger> {
    if !matches!(judged.state, GateStage::Waiting | GateStage::Expired) {
        return Vec::new();
    }
    let held = &judged.gate.held;
    let ask = held.asks.first().cloned().unwrap_or_default();
    let of = |kind: TriggerKind, detail: String| {
        trigger(
            kind,
            Some(&held.dataset),
            held.dataset.clone(),
            format!("{} at gate {}", kind.word(), held.gate),
            detail,
        )
    };
    let mut kinds: Vec<TriggerKind> = Vec::new();
    for kind in held.kinds().into_iter().filter_map(of_kind) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let mut found: Vec<Trigger> = kinds.into_iter().map(|kind| of(kind, ask.clone())).collect();
    found.extend(failures(&held.counts).map(|share| {
        of(TriggerKind::Failures, format!("{share} of the rows were refused; they wait at gate {}.", held.gate))
    }));
    found
}

fn of_kind(kind: GateKind) -> Option<TriggerKind> {
    match kind {
        GateKind::DataQuality => Some(TriggerKind::ContractFailure),
        GateKind::SchemaMigration | GateKind::DataMigration => Some(TriggerKind::MigrationWithoutApproval),
        GateKind::PipelineIntegrity => Some(TriggerKind::MissingIdempotency),
        GateKind::ContractUpdate => None,
    }
}

fn counted(recorded: &Recorded) -> Option<PublishedCounts> {
    let Event::StagePublished(event) = &recorded.event else { return None };
    let (dataset, run) = (event.dataset.clone(), event.run.clone());
    Some(PublishedCounts { dataset, run, version: event.version, counts: event.counts })
}

fn of_publication(published: &PublishedCounts) -> Option<Trigger> {
    let share = failures(&published.counts)?;
    let (dataset, version) = (&published.dataset, published.version);
    Some(trigger(
        TriggerKind::Failures,
        Some(dataset),
        dataset.clone(),
        format!("failures of {dataset} version {version} of run {}", published.run),
        format!("{share} of the rows were refused as version {version} was made."),
    ))
}

/// The share of refused rows, where it is too great.
fn failures(counts: &Counts) -> Option<String> {
    let all = counts.rows_passed.saturating_add(counts.rows_refused);
    let share = counts.rows_refused as f64 / all.max(1) as f64;
    (share > FAILURES_MAX).then(|| format!("{:.1} %", share * 100.0))
}

fn of_drift(open: &Open) -> Option<Trigger> {
    if open.item.severity == Severity::Note {
        return None;
    }
    let column = open.item.column.as_deref().unwrap_or_default();
    Some(trigger(
        TriggerKind::DriftWithoutChange,
        Some(&open.dataset),
        open.dataset.clone(),
        format!("drift of {} {:?} {} {column} since {}", open.dataset, open.side, open.item.kind.word(), open.since_ms),
        format!("{}.", open.item.detail),
    ))
}

/// Files are read once each, by name and content. The same rows in another file are added again where no key tells them apart.
fn idempotency(spec: &DatasetSpec) -> Option<Trigger> {
    let is_key = |rule: &Rule| matches!(rule, Rule::Unique { .. });
    if !matches!(spec.made, Made::Source(_)) || spec.table.write != Write::Append {
        return None;
    }
    if !spec.contract.primary_key.is_empty() || spec.contract.checks.iter().any(|check| is_key(&check.rule)) {
        return None;
    }
    let name = &spec.name;
    Some(trigger(
        TriggerKind::MissingIdempotency,
        Some(name),
        name.clone(),
        format!("idempotency of {name}: appended without a key"),
        format!(
            "{name} is appended to and has no key, so rows that are delivered twice in different files are loaded twice."
        ),
    ))
}
