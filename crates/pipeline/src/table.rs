//! How a dataset's table is kept.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSpec {
    pub write: Write,
    /// Key columns of `merge`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partition_by: Vec<PartitionBy>,
    /// Files know a column by a name that never changes (Delta's column mapping), so that the table's log alone renames or drops it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub column_mapping: bool,
    /// The last day (`YYYY-MM-DD`) on which a version that a breaking migration replaced is kept as a table of its own. Decides
    /// nothing about the rows.
    #[serde(skip)]
    pub keep_previous: Option<String>,
}

/// How new rows meet the rows that are there. History tables will be further variants here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Write {
    /// The result replaces the table.
    Overwrite,
    /// The result is added.
    Append,
    /// Rows with a key that is there replace the old row; others are added.
    Merge,
    /// The partitions that occur in the result are replaced, others stay.
    ReplacePartitions,
}

/// A partition column, derived from a column of the dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionBy {
    pub column: String,
    pub transform: Transform,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    Identity,
    Hour,
    Day,
    Month,
    Year,
    /// Hash of the value modulo the count.
    Bucket(u32),
    /// Index of the half-open range that the number falls into; `[10, 20]` gives three: below 10, 10 to 20, from 20.
    Range(Vec<i64>),
}

impl PartitionBy {
    /// Name of the partition column in the table: the column itself, or `<column>_<transform>`.
    pub fn name(&self) -> String {
        let suffix = match &self.transform {
            Transform::Identity => return self.column.clone(),
            Transform::Hour => "hour",
            Transform::Day => "day",
            Transform::Month => "month",
            Transform::Year => "year",
            Transform::Bucket(_) => "bucket",
            Transform::Range(_) => "range",
        };
        format!("{}_{suffix}", self.column)
    }
}
