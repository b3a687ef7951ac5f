//! The command line as types.

mod change;
mod contract;
mod drift;
mod gate;
mod impact;
mod lineage;
mod privacy;
mod test;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

pub use change::{ChangeVerb, NewChange};
pub use contract::{ContractVerb, DiffArgs, DiffMode, LintOptions, SchemaFormat, ShowFormat};
pub use drift::{DriftArgs, DriftVerb};
pub use gate::{Decision as GateDecisionArgs, Delegation, GateFormat, GateVerb};
pub use impact::ImpactArgs;
pub use lineage::{GraphArgs, GraphFormat, LineageArgs, LineageVerb, SqlArgs};
pub use privacy::{KeysVerb, PrivacyVerb};
pub use test::TestArgs;

/// Contract-first data pipelines: nothing is loaded that its contract does not allow.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, max_term_width = 100, disable_help_subcommand = true)]
pub struct Args {
    /// The project's folder; otherwise the nearest one upwards with a plimsoll.toml
    #[arg(long, short = 'C', global = true, value_name = "FOLDER")]
    pub project: Option<PathBuf>,
    /// Print one JSON document instead of a screen
    #[arg(long, global = true)]
    pub json: bool,
    /// When to colour; auto is at a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Bring the tables up to date
    Run {
        /// Pipelines to run; all if none is named
        pipelines: Vec<String>,
        /// Seconds to wait for another run of the same pipeline
        #[arg(long, value_name = "SECONDS")]
        wait: Option<u64>,
    },
    /// Show what a run would do, and why
    Plan,
    /// Check the project without opening any data
    Check,
    /// Show each dataset's newest state
    Status,
    /// List past runs, or show one
    Runs {
        #[command(subcommand)]
        verb: Option<RunsVerb>,
        /// How many to list
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Refused rows: list, show, replay, discard, export
    #[command(subcommand)]
    Dlq(DlqVerb),
    /// Decisions that wait for a person
    #[command(subcommand)]
    Gate(GateVerb),
    /// Changes of contracts: propose, decide, put in force, undo
    #[command(subcommand)]
    Change(ChangeVerb),
    /// Look at what the sources hold and the tables are, against their contracts
    Drift(DriftArgs),
    /// Make a project here, or take over the OpenSpec tree that is here
    Init,
    /// Work on contracts alone
    #[command(subcommand)]
    Contract(ContractVerb),
    /// Which columns a column comes from
    Lineage(LineageArgs),
    /// What a change of a dataset, column, contract or model breaks
    Impact(ImpactArgs),
    /// What is sensitive, what only looks so, and what must go
    #[command(subcommand)]
    Privacy(PrivacyVerb),
    /// The keys that values are protected with
    #[command(subcommand)]
    Keys(KeysVerb),
    /// The record of all that happened: is it whole, and what stands in it
    #[command(subcommand)]
    Ledger(LedgerVerb),
    /// Print the JSON schema of a file (settings, pipeline, contract), or of what `gate show --json` prints
    Schema {
        #[arg(value_enum)]
        of: SchemaOf,
    },
    /// Copy a CSV to Parquet unchecked, with the bare engine: the yardstick of the benchmarks
    #[command(hide = true)]
    BenchCopy { input: PathBuf, output: PathBuf },
    /// Read all of a Parquet file unchecked, with the bare engine: the yardstick of the benchmarks
    #[command(hide = true)]
    BenchScan { input: PathBuf },
}

#[derive(Debug, Subcommand)]
pub enum LedgerVerb {
    /// Find any event that was changed, removed or moved
    Verify {
        /// A hash that an earlier `verify` told: the chain must lead through it
        #[arg(long, value_name = "HASH")]
        noted: Option<String>,
    },
    /// Write all events, one JSON object a line
    Export {
        /// Otherwise to standard output
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Make what is folded from the events anew
    Rebuild,
    /// Say that this machine's clock is right, where events are dated in the future: gates that they touched ask anew
    SettleClock {
        #[arg(long)]
        reason: String,
        /// Who says so; otherwise the user of this terminal
        #[arg(long = "as", value_name = "NAME", env = "PLIMSOLL_USER")]
        who: Option<String>,
        /// Sign it with the key in this file
        #[arg(long, value_name = "KEY")]
        sign: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum RunsVerb {
    /// Show one run, event by event
    Show { id: String },
}

#[derive(Debug, Subcommand)]
pub enum DlqVerb {
    /// Datasets with dead letters, and why
    List,
    /// The dead letters of one dataset
    Show {
        dataset: String,
        #[arg(long, default_value_t = 10)]
        limit: usize,
    },
    /// Check them again under the present contract; what passes now is published
    Replay { dataset: String },
    /// Take dead letters away for good
    Discard {
        dataset: String,
        /// Beginnings of ids; all if none is given
        ids: Vec<String>,
        #[arg(long)]
        reason: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Write them to a file, one JSON object a line
    Export {
        dataset: String,
        /// `-` is standard output
        #[arg(long, short, default_value = "-")]
        output: String,
        /// With the values of classified columns; who did it and why is entered in the ledger
        #[arg(long, requires = "reason")]
        clear: bool,
        #[arg(long, requires = "clear")]
        reason: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    Settings,
    Pipeline,
    Contract,
    Gate,
}
