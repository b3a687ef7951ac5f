//! `plimsoll drift` as types.

use clap::Args;

#[derive(Debug, Args)]
pub struct DriftArgs {
    /// Datasets to look at; all if none is named
    pub datasets: Vec<String>,
    /// Look only at what the sources hold
    #[arg(long, conflicts_with = "tables")]
    pub sources: bool,
    /// Look only at the published tables
    #[arg(long)]
    pub tables: bool,
}
