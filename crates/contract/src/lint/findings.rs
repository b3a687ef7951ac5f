//! Collects findings, each at its place in the text.

use crate::codes::CodeInfo;
use crate::diagnostic::{Diagnostic, Level, Span};
use crate::model::Contract;
use crate::syntax::DIAGNOSTICS_MAX;

pub(super) struct Findings<'a> {
    contract: &'a Contract,
    found: Vec<Diagnostic>,
}

/// The finding just added, to say more about it.
pub(super) struct Added<'a>(&'a mut Diagnostic);

impl<'a> Findings<'a> {
    pub fn new(contract: &'a Contract) -> Self {
        Self { contract, found: Vec::new() }
    }

    /// A finding about the element with this path.
    pub fn add(&mut self, code: CodeInfo, element: &str, message: impl Into<String>) -> Added<'_> {
        let span = self.contract.span_of(element);
        self.add_at(code, span, element, message)
    }

    /// A finding about a place of its own, such as a key.
    pub fn add_at(&mut self, code: CodeInfo, span: Span, element: &str, message: impl Into<String>) -> Added<'_> {
        self.found.push(code.at(span, message).with_element(element));
        let last = self.found.len() - 1;
        Added(&mut self.found[last])
    }

    /// Stably sorted by place; a file full of mistakes shows its first ones.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|found| found.span.start);
        self.found.truncate(DIAGNOSTICS_MAX);
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
