//! Which columns a column comes from: of any SQL script.

pub use sql::lineage::{Column, Dependence, Dialect, End, Options, Report, Schemas, Script, Statement, follow};
