//! What a reader says about a user's file: code, place, text, help. A reader never stops at the first.

mod render;

use serde::Serialize;

pub use render::{RenderOptions, render};

/// A place in one text: byte offsets, and the 1-based line and column (in characters) of its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Span {
    pub start: usize,
    pub end: usize,
    pub line: u32,
    pub column: u32,
}

impl Span {
    /// Moves the byte offsets; line and column stay.
    pub(crate) fn shift(&mut self, offset: usize) {
        self.start += offset;
        self.end += offset;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Error,
    Warning,
    Info,
}

impl Level {
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
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

impl Diagnostic {
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub fn with_element(mut self, element: impl Into<String>) -> Self {
        self.element = element.into();
        self
    }

    pub fn is_error(&self) -> bool {
        self.level == Level::Error
    }
}

#[cfg(test)]
mod tests;
