//! Measures of a whole dataset beyond the standard's metrics: one number each, compared by an operator.

use serde::{Deserialize, Serialize};

/// What is measured. NULL takes no part; a NaN makes a statistic NaN, which satisfies no operator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// A statistic of an expression over the rows.
    Statistic { statistic: Statistic, of: String },
    /// Values of the expression that lie too far out.
    Outliers { of: String, method: OutlierMethod, limit: f64 },
    /// Rows beyond the first of each group of rows that agree in the columns; NULL does not count. In percent of the rows.
    Duplicates { columns: Vec<String> },
    /// Rows here minus rows there; in percent of the rows there.
    RowsAgainst { dataset: String },
    /// Groups in which two sums differ by more than the tolerance.
    Imbalance { left: String, right: String, dataset: Option<String>, by: Vec<String>, tolerance: f64 },
    /// Values that would have to be added so that neighbours are at most `step` apart.
    Gaps { column: String, by: Vec<String>, step: u64 },
    /// Rows that are smaller than the row before (`strict`: or equal to it), when ordered by `order_by`.
    Unsorted { column: String, order_by: String, by: Vec<String>, strict: bool },
    /// Distinct combinations of values that stand in one of two datasets only.
    Difference { columns: Vec<String>, dataset: String, to_columns: Vec<String> },
    /// Groups of rows in which the share of rows without NULL in the columns is below `at_least`, 0 to 1.
    Incomplete { columns: Vec<String>, by: Vec<String>, at_least: f64 },
    /// Rows in groups of fewer than `least` rows that agree in the columns: k-anonymity. NULL agrees with NULL.
    SmallGroups { columns: Vec<String>, least: u32 },
    /// Rows in groups, by the columns, with fewer than `least` different values of another column: l-diversity. NULL is a value.
    UniformGroups { columns: Vec<String>, of: String, least: u32 },
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    Mean,
    Sum,
    Min,
    Max,
    /// Of a sample: divided by one less than the number of values.
    Stddev,
    Variance,
    /// Number of different values; in percent of all values that are not NULL.
    Distinct,
    /// Linear between the two nearest values; 0.5 is the median.
    Quantile(f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutlierMethod {
    /// Further from the mean than `limit` standard deviations of the sample.
    ZScore,
    /// Further below the first quartile, or above the third, than `limit` times the distance between the two.
    Iqr,
}

impl Measure {
    /// The other dataset that the measure looks into.
    pub fn other_dataset(&self) -> Option<&str> {
        match self {
            Self::RowsAgainst { dataset } | Self::Difference { dataset, .. } => Some(dataset),
            Self::Imbalance { dataset, .. } => dataset.as_deref(),
            _ => None,
        }
    }

    /// The last part of the check's id.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Statistic { statistic, .. } => statistic.word(),
            Self::Outliers { .. } => "outliers",
            Self::Duplicates { .. } => "duplicate_values",
            Self::RowsAgainst { .. } => "rows_against",
            Self::Imbalance { .. } => "balance",
            Self::Gaps { .. } => "gaps",
            Self::Unsorted { .. } => "sorted",
            Self::Difference { .. } => "same_values",
            Self::Incomplete { .. } => "complete",
            Self::SmallGroups { .. } => "k_anonymity",
            Self::UniformGroups { .. } => "l_diversity",
        }
    }

    /// Whether percent of something can be meant.
    pub fn has_percent(&self) -> bool {
        matches!(
            self,
            Self::Outliers { .. } | Self::RowsAgainst { .. } | Self::Statistic { statistic: Statistic::Distinct, .. }
        )
    }
}

impl Statistic {
    pub fn word(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Sum => "sum",
            Self::Min => "min",
            Self::Max => "max",
            Self::Stddev => "stddev",
            Self::Variance => "variance",
            Self::Distinct => "distinct",
            Self::Quantile(_) => "quantile",
        }
    }
}
