//! Plans: properties over random projects, and every rule of the table at `plan` as a case.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod build;
mod cases;
mod gates;
mod properties;
