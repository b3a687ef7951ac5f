//! The project, its plan and its decisions: pure values and functions.
//!
//! Knows contracts, datasets, policies, fingerprints, events and gates. Must never know a clock, a disk, a network or DataFusion.

pub mod approval;
pub mod change;
pub mod decide;
mod digest;
pub mod drift;
pub mod event;
pub mod gate;
pub mod impact;
pub mod integrity;
pub mod lineage;
pub mod migration;
pub mod number;
pub mod origin;
pub mod plan;
pub mod position;
pub mod privacy;
pub mod project;
pub mod read;
pub mod schedule;
pub mod schema;
pub mod state;
pub mod table;
pub mod terms;
pub mod trigger;
pub mod verdict;

pub use decide::{Ask, Decision, decide};
pub use event::Event;
pub use migration::{Migration, migration};
pub use plan::{Plan, fingerprint, plan};
pub use position::{FileRef, Increment, Position};
pub use project::{DatasetSpec, Made, ModelSpec, Project, Settings, SourceSpec};
pub use schedule::Schedule;
pub use state::State;
pub use table::{PartitionBy, TableSpec, Transform, Write};
pub use terms::Terms;
pub use verdict::{Counts, Outcome, Verdict};
