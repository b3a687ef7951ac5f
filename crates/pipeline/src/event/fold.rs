//! What the events add up to: per dataset what is published, which files were read, and the question that stands.

use std::collections::BTreeMap;

use super::{Event, StageHeld, StagePublished};
use crate::decide::GateKind;
use crate::gate::GateStep;
use crate::position::{FileRef, Position};
use crate::state::{Definition, GateState, GateStatus, Published};
use crate::terms::Terms;

/// Datasets that were ever published or held.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LedgerState {
    pub datasets: BTreeMap<String, LedgerDataset>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LedgerDataset {
    /// `version_now` equals `version`: only the table knows whether someone else has written since.
    pub published: Option<Published>,
    /// All files read so far, by path.
    pub files: BTreeMap<String, FileRef>,
    /// A dataset has one question at a time.
    pub gate: Option<GateState>,
}

/// Folds events in the order in which they were appended.
pub fn fold<'a>(events: impl Iterator<Item = &'a Event>) -> LedgerState {
    let mut state = LedgerState::default();
    for event in events {
        state.apply(event);
    }
    state
}

impl LedgerState {
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::StagePublished(published) => self.published(published),
            Event::StageHeld(held) => {
                self.datasets.entry(held.dataset.clone()).or_default().gate = Some(question(held));
            }
            Event::GateDecided { gate, dataset, approved, fingerprint, .. } => {
                self.decided(gate, dataset, *approved, fingerprint);
            }
            Event::GateSuperseded { gate, dataset } => self.superseded(gate, dataset),
            Event::Gate(event) => match event.step {
                GateStep::Expired { .. } => self.superseded(&event.gate, &event.dataset),
                GateStep::Delegated(_) | GateStep::Escalated { .. } => {}
            },
            Event::RunStarted { .. }
            | Event::StageStarted { .. }
            | Event::StageFailed { .. }
            | Event::StageSkipped { .. }
            | Event::DeadLettersReplayed { .. }
            | Event::DeadLettersDiscarded { .. }
            | Event::DeadLettersExported { .. }
            | Event::PrivacyExempted { .. }
            | Event::KeysRotated { .. }
            | Event::PersonErased { .. }
            | Event::LineageTraced { .. }
            | Event::RunEnded { .. }
            | Event::Change(_)
            | Event::Drift(_)
            | Event::DriftAccepted(_)
            | Event::ClockSettled(_)
            | Event::Trigger(_) => {}
        }
    }

    /// Ends the question that stood: either this is what was held, or it took its place.
    fn published(&mut self, event: &StagePublished) {
        let dataset = self.datasets.entry(event.dataset.clone()).or_default();
        dataset.gate = None;
        if event.files_all {
            dataset.files.clear();
        }
        dataset.files.extend(event.files.iter().map(|file| (file.path.clone(), file.clone())));
        dataset.published = Some(Published::from(event));
    }

    /// A decision counts while its question stands and for exactly what was asked; otherwise it is void.
    fn decided(&mut self, gate: &str, dataset: &str, approved: bool, fingerprint: &str) {
        let standing = self.datasets.get_mut(dataset).and_then(|dataset| dataset.gate.as_mut());
        if let Some(standing) = standing.filter(|standing| standing.id == gate && standing.fingerprint == fingerprint) {
            standing.state = if approved { GateStatus::Approved } else { GateStatus::Rejected };
        }
    }

    fn superseded(&mut self, gate: &str, dataset: &str) {
        if let Some(dataset) = self.datasets.get_mut(dataset) {
            dataset.gate.take_if(|standing| standing.id == gate);
        }
    }
}

/// Only the table knows whether someone else has written since: the caller who looked fills `version_now` in.
impl From<&StagePublished> for Published {
    fn from(event: &StagePublished) -> Self {
        Self {
            run: event.run.clone(),
            sequence: event.sequence,
            version: event.version,
            version_now: event.version,
            fingerprint: event.fingerprint.clone(),
            definition: event.definition.clone(),
            terms: event.terms.clone(),
            positions: event.positions.clone(),
        }
    }
}

/// A held result whose commit cannot be read keeps no definition, so the plan takes it for outdated and asks anew.
pub fn question(held: &StageHeld) -> GateState {
    let commit = |field: &str| held.staged.get("commit").and_then(|commit| commit.get(field)).cloned();
    let definition: Option<Definition> = commit("definition").and_then(|value| serde_json::from_value(value).ok());
    let positions: Option<BTreeMap<String, Position>> =
        commit("positions").and_then(|value| serde_json::from_value(value).ok());
    let terms: Option<Terms> = commit("terms").and_then(|value| serde_json::from_value(value).ok());
    GateState {
        policy: terms.map(|terms| terms.policy()).unwrap_or_default(),
        id: held.gate.clone(),
        kind: held.kind.word().to_owned(),
        also: held.also.iter().map(|kind| kind.word().to_owned()).collect(),
        fingerprint: held.fingerprint.clone(),
        definition: definition.unwrap_or_default(),
        positions: positions.unwrap_or_default(),
        state: GateStatus::Waiting,
    }
}

impl GateKind {
    pub const ALL: [Self; 5] =
        [Self::SchemaMigration, Self::ContractUpdate, Self::DataQuality, Self::PipelineIntegrity, Self::DataMigration];

    /// As in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::SchemaMigration => "schema-migration",
            Self::ContractUpdate => "contract-update",
            Self::DataQuality => "data-quality",
            Self::PipelineIntegrity => "pipeline-integrity",
            Self::DataMigration => "data-migration",
        }
    }
}

#[cfg(test)]
mod tests;
