//! `cargo xtask fuzz [TARGET…] [--seconds N]`: coverage-guided fuzzing of what reads foreign bytes.
//!
//! The fuzzer's instruments are flags of the stable compiler; with other flags everything is compiled anew, so the folder `fuzz` is a
//! workspace of its own with its own target folder. What the fuzzer learns stays there and is where it goes on next time.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{command, workspace};

const TARGETS: [&str; 4] = ["contract_text", "project_text", "csv_bytes", "pattern_text"];
const INSTRUMENTS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table --cfg fuzzing";
/// Seconds for each target, unless said otherwise.
pub const SECONDS: u32 = 10;
/// A single input that takes longer, or needs more, is a finding.
const INPUT_SECONDS: u32 = 5;
const MEMORY_MIB: u32 = 1024;
const INPUT_BYTES: u32 = 4096;

pub fn run(options: &[&str]) -> Result<u8> {
    let mut seconds = SECONDS;
    let mut targets = Vec::new();
    let mut words = options.iter();
    while let Some(word) = words.next() {
        match *word {
            "--seconds" => seconds = words.next().context("--seconds needs a number")?.parse()?,
            target if TARGETS.contains(&target) => targets.push(target),
            other => bail!("there is no target `{other}`: {}", TARGETS.join(", ")),
        }
    }
    if targets.is_empty() {
        targets.extend(TARGETS);
    }
    fuzz(&targets, seconds)
}

/// The exit code of the first target that found something.
pub fn fuzz(targets: &[&str], seconds: u32) -> Result<u8> {
    if !has_cpp() {
        println!("note: there is no C++ compiler to build the fuzzer with, so nothing is fuzzed");
        return Ok(0);
    }
    let folder = workspace::root()?.join("fuzz");
    let target = workspace::target()?.join("fuzz");
    let triple = triple()?;
    // Build scripts and macros must not carry instruments: naming the target keeps the flags from them.
    let build = ["build", "--release", "--quiet", "--target", &triple];
    let built = command::code(
        workspace::cargo()
            .args(build)
            .current_dir(&folder)
            .env("CARGO_TARGET_DIR", &target)
            .env("RUSTFLAGS", INSTRUMENTS),
    )?;
    if built != 0 {
        return Ok(built);
    }
    for name in targets {
        let program = target.join(&triple).join("release").join(name);
        let code = one(&program, name, &folder, &target, seconds)?;
        if code != 0 {
            println!("fuzz: {name} found something; the input is in {}", target.join("found").display());
            return Ok(code);
        }
    }
    Ok(0)
}

fn one(program: &Path, name: &str, folder: &Path, target: &Path, seconds: u32) -> Result<u8> {
    let (learned, found) = (target.join("learned").join(name), target.join("found"));
    for folder in [&learned, &found] {
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    let output = Command::new(program)
        .arg(&learned)
        .arg(folder.join("seeds").join(name))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={INPUT_SECONDS}"))
        .arg(format!("-rss_limit_mb={MEMORY_MIB}"))
        .arg(format!("-max_len={INPUT_BYTES}"))
        .arg(format!("-artifact_prefix={}/{name}-", found.display()))
        .args(["-seed=1", "-reload=0"])
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let told = String::from_utf8_lossy(&output.stderr);
    let last = told.lines().rev().find(|line| line.starts_with("Done ")).unwrap_or("ended early");
    println!("fuzz: {name}: {last}");
    if !output.status.success() {
        let lines: Vec<&str> = told.lines().collect();
        lines.iter().skip(lines.len().saturating_sub(40)).for_each(|line| eprintln!("{line}"));
    }
    Ok(output.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

fn has_cpp() -> bool {
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".into());
    Command::new(compiler).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// What this machine's compiler compiles for.
fn triple() -> Result<String> {
    let told = command::output(Command::new("rustc").arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc names no host")
}
