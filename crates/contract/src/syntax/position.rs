//! From the parser's character positions to byte spans.

use saphyr_parser::Marker;

use crate::diagnostic::Span;

/// One byte offset is kept for so many characters.
const STRIDE: usize = 64;

/// Translates positions of one text.
pub(super) struct Positions<'a> {
    text: &'a str,
    /// Byte offset of every `STRIDE`th character; empty for ASCII, where bytes are characters.
    offsets: Vec<usize>,
}

impl<'a> Positions<'a> {
    pub fn new(text: &'a str) -> Self {
        let offsets = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().step_by(STRIDE).map(|(offset, _)| offset).collect()
        };
        Self { text, offsets }
    }

    pub fn span(&self, span: saphyr_parser::Span) -> Span {
        let start = self.byte(span.start.index());
        let end = self.byte(span.end.index()).max(start);
        Span {
            start,
            end: self.without_trailing_space(start, end),
            line: line(&span.start),
            column: column(&span.start),
        }
    }

    pub fn point(&self, marker: &Marker) -> Span {
        let start = self.byte(marker.index());
        Span { start, end: start, line: line(marker), column: column(marker) }
    }

    fn byte(&self, index: usize) -> usize {
        let Some(base) = self.offsets.get(index / STRIDE).or(self.offsets.last()) else {
            return index.min(self.text.len());
        };
        let ahead = index.saturating_sub(index / STRIDE * STRIDE);
        self.text[*base..].char_indices().nth(ahead).map_or(self.text.len(), |(offset, _)| base + offset)
    }

    /// The parser ends a block collection where the next token begins; people expect it to end with its last character.
    fn without_trailing_space(&self, start: usize, end: usize) -> usize {
        self.text.get(start..end).map_or(end, |text| start + text.trim_end().len())
    }
}

fn line(marker: &Marker) -> u32 {
    u32::try_from(marker.line()).unwrap_or(u32::MAX)
}

fn column(marker: &Marker) -> u32 {
    u32::try_from(marker.col() + 1).unwrap_or(u32::MAX)
}
