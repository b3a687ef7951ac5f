//! The starter contract is what it says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::starter;
use crate::load;

#[test]
fn a_new_contract_is_valid_and_compiles() {
    for names in [&["orders"][..], &["orders", "a: strange # name"], &[]] {
        let text = starter("shop", names);
        let loaded = load("c", &text);
        let worse: Vec<_> = loaded.diagnostics.iter().filter(|found| found.level != crate::Level::Info).collect();
        assert!(worse.is_empty(), "{worse:#?}\n{text}");
        let found: Vec<_> = loaded.datasets.iter().map(|dataset| dataset.name.as_str()).collect();
        assert_eq!(found, names);
    }
}
