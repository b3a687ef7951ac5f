//! `cargo xtask bench`: Plimsoll beside the bare engine and hand-written programs, over the same files, in one run.

mod check;
mod lineage;
mod lint;
mod measure;
mod report;
mod scenario;
mod scenarios;
mod wide;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::workspace;

const RUNS: usize = 3;

struct Options {
    name: Option<String>,
    runs: usize,
}

pub fn run(arguments: &[&str]) -> Result<ExitCode> {
    let options = parse(arguments)?;
    let mut reports = Vec::new();
    for scenario in scenarios::chosen(options.name.as_deref())? {
        let report = scenario::run(&scenario, options.runs)?;
        print!("{}", report::table(&report));
        reports.push(report);
    }
    let path = workspace::target()?.join("bench.json");
    std::fs::write(&path, serde_json::to_string_pretty(&report::json(&reports))? + "\n")?;
    println!("\nwritten to {}", path.display());
    let wrong = reports.iter().any(Report::is_wrong);
    Ok(if wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn parse(arguments: &[&str]) -> Result<Options> {
    let mut options = Options { name: None, runs: RUNS };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if *word == "--runs" {
            let number = words.next().context("--runs needs a number")?;
            options.runs = number
                .parse()
                .ok()
                .filter(|runs| *runs > 0)
                .with_context(|| format!("`{number}` is no number of runs"))?;
        } else if word.starts_with('-') || options.name.is_some() {
            bail!("unknown argument `{word}`");
        } else {
            options.name = Some((*word).to_string());
        }
    }
    Ok(options)
}

/// What one scenario measured.
struct Report {
    name: &'static str,
    about: &'static str,
    steps: Vec<StepReport>,
}

struct StepReport {
    name: &'static str,
    rows: Option<u64>,
    lines: Vec<Line>,
}

/// One contender's runs of one step.
struct Line {
    contender: &'static str,
    outcome: Result<Vec<measure::Measured>, String>,
}

impl Report {
    /// Something ran and was wrong, as opposed to was not there.
    fn is_wrong(&self) -> bool {
        let lines = self.steps.iter().flat_map(|step| &step.lines);
        lines.filter_map(|line| line.outcome.as_ref().err()).any(|reason| !reason.starts_with(scenario::ABSENT))
    }
}

#[cfg(test)]
mod tests;
