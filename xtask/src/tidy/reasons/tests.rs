//! Dependencies without a reason.

use super::check;
use crate::tidy::tree::assert_finds;

#[test]
fn a_foreign_dependency_without_a_reason_is_found() {
    let manifest = "\
[workspace.dependencies]
# --- own
contract = { path = \"crates/contract\" }
regex = \"1\" # patterns
serde = \"1\"
url = \"2\" #

[profile.dev]
debug = 1
";
    assert_finds(check, &[("Cargo.toml", manifest)], &["Cargo.toml:5", "Cargo.toml:6"]);
}
