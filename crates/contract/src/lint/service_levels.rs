//! Service levels: words that the standard knows, elements that exist, values and units that can be understood.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::Scope;
use super::findings::Findings;
use super::suggest::nearest;
use super::types::{is_date, is_timestamp};
use super::variables;
use crate::codes;
use crate::compile::duration_seconds;
use crate::model::{Contract, Property, SchemaObject, SlaProperty};

/// What a service level's value is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Value {
    Duration,
    Date,
    /// A number of percent, or a share.
    Share,
    Any,
}

/// The words that the standard recommends, with their short forms; `freshness` is what many write for latency.
const WORDS: &[(&str, &str, Value)] = &[
    ("availability", "av", Value::Share),
    ("throughput", "th", Value::Any),
    ("errorRate", "er", Value::Share),
    ("generalAvailability", "ga", Value::Date),
    ("endOfSupport", "es", Value::Date),
    ("endOfLife", "el", Value::Date),
    ("retention", "re", Value::Duration),
    ("frequency", "fy", Value::Any),
    ("latency", "ly", Value::Duration),
    ("freshness", "", Value::Duration),
    ("timeToDetect", "td", Value::Duration),
    ("timeToNotify", "tn", Value::Duration),
    ("timeToRepair", "tr", Value::Duration),
    // The standard's own example uses it.
    ("timeOfAvailability", "", Value::Any),
];

const DRIVERS: [&str; 3] = ["regulatory", "analytics", "operational"];

pub(super) fn check(scope: &Scope<'_>, findings: &mut Findings<'_>) {
    let contract = scope.contract;
    let document = &contract.document;
    if let Some(element) = document.sla_default_element.as_deref() {
        elements(contract, element, "slaDefaultElement", findings);
    }
    let mut first: HashMap<(&str, Option<&str>, Option<&str>), usize> = HashMap::new();
    for (index, level) in document.sla_properties.iter().enumerate() {
        let path = format!("slaProperties[{index}]");
        if let Some(element) = level.element.as_deref() {
            elements(contract, element, &format!("{path}.element"), findings);
        }
        words(level, &path, findings);
        value(level, &path, findings);
        if level.scheduler.is_some() && level.schedule.is_none() {
            let message = "the service level has a scheduler but no schedule";
            findings.add(codes::SLA_UNCLEAR, &path, message).help("add `schedule`");
        }
        let Some(property) = level.property.as_deref() else { continue };
        if first.insert((property, level.element.as_deref(), level.driver.as_deref()), index).is_some() {
            let message = format!("the service level `{property}` is given twice for the same element");
            findings.add(codes::SLA_UNCLEAR, &format!("{path}.property"), message).help("keep one of the two");
        }
    }
    order(contract, findings);
}

fn words(level: &SlaProperty, path: &str, findings: &mut Findings<'_>) {
    if let Some(property) = level.property.as_deref()
        && kind(property).is_none()
        && !variables::has(property)
    {
        let message = format!("the standard knows no service level `{property}`");
        let added = findings.add(codes::SLA_WORD, &format!("{path}.property"), message);
        match nearest(property, WORDS.iter().map(|(word, _, _)| *word)) {
            Some(near) => added.help(format!("did you mean `{near}`?")),
            None => added
                .help("its words are availability, latency, retention, frequency and others; nobody checks this one"),
        };
    }
    if let Some(driver) = level.driver.as_deref()
        && !DRIVERS.contains(&driver)
        && !variables::has(driver)
    {
        let message = format!("`driver` is one of {}, this is {driver:?}", DRIVERS.join(", "));
        let added = findings.add(codes::SLA_WORD, &format!("{path}.driver"), message);
        if let Some(near) = nearest(driver, DRIVERS.into_iter()) {
            added.help(format!("did you mean `{near}`?"));
        }
    }
}

/// What the value of a service level is; `None` for words of somebody's own.
fn kind(property: &str) -> Option<Value> {
    WORDS
        .iter()
        .find(|(word, short, _)| *word == property || (!short.is_empty() && *short == property))
        .map(|(_, _, value)| *value)
}

fn elements(contract: &Contract, text: &str, path: &str, findings: &mut Findings<'_>) {
    // Without datasets there is nothing to compare with.
    if contract.document.schema.is_empty() || variables::has(text) {
        return;
    }
    for element in text.split(',').map(str::trim).filter(|element| !element.is_empty()) {
        match find(contract, element) {
            Ok(deprecated) if deprecated => {
                let message = format!("the service level is about `{element}`, which is deprecated");
                findings.add(codes::DEPRECATED_IN_USE, path, message);
            }
            Ok(_) => {}
            Err((message, near)) => {
                let added = findings.add(codes::SLA_ELEMENT, path, message);
                if let Some(near) = near {
                    added.help(format!("did you mean `{near}`?"));
                }
            }
        }
    }
}

/// Whether the element is deprecated; otherwise what is wrong with it, and the name that may have been meant.
fn find(contract: &Contract, element: &str) -> Result<bool, (String, Option<String>)> {
    let objects = &contract.document.schema;
    let known = |object: &&SchemaObject, name: &str| {
        [&object.name, &object.physical_name, &object.id].into_iter().any(|known| known.as_deref() == Some(name))
    };
    // A physical name may hold points itself, for example `schema.table`.
    let dataset_end = element.match_indices('.').map(|(at, _)| at).chain([element.len()]).find_map(|at| {
        let object = objects.iter().find(|object| known(object, &element[..at]))?;
        Some((object, element[at..].trim_start_matches('.')))
    });
    let Some((object, columns)) = dataset_end else {
        let dataset = element.split('.').next().unwrap_or_default();
        let near = nearest(dataset, objects.iter().filter_map(|object| object.name.as_deref()));
        return Err((format!("this contract has no dataset `{dataset}`"), near.map(str::to_owned)));
    };
    if columns.is_empty() {
        return Ok(object.deprecated == Some(true));
    }
    column(object, columns)
}

fn column(object: &SchemaObject, columns: &str) -> Result<bool, (String, Option<String>)> {
    let dataset = object.name.as_deref().unwrap_or_default();
    let mut properties: &[Property] = &object.properties;
    let mut deprecated = false;
    for name in columns.split('.') {
        // Where the fields are not listed, any may be meant.
        if properties.is_empty() {
            return Ok(deprecated);
        }
        let is = |property: &&Property| {
            [&property.name, &property.physical_name, &property.id]
                .into_iter()
                .any(|known| known.as_deref() == Some(name))
        };
        let Some(property) = properties.iter().find(is) else {
            let near = nearest(name, properties.iter().filter_map(|property| property.name.as_deref()));
            let near = near.map(|near| format!("{dataset}.{near}"));
            return Err((format!("the dataset `{dataset}` has no column `{name}`"), near));
        };
        deprecated = property.deprecated == Some(true);
        let items = property.items.as_deref().map(|items| items.properties.as_slice());
        properties = if property.properties.is_empty() { items.unwrap_or_default() } else { &property.properties };
    }
    Ok(deprecated)
}

fn value(level: &SlaProperty, path: &str, findings: &mut Findings<'_>) {
    let (Some(property), Some(value)) = (level.property.as_deref(), level.value.as_ref()) else { return };
    let text = match &value.0 {
        Json::String(text) => text.clone(),
        Json::Null => return,
        other => other.to_string(),
    };
    if variables::has(&text) || level.unit.as_deref().is_some_and(variables::has) {
        return;
    }
    let element = format!("{path}.value");
    match kind(property) {
        Some(Value::Duration) if duration_seconds(&text, level.unit.as_deref()).is_none() => {
            let unit = level.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default();
            let message = format!("`{text}{unit}` is not a duration");
            let help = "give a number and a unit: s, m, h, d, w, mo, y";
            findings.add(codes::SLA_UNCLEAR, &element, message).help(help);
        }
        Some(Value::Duration) if is_minutes_or_months(&text, level.unit.as_deref()) => {
            let message = "`M` is read as minutes; for others it is months".to_owned();
            findings.add(codes::SLA_UNCLEAR, &element, message).help("write the unit as `min` or `mo`");
        }
        Some(Value::Date) if !is_date(&text) && !is_timestamp(&text) => {
            let message = format!("`{property}` is a date, {text:?} is none");
            findings.add(codes::SLA_UNCLEAR, &element, message).help("write it as 2026-01-31");
        }
        Some(Value::Share) if !is_share(&text, level.unit.as_deref()) => {
            let message = format!("`{property}` is a share, {text:?} is none");
            findings
                .add(codes::SLA_UNCLEAR, &element, message)
                .help("give a number from 0 to 100 with the unit percent");
        }
        _ => {}
    }
}

fn is_minutes_or_months(text: &str, unit: Option<&str>) -> bool {
    let is_number = |text: &str| text.trim().parse::<f64>().is_ok();
    match text.trim().strip_suffix('M') {
        Some(number) => is_number(number),
        None => is_number(text) && unit.map(str::trim) == Some("M"),
    }
}

/// A number, with or without `%`; in percent it is at most 100. Other units, such as errors per hour, are free.
fn is_share(text: &str, unit: Option<&str>) -> bool {
    let bare = text.trim().trim_end_matches('%').trim_end();
    let in_percent = text.contains('%') || unit.is_some_and(|unit| matches!(unit.trim(), "percent" | "%"));
    // Availability is also given as a time of day.
    match bare.parse::<f64>() {
        Ok(number) => number >= 0.0 && (!in_percent || number <= 100.0),
        Err(_) => !in_percent && unit.is_none(),
    }
}

/// General availability comes before the end of support, and that before the end of life.
fn order(contract: &Contract, findings: &mut Findings<'_>) {
    let levels = contract.document.sla_properties.iter().enumerate();
    let mut dates: Vec<(usize, usize, &str)> = levels
        .filter_map(|(index, level)| {
            let stage =
                ["generalAvailability", "endOfSupport", "endOfLife"].into_iter().zip(["ga", "es", "el"]).position(
                    |(word, short)| level.property.as_deref().is_some_and(|given| given == word || given == short),
                )?;
            let Json::String(text) = &level.value.as_ref()?.0 else { return None };
            let day = text.get(..10).filter(|day| is_date(day))?;
            level.element.is_none().then_some((stage, index, day))
        })
        .collect();
    dates.sort_unstable();
    for pair in dates.windows(2) {
        let [(_, _, before), (_, index, after)] = pair else { continue };
        if after < before {
            let message = format!("{after} comes before {before}, which is an earlier stage of the data's life");
            findings.add(codes::DATE_ORDER, &format!("slaProperties[{index}].value"), message);
        }
    }
}
