//! The bytes of one file as text: opened, hashed as stored, unpacked, transcoded to UTF-8.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use engine::{Error, Kind, Result};
use flate2::read::MultiGzDecoder;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::ObjectStoreExt;
use pipeline::FileRef;
use pipeline::project::Encoding;
use tokio::runtime::Handle;
use xxhash_rust::xxh3::Xxh3;

use super::store::{Place, Stores, io_error, store_error};

mod documents;
mod transcode;

/// What packed data is read in; also what a hash is computed in.
const READ_BYTES: usize = 64 << 10;

/// Bytes of a file, unpacked.
pub type Source = Box<dyn Read + Send>;

/// A file that is being read. All calls block, so they belong on a thread that may.
pub struct Input {
    pub path: String,
    reader: Box<dyn Read + Send>,
    tally: Arc<Mutex<Tally>>,
    /// The store's own tag of this very content.
    tag: Option<String>,
    expected_bytes: u64,
}

/// What went by of the bytes as stored.
struct Tally {
    hash: Xxh3,
    bytes: u64,
}

impl Input {
    /// Must run where `runtime` may be blocked on.
    pub fn open(stores: &Stores, file: &FileRef, encoding: Encoding, runtime: &Handle) -> Result<Self> {
        let tally = Arc::new(Mutex::new(Tally { hash: Xxh3::new(), bytes: 0 }));
        let (stored, size, tag): (Box<dyn Read + Send>, u64, Option<String>) = match stores.place(&file.path)? {
            Place::Local(path) => {
                let (opened, size) = open_local(&path)?;
                (Box::new(opened), size, None)
            }
            Place::Remote(remote) => {
                let got = runtime
                    .block_on(remote.store.get(&remote.path()?))
                    .map_err(|error| store_error(error, &file.path))?;
                let (size, tag) = (got.meta.size, got.meta.e_tag.clone());
                (Box::new(Streamed::new(got.into_stream(), runtime.clone())), size, tag)
            }
        };
        if size != file.size {
            return Err(changed(&file.path, file.size, size));
        }
        let counted = Counted { inner: stored, tally: Arc::clone(&tally) };
        let unpacked = unpacked(counted, packing(&file.path).filter(|_| size > 0), &file.path)?;
        let reader = transcode::to_utf8(unpacked, encoding);
        Ok(Self { path: file.path.clone(), reader, tally, tag, expected_bytes: size })
    }

    /// The same input as one JSON object a line; `columns` are the names that objects of records have.
    pub fn documents(self, columns: Arc<Vec<String>>) -> Self {
        Self { reader: Box::new(documents::Lines::new(self.reader, columns)), ..self }
    }

    /// What is read of it, for whoever reads without chunks.
    pub fn into_source(self) -> Source {
        self.reader
    }

    /// Reads until `buffer` has grown by `wanted` bytes or the file ends; says whether it ended.
    pub fn fill(&mut self, buffer: &mut Vec<u8>, wanted: usize) -> Result<bool> {
        let mut filled = buffer.len();
        buffer.resize(filled + wanted, 0);
        while filled < buffer.len() {
            match self.reader.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.told(error)),
            }
        }
        let ended = filled < buffer.len();
        buffer.truncate(filled);
        Ok(ended)
    }

    /// Bytes of the file, as stored, that were read so far.
    pub fn stored_bytes(&self) -> u64 {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).bytes
    }

    /// The content's hash; the file must have been read to its end.
    pub fn finish(&self) -> Result<String> {
        let tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        if tally.bytes != self.expected_bytes {
            return Err(changed(&self.path, self.expected_bytes, tally.bytes));
        }
        Ok(self.tag.clone().unwrap_or_else(|| show(tally.hash.digest())))
    }

    fn told(&self, error: io::Error) -> Error {
        match error.downcast::<object_store::Error>() {
            Ok(error) => store_error(error, &self.path),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && packing(&self.path).is_some() => {
                let packing = packing(&self.path).unwrap_or(Packing::Gzip).name();
                Error::new(Kind::Input, format!("`{}` ends in the middle of its {packing} data", self.path))
                    .at(&self.path)
                    .help("it was cut off while it was written or copied; deliver it again")
                    .because(error)
            }
            Err(error) => match packing(&self.path).filter(|packing| packing.is_told_by(&error)) {
                Some(packing) => {
                    let (name, ending) = (packing.name(), packing.ending());
                    Error::new(Kind::Input, format!("`{}` is not intact {name}: {error}", self.path))
                        .at(&self.path)
                        .help(format!("deliver it again, or give it a name without {ending} if it is not packed"))
                        .because(error)
                }
                None => io_error(error, Path::new(&self.path)),
            },
        }
    }
}

/// How a file is packed, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Gzip,
    Zstandard,
    Bzip2,
}

impl Packing {
    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstandard => "zstandard",
            Self::Bzip2 => "bzip2",
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Gzip => ".gz",
            Self::Zstandard => ".zst",
            Self::Bzip2 => ".bz2",
        }
    }

    /// Whether an error is about the packed data rather than about the disk.
    fn is_told_by(self, error: &io::Error) -> bool {
        let foreign = error.raw_os_error().is_none() && error.kind() == io::ErrorKind::Other;
        matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
            || (self != Self::Gzip && foreign)
    }
}

fn packing(path: &str) -> Option<Packing> {
    [Packing::Gzip, Packing::Zstandard, Packing::Bzip2].into_iter().find(|packing| path.ends_with(packing.ending()))
}

fn unpacked(stored: Counted, packing: Option<Packing>, path: &str) -> Result<Box<dyn Read + Send>> {
    let Some(packing) = packing else { return Ok(Box::new(stored)) };
    let stored = io::BufReader::with_capacity(READ_BYTES, stored);
    Ok(match packing {
        Packing::Gzip => Box::new(MultiGzDecoder::new(stored)),
        Packing::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(stored)),
        Packing::Zstandard => Box::new(
            zstd::stream::read::Decoder::with_buffer(stored).map_err(|error| io_error(error, Path::new(path)))?,
        ),
    })
}

/// The content hash of a file that is not read otherwise.
pub async fn hash(stores: &Arc<Stores>, path: &str) -> Result<String> {
    match stores.place(path)? {
        Place::Remote(remote) => {
            let meta = remote.store.head(&remote.path()?).await.map_err(|error| store_error(error, path))?;
            meta.e_tag.ok_or_else(|| {
                Error::new(Kind::Refused, "the object store gives no entity tags")
                    .at(path)
                    .help("use a store that does, as S3")
            })
        }
        Place::Local(path) => tokio::task::spawn_blocking(move || hash_local(&path))
            .await
            .map_err(|error| Error::new(Kind::Bug, "hashing a file was interrupted").because(error))?,
    }
}

fn hash_local(path: &Path) -> Result<String> {
    let (mut file, _) = open_local(path)?;
    let mut hash = Xxh3::new();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        match file.read(&mut buffer).map_err(|error| io_error(error, path))? {
            0 => return Ok(show(hash.digest())),
            read => hash.update(&buffer[..read]),
        }
    }
}

fn open_local(path: &Path) -> Result<(File, u64)> {
    let file = File::open(path).map_err(|error| io_error(error, path))?;
    let meta = file.metadata().map_err(|error| io_error(error, path))?;
    if meta.is_dir() {
        return Err(io_error(io::ErrorKind::IsADirectory.into(), path));
    }
    Ok((file, meta.len()))
}

fn show(hash: u64) -> String {
    format!("xxh3:{hash:016x}")
}

fn changed(path: &str, before: u64, now: u64) -> Error {
    Error::new(Kind::Conflict, format!("`{path}` changed since it was listed: {before} bytes then, {now} now"))
        .at(path)
        .help("let whoever writes it finish, then run again; deliver files under another name and rename them")
}

struct Counted {
    inner: Box<dyn Read + Send>,
    tally: Arc<Mutex<Tally>>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.hash.update(&buffer[..read]);
        tally.bytes += read as u64;
        Ok(read)
    }
}

/// An object's stream as a reader that blocks.
struct Streamed {
    stream: BoxStream<'static, object_store::Result<Bytes>>,
    rest: Bytes,
    runtime: Handle,
}

impl Streamed {
    fn new(stream: BoxStream<'static, object_store::Result<Bytes>>, runtime: Handle) -> Self {
        Self { stream, rest: Bytes::new(), runtime }
    }
}

impl Read for Streamed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            match self.runtime.block_on(self.stream.next()) {
                None => return Ok(0),
                Some(bytes) => self.rest = bytes.map_err(io::Error::other)?,
            }
        }
        let count = self.rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.rest.split_to(count));
        Ok(count)
    }
}
