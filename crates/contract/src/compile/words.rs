//! What a check expects, in words that fit a line.

use crate::check::{Bound, Format, Literal, Metric, Operator, Rule, Unit};
use crate::measure::{Measure, OutlierMethod, Statistic};
use crate::text::one_line;

/// How many values of a list are written out.
const SHOWN_MAX: usize = 12;

/// What the rule expects, for people.
pub(crate) fn expected(rule: &Rule) -> String {
    match rule {
        Rule::Required { .. } => "not null".to_owned(),
        Rule::Enum { values, .. } => format!("one of {}", list(values)),
        Rule::Range { lower, upper, .. } => range(lower.as_ref(), upper.as_ref()),
        Rule::Length { min, max, .. } => counted(*min, *max, "character"),
        Rule::Pattern { pattern, .. } => format!("matches {pattern}"),
        Rule::Format { format, .. } => format_words(*format).to_owned(),
        Rule::MultipleOf { divisor, .. } => format!("a multiple of {divisor}"),
        Rule::Items { min, max, unique, .. } => items(*min, *max, *unique),
        Rule::Fields { min, max, required, .. } => fields(*min, *max, required),
        Rule::Normalized { .. } => "a vector of length 1".to_owned(),
        Rule::Reference { to_dataset, to_columns, .. } => format!("exists in {to_dataset}.{}", group(to_columns)),
        Rule::RowPredicate { sql, when: None } => one_line(sql),
        Rule::RowPredicate { sql, when: Some(when) } => format!("when {} then {}", one_line(when), one_line(sql)),
        Rule::Unique { columns, primary_key } => unique(columns, *primary_key),
        Rule::DatasetSql { sql, operator } => format!("{} {}", one_line(sql), operator_words(*operator, "")),
        Rule::Metric { metric, filter, operator, unit } => {
            let of = format!("{}{}", metric_words(metric), filter_words(filter.as_deref()));
            format!("{of} {}", measured(*metric == Metric::RowCount, *operator, *unit))
        }
        Rule::Measured { measure, filter, operator, unit } => {
            let of = format!("{}{}", measure_words(measure), filter_words(filter.as_deref()));
            format!("{of} {}", measured(true, *operator, *unit))
        }
        Rule::Freshness { column, max_age_seconds } => {
            format!("newest {column} at most {} old", duration(*max_age_seconds))
        }
        Rule::NotChecked { what, .. } => what.clone(),
    }
}

/// A value as people read it; texts only get quotes where they would be misread.
pub(crate) fn literal(value: &Literal) -> String {
    match value {
        Literal::Null => "null".to_owned(),
        Literal::Boolean(value) => value.to_string(),
        Literal::Number(number) => number.to_string(),
        Literal::Text(text) if text.is_empty() || text.contains([',', ' ', '"']) => format!("{text:?}"),
        Literal::Text(text) => text.clone(),
    }
}

fn list(values: &[Literal]) -> String {
    let shown: Vec<String> = values.iter().take(SHOWN_MAX).map(literal).collect();
    let more = values.len().saturating_sub(SHOWN_MAX);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

fn range(lower: Option<&Bound>, upper: Option<&Bound>) -> String {
    let below =
        |bound: &Bound| format!("{} {}", if bound.inclusive { "at most" } else { "less than" }, literal(&bound.value));
    let above = |bound: &Bound| {
        format!("{} {}", if bound.inclusive { "at least" } else { "greater than" }, literal(&bound.value))
    };
    match (lower, upper) {
        (Some(lower), Some(upper)) if lower.inclusive && upper.inclusive => {
            format!("between {} and {}", literal(&lower.value), literal(&upper.value))
        }
        (Some(lower), Some(upper)) => format!("{} and {}", above(lower), below(upper)),
        (Some(lower), None) => above(lower),
        (None, Some(upper)) => below(upper),
        (None, None) => "anything".to_owned(),
    }
}

/// `3 to 5 characters`, `at least 1 item`.
fn counted(min: Option<u64>, max: Option<u64>, noun: &str) -> String {
    let plural = |count: u64| if count == 1 { "" } else { "s" };
    match (min, max) {
        (Some(min), Some(max)) if min == max => format!("exactly {max} {noun}{}", plural(max)),
        (Some(min), Some(max)) => format!("{min} to {max} {noun}{}", plural(max)),
        (Some(min), None) => format!("at least {min} {noun}{}", plural(min)),
        (None, Some(max)) => format!("at most {max} {noun}{}", plural(max)),
        (None, None) => format!("any number of {noun}s"),
    }
}

fn items(min: Option<u64>, max: Option<u64>, unique: bool) -> String {
    match (min.is_some() || max.is_some(), unique) {
        (true, true) => format!("{}, none twice", counted(min, max, "item")),
        (true, false) => counted(min, max, "item"),
        (false, _) => "no item twice".to_owned(),
    }
}

fn fields(min: Option<u64>, max: Option<u64>, required: &[String]) -> String {
    let names = required.join(", ");
    match (min.is_some() || max.is_some(), required.is_empty()) {
        (true, false) => format!("{}, among them {names}", counted(min, max, "field")),
        (true, true) => counted(min, max, "field"),
        (false, _) => format!("the fields {names}"),
    }
}

fn format_words(format: Format) -> &'static str {
    match format {
        Format::Email => "an e-mail address",
        Format::Uuid => "a UUID",
        Format::Uri => "a URI",
        Format::Hostname => "a host name",
        Format::Ipv4 => "an IPv4 address",
        Format::Ipv6 => "an IPv6 address",
        Format::Byte => "base64 text",
    }
}

fn group(columns: &[String]) -> String {
    match columns {
        [column] => column.clone(),
        _ => format!("({})", columns.join(", ")),
    }
}

fn unique(columns: &[String], primary_key: bool) -> String {
    match (columns, primary_key) {
        ([_], false) => "unique".to_owned(),
        (_, false) => format!("unique together: {}", columns.join(", ")),
        (_, true) => format!("primary key: {} unique", columns.join(", ")),
    }
}

fn metric_words(metric: &Metric) -> String {
    match metric {
        Metric::RowCount => "row count".to_owned(),
        Metric::NullValues { column } => format!("null values in {column}"),
        Metric::MissingValues { column, missing } => {
            // NULL is always missing, so it is named once, whether the contract lists it or not.
            let mut named: Vec<Literal> = vec![Literal::Null];
            named.extend(missing.iter().filter(|value| **value != Literal::Null).cloned());
            format!("missing values in {column} ({})", list(&named))
        }
        Metric::InvalidValues { column, valid, pattern } => {
            let mut rules: Vec<String> = valid.iter().map(|values| format!("not one of {}", list(values))).collect();
            rules.extend(pattern.iter().map(|pattern| format!("not matching {pattern}")));
            format!("values in {column} {}", rules.join(" or "))
        }
        Metric::DuplicateValues { columns } => format!("duplicates in {}", group(columns)),
    }
}

fn filter_words(filter: Option<&str>) -> String {
    filter.map(|filter| format!(" where ({})", one_line(filter))).unwrap_or_default()
}

fn measure_words(measure: &Measure) -> String {
    let per = |by: &[String]| if by.is_empty() { String::new() } else { format!(" per {}", by.join(", ")) };
    match measure {
        Measure::Statistic { statistic: Statistic::Quantile(at), of } => format!("quantile {at} of {}", one_line(of)),
        Measure::Statistic { statistic, of } => format!("{} of {}", statistic.word(), one_line(of)),
        Measure::Outliers { of, method: OutlierMethod::ZScore, limit } => {
            format!("values of {} beyond {limit} standard deviations", one_line(of))
        }
        Measure::Outliers { of, method: OutlierMethod::Iqr, limit } => {
            format!("values of {} beyond {limit} quartile distances", one_line(of))
        }
        Measure::Duplicates { columns } => format!("duplicates in {}", group(columns)),
        Measure::RowsAgainst { dataset } => format!("rows more than in {dataset}"),
        Measure::Imbalance { left, right, dataset, by, tolerance } => {
            let of = dataset.as_ref().map(|dataset| format!(" of {dataset}")).unwrap_or_default();
            let within = if *tolerance > 0.0 { format!(" by more than {tolerance}") } else { String::new() };
            format!("groups{} where {} differs from {}{of}{within}", per(by), one_line(left), one_line(right))
        }
        Measure::Gaps { column, by, step } => {
            format!("values missing between those of {column}{}, step {step}", per(by))
        }
        Measure::Unsorted { column, order_by, by, strict } => {
            let word = if *strict { "not above" } else { "below" };
            format!("rows{} whose {column} is {word} the one before by {order_by}", per(by))
        }
        Measure::Difference { columns, dataset, to_columns } => {
            format!("values only in {} or only in {dataset}.{}", group(columns), group(to_columns))
        }
        Measure::Incomplete { columns, by, at_least } => {
            format!("groups{} with less than {} % of {}", per(by), at_least * 100.0, group(columns))
        }
        Measure::SmallGroups { columns, least } => {
            format!("rows in groups by {} of fewer than {least}", group(columns))
        }
        Measure::UniformGroups { columns, of, least } => {
            format!("rows in groups by {} with fewer than {least} values of {of}", group(columns))
        }
    }
}

fn measured(bare: bool, operator: Operator, unit: Unit) -> String {
    let unit = match (bare, unit) {
        (_, Unit::Percent) => " %",
        (true, Unit::Rows) => "",
        (false, Unit::Rows) => " rows",
    };
    operator_words(operator, unit)
}

pub(crate) fn operator_words(operator: Operator, unit: &str) -> String {
    match operator {
        Operator::MustBe(value) => format!("= {value}{unit}"),
        Operator::MustNotBe(value) => format!("≠ {value}{unit}"),
        Operator::MustBeGreaterThan(value) => format!("> {value}{unit}"),
        Operator::MustBeGreaterOrEqualTo(value) => format!("≥ {value}{unit}"),
        Operator::MustBeLessThan(value) => format!("< {value}{unit}"),
        Operator::MustBeLessOrEqualTo(value) => format!("≤ {value}{unit}"),
        Operator::MustBeBetween(low, high) => format!("between {low} and {high}{unit}"),
        Operator::MustNotBeBetween(low, high) => format!("not between {low} and {high}{unit}"),
    }
}

/// The largest unit that divides the duration: `36 hours`, `2 days`.
pub(crate) fn duration(seconds: u64) -> String {
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    let (count, unit) = units
        .into_iter()
        .find(|(size, _)| seconds >= *size && seconds.is_multiple_of(*size))
        .map_or((seconds, "second"), |(size, unit)| (seconds / size, unit));
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
