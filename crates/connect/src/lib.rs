//! Sources of rows, one folder each, and recipients of messages. Knows the ports of `engine`, file formats, object stores and
//! PostgreSQL.
//!
//! Must never know who asks: no DataFusion, no Delta, no terminal, no server.

pub mod deliver;
pub mod files;
mod postgres;

pub use files::Files;
