//! Checks of SodaCL: lines such as `missing_count(email) = 0`, with what stands below them, or a map with `type`.

use serde_json::{Map, Value as Json};

use super::super::quality::identifier;
use super::{Fields, snake_case};
use crate::check::{Metric, Operator, Rule, Unit};
use crate::measure::{Measure, Statistic};

pub(super) fn rules(fields: &Fields<'_>) -> Result<Vec<Rule>, String> {
    if let Some(kind) = fields.text("type") {
        return typed(fields, kind);
    }
    let mut rules = Vec::new();
    for (key, value) in &fields.fields {
        let lines = match (key.as_str(), value) {
            (key, Json::Array(lines)) if key == "checks" || key.starts_with("checks for ") => lines.clone(),
            (key, _) if key.contains(['=', '<', '>']) || key.contains(" between ") => {
                rules.push(line(key, value, fields)?);
                continue;
            }
            (key, _) => return Err(format!("`{key}` has no equal here")),
        };
        for item in &lines {
            match item {
                Json::String(text) => rules.push(line(text, &Json::Null, fields)?),
                Json::Object(one) => {
                    for (text, below) in one {
                        rules.push(line(text, below, fields)?);
                    }
                }
                other => return Err(format!("{other} is no check")),
            }
        }
    }
    Ok(rules)
}

/// `{type: duplicate_percent, columns: […], must_be_less_than: 1.0}`, as the standard's examples write it.
fn typed(fields: &Fields<'_>, kind: &str) -> Result<Vec<Rule>, String> {
    let number = |key: &str| fields.fields.get(key).and_then(Json::as_f64);
    let pair = |key: &str| match fields.fields.get(key).and_then(Json::as_array).map(Vec::as_slice) {
        Some([low, high]) => low.as_f64().zip(high.as_f64()),
        _ => None,
    };
    let found = [
        number("must_be").map(Operator::MustBe),
        number("must_not_be").map(Operator::MustNotBe),
        number("must_be_greater_than").map(Operator::MustBeGreaterThan),
        number("must_be_greater_than_or_equal").map(Operator::MustBeGreaterOrEqualTo),
        number("must_be_greater_than_or_equal_to").map(Operator::MustBeGreaterOrEqualTo),
        number("must_be_less_than").map(Operator::MustBeLessThan),
        number("must_be_less_than_or_equal").map(Operator::MustBeLessOrEqualTo),
        number("must_be_less_than_or_equal_to").map(Operator::MustBeLessOrEqualTo),
        pair("must_be_between").map(|(low, high)| Operator::MustBeBetween(low, high)),
    ];
    let operators: Vec<Operator> = found.into_iter().flatten().collect();
    let operator = match operators.as_slice() {
        [one] => *one,
        // Soda's own default for what counts mistakes.
        [] if kind != "row_count" => Operator::MustBe(0.0),
        _ => return Err("the check needs one threshold".to_owned()),
    };
    let mut columns = fields.names("columns").unwrap_or_default();
    columns.extend(fields.text("column").map(str::to_owned));
    measured(kind, columns, operator, &fields.fields, fields).map(|rule| vec![rule])
}

/// `metric(columns) operator value`, and the settings below it.
fn line(text: &str, below: &Json, fields: &Fields<'_>) -> Result<Rule, String> {
    let unknown = || format!("`{}` has no equal here", text.trim());
    let text = text.trim();
    let at = text.find(['=', '<', '>', '!']).or_else(|| text.find(" not between ")).or_else(|| text.find(" between "));
    let (left, right) = text.split_at(at.ok_or_else(unknown)?);
    let (name, columns) = match left.trim().split_once('(') {
        Some((name, rest)) => (name.trim(), rest.trim_end().strip_suffix(')').ok_or_else(unknown)?),
        None => (left.trim(), ""),
    };
    let columns = columns.split(',').map(str::trim).filter(|column| !column.is_empty()).map(str::to_owned).collect();
    let operator = operator(right.trim()).ok_or_else(unknown)?;
    let settings = below.as_object().cloned().unwrap_or_default();
    // `missing values:` and `missing_values:` are the same.
    let settings = settings.into_iter().map(|(key, value)| (key.replace(' ', "_"), value)).collect();
    measured(name, columns, operator, &snake_case(settings), fields)
}

#[allow(clippy::type_complexity, reason = "one shape, named once")]
fn operator(text: &str) -> Option<Operator> {
    let number = |text: &str| text.trim().trim_end_matches('%').trim().parse::<f64>().ok();
    let pair = |text: &str| {
        let (low, high) = text.split_once(" and ")?;
        number(low).zip(number(high))
    };
    if let Some(rest) = text.strip_prefix("not between ") {
        return pair(rest).map(|(low, high)| Operator::MustNotBeBetween(low, high));
    }
    if let Some(rest) = text.strip_prefix("between ") {
        return pair(rest).map(|(low, high)| Operator::MustBeBetween(low, high));
    }
    let signs: [(&str, fn(f64) -> Operator); 7] = [
        ("<=", Operator::MustBeLessOrEqualTo),
        (">=", Operator::MustBeGreaterOrEqualTo),
        ("!=", Operator::MustNotBe),
        ("<>", Operator::MustNotBe),
        ("<", Operator::MustBeLessThan),
        (">", Operator::MustBeGreaterThan),
        ("=", Operator::MustBe),
    ];
    signs.into_iter().find_map(|(sign, make)| number(text.strip_prefix(sign)?).map(make))
}

fn measured(
    name: &str,
    columns: Vec<String>,
    operator: Operator,
    settings: &Map<String, Json>,
    fields: &Fields<'_>,
) -> Result<Rule, String> {
    let (name, unit) = match name.strip_suffix("_percent") {
        Some(name) => (format!("{name}_count"), Unit::Percent),
        None => (name.to_owned(), Unit::Rows),
    };
    let settings = Fields { fields: settings.clone(), subject: fields.subject };
    let column = || -> Result<String, String> {
        match columns.as_slice() {
            [one] => Ok(one.clone()),
            [] => fields.column(),
            _ => Err(format!("{name} is about one column")),
        }
    };
    let filter = settings.text("filter").map(str::to_owned);
    let statistic = |statistic| -> Result<Rule, String> {
        let measure = Measure::Statistic { statistic, of: identifier(&column()?) };
        Ok(Rule::Measured { measure, filter: filter.clone(), operator, unit: Unit::Rows })
    };
    let metric = match name.as_str() {
        "row_count" => Metric::RowCount,
        "missing_count" => {
            settings.refuse(&["missing_regex", "missing_format"])?;
            let missing = if settings.fields.contains_key("missing_values") {
                settings.literals("missing_values")?
            } else {
                Vec::new()
            };
            Metric::MissingValues { column: column()?, missing }
        }
        "invalid_count" => invalid(&settings, column()?)?,
        "duplicate_count" => return duplicates(columns, operator, unit, filter, fields),
        "avg" => return statistic(Statistic::Mean),
        "min" => return statistic(Statistic::Min),
        "max" => return statistic(Statistic::Max),
        "sum" => return statistic(Statistic::Sum),
        "stddev" => return statistic(Statistic::Stddev),
        other => return Err(format!("the metric {other} has no equal here")),
    };
    Ok(Rule::Metric { metric, filter, operator, unit })
}

fn invalid(settings: &Fields<'_>, column: String) -> Result<Metric, String> {
    settings.refuse(&[
        "valid_format",
        "valid_min",
        "valid_max",
        "valid_length",
        "valid_min_length",
        "valid_max_length",
        "invalid_values",
        "missing_values",
    ])?;
    let valid =
        if settings.fields.contains_key("valid_values") { Some(settings.literals("valid_values")?) } else { None };
    let pattern = settings.text("valid_regex").map(str::to_owned);
    if let Some(problem) = pattern.as_deref().and_then(super::super::options::regex_problem) {
        return Err(problem);
    }
    match (&valid, &pattern) {
        (Some(_), None) | (None, Some(_)) => Ok(Metric::InvalidValues { column, valid, pattern }),
        (Some(_), Some(_)) => Err("valid values and a regular expression together have no equal here".to_owned()),
        (None, None) => Err("it does not say what is valid".to_owned()),
    }
}

/// Soda counts the values that occur more than once, not the rows beyond the first: the same only where it is compared with 0.
fn duplicates(
    mut columns: Vec<String>,
    operator: Operator,
    unit: Unit,
    filter: Option<String>,
    fields: &Fields<'_>,
) -> Result<Rule, String> {
    if columns.is_empty() {
        columns.push(fields.column()?);
    }
    if matches!(
        operator,
        Operator::MustBe(0.0)
            | Operator::MustBeLessOrEqualTo(0.0)
            | Operator::MustNotBe(0.0)
            | Operator::MustBeGreaterThan(0.0)
    ) {
        let rule = Rule::Metric { metric: Metric::DuplicateValues { columns }, filter: None, operator, unit };
        return super::super::own::narrow(rule, filter);
    }
    if unit == Unit::Percent {
        return Err("Soda's share of duplicates is of distinct values, which has no equal here".to_owned());
    }
    let names: Vec<String> = columns.iter().map(|column| identifier(column)).collect();
    let complete: Vec<String> = names.iter().map(|name| format!("{name} IS NOT NULL")).collect();
    let filter = filter.map(|filter| format!(" AND ({filter})")).unwrap_or_default();
    let (table, by) = (identifier(fields.subject.dataset), names.join(", "));
    let sql = format!(
        "SELECT COUNT(*) FROM (SELECT {by} FROM {table} WHERE {}{filter} GROUP BY {by} HAVING COUNT(*) > 1) AS g",
        complete.join(" AND ")
    );
    Ok(Rule::DatasetSql { sql, operator })
}
