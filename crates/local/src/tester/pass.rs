//! The pass: all streams of a dataset at once, each in a lane of its own, and what they found put together.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use contract::{Dataset, Mask};
use engine::probe::{Rows, Slice};
use engine::{Error, Kind, Result};
use futures::StreamExt;
use pipeline::Verdict;
use serde_json::Value;

use super::lane::Lane;
use super::program::Program;
use super::query::fed::{Fed, Feed};
use super::{Opened, TesterOptions, keys, push, refused, structure};

/// Violating rows that a verdict shows.
pub(super) const SAMPLES_MAX: usize = 5;

/// What all lanes of a pass know.
pub(crate) struct Ground {
    pub program: Program,
    pub stored: Arc<Dataset>,
    pub mask: Mask,
    pub files: Vec<String>,
    /// Refused rows are wanted.
    pub refused: bool,
}

/// Violations of one check.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    pub count: u64,
    pub samples: Vec<Value>,
}

/// Where a sample stands: files in their order, rows in theirs.
pub(super) type At = (u32, u64);

/// As [`Found`], with what is needed to put those of several lanes in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub count: u64,
    pub samples: Vec<(At, Value)>,
    pub reasons: Vec<(At, String)>,
}

impl Tally {
    pub fn wants_sample(&self) -> bool {
        self.samples.len() < SAMPLES_MAX
    }

    fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.samples.extend(other.samples);
        self.samples.sort_by_key(|(at, _)| *at);
        self.samples.truncate(SAMPLES_MAX);
        self.reasons.extend(other.reasons);
        self.reasons.sort_by_key(|(at, _)| *at);
        self.reasons.truncate(SAMPLES_MAX);
    }

    fn found(&self) -> Found {
        Found { count: self.count, samples: self.samples.iter().map(|(_, sample)| sample.clone()).collect() }
    }
}

/// What one lane found, or all of them.
#[derive(Default)]
pub(super) struct Part {
    pub rows: u64,
    pub rows_refused: u64,
    /// By place in the program's tests.
    pub tests: Vec<Tally>,
    /// By contract column: values that are not of its type.
    pub types: Vec<Tally>,
    /// By `record.…`.
    pub records: BTreeMap<String, Tally>,
    /// By place in the program's moments.
    pub newest: Vec<Option<i64>>,
    pub keys: Vec<keys::Gathered>,
    pub refused: Vec<refused::Row>,
    /// By check: what its query gave.
    pub answers: HashMap<String, Vec<RecordBatch>>,
}

/// Values of a column that are not of its type.
pub(crate) struct TypeFound {
    pub count: u64,
    pub reasons: Vec<String>,
    pub samples: Vec<Value>,
}

pub(crate) struct PassOutcome {
    pub rows: u64,
    pub rows_refused: u64,
    /// By contract column.
    pub types: Vec<TypeFound>,
    found: HashMap<String, Found>,
    newest: HashMap<String, i64>,
    records: BTreeMap<String, Tally>,
    answers: HashMap<String, Vec<RecordBatch>>,
}

impl PassOutcome {
    /// What the query of a check gave, where the pass fed it.
    pub fn answer(&self, id: &str) -> Option<&[RecordBatch]> {
        self.answers.get(id).map(Vec::as_slice)
    }

    pub fn found(&self, id: &str) -> Found {
        self.found.get(id).cloned().unwrap_or_default()
    }

    pub fn newest(&self, id: &str) -> Option<i64> {
        self.newest.get(id).copied()
    }

    /// Values that a database found to be none of their type, in columns that were not read.
    fn unfit(&mut self, read: &[usize], counts: &[u64]) {
        for (at, (found, count)) in self.types.iter_mut().zip(counts).enumerate() {
            if *count > 0 && !read.contains(&at) {
                found.count += count;
                found.reasons.push("it is infinite or no number".to_owned());
            }
        }
    }

    /// Records that are none, one verdict per kind.
    pub fn records(&self) -> Vec<Verdict> {
        let verdict = |(id, tally): (&String, &Tally)| {
            let reason = tally.reasons.first().map(|(_, reason)| reason.as_str()).unwrap_or_default();
            structure::record_verdict(id, tally.count, self.rows, reason, tally.found().samples)
        };
        self.records.iter().map(verdict).collect()
    }
}

pub(super) async fn run(
    opened: &Opened<'_>,
    program: Program,
    fed: Fed,
    options: &TesterOptions,
    refused: &mut Option<refused::Writer>,
    answer: Option<&push::Answer>,
) -> Result<(PassOutcome, Arc<Ground>)> {
    let facts = opened.data.facts();
    let ground = Arc::new(Ground {
        program,
        stored: Arc::clone(&opened.stored),
        mask: Mask::of(&opened.target.dataset),
        files: facts.files.clone(),
        refused: refused.is_some(),
    });
    let typed = facts.columns.iter().flatten().any(|column| column.types.is_some());
    let types = tallies(facts.columns.len());
    let whole = match (facts.rows, answer) {
        // Nothing is to be looked at, and how many rows there are is known.
        (_, Some(answer)) if ground.program.is_idle() => {
            Part { rows: answer.rows, rows_refused: answer.refused, types, ..Part::default() }
        }
        (Some(rows), None) if typed && ground.program.columns.is_empty() => Part { rows, types, ..Part::default() },
        _ => read(opened, &ground, fed, options, refused, answer).await?,
    };
    let mut outcome = put_together(opened, &ground, options, whole).await?;
    if let Some(answer) = answer {
        outcome.found.extend(push::found(opened, &ground, answer).await?);
        outcome.newest.extend(answer.newest.clone());
        outcome.unfit(&ground.program.columns, &answer.unfit);
    }
    Ok((outcome, ground))
}

pub(super) fn tallies(count: usize) -> Vec<Tally> {
    (0..count).map(|_| Tally::default()).collect()
}

async fn read(
    opened: &Opened<'_>,
    ground: &Arc<Ground>,
    fed: Fed,
    options: &TesterOptions,
    refused: &mut Option<refused::Writer>,
    answer: Option<&push::Answer>,
) -> Result<Part> {
    let streams = match (opened.data.database(), answer) {
        (Some(database), Some(answer)) => {
            let marked = answer.refusing.as_deref();
            let rows = Rows { from: &answer.from, condition: None, marked, most: None };
            database.rows(&ground.program.columns, rows).await?
        }
        _ => opened.data.read(&ground.program.columns).await?,
    };
    let gatherers = keys::Gatherers::new(ground, opened.data.facts(), options, streams.len());
    let (feeds, running) = fed.start(streams.len(), &ground.program.columns).await;
    let lane = || Ok::<_, Error>(Lane::new(Arc::clone(ground), gatherers.start()?));
    let mut whole: Option<Part> = None;
    if let Some(writer) = refused {
        // One lane after the other, so that refused rows stand in the order of their files.
        let mut lane = lane()?;
        for (mut stream, feed) in streams.into_iter().zip(feeds) {
            while let Some(slice) = stream.next().await {
                take(&mut lane, &feed, slice).await?;
                writer.rows(&opened.target.dataset.name, &mut lane.part.refused)?;
            }
        }
        whole = Some(lane.finish()?);
    } else {
        let mut lanes = Vec::with_capacity(streams.len());
        for (mut stream, feed) in streams.into_iter().zip(feeds) {
            let mut lane = lane()?;
            lanes.push(tokio::spawn(async move {
                while let Some(slice) = stream.next().await {
                    take(&mut lane, &feed, slice).await?;
                }
                lane.finish()
            }));
        }
        for lane in lanes {
            let died = |error| Error::new(Kind::Bug, "a lane of the test died").because(error);
            let part = lane.await.map_err(died)??;
            match &mut whole {
                None => whole = Some(part),
                Some(whole) => whole.merge(part),
            }
        }
    }
    let mut whole = whole.ok_or_else(|| Error::new(Kind::Bug, "the data gave no stream"))?;
    whole.answers = running.answers().await;
    Ok(whole)
}

async fn take(lane: &mut Lane, feed: &Feed, slice: Result<Slice>) -> Result<()> {
    let slice = slice?;
    lane.take(&slice)?;
    feed.give(&slice.batch).await
}

impl Part {
    fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.rows_refused += other.rows_refused;
        self.tests.iter_mut().zip(other.tests).for_each(|(one, other)| one.merge(other));
        self.types.iter_mut().zip(other.types).for_each(|(one, other)| one.merge(other));
        for (id, tally) in other.records {
            self.records.entry(id).or_default().merge(tally);
        }
        self.newest.iter_mut().zip(other.newest).for_each(|(one, other)| *one = (*one).max(other));
        self.keys.iter_mut().zip(other.keys).for_each(|(one, other)| one.join(other));
    }
}

async fn put_together(
    opened: &Opened<'_>,
    ground: &Arc<Ground>,
    options: &TesterOptions,
    whole: Part,
) -> Result<PassOutcome> {
    let program = &ground.program;
    let mut found: HashMap<String, Found> =
        program.tests.iter().zip(&whole.tests).map(|(test, tally)| (test.id.clone(), tally.found())).collect();
    for (key, gathered) in program.keys.iter().zip(whole.keys) {
        found.insert(key.id.clone(), keys::count(opened, ground, key, gathered, options).await?);
    }
    let newest = program.newest.iter().zip(&whole.newest);
    Ok(PassOutcome {
        rows: whole.rows,
        rows_refused: whole.rows_refused,
        types: whole.types.iter().map(type_found).collect(),
        found,
        newest: newest.filter_map(|(newest, value)| Some((newest.id.clone(), (*value)?))).collect(),
        records: whole.records,
        answers: whole.answers,
    })
}

fn type_found(tally: &Tally) -> TypeFound {
    let Found { count, samples } = tally.found();
    TypeFound { count, samples, reasons: tally.reasons.iter().map(|(_, reason)| reason.clone()).collect() }
}
