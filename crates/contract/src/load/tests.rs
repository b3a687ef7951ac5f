//! One file, everything that it gives.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::load;

#[test]
fn a_contract_with_mistakes_still_gives_its_datasets() {
    let text = "apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: 1.0.0\nstatus: x\nschema:\n  - name: t\n    foo: 1\n\
                \u{20}   properties:\n      - {name: c, logicalType: integer, required: true}\n";
    let loaded = load("a.yaml", text);
    assert!(!loaded.is_valid());
    assert_eq!(loaded.datasets[0].columns.len(), 1);
    assert!(loaded.diagnostics.iter().all(|found| found.path == "a.yaml"));
    assert!(loaded.datasets[0].contract.digest.starts_with("sha256:"));
    assert_eq!(loaded.datasets[0].contract.digest.len(), 71);
}
