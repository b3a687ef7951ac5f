//! Some records of a chunk as fields: what tokenizers make and column builders read.

use arrow::buffer::Buffer;

/// A field's place in the chunk's text, or in the side text when it had to be rewritten; packed, because there are many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    start: u32,
    /// Its upper three bits are flags.
    end: u32,
}

const EXPLICIT: u32 = 1 << 31;
const SIDE: u32 = 1 << 30;
const NULL: u32 = 1 << 29;
const END: u32 = NULL - 1;

/// Chunks must be smaller than this; offsets in them leave room for flags.
pub const CHUNK_BYTES_MAX: usize = END as usize;

impl Field {
    /// Bytes as they stand in the text.
    pub fn plain(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 & END }
    }

    /// NULL, whatever the text says.
    pub fn null() -> Self {
        Self { start: 0, end: NULL }
    }

    /// Stood in quotes: never one of the texts that mean NULL.
    pub fn explicit(self) -> Self {
        Self { end: self.end | EXPLICIT, ..self }
    }

    /// The range is one of the side text.
    pub fn in_side(self) -> Self {
        Self { end: self.end | SIDE, ..self }
    }

    pub fn range(self) -> (usize, usize) {
        (self.start as usize, (self.end & END) as usize)
    }

    pub fn is_in_side(self) -> bool {
        self.end & SIDE != 0
    }
}

pub struct Block<'a> {
    pub text: &'a str,
    /// The same bytes as `text`, shared.
    pub buffer: &'a Buffer,
    /// Fields that had to be rewritten, one after the other.
    pub side: &'a str,
    /// Row by row, `width` each.
    pub fields: &'a [Field],
    pub width: usize,
    pub rows: usize,
    /// Which field each of the contract's columns is.
    pub places: &'a [Option<usize>],
    pub nulls: &'a Nulls,
}

impl<'a> Block<'a> {
    /// A value of any type but string, for which an empty field is NULL.
    #[inline]
    pub fn value(&self, row: usize, column: usize) -> Option<&'a str> {
        self.text(row, column).map(|(text, _)| text).filter(|text| !text.is_empty())
    }

    /// A string, and where it starts in the buffer if it stands there.
    #[inline]
    pub fn text(&self, row: usize, column: usize) -> Option<(&'a str, Option<u32>)> {
        let place = (*self.places.get(column)?)?;
        let field = *self.fields.get(row * self.width + place)?;
        if field.end & NULL != 0 {
            return None;
        }
        let (start, end) = field.range();
        if field.end & SIDE != 0 {
            return self.side.get(start..end).map(|text| (text, None));
        }
        let text = self.text.get(start..end)?;
        if field.end & EXPLICIT == 0 && self.nulls.contains(text) {
            return None;
        }
        Some((text, Some(field.start)))
    }
}

/// Texts that mean NULL.
#[derive(Default)]
pub struct Nulls {
    texts: Vec<String>,
    /// Bit per length up to 63; longer texts share the last. Most values are dismissed by it.
    lengths: u64,
}

impl Nulls {
    pub fn new(texts: &[String]) -> Self {
        let lengths = texts.iter().fold(0, |lengths, text| lengths | 1 << text.len().min(63));
        Self { texts: texts.to_vec(), lengths }
    }

    #[inline]
    fn contains(&self, text: &str) -> bool {
        self.lengths >> text.len().min(63) & 1 == 1 && (text.is_empty() || self.texts.iter().any(|null| null == text))
    }
}
