//! `plimsoll lineage` as types.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub struct LineageArgs {
    #[command(subcommand)]
    pub verb: LineageVerb,
}

#[derive(Debug, Subcommand)]
pub enum LineageVerb {
    /// Of a SQL script, without a project: its tables, and where each column comes from
    Sql(SqlArgs),
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
