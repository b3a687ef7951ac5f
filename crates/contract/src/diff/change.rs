//! One difference between two versions of a contract, and who can feel it.

use serde::Serialize;
use serde_json::Value as Json;

use crate::diagnostic::Span;

/// What a change means to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    #[default]
    Safe,
    /// It may be felt, or cannot be decided.
    Warning,
    /// What worked under the old version need not work under the new one.
    Breaking,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Warning => "warning",
            Self::Breaking => "breaking",
        }
    }
}

/// The part of a semantic version that has to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bump {
    #[default]
    None,
    Patch,
    Minor,
    Major,
}

impl Bump {
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

/// How a change moves the set of data that the contract allows, from which both verdicts follow.
///
/// A tighter promise pleases those who read and binds those who write; a looser one the other way round. So the consumer's
/// verdict of a change is the producer's verdict of its reversal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nobody can feel it.
    Safe,
    /// Something new that nobody has to use.
    Adds,
    /// The type holds more values of the same kind: readers should look at their own types.
    Widens,
    /// More data is allowed than before.
    Loosens,
    /// Less data is allowed than before.
    Tightens,
    /// Some data is allowed that was not, and some is not that was.
    Both,
    /// It may be any of these.
    Unclear,
    /// Not about which data is allowed: verdicts for those who read and those who write.
    Felt(Verdict, Verdict),
}

impl Effect {
    pub fn consumer(self) -> Verdict {
        match self {
            Self::Safe | Self::Adds | Self::Tightens => Verdict::Safe,
            Self::Widens | Self::Unclear => Verdict::Warning,
            Self::Loosens | Self::Both => Verdict::Breaking,
            Self::Felt(consumer, _) => consumer,
        }
    }

    pub fn producer(self) -> Verdict {
        match self {
            Self::Safe | Self::Adds | Self::Widens | Self::Loosens => Verdict::Safe,
            Self::Unclear => Verdict::Warning,
            Self::Tightens | Self::Both => Verdict::Breaking,
            Self::Felt(_, producer) => producer,
        }
    }

    /// Data written under the old version is valid under the new one, for certain.
    pub fn is_backward(self) -> bool {
        self != Self::Unclear && self.producer() != Verdict::Breaking
    }

    /// Data written under the new version is valid under the old one, for certain.
    pub fn is_forward(self) -> bool {
        !matches!(self, Self::Unclear | Self::Widens) && self.consumer() != Verdict::Breaking
    }

    /// Both at once, where one element changes in two ways.
    pub fn and(self, other: Self) -> Self {
        use Effect::{Adds, Both, Felt, Loosens, Safe, Tightens, Unclear, Widens};
        match (self, other) {
            (Safe, other) | (other, Safe) | (Adds, other) | (other, Adds) => other,
            (Felt(..), _) | (_, Felt(..)) => {
                Felt(self.consumer().max(other.consumer()), self.producer().max(other.producer()))
            }
            (one, other) if one == other => one,
            (Both, _) | (_, Both) | (Loosens | Widens, Tightens) | (Tightens, Loosens | Widens) => Both,
            (Loosens, Widens) | (Widens, Loosens) => Loosens,
            _ => Unclear,
        }
    }

    /// What the change asks of the version.
    pub fn bump(self) -> Bump {
        match self.consumer().max(self.producer()) {
            Verdict::Breaking => Bump::Major,
            Verdict::Warning => Bump::Minor,
            Verdict::Safe if self == Self::Adds => Bump::Minor,
            Verdict::Safe => Bump::Patch,
        }
    }
}

/// Where one side of a change stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    pub path: String,
    pub line: u32,
    pub column: u32,
}

impl Place {
    pub fn new(path: &str, span: Span) -> Self {
        Self { path: path.to_owned(), line: span.line, column: span.column }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// By names, not by index, so that it stays when the order changes: `schema.orders.properties.id.required`.
    pub element: String,
    /// A word that stays: `property-removed`, `type-widened`.
    pub kind: &'static str,
    pub old: Option<Json>,
    pub new: Option<Json>,
    /// For those who read the dataset.
    pub consumer: Verdict,
    /// For those who write it.
    pub producer: Verdict,
    pub reason: String,
    /// The old name: for certain when `kind` says renamed, otherwise a guess by likeness.
    pub rename_of: Option<String>,
    pub old_place: Option<Place>,
    pub new_place: Option<Place>,
    /// The older version that this is a change from, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    #[serde(skip)]
    pub effect: Effect,
}

impl Change {
    /// Whether it is about a field inside a column.
    pub fn is_inside_a_column(&self) -> bool {
        let column = self.element.strip_prefix("schema.").and_then(|rest| rest.split_once(".properties."));
        column.is_some_and(|(_, column)| column.contains(".properties."))
    }
}
