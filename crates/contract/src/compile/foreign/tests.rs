//! Rules of other engines, and what they become here.
#![allow(clippy::unwrap_used)]

/// `id kind: expected`, or why not.
fn compiled(rule: &str) -> String {
    let contract = format!(
        "apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: 1.0.0\nstatus: a\nschema:\n  - name: t\n    properties:\n      - name: c\n        \
         logicalType: string\n        quality:\n          - type: custom\n            {}\n",
        rule.replace('\n', "\n            ")
    );
    let loaded = crate::load("c", &contract);
    let lines = loaded.datasets[0].checks.iter().map(|check| match &check.rule {
        crate::Rule::NotChecked { reason, .. } => format!("  {} not checked: {reason}", check.id),
        rule => format!("  {} {} {:?}: {}", check.id, rule.kind(), check.severity, check.expected),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn great_expectations() {
    let rules = [
        "{type: expect_column_values_to_not_be_null, kwargs: {column: d}}",
        "{type: expect_column_values_to_not_be_null, kwargs: {mostly: 0.9}}",
        "{expectation_type: expect_column_values_to_be_in_set, kwargs: {value_set: [a, b]}}",
        "{type: expect_column_values_to_not_be_in_set, kwargs: {value_set: [\"it's\", 2]}}",
        "{type: expect_column_values_to_be_between, kwargs: {min_value: 1, max_value: 9, strict_max: true}}",
        "{type: expect_column_value_lengths_to_equal, kwargs: {value: 3}}",
        "{type: expect_column_values_to_match_regex, kwargs: {regex: '^a'}}",
        "{type: expect_column_values_to_match_regex, kwargs: {regex: '(?P<x>a)'}}",
        "{type: expect_column_values_to_be_unique}",
        "{type: expect_compound_columns_to_be_unique, kwargs: {column_list: [c, D]}}",
        "{type: expect_column_pair_values_a_to_be_greater_than_b, kwargs: {column_A: c, column_B: d, or_equal: true}}",
        "{type: expect_table_row_count_to_be_between, kwargs: {minValue: 10, maxValue: 20}}",
        "{type: expect_table_row_count_to_be_between, kwargs: {min_value: 10}}",
        "{type: expect_table_row_count_to_equal_other_table, kwargs: {other_table_name: u}}",
        "{type: expect_column_mean_to_be_between, kwargs: {min_value: 1, max_value: 2, strict_min: true}}",
        "{type: expect_column_proportion_of_unique_values_to_be_between, kwargs: {min_value: 0.9}}",
        "{type: expect_column_kl_divergence_to_be_less_than}",
        "|\n  type: expect_column_values_to_be_null\n  kwargs:\n    column: d",
        "'{\"type\": \"expect_column_values_to_be_null\"}'",
        "{kwargs: {}}",
        "'['",
    ];
    let found = rules
        .map(|rule| format!("{rule}\n{}", compiled(&format!("engine: greatExpectations\nimplementation: {rule}"))));
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn soda() {
    let rules = [
        "row_count > 0",
        "row_count between 1 and 10",
        "missing_count(c) = 0",
        "missing_percent(c) < 5 %",
        "duplicate_count(c, d) = 0",
        "duplicate_count(c) < 5",
        "avg(d) not between 1 and 2",
        "freshness(c) < 1d",
        "|\n  checks for t:\n    - missing_count(c) = 0:\n        missing values: [N/A, '']\n    - invalid_count(c) = 0:\n        valid values: [a, b]\n    - invalid_percent(c) < 1:\n        valid regex: ^a\n        filter: d > 1",
        "|\n  checks:\n    - invalid_count(c) = 0:\n        valid min: 3",
        "{type: duplicate_percent, columns: [c, d], must_be_less_than: 1.0}",
        "{type: missing_count, column: d}",
        "{type: row_count, must_be_between: [1, 2]}",
    ];
    let found = rules.map(|rule| format!("{rule}\n{}", compiled(&format!("engine: soda\nimplementation: {rule}"))));
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn dqx_and_others() {
    let rules = [
        "engine: dqx\nimplementation: {criticality: minor, check: {function: is_not_null}}",
        "engine: dqx\nimplementation: {criticality: error, check: {function: is_in_range, arguments: {min_limit: 0, max_limit: 10}}}",
        "engine: dqx\nimplementation: {check: {function: is_not_null_and_is_in_list, arguments: {col_name: d, allowed: [1]}}}",
        "engine: dqx\nimplementation: {check: {function: is_unique}}",
        "engine: dqx\nimplementation: {check: {function: regex_match, arguments: {regex: '^a$'}}}",
        "engine: dqx\nimplementation: {check: {function: sql_expression, arguments: {expression: c = 'x'}}}",
        "engine: dqx\nimplementation: {check: {function: not_in_future}}",
        "engine: montecarlo\nimplementation: x",
    ];
    let found = rules.map(|rule| format!("{rule}\n{}", compiled(rule)));
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn own_rules() {
    let rules = [
        "c <> ''",
        "{when: \"d = 1\", then: \"{property} IS NOT NULL\"}",
        "{metric: nullValues, where: d > 1, mustBeLessThan: 3}",
        "{unique: true, where: d > 1}",
        "{unique: [c, d]}",
        "{statistic: mean, mustBeBetween: [1, 2]}",
        "{statistic: quantile, at: 95%, of: d * 2, mustBeLessThan: 9}",
        "{statistic: mode, mustBe: 1}",
        "{statistic: mean}",
        "{outliers: iqr, limit: 1.5, unit: percent, mustBeLessThan: 1}",
        "{sameRowCountAs: u}",
        "{sameRowCountAs: u, unit: percent, mustBeBetween: [-5, 5]}",
        "{balance: {left: sum(d), right: sum(e), dataset: u}, by: [c], tolerance: 0.01}",
        "{gaps: d, by: [c], step: 2}",
        "{sorted: d, orderBy: e, strict: true}",
        "{sameValuesAs: u.c}",
        "{sameValuesAs: [u.a, v.b], columns: [c, d]}",
        "{complete: true, by: [d], atLeast: 95%}",
        "{complete: c, unit: percent}",
        "{sorted: d, gaps: d}",
        "{sorted: d, orderBy: e, unit: percent}",
        "{statistic: mean, mustBe: 1, mustBeLessThan: 2}",
        "{statistic: mean, mustBeLessThan: much}",
        "{then: c = 1}\ncustomProperties: [{property: effectiveColumn, vendor: plimsoll, value: day}, {property: effectiveFrom, vendor: plimsoll, value: '2024-01-01'}, {property: effectiveUntil, vendor: plimsoll, value: '2025-01-01'}]",
        "{metric: rowCount, where: d > 1, mustBe: 1}\ncustomProperties: [{property: effectiveColumn, vendor: plimsoll, value: day}, {property: effectiveUntil, vendor: plimsoll, value: '2025-01-01'}]",
        "[1]",
        "{}",
    ];
    let found = rules.map(|rule| format!("{rule}\n{}", compiled(&format!("engine: plimsoll\nimplementation: {rule}"))));
    insta::assert_snapshot!(found.join("\n"));
}
