//! Tables of PostgreSQL as data to test: their types from the catalog, conditions decided by the server, rows by COPY.
//!
//! ```text
//! catalog ── columns, types ─▶ facts        session ── one snapshot ─▶ row of counts | COPY (binary) ─▶ decode ─▶ slices
//! ```
//!
//! Every session is read-only, and all of them see the snapshot of the first.

mod catalog;
mod decode;
mod session;
mod table;
mod wire;

pub use table::{Databases, open};

/// A name, quoted.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
