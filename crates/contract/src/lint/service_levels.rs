//! Service levels: their elements exist, and their values can be understood.

use serde_json::Value as Json;

use super::findings::Findings;
use super::suggest::nearest;
use crate::codes;
use crate::compile::duration_seconds;
use crate::model::{Contract, SlaProperty};

pub(super) fn check(contract: &Contract, findings: &mut Findings<'_>) {
    let document = &contract.document;
    if let Some(element) = document.sla_default_element.as_deref() {
        elements(contract, element, "slaDefaultElement", findings);
    }
    for (index, level) in document.sla_properties.iter().enumerate() {
        let path = format!("slaProperties[{index}]");
        if let Some(element) = level.element.as_deref() {
            elements(contract, element, &format!("{path}.element"), findings);
        }
        duration(level, &path, findings);
        if level.scheduler.is_some() && level.schedule.is_none() {
            let message = "the service level has a scheduler but no schedule";
            findings.add(codes::SLA_UNCLEAR, &path, message).help("add `schedule`");
        }
    }
}

fn elements(contract: &Contract, text: &str, path: &str, findings: &mut Findings<'_>) {
    // Without datasets there is nothing to compare with.
    if contract.document.schema.is_empty() {
        return;
    }
    for element in text.split(',').map(str::trim).filter(|element| !element.is_empty()) {
        if let Some((message, near)) = unknown(contract, element) {
            let added = findings.add(codes::SLA_ELEMENT, path, message);
            if let Some(near) = near {
                added.help(format!("did you mean `{near}`?"));
            }
        }
    }
}

/// What is wrong with an element, and the name that may have been meant.
fn unknown(contract: &Contract, element: &str) -> Option<(String, Option<String>)> {
    let objects = &contract.document.schema;
    let (dataset, column) =
        element.split_once('.').map_or((element, None), |(dataset, column)| (dataset, Some(column)));
    let known = |object: &&crate::model::SchemaObject| {
        [&object.name, &object.physical_name, &object.id].into_iter().any(|name| name.as_deref() == Some(dataset))
    };
    let Some(object) = objects.iter().find(known) else {
        let near = nearest(dataset, objects.iter().filter_map(|object| object.name.as_deref()));
        return Some((format!("this contract has no dataset `{dataset}`"), near.map(str::to_owned)));
    };
    // A path into a nested value is judged by its first part.
    let column = column?.split('.').next().unwrap_or_default();
    let names = object.properties.iter().filter_map(|property| property.name.as_deref());
    if names.clone().any(|name| name == column) {
        return None;
    }
    let near = nearest(column, names).map(|near| format!("{dataset}.{near}"));
    Some((format!("the dataset `{dataset}` has no column `{column}`"), near))
}

fn duration(level: &SlaProperty, path: &str, findings: &mut Findings<'_>) {
    let is_duration = matches!(
        level.property.as_deref(),
        Some(
            "latency"
                | "ly"
                | "freshness"
                | "retention"
                | "re"
                | "timeToDetect"
                | "td"
                | "timeToNotify"
                | "tn"
                | "timeToRepair"
                | "tr"
        )
    );
    let Some(value) = level.value.as_ref().filter(|_| is_duration) else { return };
    let text = match &value.0 {
        Json::String(text) => text.clone(),
        Json::Null => return,
        other => other.to_string(),
    };
    if duration_seconds(&text, level.unit.as_deref()).is_none() {
        let unit = level.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default();
        let message = format!("`{text}{unit}` is not a duration");
        let help = "give a number and a unit: s, m, h, d, w, mo, y";
        findings.add(codes::SLA_UNCLEAR, &format!("{path}.value"), message).help(help);
    }
}
