//! What a contract says about how sensitive a column is, and how its values are protected before anything is written.
//!
//! Classes are the words of the contract (`classification`, tags); what they mean is settled by the project. A protection
//! is one of Plimsoll's settings of a property: the custom property `protection`.

pub mod detect;
mod encryption;
mod parse;
mod stored;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use encryption::Encryption;
pub use parse::{declassified, protection};

use crate::data_type::DataType;

/// How sensitive a column is, in the words of its contract.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Privacy {
    /// `classification` of the property and of everything nested in it.
    #[serde(skip)]
    pub classes: Vec<String>,
    /// Tags of the property and of everything nested in it.
    #[serde(skip)]
    pub tags: Vec<String>,
    /// The values are less sensitive than what they are computed from.
    #[serde(skip)]
    pub declassified: Option<Declassified>,
    /// What the project makes of all that; `None` where no project has looked at it.
    #[serde(skip)]
    pub care: Option<Care>,
    /// Only this decides what a stage writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection: Option<Protection>,
}

/// How carefully the values of a column are shown and kept: by its class, and by that of what flows into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Care {
    Shown,
    /// On no screen and in no report.
    Masked,
    /// Refused rows with it are encrypted too, where the project has a key.
    Sealed,
}

/// A transformation that takes away what made its sources sensitive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declassified {
    /// The class of the result.
    pub to: String,
    pub because: String,
}

/// What is done to each value of a column before it is written; NULL stays NULL.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Protection {
    pub method: Method,
    /// The id of a key of the project; `None` is the project's present one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Equal values of one domain become equal protected values, so that tables can be joined; other domains differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The class of what is left, when it is not the method's own.
    #[serde(skip)]
    pub leaves: Option<String>,
}

/// The ways to protect a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// HMAC-SHA-256 as 64 hex digits.
    Hash,
    /// AES-SIV: equal values become equal texts; undone with the key.
    Encrypt,
    /// AES-GCM: each value becomes another text every time; undone with the key.
    EncryptRandom,
    /// A token; the vault keeps the encrypted value beside it.
    Token,
    /// A fixed text.
    Redact { with: String },
    /// All but the first and last characters are replaced; a value that would be shown as a whole is replaced as a whole.
    Partial { first: u32, last: u32, with: String },
    /// The lower end of the band that the number is in; of a text `30-39`.
    Band { width: f64 },
    /// The beginning of the period.
    Truncate { to: Period },
    /// The nearest multiple of a size.
    Grid { size: f64 },
    /// Laplace noise of this scale, the same for the same value, so that a retry makes the same table.
    Noise { scale: f64 },
    /// NULL.
    Null,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Protection {
    /// Whether equal values are stored as equal ones under both: only what they leave may differ.
    pub fn stores_as(&self, other: &Self) -> bool {
        let domain = |of: &Self| of.domain.clone().unwrap_or_else(|| "default".to_owned());
        self.method == other.method && self.key == other.key && domain(self) == domain(other)
    }
}

/// In a few words, as in `partial (last 4)`.
impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = match &self.method {
            Method::Redact { with } => vec![format!("with {with}")],
            Method::Partial { first, last, .. } => {
                let shown = [("first", first), ("last", last)].into_iter().filter(|(_, count)| **count > 0);
                shown.map(|(end, count)| format!("{end} {count}")).collect()
            }
            Method::Band { width } => vec![format!("bands of {width}")],
            Method::Truncate { to } => vec![format!("to {}", to.word())],
            Method::Grid { size } => vec![format!("grid of {size}")],
            Method::Noise { scale } => vec![format!("scale {scale}")],
            Method::Hash | Method::Encrypt | Method::EncryptRandom | Method::Token | Method::Null => Vec::new(),
        };
        parts.extend(self.domain.as_ref().map(|domain| format!("domain {domain}")));
        parts.extend(self.key.as_ref().map(|key| format!("key {key}")));
        parts.extend(self.leaves.as_ref().map(|class| format!("leaves {class}")));
        match parts.is_empty() {
            true => f.write_str(self.method.word()),
            false => write!(f, "{} ({})", self.method.word(), parts.join(", ")),
        }
    }
}

impl Period {
    pub fn word(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }
}

impl Privacy {
    /// Nothing that decides what a stage writes.
    pub fn is_open(&self) -> bool {
        self.protection.is_none()
    }
}

impl Method {
    pub const WORDS: [&'static str; 9] =
        ["hash", "encrypt", "encrypt-random", "token", "redact", "partial", "generalise", "noise", "null"];

    pub fn word(&self) -> &'static str {
        match self {
            Self::Hash => "hash",
            Self::Encrypt => "encrypt",
            Self::EncryptRandom => "encrypt-random",
            Self::Token => "token",
            Self::Redact { .. } => "redact",
            Self::Partial { .. } => "partial",
            Self::Band { .. } | Self::Truncate { .. } | Self::Grid { .. } => "generalise",
            Self::Noise { .. } => "noise",
            Self::Null => "null",
        }
    }

    /// What stands where the value was, for people.
    pub fn stored(&self) -> &'static str {
        match self {
            Self::Hash => "its hash",
            Self::Encrypt | Self::EncryptRandom => "its encrypted form",
            Self::Token => "a token",
            Self::Redact { .. } => "a fixed text",
            Self::Partial { .. } => "a part of it",
            Self::Band { .. } => "the band it is in",
            Self::Truncate { .. } => "the beginning of its period",
            Self::Grid { .. } => "the nearest point of a grid",
            Self::Noise { .. } => "a number with noise",
            Self::Null => "NULL",
        }
    }

    /// Whether it cannot be done without a key.
    pub fn needs_key(&self) -> bool {
        matches!(self, Self::Hash | Self::Encrypt | Self::EncryptRandom | Self::Token | Self::Noise { .. })
    }

    /// Whether the key gives the value back, so that another key can take its place.
    pub fn is_reversible(&self) -> bool {
        matches!(self, Self::Encrypt | Self::EncryptRandom)
    }

    /// Whether two values are equal exactly when the protected ones are.
    pub fn keeps_equality(&self) -> bool {
        matches!(self, Self::Hash | Self::Encrypt | Self::Token)
    }

    /// Whether anything about the person is left.
    pub fn leaves_nothing(&self) -> bool {
        matches!(self, Self::Redact { .. } | Self::Null)
    }

    /// Whether values of this type can be protected so, and stay of this type.
    pub fn fits(&self, data_type: &DataType) -> bool {
        let number = matches!(data_type, DataType::Integer { .. } | DataType::Float { .. } | DataType::Decimal { .. });
        match self {
            Self::Hash | Self::Encrypt | Self::EncryptRandom | Self::Token | Self::Redact { .. } => {
                *data_type == DataType::String
            }
            Self::Partial { .. } => *data_type == DataType::String,
            Self::Band { .. } => number || *data_type == DataType::String,
            Self::Truncate { to: Period::Hour } => matches!(data_type, DataType::Timestamp { .. }),
            Self::Truncate { .. } => matches!(data_type, DataType::Date | DataType::Timestamp { .. }),
            Self::Grid { .. } | Self::Noise { .. } => number,
            Self::Null => true,
        }
    }

    /// The types that it fits, for people.
    pub fn fitting(&self) -> &'static str {
        match self {
            Self::Band { .. } => "a number or a text with a number",
            Self::Truncate { to: Period::Hour } => "a timestamp",
            Self::Truncate { .. } => "a date or a timestamp",
            Self::Grid { .. } | Self::Noise { .. } => "a number",
            Self::Null => "any type",
            _ => "a string",
        }
    }
}

#[cfg(test)]
mod tests;
