//! The outcome of several steps.

use super::*;

fn steps(codes: &[u8]) -> Vec<Step> {
    codes.iter().map(|&code| Step { name: "step", code, seconds: 1.25 }).collect()
}

#[test]
fn the_first_failing_code_wins() {
    assert_eq!(first_failure(&steps(&[0, 0, 0])), 0);
    assert_eq!(first_failure(&steps(&[0, 101, 1])), 101);
}

#[test]
fn a_line_tells_name_time_and_outcome() {
    assert_eq!(steps(&[0])[0].line(), "step         1.2 s  ok");
    assert_eq!(steps(&[3])[0].line(), "step         1.2 s  FAILED (exit code 3)");
}
