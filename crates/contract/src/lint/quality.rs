//! Quality rules: the fields of their type, one comparison, a metric in its place, a query that only reads.

use super::findings::Findings;
use super::{Scope, metrics, queries, variables};
use crate::codes;
use crate::compile::{query_problem, rule_type};
use crate::diagnostic::Level;
use crate::model::{Property, Quality, SchemaObject, Version};

/// Where a rule stands.
pub(super) struct Place<'a> {
    pub path: &'a str,
    pub object: &'a SchemaObject,
    pub property: Option<&'a Property>,
    /// All datasets that a query may name.
    pub scope: &'a Scope<'a>,
    pub version: Version,
}

pub(super) fn check(scope: &Scope<'_>, findings: &mut Findings<'_>) {
    for (index, object) in scope.contract.document.schema.iter().enumerate() {
        let path = format!("schema[{index}]");
        let mut rules = |quality: &[Quality], path: &str, property: Option<&Property>| {
            for (index, quality) in quality.iter().enumerate() {
                let path = format!("{path}.quality[{index}]");
                let place = Place { path: &path, object, property, scope, version: scope.contract.version };
                rule(quality, &place, findings);
            }
        };
        rules(&object.quality, &path, None);
        super::descend(&object.properties, &path, &mut |property, path| rules(&property.quality, path, Some(property)));
    }
}

fn rule(quality: &Quality, place: &Place<'_>, findings: &mut Findings<'_>) {
    // What a rule must have depends on its type and metric; where they are variables, nothing is known.
    if [&quality.kind, &quality.metric].into_iter().flatten().any(|word| variables::has(word)) {
        return;
    }
    fields(quality, place, findings);
    comparison(quality, place, findings);
    between(quality, place, findings);
    if place.version < Version::V3_1_0 && quality.kind.is_none() && quality.rule.is_none() {
        // `library` is the default type there, whatever else the rule has.
        let message = format!("a rule without `type` needs the field `rule` in {}", place.version);
        findings.add(codes::REQUIRED_FIELD, place.path, message).help("add `type`, or raise `apiVersion` to v3.1.0");
        return;
    }
    match rule_type(quality) {
        "library" => metrics::check(quality, place, findings),
        "sql" => query(quality, place, findings),
        "custom" => custom(quality, place, findings),
        _ => {}
    }
}

fn given(quality: &Quality) -> Vec<&'static str> {
    let mut names = quality.comparisons();
    let others = [
        ("metric", quality.metric.is_some()),
        ("rule", quality.rule.is_some()),
        ("arguments", quality.arguments.is_some()),
        ("query", quality.query.is_some()),
        ("engine", quality.engine.is_some()),
        ("implementation", quality.implementation.is_some()),
    ];
    names.extend(others.into_iter().filter(|(_, given)| *given).map(|(name, _)| name));
    names
}

/// Since v3.1 a rule may only have the fields of its type; a `metric` makes it a library rule besides.
fn fields(quality: &Quality, place: &Place<'_>, findings: &mut Findings<'_>) {
    let stated = quality.kind.as_deref();
    let library = stated == Some("library") || quality.metric.is_some();
    let level = if place.version >= Version::V3_1_0 { Level::Error } else { Level::Warning };
    let kind = rule_type(quality);
    for name in given(quality) {
        let belongs = match name {
            "metric" => true,
            "rule" | "arguments" => library || place.version < Version::V3_1_0,
            "query" => stated == Some("sql"),
            "engine" | "implementation" => stated == Some("custom"),
            _ => library || stated == Some("sql") || place.version < Version::V3_1_0,
        };
        if !belongs {
            let message = format!("`{name}` does not belong to a rule of type {kind}");
            let added = findings.add(codes::RULE_FIELDS, &format!("{}.{name}", place.path), message).level(level);
            match (stated, name) {
                (None, "query") => added.help("add `type: sql`"),
                (None, "engine" | "implementation") => added.help("add `type: custom`"),
                (None, _) => added.help("add `type: library` and `metric`"),
                (Some(_), _) => added.help("remove it, or correct `type`"),
            };
        }
    }
    if quality.metric.is_some() && stated.is_some_and(|kind| kind != "library") {
        let message = format!("a rule of type {kind} has a `metric` as well");
        findings
            .add(codes::RULE_FIELDS, &format!("{}.metric", place.path), message)
            .help("remove it, or correct `type`");
    }
}

fn comparison(quality: &Quality, place: &Place<'_>, findings: &mut Findings<'_>) {
    let kind = rule_type(quality);
    let library = kind == "library" || quality.metric.is_some();
    if !library && kind != "sql" {
        return;
    }
    // Up to v3.0.2 the schema asks for no comparison, and a check of its own word may need none.
    let level = if place.version >= Version::V3_1_0 { Level::Error } else { Level::Warning };
    match quality.comparisons().len() {
        0 if place.version < Version::V3_1_0 && kind == "library" => {}
        0 => {
            let added = findings.add(codes::OPERATOR, place.path, "the rule has no comparison").level(level);
            added.help("add one, for example `mustBe: 0`");
        }
        1 => {}
        count => {
            let message = format!("the rule has {count} comparisons, it must have one");
            findings.add(codes::OPERATOR, place.path, message).level(level).help("make a rule of each");
        }
    }
}

fn between(quality: &Quality, place: &Place<'_>, findings: &mut Findings<'_>) {
    for (name, values) in
        [("mustBeBetween", &quality.must_be_between), ("mustNotBeBetween", &quality.must_not_be_between)]
    {
        let element = format!("{}.{name}", place.path);
        let numbers: Vec<f64> = values.iter().filter_map(serde_json::Number::as_f64).collect();
        match numbers.as_slice() {
            [] => {}
            [low, high] if low > high => {
                let message = format!("{low} is greater than {high}; the smallest number comes first");
                findings.add(codes::EMPTY_BETWEEN, &element, message).help(format!("write [{high}, {low}]"));
            }
            [low, high] if low == high => {
                let message = format!("both ends of `{name}` are {low}");
                findings.add(codes::EMPTY_BETWEEN, &element, message).help("use `mustBe` for a single value");
            }
            [_, _] => {}
            others => {
                let message = format!("`{name}` needs two numbers, this has {}", others.len());
                findings.add(codes::OPERATOR, &element, message);
            }
        }
    }
}

fn query(quality: &Quality, place: &Place<'_>, findings: &mut Findings<'_>) {
    let Some(query) = quality.query.as_deref() else {
        if !quality.extra.contains_key("query") {
            findings.add(codes::REQUIRED_FIELD, place.path, "an sql rule needs the field `query`").help("add `query`");
        }
        return;
    };
    let element = format!("{}.query", place.path);
    if let Some(problem) = query_problem(query) {
        let added = findings.add(codes::NOT_A_SELECT, &element, problem);
        added.help("write one SELECT that gives a single value");
        return;
    }
    queries::check(query, place, &element, findings);
}

fn custom(quality: &Quality, place: &Place<'_>, findings: &mut Findings<'_>) {
    for (name, given) in [("engine", quality.engine.is_some()), ("implementation", quality.implementation.is_some())] {
        if !given && !quality.extra.contains_key(name) {
            let message = format!("a custom rule needs the field `{name}`");
            findings.add(codes::REQUIRED_FIELD, place.path, message).help(format!("add `{name}`"));
        }
    }
    if let Some(value) = &quality.implementation
        && !(value.is_string() || value.is_object())
    {
        let message = "`implementation` must be text or a map";
        findings.add(codes::WRONG_TYPE, &format!("{}.implementation", place.path), message);
    }
}
