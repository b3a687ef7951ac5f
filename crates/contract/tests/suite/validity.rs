//! Balanced accuracy of `valid` on contracts about which several tools agree.

use contract::load;

use crate::{json_lines, suite};

#[test]
fn agrees_with_the_oracles() {
    let Some(path) = suite("odcs/contract_validity.jsonl") else { return };
    let (mut valid, mut valid_found, mut invalid, mut invalid_found) = (0, 0, 0, 0);
    for case in json_lines(&path) {
        let Some(expected) = case["expected_valid"].as_bool() else { continue };
        let loaded = load("contract", case["contract"].as_str().unwrap());
        if loaded.is_valid() != expected {
            let errors: Vec<_> = loaded.diagnostics.iter().filter(|found| found.is_error()).collect();
            eprintln!("{} expected {expected}: {errors:?}", case["id"]);
        }
        if expected {
            valid += 1;
            valid_found += usize::from(loaded.is_valid());
        } else {
            invalid += 1;
            invalid_found += usize::from(!loaded.is_valid());
        }
    }
    let share = |found: usize, all: usize| found as f64 / all as f64;
    let accuracy = (share(valid_found, valid) + share(invalid_found, invalid)) / 2.0;
    eprintln!("valid {valid_found}/{valid}, invalid {invalid_found}/{invalid}, balanced accuracy {accuracy:.3}");
    assert!(accuracy >= 0.95, "{accuracy}");
}
