//! Dead letters on their way back: scratch files that a source can read, and which letter each of their records is.
//!
//! Both stand on disk: there may be more letters than fit in memory. Beside each file of records stands an index with one entry
//! of a fixed length per letter, ascending by line, so that the letter of a record that is refused again is found by halving.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use contract::Dataset;
use deltalake::kernel::Add;
use engine::keys::{Envelope, Keys};
use engine::{DeadLetter, Error, FileRef, Kind, Result, StageJob};
use futures::StreamExt;
use pipeline::SourceSpec;
use pipeline::project::{CsvOptions, Encoding, FileFormat, Vanished};

use super::record;
use super::{DeadLetters, Refused, Seal, files, from_batch, opened, table, to_batch};
use crate::writer::DataFiles;
use crate::{Local, delta, error};

pub(crate) struct Replay {
    pub spec: SourceSpec,
    pub files: Vec<FileRef>,
    /// Data files of the dead letter table that the replay empties.
    pub consumed: Vec<Add>,
    /// Unpublished files with the letters that no reader can take back, as they are.
    pub kept: Vec<Add>,
    /// By file of the request.
    records: Vec<Records>,
    /// The files that the letters came from.
    origins: Vec<String>,
    folder: PathBuf,
}

/// One file of records, and its index.
struct Records {
    text: File,
    index: File,
    letters: u64,
    header: Option<String>,
}

/// What the index says of a letter.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Entry {
    /// The line on which its record starts, from 1.
    line: u64,
    /// Where its raw form stands in the file of records. Bytes.
    offset: u64,
    length: u64,
    /// Into `Replay::origins`, from 1; 0 is no file.
    origin: u64,
    /// The row in that file, from 1; 0 is not known.
    row: u64,
}

impl Entry {
    const BYTES: usize = 40;

    fn encode(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let numbers = [self.line, self.offset, self.length, self.origin, self.row];
        for (place, number) in bytes.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    fn decode(bytes: &[u8; Self::BYTES]) -> Self {
        let mut numbers = bytes.chunks_exact(8).map(|eight| {
            let mut number = [0; 8];
            number.copy_from_slice(eight);
            u64::from_le_bytes(number)
        });
        let mut next = || numbers.next().unwrap_or(0);
        Self { line: next(), offset: next(), length: next(), origin: next(), row: next() }
    }
}

impl Replay {
    pub async fn prepare(local: &Local, job: &StageJob, spec: Option<&SourceSpec>) -> Result<Self> {
        let folder = local.scratch.folder.join(format!("replay-{}", job.run));
        let place = match Seal::of(&job.dataset, &local.keys)? {
            Some(_) => Place::Memory,
            None => Place::Folder(folder.clone()),
        };
        if let Place::Folder(folder) = &place {
            std::fs::create_dir_all(folder).map_err(|e| scratch(folder, e))?;
        }
        let spec = Self::spec(spec);
        let mut replay = Self {
            spec,
            files: Vec::new(),
            consumed: Vec::new(),
            kept: Vec::new(),
            records: Vec::new(),
            origins: Vec::new(),
            folder,
        };
        let dead = table(&job.table);
        let Some(opened) = local.tables.open(&dead).await? else { return Ok(replay) };
        replay.consumed = delta::files(&opened)?;
        let mut writing = Writing::new(&replay.spec, &job.dataset, place, files(local, &dead), local.keys.clone());
        let letters = DeadLetters::new(local, &job.table);
        let mut stream = letters.stream(&opened).await?;
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(|e| error::datafusion("reading dead letters", e))?;
            writing.add(from_batch(&batch)?).await?;
        }
        writing.finish(&mut replay).await?;
        Ok(replay)
    }

    /// Raw forms are kept as UTF-8, and as JSON where the row did not come from text.
    fn spec(spec: Option<&SourceSpec>) -> SourceSpec {
        let format = match spec.map(|spec| &spec.format) {
            Some(FileFormat::Csv(options)) => {
                FileFormat::Csv(CsvOptions { encoding: Encoding::Utf8, ..options.clone() })
            }
            _ => FileFormat::Ndjson,
        };
        SourceSpec { files: String::new(), format, vanished: Vanished::Block }
    }

    /// The letter that a record of a replay file was, refused again.
    pub fn letter(&self, file: u32, line: u64, checks: String) -> Result<Option<Refused<'_>>> {
        let Some(records) = self.records.get(file as usize) else { return Ok(None) };
        let Some(entry) = records.entry(line).map_err(|e| scratch(&self.folder, e))? else { return Ok(None) };
        let raw = records.raw(entry).map_err(|e| scratch(&self.folder, e))?;
        let origin = usize::try_from(entry.origin).unwrap_or(0).checked_sub(1);
        Ok(Some(Refused {
            file: origin.and_then(|origin| self.origins.get(origin)).map(String::as_str),
            row: (entry.row > 0).then_some(entry.row),
            raw: raw.into(),
            header: records.header.as_deref(),
            checks,
        }))
    }
}

impl Records {
    /// The last letter that starts on this line or before it.
    fn entry(&self, line: u64) -> std::io::Result<Option<Entry>> {
        let (mut low, mut high) = (0, self.letters);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.at(middle)?.line <= line {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low.checked_sub(1).map(|index| self.at(index)).transpose()
    }

    fn at(&self, index: u64) -> std::io::Result<Entry> {
        let mut bytes = [0; Entry::BYTES];
        self.index.read_exact_at(&mut bytes, index * Entry::BYTES as u64)?;
        Ok(Entry::decode(&bytes))
    }

    fn raw(&self, entry: Entry) -> std::io::Result<Vec<u8>> {
        let mut raw = vec![0; usize::try_from(entry.length).unwrap_or(0)];
        self.text.read_exact_at(&mut raw, entry.offset)?;
        Ok(raw)
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Where the scratch files are. Raw forms that are kept encrypted are never put on a disk in the clear.
enum Place {
    Folder(PathBuf),
    Memory,
}

/// The scratch files while they are made: one group for each header that the letters' files had.
struct Writing {
    csv: bool,
    /// Of a CSV source.
    records: Option<record::Records>,
    place: Place,
    keys: Keys,
    groups: BTreeMap<Option<String>, Group>,
    origins: BTreeMap<String, u64>,
    kept: DataFiles,
}

struct Group {
    name: usize,
    /// Records and index, where they have no path.
    memory: Option<(File, File)>,
    bytes: u64,
    lines: u64,
    letters: u64,
}

impl Writing {
    fn new(spec: &SourceSpec, dataset: &Dataset, place: Place, kept: DataFiles, keys: Keys) -> Self {
        let csv = matches!(&spec.format, FileFormat::Csv(options) if options.header);
        let records = match &spec.format {
            FileFormat::Csv(options) => Some(record::Records::new(options, dataset)),
            _ => None,
        };
        Self { csv, records, place, keys, groups: BTreeMap::new(), origins: BTreeMap::new(), kept }
    }

    /// Files are opened for one batch only: there may be more headers than a process may have open files.
    async fn add(&mut self, letters: Vec<DeadLetter>) -> Result<()> {
        let mut kept = Vec::new();
        let mut headers: BTreeMap<String, record::Header> = BTreeMap::new();
        let mut by_header: BTreeMap<Option<String>, Vec<DeadLetter>> = BTreeMap::new();
        for sealed in letters {
            let mut letter = sealed.clone();
            opened(&self.keys, &mut letter);
            if let Some((raw, header)) = self.records.as_ref().and_then(|records| records.of(&letter)) {
                (letter.raw, letter.header) = (Some(raw), header);
            }
            let is_foreign = match (&self.records, &letter.header) {
                (Some(records), Some(header)) if self.csv => {
                    // Letters come in their thousands, and headers in ones.
                    if !headers.contains_key(header) {
                        headers.insert(header.clone(), records.header(header));
                    }
                    match headers.get(header) {
                        Some(record::Header::Named(named)) => {
                            letter.header = Some(named.clone());
                            false
                        }
                        Some(record::Header::Foreign) => true,
                        Some(record::Header::AsIs) | None => false,
                    }
                }
                _ => false,
            };
            let is_sealed = letter.raw.as_deref().is_some_and(|raw| Envelope::of(raw).is_some());
            match letter.raw.is_none() || is_sealed || is_foreign || (self.csv && letter.header.is_none()) {
                true => kept.push(sealed),
                false => by_header.entry(letter.header.clone().filter(|_| self.csv)).or_default().push(letter),
            }
        }
        self.kept.write(&to_batch(&kept)?).await?;
        for (header, letters) in by_header {
            self.append(header, &letters).map_err(|e| scratch(Path::new("replay"), e))?;
        }
        Ok(())
    }

    fn append(&mut self, header: Option<String>, letters: &[DeadLetter]) -> std::io::Result<()> {
        let name = self.groups.len();
        let first = header.as_deref().map(|header| header.trim_end_matches(['\r', '\n']).to_owned());
        let group = self.groups.entry(header).or_insert(Group { name, memory: None, bytes: 0, lines: 0, letters: 0 });
        let (text, index) = match &self.place {
            Place::Memory => group.in_memory()?,
            Place::Folder(folder) => {
                let (text, index) = paths(folder, group.name, self.csv);
                let mut append = OpenOptions::new();
                let append = append.create(true).append(true);
                (append.open(text)?, append.open(index)?)
            }
        };
        let (mut text, mut index) = (BufWriter::new(text), BufWriter::new(index));
        if let Some(first) = first.filter(|_| group.letters == 0) {
            group.write(&mut text, &first)?;
        }
        for letter in letters {
            let raw = letter.raw.as_deref().unwrap_or_default();
            let next = self.origins.len() as u64 + 1;
            let origin = letter.file.as_ref().map(|file| *self.origins.entry(file.clone()).or_insert(next));
            let entry = Entry {
                line: group.lines + 1,
                offset: group.bytes,
                length: raw.len() as u64,
                origin: origin.unwrap_or(0),
                row: letter.row.and_then(|row| u64::try_from(row).ok()).unwrap_or(0),
            };
            index.write_all(&entry.encode())?;
            group.write(&mut text, raw)?;
            group.letters += 1;
        }
        text.flush().and_then(|()| index.flush())
    }

    async fn finish(self, replay: &mut Replay) -> Result<()> {
        let mut groups: Vec<(Option<String>, Group)> = self.groups.into_iter().collect();
        groups.sort_by_key(|(_, group)| group.name);
        for (header, group) in groups {
            let (bytes, letters) = (group.bytes, group.letters);
            let (text, index, path) = match (&self.place, group.memory) {
                (Place::Folder(folder), _) => {
                    let (text, index) = paths(folder, group.name, self.csv);
                    let open = |path: &Path| File::open(path).map_err(|e| scratch(path, e));
                    let path = std::path::absolute(&text).unwrap_or_else(|_| text.clone());
                    (open(&text)?, open(&index)?, path.to_string_lossy().into_owned())
                }
                (Place::Memory, Some((text, index))) => {
                    let path = format!("/proc/self/fd/{}", text.as_raw_fd());
                    (text, index, path)
                }
                (Place::Memory, None) => continue,
            };
            replay.records.push(Records { text, index, letters, header });
            replay.files.push(FileRef { path, size: bytes, modified_ms: 0, hash: None });
        }
        let mut origins: Vec<(String, u64)> = self.origins.into_iter().collect();
        origins.sort_by_key(|(_, number)| *number);
        replay.origins = origins.into_iter().map(|(file, _)| file).collect();
        replay.kept = self.kept.finish().await?;
        Ok(())
    }
}

impl Group {
    /// Handles of the same two files each time; what is written goes behind what is there.
    fn in_memory(&mut self) -> std::io::Result<(File, File)> {
        let (text, index) = match &self.memory {
            Some(files) => files,
            None => self.memory.insert((memory_file()?, memory_file()?)),
        };
        Ok((text.try_clone()?, index.try_clone()?))
    }

    fn write(&mut self, to: &mut impl Write, text: &str) -> std::io::Result<()> {
        to.write_all(text.as_bytes())?;
        to.write_all(b"\n")?;
        self.bytes += text.len() as u64 + 1;
        self.lines += 1 + text.matches('\n').count() as u64;
        Ok(())
    }
}

/// A file that is in memory only and goes with the process.
#[cfg(target_os = "linux")]
fn memory_file() -> std::io::Result<File> {
    let file = rustix::fs::memfd_create("plimsoll-replay", rustix::fs::MemfdFlags::CLOEXEC)?;
    Ok(File::from(file))
}

#[cfg(not(target_os = "linux"))]
fn memory_file() -> std::io::Result<File> {
    Err(std::io::Error::new(
        std::io::ErrorKind::Unsupported,
        "dead letters of a dataset with protected columns are replayed on Linux only: elsewhere they would be written to a disk",
    ))
}

fn paths(folder: &Path, group: usize, csv: bool) -> (PathBuf, PathBuf) {
    let ending = if csv { "csv" } else { "ndjson" };
    (folder.join(format!("{group}.{ending}")), folder.join(format!("{group}.index")))
}

fn scratch(path: &Path, e: std::io::Error) -> Error {
    Error::new(Kind::Refused, format!("a scratch file: {e}")).at(path.display().to_string())
}
