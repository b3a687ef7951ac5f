//! The levels of sensitivity, in their order.

use serde::{Deserialize, Serialize};

/// From harmless to the special categories of personal data (health, belief, origin, …).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    #[default]
    Public,
    Internal,
    Confidential,
    Restricted,
    Personal,
    SpecialCategory,
}

impl Level {
    pub const ALL: [Level; 6] = [
        Level::Public,
        Level::Internal,
        Level::Confidential,
        Level::Restricted,
        Level::Personal,
        Level::SpecialCategory,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Level::Public => "public",
            Level::Internal => "internal",
            Level::Confidential => "confidential",
            Level::Restricted => "restricted",
            Level::Personal => "personal",
            Level::SpecialCategory => "special category",
        }
    }

    /// Read without regard to case, and with `-` and `_` as spaces.
    pub fn named(word: &str) -> Option<Level> {
        let plain = plain(word);
        Level::ALL.into_iter().find(|level| level.word() == plain)
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// A class as it is compared.
pub(super) fn plain(word: &str) -> String {
    word.split([' ', '-', '_']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ").to_lowercase()
}
