//! Sources of rows, one folder each, and recipients of messages. Knows the ports of `engine`, file formats and object stores.
//!
//! Must never know who asks: no DataFusion, no Delta, no terminal, no server.

pub mod deliver;
pub mod files;

pub use files::Files;
