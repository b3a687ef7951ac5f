//! Files at and above the limit.

use super::{LINES_MAX, check};
use crate::tidy::tree::assert_finds;

#[test]
fn one_line_too_many_is_found() {
    let fits = "x\n".repeat(LINES_MAX);
    let long = format!("{fits}x\n");
    assert_finds(check, &[("a.rs", &fits), ("b.rs", &long), ("c.md", &long)], &["b.rs:600"]);
}
