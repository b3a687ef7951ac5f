//! Whole numbers of a known range, a bit each.

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Int32Type, Int64Type};
use engine::{Error, Kind, Result};

/// Repeated values that are remembered, to be shown.
const REPEATED_MAX: usize = 64;

pub(super) struct Bits {
    least: i64,
    range: u64,
    words: Vec<u64>,
    /// Values that were added.
    added: u64,
    /// Some values that were added twice.
    repeated: Vec<i64>,
}

impl Bits {
    pub fn new(least: i64, range: u64) -> Self {
        let words = usize::try_from(range / 64 + 1).unwrap_or(0);
        Self { least, range, words: vec![0; words], added: 0, repeated: Vec::new() }
    }

    pub fn add(&mut self, array: &ArrayRef, nulls: Option<&NullBuffer>) -> Result<()> {
        match array.data_type() {
            DataType::Int64 => self.values::<Int64Type>(array, nulls),
            DataType::Int32 => self.values::<Int32Type>(array, nulls),
            _ => {
                let words = super::as_words(array)?;
                match nulls {
                    None => words.into_iter().try_for_each(|value| self.set(value)),
                    Some(nulls) => nulls.valid_indices().try_for_each(|row| self.set(words[row])),
                }
            }
        }
    }

    fn values<T: ArrowPrimitiveType>(&mut self, array: &ArrayRef, nulls: Option<&NullBuffer>) -> Result<()>
    where
        T::Native: Into<i64>,
    {
        let values = array.as_primitive::<T>().values();
        match nulls {
            None => values.iter().try_for_each(|value| self.set((*value).into())),
            Some(nulls) => nulls.valid_indices().try_for_each(|row| self.set(values[row].into())),
        }
    }

    #[inline]
    fn set(&mut self, value: i64) -> Result<()> {
        let at = value.wrapping_sub(self.least) as u64;
        if at > self.range {
            return Err(lied());
        }
        let Some(word) = self.words.get_mut((at / 64) as usize) else { return Err(lied()) };
        let bit = 1 << (at % 64);
        if *word & bit != 0 && self.repeated.len() < REPEATED_MAX {
            self.repeated.push(value);
        }
        *word |= bit;
        self.added += 1;
        Ok(())
    }

    pub fn join(&mut self, other: &Self) {
        for (at, (word, theirs)) in self.words.iter_mut().zip(&other.words).enumerate() {
            let mut both = *word & theirs;
            while both != 0 && self.repeated.len() < REPEATED_MAX {
                let value = self.least.wrapping_add((at as i64) * 64 + i64::from(both.trailing_zeros()));
                self.repeated.push(value);
                both &= both - 1;
            }
            *word |= theirs;
        }
        self.added += other.added;
        self.repeated.extend(&other.repeated);
        self.repeated.truncate(REPEATED_MAX);
    }

    /// Values beyond the first of each.
    pub fn duplicates(&self) -> u64 {
        let distinct: u64 = self.words.iter().map(|word| u64::from(word.count_ones())).sum();
        self.added - distinct
    }

    pub fn repeated(&self) -> &[i64] {
        &self.repeated
    }
}

/// A value lies outside of what the file's statistics say.
fn lied() -> Error {
    Error::new(Kind::Input, "the file's statistics do not hold for its values")
        .help("write the file again with a writer that keeps its statistics right")
}
