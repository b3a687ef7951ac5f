//! Reading keeps what it does not understand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::model::{Contract, TeamBlock, Version};

#[test]
fn unknown_and_misplaced_values_survive() {
    let text = "\
apiVersion: v3.0.2
kind: DataContract
id: a
version: 1.0
team: [{username: u}]
foo: [1, {b: null}]
schema:
  - name: t
    tags: []
    properties:
      - name: c
        required: \"yes\"
        later: 1
";
    let (contract, diagnostics) = Contract::read(text);
    let contract = contract.unwrap();
    assert!(diagnostics.is_empty());
    assert_eq!(contract.version, Version::V3_0_2);
    assert_eq!(contract.version_text(), "1.0");
    assert!(matches!(contract.document.team, Some(TeamBlock::Members(_))));
    assert_eq!(contract.to_json(), contract.tree().to_json());
}

#[test]
fn other_formats_are_told_apart() {
    let cases = [
        ("apiVersion: v2.2.2\nkind: DataContract\n", "PL105"),
        ("datasetName: x\nuuid: 1\n", "PL105"),
        ("apiVersion: v9.0.0\n", "PL105"),
        ("dataContractSpecification: 1.1.0\n", "PL104"),
        ("- a\n", "PL104"),
    ];
    for (text, code) in cases {
        let (contract, diagnostics) = Contract::read(text);
        assert!(contract.is_none(), "{text}");
        assert_eq!(diagnostics.iter().map(|found| found.code).collect::<Vec<_>>(), [code], "{text}");
    }
}
