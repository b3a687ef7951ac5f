//! One stream of a pass: every slice is tested once, in the cheapest way that is exact.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, BooleanBufferBuilder, PrimitiveArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{max, min};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time64MicrosecondType, TimeUnit, TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use engine::Result;
use engine::probe::Slice;
use serde::Deserialize;

use super::keys::Gatherer;
use super::pass::{At, Ground, Part, Tally, tallies};
use super::program::{Quick, RowTest};
use super::{refused, sample};

pub(super) struct Lane {
    ground: Arc<Ground>,
    keys: Vec<Gatherer>,
    pub part: Part,
}

/// What a reader found wrong in one row, as it tells it.
#[derive(Debug, Deserialize)]
struct Failure {
    check: String,
    column: Option<String>,
    reason: String,
}

/// What readers found wrong in a slice.
struct Conform {
    /// Row, and what is wrong there.
    failures: Vec<(usize, Vec<Failure>)>,
}

impl Conform {
    fn of(slice: &Slice) -> Self {
        let mut failures = Vec::new();
        if let Some(texts) = slice.conform.as_ref().and_then(|array| array.as_string_opt::<i32>()) {
            for row in (0..texts.len()).filter(|row| texts.is_valid(*row)) {
                failures.push((row, serde_json::from_str(texts.value(row)).unwrap_or_default()));
            }
        }
        Self { failures }
    }

    /// Rows in which a value of one of these columns, or the whole record, could not be read: nothing more is said of them.
    fn unread(&self, columns: &[&str]) -> Vec<usize> {
        let unread = |failure: &Failure| match &failure.column {
            Some(column) => columns.contains(&column.as_str()),
            None => true,
        };
        self.failures.iter().filter(|(_, failures)| failures.iter().any(unread)).map(|(row, _)| *row).collect()
    }
}

impl Lane {
    pub fn new(ground: Arc<Ground>, keys: Vec<Gatherer>) -> Self {
        let part = Part {
            tests: tallies(ground.program.tests.len()),
            types: tallies(ground.stored.columns.len()),
            newest: vec![None; ground.program.newest.len()],
            ..Part::default()
        };
        Self { ground, keys, part }
    }

    pub fn take(&mut self, slice: &Slice) -> Result<()> {
        let rows = slice.batch.num_rows();
        self.part.rows += rows as u64;
        let conform = Conform::of(slice);
        let mut refused = Refused::new(rows, self.ground.refused);
        refused.any = slice.marked.as_ref().map(|marked| marked.values().clone());
        self.types(slice, &conform, &mut refused);
        let mut ends: Vec<Option<Option<ArrayRef>>> = vec![None; slice.batch.num_columns()];
        let ground = Arc::clone(&self.ground);
        for (at, test) in ground.program.tests.iter().enumerate() {
            if holds(test, slice, &mut ends)? {
                continue;
            }
            let violations = self.violations(test, slice, &conform)?;
            let count = violations.count_set_bits();
            if count == 0 {
                continue;
            }
            self.note(at, test, slice, &violations, count);
            if test.refuses {
                refused.add(&test.id, &violations);
            }
        }
        for (key, gatherer) in ground.program.keys.iter().zip(&mut self.keys) {
            gatherer.add(key, slice)?;
        }
        for (newest, value) in ground.program.newest.iter().zip(&mut self.part.newest) {
            *value = (*value).max(newest.of(&slice.batch)?);
        }
        self.part.rows_refused += refused.count();
        for (row, failed) in refused.rows() {
            self.part.refused.push(refused::Row::of(&ground, slice, row, failed)?);
        }
        Ok(())
    }

    pub fn finish(mut self) -> Result<Part> {
        for gatherer in self.keys {
            self.part.keys.push(gatherer.finish()?);
        }
        Ok(self.part)
    }

    fn violations(&self, test: &RowTest, slice: &Slice, conform: &Conform) -> Result<BooleanBuffer> {
        let found = test.violations(&slice.batch)?;
        let mut violated = match found.nulls() {
            Some(nulls) => found.values() & nulls.inner(),
            None => found.values().clone(),
        };
        if !conform.failures.is_empty() {
            let schema = slice.batch.schema_ref();
            let names: Vec<&str> = test
                .columns
                .iter()
                .filter_map(|at| schema.fields().get(*at))
                .map(|field| field.name().as_str())
                .collect();
            violated = without(&violated, &conform.unread(&names));
        }
        Ok(violated)
    }

    fn note(&mut self, at: usize, test: &RowTest, slice: &Slice, violations: &BooleanBuffer, count: usize) {
        let Some(tally) = self.part.tests.get_mut(at) else { return };
        tally.count += count as u64;
        for row in violations.set_indices() {
            if !tally.wants_sample() {
                break;
            }
            let sample = sample::row(&self.ground, slice, row, &test.columns);
            tally.samples.push((place(slice, row), sample));
        }
    }

    /// Counts what the reader could not read.
    fn types(&mut self, slice: &Slice, conform: &Conform, refused: &mut Refused) {
        for (row, failures) in &conform.failures {
            let at = place(slice, *row);
            for failure in failures {
                let column = failure.column.as_deref();
                let place = column.and_then(|name| self.ground.stored.columns.iter().position(|c| c.name == name));
                let tally = match place.and_then(|place| self.part.types.get_mut(place)) {
                    Some(tally) => tally,
                    None => self.part.records.entry(failure.check.clone()).or_default(),
                };
                tell(tally, &self.ground, slice, at, failure);
            }
            refused.add_row(*row, failures.iter().map(|failure| failure.check.clone()));
        }
    }
}

/// Notes one failure with what may be shown of it.
fn tell(tally: &mut Tally, ground: &Ground, slice: &Slice, at: At, failure: &Failure) {
    tally.count += 1;
    if !tally.wants_sample() {
        return;
    }
    let reason = sample::reason(ground, failure.column.as_deref(), &failure.reason);
    tally.samples.push((at, sample::bare(ground, slice, at, &reason)));
    tally.reasons.push((at, reason));
}

fn place(slice: &Slice, row: usize) -> At {
    (slice.file, slice.rows.at(row))
}

fn without(buffer: &BooleanBuffer, rows: &[usize]) -> BooleanBuffer {
    let mut builder = BooleanBufferBuilder::new(buffer.len());
    builder.append_buffer(buffer);
    rows.iter().for_each(|row| builder.set_bit(*row, false));
    builder.finish()
}

/// Whether the slice as a whole proves that the test holds in every row.
fn holds(test: &RowTest, slice: &Slice, ends: &mut [Option<Option<ArrayRef>>]) -> Result<bool> {
    let [column] = test.columns.as_slice() else { return Ok(false) };
    let Some(array) = slice.batch.columns().get(*column) else { return Ok(false) };
    match test.quick {
        Quick::None => Ok(false),
        Quick::NoNulls => Ok(array.logical_null_count() == 0),
        Quick::Ends => {
            let Some(known) = ends.get_mut(*column) else { return Ok(false) };
            match known.get_or_insert_with(|| extremes(array)) {
                Some(ends) if ends.is_empty() => Ok(true),
                Some(ends) => Ok(no_violation(&test.violations_of(ends)?)),
                None => Ok(false),
            }
        }
    }
}

fn no_violation(found: &BooleanArray) -> bool {
    found.true_count() == 0
}

/// The smallest and the largest value; an empty array when all are NULL; `None` where the type has no cheap order.
fn extremes(array: &ArrayRef) -> Option<ArrayRef> {
    fn of<T: ArrowPrimitiveType>(array: &ArrayRef) -> Option<ArrayRef>
    where
        T::Native: arrow::datatypes::ArrowNativeTypeOp,
    {
        let values = array.as_primitive_opt::<T>()?;
        let ends = min(values).into_iter().chain(max(values));
        let ends = PrimitiveArray::<T>::from_iter_values(ends).with_data_type(array.data_type().clone());
        Some(Arc::new(ends))
    }
    match array.data_type() {
        DataType::Int8 => of::<Int8Type>(array),
        DataType::Int16 => of::<Int16Type>(array),
        DataType::Int32 => of::<Int32Type>(array),
        DataType::Int64 => of::<Int64Type>(array),
        DataType::UInt8 => of::<UInt8Type>(array),
        DataType::UInt16 => of::<UInt16Type>(array),
        DataType::UInt32 => of::<UInt32Type>(array),
        DataType::UInt64 => of::<UInt64Type>(array),
        DataType::Float32 => of::<Float32Type>(array),
        DataType::Float64 => of::<Float64Type>(array),
        DataType::Decimal128(..) => of::<Decimal128Type>(array),
        DataType::Date32 => of::<Date32Type>(array),
        DataType::Time64(TimeUnit::Microsecond) => of::<Time64MicrosecondType>(array),
        DataType::Timestamp(TimeUnit::Microsecond, _) => of::<TimestampMicrosecondType>(array),
        _ => None,
    }
}

/// The refused rows of a slice; which checks failed is only kept where the rows are wanted.
struct Refused {
    rows: usize,
    any: Option<BooleanBuffer>,
    failed: Option<Vec<Vec<String>>>,
}

impl Refused {
    fn new(rows: usize, wanted: bool) -> Self {
        Self { rows, any: None, failed: wanted.then(|| vec![Vec::new(); rows]) }
    }

    fn add(&mut self, id: &str, violations: &BooleanBuffer) {
        self.any = Some(match &self.any {
            Some(any) => any | violations,
            None => violations.clone(),
        });
        if let Some(failed) = &mut self.failed {
            for row in violations.set_indices() {
                failed[row].push(id.to_owned());
            }
        }
    }

    fn add_row(&mut self, row: usize, checks: impl Iterator<Item = String>) {
        let mut builder = BooleanBufferBuilder::new(self.rows);
        match &self.any {
            Some(any) => builder.append_buffer(any),
            None => builder.append_n(self.rows, false),
        }
        builder.set_bit(row, true);
        self.any = Some(builder.finish());
        if let Some(failed) = self.failed.as_mut().and_then(|failed| failed.get_mut(row)) {
            failed.extend(checks);
        }
    }

    fn count(&self) -> u64 {
        self.any.as_ref().map_or(0, |any| any.count_set_bits() as u64)
    }

    /// Refused rows with the checks that they failed.
    fn rows(self) -> Vec<(usize, Vec<String>)> {
        let Some(failed) = self.failed else { return Vec::new() };
        failed.into_iter().enumerate().filter(|(_, failed)| !failed.is_empty()).collect()
    }
}
