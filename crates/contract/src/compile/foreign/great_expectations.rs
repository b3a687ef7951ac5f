//! Expectations of Great Expectations, by type and `kwargs`.
//!
//! An expectation about values becomes a check of each row: the expectation succeeds exactly when no row violates the check.
//! Regular expressions are read as ECMA-262, which says the same as Python's for ASCII text.

use serde_json::Value as Json;

use super::super::quality::identifier;
use super::{Fields, between, not_in, predicate, sql_literal};
use crate::check::{Bound, Literal, Metric, Operator, Rule, Unit};
use crate::measure::{Measure, Statistic};
use crate::pattern::Pattern;

pub(super) fn rules(fields: &Fields<'_>) -> Result<Vec<Rule>, String> {
    let kind = fields.text("type").or(fields.text("expectation_type")).ok_or("the expectation has no type")?;
    let kwargs = fields.inner("kwargs");
    kwargs.refuse(&["row_condition", "parse_strings_as_datetimes", "output_strftime_format"])?;
    let partly = kwargs.fields.get("mostly").and_then(Json::as_f64).is_some_and(|mostly| mostly < 1.0);
    if partly {
        return Err("`mostly` is a share of the values that are not NULL, which has no equal here".to_owned());
    }
    let one = |rule: Result<Rule, String>| rule.map(|rule| vec![rule]);
    match kind {
        "expect_column_values_to_not_be_null" => one(kwargs.column().map(|column| Rule::Required { column })),
        "expect_column_values_to_be_null" => {
            one(kwargs.column().map(|column| predicate(format!("{} IS NULL", identifier(&column)))))
        }
        "expect_column_values_to_be_unique" => {
            one(kwargs.column().map(|column| Rule::Unique { columns: vec![column], primary_key: false }))
        }
        "expect_compound_columns_to_be_unique" => one(compound(&kwargs)),
        "expect_column_values_to_be_in_set" | "expect_column_distinct_values_to_be_in_set" => one(in_set(&kwargs)),
        "expect_column_values_to_not_be_in_set" => {
            one(kwargs.column().and_then(|column| Ok(not_in(&column, &kwargs.list("value_set")?))))
        }
        "expect_column_values_to_be_between" => one(range(&kwargs)),
        "expect_column_value_lengths_to_be_between" | "expect_column_value_lengths_to_equal" => one(length(&kwargs)),
        "expect_column_values_to_match_regex" => one(regex(&kwargs)),
        "expect_column_pair_values_to_be_equal" => one(pair(&kwargs, "=")),
        "expect_column_pair_values_a_to_be_greater_than_b" => {
            one(pair(&kwargs, if kwargs.is_true("or_equal") { ">=" } else { ">" }))
        }
        "expect_table_row_count_to_equal" => {
            let value = kwargs.fields.get("value").and_then(Json::as_f64).ok_or("`value` must be a number")?;
            Ok(vec![row_count(Operator::MustBe(value))])
        }
        "expect_table_row_count_to_be_between" => {
            Ok(between(float(&kwargs, "min_value"), float(&kwargs, "max_value"), (false, false))?
                .into_iter()
                .map(row_count)
                .collect())
        }
        "expect_table_row_count_to_equal_other_table" => {
            let dataset = kwargs.text("other_table_name").ok_or("`other_table_name` is missing")?.to_owned();
            let measure = Measure::RowsAgainst { dataset };
            Ok(vec![Rule::Measured { measure, filter: None, operator: Operator::MustBe(0.0), unit: Unit::Rows }])
        }
        "expect_column_min_to_be_between" => statistics(&kwargs, Statistic::Min, Unit::Rows, 1.0),
        "expect_column_max_to_be_between" => statistics(&kwargs, Statistic::Max, Unit::Rows, 1.0),
        "expect_column_mean_to_be_between" => statistics(&kwargs, Statistic::Mean, Unit::Rows, 1.0),
        "expect_column_median_to_be_between" => statistics(&kwargs, Statistic::Quantile(0.5), Unit::Rows, 1.0),
        "expect_column_sum_to_be_between" => statistics(&kwargs, Statistic::Sum, Unit::Rows, 1.0),
        "expect_column_stdev_to_be_between" => statistics(&kwargs, Statistic::Stddev, Unit::Rows, 1.0),
        "expect_column_unique_value_count_to_be_between" => statistics(&kwargs, Statistic::Distinct, Unit::Rows, 1.0),
        "expect_column_proportion_of_unique_values_to_be_between" => {
            statistics(&kwargs, Statistic::Distinct, Unit::Percent, 100.0)
        }
        "expect_column_to_exist"
        | "expect_table_columns_to_match_set"
        | "expect_table_columns_to_match_ordered_list"
        | "expect_column_values_to_be_of_type"
        | "expect_column_values_to_be_in_type_list" => {
            Err(format!("{kind}: columns and types are checked when the data is read"))
        }
        other => Err(format!("the expectation {other} has no equal here")),
    }
}

fn float(kwargs: &Fields<'_>, key: &str) -> Option<f64> {
    kwargs.fields.get(key).and_then(Json::as_f64)
}

fn row_count(operator: Operator) -> Rule {
    Rule::Metric { metric: Metric::RowCount, filter: None, operator, unit: Unit::Rows }
}

fn in_set(kwargs: &Fields<'_>) -> Result<Rule, String> {
    Ok(Rule::Enum { column: kwargs.column()?, values: kwargs.literals("value_set")? })
}

fn range(kwargs: &Fields<'_>) -> Result<Rule, String> {
    let bound = |key: &str, strict: &str| -> Result<Option<Bound>, String> {
        let inclusive = !kwargs.is_true(strict);
        match kwargs.fields.get(key) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Number(number)) => Ok(Some(Bound { value: Literal::Number(number.clone()), inclusive })),
            Some(Json::String(text)) => Ok(Some(Bound { value: Literal::Text(text.clone()), inclusive })),
            Some(other) => Err(format!("`{key}` cannot be {other}")),
        }
    };
    let (lower, upper) = (bound("min_value", "strict_min")?, bound("max_value", "strict_max")?);
    if lower.is_none() && upper.is_none() {
        return Err("it has no limits".to_owned());
    }
    Ok(Rule::Range { column: kwargs.column()?, lower, upper })
}

fn length(kwargs: &Fields<'_>) -> Result<Rule, String> {
    let count = |key: &str| -> Result<Option<u64>, String> {
        match kwargs.number(key) {
            None => Ok(None),
            Some(number) => number.as_u64().map(Some).ok_or_else(|| format!("`{key}` must be a whole number")),
        }
    };
    let (min, max) = match count("value")? {
        Some(value) => (Some(value), Some(value)),
        None => (count("min_value")?, count("max_value")?),
    };
    if kwargs.is_true("strict_min") || kwargs.is_true("strict_max") {
        return Err("strict limits of a length have no equal here".to_owned());
    }
    if min.is_none() && max.is_none() {
        return Err("it has no limits".to_owned());
    }
    Ok(Rule::Length { column: kwargs.column()?, min, max })
}

fn regex(kwargs: &Fields<'_>) -> Result<Rule, String> {
    let pattern = kwargs.text("regex").ok_or("`regex` is missing")?.to_owned();
    match Pattern::new(&pattern) {
        Ok(_) => Ok(Rule::Pattern { column: kwargs.column()?, pattern }),
        Err(problem) => Err(problem.to_string()),
    }
}

/// Groups of rows that agree, where NULL equals NULL; rows in which all columns are NULL do not count.
fn compound(kwargs: &Fields<'_>) -> Result<Rule, String> {
    let columns: Vec<String> = kwargs.names("column_list")?.iter().map(|column| identifier(column)).collect();
    let missing: Vec<String> = columns.iter().map(|column| format!("{column} IS NULL")).collect();
    let joint = match kwargs.text("ignore_row_if") {
        None | Some("all_values_are_missing") => " AND ",
        Some("any_value_is_missing") => " OR ",
        Some(other) => return Err(format!("`ignore_row_if` {other} has no equal here")),
    };
    let table = identifier(kwargs.subject.dataset);
    let sql = format!(
        "SELECT COALESCE(SUM(n - 1), 0) FROM (SELECT COUNT(*) AS n FROM {table} WHERE NOT ({}) GROUP BY {}) AS g",
        missing.join(joint),
        columns.join(", ")
    );
    Ok(Rule::DatasetSql { sql, operator: Operator::MustBe(0.0) })
}

/// A pair of which one is NULL violates it, unless rows with any NULL are left out.
fn pair(kwargs: &Fields<'_>, comparison: &str) -> Result<Rule, String> {
    let column = |key: &str| kwargs.text(key).map(identifier).ok_or_else(|| format!("`{key}` must name a column"));
    let (a, b) =
        (column("column_a").or_else(|_| column("column_A"))?, column("column_b").or_else(|_| column("column_B"))?);
    match kwargs.text("ignore_row_if") {
        None | Some("both_values_are_missing") => Ok(predicate(format!(
            "({a} IS NULL AND {b} IS NULL) OR ({a} IS NOT NULL AND {b} IS NOT NULL AND {a} {comparison} {b})"
        ))),
        Some("either_value_is_missing") => Ok(predicate(format!("{a} {comparison} {b}"))),
        Some(other) => Err(format!("`ignore_row_if` {other} has no equal here")),
    }
}

fn statistics(kwargs: &Fields<'_>, statistic: Statistic, unit: Unit, scale: f64) -> Result<Vec<Rule>, String> {
    let of = identifier(&kwargs.column()?);
    for key in ["min_value", "max_value"] {
        if kwargs.fields.get(key).is_some_and(|value| !value.is_number() && sql_literal(value).is_some()) {
            return Err(format!("`{key}` must be a number"));
        }
    }
    let limit = |key: &str| float(kwargs, key).map(|limit| limit * scale);
    let strict = (kwargs.is_true("strict_min"), kwargs.is_true("strict_max"));
    let measured = |operator| {
        let measure = Measure::Statistic { statistic, of: of.clone() };
        Rule::Measured { measure, filter: None, operator, unit }
    };
    Ok(between(limit("min_value"), limit("max_value"), strict)?.into_iter().map(measured).collect())
}
