//! `plimsoll lineage` as types.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct LineageArgs {
    #[command(subcommand)]
    pub verb: Option<LineageVerb>,
    #[command(flatten)]
    pub graph: GraphArgs,
}

#[derive(Debug, Args)]
pub struct GraphArgs {
    /// A dataset of the project, or one of its columns as DATASET.COLUMN; the whole project if none is named
    pub target: Option<String>,
    /// What it comes from; so it is without --downstream
    #[arg(long)]
    pub upstream: bool,
    /// What is made of it
    #[arg(long)]
    pub downstream: bool,
    /// How many datasets far
    #[arg(long, value_name = "STEPS")]
    pub depth: Option<usize>,
    /// Only what the value flows through, not what decides about it
    #[arg(long)]
    pub direct: bool,
    #[arg(long, value_enum, default_value_t = GraphFormat::Text)]
    pub format: GraphFormat,
    /// What a run made, and of what: by the beginning of its id
    #[arg(long, value_name = "RUN", conflicts_with_all = ["target", "published", "upstream", "downstream", "depth", "direct"])]
    pub run: Option<String>,
    /// Which files and contracts the dataset's published version goes back to; the newest if none is named
    #[arg(long, value_name = "VERSION", num_args = 0..=1, requires = "target",
        conflicts_with_all = ["upstream", "downstream", "depth", "direct"])]
    pub published: Option<Option<i64>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// A tree per column
    Text,
    Json,
    /// For Graphviz
    Dot,
    Mermaid,
    /// A drawing
    Svg,
    /// A page with a drawing that can be searched and folded
    Html,
}

#[derive(Debug, Subcommand)]
pub enum LineageVerb {
    /// Of a SQL script, without a project: its tables, and where each column comes from
    Sql(SqlArgs),
    /// Deliver the OpenLineage events that are not delivered yet
    Send,
}

#[derive(Debug, Args)]
pub struct SqlArgs {
    /// The script; standard input if none is named
    pub path: Option<PathBuf>,
    /// Columns of the tables, as {"table": ["column"]} or {"table": {"column": "type"}}
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
    /// The dialect of the script, as in postgres, bigquery, spark, tsql
    #[arg(long, value_name = "NAME", default_value = "generic")]
    pub dialect: String,
}
