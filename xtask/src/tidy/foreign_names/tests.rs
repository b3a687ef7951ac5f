//! Names of machines and registries, spelled in halves.

use super::check;
use crate::tidy::tree::assert_finds;

#[test]
fn a_machine_path_is_found_and_a_relative_one_is_not() {
    let text = format!("cd {}{}plimsoll\nnet{}{}x\nfine\n", "/ho", "me/", "/wo", "rk/");
    assert_finds(check, &[("docs/a.md", &text)], &["docs/a.md:1"]);
}

#[test]
fn a_registry_host_is_found() {
    let text = format!("see {}{}\n", "https://pypi", ".org/project/duckdb");
    assert_finds(check, &[("README.md", &text)], &["README.md:1"]);
}
