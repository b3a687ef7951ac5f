//! `privacy` and `keys`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum PrivacyVerb {
    /// Columns that are more than public, and where that comes from
    Classes,
    /// Columns that look personal and are not classified
    Scan {
        /// Datasets to look at; all if none is named
        datasets: Vec<String>,
        /// Files, folders, globs or Delta tables to look at instead of a project: CSV, JSON, Parquet, Arrow, Avro
        #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with_all = ["datasets", "verify"])]
        data: Vec<String>,
        /// The format of the data; otherwise the ending of each file says it
        #[arg(long, requires = "data")]
        format: Option<String>,
        /// Rows of each table to look at
        #[arg(long, default_value_t = 10_000, value_name = "N")]
        rows: usize,
        /// Also whether the tables hold protected columns in the clear
        #[arg(long)]
        verify: bool,
    },
    /// Take the rows of one person out of every dataset that lineage reaches
    Erase {
        /// DATASET.COLUMN that identifies the person
        column: String,
        /// The person's value in it; otherwise the first line of standard input
        value: Option<Secret>,
        #[arg(long)]
        reason: String,
        /// Who asks for it; otherwise the user of this terminal
        #[arg(long = "as", value_name = "NAME", env = "PLIMSOLL_USER")]
        who: Option<String>,
        /// Write the proof to a file
        #[arg(long, value_name = "FILE")]
        proof: Option<PathBuf>,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum KeysVerb {
    /// The project's keys, and whether they can be had
    List,
    /// Print a fresh key
    New,
    /// Encrypt what is encrypted with an older key with the present one
    Rotate {
        /// The key to take out of use
        #[arg(long, value_name = "ID")]
        from: String,
        /// The key to use instead; otherwise the project's present one
        #[arg(long, value_name = "ID")]
        to: Option<String>,
        #[arg(long = "as", value_name = "NAME", env = "PLIMSOLL_USER")]
        who: Option<String>,
    },
}

/// Never shown, also not in what the program logs about itself.
#[derive(Clone)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}
