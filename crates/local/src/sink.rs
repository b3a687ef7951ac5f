//! One pass over the checked rows: passing rows to data files, refused rows to dead letters, everything counted on the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::compute::filter_record_batch;
use arrow::datatypes::{SchemaRef, UInt32Type, UInt64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use contract::{Check, MASKED, Mask, Rule};
use datafusion::physical_plan::SendableRecordBatchStream;
use deltalake::kernel::Add;
use engine::{Result, Sample, StageJob};
use futures::StreamExt;
use serde::{Deserialize, Serialize};

use crate::dead_letter::{self, Gather, Refused, Seal};
use crate::delta::Tables;
use crate::protect::Protector;
use crate::row_checks::{RowChecks, refuses};
use crate::unique::KeyHashes;
use crate::writer::{DataFiles, Layout};
use crate::{error, input};

/// Samples kept per stream and check, and per stream in all.
const SAMPLES_PER_CHECK: usize = 3;
const SAMPLES_MAX: usize = 20;
/// Refused rows gathered before they are written.
const GATHER_ROWS: usize = 4096;
/// Longest raw form in a sample, in characters.
const SAMPLE_CHARS: usize = 200;
/// As many reasons of one row, and so much of each; a dead letter has all of them.
const SAMPLE_REASONS: usize = 10;
const REASON_CHARS: usize = 300;

/// What every stream of a stage has in common.
pub(crate) struct Shared {
    pub job: StageJob,
    pub checks: RowChecks,
    /// The contract's columns, as they are in memory.
    pub columns: SchemaRef,
    pub layout: Arc<Layout>,
    pub dead_layout: Arc<Layout>,
    pub tables: Tables,
    pub read: Option<input::SourceRead>,
    pub bytes_max: usize,
    /// Columns whose values stand in no reason and no sample.
    pub mask: Mask,
    pub protector: Option<Arc<Protector>>,
    pub seal: Option<Arc<Seal>>,
    /// A letter of a row that was refused before takes the place of the earlier one.
    pub replaces_letters: bool,
    /// Columns of the frame that a refused row is kept with, and their names there; empty: the contract's.
    pub raws: Vec<(String, String)>,
}

/// What becomes of the rows of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passing {
    Written,
    /// They are only counted.
    Counted,
}

/// What one stream found, to be added up.
#[derive(Default)]
pub(crate) struct Part {
    pub files: Vec<Add>,
    pub dead_files: Vec<Add>,
    pub rows: u64,
    pub refused: u64,
    /// By index of `RowChecks::checks`.
    pub violations: Vec<u64>,
    /// By index of `RowChecks::metrics`.
    pub metrics: Vec<u64>,
    /// By check id: values that are not of their column's type, and records that are none.
    pub conform: BTreeMap<String, u64>,
    pub samples: Vec<(Vec<String>, Sample)>,
    pub keys: Vec<KeyHashes>,
    /// Numbers of the letters written, where they may stand in for earlier ones.
    pub dead_ids: Vec<u64>,
}

impl Part {
    pub fn merge(&mut self, other: Part) {
        self.files.extend(other.files);
        self.dead_files.extend(other.dead_files);
        self.rows += other.rows;
        self.refused += other.refused;
        add(&mut self.violations, &other.violations);
        add(&mut self.metrics, &other.metrics);
        for (id, count) in other.conform {
            *self.conform.entry(id).or_default() += count;
        }
        self.samples.extend(other.samples);
        self.keys.extend(other.keys);
        self.dead_ids.extend(other.dead_ids);
    }
}

fn add(sum: &mut Vec<u64>, more: &[u64]) {
    sum.resize(sum.len().max(more.len()), 0);
    sum.iter_mut().zip(more).for_each(|(a, b)| *a += b);
}

/// Drains one stream. Files that were written are recorded in `written` even when the stream fails, so that they can be deleted.
pub(crate) async fn drain(
    shared: Arc<Shared>,
    mut stream: SendableRecordBatchStream,
    keys: Vec<KeyHashes>,
    passing: Passing,
) -> Result<Part> {
    let doing = format!("reading and checking {}", shared.job.dataset.name);
    let mut sink = Sink::new(shared, keys, passing);
    while let Some(batch) = stream.next().await {
        sink.batch(batch.map_err(|e| error::datafusion(&doing, e))?).await?;
    }
    sink.finish().await
}

struct Sink {
    shared: Arc<Shared>,
    part: Part,
    data: DataFiles,
    dead: DataFiles,
    gather: Gather,
    sampled: BTreeMap<String, usize>,
    passing: Passing,
}

/// A failed check of a record, as the reader reports it.
#[derive(Serialize, Deserialize)]
struct Failure {
    check: String,
    column: Option<String>,
    reason: String,
}

impl Sink {
    fn new(shared: Arc<Shared>, keys: Vec<KeyHashes>, passing: Passing) -> Self {
        let (table, dead) = (&shared.job.table, dead_letter::table(&shared.job.table));
        let data = DataFiles::new(&shared.tables, table, shared.layout.clone(), shared.bytes_max);
        let dead = DataFiles::new(&shared.tables, &dead, shared.dead_layout.clone(), shared.bytes_max);
        let part = Part {
            violations: vec![0; shared.checks.checks.len()],
            metrics: vec![0; shared.checks.metrics.len()],
            keys,
            ..Part::default()
        };
        let gather = Gather::new(&shared.job, shared.seal.clone());
        Self { shared, part, data, dead, gather, sampled: BTreeMap::new(), passing }
    }

    async fn batch(&mut self, batch: RecordBatch) -> Result<()> {
        let shared = self.shared.clone();
        let width = shared.columns.fields().len();
        let first = batch.num_columns() - shared.checks.checks.len() - shared.checks.metrics.len();
        self.part.rows += batch.num_rows() as u64;

        let conform = batch.column_by_name(engine::source::CONFORM).filter(|column| column.null_count() < column.len());
        let failures = conform.map(failures).unwrap_or_default();
        let mut refused: Option<BooleanBuffer> = (!failures.is_empty())
            .then(|| BooleanBuffer::collect_bool(batch.num_rows(), |row| failures.contains_key(&row)));
        let mut violated: Vec<BooleanBuffer> = Vec::with_capacity(shared.checks.checks.len());
        for (index, check) in shared.checks.checks.iter().enumerate() {
            let bits = without(bits(batch.column(first + index)), check, &failures);
            let count = bits.count_set_bits() as u64;
            self.part.violations[index] += count;
            if count > 0 && refuses(check) {
                refused = Some(match refused {
                    Some(refused) => &refused | &bits,
                    None => bits.clone(),
                });
            }
            violated.push(bits);
        }
        for failure in failures.values().flatten() {
            *self.part.conform.entry(failure.check.clone()).or_default() += 1;
        }
        for index in 0..shared.checks.metrics.len() {
            let bits = bits(batch.column(first + shared.checks.checks.len() + index));
            let counted = match &refused {
                Some(refused) => (&bits & &!refused).count_set_bits(),
                None => bits.count_set_bits(),
            };
            self.part.metrics[index] += counted as u64;
        }

        if self.passing == Passing::Counted {
            self.part.refused += refused.map_or(0, |refused| refused.count_set_bits() as u64);
            return Ok(());
        }
        let columns: Vec<usize> = (0..width).collect();
        let plain = batch.project(&columns).map_err(|e| error::arrow("checking", e))?;
        let passing = match &refused {
            Some(refused) => {
                let keep = BooleanArray::new(!refused, None);
                filter_record_batch(&plain, &keep).map_err(|e| error::arrow("checking", e))?
            }
            None => plain,
        };
        let passing = match &shared.protector {
            Some(protector) => protector.apply(&passing)?,
            None => passing,
        };
        for keys in &mut self.part.keys {
            keys.add(&passing)?;
        }
        self.data.write(&passing).await?;
        if let Some(refused) = refused {
            self.refuse(&batch, &refused, &violated, &failures).await?;
        }
        Ok(())
    }

    async fn refuse(
        &mut self,
        batch: &RecordBatch,
        refused: &BooleanBuffer,
        violated: &[BooleanBuffer],
        failures: &BTreeMap<usize, Vec<Failure>>,
    ) -> Result<()> {
        let shared = self.shared.clone();
        let origin = Origin::of(batch, &shared)?;
        for row in refused.set_indices() {
            self.part.refused += 1;
            let mut reasons: Vec<Failure> = Vec::new();
            for failure in failures.get(&row).into_iter().flatten() {
                reasons.push(Failure {
                    check: failure.check.clone(),
                    column: failure.column.clone(),
                    reason: unread(failure, &shared),
                });
            }
            for (check, bits) in shared.checks.checks.iter().zip(violated) {
                if bits.value(row) {
                    reasons.push(reason(check, batch, row, &shared.mask));
                }
            }
            let refused = origin.refused(row, &reasons)?;
            self.sample(&refused, &reasons);
            self.gather.add(refused)?;
        }
        if self.gather.len() >= GATHER_ROWS {
            self.flush().await?;
        }
        Ok(())
    }

    fn sample(&mut self, refused: &Refused<'_>, reasons: &[Failure]) {
        let fresh =
            reasons.iter().any(|reason| self.sampled.get(&reason.check).copied().unwrap_or(0) < SAMPLES_PER_CHECK);
        if !fresh || self.part.samples.len() >= SAMPLES_MAX {
            return;
        }
        for reason in reasons {
            *self.sampled.entry(reason.check.clone()).or_default() += 1;
        }
        let raw = self.shared.mask.raw(&String::from_utf8_lossy(&refused.raw), refused.header);
        let raw: String = raw.chars().take(SAMPLE_CHARS).collect();
        let checks = reasons.iter().map(|reason| reason.check.clone()).collect();
        let told = |reason: &Failure| {
            let text = format!("{}: {}", reason.check, reason.reason);
            match text.char_indices().nth(REASON_CHARS) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text,
            }
        };
        let more = reasons.len().saturating_sub(SAMPLE_REASONS);
        let mut reasons: Vec<String> = reasons.iter().take(SAMPLE_REASONS).map(told).collect();
        if more > 0 {
            reasons.push(format!("and {more} more checks"));
        }
        self.part
            .samples
            .push((checks, Sample { file: refused.file.map(str::to_owned), row: refused.row, raw, reasons }));
    }

    async fn flush(&mut self) -> Result<()> {
        if self.gather.len() == 0 {
            return Ok(());
        }
        let (batch, numbers) = self.gather.take()?;
        if self.shared.replaces_letters {
            self.part.dead_ids.extend(numbers);
        }
        self.dead.write(&batch).await
    }

    async fn finish(mut self) -> Result<Part> {
        self.flush().await?;
        self.part.files = self.data.finish().await?;
        self.part.dead_files = self.dead.finish().await?;
        Ok(self.part)
    }
}

/// True and not NULL.
fn bits(column: &ArrayRef) -> BooleanBuffer {
    let column = column.as_boolean();
    match column.nulls() {
        Some(nulls) => column.values() & nulls.inner(),
        None => column.values().clone(),
    }
}

/// Takes back what a check says about a value that could not be read at all: the reader's reason is the true one.
fn without(bits: BooleanBuffer, check: &Check, failures: &BTreeMap<usize, Vec<Failure>>) -> BooleanBuffer {
    if failures.is_empty() {
        return bits;
    }
    BooleanBuffer::collect_bool(bits.len(), |row| {
        let unread = failures.get(&row).is_some_and(|failures| {
            failures.iter().any(|failure| failure.column.as_deref().is_none_or(|column| check.is_about(column)))
        });
        bits.value(row) && !unread
    })
}

fn failures(column: &ArrayRef) -> BTreeMap<usize, Vec<Failure>> {
    let texts = arrow::compute::cast(column, &arrow::datatypes::DataType::Utf8).unwrap_or_else(|_| column.clone());
    let Some(texts) = texts.as_string_opt::<i32>() else { return BTreeMap::new() };
    (0..texts.len())
        .filter(|row| texts.is_valid(*row))
        .map(|row| (row, serde_json::from_str(texts.value(row)).unwrap_or_default()))
        .collect()
}

/// Why the reader could not read a value; its reason shows the value.
fn unread(failure: &Failure, shared: &Shared) -> String {
    match &failure.column {
        Some(column) if shared.mask.hides(column) => {
            let wanted = shared.job.dataset.column(column).map(|column| column.data_type.to_string());
            format!("{MASKED} cannot be read as {}", wanted.unwrap_or_else(|| "its type".to_owned()))
        }
        _ => failure.reason.clone(),
    }
}

fn reason(check: &Check, batch: &RecordBatch, row: usize, mask: &Mask) -> Failure {
    let shown = |name: &str| {
        batch.column_by_name(name).map(|column| match column.is_null(row) {
            true => "NULL".to_owned(),
            false if mask.hides(name) => MASKED.to_owned(),
            false => display(column, row),
        })
    };
    // Of a place inside a column, the column is shown.
    let root = |element: &str| {
        batch
            .schema_ref()
            .fields()
            .iter()
            .find(|field| check.is_about(field.name()))
            .map(|field| field.name().clone())
            .or_else(|| Some(element.to_owned()))
    };
    let value = check.element.as_deref().and_then(root).as_deref().and_then(shown);
    let reason = match (&check.rule, value) {
        (Rule::Required { .. }, _) => "is missing".to_owned(),
        (Rule::Reference { columns, .. }, None) => {
            let values: Vec<String> = columns.iter().filter_map(|name| shown(name)).collect();
            format!("{}, expected {}", values.join(", "), check.expected)
        }
        (_, Some(value)) => format!("{value}, expected {}", check.expected),
        (_, None) => format!("expected {}", check.expected),
    };
    Failure { check: check.id.clone(), column: check.element.clone(), reason }
}

fn display(column: &ArrayRef, row: usize) -> String {
    let options = FormatOptions::new().with_null("NULL");
    let text = ArrayFormatter::try_new(column.as_ref(), &options).map(|f| f.value(row).to_string()).unwrap_or_default();
    text.chars().take(SAMPLE_CHARS).collect()
}

/// Where the rows of a batch come from.
struct Origin<'a> {
    shared: &'a Shared,
    file: Option<ArrayRef>,
    row: Option<ArrayRef>,
    raw: Option<ArrayRef>,
    headers: Vec<Option<String>>,
    /// Rows without a raw form of their own, as JSON.
    batch: &'a RecordBatch,
    /// Rows without a raw form of their own, as JSON.
    scratch: std::cell::OnceCell<Vec<String>>,
}

impl<'a> Origin<'a> {
    fn of(batch: &'a RecordBatch, shared: &'a Shared) -> Result<Self> {
        let column = |name| batch.column_by_name(name).cloned();
        let headers =
            shared.read.as_ref().and_then(|read| read.headers.lock().ok().map(|h| h.clone())).unwrap_or_default();
        Ok(Self {
            shared,
            file: column(engine::source::FILE),
            row: column(engine::source::ROW),
            raw: column(engine::source::RAW),
            headers,
            batch,
            scratch: std::cell::OnceCell::new(),
        })
    }

    fn refused(&'a self, row: usize, reasons: &[Failure]) -> Result<Refused<'a>> {
        let checks = serde_json::to_string(reasons).unwrap_or_default();
        let file = self.file.as_ref().map(|column| column.as_primitive::<UInt32Type>().value(row));
        let number = self.row.as_ref().map(|column| column.as_primitive::<UInt64Type>().value(row));
        let replayed = self.shared.read.as_ref().and_then(|read| read.replay.as_ref());
        if let (Some(replay), Some(file), Some(number)) = (replayed, file, number)
            && let Some(letter) = replay.letter(file, number, checks.clone())?
        {
            return Ok(letter);
        }
        let index = file.map(|file| file as usize);
        let path = index.and_then(|index| match &self.shared.job.input {
            engine::StageInput::Files { files, .. } => files.get(index).map(|file| file.path.as_str()),
            _ => None,
        });
        let header = index.and_then(|index| self.headers.get(index)).and_then(|header| header.as_deref());
        Ok(Refused { file: path, row: number, raw: self.raw(row)?.into(), header, checks })
    }

    fn raw(&'a self, row: usize) -> Result<&'a [u8]> {
        if let Some(raw) = self.raw.as_ref().and_then(|column| column.as_binary_view_opt())
            && raw.is_valid(row)
        {
            return Ok(raw.value(row));
        }
        let rows = match self.scratch.get() {
            Some(rows) => rows,
            None => {
                let rows = json(self.batch, self.shared)?;
                self.scratch.get_or_init(|| rows)
            }
        };
        Ok(rows.get(row).map(String::as_bytes).unwrap_or_default())
    }
}

/// Each row as a JSON object: of the contract's columns, or of those that it is kept with.
fn json(batch: &RecordBatch, shared: &Shared) -> Result<Vec<String>> {
    let failed = |e| error::arrow("writing a refused row", e);
    let plain = match shared.raws.as_slice() {
        [] => {
            let columns: Vec<usize> = (0..shared.columns.fields().len()).collect();
            batch.project(&columns).map_err(failed)?
        }
        raws => {
            let column =
                |(column, name): &(String, String)| Some((name.clone(), batch.column_by_name(column)?.clone()));
            RecordBatch::try_from_iter_with_nullable(
                raws.iter().filter_map(column).map(|(name, column)| (name, column, true)),
            )
            .map_err(failed)?
        }
    };
    let mut writer = arrow::json::LineDelimitedWriter::new(Vec::new());
    writer.write(&plain).and_then(|()| writer.finish()).map_err(failed)?;
    let text = String::from_utf8(writer.into_inner()).unwrap_or_default();
    Ok(text.lines().map(str::to_owned).collect())
}

/// What a dead letter table's files look like. Raw forms stand in no log.
pub(crate) fn dead_layout() -> Arc<Layout> {
    Arc::new(Layout::new(&dead_letter::schema(), &[]).silent())
}
