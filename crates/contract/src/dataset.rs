//! One dataset's promise, compiled from its contract: what everything below the contract works with.

use serde::{Deserialize, Serialize};

use crate::check::{Check, Operator, Rule, Severity};
use crate::data_type::DataType;
use crate::measure::Measure;
use crate::privacy::{Encryption, Privacy};

/// Columns, checks and policies of one ODCS schema object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dataset {
    /// The ODCS schema object's name; the name that SQL and pipelines use.
    pub name: String,
    pub contract: ContractRef,
    pub columns: Vec<Column>,
    /// In reading order of the contract. `Required` of a primary key's columns is among them.
    pub checks: Vec<Check>,
    pub primary_key: Vec<String>,
    pub drift: DriftPolicy,
    /// Of the table as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
}

/// Which contract, exactly: stamped on every commit and dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ContractRef {
    pub id: String,
    pub version: String,
    /// `sha256:` and 64 hex digits over the file's bytes.
    pub digest: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    /// The name in the source, ODCS `physicalName`; equals `name` when not given.
    pub source_name: String,
    pub data_type: DataType,
    pub required: bool,
    /// `logicalTypeOptions.format` of dates and times: a JDK DateTimeFormatter pattern; `None` is ISO 8601.
    pub format: Option<String>,
    /// The zone of wall-clock texts in a zoned timestamp column (`defaultTimezone`, IANA name).
    pub time_zone: Option<String>,
    /// `classification` of the property, or of the first nested one that has another than `public`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    /// The stable `id` of the property: what tells a column with a new name from another column. Decides nothing about rows.
    #[serde(skip)]
    pub id: Option<String>,
    /// The setting `fill`: how the column is made of the columns of a stored table that does not have it yet, as a SQL expression.
    #[serde(skip)]
    pub fill: Option<String>,
    /// How sensitive the values are, and what is done about it.
    #[serde(default, skip_serializing_if = "Privacy::is_open")]
    pub privacy: Privacy,
}

impl Column {
    /// One that may be NULL, and of which nothing more is said.
    pub fn plain(name: impl Into<String>, data_type: DataType) -> Self {
        let name = name.into();
        Self {
            source_name: name.clone(),
            name,
            data_type,
            required: false,
            format: None,
            time_zone: None,
            classification: None,
            id: None,
            fill: None,
            privacy: Privacy::default(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftPolicy {
    /// A missing or retyped column fails the stage; an extra one is reported and left out.
    #[default]
    IgnoreExtra,
    /// Any difference fails the stage.
    Fail,
    /// Any difference waits at a gate.
    Gate,
    /// As `IgnoreExtra`, and an extra column is expected: it is no drift.
    AcceptAdditive,
}

impl Dataset {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The least size of a group that a check of the dataset asks for.
    pub fn least_group(&self) -> Option<u32> {
        let least = |check: &Check| match &check.rule {
            Rule::Measured { measure: Measure::SmallGroups { least, .. }, filter: None, operator, .. } => {
                (check.severity == Severity::Error && *operator == Operator::MustBe(0.0)).then_some(*least)
            }
            _ => None,
        };
        self.checks.iter().filter_map(least).max()
    }
}
