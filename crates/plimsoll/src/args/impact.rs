//! `plimsoll impact` as types.

use clap::Args;

#[derive(Debug, Args)]
pub struct ImpactArgs {
    /// What changes: DATASET, DATASET.COLUMN, a model's path, or a contract's id or path
    #[arg(required_unless_present = "from")]
    pub target: Option<String>,
    /// If it were taken away
    #[arg(long, group = "how")]
    pub removed: bool,
    /// If it had another name
    #[arg(long, value_name = "NAME", group = "how")]
    pub renamed: Option<String>,
    /// If the column had another type, as in bigint or decimal(10,2)
    #[arg(long, value_name = "TYPE", group = "how")]
    pub retyped: Option<String>,
    /// If its contract promised nothing of its values
    #[arg(long, group = "how")]
    pub loosened: bool,
    /// If it had another classification
    #[arg(long, value_name = "CLASS", group = "how")]
    pub reclassified: Option<String>,
    /// If the column were protected in this way, as in hash or '{"method": "generalise", "to": "month"}'; none takes it away
    #[arg(long, value_name = "METHOD", group = "how")]
    pub protected: Option<String>,
    /// Instead of supposing: what was really changed since this revision of the git repository
    #[arg(long, value_name = "REVISION", conflicts_with = "how")]
    pub from: Option<String>,
    /// Up to this revision; otherwise up to the files as they are
    #[arg(long, value_name = "REVISION", requires = "from")]
    pub to: Option<String>,
    /// Print Markdown, for a comment on a change
    #[arg(long, conflicts_with = "json")]
    pub markdown: bool,
}
