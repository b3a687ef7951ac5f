//! Files that do not say what they are for.

use super::check;
use crate::tidy::tree::assert_finds;

#[test]
fn a_file_without_a_header_is_found() {
    let files = [
        ("a.rs", "//! Reads.\n"),
        ("b.rs", "// Reads.\n"),
        ("c.rs", ""),
        ("d.rs", "use x;\n//! late\n"),
        ("e.md", "text\n"),
    ];
    assert_finds(check, &files, &["b.rs:1", "c.rs:1", "d.rs:1"]);
}
