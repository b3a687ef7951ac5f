//! Finds where records end without taking them apart: as csv-core does it for CSV, at line feeds for JSON lines.
//!
//! A quote opens a quoted field only where a field starts; inside, a doubled quote stands for itself; after the closing
//! quote the field goes on unquoted to its delimiter. CR, LF and CRLF each end a record.

use memchr::{memchr, memchr_iter, memchr2, memrchr};

#[derive(Debug, Clone, Copy)]
pub enum Records {
    Csv { delimiter: u8, quote: u8 },
    Lines,
}

/// Remembers how far it has looked, so that a record that grows over many reads is looked at once.
pub struct Scanner {
    records: Records,
    state: State,
    at: usize,
    /// The byte before the buffer's first.
    before: u8,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Outside,
    Quoted,
    /// After a quote within a quoted field: the next byte says whether it closed.
    Closing,
}

#[derive(Clone, Copy, PartialEq)]
enum Which {
    First,
    Last,
}

impl Scanner {
    pub fn new(records: Records) -> Self {
        Self { records, state: State::Outside, at: 0, before: b'\n' }
    }

    /// Looks at what is new in `buffer`, which starts where a record does. Returns where its last record ends, if that is
    /// in the new part.
    pub fn last_end(&mut self, buffer: &[u8]) -> Option<usize> {
        self.scan(buffer, Which::Last)
    }

    /// The same for the first record; stops looking there.
    pub fn first_end(&mut self, buffer: &[u8]) -> Option<usize> {
        self.scan(buffer, Which::First)
    }

    /// The buffer's first `count` bytes go away; what was seen in them stays known.
    pub fn forget(&mut self, buffer: &[u8], count: usize) {
        if let Some(&byte) = count.checked_sub(1).and_then(|last| buffer.get(last)) {
            self.before = byte;
        }
        self.at = self.at.saturating_sub(count);
    }

    /// A record starts at the buffer's first byte.
    pub fn restart(&mut self) {
        *self = Self::new(self.records);
    }

    fn scan(&mut self, buffer: &[u8], which: Which) -> Option<usize> {
        let Records::Csv { delimiter, quote } = self.records else {
            let rest = &buffer[self.at..];
            let end = if which == Which::First { memchr(b'\n', rest) } else { memrchr(b'\n', rest) };
            let end = end.map(|end| self.at + end + 1);
            self.at = end.filter(|_| which == Which::First).unwrap_or(buffer.len());
            return end;
        };
        let mut found = None;
        while self.at < buffer.len() {
            let rest = &buffer[self.at..];
            match self.state {
                State::Outside => {
                    let stop = memchr(quote, rest).map_or(buffer.len(), |quote| self.at + quote);
                    if let Some(end) = record_end(buffer, self.at, stop, which) {
                        found = Some(end);
                        if which == Which::First {
                            self.at = end;
                            return found;
                        }
                    }
                    if stop == buffer.len() {
                        // A CR in the last place is looked at again when its LF may have come.
                        let half = which == Which::Last && rest.last() == Some(&b'\r');
                        self.at = stop - usize::from(half);
                        break;
                    }
                    let previous = stop.checked_sub(1).map_or(self.before, |previous| buffer[previous]);
                    if previous == delimiter || is_line_end(previous) {
                        self.state = State::Quoted;
                    }
                    self.at = stop + 1;
                }
                State::Quoted => match memchr(quote, rest) {
                    None => self.at = buffer.len(),
                    Some(end) => {
                        self.at += end + 1;
                        self.state = State::Closing;
                    }
                },
                State::Closing if rest[0] == quote => {
                    self.at += 1;
                    self.state = State::Quoted;
                }
                State::Closing => self.state = State::Outside,
            }
        }
        found
    }
}

/// Where the first or last record ends in `buffer[from..to]`. A CR that is the buffer's last byte may be half of a CRLF, so
/// it ends nothing yet when the last is wanted.
fn record_end(buffer: &[u8], from: usize, to: usize, which: Which) -> Option<usize> {
    let region = &buffer[from..to];
    match which {
        Which::First => memchr2(b'\n', b'\r', region).map(|end| {
            let end = from + end;
            if buffer[end] == b'\r' && buffer.get(end + 1) == Some(&b'\n') { end + 2 } else { end + 1 }
        }),
        Which::Last => {
            let end =
                memrchr(b'\n', region).or_else(|| memrchr(b'\r', region).filter(|end| from + end + 1 < buffer.len()));
            end.map(|end| from + end + 1)
        }
    }
}

pub fn is_line_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

/// Line ends in `bytes`, where CRLF is one; `before` is the byte in front of them.
pub fn count_lines(before: u8, bytes: &[u8]) -> u64 {
    let feeds = memchr_iter(b'\n', bytes).count();
    let returns = memchr_iter(b'\r', bytes).filter(|at| bytes.get(at + 1) != Some(&b'\n')).count();
    let half = usize::from(before == b'\r' && bytes.first() == Some(&b'\n'));
    (feeds + returns - half) as u64
}

#[cfg(test)]
mod tests;
