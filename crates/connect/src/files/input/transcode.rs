//! Latin-1 and UTF-16 to UTF-8 while reading. What is no character becomes a byte that UTF-8 never has, so that the record
//! is refused where all others with wrong bytes are.

use std::io::{self, Read};

use pipeline::project::Encoding;

const BUFFER_BYTES: usize = 32 << 10;
const NO_CHARACTER: u8 = 0xFF;

pub fn to_utf8(inner: Box<dyn Read + Send>, encoding: Encoding) -> Box<dyn Read + Send> {
    match encoding {
        Encoding::Utf8 => inner,
        Encoding::Latin1 => Box::new(Transcoder::new(inner, Box::new(latin1))),
        Encoding::Utf16 => {
            let mut decoder = Utf16::default();
            Box::new(Transcoder::new(inner, Box::new(move |bytes, last, out| decoder.decode(bytes, last, out))))
        }
    }
}

/// Takes bytes, says whether they are the last, appends UTF-8.
type Decode = Box<dyn FnMut(&[u8], bool, &mut Vec<u8>) + Send>;

struct Transcoder {
    inner: Box<dyn Read + Send>,
    decode: Decode,
    stored: Vec<u8>,
    out: Vec<u8>,
    at: usize,
    ended: bool,
}

impl Transcoder {
    fn new(inner: Box<dyn Read + Send>, decode: Decode) -> Self {
        Self { inner, decode, stored: vec![0; BUFFER_BYTES], out: Vec::new(), at: 0, ended: false }
    }
}

impl Read for Transcoder {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.out.len() && !self.ended {
            let read = self.inner.read(&mut self.stored)?;
            self.ended = read == 0;
            self.out.clear();
            self.at = 0;
            (self.decode)(&self.stored[..read], self.ended, &mut self.out);
        }
        let count = (self.out.len() - self.at).min(buffer.len());
        buffer[..count].copy_from_slice(&self.out[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

fn latin1(bytes: &[u8], _last: bool, out: &mut Vec<u8>) {
    for &byte in bytes {
        push(char::from(byte), out);
    }
}

/// Byte order by mark; without a mark by where the zero of the first character stands, else little-endian.
#[derive(Default)]
struct Utf16 {
    big_endian: Option<bool>,
    half: Option<u8>,
    high: Option<u16>,
}

impl Utf16 {
    fn decode(&mut self, bytes: &[u8], last: bool, out: &mut Vec<u8>) {
        for &byte in bytes {
            let Some(first) = self.half.take() else {
                self.half = Some(byte);
                continue;
            };
            let big_endian = *self.big_endian.get_or_insert(first == 0xFE && byte == 0xFF || first == 0 && byte != 0);
            let unit = if big_endian { u16::from_be_bytes([first, byte]) } else { u16::from_le_bytes([first, byte]) };
            self.unit(unit, out);
        }
        if last && (self.half.take().is_some() | self.high.take().is_some()) {
            out.push(NO_CHARACTER);
        }
    }

    fn unit(&mut self, unit: u16, out: &mut Vec<u8>) {
        match (self.high.take(), unit) {
            (Some(high), 0xDC00..=0xDFFF) => {
                let code = 0x10000 + ((u32::from(high) - 0xD800) << 10) + (u32::from(unit) - 0xDC00);
                push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), out);
                return;
            }
            (Some(_), _) => out.push(NO_CHARACTER),
            (None, _) => {}
        }
        match unit {
            0xD800..=0xDBFF => self.high = Some(unit),
            0xDC00..=0xDFFF => out.push(NO_CHARACTER),
            _ => push(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER), out),
        }
    }
}

fn push(c: char, out: &mut Vec<u8>) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}
