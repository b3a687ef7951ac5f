//! What a reader says about a user's file: code, place, text, help. A reader never stops at the first.

use serde::Serialize;

/// A place in one text: byte offsets, and the 1-based line and column (in characters) of its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Span {
    pub start: usize,
    pub end: usize,
    pub line: u32,
    pub column: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Error,
    Warning,
    Info,
}

/// One finding in one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Stable across versions, documented in `docs/`: `PL` and three digits, for example `PL101`.
    pub code: &'static str,
    pub level: Level,
    /// One sentence: what is wrong, naming the offending text.
    pub message: String,
    /// Path inside the document, for example `schema[0].properties[1].name`; empty for the whole file.
    pub element: String,
    /// As the caller named the file; readers of a single text leave it empty and the caller fills it in.
    pub path: String,
    pub span: Span,
    /// What to do next.
    pub help: Option<String>,
}
