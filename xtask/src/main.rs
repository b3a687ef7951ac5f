//! The repository's chores: `cargo xtask test|tidy|data|fuzz|bench`. Knows cargo, git and python; must never link DataFusion.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore talks to the terminal; nothing captures its output"
)]

mod bench;
mod codes;
mod command;
mod data;
mod fuzz;
mod test;
mod tidy;
mod venv;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask test [--fast]         format, tidy, all tests; without --fast also clippy and a short while of fuzzing
cargo xtask tidy                  the repository's own rules
cargo xtask codes                 writes the guide's pages about lint codes
cargo xtask data flights          the whole year of the flights example, one file per day
cargo xtask data bench            generated files and projects for the benchmarks
cargo xtask fuzz [TARGET…] [--seconds N]   coverage-guided fuzzing of what reads foreign bytes
cargo xtask bench [NAME] [--runs N]   Plimsoll beside the bare engine, DuckDB and polars
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["test"] => test::run(test::Options { all: true }),
        ["test", "--fast"] => test::run(test::Options { all: false }),
        ["tidy"] => tidy::run(),
        ["codes"] => codes::run(),
        ["data", "flights"] => data::flights::run(),
        ["data", "bench"] => data::bench::run(),
        ["fuzz", options @ ..] => fuzz::run(options).map(ExitCode::from),
        ["bench", options @ ..] => bench::run(options),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
