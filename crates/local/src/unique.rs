//! Uniqueness of keys over a whole table, without holding the keys.
//!
//! Equal keys have equal hashes, so a set of 64-bit hashes without duplicates proves that there is no duplicate key: 8 bytes a
//! row and one sort. Only when hashes collide are the keys themselves counted, by a query that may spill.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::buffer::NullBuffer;
use datafusion::common::hash_utils::{RandomState, create_hashes};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};
use engine::Result;

use crate::error;

/// Fixed, so that hashes of one table agree between streams of one stage.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// The key hashes of one stream.
pub(crate) struct KeyHashes {
    pub columns: Vec<String>,
    pub hashes: Vec<u64>,
    scratch: Vec<u64>,
    reservation: MemoryReservation,
    /// There was no room: the keys must be counted.
    pub overflown: bool,
}

impl KeyHashes {
    pub fn new(columns: &[String], pool: &Arc<dyn MemoryPool>) -> Self {
        let reservation = MemoryConsumer::new("unique keys").register(pool);
        Self { columns: columns.to_vec(), hashes: Vec::new(), scratch: Vec::new(), reservation, overflown: false }
    }

    /// Adds the keys of a batch; a key with a NULL in it is never a duplicate.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        if self.overflown {
            return Ok(());
        }
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.columns.len());
        for name in &self.columns {
            let index = batch.schema_ref().index_of(name).map_err(|e| error::arrow("checking keys", e))?;
            arrays.push(batch.column(index).clone());
        }
        self.scratch.clear();
        self.scratch.resize(batch.num_rows(), 0);
        create_hashes(&arrays, &RandomState::with_seed(SEED), &mut self.scratch)
            .map_err(|e| error::datafusion("checking keys", e))?;
        self.reserve(batch.num_rows());
        if self.overflown {
            return Ok(());
        }
        let nulls =
            arrays.iter().fold(None, |nulls, array| NullBuffer::union(nulls.as_ref(), array.logical_nulls().as_ref()));
        match nulls.filter(|nulls| nulls.null_count() > 0) {
            None => self.hashes.extend_from_slice(&self.scratch),
            Some(nulls) => self.hashes.extend(nulls.valid_indices().map(|row| self.scratch[row])),
        }
        Ok(())
    }

    fn reserve(&mut self, more: usize) {
        let free = self.hashes.capacity() - self.hashes.len();
        if free >= more {
            return;
        }
        let grown = (self.hashes.capacity() * 2).max(self.hashes.len() + more).max(64 << 10);
        if self.reservation.try_resize(grown * 8).is_err() {
            self.overflown = true;
            self.hashes = Vec::new();
            self.reservation.free();
            return;
        }
        self.hashes.reserve_exact(grown - self.hashes.len());
    }
}

/// Whether some hash occurs twice over all streams; `None` when there was no room to tell.
pub(crate) fn collides(streams: Vec<KeyHashes>) -> Option<bool> {
    if streams.iter().any(|stream| stream.overflown) {
        return None;
    }
    let mut sorted: Vec<Vec<u64>> = streams.into_iter().map(|stream| stream.hashes).collect();
    let twice = std::thread::scope(|scope| {
        let sorting: Vec<_> = sorted
            .iter_mut()
            .map(|hashes| {
                scope.spawn(|| {
                    hashes.sort_unstable();
                    hashes.windows(2).any(|pair| pair[0] == pair[1])
                })
            })
            .collect();
        sorting.into_iter().any(|thread| thread.join().unwrap_or(true))
    });
    Some(twice || shared(sorted))
}

/// Whether two of the sorted lists have a hash in common.
fn shared(mut lists: Vec<Vec<u64>>) -> bool {
    lists.retain(|list| !list.is_empty());
    while let Some(list) = lists.pop() {
        for other in &lists {
            let (mut a, mut b) = (list.iter().peekable(), other.iter().peekable());
            while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
                match x.cmp(y) {
                    std::cmp::Ordering::Less => a.next(),
                    std::cmp::Ordering::Greater => b.next(),
                    std::cmp::Ordering::Equal => return true,
                };
            }
        }
    }
    false
}

#[cfg(test)]
mod tests;
