//! Reading and writing a contract loses nothing.

use contract::{Contract, Level, syntax};

use crate::{files, suite};

/// Official examples of the versions that Plimsoll reads: writing them gives the same values, and nothing is an error.
#[test]
fn official_examples_survive() {
    let Some(folder) = suite("odcs/examples") else { return };
    let mut count = 0;
    for path in files(&folder) {
        let text = std::fs::read_to_string(&path).unwrap();
        if path.components().any(|part| part.as_os_str() == "v2.2.2") {
            let (contract, diagnostics) = Contract::read(&text);
            assert!(contract.is_none(), "{}", path.display());
            assert_eq!(diagnostics.len(), 1, "{}: {diagnostics:#?}", path.display());
            assert!(diagnostics[0].help.is_some());
            continue;
        }
        let (contract, diagnostics) = Contract::read(&text);
        let errors: Vec<_> = diagnostics.iter().filter(|found| found.level == Level::Error).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
        let contract = contract.unwrap_or_else(|| panic!("{} is not read", path.display()));
        let written = contract.to_yaml();
        let again = syntax::parse(&written).root.unwrap_or_else(|| panic!("{}:\n{written}", path.display()));
        assert_eq!(again.to_json(), contract.tree().to_json(), "{}:\n{written}", path.display());
        count += 1;
    }
    assert!(count > 90, "{count}");
}
