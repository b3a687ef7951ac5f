//! The forms of other tools, one module each: read, written, and changed as values.
//!
//! Knows text and contracts. Must never know a disk, a clock, a network, or which surface asks: callers read and write the
//! files, and pass in who and when.

pub mod change;
pub mod codes;
pub mod openlineage;
pub mod openspec;
