//! A scenario is a row of steps that every contender takes on a fresh copy of the same input; contenders alternate, so that
//! a slow minute of the machine hits all of them.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use serde_json::Value;

use super::measure::{self, Measured};
use super::{Line, Report, StepReport};
use crate::venv;

/// How the reason starts when a contender cannot take part.
pub const ABSENT: &str = "absent: ";

pub struct Scenario {
    pub name: &'static str,
    pub about: &'static str,
    pub steps: Vec<Step>,
    pub contenders: Vec<Contender>,
    /// Python packages that the contenders need.
    pub packages: &'static [&'static str],
}

pub struct Step {
    pub name: &'static str,
    pub rows: Option<u64>,
    /// What each contender must report: good and refused rows.
    pub expected: Option<(u64, u64)>,
}

/// Before the first step of every run; not timed.
pub type Fresh = Box<dyn Fn() -> Result<()>>;

/// Makes the input of a step (by name) ready, which is not timed, and gives the command that is; the path is Python's.
pub type Prepare = Box<dyn Fn(&str, &Path) -> Result<Command>>;

pub struct Contender {
    pub name: &'static str,
    /// A reason not to take part.
    pub absent: Option<String>,
    pub fresh: Fresh,
    pub command: Prepare,
    /// Good and refused rows, from what the program printed.
    pub counts: fn(&str) -> Option<(u64, u64)>,
    /// The exit code of a run that did its work.
    pub code: i64,
}

pub fn run(scenario: &Scenario, runs: usize) -> Result<Report> {
    let python = venv::python(scenario.packages)?;
    let mut steps: Vec<StepReport> = scenario.steps.iter().map(|step| empty(step, scenario)).collect();
    for round in 0..runs {
        for (index, contender) in
            scenario.contenders.iter().enumerate().filter(|(_, contender)| contender.absent.is_none())
        {
            eprintln!("bench: {} · {} · run {} of {runs}", scenario.name, contender.name, round + 1);
            (contender.fresh)()?;
            for (step, report) in scenario.steps.iter().zip(&mut steps) {
                let command = (contender.command)(step.name, &python)?;
                add(&mut report.lines[index].outcome, take(step, contender, &python, &command));
            }
        }
    }
    Ok(Report { name: scenario.name, about: scenario.about, steps })
}

fn empty(step: &Step, scenario: &Scenario) -> StepReport {
    let line = |contender: &Contender| Line {
        contender: contender.name,
        outcome: contender.absent.as_ref().map_or(Ok(Vec::new()), |reason| Err(format!("{ABSENT}{reason}"))),
    };
    StepReport { name: step.name, rows: step.rows, lines: scenario.contenders.iter().map(line).collect() }
}

/// A contender that failed once is out: its times would not mean the same.
fn add(outcome: &mut Result<Vec<Measured>, String>, run: Result<Measured, String>) {
    match (outcome.as_mut(), run) {
        (Ok(runs), Ok(measured)) => runs.push(measured),
        (Ok(_), Err(reason)) => *outcome = Err(reason),
        (Err(_), _) => {}
    }
}

fn take(step: &Step, contender: &Contender, python: &Path, command: &Command) -> Result<Measured, String> {
    let run = measure::run(python, command).map_err(|error| format!("{error:#}"))?;
    if run.code != contender.code {
        let said = run.stderr.lines().last().unwrap_or_default();
        return Err(format!("exit code {}: {said}", run.code));
    }
    match (step.expected, (contender.counts)(&run.stdout)) {
        (Some(expected), Some(found)) if expected != found => {
            Err(format!("good and refused rows are {found:?} instead of {expected:?}"))
        }
        _ => Ok(run.measured),
    }
}

/// `{"good": 1, "refused": 2}`, as the hand-written programs print.
pub fn peer_counts(stdout: &str) -> Option<(u64, u64)> {
    let value: Value = serde_json::from_str(stdout.trim()).ok()?;
    Some((value["good"].as_u64()?, value["refused"].as_u64()?))
}

/// From `plimsoll run --json`: the dataset `orders`.
pub fn plimsoll_counts(stdout: &str) -> Option<(u64, u64)> {
    let value: Value = serde_json::from_str(stdout.trim()).ok()?;
    let orders = value["datasets"].as_array()?.iter().find(|dataset| dataset["name"] == "orders")?;
    Some((orders["rows_published"].as_u64().unwrap_or(0), orders["rows_refused"].as_u64().unwrap_or(0)))
}

pub fn no_counts(_: &str) -> Option<(u64, u64)> {
    None
}
