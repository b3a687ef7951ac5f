//! The verbs on contracts alone.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum ContractVerb {
    /// Check what contracts say and mean
    Lint {
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// Show a contract on one screen
    Show { path: PathBuf },
    /// Print the JSON schema of contracts, for editors
    Schema,
    /// Print a commented contract to start from
    New {
        id: String,
        /// Names of its datasets
        datasets: Vec<String>,
    },
}
