//! One function per verb: call the app, render what it returns, say how it went.

mod bench;
mod changes;
mod contracts;
mod dlq;
mod drift;
mod gates;
mod impact;
mod init;
mod keys;
mod ledger;
mod lineage;
mod privacy;
mod project;
mod run;

use engine::{Error, Kind, Result};

use crate::args::{Args, Verb};
use crate::screen::{self, Screen};

pub const DONE: u8 = 0;
pub const FAILED: u8 = 1;
pub const BAD_INPUT: u8 = 2;
pub const WAITING: u8 = 3;

pub fn dispatch(args: &Args, screen: &mut Screen) -> u8 {
    tracing::debug!(verb = ?args.verb, "asked");
    if let Err(error) = settle(args, screen) {
        screen.error(&error);
        return screen::code(&error);
    }
    let done = match &args.verb {
        Verb::Run { pipelines, wait } => run::run(args, screen, pipelines, *wait),
        Verb::Plan => run::plan(args, screen),
        Verb::Check => project::check(args, screen),
        Verb::Status => project::status(args, screen),
        Verb::Runs { verb, limit } => project::runs(args, screen, verb.as_ref(), *limit),
        Verb::Dlq(verb) => dlq::dlq(args, screen, verb),
        Verb::Gate(verb) => gates::gate(args, screen, verb),
        Verb::Change(verb) => changes::change(args, screen, verb),
        Verb::Drift(of) => drift::drift(args, screen, of),
        Verb::Init => init::init(args, screen),
        Verb::Contract(verb) => contracts::contract(screen, verb),
        Verb::Lineage(of) => lineage::lineage(args, screen, of),
        Verb::Impact(of) => impact::impact(args, screen, of),
        Verb::Privacy(verb) => privacy::privacy(args, screen, verb),
        Verb::Keys(verb) => keys::keys(args, screen, verb),
        Verb::Ledger(verb) => ledger::ledger(args, screen, verb),
        Verb::Schema { of } => contracts::schema(screen, *of),
        Verb::BenchCopy { input, output } => blocking(bench::copy(screen, input, output)),
        Verb::BenchScan { input } => blocking(bench::scan(screen, input)),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            screen.error(&error);
            screen::code(&error)
        }
    }
}

/// Ends what an interrupted change left, before a verb looks at the project.
fn settle(args: &Args, screen: &mut Screen) -> Result<()> {
    if matches!(&args.verb, Verb::Contract(_) | Verb::Schema { .. } | Verb::BenchCopy { .. } | Verb::BenchScan { .. }) {
        return Ok(());
    }
    if let Some(change) = crate::wiring::settle(args)?
        && !screen.json
    {
        screen.line(format!("! change {change} was interrupted: it is ended now"));
    }
    Ok(())
}

/// Runs a verb's work on the runtime that DataFusion needs.
fn blocking<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::new(Kind::Refused, format!("cannot start the runtime: {e}")))?;
    let done = runtime.block_on(work);
    // Readers that were told to stop may still be in a system call; nobody waits for them.
    runtime.shutdown_background();
    done
}

/// The name of the user that this process belongs to.
fn login() -> Option<String> {
    let output = std::process::Command::new("id").arg("-un").output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

/// Who decides: as given, or the user of this terminal.
fn who(given: Option<&str>) -> Result<String> {
    let environment = |name| std::env::var(name).ok();
    let user =
        given.map(str::to_owned).or_else(|| environment("USER")).or_else(|| environment("LOGNAME")).or_else(login);
    let user = user.filter(|name| !name.trim().is_empty()).ok_or_else(|| {
        Error::new(Kind::Input, "a decision needs a name").help("give it with --as NAME or PLIMSOLL_USER")
    })?;
    app::names::fit(&user)?;
    Ok(user)
}
