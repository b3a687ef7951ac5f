//! `plimsoll change` as types.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::gate::Delegation;

#[derive(Debug, Subcommand)]
pub enum ChangeVerb {
    /// Write a change: proposal, tasks, spec delta and the complete new contract
    New(NewChange),
    /// Open changes; with --all the applied ones too
    List {
        #[arg(long)]
        all: bool,
    },
    /// What a change does, who can feel it, and what is missing
    Show { id: String },
    /// Check changes as OpenSpec does with --strict, and against the contracts in force
    Validate {
        /// All open changes if none is named
        ids: Vec<String>,
    },
    /// Stand behind a change that was written or edited by hand, or ask anew about one that has expired
    Propose {
        id: String,
        /// Sign it with this OpenSSH key, which proves who the author is
        #[arg(long, value_name = "KEY")]
        sign: Option<PathBuf>,
        /// Who proposes; otherwise the user of this terminal
        #[arg(long = "as", value_name = "NAME", env = "PLIMSOLL_USER")]
        who: Option<String>,
    },
    /// Approve a change as exactly what it is now
    Approve {
        id: String,
        #[arg(long)]
        reason: String,
        /// Beginning of the digest that was looked at
        #[arg(long)]
        digest: Option<String>,
        /// How many places the change breaks, as `change show` told: they were looked at
        #[arg(long, value_name = "COUNT")]
        breaks: Option<usize>,
        /// Sign the approval with this OpenSSH key
        #[arg(long, value_name = "KEY")]
        sign: Option<PathBuf>,
        /// Who decides; otherwise the user of this terminal
        #[arg(long = "as", value_name = "NAME", env = "PLIMSOLL_USER")]
        who: Option<String>,
    },
    /// Reject a change as what it is now; an edit asks anew
    Reject {
        id: String,
        #[arg(long)]
        reason: String,
        /// Sign the rejection with this OpenSSH key
        #[arg(long, value_name = "KEY")]
        sign: Option<PathBuf>,
        #[arg(long = "as", value_name = "NAME", env = "PLIMSOLL_USER")]
        who: Option<String>,
    },
    /// Hand the right to decide on this version of a change to another; to oneself takes it back
    Delegate {
        #[command(flatten)]
        delegation: Delegation,
    },
    /// Put an approved change in force: contracts, pins and archive together
    Apply {
        id: String,
        #[arg(long = "as", value_name = "NAME", env = "PLIMSOLL_USER")]
        who: Option<String>,
    },
    /// Agree that an applied change is undone; the last who is needed undoes it, and it is open again
    Rollback {
        id: String,
        #[arg(long)]
        reason: String,
        /// In how many places it breaks something, as `change show` lists them: they were looked at
        #[arg(long, value_name = "COUNT")]
        breaks: Option<usize>,
        /// Sign it with this OpenSSH key
        #[arg(long, value_name = "KEY")]
        sign: Option<PathBuf>,
        #[arg(long = "as", value_name = "NAME", env = "PLIMSOLL_USER")]
        who: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct NewChange {
    /// Lower-case words with hyphens, for example add-discount
    pub id: String,
    /// A complete new contract; its id says which one it replaces
    #[arg(long, required_unless_present = "from_drift", value_name = "FILE")]
    pub from: Vec<PathBuf>,
    /// Datasets whose contracts shall fit what their sources hold, as the last `plimsoll drift` found it
    #[arg(long, value_name = "DATASET", conflicts_with = "from")]
    pub from_drift: Vec<String>,
    /// Where a contract that is new shall live, as a folder under openspec/specs
    #[arg(long)]
    pub capability: Option<String>,
    /// Why, in a sentence or two
    #[arg(long, value_name = "TEXT")]
    pub why: Option<String>,
    /// Write an open change anew; what was approved of it is void then
    #[arg(long)]
    pub replace: bool,
    /// Sign it with this OpenSSH key, which proves who the author is
    #[arg(long, value_name = "KEY")]
    pub sign: Option<PathBuf>,
    /// Who proposes; otherwise the user of this terminal
    #[arg(long = "as", value_name = "NAME", env = "PLIMSOLL_USER")]
    pub who: Option<String>,
}
