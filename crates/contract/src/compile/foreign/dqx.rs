//! Checks of Databricks' DQX: `check: {function, arguments}`.

use serde_json::Value as Json;

use super::super::quality::identifier;
use super::{Fields, predicate};
use crate::check::{Bound, Literal, Rule};
use crate::pattern::Pattern;

pub(super) fn rules(fields: &Fields<'_>) -> Result<Vec<Rule>, String> {
    fields.refuse(&["filter", "for_each_column"])?;
    let check = if fields.fields.contains_key("check") { fields.inner("check") } else { fields.inner("") };
    let check =
        if check.fields.is_empty() { Fields { fields: fields.fields.clone(), subject: fields.subject } } else { check };
    check.refuse(&["for_each_column"])?;
    let function = check.text("function").ok_or("the check names no function")?;
    let arguments = check.inner("arguments");
    let column = || match arguments.text("col_name") {
        Some(column) => Ok(column.to_owned()),
        None => arguments.column(),
    };
    let rule = match function {
        "is_not_null" => Rule::Required { column: column()? },
        "is_not_null_and_not_empty" => {
            arguments.refuse(&["trim_strings"])?;
            let name = identifier(&column()?);
            predicate(format!("{name} IS NOT NULL AND {name} <> ''"))
        }
        "is_not_empty" => {
            arguments.refuse(&["trim_strings"])?;
            predicate(format!("{} <> ''", identifier(&column()?)))
        }
        "is_in_list" | "value_is_in_list" => Rule::Enum { column: column()?, values: arguments.literals("allowed")? },
        "is_not_null_and_is_in_list" => {
            return Ok(vec![
                Rule::Required { column: column()? },
                Rule::Enum { column: column()?, values: arguments.literals("allowed")? },
            ]);
        }
        "is_in_range" => Rule::Range {
            column: column()?,
            lower: Some(bound(&arguments, "min_limit")?),
            upper: Some(bound(&arguments, "max_limit")?),
        },
        "is_not_less_than" => Rule::Range { column: column()?, lower: Some(bound(&arguments, "limit")?), upper: None },
        "is_not_greater_than" => {
            Rule::Range { column: column()?, lower: None, upper: Some(bound(&arguments, "limit")?) }
        }
        "is_unique" => {
            let columns =
                if arguments.fields.contains_key("columns") { arguments.names("columns")? } else { vec![column()?] };
            Rule::Unique { columns, primary_key: false }
        }
        "regex_match" if !arguments.is_true("negate") => {
            let pattern = arguments.text("regex").ok_or("`regex` is missing")?.to_owned();
            match Pattern::new(&pattern) {
                Ok(_) => Rule::Pattern { column: column()?, pattern },
                Err(problem) => return Err(problem.to_string()),
            }
        }
        "sql_expression" if !arguments.is_true("negate") => {
            predicate(arguments.text("expression").ok_or("`expression` is missing")?.to_owned())
        }
        other => return Err(format!("the function {other} has no equal here")),
    };
    Ok(vec![rule])
}

/// Both limits are inclusive.
fn bound(arguments: &Fields<'_>, key: &str) -> Result<Bound, String> {
    let value = match arguments.fields.get(key) {
        Some(Json::Number(number)) => Literal::Number(number.clone()),
        Some(Json::String(text)) if text.starts_with(|first: char| first.is_ascii_digit() || first == '-') => {
            Literal::Text(text.clone())
        }
        _ => return Err(format!("`{key}` must be a plain value")),
    };
    Ok(Bound { value, inclusive: true })
}
