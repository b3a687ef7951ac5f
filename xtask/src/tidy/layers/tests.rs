//! Dependencies that point up, sideways, or over a fence.

use super::check;
use crate::tidy::tree::assert_finds;

#[test]
fn upwards_and_sideways_is_found() {
    let sql = "[dependencies]\ncontract.workspace = true\npipeline.workspace = true\n";
    let local = "[dependencies]\nengine.workspace = true\nconnect.workspace = true\n";
    assert_finds(check, &[("crates/sql/Cargo.toml", sql)], &["crates/sql/Cargo.toml:3"]);
    assert_finds(check, &[("crates/local/Cargo.toml", local)], &["crates/local/Cargo.toml:3"]);
}

#[test]
fn tests_may_use_the_testkit_and_nothing_else_may() {
    let manifest = "[dependencies]\ntestkit.workspace = true\n[dev-dependencies]\ntestkit.workspace = true\n";
    assert_finds(check, &[("crates/app/Cargo.toml", manifest)], &["crates/app/Cargo.toml:2"]);
    assert_finds(
        check,
        &[("crates/testkit/Cargo.toml", "[dependencies]\nlocal.workspace = true\n")],
        &["crates/testkit/Cargo.toml:2"],
    );
}

#[test]
fn heavy_dependencies_stay_behind_their_fence() {
    let manifest = "[dependencies]\ndatafusion.workspace = true\n[dev-dependencies]\ndeltalake.workspace = true\n";
    assert_finds(
        check,
        &[("crates/app/Cargo.toml", manifest)],
        &["crates/app/Cargo.toml:2", "crates/app/Cargo.toml:4"],
    );
    assert_finds(check, &[("crates/sql/Cargo.toml", "[dependencies]\ndatafusion.workspace = true\n")], &[]);
}

#[test]
fn pure_crates_know_no_runtime() {
    assert_finds(
        check,
        &[("crates/contract/Cargo.toml", "[dependencies]\ntokio.workspace = true\n")],
        &["crates/contract/Cargo.toml:2"],
    );
}

#[test]
fn an_unknown_crate_and_a_linking_xtask_are_found() {
    assert_finds(check, &[("crates/utils/Cargo.toml", "")], &["crates/utils/Cargo.toml:1"]);
    assert_finds(
        check,
        &[("xtask/Cargo.toml", "[dependencies]\ncontract.workspace = true\n")],
        &["xtask/Cargo.toml:2"],
    );
}
