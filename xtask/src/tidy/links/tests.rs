//! Links that lead somewhere and links that do not.

use super::check;
use crate::tidy::tree::assert_finds;

#[test]
fn files_folders_and_other_sites_are_fine() {
    let text =
        "# Over here\n[a](docs/src/a.md#plimsolls-part) [b](examples/) [c](https://example.com) [d](#over-here)\n";
    let page = "# A\n\n## Plimsoll's part\n[up](../../README.md)\n";
    assert_finds(check, &[("README.md", text), ("docs/src/a.md", page), ("examples/x.txt", "")], &[]);
}

#[test]
fn a_heading_that_is_not_there_is_found() {
    let files = [("README.md", "[a](a.md#gone)\n[b](#gone)\n"), ("a.md", "text\n```text\n# gone\n```\n")];
    assert_finds(check, &files, &["README.md:1", "README.md:2"]);
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    assert_finds(
        check,
        &[("README.md", "text\n[a](docs/gone.md) and [b](../above.md)\n")],
        &["README.md:2", "README.md:2"],
    );
}

#[test]
fn code_is_not_read_as_links() {
    let text = "`[a](gone.md)`\n```text\n[a](gone.md)\n```\n";
    assert_finds(check, &[("README.md", text)], &[]);
}

#[test]
fn a_page_that_is_not_in_the_table_of_contents_is_found() {
    let files = [("docs/src/SUMMARY.md", "- [A](a.md)\n"), ("docs/src/a.md", ""), ("docs/src/b.md", "")];
    assert_finds(check, &files, &["docs/src/b.md:1"]);
}
