//! One error for everything below the verbs: what kind it is decides whether it is retried and how it is told.

use std::fmt;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The user's file, data or setting is wrong: diagnose, exit code 2 or 1.
    Input,
    /// Something outside did not answer; trying again may help.
    Outside,
    /// Something outside refused for good (permission, disk full, missing bucket).
    Refused,
    /// Source or table is not what its contract says.
    Drift,
    /// Another writer was faster or holds the lock.
    Conflict,
    /// The user stopped it.
    Cancelled,
    /// Ours.
    Bug,
}

/// `Display` prints what happened; `place` and `help` are printed by the edge.
#[derive(Debug)]
pub struct Error {
    pub kind: Kind,
    pub message: String,
    /// File, line or table that it is about.
    pub place: Option<String>,
    /// What to do.
    pub help: Option<String>,
    /// The message without anything that may be a value of the rows; `None` where the message has none.
    pub plain: Option<String>,
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), place: None, help: None, plain: None, source: None }
    }

    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// With what to say in place of the message where values must not be shown.
    pub fn plainly(mut self, plain: impl Into<String>) -> Self {
        self.plain = Some(plain.into());
        self
    }

    /// Takes what may be a value of the rows out of the message.
    pub fn without_values(mut self) -> Self {
        if let Some(plain) = self.plain.take() {
            self.message = plain;
            self.source = None;
        }
        self
    }

    pub fn retryable(&self) -> bool {
        matches!(self.kind, Kind::Outside)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as &(dyn std::error::Error + 'static))
    }
}
