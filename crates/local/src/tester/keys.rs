//! Uniqueness, exactly, without holding the keys.
//!
//! Whole numbers of a small range are bits. Other keys of one word are mixed by a bijection, so that equal words are equal
//! keys; longer keys are hashed, and where hashes collide a second look at those rows alone compares the keys themselves.
//! Words are kept by their first bits in partitions, which go to disk when they outgrow their memory and are counted one by
//! one.

mod bits;
mod count;
mod words;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::hash_utils::{RandomState, create_hashes};
use engine::probe::{Facts, Slice};
use engine::{Error, Kind, Result};

use super::TesterOptions;
use super::pass::Ground;
use super::program::Key;
use crate::error;

use bits::Bits;
pub(super) use count::count;
use words::Words;

/// Fixed, so that hashes agree between lanes and between looks.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// How the keys of one check are gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// From the smallest value; so many values.
    Bits {
        least: i64,
        range: u64,
    },
    /// A bijection of one word.
    Word,
    Hash,
}

/// What all lanes of a pass need to gather keys.
pub(super) struct Gatherers {
    forms: Vec<Form>,
    /// Bytes that the words of one lane and key may take.
    memory: usize,
    spill: std::path::PathBuf,
}

impl Gatherers {
    pub fn new(ground: &Ground, facts: &Facts, options: &TesterOptions, lanes: usize) -> Self {
        let keys = &ground.program.keys;
        let share = options.memory / 2 / lanes.max(1) / keys.len().max(1);
        let forms = keys.iter().map(|key| form(key, ground, facts, share)).collect();
        Self { forms, memory: share, spill: options.spill.clone() }
    }

    /// One gatherer per key, for a lane.
    pub fn start(&self) -> Result<Vec<Gatherer>> {
        self.forms.iter().map(|form| Ok(Gatherer { kept: self.kept(*form), form: *form, hashes: Vec::new() })).collect()
    }

    fn kept(&self, form: Form) -> Kept {
        match form {
            Form::Bits { least, range } => Kept::Bits(Bits::new(least, range)),
            Form::Word | Form::Hash => Kept::Words(Words::new(self.memory, &self.spill)),
        }
    }
}

fn form(key: &Key, ground: &Ground, facts: &Facts, memory: usize) -> Form {
    if key.is_inside() {
        return Form::Hash;
    }
    let [column] = key.columns.as_slice() else { return Form::Hash };
    let place = ground.program.columns.get(*column).copied().unwrap_or(usize::MAX);
    let Some(data_type) = ground.stored.columns.get(place).map(|column| sql::arrow_type(&column.data_type)) else {
        return Form::Hash;
    };
    if !is_word(&data_type) {
        return Form::Hash;
    }
    let found = facts.columns.get(place).and_then(Option::as_ref);
    let ends = found.and_then(|found| found.statistics.ends.as_ref()).and_then(|ends| as_words(ends).ok());
    let Some(ends) = ends.filter(|ends| ends.len() == 2) else { return Form::Word };
    let (least, range) = (ends[0], ends[1].wrapping_sub(ends[0]) as u64);
    // A bit per possible value must cost no more than a word per row would.
    let bytes = range / 8;
    let rows = facts.rows.unwrap_or(0);
    if bytes < memory as u64 && bytes < rows.saturating_mul(8) { Form::Bits { least, range } } else { Form::Word }
}

/// Types whose values are one word, equal exactly when the values are.
fn is_word(data_type: &DataType) -> bool {
    data_type.is_integer() || matches!(data_type, DataType::Date32 | DataType::Time64(_) | DataType::Timestamp(..))
}

/// The values as words; what stands for NULL does not matter.
fn as_words(array: &ArrayRef) -> Result<Vec<i64>> {
    let failed = |e| error::arrow("checking keys", e);
    let plain = match array.data_type() {
        DataType::UInt64 => {
            let values = arrow::array::AsArray::as_primitive::<arrow::datatypes::UInt64Type>(array).values();
            return Ok(values.iter().map(|value| *value as i64).collect());
        }
        DataType::Int64 => Arc::clone(array),
        DataType::Date32 => cast(&cast(array, &DataType::Int32).map_err(failed)?, &DataType::Int64).map_err(failed)?,
        _ => cast(array, &DataType::Int64).map_err(failed)?,
    };
    let values = arrow::array::AsArray::as_primitive_opt::<arrow::datatypes::Int64Type>(&plain);
    let values = values.ok_or_else(|| Error::new(Kind::Bug, "a key was taken for a whole number"))?;
    Ok(values.values().to_vec())
}

/// Spreads words over the partitions; no two words become one.
fn mixed(word: i64) -> u64 {
    let word = (word as u64 ^ (word as u64 >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (word ^ (word >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93)
}

/// Gathers the keys of one check in one lane.
pub(super) struct Gatherer {
    form: Form,
    kept: Kept,
    hashes: Vec<u64>,
}

enum Kept {
    Bits(Bits),
    Words(Words),
}

/// The keys of one check, of one lane or of all.
pub(super) struct Gathered {
    form: Form,
    bits: Option<Bits>,
    words: Vec<Words>,
}

impl Gatherer {
    /// Rows with NULL in any of the columns are never duplicates.
    pub fn add(&mut self, key: &Key, slice: &Slice) -> Result<()> {
        let columns: Vec<ArrayRef> =
            key.columns.iter().filter_map(|at| slice.batch.columns().get(*at).cloned()).collect();
        let (arrays, _) = key.values(&columns)?;
        let nulls = nulls_of(&arrays).filter(|nulls| nulls.null_count() > 0);
        match &mut self.kept {
            Kept::Bits(bits) => {
                let Some(array) = arrays.first() else { return Ok(()) };
                bits.add(array, nulls.as_ref())
            }
            Kept::Words(words) => {
                hashes(self.form == Form::Word, &arrays, &mut self.hashes)?;
                match nulls {
                    None => words.add(self.hashes.iter().copied()),
                    Some(nulls) => words.add(nulls.valid_indices().map(|row| self.hashes[row])),
                }
            }
        }
    }

    pub fn finish(self) -> Result<Gathered> {
        Ok(match self.kept {
            Kept::Bits(bits) => Gathered { form: self.form, bits: Some(bits), words: Vec::new() },
            Kept::Words(words) => Gathered { form: self.form, bits: None, words: vec![words] },
        })
    }
}

impl Gathered {
    pub fn join(&mut self, other: Self) {
        match (&mut self.bits, other.bits) {
            (Some(bits), Some(other)) => bits.join(&other),
            _ => self.words.extend(other.words),
        }
    }
}

/// The keys of a batch as words.
fn hashes(word: bool, arrays: &[ArrayRef], into: &mut Vec<u64>) -> Result<()> {
    into.clear();
    let Some(first) = arrays.first() else { return Ok(()) };
    if word {
        into.extend(as_words(first)?.into_iter().map(mixed));
        return Ok(());
    }
    into.resize(first.len(), 0);
    create_hashes(arrays, &RandomState::with_seed(SEED), into).map_err(|e| error::datafusion("checking keys", e))?;
    Ok(())
}

fn nulls_of(arrays: &[ArrayRef]) -> Option<arrow::buffer::NullBuffer> {
    let union = |nulls: Option<arrow::buffer::NullBuffer>, array: &ArrayRef| {
        arrow::buffer::NullBuffer::union(nulls.as_ref(), array.logical_nulls().as_ref())
    };
    arrays.iter().fold(None, union)
}

#[cfg(test)]
mod tests;
