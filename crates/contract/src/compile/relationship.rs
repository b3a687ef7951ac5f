//! Foreign keys.

use super::Compiler;
use super::checks::{Checks, Draft};
use super::identity;
use crate::check::{Rule, Severity};
use crate::model::{Contract, OneOrMany, Relationship, SchemaObject};

/// Where an end of a relationship points: a column of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// `None` when the text names a column only.
    pub dataset: Option<String>,
    pub column: String,
}

impl Compiler<'_> {
    pub(super) fn relationships(&mut self, checks: &mut Checks, object: &SchemaObject, name: &str, path: &str) {
        for (index, relationship) in object.relationships.iter().enumerate() {
            let path = format!("{path}.relationships[{index}]");
            let rule = self.dataset_reference(relationship, name);
            self.reference(checks, relationship, None, rule, &path);
        }
    }

    pub(super) fn column_relationship(
        &mut self,
        checks: &mut Checks,
        relationship: &Relationship,
        column: &str,
        path: &str,
    ) {
        let rule = self.target(relationship, vec![column.to_owned()]);
        self.reference(checks, relationship, Some(column), rule, path);
    }

    fn reference(
        &mut self,
        checks: &mut Checks,
        relationship: &Relationship,
        column: Option<&str>,
        rule: Result<Rule, String>,
        path: &str,
    ) {
        let policy = self.policy(&relationship.custom_properties, path);
        let rule =
            rule.unwrap_or_else(|reason| Rule::NotChecked { what: describe(relationship), reason, invalid: false });
        let single = match &rule {
            Rule::Reference { columns, .. } if columns.len() == 1 => columns.first().cloned(),
            _ => None,
        };
        checks.add(Draft {
            element: column.or(single.as_deref()),
            word: relationship.id.as_deref().and_then(identity::word),
            rule,
            severity: policy.severity.unwrap_or(Severity::Error),
            threshold: policy.threshold,
            limits: policy.limits,
        });
    }

    fn dataset_reference(&self, relationship: &Relationship, name: &str) -> Result<Rule, String> {
        let from = relationship.from.as_ref().ok_or("the relationship has no `from`")?;
        let mut columns = Vec::new();
        for text in from.items() {
            let end = endpoint(self.contract, text)?;
            if end.dataset.as_deref().is_some_and(|dataset| dataset != name) {
                return Err(format!("`from` names {text}, which is not a column of {name}"));
            }
            columns.push(end.column);
        }
        self.target(relationship, columns)
    }

    fn target(&self, relationship: &Relationship, columns: Vec<String>) -> Result<Rule, String> {
        let to = relationship.to.as_ref().ok_or("the relationship has no `to`")?;
        let mut to_dataset: Option<String> = None;
        let mut to_columns = Vec::new();
        for text in to.items() {
            let end = endpoint(self.contract, text)?;
            let dataset = end.dataset.ok_or_else(|| format!("{text} does not say its dataset"))?;
            if to_dataset.as_ref().is_some_and(|known| *known != dataset) {
                return Err("`to` names columns of several datasets".to_owned());
            }
            to_dataset = Some(dataset);
            to_columns.push(end.column);
        }
        match to_dataset {
            Some(to_dataset) if columns.len() == to_columns.len() => {
                Ok(Rule::Reference { columns, to_dataset, to_columns })
            }
            Some(_) => Err(format!("{} columns refer to {}", columns.len(), to_columns.len())),
            None => Err("`to` is empty".to_owned()),
        }
    }
}

fn describe(relationship: &Relationship) -> String {
    let names = |end: &Option<OneOrMany>| end.as_ref().map(|end| end.items().join(", ")).unwrap_or_default();
    match names(&relationship.from) {
        from if from.is_empty() => format!("refers to {}", names(&relationship.to)),
        from => format!("{from} refers to {}", names(&relationship.to)),
    }
}

/// Reads one end: `dataset.column`, or by ids `schema/<id>/properties/<id>`.
pub(crate) fn endpoint(contract: &Contract, text: &str) -> Result<Endpoint, String> {
    let text = text.trim();
    if text.contains('#') {
        return Err(format!("{text} points into another file"));
    }
    if text.contains('/') {
        return by_ids(contract, text);
    }
    match text.split_once('.') {
        None if text.is_empty() => Err("an end of the relationship is empty".to_owned()),
        None => Ok(Endpoint { dataset: None, column: text.to_owned() }),
        Some((_, column)) if column.contains('.') => Err(format!("{text} points into a nested value")),
        Some((dataset, column)) => Ok(Endpoint { dataset: Some(dataset.to_owned()), column: column.to_owned() }),
    }
}

fn by_ids(contract: &Contract, text: &str) -> Result<Endpoint, String> {
    let parts: Vec<&str> = text.trim_start_matches('/').split('/').collect();
    let ["schema", object_id, "properties", property_id] = parts.as_slice() else {
        return Err(format!("{text} is not of the form schema/<id>/properties/<id>"));
    };
    let matches = |id: &Option<String>, name: &Option<String>, wanted: &str| {
        id.as_deref() == Some(wanted) || name.as_deref() == Some(wanted)
    };
    let object = contract.document.schema.iter().find(|object| matches(&object.id, &object.name, object_id));
    let object = object.ok_or_else(|| format!("{text} names no schema object of this contract"))?;
    let property = object.properties.iter().find(|property| matches(&property.id, &property.name, property_id));
    let column = property.and_then(|property| property.name.clone());
    match (object.name.clone(), column) {
        (Some(dataset), Some(column)) => Ok(Endpoint { dataset: Some(dataset), column }),
        _ => Err(format!("{text} names no property of this contract")),
    }
}
