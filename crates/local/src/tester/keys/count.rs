//! How many rows repeat a key, and some of them.

use std::collections::{HashMap, HashSet};

use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::take;
use arrow::row::{RowConverter, SortField};
use engine::Result;
use engine::probe::Slice;
use futures::StreamExt;

use super::super::pass::{Found, Ground, SAMPLES_MAX};
use super::super::program::Key;
use super::super::{Opened, TesterOptions, sample};
use super::words::{PARTITIONS, Words};
use super::{Form, Gathered, hashes, mixed, nulls_of};
use crate::error;

/// Words that are looked for only to show rows of them.
const SHOWN_MAX: usize = 16;
/// Keys of colliding hashes that are compared in one look; more take several looks.
const COMPARED_MAX: usize = 1 << 20;

/// Rows beyond the first of each group of equal keys.
pub(in super::super) async fn count(
    opened: &Opened<'_>,
    ground: &Ground,
    key: &Key,
    gathered: Gathered,
    options: &TesterOptions,
) -> Result<Found> {
    let word = gathered.form != Form::Hash;
    if let Some(bits) = &gathered.bits {
        let repeated = bits.repeated().iter().copied().map(mixed).take(SHOWN_MAX).collect();
        let count = bits.duplicates();
        let samples = shown(opened, ground, key, word, count, &repeated).await?;
        return Ok(Found { count, samples });
    }
    let all = if word { SHOWN_MAX } else { usize::MAX };
    let partitions = options.partitions;
    let counted = tokio::task::spawn_blocking(move || repeated(gathered.words, all, partitions)).await;
    let (count, repeated) =
        counted.map_err(|e| engine::Error::new(engine::Kind::Bug, "counting keys was interrupted").because(e))??;
    if word || count == 0 {
        let samples = shown(opened, ground, key, word, count, &repeated).await?;
        return Ok(Found { count, samples });
    }
    compared(opened, ground, key, repeated).await
}

/// Words beyond the first of each, and those that occur twice: all of them, or so many.
fn repeated(words: Vec<Words>, most: usize, threads: usize) -> Result<(u64, HashSet<u64>)> {
    let words = std::sync::Mutex::new(words);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || -> Result<(u64, HashSet<u64>)> {
        let (mut count, mut twice) = (0, HashSet::new());
        let (mut all, mut table) = (Vec::new(), Vec::new());
        loop {
            let partition = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if partition >= PARTITIONS {
                return Ok((count, twice));
            }
            all.clear();
            for words in words.lock().unwrap_or_else(std::sync::PoisonError::into_inner).iter_mut() {
                words.take(partition, &mut all)?;
            }
            count += distinct(&all, &mut table, |word| {
                if twice.len() < most {
                    twice.insert(word);
                }
            });
        }
    };
    let results: Vec<Result<(u64, HashSet<u64>)>> = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        let died = || Err(engine::Error::new(engine::Kind::Bug, "a thread that counts keys died"));
        lanes.into_iter().map(|lane| lane.join().unwrap_or_else(|_| died())).collect()
    });
    let (mut count, mut twice) = (0, HashSet::new());
    for result in results {
        let (more, words) = result?;
        count += more;
        twice.extend(words);
    }
    Ok((count, twice))
}

/// Counts the words beyond the first of each by putting them into a table of open addresses.
fn distinct(words: &[u64], table: &mut Vec<u64>, mut twice: impl FnMut(u64)) -> u64 {
    let size = (words.len() * 2).next_power_of_two().max(16);
    table.clear();
    table.resize(size, 0);
    let mask = size - 1;
    let mut beyond = 0;
    let mut zero = false;
    for word in words {
        // The empty place is zero, so the word zero has a place of its own.
        if *word == 0 {
            if zero {
                beyond += 1;
                twice(0);
            }
            zero = true;
            continue;
        }
        // The first bits are the partition's, so the last ones choose the place.
        let mut at = *word as usize & mask;
        loop {
            match table[at] {
                0 => {
                    table[at] = *word;
                    break;
                }
                known if known == *word => {
                    beyond += 1;
                    twice(*word);
                    break;
                }
                _ => at = (at + 1) & mask,
            }
        }
    }
    beyond
}

/// Some rows that repeat a key, found in another look at the key's columns; none when nothing is repeated.
async fn shown(
    opened: &Opened<'_>,
    ground: &Ground,
    key: &Key,
    word: bool,
    count: u64,
    words: &HashSet<u64>,
) -> Result<Vec<serde_json::Value>> {
    if count == 0 || words.is_empty() {
        return Ok(Vec::new());
    }
    let mut look = Look::start(ground, key, word, words);
    look.over(opened).await?;
    Ok(look.samples)
}

/// Counts exactly where hashes of longer keys collide, which equal keys always do.
async fn compared(opened: &Opened<'_>, ground: &Ground, key: &Key, words: HashSet<u64>) -> Result<Found> {
    let mut found = Found::default();
    let mut words: Vec<u64> = words.into_iter().collect();
    words.sort_unstable();
    for some in words.chunks(COMPARED_MAX) {
        let some = some.iter().copied().collect();
        let mut look = Look::start(ground, key, false, &some);
        look.whole = true;
        look.over(opened).await?;
        found.count += look.beyond;
        found.samples.extend(look.samples);
    }
    found.samples.truncate(SAMPLES_MAX);
    Ok(found)
}

/// Another look at the rows whose keys have one of these words.
struct Look<'a> {
    ground: &'a Ground,
    key: &'a Key,
    word: bool,
    words: &'a HashSet<u64>,
    /// All rows are wanted, not only some to show.
    whole: bool,
    seen: HashMap<Vec<u8>, ()>,
    beyond: u64,
    samples: Vec<serde_json::Value>,
}

impl<'a> Look<'a> {
    fn start(ground: &'a Ground, key: &'a Key, word: bool, words: &'a HashSet<u64>) -> Self {
        Self { ground, key, word, words, whole: false, seen: HashMap::new(), beyond: 0, samples: Vec::new() }
    }

    /// One stream after the other, so that the rows come in their order.
    async fn over(&mut self, opened: &Opened<'_>) -> Result<()> {
        let places: Vec<usize> =
            self.key.columns.iter().filter_map(|at| self.ground.program.columns.get(*at).copied()).collect();
        for mut stream in opened.data.read(&places).await? {
            while let Some(slice) = stream.next().await {
                self.slice(&slice?)?;
                if !self.whole && self.samples.len() >= SAMPLES_MAX {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn slice(&mut self, slice: &Slice) -> Result<()> {
        let failed = |e| error::arrow("comparing keys", e);
        let (columns, of_row) = self.key.values(slice.batch.columns())?;
        let mut words = Vec::new();
        hashes(self.word, &columns, &mut words)?;
        let nulls = nulls_of(&columns);
        let candidate =
            |row: &usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*row)) && self.words.contains(&words[*row]);
        let rows: Vec<usize> = (0..words.len()).filter(candidate).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let indices = UInt32Array::from_iter_values(rows.iter().map(|row| *row as u32));
        let taken: Vec<ArrayRef> =
            columns.iter().map(|column| take(column, &indices, None)).collect::<Result<_, _>>().map_err(failed)?;
        let fields = taken.iter().map(|column| SortField::new(column.data_type().clone())).collect();
        let converter = RowConverter::new(fields).map_err(failed)?;
        let keys = converter.convert_columns(&taken).map_err(failed)?;
        let shown: Vec<usize> = (0..slice.batch.num_columns()).collect();
        for (key, at) in keys.iter().zip(rows) {
            let row = of_row.as_ref().map_or(at, |rows| rows[at]);
            if self.seen.insert(key.data().to_vec(), ()).is_some() {
                self.beyond += 1;
                if self.samples.len() < SAMPLES_MAX {
                    self.samples.push(sample::row(self.ground, slice, row, &shown));
                }
            }
        }
        Ok(())
    }
}
