//! The closed set of checks that a contract compiles to. A check has one meaning; engines only execute it.
//!
//! NULL: every row rule except `Required` holds for NULL (the standard says nothing; the peers agree on this).
//!
//! `column` is a column or the path of a place inside one (see [`crate::place`]): then a row violates the rule when one of
//! the values there does, and where something on the way is NULL there is no value.

use serde::{Deserialize, Serialize};

use crate::measure::Measure;

/// One rule of a contract, compiled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Stable while the contract's element and rule stay: `<column>.<kind>` or `<dataset>.<kind>`, or the rule's own
    /// ODCS `id` or `name`; unique within its dataset.
    pub id: String,
    pub scope: Scope,
    pub severity: Severity,
    /// The column that the check is about; `None` for the whole dataset.
    pub element: Option<String>,
    pub rule: Rule,
    /// What the check expects, for people: `between 0 and 2359`, `unique`, `one of EWR, JFK, LGA`.
    pub expected: String,
    /// Share of violating rows, 0 to 1, above which the stage is held at a gate; `None`: the stage's own threshold.
    pub threshold: Option<f64>,
    /// How many violations are borne, and how many only warn.
    #[serde(default, skip_serializing_if = "Limits::is_empty")]
    pub limits: Limits,
}

/// Limits of a check that counts violations. A check without them fails, or warns, at the first violation.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Limits {
    /// More violations than this warn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn_above: Option<Limit>,
    /// More violations than this fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail_above: Option<Limit>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Limit {
    Rows(u64),
    /// Of all rows, 0 to 1.
    Share(f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Decided for each row alone; a violating row becomes a dead letter (severity error) or is counted (warning).
    Row,
    /// Decided on the unpublished result as a whole; a violation holds the stage (severity error) or is reported.
    Dataset,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Rule {
    /// Row: not NULL.
    Required { column: String },
    /// Row: NULL or one of these.
    Enum { column: String, values: Vec<Literal> },
    /// Row: within the bounds. Dates and times are compared as dates and times; bounds are parsed to the column's type.
    Range { column: String, lower: Option<Bound>, upper: Option<Bound> },
    /// Row: length in Unicode characters, inclusive.
    Length { column: String, min: Option<u64>, max: Option<u64> },
    /// Row: the pattern occurs in the value (ECMA-262 search semantics: anchor it with ^ and $ to match whole values).
    Pattern { column: String, pattern: String },
    /// Row: the text has this form.
    Format { column: String, format: Format },
    /// Row: an exact multiple; computed in decimal arithmetic, not in binary fractions.
    MultipleOf { column: String, divisor: String },
    /// Row: array length, inclusive; and no item twice.
    Items { column: String, min: Option<u64>, max: Option<u64>, unique: bool },
    /// Row: an object has so many fields that are not NULL, inclusive, and these among them.
    Fields { column: String, min: Option<u64>, max: Option<u64>, required: Vec<String> },
    /// Row: a vector of length one, give or take a thousandth.
    Normalized { column: String },
    /// Row: NULL in any column, or a row with these values exists in `to_dataset`.
    Reference { columns: Vec<String>, to_dataset: String, to_columns: Vec<String> },
    /// Row: a boolean SQL expression over the row's columns is not false. Where the check's element is inside a value, the
    /// expression is over the fields of the object there, or over `value`.
    ///
    /// With `when`, only where that is true: a row violates the rule when `when` is true and `sql` is false.
    RowPredicate {
        sql: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        when: Option<String>,
    },
    /// Dataset: no two rows agree in all columns; no two values at a place inside one column are equal. What has a NULL in it
    /// is not counted.
    Unique { columns: Vec<String>, primary_key: bool },
    /// Dataset: the single value of a query, compared. The dataset is the table `object` names in it.
    DatasetSql { sql: String, operator: Operator },
    /// Dataset: a counted metric, compared. With a filter, only rows for which that is true are rows.
    Metric {
        metric: Metric,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filter: Option<String>,
        operator: Operator,
        unit: Unit,
    },
    /// Dataset: a measure that the standard has no word for, compared; filtered like a metric.
    Measured {
        measure: Measure,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filter: Option<String>,
        operator: Operator,
        unit: Unit,
    },
    /// Dataset: the newest value of the column is not older than this when the stage runs.
    Freshness { column: String, max_age_seconds: u64 },
    /// What the contract says but no engine executes: never silently passed.
    NotChecked {
        what: String,
        reason: String,
        /// The contract is wrong here: the rule could never hold on any data.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        invalid: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    RowCount,
    /// Rows whose column is NULL.
    NullValues {
        column: String,
    },
    /// Rows whose column is NULL or one of these texts.
    MissingValues {
        column: String,
        missing: Vec<Literal>,
    },
    /// Rows whose column is not NULL and neither in `valid` (if given) nor matching `pattern` (if given).
    InvalidValues {
        column: String,
        valid: Option<Vec<Literal>>,
        pattern: Option<String>,
    },
    /// Rows beyond the first of each group of equal, non-NULL values.
    DuplicateValues {
        columns: Vec<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    MustBe(f64),
    MustNotBe(f64),
    MustBeGreaterThan(f64),
    MustBeGreaterOrEqualTo(f64),
    MustBeLessThan(f64),
    MustBeLessOrEqualTo(f64),
    /// Inclusive on both ends.
    MustBeBetween(f64, f64),
    MustNotBeBetween(f64, f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    Rows,
    Percent,
}

/// A value as the contract's text gives it; engines parse `text` to the column's type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Literal {
    Null,
    Boolean(bool),
    Text(String),
    Number(serde_json::Number),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    pub value: Literal,
    pub inclusive: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Email,
    Uuid,
    Uri,
    Hostname,
    Ipv4,
    Ipv6,
    /// Base64 text.
    Byte,
}

impl Check {
    /// Whether the check is about this column, or about values inside it.
    pub fn is_about(&self, column: &str) -> bool {
        let rest = self.element.as_deref().and_then(|element| element.strip_prefix(column));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }
}

impl Rule {
    /// The word for this rule in reports and JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Required { .. } => "required",
            Self::Enum { .. } => "enum",
            Self::Range { .. } => "range",
            Self::Length { .. } => "length",
            Self::Pattern { .. } => "pattern",
            Self::Format { .. } => "format",
            Self::MultipleOf { .. } => "multiple_of",
            Self::Items { .. } => "items",
            Self::Fields { .. } => "fields",
            Self::Normalized { .. } => "normalized",
            Self::Reference { .. } => "reference",
            Self::RowPredicate { .. } => "row_sql",
            Self::Unique { primary_key: true, .. } => "primary_key",
            Self::Unique { .. } => "unique",
            Self::DatasetSql { .. } => "sql",
            Self::Metric { .. } => "metric",
            Self::Measured { .. } => "measure",
            Self::Freshness { .. } => "freshness",
            Self::NotChecked { .. } => "not_checked",
        }
    }
}

impl Rule {
    /// The other dataset that the rule looks into.
    pub fn other_dataset(&self) -> Option<&str> {
        match self {
            Self::Reference { to_dataset, .. } => Some(to_dataset),
            Self::Measured { measure, .. } => measure.other_dataset(),
            _ => None,
        }
    }
}

impl Limits {
    pub fn is_empty(&self) -> bool {
        self.warn_above.is_none() && self.fail_above.is_none()
    }
}

impl Limit {
    /// Whether so many violations among so many rows are more than the limit.
    pub fn is_exceeded(self, violations: u64, rows: u64) -> bool {
        match self {
            Self::Rows(limit) => violations > limit,
            // In millionths, because a share of a hundred has no exact binary form.
            Self::Share(share) => u128::from(violations) * 1_000_000 > (share * 1e6).round() as u128 * u128::from(rows),
        }
    }
}

impl Operator {
    /// Whether the measured value satisfies the operator.
    pub fn holds(self, value: f64) -> bool {
        if value.is_nan() {
            return false;
        }
        match self {
            Self::MustBe(x) => value == x,
            Self::MustNotBe(x) => value != x,
            Self::MustBeGreaterThan(x) => value > x,
            Self::MustBeGreaterOrEqualTo(x) => value >= x,
            Self::MustBeLessThan(x) => value < x,
            Self::MustBeLessOrEqualTo(x) => value <= x,
            Self::MustBeBetween(low, high) => low <= value && value <= high,
            Self::MustNotBeBetween(low, high) => !(low <= value && value <= high),
        }
    }
}
