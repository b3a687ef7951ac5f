//! Compatibility as schema registries name it.

use super::change::Change;

/// What must hold between the new version and older ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing.
    None,
    /// Data written under the old version is valid and readable under the new one.
    Backward,
    /// Data written under the new version is readable by those who know the old one.
    Forward,
    /// Both.
    Full,
    BackwardTransitive,
    ForwardTransitive,
    FullTransitive,
}

impl Mode {
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::Backward,
        Self::Forward,
        Self::Full,
        Self::BackwardTransitive,
        Self::ForwardTransitive,
        Self::FullTransitive,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Backward => "backward",
            Self::Forward => "forward",
            Self::Full => "full",
            Self::BackwardTransitive => "backward-transitive",
            Self::ForwardTransitive => "forward-transitive",
            Self::FullTransitive => "full-transitive",
        }
    }

    /// Whether all older versions count, not only the last.
    pub fn is_transitive(self) -> bool {
        matches!(self, Self::BackwardTransitive | Self::ForwardTransitive | Self::FullTransitive)
    }

    /// The same against all older versions.
    pub fn transitive(self) -> Self {
        match self {
            Self::Backward => Self::BackwardTransitive,
            Self::Forward => Self::ForwardTransitive,
            Self::Full => Self::FullTransitive,
            other => other,
        }
    }

    pub fn allows(self, change: &Change) -> bool {
        let (backward, forward) = (change.effect.is_backward(), change.effect.is_forward());
        match self {
            Self::None => true,
            Self::Backward | Self::BackwardTransitive => backward,
            Self::Forward | Self::ForwardTransitive => forward,
            Self::Full | Self::FullTransitive => backward && forward,
        }
    }
}
