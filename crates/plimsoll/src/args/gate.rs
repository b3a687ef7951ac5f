//! `gate`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub enum GateVerb {
    /// Gates that wait; with --all also the decided ones
    List {
        #[arg(long)]
        all: bool,
    },
    /// What is asked, the evidence, what hangs on it, and who may decide
    Show {
        id: String,
        /// A comment for a code review or a chat, or JSON for a program
        #[arg(long, value_name = "FORMAT", value_enum)]
        format: Option<GateFormat>,
    },
    /// Wait until people have decided: 0 approved, 1 rejected or expired, 3 when the time is up
    Wait {
        /// Gates, datasets or changes; otherwise all that wait now, have expired, or hold a stage up as rejected
        ids: Vec<String>,
        /// Seconds; otherwise without end
        #[arg(long, value_name = "SECONDS")]
        timeout: Option<u64>,
    },
    /// Agree; the last approval that is needed publishes what is held
    Approve {
        #[command(flatten)]
        decision: Decision,
    },
    /// Delete what is held; the stage waits until its inputs or its contract change
    Reject {
        #[command(flatten)]
        decision: Decision,
    },
    /// Hand the right to decide on this gate to another; to oneself takes it back
    Delegate {
        #[command(flatten)]
        delegation: Delegation,
    },
}

#[derive(Debug, Args)]
pub struct Decision {
    pub id: String,
    #[arg(long)]
    pub reason: String,
    /// Decide only if it is still this that is asked: the beginning of the fingerprint
    #[arg(long, value_name = "FINGERPRINT")]
    pub fingerprint: Option<String>,
    /// Of a change of contracts: how many places it breaks, as `gate show` told; they were looked at
    #[arg(long, value_name = "COUNT")]
    pub breaks: Option<usize>,
    /// Who decides; otherwise the user of this terminal
    #[arg(long = "as", value_name = "NAME", env = "PLIMSOLL_USER")]
    pub who: Option<String>,
    /// Sign the decision with the key in this file
    #[arg(long, value_name = "KEY")]
    pub sign: Option<PathBuf>,
}

/// Of the right to decide, on a gate or on a change.
#[derive(Debug, Args)]
pub struct Delegation {
    pub id: String,
    /// Who may decide instead
    #[arg(long, value_name = "NAME")]
    pub to: String,
    #[arg(long)]
    pub reason: String,
    /// The last day, in UTC; otherwise until it is decided or has expired, and of a change until it is edited
    #[arg(long, value_name = "DAY")]
    pub until: Option<String>,
    /// Whose right it is; otherwise the user of this terminal
    #[arg(long = "as", value_name = "NAME", env = "PLIMSOLL_USER")]
    pub who: Option<String>,
    /// Sign with this OpenSSH key
    #[arg(long, value_name = "KEY")]
    pub sign: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GateFormat {
    Github,
    Gitlab,
    Slack,
    Json,
}
