//! Stray prints and unfinished code. The macros are spelled in halves, so that this file has none.

use super::check;
use crate::tidy::tree::assert_finds;

#[test]
fn a_library_that_prints_is_found() {
    let code = format!("fn f() {{\n    {}!(\"x\");\n    // {0}!(\"y\")\n    sprintln!(\"z\");\n}}\n", "println");
    assert_finds(check, &[("crates/sql/src/lib.rs", &code)], &["crates/sql/src/lib.rs:2"]);
    assert_finds(check, &[("crates/plimsoll/src/main.rs", &code), ("xtask/src/main.rs", &code)], &[]);
    assert_finds(check, &[("crates/sql/src/a/tests.rs", &code), ("crates/sql/tests/suite/main.rs", &code)], &[]);
}

#[test]
fn unfinished_code_is_found_everywhere() {
    let code = format!("{}!();\nlet x = {}!(y);\n", "todo", "dbg");
    assert_finds(check, &[("xtask/src/a.rs", &code)], &["xtask/src/a.rs:1", "xtask/src/a.rs:2"]);
}
