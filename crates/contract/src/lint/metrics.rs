//! Library rules: a metric in its place, its arguments, its unit, and a comparison that can hold and can fail.

use serde_json::{Map, Value as Json};

use super::findings::Findings;
use super::quality::Place;
use super::suggest::nearest;
use super::variables;
use crate::check::Operator;
use crate::codes;
use crate::compile::operator;
use crate::model::{Quality, Version};

const METRICS: [&str; 5] = ["nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount"];

pub(super) fn check(quality: &Quality, place: &Place<'_>, findings: &mut Findings<'_>) {
    let Some(metric) = quality.metric.as_deref() else { return without_metric(quality, place, findings) };
    if place.version < Version::V3_1_0 && quality.rule.is_none() {
        // `metric` is then reported as too new; a rule without `rule` is incomplete by that version.
        let message = format!("a library rule needs the field `rule` in {}", place.version);
        findings.add(codes::REQUIRED_FIELD, place.path, message).help("raise `apiVersion` to v3.1.0 or later");
    }
    let element = format!("{}.metric", place.path);
    if !METRICS.contains(&metric) {
        let help = match nearest(metric, METRICS.into_iter()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("use one of {}", METRICS.join(", ")),
        };
        findings.add(codes::UNKNOWN_WORD, &element, format!("there is no metric {metric:?}")).help(help);
        return;
    }
    unit(quality, metric, place, findings);
    contradiction(quality, metric, place, findings);
    match (metric, place.property) {
        ("rowCount", Some(_)) => {
            let message = "`rowCount` is about the dataset, not about a property";
            findings.add(codes::METRIC_PLACE, &element, message).help("move the rule to the dataset's `quality`");
        }
        ("nullValues" | "missingValues" | "invalidValues", None) => {
            let message = format!("`{metric}` is about a property, not about the dataset");
            findings.add(codes::METRIC_PLACE, &element, message).help("move the rule to the property's `quality`");
        }
        _ => arguments(quality, metric, place, findings),
    }
}

fn without_metric(quality: &Quality, place: &Place<'_>, findings: &mut Findings<'_>) {
    let missing = if place.version >= Version::V3_1_0 { "metric" } else { "rule" };
    if quality.extra.contains_key(missing) || (missing == "rule" && quality.rule.is_some()) {
        return;
    }
    let added = findings.add(codes::REQUIRED_FIELD, place.path, format!("a library rule needs the field `{missing}`"));
    match quality.rule.as_deref().filter(|_| missing == "metric") {
        Some(rule) if METRICS.contains(&rule) => added.help(format!("write `metric: {rule}` instead of `rule`")),
        _ => added.help(format!("add `{missing}`, for example {}", METRICS.join(", "))),
    };
}

/// A metric counts rows, or gives their share in percent.
fn unit(quality: &Quality, metric: &str, place: &Place<'_>, findings: &mut Findings<'_>) {
    let Some(unit) = quality.unit.as_deref().map(str::trim) else { return };
    let element = format!("{}.unit", place.path);
    if variables::has(unit) {
        return;
    }
    match unit {
        "rows" | "row" | "records" | "" => {}
        "percent" | "%" | "percentage" => {
            if metric == "rowCount" {
                let message = "the number of rows has no share of the number of rows";
                findings.add(codes::RULE_UNIT, &element, message).help("remove `unit`, or write `rows`");
            }
        }
        other => {
            let message = format!("{other:?} is neither rows nor percent; the rule cannot be checked");
            let added = findings.add(codes::RULE_UNIT, &element, message);
            match nearest(other, ["rows", "percent"].into_iter()) {
                Some(near) => added.help(format!("did you mean `{near}`?")),
                None => added.help("write `rows` or `percent`"),
            };
        }
    }
}

/// Counts are 0 or more; shares are 0 to 100.
fn contradiction(quality: &Quality, metric: &str, place: &Place<'_>, findings: &mut Findings<'_>) {
    let Ok(operator) = operator(quality) else { return };
    let percent = quality.unit.as_deref().is_some_and(|unit| matches!(unit.trim(), "percent" | "%" | "percentage"));
    let highest = if percent { 100.0 } else { f64::INFINITY };
    let (name, verdict) = fate(operator, highest);
    let element = format!("{}.{name}", place.path);
    let range = if percent { "0 to 100 percent" } else { "0 or more" };
    match verdict {
        Some(false) => {
            let message = format!("the rule can never hold: `{metric}` is {range}");
            findings.add(codes::RULE_CONTRADICTION, &element, message);
        }
        Some(true) => {
            let message = format!("the rule always holds: `{metric}` is {range}");
            findings.add(codes::RULE_CONTRADICTION, &element, message).help("remove it, or correct the comparison");
        }
        None => nulls(quality, metric, operator, &element, place, findings),
    }
}

/// The operator's field, and whether it holds for every value or for none from 0 to the highest.
fn fate(operator: Operator, highest: f64) -> (&'static str, Option<bool>) {
    let within = |value: f64| (0.0..=highest).contains(&value);
    let always = |holds: bool, fails: bool| if fails { Some(false) } else { holds.then_some(true) };
    match operator {
        Operator::MustBe(x) => ("mustBe", always(false, !within(x))),
        Operator::MustNotBe(x) => ("mustNotBe", always(!within(x), false)),
        Operator::MustBeGreaterThan(x) => ("mustBeGreaterThan", always(x < 0.0, x >= highest)),
        Operator::MustBeGreaterOrEqualTo(x) => ("mustBeGreaterOrEqualTo", always(x <= 0.0, x > highest)),
        Operator::MustBeLessThan(x) => ("mustBeLessThan", always(x > highest, x <= 0.0)),
        Operator::MustBeLessOrEqualTo(x) => ("mustBeLessOrEqualTo", always(x >= highest, x < 0.0)),
        Operator::MustBeBetween(low, high) => {
            ("mustBeBetween", always(low <= 0.0 && high >= highest, high < 0.0 || low > highest))
        }
        Operator::MustNotBeBetween(low, high) => {
            ("mustNotBeBetween", always(high < 0.0 || low > highest, low <= 0.0 && high >= highest))
        }
    }
}

/// A required column has no NULL, so a rule that asks for some, or allows some, says something else.
fn nulls(
    quality: &Quality,
    metric: &str,
    operator: Operator,
    element: &str,
    place: &Place<'_>,
    findings: &mut Findings<'_>,
) {
    let Some(property) = place.property else { return };
    let required = property.required == Some(true) || property.primary_key == Some(true);
    let unique = property.unique == Some(true);
    let name = property.name.as_deref().unwrap_or_default();
    let impossible = !operator.holds(0.0);
    match metric {
        "nullValues" if required && impossible => {
            let message = format!("`{name}` is required, so it has no NULL and the rule can never hold");
            findings.add(codes::RULE_CONTRADICTION, element, message).help("remove `required`, or the rule");
        }
        "nullValues" if required && operator != Operator::MustBe(0.0) => {
            let message = format!("the rule allows NULL, but `{name}` is required");
            findings.add(codes::RULE_CONTRADICTION, element, message).help("remove `required`, or the rule");
        }
        "duplicateValues" if unique && quality.arguments.is_none() && (impossible || allows_some(operator)) => {
            let message = format!("the rule allows duplicates, but `{name}` is unique");
            findings.add(codes::RULE_CONTRADICTION, element, message).help("remove `unique`, or the rule");
        }
        _ => {}
    }
}

fn allows_some(operator: Operator) -> bool {
    operator.holds(1.0)
}

fn arguments(quality: &Quality, metric: &str, place: &Place<'_>, findings: &mut Findings<'_>) {
    let empty = Map::new();
    let given = quality.arguments.as_ref().unwrap_or(&empty);
    let element = format!("{}.metric", place.path);
    let known: &[&str] = match metric {
        "invalidValues" => &["validValues", "pattern"],
        "missingValues" => &["missingValues"],
        "duplicateValues" if place.property.is_none() => &["properties"],
        _ => &[],
    };
    for name in given.keys().filter(|name| !known.contains(&name.as_str())) {
        let message = format!("`{metric}` has no argument `{name}`");
        let added = findings.add(codes::UNKNOWN_ARGUMENT, &format!("{}.arguments.{name}", place.path), message);
        match nearest(name, known.iter().copied()) {
            Some(near) => added.help(format!("did you mean `{near}`?")),
            None if known.is_empty() => added.help("it has none"),
            None => added.help(format!("it has {}", known.join(", "))),
        };
    }
    match metric {
        "invalidValues" => {
            if !given.contains_key("validValues") && !given.contains_key("pattern") {
                let message = "`invalidValues` needs `arguments.validValues` or `arguments.pattern`";
                findings.add(codes::METRIC_PLACE, &element, message).help("add one of the two");
            }
            if let Some(Json::String(pattern)) = given.get("pattern") {
                super::types::pattern_at(pattern, &format!("{}.arguments.pattern", place.path), findings);
            }
            list(given, "validValues", place, findings);
        }
        "missingValues" if !given.contains_key("missingValues") => {
            let message = "`missingValues` needs `arguments.missingValues`";
            findings.add(codes::METRIC_PLACE, &element, message).help("list the values that count as missing");
        }
        "missingValues" => list(given, "missingValues", place, findings),
        "duplicateValues" if place.property.is_none() => match given.get("properties") {
            Some(Json::Array(names)) => columns(names, place, findings),
            _ => {
                let message = "`duplicateValues` of a dataset needs `arguments.properties`";
                findings.add(codes::METRIC_PLACE, &element, message).help("list the columns that make a row unique");
            }
        },
        _ => {}
    }
}

/// Arguments that are lists of single values.
fn list(given: &Map<String, Json>, name: &str, place: &Place<'_>, findings: &mut Findings<'_>) {
    let Some(value) = given.get(name) else { return };
    let element = format!("{}.arguments.{name}", place.path);
    match value.as_array() {
        None if value.as_str().is_some_and(variables::has) => {}
        None => {
            findings
                .add(codes::UNKNOWN_ARGUMENT, &element, format!("`{name}` must be a list"))
                .help("write it as [a, b]");
        }
        Some(items) if items.is_empty() => {
            findings.add(codes::UNKNOWN_ARGUMENT, &element, format!("`{name}` is empty")).help("list the values");
        }
        Some(items) if items.iter().any(|item| item.is_array() || item.is_object()) => {
            findings.add(codes::UNKNOWN_ARGUMENT, &element, format!("`{name}` must hold single values"));
        }
        Some(_) => {}
    }
}

fn columns(names: &[Json], place: &Place<'_>, findings: &mut Findings<'_>) {
    let known = place.object.properties.iter().filter_map(|property| property.name.as_deref());
    let physical = place.object.properties.iter().filter_map(|property| property.physical_name.as_deref());
    if place.object.properties.is_empty() {
        return;
    }
    for (index, name) in names.iter().enumerate() {
        let Some(name) = name.as_str().filter(|name| !variables::has(name)) else { continue };
        if known.clone().chain(physical.clone()).all(|column| column != name) {
            let element = format!("{}.arguments.properties[{index}]", place.path);
            let added = findings.add(codes::UNKNOWN_ARGUMENT, &element, format!("there is no column `{name}`"));
            if let Some(near) = nearest(name, known.clone()) {
                added.help(format!("did you mean `{near}`?"));
            }
        }
    }
}
