//! What a person sees: one screen per verb, laid out for the width there is.

mod ahead;
mod changes;
mod dead_letters;
mod diagnostics;
mod drift;
mod gates;
mod history;
pub mod impact;
mod lineage;
mod markup;
mod number;
pub mod origin;
mod plan;
mod privacy;
mod run;
mod table;
pub mod test;
mod told;

pub use ahead::{ahead, settled};
pub use changes::{
    adopted, change, change_applied, change_breaks, change_decided, change_delegated, change_rolled_back,
    change_stood_behind, change_to_be_undone, change_written, changes, changes_that_wait, changes_validated,
};
pub use dead_letters::{dead_letters, letters, replay};
pub use diagnostics::{checked, covered, diagnostics, linted, linted_json};
pub use drift::{drift, drift_accepted, drift_that_stands};
pub use gates::{Forge, GateToTell, change_as_gate, decision, delegated, gate, gate_as_comment, gate_for_slack, gates};
pub use history::{run_events, runs, status, status_rows, triggers};
pub use lineage::{Grows, dot, mermaid, page, script, svg, tree};
pub use number::of;
pub use plan::{plan, previous};
pub use privacy::{classes, erased, keys, rotated, scanned, standing};
pub use run::run;
pub use told::told;
