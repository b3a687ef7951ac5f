//! Time and memory of one run of a program, through `bench/measure.py`.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::{command, workspace};

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    pub seconds: f64,
    /// User and system time of the process, in seconds.
    pub cpu: f64,
    /// Resident memory at most, in bytes.
    pub rss: u64,
}

/// What a program did: how long, and what it said.
pub struct Run {
    pub measured: Measured,
    pub code: i64,
    pub stdout: String,
    pub stderr: String,
}

pub fn run(python: &Path, program: &Command) -> Result<Run> {
    let mut wrapped = Command::new(python);
    wrapped.arg(workspace::root()?.join("bench/measure.py")).arg(program.get_program()).args(program.get_args());
    if let Some(folder) = program.get_current_dir() {
        wrapped.current_dir(folder);
    }
    let output =
        wrapped.stdin(Stdio::null()).output().with_context(|| format!("cannot start {}", command::line(&wrapped)))?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let (before, last) = stderr.trim_end().rsplit_once('\n').unwrap_or(("", stderr.trim_end()));
    let report: serde_json::Value =
        serde_json::from_str(last).with_context(|| format!("{} did not run: {stderr}", command::line(program)))?;
    let measured = Measured {
        seconds: report["seconds"].as_f64().context("no seconds")?,
        cpu: report["cpu"].as_f64().context("no cpu")?,
        rss: report["rss"].as_u64().context("no rss")?,
    };
    let code = report["code"].as_i64().context("no code")?;
    Ok(Run { measured, code, stdout: String::from_utf8_lossy(&output.stdout).into_owned(), stderr: before.to_string() })
}

/// The middle one of an odd number of values, the mean of the two in the middle otherwise; 0 of none.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match (values.get(values.len() / 2), values.len() % 2) {
        (None, _) => 0.0,
        (Some(middle), 1) => *middle,
        (Some(upper), _) => f64::midpoint(*upper, values[values.len() / 2 - 1]),
    }
}
