//! Reading contracts must not be felt.

use std::fmt::Write;
use std::time::{Duration, Instant};

/// A contract with ten columns and a check on each.
fn small(number: usize) -> String {
    let mut text = format!(
        "apiVersion: v3.1.0\nkind: DataContract\nid: c{number}\nversion: 1.0.0\nstatus: active\nschema:\n  - name: t{number}\n    properties:\n"
    );
    for column in 0..10 {
        let _ = write!(
            text,
            "      - name: c{column}\n        logicalType: integer\n        required: true\n        logicalTypeOptions:\n          minimum: 0\n          maximum: 100\n"
        );
    }
    text
}

/// The floor is generous where debug code runs on a busy machine; the release figure is printed.
#[test]
fn a_thousand_contracts() {
    let texts: Vec<String> = (0..1000).map(small).collect();
    let start = Instant::now();
    let checks: usize = texts
        .iter()
        .map(|text| {
            contract::load("c.odcs.yaml", text).datasets.iter().map(|dataset| dataset.checks.len()).sum::<usize>()
        })
        .sum();
    let elapsed = start.elapsed();
    eprintln!("1,000 contracts read, linted and compiled in {elapsed:?}");
    assert_eq!(checks, 20_000);
    let limit = if cfg!(debug_assertions) { Duration::from_secs(20) } else { Duration::from_millis(1500) };
    assert!(elapsed < limit, "{elapsed:?}");
}
