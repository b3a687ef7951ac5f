//! Data contracts: the ODCS model with source spans, its lint, and its compilation to a closed set of checks.
//!
//! Knows text and the standard. Must never know a runtime, a disk, or an engine: everything here takes values and returns values.

pub mod syntax;
pub mod diagnostic;
pub mod data_type;
pub mod check;
pub mod dataset;

pub use check::{Bound, Check, Format, Literal, Metric, Operator, Rule, Scope, Severity, Unit};
pub use data_type::{DataType, Field};
pub use dataset::{Column, ContractRef, Dataset, DriftPolicy};
pub use diagnostic::{Diagnostic, Level, Span};
