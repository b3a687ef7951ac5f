//! `cargo xtask test`: every step runs even when one fails; the first failing exit code is the task's own.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;

use crate::{command, fuzz, tidy, workspace};

#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Also what takes a compilation of its own: clippy, the official schemas, and the fuzzers.
    pub all: bool,
}

pub fn run(options: Options) -> Result<ExitCode> {
    let mut done = vec![step("fmt", || cargo(&["fmt", "--all", "--check"]))?];
    if options.all {
        let clippy = ["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"];
        done.push(step("clippy", || cargo(&clippy))?);
    }
    done.push(step("tidy", tidy::code)?);
    done.push(step("test", || cargo(&["test", "--workspace", "--quiet", "--no-fail-fast"]))?);
    if options.all {
        done.push(step("oracle", || cargo(&["test", "--quiet", "--manifest-path", "oracle/Cargo.toml"]))?);
        done.push(step("fuzz", || fuzz::run(&[]))?);
    }
    println!();
    for step in &done {
        println!("{}", step.line());
    }
    Ok(ExitCode::from(first_failure(&done)))
}

#[derive(Debug, Clone, Copy)]
struct Step {
    name: &'static str,
    code: u8,
    seconds: f64,
}

impl Step {
    fn line(&self) -> String {
        let outcome = if self.code == 0 { "ok".to_string() } else { format!("FAILED (exit code {})", self.code) };
        format!("{:<8} {:>7.1} s  {outcome}", self.name, self.seconds)
    }
}

fn step(name: &'static str, work: impl FnOnce() -> Result<u8>) -> Result<Step> {
    eprintln!("xtask: {name}");
    let start = Instant::now();
    let code = work()?;
    Ok(Step { name, code, seconds: start.elapsed().as_secs_f64() })
}

fn cargo(arguments: &[&str]) -> Result<u8> {
    command::code(workspace::cargo().args(arguments).current_dir(workspace::root()?))
}

fn first_failure(steps: &[Step]) -> u8 {
    steps.iter().map(|step| step.code).find(|code| *code != 0).unwrap_or(0)
}

#[cfg(test)]
mod tests;
