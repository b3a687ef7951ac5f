//! What changed between two versions of a contract, who can feel it, and how far the version must move.
//!
//! A change is judged twice: for *consumers*, who read the dataset, and for *producers*, who write it. Everything is a
//! value in and a value out; the words for people are in `show`, `markdown` and `sarif`.

mod change;
mod comparable;
mod computed;
mod differ;
mod history;
mod keys;
mod language;
mod markdown;
mod mode;
mod options;
mod pair;
mod people;
mod privacy;
mod properties;
mod quality;
mod range;
mod relationships;
mod rewrite;
mod runs;
mod sarif;
mod schema;
mod servers;
mod service_levels;
mod show;
mod statement;
mod terms;
mod types;
mod version;

pub use change::{Bump, Change, Effect, Place, Verdict};
pub use comparable::obstacles;
pub use differ::contracts;
pub(crate) use history::extend;
pub use history::{Report, Source, Summary, report};
pub use language::{Inclusion, includes};
pub(crate) use language::{meet, occurs};
pub use markdown::markdown;
pub use mode::Mode;
pub use rewrite::with_version;
pub use runs::allows;
pub use sarif::sarif;
pub use show::{ShowOptions, in_words, show};
pub use version::{Versions, is_comparable, raised};

#[cfg(test)]
mod tests;
