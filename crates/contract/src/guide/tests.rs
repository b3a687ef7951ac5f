//! Every code has its page, and every example does what its page says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{guide, guides, page, table, whole};
use crate::codes::codes;
use crate::load;

#[test]
fn every_code_is_explained() {
    for info in codes() {
        assert!(guide(info.code).is_some(), "{} has no page", info.code);
    }
    assert_eq!(guides().count(), codes().len());
}

#[test]
fn examples_earn_their_code_and_mended_ones_do_not() {
    for (info, guide) in guides() {
        let found = load("c", &whole(guide.example));
        let hit = found.diagnostics.iter().find(|found| found.code == info.code);
        let hit =
            hit.unwrap_or_else(|| panic!("{} is not found:\n{}\n{:#?}", info.code, guide.example, found.diagnostics));
        assert!(hit.message.len() > 5, "{hit:?}");
        let Some(mended) = guide.mended else { continue };
        let found = load("c", &whole(mended));
        let left: Vec<_> =
            found.diagnostics.iter().filter(|found| found.code == info.code || found.is_error()).collect();
        assert!(left.is_empty(), "{} mended:\n{mended}\n{left:#?}", info.code);
    }
}

#[test]
fn the_page_and_the_table_name_every_code() {
    let (page, table) = (page(), table());
    for info in codes() {
        assert!(page.contains(&format!("\n## {}\n", info.code)), "{}", info.code);
        assert!(table.contains(&format!("| {} |", info.code)), "{}", info.code);
    }
}

/// `cargo xtask codes` writes them.
#[test]
fn the_guide_is_up_to_date() {
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src");
    let written = std::fs::read_to_string(docs.join("contract-codes.md")).unwrap();
    assert_eq!(written, page(), "run `cargo xtask codes`");
    let overview = std::fs::read_to_string(docs.join("lint-codes.md")).unwrap();
    assert!(overview.contains(&table()), "run `cargo xtask codes`");
}
