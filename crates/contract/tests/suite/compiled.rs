//! Contracts of other projects compile to the checks that their tests name.

use contract::{Rule, load};

use crate::{json_lines, suite};

/// What a kind of check of the suite must be found as.
fn is_kind(rule: &Rule, kind: &str) -> bool {
    match kind {
        "length" => matches!(rule, Rule::Length { .. }),
        "range" => matches!(rule, Rule::Range { .. }),
        "field_unique" => matches!(rule, Rule::Unique { .. }),
        "row_count" | "field_null_values" | "field_invalid_values" | "field_duplicate_values" => {
            matches!(rule, Rule::Metric { .. })
        }
        _ => !matches!(rule, Rule::NotChecked { .. }),
    }
}

#[test]
fn each_expectation_becomes_a_check() {
    let Some(path) = suite("great-expectations/odcs_native.jsonl") else { return };
    for case in json_lines(&path) {
        let loaded = load("contract", case["contract"].as_str().unwrap());
        let kind = case["check_kind"].as_str().unwrap();
        // That a column is there is the dataset's shape, not a check.
        if kind == "field_is_present" {
            continue;
        }
        let checks = &loaded.datasets[0].checks;
        assert!(checks.iter().any(|check| is_kind(&check.rule, kind)), "{} {kind}: {checks:#?}", case["id"]);
        let errors: Vec<_> = loaded.diagnostics.iter().filter(|found| found.is_error()).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", case["id"]);
    }
}
