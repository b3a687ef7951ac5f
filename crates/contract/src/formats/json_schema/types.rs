//! The types of JSON as a set. Whole numbers and fractions are told apart: together they are `number`.

use serde_json::Value as Json;

/// A set of types, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Types(u8);

impl Types {
    pub const NULL: Self = Self(1);
    pub const BOOLEAN: Self = Self(2);
    pub const INTEGER: Self = Self(4);
    pub const FRACTION: Self = Self(8);
    pub const STRING: Self = Self(16);
    pub const ARRAY: Self = Self(32);
    pub const OBJECT: Self = Self(64);
    pub const ALL: Self = Self(127);
    const SINGLE: [Self; 7] =
        [Self::NULL, Self::BOOLEAN, Self::INTEGER, Self::FRACTION, Self::STRING, Self::ARRAY, Self::OBJECT];

    /// What `type` says; a word that is not JSON Schema's allows nothing.
    pub fn of_keyword(value: &Json) -> Self {
        let of_word = |word: &str| match word {
            "null" => Self::NULL,
            "boolean" => Self::BOOLEAN,
            "integer" => Self::INTEGER,
            "number" => Self(Self::INTEGER.0 | Self::FRACTION.0),
            "string" => Self::STRING,
            "array" => Self::ARRAY,
            "object" => Self::OBJECT,
            "any" => Self::ALL,
            _ => Self(0),
        };
        match value {
            Json::String(word) => of_word(word),
            Json::Array(words) => {
                Self(words.iter().filter_map(Json::as_str).fold(0, |types, word| types | of_word(word).0))
            }
            _ => Self::ALL,
        }
    }

    pub fn of_value(value: &Json) -> Self {
        match value {
            Json::Null => Self::NULL,
            Json::Bool(_) => Self::BOOLEAN,
            Json::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => Self::INTEGER,
            Json::Number(_) => Self::FRACTION,
            Json::String(_) => Self::STRING,
            Json::Array(_) => Self::ARRAY,
            Json::Object(_) => Self::OBJECT,
        }
    }

    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn is_within(self, other: Self) -> bool {
        self.without(other).is_empty()
    }

    pub fn singles(self) -> impl Iterator<Item = Self> {
        Self::SINGLE.into_iter().filter(move |single| !self.and(*single).is_empty())
    }

    /// For people: `string`.
    pub fn word(self) -> &'static str {
        match self {
            Self::NULL => "null",
            Self::BOOLEAN => "boolean",
            Self::INTEGER => "integer",
            Self::FRACTION => "number with a fraction",
            Self::STRING => "string",
            Self::ARRAY => "array",
            Self::OBJECT => "object",
            _ => "value",
        }
    }
}
