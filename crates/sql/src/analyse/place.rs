//! Places in an SQL text: from the parser's line and column to spans.

use contract::Span;
use datafusion::sql::sqlparser::tokenizer::{Location, Span as ParserSpan};

/// The text and the path that diagnostics name it by.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub path: &'a str,
    pub text: &'a str,
}

impl Source<'_> {
    /// The parser's end is exclusive; line 0 means that it does not know, which becomes the start of the text.
    pub fn span(&self, span: ParserSpan) -> Span {
        let start = self.offset(span.start);
        let end = self.closed(start, self.offset(span.end).max(start));
        let line = u32::try_from(span.start.line.max(1)).unwrap_or(u32::MAX);
        let column = u32::try_from(span.start.column.max(1)).unwrap_or(u32::MAX);
        Span { start, end, line, column }
    }

    /// The word that starts at a line and column.
    pub fn word_at(&self, line: u64, column: u64) -> Span {
        let at = Location { line, column };
        let mut span = self.span(ParserSpan { start: at, end: at });
        let rest = self.text.get(span.start..).unwrap_or_default();
        let word = rest.find(|next: char| !(next.is_alphanumeric() || next == '_')).unwrap_or(rest.len());
        let single = rest.chars().next().filter(|next| !next.is_whitespace()).map_or(0, char::len_utf8);
        span.end = span.start + word.max(single);
        span
    }

    /// Behind the last word.
    pub fn end(&self) -> Span {
        self.behind(self.text.trim_end().len())
    }

    /// The first word of the text.
    pub fn first_word(&self) -> Span {
        self.behind(self.text.len() - self.text.trim_start().len())
    }

    /// The word at a byte offset.
    fn behind(&self, offset: usize) -> Span {
        let before = self.text.get(..offset).unwrap_or_default();
        let line = before.matches('\n').count() as u64 + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) as u64 + 1;
        self.word_at(line, column)
    }

    /// The parser ends a call before its closing parenthesis, and before the `(*)` of a count.
    fn closed(&self, start: usize, end: usize) -> usize {
        let inside = self.text.get(start..end).unwrap_or_default();
        let open = inside.matches('(').count().saturating_sub(inside.matches(')').count());
        let rest = self.text.get(end..).unwrap_or_default();
        if rest.starts_with("(*)") && !inside.is_empty() {
            return end + "(*)".len();
        }
        let blank = rest.len() - rest.trim_start().len();
        if open == 1 && rest.trim_start().starts_with(')') { end + blank + 1 } else { end }
    }

    fn offset(&self, at: Location) -> usize {
        let mut start = 0;
        for _ in 1..at.line {
            match self.text.get(start..).and_then(|rest| rest.find('\n')) {
                Some(end) => start += end + 1,
                None => return self.text.len(),
            }
        }
        let rest = self.text.get(start..).unwrap_or_default();
        let column = usize::try_from(at.column.saturating_sub(1)).unwrap_or(usize::MAX);
        start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
    }
}
