//! The Open Data Contract Standard, v3.0.0 to v3.2.0, as Rust types: every section and every field.
//!
//! Reading keeps everything: what the standard does not know stays in each struct's `extra`.

mod contract;
mod dataset;
mod people;
mod property;
mod quality;
pub mod record;
mod relationship;
mod server;
mod shared;
mod version;

pub use contract::{Constraint, Context, ContextBlock, Contract, Description, Document, VerifiedStatement};
pub use dataset::SchemaObject;
pub use people::{Price, Role, SupportChannel, Team, TeamBlock, TeamMember};
pub use property::{LogicalTypeOptions, MapTypes, Property};
pub use quality::{OPERATORS, Quality, SlaProperty};
pub use record::{OneOrMany, Record, ScalarValue};
pub use relationship::Relationship;
pub use server::{SERVER_TYPES, Server, ServerType};
pub use shared::{AuthoritativeDefinition, CustomProperty, EnumValue, Synonym, setting};
pub use version::Version;

#[cfg(test)]
mod tests;
