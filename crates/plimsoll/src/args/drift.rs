//! `plimsoll drift` as types.

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct DriftArgs {
    #[command(subcommand)]
    pub verb: Option<DriftVerb>,
    /// Datasets to look at; all if none is named
    pub datasets: Vec<String>,
    /// Look only at what the sources hold
    #[arg(long, conflicts_with = "tables")]
    pub sources: bool,
    /// Look only at the published tables
    #[arg(long)]
    pub tables: bool,
}

#[derive(Debug, Subcommand)]
pub enum DriftVerb {
    /// Take what the last look found for how things are now, where no contract can say it
    Accept {
        /// A dataset, or one column of it as dataset.column
        item: String,
        #[arg(long)]
        reason: String,
        /// Only what the source holds
        #[arg(long, conflicts_with = "tables")]
        sources: bool,
        /// Only what the published table is
        #[arg(long)]
        tables: bool,
        /// Who does; otherwise the user of this terminal
        #[arg(long = "as", value_name = "NAME", env = "PLIMSOLL_USER")]
        who: Option<String>,
    },
}
