//! Decisions as a table: counts, verdicts, limit, expected sentences.

use super::*;

fn counts(passed: u64, refused: u64) -> Counts {
    Counts { rows_passed: passed, rows_refused: refused, ..Counts::default() }
}

fn verdict(id: &str, scope: Scope, violations: u64, rows: u64) -> Verdict {
    Verdict {
        id: id.into(),
        kind: "required".into(),
        scope,
        element: None,
        severity: Severity::Error,
        outcome: if violations == 0 { Outcome::Passed } else { Outcome::Failed },
        violations,
        value: None,
        ratio: if rows == 0 { 0.0 } else { violations as f64 / rows as f64 },
        expected: "a value".into(),
        reason: None,
        threshold: None,
        samples: Vec::new(),
    }
}

fn row(id: &str, violations: u64, rows: u64) -> Verdict {
    verdict(id, Scope::Row, violations, rows)
}

fn dataset(id: &str, violations: u64, rows: u64) -> Verdict {
    verdict(id, Scope::Dataset, violations, rows)
}

fn limited(verdict: Verdict, threshold: f64) -> Verdict {
    Verdict { threshold: Some(threshold), ..verdict }
}

fn warning(verdict: Verdict) -> Verdict {
    Verdict { severity: Severity::Warning, outcome: Outcome::Warned, ..verdict }
}

fn check(counts: Counts, verdicts: &[Verdict], expected: &[&str]) {
    let decision = decide(&counts, verdicts, 0.05);
    let expected = if expected.is_empty() {
        Decision::Publish
    } else {
        let asks = expected.iter().map(|ask| (*ask).to_owned()).collect();
        Decision::Hold { kind: GateKind::DataQuality, also: Vec::new(), asks }
    };
    assert_eq!(decision, expected);
}

#[test]
fn nothing_found_publishes() {
    check(counts(0, 0), &[], &[]);
    check(counts(100, 0), &[row("a.required", 0, 100), dataset("a.unique", 0, 100)], &[]);
}

#[test]
fn exactly_the_limit_publishes_and_one_more_holds() {
    check(counts(95, 5), &[row("a.required", 5, 100)], &[]);
    check(
        counts(94, 6),
        &[row("a.required", 6, 100)],
        &["6 of 100 rows (6 %) were refused, more than the 5 % allowed, most by a.required 6."],
    );
}

#[test]
fn all_refused_holds() {
    check(counts(0, 3), &[], &["3 of 3 rows (100 %) were refused, more than the 5 % allowed."]);
}

#[test]
fn many_small_checks_hold_together_and_the_main_ones_are_named() {
    let verdicts = [row("a", 2, 100), row("b", 3, 100), row("c", 2, 100), row("d", 1, 100)];
    check(
        counts(92, 8),
        &verdicts,
        &["8 of 100 rows (8 %) were refused, more than the 5 % allowed, most by b 3, a 2, c 2."],
    );
}

#[test]
fn a_stricter_limit_of_a_check_holds_alone() {
    check(
        counts(99, 1),
        &[limited(row("a.required", 1, 100), 0.0)],
        &["a.required is violated by 1 rows (1 %), more than the 0 % allowed; expected a value."],
    );
}

#[test]
fn a_wider_limit_of_a_check_is_not_counted_against_the_stage() {
    check(counts(60, 40), &[limited(row("a", 40, 100), 0.5)], &[]);
    check(
        counts(54, 46),
        &[limited(row("a", 40, 100), 0.5), row("b", 6, 100)],
        &["46 of 100 rows (46 %) were refused, more than the 5 % allowed, most by a 40, b 6."],
    );
    // Rows that violate both are let pass by the wider limit, but `b` is still measured by the stage's.
    check(
        counts(60, 40),
        &[limited(row("a", 40, 100), 0.5), row("b", 40, 100)],
        &["b is violated by 40 rows (40 %), more than the 5 % allowed; expected a value."],
    );
}

#[test]
fn a_failed_dataset_check_holds() {
    let reason = Verdict { reason: Some("2 rows share a key".into()), ..dataset("flight.unique", 2, 1_000_000) };
    check(counts(1_000_000, 0), &[reason], &["flight.unique does not hold: expected a value; 2 rows share a key."]);
    check(counts(100, 0), &[limited(dataset("a.unique", 2, 100), 0.02)], &[]);
    check(
        counts(100, 0),
        &[limited(dataset("a.unique", 3, 100), 0.02)],
        &["a.unique does not hold: expected a value."],
    );
}

#[test]
fn warnings_and_unchecked_never_hold() {
    let unchecked = Verdict { outcome: Outcome::NotChecked, ..dataset("text", 100, 100) };
    let unchecked_row = Verdict { outcome: Outcome::NotChecked, ..row("text", 100, 100) };
    let verdicts = [
        warning(row("a", 100, 100)),
        warning(dataset("b", 100, 100)),
        limited(warning(row("c", 9, 9)), 0.0),
        unchecked,
        unchecked_row,
    ];
    check(counts(100, 0), &verdicts, &[]);
}

#[test]
fn a_tiny_share_is_not_shown_as_nothing() {
    let decision = decide(&counts(10_000_000, 1), &[], 0.0);
    let Decision::Hold { asks, .. } = decision else { unreachable!("one row is above a limit of nothing") };
    assert_eq!(asks, ["1 of 10,000,001 rows (less than 0.001 %) were refused, more than the 0 % allowed."]);
}

#[test]
fn what_the_plan_asks_stands_before_what_the_rows_ask() {
    let ask = |kind, text: &str| Ask { kind, text: text.into() };
    let asks = [ask(GateKind::DataMigration, "Drops a."), ask(GateKind::PipelineIntegrity, "No key any more.")];
    assert_eq!(Decision::Publish.joined(&[]), Decision::Publish);
    let held = |kind, also: &[GateKind], asks: &[&str]| Decision::Hold {
        kind,
        also: also.to_vec(),
        asks: asks.iter().map(|ask| (*ask).into()).collect(),
    };
    let both = held(GateKind::DataMigration, &[GateKind::PipelineIntegrity], &["Drops a.", "No key any more."]);
    assert_eq!(Decision::Publish.joined(&asks), both);
    let found = held(GateKind::DataQuality, &[], &["Too many."]);
    assert_eq!(found.clone().joined(&[]), found);
    let more = held(GateKind::PipelineIntegrity, &[GateKind::DataQuality], &["No key any more.", "Too many."]);
    assert_eq!(found.joined(&asks[1..]), more);
}
