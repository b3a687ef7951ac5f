//! Patterns of contracts: ECMA-262 regular expressions, translated exactly to a linear-time engine.
//!
//! A pattern is read with the `u` flag's meaning (characters are code points), and with the leniency of browsers for what
//! can have no other meaning, such as `\-`. What cannot be decided in linear time, look-around and back-references, is
//! refused with its place; only look-ahead right behind a leading `^` is kept, as further patterns that must, or must not,
//! match at the start. The guide's page on checks says the rules.

mod class;
mod parse;
mod posix;
mod property;
mod sequence;

use regex::{Regex, RegexBuilder};
use sequence::Sequence;

/// Bytes that one compiled pattern may take.
const COMPILED_BYTES_MAX: usize = 10 << 20;

/// A pattern, ready to search texts in linear time.
#[derive(Debug, Clone)]
pub struct Pattern {
    search: Regex,
    /// The same without an automaton, where the pattern is simple enough.
    sequence: Option<Sequence>,
    /// Look-aheads behind the leading `^`, and whether each must match.
    ahead: Vec<(Regex, bool)>,
}

/// What is wrong with a pattern, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub kind: ProblemKind,
    /// Byte offset in the pattern.
    pub at: usize,
    /// A sentence without its first capital: `nothing to repeat before the *`.
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// ECMA-262 does not know it.
    Invalid,
    /// ECMA-262 knows it, but it cannot be decided in linear time.
    Unsupported,
}

/// The pattern in the syntax of the `regex` crates, where it is one search without looking ahead.
pub(crate) fn plain(pattern: &str) -> Option<String> {
    let translated = parse::translate(pattern).ok()?;
    translated.ahead.is_empty().then_some(translated.search)
}

impl Pattern {
    pub fn new(pattern: &str) -> Result<Self, Problem> {
        let translated = parse::translate(pattern)?;
        let compile = |source: &str| {
            RegexBuilder::new(source).size_limit(COMPILED_BYTES_MAX).build().map_err(|error| refused(&error))
        };
        let ahead = translated.ahead.iter().map(|(source, wanted)| Ok((compile(source)?, *wanted)));
        let ahead = ahead.collect::<Result<_, Problem>>()?;
        Ok(Self { search: compile(&translated.search)?, sequence: Sequence::of(&translated.search), ahead })
    }

    /// The pattern in PostgreSQL's dialect (advanced regular expressions, matched with `~` in a database of UTF-8 under the
    /// collation `C`), where that means exactly the same.
    pub fn posix(pattern: &str) -> Option<String> {
        posix::posix(&plain(pattern)?)
    }

    /// Whether the pattern occurs in the text.
    pub fn is_match(&self, text: &str) -> bool {
        let found = match &self.sequence {
            Some(sequence) => sequence.is_match(text),
            None => self.search.is_match(text),
        };
        found && self.ahead.iter().all(|(regex, wanted)| regex.is_match(text) == *wanted)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, at byte {} of the pattern", self.message, self.at)
    }
}

/// The translation is always valid, so only its size is left to be refused.
fn refused(error: &regex::Error) -> Problem {
    let message = match error {
        regex::Error::CompiledTooBig(_) => "it repeats too much to be held in memory".to_owned(),
        other => other.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
    };
    Problem { kind: ProblemKind::Unsupported, at: 0, message }
}

#[cfg(test)]
mod tests;
