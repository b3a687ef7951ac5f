//! Cuts a file into chunks of whole records.

use arrow::buffer::Buffer;
use engine::{Error, Kind, Result};

use super::input::Input;
use super::scan::{Records, Scanner, count_lines, is_line_end};

/// What is kept of a record that is longer than allowed.
const HEAD_BYTES: usize = 1 << 10;
/// The first read of a file: enough for its header, little when only the header is wanted.
const FIRST_BYTES: usize = 64 << 10;
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Whole records of one file.
pub struct Chunk {
    /// Index into the request's files.
    pub file: usize,
    /// 1-based line of the first byte.
    pub line: u64,
    pub bytes: Buffer,
    /// `Some`: `bytes` is only the head of one record of this length.
    pub cut: Option<u64>,
    /// Bytes as stored that were read for it.
    pub stored_bytes: u64,
}

#[derive(Debug, Clone, Copy)]
pub struct ChunkOptions {
    pub records: Records,
    pub chunk_bytes: usize,
    pub record_bytes_max: usize,
}

/// Reads one file, chunk by chunk. All calls block.
pub struct Chunks {
    input: Input,
    file: usize,
    options: ChunkOptions,
    scanner: Scanner,
    /// Starts where a record does.
    buffer: Vec<u8>,
    line: u64,
    ended: bool,
    /// Whether anything was read; the first bytes may be a byte order mark.
    started: bool,
    /// The byte before the buffer, to see a CRLF that was cut in two.
    before: u8,
    stored_bytes: u64,
}

impl Chunks {
    pub fn new(input: Input, file: usize, options: ChunkOptions) -> Self {
        let scanner = Scanner::new(options.records);
        Self {
            input,
            file,
            options,
            scanner,
            buffer: Vec::new(),
            line: 1,
            ended: false,
            started: false,
            before: 0,
            stored_bytes: 0,
        }
    }

    /// Takes the first record off, without its line end; `None` when the file has none. Only before the first `next`.
    pub fn header(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            self.read()?;
            let blank = self.buffer.iter().take_while(|byte| is_line_end(**byte)).count();
            self.drop_front(blank);
            self.scanner.restart();
            if let Some(end) = self.scanner.first_end(&self.buffer) {
                return self.take_header(end).map(Some);
            }
            if self.ended {
                let end = self.buffer.len();
                return (end > 0).then(|| self.take_header(end)).transpose();
            }
            if self.buffer.len() > self.options.record_bytes_max {
                return Err(Error::new(Kind::Input, format!("the header of `{}` does not end", self.input.path))
                    .at(&self.input.path)
                    .help("check its quotes, and the source's `quote` and `delimiter`"));
            }
        }
    }

    /// The next records; `None` when the file has ended.
    pub fn next(&mut self) -> Result<Option<Chunk>> {
        loop {
            // What a header left behind is looked at before more is read.
            let mut end = self.scanner.last_end(&self.buffer);
            if end.is_none() && !self.ended {
                self.read()?;
                end = self.scanner.last_end(&self.buffer);
            }
            if self.ended {
                return Ok((!self.buffer.is_empty()).then(|| self.take_chunk(self.buffer.len())));
            }
            if let Some(end) = end {
                return Ok(Some(self.take_chunk(end)));
            }
            if self.buffer.len() > self.options.record_bytes_max.saturating_add(2) {
                return self.skip_record().map(Some);
            }
        }
    }

    /// The content's hash; after `next` gave `None`.
    pub fn finish(&self) -> Result<String> {
        self.input.finish()
    }

    fn read(&mut self) -> Result<()> {
        if self.ended {
            return Ok(());
        }
        let wanted = if self.started {
            self.options.chunk_bytes
        } else {
            self.options.chunk_bytes.clamp(BOM.len(), FIRST_BYTES)
        };
        self.ended = self.input.fill(&mut self.buffer, wanted)?;
        if !self.started {
            self.started = true;
            if self.buffer.starts_with(BOM) {
                self.buffer.drain(..BOM.len());
            }
            if self.buffer.starts_with(b"\xFF\xFE") || self.buffer.starts_with(b"\xFE\xFF") {
                return Err(Error::new(Kind::Input, format!("`{}` is UTF-16", self.input.path))
                    .at(&self.input.path)
                    .help("set `encoding: utf16` for this source"));
            }
        }
        Ok(())
    }

    fn take_header(&mut self, end: usize) -> Result<Vec<u8>> {
        let mut header = self.buffer[..end].to_vec();
        header.truncate(header.len() - header.iter().rev().take_while(|byte| is_line_end(**byte)).count());
        self.drop_front(end);
        self.finish_line_end()?;
        self.scanner.restart();
        Ok(header)
    }

    /// Takes the LF that belongs to a CR which was the last byte read.
    fn finish_line_end(&mut self) -> Result<()> {
        if self.before == b'\r' && self.buffer.is_empty() {
            self.read()?;
        }
        if self.before == b'\r' && self.buffer.first() == Some(&b'\n') {
            self.drop_front(1);
        }
        Ok(())
    }

    fn take_chunk(&mut self, end: usize) -> Chunk {
        let rest = self.buffer[end..].to_vec();
        self.scanner.forget(&self.buffer, end);
        let mut bytes = std::mem::replace(&mut self.buffer, rest);
        bytes.truncate(end);
        let line = self.line;
        self.line += count_lines(self.before, &bytes);
        self.before = bytes.last().copied().unwrap_or(self.before);
        Chunk { file: self.file, line, bytes: Buffer::from_vec(bytes), cut: None, stored_bytes: self.stored() }
    }

    /// The record at the buffer's start is too long: reads to its end and keeps its head.
    fn skip_record(&mut self) -> Result<Chunk> {
        let line = self.line;
        let head = self.buffer[..HEAD_BYTES.min(self.buffer.len())].to_vec();
        let mut length = 0;
        loop {
            let found = self.scanner.first_end(&self.buffer);
            let end = found.unwrap_or(self.buffer.len());
            length += end as u64;
            let breaks = self.buffer[..end].iter().rev().take_while(|byte| is_line_end(**byte)).count();
            self.scanner.forget(&self.buffer, end);
            self.drop_front(end);
            if found.is_some() || self.ended {
                self.finish_line_end()?;
                self.scanner.restart();
                let length = length - if found.is_some() { breaks as u64 } else { 0 };
                return Ok(Chunk {
                    file: self.file,
                    line,
                    bytes: Buffer::from_vec(head),
                    cut: Some(length),
                    stored_bytes: self.stored(),
                });
            }
            self.read()?;
        }
    }

    fn drop_front(&mut self, count: usize) {
        self.line += count_lines(self.before, &self.buffer[..count]);
        if let Some(last) = count.checked_sub(1) {
            self.before = self.buffer[last];
        }
        self.buffer.drain(..count);
    }

    fn stored(&mut self) -> u64 {
        let now = self.input.stored_bytes();
        let new = now - self.stored_bytes;
        self.stored_bytes = now;
        new
    }
}
