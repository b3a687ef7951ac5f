//! Sources of rows, one folder each. Knows the ports of `engine`, file formats and object stores.
//!
//! Must never know who asks: no DataFusion, no Delta, no terminal, no server.

pub mod files;

pub use files::Files;
