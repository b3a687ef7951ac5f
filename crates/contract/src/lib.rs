//! Data contracts: the ODCS model with source spans, its lint, and its compilation to a closed set of checks.
//!
//! Knows text and the standard. Must never know a runtime, a disk, or an engine: everything here takes values and returns values.

pub mod check;
pub mod codes;
pub mod compile;
pub mod data_type;
pub mod dataset;
mod declared;
pub mod diagnostic;
pub mod diff;
pub mod fix;
pub mod formats;
pub mod guide;
pub mod lint;
mod load;
pub mod mask;
pub mod measure;
pub mod model;
pub mod pattern;
pub mod place;
pub mod privacy;
pub mod report;
pub mod schema;
pub mod show;
pub mod starter;
pub mod syntax;
pub mod text;

pub use check::{Bound, Check, Format, Limit, Limits, Literal, Metric, Operator, Rule, Scope, Severity, Unit};
pub use codes::{CodeInfo, codes};
pub use compile::{compile, digest};
pub use data_type::{DataType, Field};
pub use dataset::{Column, ContractRef, Dataset, DriftPolicy};
pub use declared::Declared;
pub use diagnostic::{Diagnostic, Level, RenderOptions, Span, render};
pub use lint::lint;
pub use load::{Loaded, Source, load, load_all};
pub use mask::{MASKED, Mask};
pub use measure::{Measure, OutlierMethod, Statistic};
pub use model::Contract;
pub use pattern::Pattern;
pub use place::{Place, Step};
pub use privacy::{Privacy, Protection};
