//! The versions of the standard.

/// A version that Plimsoll reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    V3_0_0,
    V3_0_1,
    V3_0_2,
    V3_1_0,
    V3_2_0,
}

impl Version {
    /// The newest; what is written.
    pub const LATEST: Self = Self::V3_2_0;
    pub const ALL: [Self; 5] = [Self::V3_0_0, Self::V3_0_1, Self::V3_0_2, Self::V3_1_0, Self::V3_2_0];

    /// As `apiVersion` writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V3_0_0 => "v3.0.0",
            Self::V3_0_1 => "v3.0.1",
            Self::V3_0_2 => "v3.0.2",
            Self::V3_1_0 => "v3.1.0",
            Self::V3_2_0 => "v3.2.0",
        }
    }

    /// The exact spelling of `apiVersion`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.as_str() == text)
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
