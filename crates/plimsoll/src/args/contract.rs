//! The verbs on contracts alone.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub enum ContractVerb {
    /// Check what contracts say and mean
    Lint(LintOptions),
    /// Tell what changed between versions of a contract, and who can feel it
    Diff(DiffArgs),
    /// Raise a contract's version as far as its changes ask
    Bump {
        /// The contract whose version is raised
        path: PathBuf,
        /// The version before the changes
        #[arg(long, value_name = "OLD")]
        against: PathBuf,
        /// Change the file; otherwise only say what it would be
        #[arg(long)]
        write: bool,
    },
    /// Test data against a contract, without a project and without publishing anything
    Test(Box<super::TestArgs>),
    /// Show a contract for people: on one screen, as Markdown, or as a page for the browser
    Show {
        path: PathBuf,
        #[arg(long, value_enum, default_value_t = ShowFormat::Terminal)]
        format: ShowFormat,
    },
    /// Print the JSON schema of contracts, for editors
    Schema,
    /// Print a commented contract to start from
    New {
        id: String,
        /// Names of its datasets
        datasets: Vec<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShowFormat {
    Terminal,
    Markdown,
    /// One page that needs no other file and no network
    Html,
}

#[derive(Debug, clap::Args)]
pub struct LintOptions {
    /// Contracts, or folders with contracts
    #[arg(required_unless_present = "explain")]
    pub paths: Vec<PathBuf>,
    /// Fail on warnings too
    #[arg(long)]
    pub strict: bool,
    /// Mend what has only one mending, and show each changed line
    #[arg(long)]
    pub fix: bool,
    /// Show notes too, not only warnings and errors
    #[arg(long)]
    pub notes: bool,
    /// Print SARIF 2.1.0 for code scanning
    #[arg(long, conflicts_with = "json")]
    pub sarif: bool,
    /// Print annotations for GitHub too; done by itself where GITHUB_ACTIONS is set
    #[arg(long, conflicts_with_all = ["sarif", "json"])]
    pub github: bool,
    /// Explain a lint code, with an example, and do nothing else
    #[arg(long, value_name = "CODE", exclusive = true)]
    pub explain: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// The older versions in their order in time, then the new one
    #[arg(required = true, value_name = "OLD… NEW")]
    pub paths: Vec<PathBuf>,
    /// What must hold, as schema registries name it; without it, nobody may feel the change
    #[arg(long, value_enum)]
    pub mode: Option<DiffMode>,
    /// Compare with all older versions, not only the last
    #[arg(long)]
    pub transitive: bool,
    /// A folder with older versions, ordered by their version
    #[arg(long, value_name = "FOLDER")]
    pub history: Option<PathBuf>,
    /// What the files are; otherwise the ending tells: .avsc, .proto, and everything else is a contract
    #[arg(long, value_enum)]
    pub format: Option<SchemaFormat>,
    /// Print Markdown for a pull request
    #[arg(long, conflicts_with_all = ["sarif", "json"])]
    pub markdown: bool,
    /// Print SARIF 2.1.0 for code review tools
    #[arg(long, conflicts_with = "json")]
    pub sarif: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffMode {
    /// Nothing has to hold
    None,
    /// Data written under the old version is valid and readable under the new one
    Backward,
    /// Data written under the new version is readable by those who know the old one
    Forward,
    /// Both
    Full,
    BackwardTransitive,
    ForwardTransitive,
    FullTransitive,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaFormat {
    /// Contracts of the Open Data Contract Standard
    Odcs,
    Avro,
    JsonSchema,
    Protobuf,
}
