//! Words in partitions and bits, beside a plain set.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, Int64Array, UInt64Array};

use super::bits::Bits;
use super::words::{PARTITIONS, Words};
use super::*;

/// Rows beyond the first of each value.
fn beyond(values: &[i64]) -> u64 {
    let mut seen = HashSet::new();
    values.iter().filter(|value| !seen.insert(**value)).count() as u64
}

#[test]
fn mixing_maps_no_two_words_to_one() {
    let words: Vec<i64> = (-50_000..50_000).chain([i64::MIN, i64::MAX]).chain((0..62).map(|bit| 1 << bit)).collect();
    let distinct: HashSet<i64> = words.iter().copied().collect();
    let mixed: HashSet<u64> = words.iter().copied().map(mixed).collect();
    assert_eq!(mixed.len(), distinct.len());
}

#[test]
fn bits_count_what_a_set_counts() {
    let values: Vec<i64> = (0..1000).map(|at| (at * 7919) % 613 - 300).collect();
    let (one, other) = values.split_at(400);
    let mut bits = Bits::new(-300, 613);
    bits.add(&(Arc::new(Int64Array::from(one.to_vec())) as ArrayRef), None).unwrap();
    let mut others = Bits::new(-300, 613);
    let narrow: Vec<i32> = other.iter().map(|value| *value as i32).collect();
    others.add(&(Arc::new(Int32Array::from(narrow)) as ArrayRef), None).unwrap();
    bits.join(&others);
    assert_eq!(bits.duplicates(), beyond(&values));
    assert!(bits.repeated().iter().all(|value| values.iter().filter(|other| *other == value).count() > 1));
}

#[test]
fn bits_refuse_values_that_the_statistics_exclude() {
    let values: ArrayRef = Arc::new(UInt64Array::from(vec![5, 11]));
    assert!(Bits::new(0, 10).add(&values, None).is_err());
}

#[test]
fn words_are_the_same_on_disk_and_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let words: Vec<u64> = (0..1_000_000_i64).map(|at| mixed(at % 700_001)).collect();
    let mut kept = Words::new(0, folder.path());
    kept.add(words.iter().copied()).unwrap();
    assert!(kept.is_spilled());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "a spill file has no name");
    let mut back = Vec::new();
    (0..PARTITIONS).for_each(|partition| kept.take(partition, &mut back).unwrap());
    let (mut words, mut back) = (words, back);
    words.sort_unstable();
    back.sort_unstable();
    assert_eq!(words, back);
}
