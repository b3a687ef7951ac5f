//! What tests share: fakes, conformance suites, servers of their own.
//!
//! Knows the ports and what external programs need to be started. Must never know an implementation that it is used to test.

pub mod postgres;

pub use postgres::Postgres;
