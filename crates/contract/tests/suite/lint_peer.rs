//! The peer's own cases for its lint: whether a contract fails.

use contract::load;

use crate::{json_lines, suite};

/// Cases that ask for something else: contracts of another specification, which the peer converts on the fly, and
/// contracts judged by a schema of their own.
fn is_foreign(case: &serde_json::Value) -> bool {
    let contract = case["contract"].as_str().unwrap_or_default();
    case["options"]["schema_location"].is_string()
        || contract.contains("dataContractSpecification")
        || !contract.contains("apiVersion")
}

/// Where we differ on purpose, see the guide's page on reading the standard.
const ON_PURPOSE: [&str; 1] = ["dc-lint-0011"];

#[test]
fn agrees_with_the_peer() {
    let Some(path) = suite("datacontract-cli/lint.jsonl") else { return };
    let (mut count, mut agreed, mut left_out) = (0, 0, 0);
    for case in json_lines(&path) {
        if is_foreign(&case) {
            left_out += 1;
            continue;
        }
        let expected = case["result"] != "failed";
        let loaded = load("contract", case["contract"].as_str().unwrap());
        count += 1;
        let agrees = loaded.is_valid() == expected;
        agreed += usize::from(agrees);
        let id = case["id"].as_str().unwrap_or_default();
        let errors: Vec<_> = loaded.diagnostics.iter().filter(|found| found.is_error()).collect();
        assert!(agrees || ON_PURPOSE.contains(&id), "{id} expected {expected}: {errors:#?}");
    }
    eprintln!("the peer's lint cases: {agreed} of {count} agree, {left_out} ask for something else");
}
