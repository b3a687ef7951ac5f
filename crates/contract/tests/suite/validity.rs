//! Balanced accuracy of `valid` on contracts about which several tools agree.

use contract::load;

use crate::{json_lines, suite};

/// Of the places that the official schema complains about, how many an error names: the place itself, one within, or the
/// section that lacks something.
fn named_places(case: &serde_json::Value, loaded: &contract::Loaded) -> (usize, usize) {
    let complaints = case["oracles"]["jsonschema_declared"]["errors"].as_array();
    let complaints = complaints.map(Vec::as_slice).unwrap_or_default();
    let named = |complaint: &&serde_json::Value| {
        let wanted = element(complaint[0].as_str().unwrap_or_default());
        let covers = |found: &contract::Diagnostic| {
            found.is_error()
                && (found.element.starts_with(&wanted)
                    || wanted.starts_with(&found.element) && !found.element.is_empty())
        };
        loaded.diagnostics.iter().any(covers)
    };
    (complaints.len(), complaints.iter().filter(named).count())
}

/// `/schema/0/name` as `schema[0].name`.
fn element(pointer: &str) -> String {
    let mut path = String::new();
    for part in pointer.split('/').filter(|part| !part.is_empty()) {
        match part.parse::<usize>() {
            Ok(index) => path.push_str(&format!("[{index}]")),
            Err(_) if path.is_empty() => path.push_str(part),
            Err(_) => path.push_str(&format!(".{part}")),
        }
    }
    path
}

#[test]
fn agrees_with_the_oracles() {
    let Some(path) = suite("odcs/contract_validity.jsonl") else { return };
    let (mut valid, mut valid_found, mut invalid, mut invalid_found) = (0, 0, 0, 0);
    let (mut places, mut places_found) = (0, 0);
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
            let (all, found) = named_places(&case, &loaded);
            places += all;
            places_found += found;
        }
    }
    let share = |found: usize, all: usize| found as f64 / all as f64;
    let accuracy = (share(valid_found, valid) + share(invalid_found, invalid)) / 2.0;
    eprintln!("valid {valid_found}/{valid}, invalid {invalid_found}/{invalid}, balanced accuracy {accuracy:.3}");
    assert!(accuracy >= 0.99, "{accuracy}");
    assert_eq!(places, places_found, "the right place is named");
}
