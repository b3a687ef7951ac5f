//! What is in force for a table: travels with each of its versions, so that a later plan can tell what changed.

use std::collections::BTreeMap;

use contract::privacy::{Encryption, Protection};
use contract::{Check, DataType, DriftPolicy, Rule, Scope, Severity};
use serde::{Deserialize, Serialize};

use crate::approval::Levels;
use crate::digest;
use crate::project::{Above, DatasetSpec, Incremental, Made, Project, Retry, Vanished};
use crate::table::TableSpec;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// In the contract's order.
    pub columns: Vec<Term>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub primary_key: Vec<String>,
    /// In the contract's order; without those that no engine executes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckTerm>,
    pub table: TableSpec,
    /// The stage's own, when it sets one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    pub retry: Retry,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incremental: Option<Incremental>,
    /// Of the table as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    #[serde(default)]
    pub guards: Guards,
}

/// What else keeps a table from being wrong: see `integrity`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Guards {
    /// The contract's id; versions of earlier releases do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// Of the contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// An approved change had put the contract in force.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approved: bool,
    /// Whom the contract's roles named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvers: Option<Levels>,
    /// The share of refused rows above which the stage waited for a person, whoever set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<DriftPolicy>,
    /// Above that share the stage failed, and nobody was asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fails: bool,
    /// Files that vanish from the source are passed over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keeps_vanished: bool,
}

/// A column as the contract promised it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Term {
    pub name: String,
    /// The property's stable id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub data_type: DataType,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    /// How its values are stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection: Option<Protection>,
    /// How it is made of a table that does not have it yet: only the present contract says so.
    #[serde(skip)]
    pub fill: Option<String>,
}

/// Which check it is, and what it said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckTerm {
    pub id: String,
    pub scope: Scope,
    pub severity: Severity,
    /// The column that it is about; `None` for the whole dataset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element: Option<String>,
    /// Over the rule.
    pub rule: String,
    /// The rule itself, where another one can be told to be milder or stricter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<Rule>,
    /// Over what it bears, where it bears anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<String>,
}

impl Terms {
    /// The present ones.
    pub fn of(spec: &DatasetSpec) -> Self {
        let dataset = &spec.contract;
        let executed = |check: &&Check| !matches!(check.rule, Rule::NotChecked { .. });
        Self {
            columns: dataset.columns.iter().map(Term::of).collect(),
            primary_key: dataset.primary_key.clone(),
            checks: dataset.checks.iter().filter(executed).map(CheckTerm::of).collect(),
            table: spec.table.clone(),
            threshold: spec.threshold,
            retry: spec.retry,
            incremental: match &spec.made {
                Made::Model(model) => model.incremental.clone(),
                Made::Source(_) => None,
            },
            guards: Guards {
                contract: Some(dataset.contract.id.clone()),
                version: Some(dataset.contract.version.clone()),
                approved: false,
                approvers: None,
                above: spec.threshold,
                fails: spec.then == Above::Fail,
                drift: Some(dataset.drift),
                keeps_vanished: matches!(&spec.made, Made::Source(source) if source.vanished == Vanished::Keep),
            },
            encryption: dataset.encryption.clone(),
        }
    }

    /// With what the project says: its threshold for stages that set none, and what is known of the dataset's contract.
    pub fn within(mut self, project: &Project, dataset: &str) -> Self {
        self.guards.above = self.guards.above.or(Some(project.settings.threshold));
        if let Some(vouched) = project.vouched.get(dataset) {
            self.guards.approved = vouched.approved;
            self.guards.approvers.clone_from(&vouched.approvers);
        }
        self
    }

    /// Over what no definition knows, because no row depends on it: a question about it is another one when it changes.
    pub fn policy(&self) -> String {
        let Guards { above, fails, keeps_vanished, approvers, .. } = &self.guards;
        digest::of(&(self.retry.attempts, above, fails, keeps_vanished, approvers))
    }

    /// What each column is called and how its values are stored, whatever key that is done with.
    pub fn shapes(&self) -> BTreeMap<&str, (&DataType, Option<Protection>)> {
        let shape = |column: &'_ Term| {
            let protection = column.protection.as_ref();
            protection.map(|protection| Protection { key: None, leaves: None, ..protection.clone() })
        };
        self.columns.iter().map(|column| (column.name.as_str(), (&column.data_type, shape(column)))).collect()
    }

    /// Columns that a table of these `stored` terms does not have yet, or keeps otherwise; in the contract's order.
    pub fn lacking(&self, stored: &Terms) -> Vec<String> {
        let (wanted, has) = (self.shapes(), stored.shapes());
        let lacks = |name: &&String| has.get(name.as_str()) != wanted.get(name.as_str());
        self.columns.iter().map(|column| &column.name).filter(lacks).cloned().collect()
    }

    pub fn column(&self, name: &str) -> Option<&Term> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl Term {
    fn of(column: &contract::Column) -> Self {
        Self {
            name: column.name.clone(),
            id: column.id.clone(),
            data_type: column.data_type.clone(),
            required: column.required,
            classification: column.classification.clone(),
            protection: column.privacy.protection.clone(),
            fill: column.fill.clone(),
        }
    }

    /// As far as reading what is stored goes.
    pub fn column(&self) -> contract::Column {
        contract::Column {
            required: self.required,
            ..contract::Column::plain(self.name.clone(), self.data_type.clone())
        }
    }

    /// Why its values may not stay in files once it is dropped: one clause.
    pub fn must_go(&self) -> Option<String> {
        let class = self.classification.as_deref().map(str::trim).filter(|class| !class.is_empty());
        match (class, &self.protection) {
            (Some(class), _) if !class.eq_ignore_ascii_case("public") => Some(format!("it is classified {class}")),
            (_, Some(protection)) => Some(format!("it is protected ({})", protection.method.word())),
            _ => None,
        }
    }
}

impl CheckTerm {
    fn of(check: &Check) -> Self {
        let bears = check.threshold.is_some() || check.limits != contract::Limits::default();
        Self {
            id: check.id.clone(),
            scope: check.scope,
            severity: check.severity,
            element: check.element.clone(),
            rule: short(&check.rule),
            says: says(&check.rule),
            limits: bears.then(|| short(&(check.threshold, &check.limits))),
        }
    }
}

/// Longer rules are not kept: a version's terms stay small.
const RULE_BYTES: usize = 1_000;

fn says(rule: &Rule) -> Option<Rule> {
    let compares = match rule {
        Rule::Enum { .. }
        | Rule::Range { .. }
        | Rule::Length { .. }
        | Rule::Pattern { .. }
        | Rule::MultipleOf { .. }
        | Rule::Items { .. }
        | Rule::Fields { .. }
        | Rule::DatasetSql { .. }
        | Rule::Metric { .. }
        | Rule::Measured { .. }
        | Rule::Freshness { .. } => true,
        // Such a rule is the same or another one.
        Rule::Required { .. }
        | Rule::Format { .. }
        | Rule::Normalized { .. }
        | Rule::Reference { .. }
        | Rule::RowPredicate { .. }
        | Rule::Unique { .. }
        | Rule::NotChecked { .. } => false,
    };
    let is_short = || serde_json::to_string(rule).is_ok_and(|text| text.len() <= RULE_BYTES);
    (compares && is_short()).then(|| rule.clone())
}

/// Enough hex digits to tell two versions of one check apart.
fn short(value: &impl Serialize) -> String {
    digest::of(value).trim_start_matches("sha256:").chars().take(16).collect()
}
