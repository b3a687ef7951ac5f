//! COPY's binary form: a header, then rows of fields, each with its length before it.

use std::io::{self, BufRead, Read};

const SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";

/// Rows of a copy, one after the other.
pub struct Fields<R> {
    reader: R,
    /// The fields of the current row, one after the other.
    bytes: Vec<u8>,
    /// By field: where it is in the bytes; `None` for NULL.
    places: Vec<Option<(usize, usize)>>,
}

impl<R: BufRead> Fields<R> {
    pub fn begin(mut reader: R) -> io::Result<Self> {
        let mut signature = [0; 11];
        reader.read_exact(&mut signature)?;
        if signature != *SIGNATURE {
            return Err(broken("it does not begin as a copy does"));
        }
        // Flags, and what an extension may have put behind them.
        number(&mut reader)?;
        let extension = u64::try_from(number(&mut reader)?).map_err(|_| broken("its header has no length"))?;
        io::copy(&mut reader.by_ref().take(extension), &mut io::sink())?;
        Ok(Self { reader, bytes: Vec::new(), places: Vec::new() })
    }

    /// Whether there is another row.
    pub fn advance(&mut self) -> io::Result<bool> {
        let mut count = [0; 2];
        self.reader.read_exact(&mut count)?;
        let count = i16::from_be_bytes(count);
        self.bytes.clear();
        self.places.clear();
        if count < 0 {
            return Ok(false);
        }
        for _ in 0..count {
            let length = number(&mut self.reader)?;
            let Ok(length) = usize::try_from(length) else {
                self.places.push(None);
                continue;
            };
            let start = self.bytes.len();
            self.bytes.resize(start + length, 0);
            self.reader.read_exact(&mut self.bytes[start..])?;
            self.places.push(Some((start, start + length)));
        }
        Ok(true)
    }

    /// `None` for NULL.
    pub fn field(&self, at: usize) -> Option<&[u8]> {
        let (start, end) = self.places.get(at).copied().flatten()?;
        self.bytes.get(start..end)
    }

    /// Bytes of the current row.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }
}

fn number(reader: &mut impl Read) -> io::Result<i32> {
    let mut bytes = [0; 4];
    reader.read_exact(&mut bytes)?;
    Ok(i32::from_be_bytes(bytes))
}

pub fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}
