//! What a model has to read: which inputs moved since it read them, and how much of the narrowed one.

use std::collections::BTreeMap;

use super::Reason;
use super::stage::{Finding, Upstream, Upstreams, Work};
use crate::position::{Increment, Position};
use crate::project::ModelSpec;
use crate::state::Published;
use crate::table::Write;

pub(super) type Positions = BTreeMap<String, Position>;

pub(super) fn find(
    model: &ModelSpec,
    write: Write,
    published: Option<&Published>,
    changes: Vec<Reason>,
    upstreams: &Upstreams<'_>,
) -> Finding {
    let missing: Vec<Reason> = model
        .inputs
        .iter()
        .filter(|input| !upstreams.contains_key(input.as_str()))
        .map(|input| Reason::InputMissing { input: input.clone() })
        .collect();
    if !missing.is_empty() {
        return Finding::Blocked(missing);
    }
    let Some(published) = published.filter(|_| changes.is_empty()) else {
        return Finding::Run(Work::of(whole(model), changes, true));
    };
    let mut triggers = Vec::new();
    let mut lookups = Vec::new();
    for input in &model.inputs {
        match moved(input, &published.positions, upstreams) {
            Some(reason) if follows(model, write, input) => triggers.push(reason),
            Some(_) => lookups.push(Reason::LookupMoved { input: input.clone() }),
            None => {}
        }
    }
    if triggers.is_empty() {
        return Finding::Nothing([Reason::UpToDate].into_iter().chain(lookups).collect());
    }
    Finding::Run(work(model, write, &published.positions, triggers, upstreams))
}

/// Whether an input that makes this model run has moved since these positions were read.
pub(super) fn moved_since(model: &ModelSpec, write: Write, positions: &Positions, upstreams: &Upstreams<'_>) -> bool {
    model.inputs.iter().any(|input| follows(model, write, input) && moved(input, positions, upstreams).is_some())
}

/// Rows come from the narrowed input alone; without one, or when the table is replaced anyway, from all.
fn follows(model: &ModelSpec, write: Write, input: &str) -> bool {
    match &model.incremental {
        Some(incremental) if write != Write::Overwrite => incremental.from == input,
        _ => true,
    }
}

fn moved(input: &str, positions: &Positions, upstreams: &Upstreams<'_>) -> Option<Reason> {
    let upstream = upstreams.get(input)?;
    if upstream.action.moves() {
        return Some(Reason::InputRuns { input: input.to_owned() });
    }
    let to = upstream.version?;
    let from = positions.get(input).and_then(Position::version);
    (from != Some(to)).then(|| Reason::InputMoved { input: input.to_owned(), from, to })
}

fn work(
    model: &ModelSpec,
    write: Write,
    positions: &Positions,
    mut reasons: Vec<Reason>,
    upstreams: &Upstreams<'_>,
) -> Work {
    let mut inputs = whole(model);
    let narrowed = model.incremental.as_ref().filter(|_| write != Write::Overwrite);
    let Some(narrowed) = narrowed else {
        // Reading everything again and adding it would double every row.
        return Work::of(inputs, reasons, write == Write::Append);
    };
    let read = positions.get(&narrowed.from).and_then(Position::version);
    let upstream = upstreams.get(narrowed.from.as_str());
    let Some(from) = read.filter(|from| upstream.is_some_and(|upstream| !rewritten(upstream, *from))) else {
        reasons.push(Reason::InputRewritten { input: narrowed.from.clone() });
        return Work::of(inputs, reasons, true);
    };
    let increment = match write {
        Write::ReplacePartitions => Increment::TouchedPartitions { from },
        Write::Append | Write::Merge | Write::Overwrite => Increment::Added { from },
    };
    inputs.insert(narrowed.from.clone(), increment);
    Work::of(inputs, reasons, false)
}

/// Rows read before may be gone from the input without a trace in what was added since.
fn rewritten(upstream: &Upstream, from: i64) -> bool {
    upstream.rebuild || upstream.write == Write::Overwrite || upstream.version.is_none_or(|version| version < from)
}

fn whole(model: &ModelSpec) -> BTreeMap<String, Increment> {
    model.inputs.iter().map(|input| (input.clone(), Increment::Whole)).collect()
}
