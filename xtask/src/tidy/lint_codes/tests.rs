//! Codes in the crates and rows of the guide.

use super::{PAGE, check};
use crate::tidy::tree::assert_finds;

const CODES: &str = "//! Codes.\ncodes! {\n    SYNTAX = \"PL101\", \"syntax\", Error, \"Not YAML.\";\n}\n";

#[test]
fn a_code_with_its_row_is_fine() {
    let page = "# Lint codes\n\n| code | means |\n| --- | --- |\n| `PL101` | Not YAML. |\n";
    assert_finds(check, &[("crates/contract/src/codes.rs", CODES), (PAGE, page)], &[]);
}

#[test]
fn a_code_without_a_row_is_found_where_it_is_defined() {
    let places = &["crates/contract/src/codes.rs:3"];
    assert_finds(check, &[("crates/contract/src/codes.rs", CODES), (PAGE, "# Lint codes\n")], places);
}

#[test]
fn a_row_without_a_code_is_found() {
    let page = "| `PL101` | Not YAML. |\n| `PL199` | Never said. |\n";
    assert_finds(check, &[("crates/contract/src/codes.rs", CODES), (PAGE, page)], &[&format!("{PAGE}:2")]);
}

#[test]
fn codes_of_tests_and_of_prose_do_not_count() {
    let test = "//! Tests.\nassert_eq!(code, \"PL999\");\n";
    let prose = "//! See `PL998`, \"PLAIN\" and \"PL12\".\n";
    assert_finds(
        check,
        &[("crates/a/src/b/tests.rs", test), ("crates/a/src/b.rs", prose), (PAGE, "text PL997\n")],
        &[],
    );
}
