//! Words by their first bits, in memory as long as there is room, then on disk.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use engine::{Error, Kind, Result};

pub(super) const PARTITIONS: usize = 256;
const BITS: u32 = 64 - PARTITIONS.trailing_zeros();
/// Words of a partition are kept in pieces, so that growing copies nothing.
const PIECE_WORDS: usize = 1 << 10;
const WORD_BYTES: usize = size_of::<u64>();

pub(super) struct Words {
    partitions: Vec<Vec<Vec<u64>>>,
    /// Pieces in memory.
    pieces: usize,
    pieces_max: usize,
    folder: PathBuf,
    spilled: Option<Spilled>,
    pub added: u64,
}

struct Spilled {
    file: File,
    end: u64,
    /// By partition: where its words stand, and how many.
    places: Vec<Vec<(u64, usize)>>,
}

impl Words {
    /// `memory` in bytes.
    pub fn new(memory: usize, folder: &Path) -> Self {
        Self {
            partitions: vec![Vec::new(); PARTITIONS],
            pieces: 0,
            // At least one piece per partition, or nothing could be gathered.
            pieces_max: (memory / (PIECE_WORDS * WORD_BYTES)).max(PARTITIONS),
            folder: folder.to_path_buf(),
            spilled: None,
            added: 0,
        }
    }

    pub fn add(&mut self, words: impl Iterator<Item = u64>) -> Result<()> {
        for word in words {
            self.push(word)?;
        }
        Ok(())
    }

    #[inline]
    fn push(&mut self, word: u64) -> Result<()> {
        self.added += 1;
        let partition = &mut self.partitions[(word >> BITS) as usize];
        match partition.last_mut().filter(|piece| piece.len() < PIECE_WORDS) {
            Some(piece) => piece.push(word),
            None => {
                let mut piece = Vec::with_capacity(PIECE_WORDS);
                piece.push(word);
                partition.push(piece);
                self.pieces += 1;
                if self.pieces > self.pieces_max {
                    self.spill()?;
                }
            }
        }
        Ok(())
    }

    fn spill(&mut self) -> Result<()> {
        let mut spilled = match self.spilled.take() {
            Some(spilled) => spilled,
            None => Spilled::create(&self.folder)?,
        };
        for (at, partition) in self.partitions.iter_mut().enumerate() {
            for piece in partition.drain(..) {
                spilled.write(at, &piece)?;
            }
        }
        self.pieces = 0;
        self.spilled = Some(spilled);
        Ok(())
    }

    /// Appends all words of a partition and forgets those in memory.
    pub fn take(&mut self, partition: usize, into: &mut Vec<u64>) -> Result<()> {
        for piece in std::mem::take(&mut self.partitions[partition]) {
            into.extend(piece);
        }
        match &self.spilled {
            Some(spilled) => spilled.read(partition, into),
            None => Ok(()),
        }
    }

    #[cfg(test)]
    pub fn is_spilled(&self) -> bool {
        self.spilled.is_some()
    }
}

impl Spilled {
    /// The file has no name any more once it is open, so nothing is left behind however the process ends.
    fn create(folder: &Path) -> Result<Self> {
        let path = folder.join(format!("keys-{}", uuid::Uuid::now_v7()));
        let failed = |error: std::io::Error| not_spilled(&path, &error);
        std::fs::create_dir_all(folder).map_err(failed)?;
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path).map_err(failed)?;
        std::fs::remove_file(&path).map_err(failed)?;
        Ok(Self { file, end: 0, places: vec![Vec::new(); PARTITIONS] })
    }

    fn write(&mut self, partition: usize, words: &[u64]) -> Result<()> {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.file.write_all_at(&bytes, self.end).map_err(|error| not_spilled(Path::new("the spill file"), &error))?;
        self.places[partition].push((self.end, words.len()));
        self.end += bytes.len() as u64;
        Ok(())
    }

    fn read(&self, partition: usize, into: &mut Vec<u64>) -> Result<()> {
        let mut bytes = Vec::new();
        for (at, words) in &self.places[partition] {
            bytes.resize(words * WORD_BYTES, 0);
            self.file
                .read_exact_at(&mut bytes, *at)
                .map_err(|error| not_spilled(Path::new("the spill file"), &error))?;
            let words = bytes.chunks_exact(WORD_BYTES).map(|word| word.try_into().map_or(0, u64::from_le_bytes));
            into.extend(words);
        }
        Ok(())
    }
}

fn not_spilled(path: &Path, error: &std::io::Error) -> Error {
    Error::new(Kind::Refused, format!("keys that do not fit in memory cannot be put on disk: {error}"))
        .at(path.display().to_string())
        .help("free space, or raise --memory")
}
