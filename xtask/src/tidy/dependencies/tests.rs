//! Manifests that declare for themselves.

use super::check;
use crate::tidy::tree::assert_finds;

#[test]
fn own_versions_and_features_are_found() {
    let manifest = "[dependencies]\ncontract.workspace = true\ntokio = { workspace = true, features = [\"full\"] }\nregex = \"1\"\n";
    assert_finds(
        check,
        &[("crates/sql/Cargo.toml", manifest)],
        &["crates/sql/Cargo.toml:3", "crates/sql/Cargo.toml:4"],
    );
}

#[test]
fn the_root_may_declare() {
    assert_finds(check, &[("Cargo.toml", "[workspace.dependencies]\nregex = \"1\" # patterns\n")], &[]);
}
