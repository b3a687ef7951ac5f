//! How sensitive each column is, what it takes over from the columns that it is computed from, and what must not be so.
//!
//! ```text
//!  classification, tags ──▶ level of a column ──┐
//!  protection, declassify ─▶ level of what is left ─┼─▶ along DIRECT edges ─▶ findings, each with its path
//!  exemptions, today ──────────────────────────────┘
//! ```

mod flow;
mod level;
mod settings;

pub use flow::{Exempted, Finding, Judged, Standing, Step, Subject, judge};
pub use level::Level;
pub use settings::{Exemption, KeySource, PrivacySettings, SmallGroups, Then};

#[cfg(test)]
mod tests;
