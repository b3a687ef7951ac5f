//! Duplicates are found, whatever stream they come from.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringViewArray};
use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryPool, UnboundedMemoryPool};

use super::{KeyHashes, collides};

fn keys(pool: &Arc<dyn MemoryPool>, values: &[Option<i64>]) -> KeyHashes {
    let left: ArrayRef = Arc::new(Int64Array::from(values.to_vec()));
    let right: ArrayRef = Arc::new(StringViewArray::from(vec!["same"; values.len()]));
    let batch = RecordBatch::try_from_iter([("a", left), ("b", right)]).unwrap();
    let mut keys = KeyHashes::new(&["a".to_owned(), "b".to_owned()], pool);
    keys.add(&batch).unwrap();
    keys
}

#[test]
fn within_and_between_streams() {
    let pool: Arc<dyn MemoryPool> = Arc::new(UnboundedMemoryPool::default());
    let check = |streams: &[&[Option<i64>]], expected| {
        assert_eq!(collides(streams.iter().map(|values| keys(&pool, values)).collect()), expected, "{streams:?}");
    };
    check(&[], Some(false));
    check(&[&[Some(1), Some(2), Some(3)], &[Some(4)]], Some(false));
    check(&[&[Some(1), Some(2), Some(1)]], Some(true));
    check(&[&[Some(1), Some(2)], &[Some(3)], &[Some(9), Some(2)]], Some(true));
    check(&[&[None, None], &[None]], Some(false));
}

#[test]
fn without_room_it_does_not_guess() {
    let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(1024));
    assert_eq!(collides(vec![keys(&pool, &[Some(1), Some(1)])]), None);
}
