//! `plimsoll`: the command line. Parses, wires the concrete engine and sources to the verbs, renders, and ends with an exit code.
//!
//! Exit codes: 0 done and nothing wrong, 1 failed, 2 bad input or usage, 3 waiting at a gate.

mod args;
mod progress;
mod render;
mod screen;
mod verbs;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Args;
use crate::screen::Screen;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Which of the libraries' log lines are shown, in `tracing`'s own syntax, for example `deltalake=debug`.
const LOG: &str = "PLIMSOLL_LOG";
/// When set, also what may have values of rows in it.
const LOG_VALUES: &str = "PLIMSOLL_LOG_VALUES";

fn main() -> ExitCode {
    if std::env::var_os(LOG).is_some() {
        log();
    }
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage(&error),
    };
    let mut screen = Screen::new(args.color, args.json);
    let code = verbs::dispatch(&args, &mut screen);
    ExitCode::from(screen.finish(code))
}

/// The libraries below log statistics and plans on their lower levels, and with them values of rows: these lines are left out, whatever
/// the filter says.
fn log() {
    use tracing_subscriber::Layer;
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::util::SubscriberInitExt;
    let values = std::env::var_os(LOG_VALUES).is_some();
    let harmless = tracing_subscriber::filter::filter_fn(move |line| {
        values || *line.level() <= tracing::Level::INFO || line.target().starts_with(env!("CARGO_PKG_NAME"))
    });
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(harmless);
    tracing_subscriber::registry().with(tracing_subscriber::EnvFilter::from_env(LOG)).with(lines).init();
}

/// clap knows how to say it; its own exit code for help and version is kept.
fn usage(error: &clap::Error) -> ExitCode {
    let json = std::env::args().any(|arg| arg == "--json");
    if json && error.use_stderr() {
        let mut screen = Screen::new(args::ColorChoice::Never, true);
        let message = error.to_string();
        let first = message.lines().next().unwrap_or_default();
        let first = first.strip_prefix("error: ").unwrap_or(first);
        screen.error(&engine::Error::new(engine::Kind::Input, first).help("see `plimsoll --help`"));
        return ExitCode::from(screen.finish(2));
    }
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}
