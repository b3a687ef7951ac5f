//! The ledger: the append-only, hash-chained list of what happened, and the folds over it that make start-up fast.
//!
//! Knows events and two databases, SQLite for one machine and PostgreSQL when it is shared. Must never know an engine, a table
//! format, a terminal or a clock: times are passed in. Everything blocks; an async caller wraps it in `spawn_blocking`.
//!
//! ```text
//!  append(time, events) ── one transaction ──▶ event   seq | time | body (JSON) | hash     the truth, never changed
//!                                         └──▶ dataset, file_chunk, gate, run, run_stage, change_step, drift_look, cause   folds, can be rebuilt at any time
//! ```
//!
//! Format of the chain: `hash(seq) = hex(sha256(hash(seq - 1) \n seq \n time_ms \n body))`, where numbers are decimal, `body` is
//! the event's JSON exactly as stored, and `hash(0)` is 64 zeros. `seq` counts from 1 without gaps.

mod attest;
mod backend;
pub mod chain;
pub mod changes;
pub mod datasets;
pub mod drift;
pub mod events;
pub mod files;
mod fold;
pub mod gates;
pub mod location;
pub mod lock;
pub mod runs;
pub mod schema;
pub mod store;
pub mod trail;
pub mod verify;

#[cfg(test)]
mod fixtures;

pub use datasets::{LedgerDataset, PublishedCounts};
pub use events::{Ahead, Recorded};
pub use gates::{Gate, GateDecision, GateFilter, GateStage};
pub use location::Location;
pub use lock::RunLock;
pub use runs::{Run, RunStage, StageState};
pub use store::Ledger;
pub use trail::Trail;
pub use verify::{Fault, VerifyReport};
