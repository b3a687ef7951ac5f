//! Service levels about the age of the data.

use super::checks::{Checks, Draft};
use super::{Compiler, duration, identity};
use crate::check::{Rule, Severity};
use crate::dataset::Column;
use crate::model::SlaProperty;

impl Compiler<'_> {
    /// Checks for the service levels whose element is a column of this dataset. One without an element concerns the
    /// whole contract and is only executed where the contract's default element names a column.
    pub(super) fn service_levels(&mut self, checks: &mut Checks, dataset: &str, columns: &[Column]) {
        let document = &self.contract.document;
        for (index, level) in document.sla_properties.iter().enumerate() {
            let kind = level.property.as_deref().and_then(kind);
            let elements = level.element.as_deref().or(document.sla_default_element.as_deref()).unwrap_or_default();
            let Some(kind) = kind else { continue };
            for element in elements.split(',').map(str::trim) {
                if let Some(column) = column_of(element, dataset, columns) {
                    self.service_level(checks, level, kind, column, &format!("slaProperties[{index}]"));
                }
            }
        }
    }

    fn service_level(&mut self, checks: &mut Checks, level: &SlaProperty, kind: Kind, column: &Column, path: &str) {
        let policy = self.policy(&level.custom_properties, path);
        let rule = rule(level, kind, column).unwrap_or_else(|reason| Rule::NotChecked {
            what: format!("{} of {}", level.property.as_deref().unwrap_or("a service level"), column.name),
            reason,
            invalid: false,
        });
        let default_word = match kind {
            Kind::Freshness => "freshness",
            Kind::Retention => "retention",
        };
        checks.add(Draft {
            element: Some(&column.name),
            rule,
            word: Some(level.id.as_deref().and_then(identity::word).unwrap_or_else(|| default_word.to_owned())),
            severity: policy.severity.unwrap_or(Severity::Warning),
            threshold: policy.threshold,
            limits: policy.limits,
        });
    }
}

/// Service levels that are about the data itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The standard's word is latency; freshness is what people write.
    Freshness,
    Retention,
}

fn kind(property: &str) -> Option<Kind> {
    match property {
        "freshness" | "latency" | "ly" => Some(Kind::Freshness),
        "retention" | "re" => Some(Kind::Retention),
        _ => None,
    }
}

fn rule(level: &SlaProperty, kind: Kind, column: &Column) -> Result<Rule, String> {
    if kind == Kind::Retention {
        return Err("how long rows are kept is not checked".to_owned());
    }
    if !super::types::is_temporal(&column.data_type) {
        return Err(format!("{} is a {}, it has no age", column.name, column.data_type));
    }
    let value = level.value.as_ref().map(|value| match &value.0 {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    let seconds = value.as_deref().and_then(|value| duration::seconds(value, level.unit.as_deref()));
    match seconds {
        Some(max_age_seconds) => Ok(Rule::Freshness { column: column.name.clone(), max_age_seconds }),
        None => Err("the value and unit are not a duration".to_owned()),
    }
}

fn column_of<'a>(element: &str, dataset: &str, columns: &'a [Column]) -> Option<&'a Column> {
    let (object, column) = element.split_once('.')?;
    (object == dataset).then(|| columns.iter().find(|known| known.name == column)).flatten()
}
