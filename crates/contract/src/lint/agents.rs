//! What agents and semantic layers read: guidance, semantic types, other names.

use std::collections::HashSet;

use super::Scope;
use super::findings::Findings;
use super::shape::join;
use crate::codes;
use crate::model::{Context, ContextBlock, Property, SchemaObject};

pub(super) fn check(scope: &Scope<'_>, findings: &mut Findings<'_>) {
    let document = &scope.contract.document;
    if let Some(context) = &document.context {
        block(context, "context", findings);
    }
    super::each_object(scope.contract, |object, path| {
        if let Some(context) = &object.context {
            block(context, &join(path, "context"), findings);
        }
        only_measures(object, path, findings);
    });
    super::each_property(scope.contract, |property, path| semantic(property, path, findings));
}

fn block(context: &ContextBlock, path: &str, findings: &mut Findings<'_>) {
    match context {
        ContextBlock::Text(text) if text.trim().is_empty() => {
            findings.add(codes::CONTEXT, path, "the guidance for agents is empty").help("remove it, or say something");
        }
        ContextBlock::Text(_) => {}
        ContextBlock::Parts(parts) => self::parts(parts, path, findings),
    }
}

fn parts(context: &Context, path: &str, findings: &mut Findings<'_>) {
    let empty = context.instructions.as_ref().is_none_or(|text| text.trim().is_empty())
        && context.verified_statements.is_empty()
        && context.constraints.is_empty();
    if empty {
        findings.add(codes::CONTEXT, path, "the guidance for agents is empty").help("remove it, or say something");
    }
    let mut seen = HashSet::new();
    for (index, statement) in context.verified_statements.iter().enumerate() {
        let Some(question) = statement.question.as_deref() else { continue };
        let element = format!("{path}.verifiedStatements[{index}].question");
        said(question, "question", &element, &mut seen, findings);
    }
    let mut seen = HashSet::new();
    for (index, constraint) in context.constraints.iter().enumerate() {
        let Some(text) = constraint.constraint.as_deref() else { continue };
        let element = format!("{path}.constraints[{index}].constraint");
        said(text, "constraint", &element, &mut seen, findings);
    }
}

fn said(text: &str, noun: &str, element: &str, seen: &mut HashSet<String>, findings: &mut Findings<'_>) {
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    if folded.is_empty() {
        findings.add(codes::CONTEXT, element, format!("the {noun} is empty"));
    } else if !seen.insert(folded) {
        findings.add(codes::CONTEXT, element, format!("the {noun} is given twice")).help("keep one of the two");
    }
}

/// Measures are aggregated over columns: a dataset of measures alone holds nothing to aggregate.
fn only_measures(object: &SchemaObject, path: &str, findings: &mut Findings<'_>) {
    let is_measure = |property: &Property| property.semantic_type.as_deref() == Some("measure");
    if !object.properties.is_empty() && object.properties.iter().all(is_measure) {
        let message = "the dataset has measures but no column that they could be computed from";
        findings.add(codes::SEMANTIC_TYPE, &join(path, "properties"), message);
    }
}

fn semantic(property: &Property, path: &str, findings: &mut Findings<'_>) {
    let name = property.name.as_deref().unwrap_or("the item");
    let element = join(path, "semanticType");
    match property.semantic_type.as_deref() {
        Some("measure") => {
            if property.transform_logic.as_deref().is_none_or(|logic| logic.trim().is_empty()) {
                let message = format!("the measure `{name}` does not say how it is computed");
                findings.add(codes::SEMANTIC_TYPE, &element, message).help("add the aggregation as `transformLogic`");
            }
            let promises = [
                ("required", property.required == Some(true)),
                ("unique", property.unique == Some(true)),
                ("partitioned", property.partitioned == Some(true)),
            ];
            for (field, _) in promises.into_iter().filter(|(_, given)| *given) {
                let message = format!("`{field}` says something about a column, but `{name}` is a measure");
                findings.add(codes::SEMANTIC_TYPE, &join(path, field), message).help(format!("remove `{field}`"));
            }
        }
        Some("dimension") if property.transform_logic.as_deref().is_some_and(|logic| logic.trim().is_empty()) => {
            findings.add(codes::SEMANTIC_TYPE, &join(path, "transformLogic"), "the expression is empty");
        }
        _ => {}
    }
}
