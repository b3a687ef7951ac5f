//! `cargo xtask data`: data that is too large for the repository, under the target folder.

pub mod bench;
pub mod flights;
mod random;
