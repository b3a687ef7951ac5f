//! OpenSpec: specs, changes and what archiving makes of them, in the form that the tool itself reads and writes.
//!
//! ```text
//!  openspec/specs/<capability>/spec.md              requirements; one of them pins each contract
//!  openspec/specs/<capability>/<name>.odcs.yaml     the contract itself
//!  openspec/changes/<id>/                           proposal.md, tasks.md, and under specs/ the delta and the whole new contract
//!  openspec/changes/archive/<day>-<id>/             the same folder after it was applied
//! ```

mod delta;
mod lines;
mod merge;
mod metadata;
mod pin;
mod proposal;
mod requirement;
mod rules;
mod spec;
mod tasks;
mod tree;

pub use delta::{Delta, Removed, Rename};
pub use lines::normalised;
pub use merge::merge;
pub use metadata::{Base, Metadata, with_bases};
pub use pin::{Found, Pin, pins, with_pin};
pub use proposal::Proposal;
pub use requirement::{Requirement, Scenario};
pub use rules::{check_delta, check_spec, check_tasks};
pub use spec::Spec;
pub use tasks::{Group, Task, Tasks};
pub use tree::{ARCHIVE, CHANGES, Folder, SPECS, Tree, is_contract};

#[cfg(test)]
mod tests;
