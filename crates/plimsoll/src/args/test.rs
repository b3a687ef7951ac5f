//! The options of `contract test`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub struct TestArgs {
    /// The contract's file
    pub contract: PathBuf,
    /// Files, globs, folders or s3:// URLs; name=PATH says of which dataset.
    /// Without it, the data of the contract's server
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub data: Vec<String>,
    /// Test this dataset alone
    #[arg(long, value_name = "NAME")]
    pub dataset: Option<String>,
    /// The contract's server to test; otherwise the first that can be
    #[arg(long, value_name = "NAME")]
    pub server: Option<String>,
    /// The files' format, where their names do not tell it
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,
    /// Write refused rows to this file: .ndjson, .parquet or .csv
    #[arg(long, value_name = "FILE")]
    pub refused: Option<PathBuf>,
    /// Show values that the contract classifies
    #[arg(long)]
    pub reveal: bool,
    /// MiB that a test may hold; what needs more goes to disk, and fewer streams read
    #[arg(long, value_name = "MIB", default_value_t = 160)]
    pub memory: usize,
    #[command(flatten)]
    pub form: TestForm,
}

/// What is printed instead of a screen.
#[derive(Debug, Clone, Copy, Args)]
#[group(multiple = false)]
pub struct TestForm {
    /// Print JUnit XML
    #[arg(long)]
    pub junit: bool,
    /// Print SARIF
    #[arg(long)]
    pub sarif: bool,
    /// Print Markdown
    #[arg(long)]
    pub markdown: bool,
    /// Print one HTML page
    #[arg(long)]
    pub html: bool,
}
