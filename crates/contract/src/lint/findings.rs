//! Collects findings, each at its place in the text.

use crate::codes::CodeInfo;
use crate::diagnostic::{Diagnostic, Level, Span};
use crate::model::Contract;
use crate::syntax::DIAGNOSTICS_MAX;

/// Findings are kept up to this number; a file with more is wrong as a whole.
const KEPT_MAX: usize = 20 * DIAGNOSTICS_MAX;

pub(super) struct Findings<'a> {
    contract: &'a Contract,
    found: Vec<Diagnostic>,
    /// Takes what is beyond the limit.
    spare: Diagnostic,
}

/// The finding just added, to say more about it.
pub(super) struct Added<'a>(&'a mut Diagnostic);

impl<'a> Findings<'a> {
    pub fn new(contract: &'a Contract) -> Self {
        Self { contract, found: Vec::new(), spare: crate::codes::LIMIT.at(Span::default(), "") }
    }

    /// A finding about the element with this path.
    pub fn add(&mut self, code: CodeInfo, element: &str, message: impl Into<String>) -> Added<'_> {
        let span = self.contract.span_of(element);
        self.add_at(code, span, element, message)
    }

    /// A finding about a place of its own, such as a key.
    pub fn add_at(&mut self, code: CodeInfo, span: Span, element: &str, message: impl Into<String>) -> Added<'_> {
        // An error that comes late must not be lost behind thousands of notes.
        let limit = if code.level == Level::Error { 2 * KEPT_MAX } else { KEPT_MAX };
        if self.found.len() >= limit {
            return Added(&mut self.spare);
        }
        self.found.push(code.at(span, message).with_element(element));
        let last = self.found.len() - 1;
        Added(&mut self.found[last])
    }

    /// In the order of the text; of a file full of mistakes the first ones, errors before all others.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        if self.found.len() > DIAGNOSTICS_MAX {
            self.found.sort_by_key(|found| (found.level, found.span.start));
            self.found.truncate(DIAGNOSTICS_MAX);
        }
        self.found.sort_by_key(|found| found.span.start);
        self.found
    }
}

impl Added<'_> {
    pub fn help(self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    pub fn level(self, level: Level) -> Self {
        self.0.level = level;
        self
    }
}
