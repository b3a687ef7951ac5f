//! Medians, ratios, and what a table says of contenders that are missing or wrong.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::measure::{Measured, median};
use super::*;

fn runs(seconds: &[f64]) -> Result<Vec<Measured>, String> {
    Ok(seconds.iter().map(|&seconds| Measured { seconds, cpu: seconds, rss: 3 << 20 }).collect())
}

fn report(outcome: Result<Vec<Measured>, String>) -> Report {
    let lines =
        vec![Line { contender: "duckdb", outcome: runs(&[2.0, 4.0, 3.0]) }, Line { contender: "plimsoll", outcome }];
    Report { name: "orders", about: "five rows", steps: vec![StepReport { name: "load", rows: Some(6000), lines }] }
}

#[test]
fn a_median_is_in_the_middle() {
    assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
    assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5);
    assert_eq!(median(std::iter::empty()), 0.0);
}

#[test]
fn a_table_shows_median_range_memory_rate_and_ratio() {
    let text = report::table(&report(runs(&[1.5, 1.0, 9.0])));
    let line = text.lines().last().unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words, ["load", "plimsoll", "1.500", "1.000", "to", "9.000", "3", "4,000", "–", "0.50"]);
}

#[test]
fn an_absent_contender_is_told_and_is_no_failure() {
    let absent = report(Err(format!("{}not built", scenario::ABSENT)));
    assert!(report::table(&absent).ends_with("plimsoll   absent: not built\n"));
    assert!(!absent.is_wrong());
    assert!(report(Err("exit code 1: no".into())).is_wrong());
}

#[test]
fn json_carries_the_same() {
    let value = report::json(&[report(runs(&[1.5]))]);
    let result = &value["benchmarks"][0]["steps"][0]["results"][1];
    assert_eq!(result["ratio_duckdb"], 0.5);
    assert_eq!(result["rss_bytes_max"], 3 << 20);
}

#[test]
fn arguments_are_a_name_and_a_number_of_runs() {
    let options = parse(&["daily", "--runs", "5"]).unwrap();
    assert_eq!((options.name.as_deref(), options.runs), (Some("daily"), 5));
    assert!(parse(&["--runs", "none"]).is_err());
    assert!(parse(&["a", "b"]).is_err());
}

#[test]
fn counts_come_from_what_programs_print() {
    assert_eq!(scenario::peer_counts("{\"good\": 3, \"refused\": 1}\n"), Some((3, 1)));
    let run = r#"{"datasets":[{"name":"orders","rows_published":7,"rows_refused":2}]}"#;
    assert_eq!(scenario::plimsoll_counts(run), Some((7, 2)));
    assert_eq!(scenario::plimsoll_counts("done"), None);
}
