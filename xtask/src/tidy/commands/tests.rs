//! Commands that exist, and commands that do not.

use super::check;
use crate::tidy::tree::assert_finds;

const SOURCE: &str = r#"//! Arguments.
pub struct Args {
    #[arg(long, short = 'C', global = true)]
    pub project: Option<PathBuf>,
    #[command(subcommand)]
    pub verb: Verb,
}

pub enum ColorChoice {
    Auto,
}

pub enum Verb {
    /// Bring the tables up to date
    Run {
        pipelines: Vec<String>,
    },
    Plan,
    /// List past runs, or show one
    Runs {
        #[command(subcommand)]
        verb: Option<RunsVerb>,
        limit: u32,
    },
    #[command(subcommand)]
    Gate(GateVerb),
    BenchCopy { input: PathBuf, output: PathBuf },
}

pub enum RunsVerb {
    Show { id: String },
}

pub enum GateVerb {
    Approve {
        id: String,
        #[arg(long = "as")]
        who: Option<String>,
    },
}
"#;

#[track_caller]
fn check_page(lines: &str, places: &[&str]) {
    let page = format!("```console\n{lines}\n```\n");
    assert_finds(check, &[("crates/plimsoll/src/args.rs", SOURCE), ("docs/src/a.md", &page)], places);
}

#[test]
fn known_verbs_are_fine() {
    check_page("$ plimsoll run flights\n$ plimsoll runs\n$ plimsoll runs show 01a2 --limit 3", &[]);
    check_page("$ plimsoll gate approve flight --as ada   # a person decides\n$ plimsoll --help", &[]);
    check_page("$ plimsoll bench-copy a b\n$ cargo run --release -p plimsoll -- -C examples/flights run", &[]);
}

#[test]
fn unknown_verbs_are_found_at_every_level() {
    check_page("$ plimsoll rnu", &["docs/src/a.md:2"]);
    check_page("$ plimsoll -C run frob", &["docs/src/a.md:2"]);
    check_page("output\n$ plimsoll gate agree flight", &["docs/src/a.md:3"]);
    check_page("$ plimsoll auto", &["docs/src/a.md:2"]);
}

#[test]
fn unknown_options_are_found() {
    check_page("$ plimsoll run --folder x", &["docs/src/a.md:2"]);
}

#[test]
fn other_blocks_and_other_programs_are_not_looked_at() {
    let page = "```text\n$ plimsoll rnu\n```\n```console\n$ plimsoll-next rnu\nplimsoll rnu\n```\n";
    assert_finds(check, &[("crates/plimsoll/src/args.rs", SOURCE), ("docs/src/a.md", page)], &[]);
}
