//! Text in a list of words, decided by the views alone where the words are short.
//!
//! A view of a text column is 16 bytes: the length, then up to twelve bytes of text. So a word of twelve bytes or fewer is equal to a
//! text exactly where their views are. The words stand in a table at a place that is computed from the view, with a multiplier
//! under which no two of them meet: one look decides.

use std::collections::HashSet;

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::datatypes::DataType as ArrowType;
use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{Expr, not};

use super::test::{Test, call};
use super::text::each_text;

/// Text that a view holds itself.
const INLINE_MAX: usize = 12;
/// With more words a table without collisions is hard to find.
const WORDS_MAX: usize = 64;
const MULTIPLIERS_MAX: u64 = 1000;

/// The same expression, in which lists of words are looked up in a table. What a database is asked keeps its `IN`.
pub fn with_word_tables(expr: Expr) -> Result<Expr> {
    let transformed = expr.transform_up(|expr| {
        Ok(match expr {
            Expr::InList(list) => match words(&list) {
                Some(words) => {
                    let name = format!("one_of {words:?}");
                    let found = call(name, WordsTest::new(words), *list.expr);
                    Transformed::yes(if list.negated { not(found) } else { found })
                }
                None => Transformed::no(Expr::InList(list)),
            },
            other => Transformed::no(other),
        })
    })?;
    Ok(transformed.data)
}

/// The list's words, where it is about a column and has nothing but words.
fn words(list: &InList) -> Option<Vec<String>> {
    let is_column = matches!(list.expr.as_ref(), Expr::Column(_));
    let word = |expr: &Expr| match expr {
        Expr::Literal(scalar, _) => scalar.try_as_str().flatten().map(str::to_owned),
        _ => None,
    };
    is_column.then(|| list.list.iter().map(word).collect())?
}

struct WordsTest {
    words: HashSet<String>,
    table: Option<Table>,
}

impl WordsTest {
    fn new(words: Vec<String>) -> Self {
        let words: HashSet<String> = words.into_iter().collect();
        Self { table: Table::of(&words), words }
    }
}

impl Test for WordsTest {
    fn holds(&self, array: &dyn Array) -> Result<BooleanBuffer> {
        match (array.data_type(), &self.table) {
            (ArrowType::Utf8View, Some(table)) => {
                let views = array.as_string_view().views();
                Ok(BooleanBuffer::collect_bool(array.len(), |row| table.has(views[row])))
            }
            _ => each_text(array, |value| self.words.contains(value)),
        }
    }
}

struct Table {
    /// Views; where no word is, one that is elsewhere or is of no text.
    slots: Vec<u128>,
    multiplier: u64,
    shift: u32,
}

impl Table {
    /// None for too many or too long words.
    fn of(words: &HashSet<String>) -> Option<Self> {
        if words.is_empty() || words.len() > WORDS_MAX || words.iter().any(|word| word.len() > INLINE_MAX) {
            return None;
        }
        let views: Vec<u128> = words.iter().map(|word| view(word)).collect();
        // With four times as many places as there are words squared, most multipliers will do.
        let bits = (views.len() * views.len() * 4).next_power_of_two().trailing_zeros().clamp(2, 12);
        (1..=MULTIPLIERS_MAX).find_map(|number| Self::with(&views, number, 64 - bits))
    }

    fn with(views: &[u128], number: u64, shift: u32) -> Option<Self> {
        // Odd multiples of the golden ratio spread well (Knuth, The Art of Computer Programming 3, 6.4).
        let multiplier = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(2 * number - 1);
        // A view of length u32::MAX that is inline is no text.
        let mut table = Self { slots: vec![u128::from(u32::MAX); 1 << (64 - shift)], multiplier, shift };
        for view in views {
            let place = table.place(*view);
            let slot = table.slots.get_mut(place)?;
            if *slot != u128::from(u32::MAX) {
                return None;
            }
            *slot = *view;
        }
        Some(table)
    }

    fn place(&self, view: u128) -> usize {
        let folded = (view as u64) ^ ((view >> 64) as u64).rotate_left(32);
        (folded.wrapping_mul(self.multiplier) >> self.shift) as usize
    }

    fn has(&self, view: u128) -> bool {
        self.slots.get(self.place(view)).is_some_and(|slot| *slot == view)
    }
}

/// As Arrow lays it out: length, then the bytes, little-endian.
fn view(word: &str) -> u128 {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&(word.len() as u32).to_le_bytes());
    bytes[4..4 + word.len()].copy_from_slice(word.as_bytes());
    u128::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use datafusion::arrow::array::{ArrayRef, StringArray, StringViewArray};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn finds_what_is_in_the_list(
            words in prop::collection::vec("[aAß]{0,4}|[0-9]{10,14}", 1..80),
            others in prop::collection::vec("[aAß]{0,4}|[0-9]{10,14}", 0..40),
            nulls in prop::collection::vec(any::<bool>(), 40),
        ) {
            let test = WordsTest::new(words.clone());
            let values: Vec<Option<&str>> = others.iter().chain(&words).zip(nulls.iter().cycle())
                .map(|(value, null)| (!null).then_some(value.as_str())).collect();
            let views: ArrayRef = Arc::new(StringViewArray::from_iter(values.clone()));
            let texts: ArrayRef = Arc::new(StringArray::from_iter(values.clone()));
            for array in [&views, &texts, &views.slice(1, values.len() - 1)] {
                let found = test.holds(array).unwrap();
                let first = values.len() - array.len();
                for (row, value) in values.iter().skip(first).enumerate() {
                    if let Some(value) = value {
                        prop_assert_eq!(found.value(row), words.iter().any(|word| word == value), "{}", value);
                    }
                }
            }
        }
    }

    #[test]
    fn short_words_have_a_table() {
        let has = |words: &[&str]| Table::of(&words.iter().map(|word| (*word).to_owned()).collect()).is_some();
        assert!(has(&["AT", "BR", "CH", "DE", "ES", "FR", "IT", "JP", "UK", "US"]));
        assert!(has(&[""]));
        assert!(!has(&["thirteen char"]));
    }
}
