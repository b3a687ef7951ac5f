//! The measured as a table for people and as JSON.

use std::fmt::Write;

use serde_json::{Value, json};

use super::measure::{Measured, median};
use super::{Line, Report, StepReport};

/// The contenders that ratios refer to.
const YARDSTICKS: [&str; 2] = ["unchecked", "duckdb"];

pub fn table(report: &Report) -> String {
    let mut text = format!("\n{}: {}\n", report.name, report.about);
    let _ = writeln!(
        text,
        "  {:<12} {:<10} {:>9} {:>19} {:>9} {:>12} {:>12} {:>9}",
        "step", "", "median s", "min to max s", "MiB", "rows/s", "× unchecked", "× duckdb"
    );
    for step in &report.steps {
        for line in &step.lines {
            let _ = writeln!(text, "  {:<12} {}", step.name, row(step, line));
        }
    }
    text
}

fn row(step: &StepReport, line: &Line) -> String {
    let runs = match &line.outcome {
        Ok(runs) => runs,
        Err(reason) => return format!("{:<10} {reason}", line.contender),
    };
    let seconds = seconds(runs);
    let (low, high) = range(runs);
    let rate = step.rows.map_or("–".into(), |rows| thousands(rows as f64 / seconds));
    let ratios = YARDSTICKS.map(|name| ratio(step, name, seconds).map_or("–".into(), |ratio| format!("{ratio:.2}")));
    format!(
        "{:<10} {seconds:>9.3} {:>19} {:>9.0} {rate:>12} {:>12} {:>9}",
        line.contender,
        format!("{low:.3} to {high:.3}"),
        memory(runs) as f64 / f64::from(1 << 20),
        ratios[0],
        ratios[1]
    )
}

pub fn json(reports: &[Report]) -> Value {
    let line = |step: &StepReport, line: &Line| match &line.outcome {
        Err(reason) => json!({ "contender": line.contender, "error": reason }),
        Ok(runs) => json!({
            "contender": line.contender,
            "seconds": seconds(runs),
            "seconds_min": range(runs).0,
            "seconds_max": range(runs).1,
            "cpu_seconds": median(runs.iter().map(|run| run.cpu)),
            "rss_bytes_max": memory(runs),
            "rows_per_second": step.rows.map(|rows| rows as f64 / seconds(runs)),
            "ratio_unchecked": ratio(step, "unchecked", seconds(runs)),
            "ratio_duckdb": ratio(step, "duckdb", seconds(runs)),
            "runs": runs.len(),
        }),
    };
    let step = |step: &StepReport| json!({ "step": step.name, "rows": step.rows, "results": step.lines.iter().map(|one| line(step, one)).collect::<Vec<_>>() });
    let report = |report: &Report| json!({ "name": report.name, "about": report.about, "steps": report.steps.iter().map(step).collect::<Vec<_>>() });
    json!({ "benchmarks": reports.iter().map(report).collect::<Vec<_>>() })
}

fn seconds(runs: &[Measured]) -> f64 {
    median(runs.iter().map(|run| run.seconds))
}

fn range(runs: &[Measured]) -> (f64, f64) {
    let start = (f64::INFINITY, 0.0_f64);
    runs.iter().fold(start, |(low, high), run| (low.min(run.seconds), high.max(run.seconds)))
}

fn memory(runs: &[Measured]) -> u64 {
    runs.iter().map(|run| run.rss).max().unwrap_or(0)
}

/// How many times as long as that contender, by the medians.
fn ratio(step: &StepReport, name: &str, seconds_own: f64) -> Option<f64> {
    let line = step.lines.iter().find(|line| line.contender == name)?;
    let runs = line.outcome.as_ref().ok().filter(|runs| !runs.is_empty())?;
    Some(seconds_own / seconds(runs))
}

/// `1234567.8` as `1,234,568`.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
