//! Quality rules of properties and datasets.

use serde_json::{Map, Number, Value as Json};

use super::Compiler;
use super::checks::{Checks, Draft};
use super::options::{literal, regex_problem};
use super::own::{self, Subject};
use super::settings::severity_of_rule;
use super::{foreign, identity};
use crate::check::{Literal, Metric, Operator, Rule, Severity, Unit};
use crate::model::Quality;

impl Compiler<'_> {
    /// Compiles one rule; one of another engine may stand for several.
    pub(super) fn quality(&mut self, checks: &mut Checks, quality: &Quality, subject: Subject<'_>, path: &str) {
        let policy = self.policy(&quality.custom_properties, path);
        let effective = self.effective(&quality.custom_properties, path);
        let stated = quality.severity.as_deref().or_else(|| criticality(quality)).map(severity_of_rule);
        let query = quality.query.as_deref().filter(|_| quality.kind.as_deref() == Some("sql"));
        let invalid = query.is_some_and(|query| query_problem(query).is_some());
        let not_checked = |reason| Rule::NotChecked { what: describe(quality), reason, invalid };
        let rules = compile(quality, subject).unwrap_or_else(|reason| vec![not_checked(reason)]);
        let given = quality.id.as_deref().or(quality.name.as_deref()).and_then(identity::word);
        for rule in rules {
            let rule = match &effective {
                Some(days) => own::narrow(rule, Some(days.clone())).unwrap_or_else(not_checked),
                None => rule,
            };
            checks.add(Draft {
                element: element(&rule).or(subject.column),
                word: given.clone().or_else(|| rule_word(&rule)),
                rule: rule.clone(),
                severity: stated.or(policy.severity).unwrap_or(Severity::Error),
                threshold: policy.threshold,
                limits: policy.limits,
            });
        }
    }
}

/// Rules of other engines may name their column themselves.
fn element(rule: &Rule) -> Option<&str> {
    match rule {
        Rule::Required { column }
        | Rule::Enum { column, .. }
        | Rule::Range { column, .. }
        | Rule::Length { column, .. }
        | Rule::Pattern { column, .. } => Some(column),
        _ => None,
    }
}

/// How DQX calls the severity.
fn criticality(quality: &Quality) -> Option<&str> {
    quality.implementation.as_ref()?.get("criticality")?.as_str()
}

/// What kind of rule this is: `type`, or what its fields tell.
pub(crate) fn rule_type(quality: &Quality) -> &str {
    match quality.kind.as_deref() {
        Some(kind) => kind,
        None if quality.query.is_some() => "sql",
        None if quality.engine.is_some() || quality.implementation.is_some() => "custom",
        None if quality.metric.is_none() && quality.rule.is_none() && quality.comparisons().is_empty() => "text",
        None => "library",
    }
}

/// The rules, or why there is none that can be executed.
fn compile(quality: &Quality, subject: Subject<'_>) -> Result<Vec<Rule>, String> {
    let rule = match rule_type(quality) {
        "library" => library(quality, subject.column),
        "sql" => sql(quality, subject),
        "custom" => match quality.engine.as_deref() {
            Some("plimsoll") => own::rule(quality, subject),
            Some(engine) => return foreign::rules(quality, engine, subject),
            None => Err("the rule names no engine".to_owned()),
        },
        "text" => Err("the rule is a text for people".to_owned()),
        other => Err(format!("rules of type {other:?} are not known")),
    };
    rule.map(|rule| vec![rule])
}

fn describe(quality: &Quality) -> String {
    let own = [&quality.description, &quality.name, &quality.metric, &quality.rule, &quality.query];
    let text = own.into_iter().flatten().next().cloned();
    text.unwrap_or_else(|| format!("a {} rule", rule_type(quality))).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn rule_word(rule: &Rule) -> Option<String> {
    let metric = match rule {
        Rule::Metric { metric, .. } => metric,
        Rule::Measured { measure, .. } => return Some(measure.word().to_owned()),
        _ => return None,
    };
    let word = match metric {
        Metric::RowCount => "row_count",
        Metric::NullValues { .. } => "null_values",
        Metric::MissingValues { .. } => "missing_values",
        Metric::InvalidValues { .. } => "invalid_values",
        Metric::DuplicateValues { .. } => "duplicate_values",
    };
    Some(word.to_owned())
}

fn library(quality: &Quality, column: Option<&str>) -> Result<Rule, String> {
    let Some(name) = quality.metric.as_deref().or(quality.rule.as_deref()) else {
        return Err("the rule names no metric".to_owned());
    };
    let none = Map::new();
    let arguments = quality.arguments.as_ref().unwrap_or(&none);
    let metric = metric(name, arguments, column)?;
    let operator = match operator(quality) {
        // v3.0 let `nullCheck` and `duplicateCount` stand without a comparison: there must be none.
        Err(_) if quality.comparisons().is_empty() && quality.metric.is_none() && metric != Metric::RowCount => {
            Operator::MustBe(0.0)
        }
        other => other?,
    };
    Ok(Rule::Metric { metric, filter: None, operator, unit: unit(quality)? })
}

pub(super) fn metric(name: &str, arguments: &Map<String, Json>, column: Option<&str>) -> Result<Metric, String> {
    let of_column = || column.map(str::to_owned).ok_or_else(|| format!("{name} must stand on a property"));
    match name {
        "rowCount" | "countCheck" => Ok(Metric::RowCount),
        "nullValues" | "nullCheck" => Ok(Metric::NullValues { column: of_column()? }),
        "missingValues" => {
            let missing = literals(arguments.get("missingValues")).unwrap_or_default();
            Ok(Metric::MissingValues { column: of_column()?, missing })
        }
        "invalidValues" => invalid_values(arguments, of_column()?),
        "duplicateValues" | "duplicateCount" | "uniqueCheck" => {
            let columns = texts(arguments.get("properties")).filter(|columns| !columns.is_empty());
            let columns = columns.or_else(|| column.map(|column| vec![column.to_owned()]));
            columns
                .map(|columns| Metric::DuplicateValues { columns })
                .ok_or_else(|| "duplicateValues of a whole dataset needs arguments.properties".to_owned())
        }
        other => Err(format!("the metric {other} is not one of the standard's")),
    }
}

fn invalid_values(arguments: &Map<String, Json>, column: String) -> Result<Metric, String> {
    let valid = literals(arguments.get("validValues"));
    let pattern = arguments.get("pattern").and_then(Json::as_str).map(str::to_owned);
    if let Some(problem) = pattern.as_deref().and_then(regex_problem) {
        return Err(problem);
    }
    if valid.is_none() && pattern.is_none() {
        return Err("invalidValues needs arguments.validValues or arguments.pattern".to_owned());
    }
    Ok(Metric::InvalidValues { column, valid, pattern })
}

fn literals(value: Option<&Json>) -> Option<Vec<Literal>> {
    value?.as_array()?.iter().map(literal).collect()
}

pub(super) fn texts(value: Option<&Json>) -> Option<Vec<String>> {
    value?.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

pub(super) fn unit(quality: &Quality) -> Result<Unit, String> {
    match quality.unit.as_deref().map(str::trim) {
        None | Some("" | "rows" | "row" | "records") => Ok(Unit::Rows),
        Some("percent" | "%" | "percentage") => Ok(Unit::Percent),
        Some(other) => Err(format!("the unit {other:?} is neither rows nor percent")),
    }
}

fn sql(quality: &Quality, subject: Subject<'_>) -> Result<Rule, String> {
    let Some(query) = quality.query.as_deref() else { return Err("the rule has no query".to_owned()) };
    if let Some(problem) = query_problem(query) {
        return Err(problem);
    }
    let column = subject.column.filter(|column| subject.value_name == Some(column));
    let sql = filled(query, subject.dataset, column);
    if column.is_none() && subject.column.is_some() && filled(&sql, subject.dataset, Some("x")) != sql {
        return Err("a query cannot name a place inside a value; write the path in SQL".to_owned());
    }
    Ok(Rule::DatasetSql { sql, operator: operator(quality)? })
}

/// Why a quality query is not a single statement that only reads; `None` when it is.
pub(crate) fn query_problem(query: &str) -> Option<String> {
    let bare = without_comments(query);
    let bare = bare.trim().trim_end_matches(';').trim();
    let first: String =
        bare.trim_start_matches(['(', ' ', '\n']).chars().take_while(char::is_ascii_alphabetic).collect();
    if !matches!(first.to_ascii_lowercase().as_str(), "select" | "with" | "values" | "from" | "table") {
        return Some(if first.is_empty() {
            "the query is empty".to_owned()
        } else {
            format!("the query begins with {first}, it must be a SELECT")
        });
    }
    if bare.contains(';') {
        return Some("the query holds more than one statement".to_owned());
    }
    let writes = ["insert", "update", "delete", "merge", "drop", "alter", "create", "truncate", "grant", "revoke"];
    let writing = bare.to_ascii_lowercase();
    let mut words = writing.split(|character: char| !(character.is_ascii_alphanumeric() || character == '_'));
    // `WITH … DELETE` is how a statement that begins harmlessly can still write.
    let hidden = (first.eq_ignore_ascii_case("with")).then(|| words.find(|word| writes.contains(word))).flatten();
    hidden.map(|word| format!("the query holds {}, it must only read", word.to_ascii_uppercase()))
}

/// The query without comments and without the content of quoted texts, so that words in them do not count.
fn without_comments(query: &str) -> String {
    let mut bare = String::with_capacity(query.len());
    let mut rest = query;
    while let Some(character) = rest.chars().next() {
        let skipped = if rest.starts_with("--") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if matches!(character, '\'' | '"' | '`') {
            rest[1..].find(character).map_or(rest.len(), |end| end + 2)
        } else {
            0
        };
        if skipped > 0 {
            bare.push(' ');
            rest = &rest[skipped..];
        } else {
            bare.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    bare
}

/// Puts the dataset's and the column's name where the query has a placeholder for them.
pub(super) fn filled(query: &str, dataset: &str, column: Option<&str>) -> String {
    let mut text = query.to_owned();
    let dataset = identifier(dataset);
    for name in ["object", "table", "model", "schema"] {
        text = replaced(&text, name, &dataset);
    }
    if let Some(column) = column.map(identifier) {
        for name in ["property", "column", "field"] {
            text = replaced(&text, name, &column);
        }
    }
    text
}

fn replaced(text: &str, name: &str, value: &str) -> String {
    if !text.contains('{') {
        return text.to_owned();
    }
    text.replace(&format!("${{{name}}}"), value).replace(&format!("{{{name}}}"), value)
}

/// A name as SQL takes it; quoted only where it must be, because dialects quote differently.
pub(super) fn identifier(name: &str) -> String {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit());
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// The rule's only comparison, or why there is none.
pub(crate) fn operator(quality: &Quality) -> Result<Operator, String> {
    match quality.comparisons().len() {
        0 => return Err("the rule has no comparison".to_owned()),
        1 => {}
        count => return Err(format!("the rule has {count} comparisons, it must have one")),
    }
    if let Some(value) = &quality.must_be {
        return comparable(value).map(Operator::MustBe);
    }
    if let Some(value) = &quality.must_not_be {
        return comparable(value).map(Operator::MustNotBe);
    }
    let number = |value: &Option<Number>| value.as_ref().and_then(Number::as_f64);
    let single = number(&quality.must_be_greater_than)
        .map(Operator::MustBeGreaterThan)
        .or_else(|| number(&quality.must_be_greater_or_equal_to).map(Operator::MustBeGreaterOrEqualTo))
        .or_else(|| number(&quality.must_be_less_than).map(Operator::MustBeLessThan))
        .or_else(|| number(&quality.must_be_less_or_equal_to).map(Operator::MustBeLessOrEqualTo));
    if let Some(operator) = single {
        return Ok(operator);
    }
    let between = |values: &[Number]| match values {
        [low, high] => low.as_f64().zip(high.as_f64()),
        _ => None,
    };
    if let Some((low, high)) = between(&quality.must_be_between) {
        return Ok(Operator::MustBeBetween(low, high));
    }
    match between(&quality.must_not_be_between) {
        Some((low, high)) => Ok(Operator::MustNotBeBetween(low, high)),
        None => Err("between needs two numbers".to_owned()),
    }
}

fn comparable(value: &Json) -> Result<f64, String> {
    let number = match value {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        Json::Bool(value) => Some(f64::from(u8::from(*value))),
        _ => None,
    };
    number.ok_or_else(|| format!("a measured number cannot be compared with {value}"))
}
