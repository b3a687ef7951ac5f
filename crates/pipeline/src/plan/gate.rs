//! Whether a gate stands in the stage's way, or opens.

use super::stage::{Finding, Now, Upstreams, Work};
use super::{Action, Reason, model};
use crate::decide::GateKind;
use crate::position::{FILES, Increment, Position};
use crate::project::{DatasetSpec, Made};
use crate::state::{DatasetState, GateState, GateStatus};
use crate::table::Write;

/// What the gate makes of the stage; `None` when it has nothing to say any more and the stage goes its own way.
pub(super) fn stands(
    spec: &DatasetSpec,
    known: &DatasetState,
    now: Now<'_>,
    finding: &Finding,
    upstreams: &Upstreams<'_>,
) -> Option<(Action, Reason)> {
    // A question about another definition is outdated, and so is its answer.
    let gate = known.gate.as_ref().filter(|gate| gate.definition == *now.definition)?;
    let asks = |kind: GateKind| gate.kind == kind.word() || gate.also.iter().any(|also| also == kind.word());
    let is_of_policy = asks(GateKind::PipelineIntegrity) && !gate.policy.is_empty();
    if is_of_policy && gate.policy != now.terms.policy() {
        return None;
    }
    let id = gate.id.clone();
    match gate.state {
        GateStatus::Approved => Some((Action::Publish, Reason::GateApproved { id })),
        GateStatus::Waiting if waits_on(spec, known, gate, finding, upstreams) => {
            Some((Action::Wait, Reason::GateWaiting { id }))
        }
        GateStatus::Rejected if same_again(spec, known, gate, finding, upstreams) => {
            let is_migration =
                matches!(finding, Finding::Run(work) if work.migration.is_some() || work.restore.is_some());
            let files = u64::try_from(known.available.files_new.len()).unwrap_or(u64::MAX);
            let reason =
                if is_migration { Reason::MigrationRejected { id, files } } else { Reason::GateRejected { id } };
            Some((Action::Wait, reason))
        }
        GateStatus::Waiting | GateStatus::Rejected => None,
    }
}

/// A held increment of files is decided before the next is read. A model's held result is replaced by one that is newer.
fn waits_on(
    spec: &DatasetSpec,
    known: &DatasetState,
    gate: &GateState,
    finding: &Finding,
    upstreams: &Upstreams<'_>,
) -> bool {
    match (&spec.made, finding) {
        (_, Finding::Run(work)) if work.migration.is_some() => is_of(known, gate),
        (_, Finding::Run(Work { restore: Some(earlier), .. })) => gate.positions == earlier.positions(),
        (Made::Model(model), Finding::Run(_)) => {
            !model::moved_since(model, spec.table.write, &gate.positions, upstreams)
        }
        (Made::Model(_), Finding::Nothing(_) | Finding::Blocked(_)) | (Made::Source(_), _) => true,
    }
}

/// Running now would read exactly what was rejected.
fn same_again(
    spec: &DatasetSpec,
    known: &DatasetState,
    gate: &GateState,
    finding: &Finding,
    upstreams: &Upstreams<'_>,
) -> bool {
    let Finding::Run(work) = finding else { return false };
    if work.migration.is_some() {
        return is_of(known, gate);
    }
    if let Some(earlier) = &work.restore {
        return gate.positions == earlier.positions();
    }
    match &spec.made {
        Made::Model(model) => !model::moved_since(model, spec.table.write, &gate.positions, upstreams),
        Made::Source(_) => {
            let Some(Increment::Files { files }) = work.inputs.get(FILES) else { return false };
            let reads_all = work.rebuild || spec.table.write == Write::Overwrite;
            let before = known.published.as_ref().filter(|_| !reads_all);
            let before = before.and_then(|published| published.positions.get(FILES));
            gate.positions.get(FILES) == Some(&Position::after_files(before, files))
        }
    }
}

/// A migration reads the table as it is, and keeps its positions.
fn is_of(known: &DatasetState, gate: &GateState) -> bool {
    known.published.as_ref().is_some_and(|published| published.positions == gate.positions)
}
