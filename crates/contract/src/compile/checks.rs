//! Collects the checks of one dataset and names them; compiles what a property itself promises.

use super::identity::Identities;
use super::own::Subject;
use super::settings::Policy;
use super::{Compiler, words};
use crate::check::{Check, Limit, Limits, Rule, Scope, Severity};
use crate::dataset::Column;
use crate::model::Property;

/// The checks of one dataset so far.
pub(super) struct Checks {
    dataset: String,
    checks: Vec<Check>,
    identities: Identities,
}

/// A check without its id.
pub(super) struct Draft<'a> {
    /// The column, or `None` for the whole dataset.
    pub element: Option<&'a str>,
    pub rule: Rule,
    /// The last part of the id; the rule's kind when `None`.
    pub word: Option<String>,
    pub severity: Severity,
    pub threshold: Option<f64>,
    pub limits: Limits,
}

impl<'a> Draft<'a> {
    /// A check that a property itself promises.
    pub fn of_column(column: &'a str, rule: Rule, policy: Policy) -> Self {
        Self {
            element: Some(column),
            rule,
            word: None,
            severity: policy.severity.unwrap_or(Severity::Error),
            threshold: policy.threshold,
            limits: policy.limits,
        }
    }
}

impl Checks {
    pub fn new(dataset: &str) -> Self {
        Self { dataset: dataset.to_owned(), checks: Vec::new(), identities: Identities::default() }
    }

    pub fn dataset(&self) -> &str {
        &self.dataset
    }

    pub fn add(&mut self, draft: Draft<'_>) {
        // A key of the dataset is named after the dataset, even where it is a single column.
        let named_after = match draft.rule {
            Rule::Unique { primary_key: true, .. } => &self.dataset,
            _ => draft.element.unwrap_or(&self.dataset),
        };
        // What is compared by an operator has its limits there.
        let counts = !matches!(
            draft.rule,
            Rule::Metric { .. } | Rule::Measured { .. } | Rule::DatasetSql { .. } | Rule::Freshness { .. }
        );
        let limits = if counts { draft.limits } else { Limits::default() };
        let share = match limits.fail_above {
            Some(Limit::Share(share)) => Some(share),
            _ => None,
        };
        let word = draft.word.unwrap_or_else(|| draft.rule.kind().to_owned());
        self.checks.push(Check {
            id: self.identities.give(named_after, &word),
            scope: scope(&draft.rule),
            severity: draft.severity,
            element: draft.element.map(str::to_owned),
            expected: words::expected(&draft.rule),
            rule: draft.rule,
            threshold: draft.threshold.or(share),
            limits,
        });
    }

    pub fn finish(self) -> Vec<Check> {
        self.checks
    }
}

/// Where a rule is decided.
fn scope(rule: &Rule) -> Scope {
    match rule {
        Rule::Required { .. }
        | Rule::Enum { .. }
        | Rule::Range { .. }
        | Rule::Length { .. }
        | Rule::Pattern { .. }
        | Rule::Format { .. }
        | Rule::MultipleOf { .. }
        | Rule::Items { .. }
        | Rule::Fields { .. }
        | Rule::Normalized { .. }
        | Rule::Reference { .. }
        | Rule::RowPredicate { .. } => Scope::Row,
        Rule::Unique { .. }
        | Rule::DatasetSql { .. }
        | Rule::Metric { .. }
        | Rule::Measured { .. }
        | Rule::Freshness { .. }
        | Rule::NotChecked { .. } => Scope::Dataset,
    }
}

impl Compiler<'_> {
    /// Everything that one property promises, in the order of the standard. `is_key`: the column is the primary key.
    pub(super) fn column_checks(
        &mut self,
        checks: &mut Checks,
        property: &Property,
        column: &Column,
        is_key: bool,
        path: &str,
    ) {
        let policy = self.policy(&property.custom_properties, path);
        let name = column.name.as_str();
        let dataset = checks.dataset().to_owned();
        if column.required {
            checks.add(Draft::of_column(name, Rule::Required { column: name.to_owned() }, policy));
        }
        if property.unique == Some(true) && !is_key {
            let rule = Rule::Unique { columns: vec![name.to_owned()], primary_key: false };
            checks.add(Draft::of_column(name, rule, policy));
        }
        for rule in super::options::rules(property, column, self.contract.version) {
            checks.add(Draft::of_column(name, rule, policy));
        }
        self.rest(
            checks,
            property,
            Subject { dataset: &dataset, column: Some(name), value_name: Some(name) },
            path,
            policy,
        );
    }

    /// What stands inside the property, what it refers to, and its quality rules.
    fn rest(&mut self, checks: &mut Checks, property: &Property, subject: Subject<'_>, path: &str, policy: Policy) {
        let name = subject.column.unwrap_or_default();
        self.inside(checks, property, name, path, policy);
        for (index, relationship) in property.relationships.iter().enumerate() {
            self.column_relationship(checks, relationship, name, &format!("{path}.relationships[{index}]"));
        }
        for (index, rule) in property.quality.iter().enumerate() {
            self.quality(checks, rule, subject, &format!("{path}.quality[{index}]"));
        }
    }

    /// The promises about fields, items, keys and values; `name` is the place of the property.
    fn inside(&mut self, checks: &mut Checks, property: &Property, name: &str, path: &str, outer: Policy) {
        for (index, field) in property.properties.iter().enumerate() {
            let Some(field_name) = field.name.as_deref().filter(|name| !name.is_empty()) else { continue };
            let place = format!("{name}.{field_name}");
            self.nested(checks, field, &place, &format!("{path}.properties[{index}]"), outer);
        }
        if let Some(items) = &property.items {
            self.nested(checks, items, &format!("{name}[]"), &format!("{path}.items"), outer);
        }
        if let Some(map) = &property.map {
            if let Some(key) = &map.key {
                self.nested(checks, key, &format!("{name}.key"), &format!("{path}.map.key"), outer);
            }
            if let Some(value) = &map.value {
                self.nested(checks, value, &format!("{name}.value"), &format!("{path}.map.value"), outer);
            }
        }
    }

    fn nested(&mut self, checks: &mut Checks, property: &Property, name: &str, path: &str, outer: Policy) {
        let own = self.policy(&property.custom_properties, path);
        let policy = Policy {
            severity: own.severity.or(outer.severity),
            threshold: own.threshold.or(outer.threshold),
            limits: if own.limits.is_empty() { outer.limits } else { own.limits },
        };
        if property.required == Some(true) {
            checks.add(Draft::of_column(name, Rule::Required { column: name.to_owned() }, policy));
        }
        if property.unique == Some(true) {
            let rule = Rule::Unique { columns: vec![name.to_owned()], primary_key: false };
            checks.add(Draft::of_column(name, rule, policy));
        }
        for rule in super::options::rules(property, &value_at(property, name), self.contract.version) {
            checks.add(Draft::of_column(name, rule, policy));
        }
        // Fields are called by their name, items, keys and values `value`.
        let value_name =
            property.name.as_deref().filter(|field| name.ends_with(&format!(".{field}"))).unwrap_or("value");
        let dataset = checks.dataset().to_owned();
        let subject = Subject { dataset: &dataset, column: Some(name), value_name: Some(value_name) };
        self.rest(checks, property, subject, path, policy);
    }

    pub(super) fn key_checks(&mut self, checks: &mut Checks, primary_key: &[String]) {
        if primary_key.is_empty() {
            return;
        }
        let single = match primary_key {
            [only] => Some(only.as_str()),
            _ => None,
        };
        checks.add(Draft {
            element: single,
            rule: Rule::Unique { columns: primary_key.to_vec(), primary_key: true },
            word: None,
            severity: Severity::Error,
            threshold: None,
            limits: Limits::default(),
        });
    }
}

/// The values at a place, as if they were a column of their own.
fn value_at(property: &Property, name: &str) -> Column {
    Column { source_name: String::new(), ..Column::plain(name, super::types::data_type(property).data_type) }
}
