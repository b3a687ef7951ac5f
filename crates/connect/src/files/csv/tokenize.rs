//! Takes records apart into fields, as csv-core does, without copying what stands there as it is meant.

use memchr::{memchr, memchr2};

use crate::files::batch::{Record, Refused, Tokens};
use crate::files::scan::{count_lines, is_line_end};
use crate::files::value::Field;

#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    pub delimiter: u8,
    pub quote: u8,
}

/// Goes through a chunk of whole records.
pub struct Tokenizer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    line: u64,
    dialect: Dialect,
    stops: Stops,
}

/// The fields of one record that is a header.
pub fn split(record: &str, dialect: Dialect) -> Vec<String> {
    let mut tokens = Tokens::default();
    Tokenizer::new(record, 1, dialect).record(&mut tokens);
    let texts = tokens.fields.iter().map(|field| {
        let (start, end) = field.range();
        let text = if field.is_in_side() { tokens.side.as_str() } else { record };
        text.get(start..end).unwrap_or_default().to_owned()
    });
    texts.collect()
}

impl<'a> Tokenizer<'a> {
    pub fn new(text: &'a str, line: u64, dialect: Dialect) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0, line, dialect, stops: Stops::new(dialect.delimiter) }
    }

    /// Appends the next records, at most so many. One with another number of fields than `width` is refused.
    pub fn records(&mut self, tokens: &mut Tokens, width: usize, most: usize) {
        while tokens.records.len() < most {
            self.skip_blank();
            if self.at == self.bytes.len() {
                return;
            }
            let (start, line, first) = (self.at, self.line, tokens.fields.len());
            let closed = self.record(tokens);
            let (end, found) = (self.at, tokens.fields.len() - first);
            let refused = if !closed {
                Some(Refused::shape("a quoted field does not end before the file does".into()))
            } else if found != width {
                Some(Refused::shape(format!("it has {found} fields instead of {width}")))
            } else {
                None
            };
            if refused.is_some() {
                tokens.fields.truncate(first);
                tokens.fields.resize(first + width, Field::null());
            }
            tokens.records.push(Record { start, end, line, refused });
            self.end_line();
        }
    }

    /// Appends one record's fields and stops before its line end. False when its last field lacks the closing quote.
    fn record(&mut self, tokens: &mut Tokens) -> bool {
        loop {
            let mut closed = true;
            let field = if self.bytes.get(self.at) == Some(&self.dialect.quote) {
                self.quoted(tokens, &mut closed)
            } else {
                let start = self.at;
                self.at = self.stops.next(self.bytes, start);
                Field::plain(start, self.at)
            };
            tokens.fields.push(field);
            if self.bytes.get(self.at) != Some(&self.dialect.delimiter) {
                return closed;
            }
            self.at += 1;
        }
    }

    fn quoted(&mut self, tokens: &mut Tokens, closed: &mut bool) -> Field {
        let quote = self.dialect.quote;
        let open = self.at;
        let mut doubled = false;
        let mut from = open + 1;
        let end = loop {
            let Some(end) = memchr(quote, &self.bytes[from..]).map(|end| from + end) else {
                *closed = false;
                self.line += count_lines(0, &self.bytes[open..]);
                self.at = self.bytes.len();
                return Field::null();
            };
            if self.bytes.get(end + 1) != Some(&quote) {
                break end;
            }
            doubled = true;
            from = end + 2;
        };
        if memchr2(b'\n', b'\r', &self.bytes[open..end]).is_some() {
            self.line += count_lines(0, &self.bytes[open..end]);
        }
        self.at = self.stops.next(self.bytes, end + 1);
        if !doubled && self.at == end + 1 {
            return Field::plain(open + 1, end).explicit();
        }
        let start = tokens.side.len();
        let inner = self.text.get(open + 1..end).unwrap_or_default();
        let mut parts = inner.split(char::from(quote));
        tokens.side.push_str(parts.next().unwrap_or_default());
        // Quotes come in pairs here: every other part lies between the two of a pair, and is empty.
        while let (Some(_), Some(part)) = (parts.next(), parts.next()) {
            tokens.side.push(char::from(quote));
            tokens.side.push_str(part);
        }
        tokens.side.push_str(self.text.get(end + 1..self.at).unwrap_or_default());
        Field::plain(start, tokens.side.len()).explicit().in_side()
    }

    fn skip_blank(&mut self) {
        while self.bytes.get(self.at).is_some_and(|byte| is_line_end(*byte)) {
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        match (self.bytes.get(self.at), self.bytes.get(self.at + 1)) {
            (Some(b'\r'), Some(b'\n')) => self.at += 2,
            (Some(_), _) => self.at += 1,
            (None, _) => return,
        }
        self.line += 1;
    }
}

/// Finds the next delimiter or line end, eight bytes at a time.
#[derive(Clone, Copy)]
struct Stops {
    delimiter: u8,
    delimiters: u64,
}

const ONES: u64 = 0x0101_0101_0101_0101;
const LOW_BITS: u64 = 0x7F7F_7F7F_7F7F_7F7F;
const FEEDS: u64 = ONES * b'\n' as u64;
const RETURNS: u64 = ONES * b'\r' as u64;

impl Stops {
    fn new(delimiter: u8) -> Self {
        Self { delimiter, delimiters: ONES * u64::from(delimiter) }
    }

    /// The position of the next stop at or after `from`, or the end.
    #[inline]
    fn next(self, bytes: &[u8], mut from: usize) -> usize {
        while let Some(word) = bytes.get(from..).and_then(<[u8]>::first_chunk::<8>) {
            let word = u64::from_le_bytes(*word);
            let hits = zeros(word ^ self.delimiters) | zeros(word ^ FEEDS) | zeros(word ^ RETURNS);
            if hits != 0 {
                return from + (hits.trailing_zeros() / 8) as usize;
            }
            from += 8;
        }
        let rest = bytes.get(from..).unwrap_or_default();
        let stop = rest.iter().position(|byte| *byte == self.delimiter || is_line_end(*byte));
        stop.map_or(bytes.len(), |stop| from + stop)
    }
}

/// The high bit of every byte that is zero (H. S. Warren, Hacker's Delight, 6-1: exact, without carries between bytes).
#[inline]
fn zeros(word: u64) -> u64 {
    !(((word & LOW_BITS) + LOW_BITS) | word | LOW_BITS)
}

#[cfg(test)]
mod tests;
