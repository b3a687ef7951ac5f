//! The ports: what a source, an engine and a stage's job are. Knows plain values and Arrow batches.
//!
//! Must never know an implementation: no DataFusion, no Delta, no Spark, no terminal.

pub mod error;
pub mod fault;
pub mod job;
pub mod keys;
pub mod probe;
pub mod recipient;
pub mod source;
pub mod stored;
pub mod tester;

pub use error::{Error, Kind, Result};
pub use job::{
    Again, Commit, DeadLetter, EachDeadLetter, EachValue, Engine, Input, Kept, Layout, Person, Previous, Reference,
    Rewritten, Sample, StageInput, StageJob, StageOutcome, Staged, TableRef,
};
pub use keys::Keys;
pub use pipeline::{FileRef, Increment, Position};
pub use probe::Probe;
pub use recipient::Recipient;
pub use source::{BatchStream, Drift, Progress, Read, ReadRequest, Source};
pub use tester::{Tested, Tester};
