//! What a compiled rule allows, and how that moved.

use serde_json::Value as Json;

use super::Sides;
use crate::check::{Bound, Literal, Metric, Operator, Rule, Unit};
use crate::data_type::DataType;
use crate::diff::change::Effect;
use crate::diff::options::{canonical, languages, multiples};
use crate::diff::range::{End, Interval, Set, moved as set_moved};
use crate::diff::statement;

/// The same rule in its plainest form, over renamed columns: what is equal then means the same.
pub(super) fn plain(rule: &Rule, renamed: &dyn Fn(&str) -> String) -> Rule {
    let sorted = |columns: &[String]| {
        let mut columns: Vec<String> = columns.iter().map(|column| renamed(column)).collect();
        columns.sort();
        columns
    };
    let sql = |text: &String| statement::words(text).join(" ");
    let mut rule = rule.clone();
    match &mut rule {
        Rule::Required { column }
        | Rule::Range { column, .. }
        | Rule::Length { column, .. }
        | Rule::Pattern { column, .. }
        | Rule::Format { column, .. }
        | Rule::MultipleOf { column, .. }
        | Rule::Items { column, .. }
        | Rule::Normalized { column }
        | Rule::Freshness { column, .. } => *column = renamed(column),
        Rule::Enum { column, values } => {
            *column = renamed(column);
            *values = listed(values);
        }
        Rule::Fields { column, required, .. } => {
            *column = renamed(column);
            required.sort();
        }
        // Both ends stand in one order.
        Rule::Reference { columns, to_columns, .. } => {
            let mut ends: Vec<(String, String)> =
                columns.iter().map(|column| renamed(column)).zip(to_columns.iter().cloned()).collect();
            ends.sort();
            (*columns, *to_columns) = ends.into_iter().unzip();
        }
        Rule::RowPredicate { sql: predicate, when } => {
            *predicate = sql(predicate);
            *when = when.as_ref().map(sql);
        }
        Rule::Unique { columns, .. } => *columns = sorted(columns),
        Rule::DatasetSql { sql: query, .. } => *query = sql(query),
        Rule::Metric { metric, filter, .. } => {
            *filter = filter.as_ref().map(sql);
            match metric {
                Metric::RowCount => {}
                Metric::NullValues { column } => *column = renamed(column),
                Metric::MissingValues { column, missing } => {
                    *column = renamed(column);
                    *missing = listed(missing);
                }
                Metric::InvalidValues { column, valid, .. } => {
                    *column = renamed(column);
                    *valid = valid.as_deref().map(listed);
                }
                Metric::DuplicateValues { columns } => *columns = sorted(columns),
            }
        }
        Rule::Measured { filter, .. } => *filter = filter.as_ref().map(sql),
        Rule::NotChecked { .. } => {}
    }
    rule
}

/// As texts, each once, in order: an engine reads them as the column's type.
fn listed(values: &[Literal]) -> Vec<Literal> {
    let mut texts: Vec<String> = values.iter().map(literal).collect();
    texts.sort();
    texts.dedup();
    texts.into_iter().map(Literal::Text).collect()
}

fn literal(value: &Literal) -> String {
    match value {
        Literal::Text(text) => text.clone(),
        Literal::Number(number) => canonical(&Json::Number(number.clone())),
        Literal::Boolean(value) => value.to_string(),
        Literal::Null => "null".to_owned(),
    }
}

/// What a rule is about, without its limits: so a changed one is found again.
pub(super) fn about(rule: &Rule) -> String {
    let of = match rule {
        Rule::Unique { columns, .. } => return format!("unique {}", columns.join(",")),
        Rule::Reference { columns, .. } => columns.join(","),
        Rule::RowPredicate { sql, .. } | Rule::DatasetSql { sql, .. } => sql.clone(),
        Rule::Metric { metric: Metric::DuplicateValues { columns }, .. } => format!("duplicates {}", columns.join(",")),
        Rule::Metric { metric, .. } => match metric {
            // One is the other with more than NULL.
            Metric::NullValues { column } | Metric::MissingValues { column, .. } => format!("missing {column}"),
            Metric::InvalidValues { column, .. } => format!("invalid {column}"),
            _ => "rows".to_owned(),
        },
        Rule::Measured { measure, .. } => measure.word().to_owned(),
        _ => String::new(),
    };
    format!("{} {of}", rule.kind())
}

/// How the data that a rule allows moved, where both are of one kind.
pub(super) fn moved(sides: &Sides<'_>, old: &Rule, new: &Rule) -> Effect {
    between(old, new, &|column| [sides.old, sides.new].iter().all(|side| is_integer(side, column)))
}

/// How the data that a check allows moved with its rule; columns have the same names on both sides, `is_integer` tells of them.
pub fn allows(old: &Rule, new: &Rule, is_integer: &dyn Fn(&str) -> bool) -> Effect {
    let same = |column: &str| column.to_owned();
    between(&plain(old, &same), &plain(new, &same), is_integer)
}

fn between(old: &Rule, new: &Rule, is_integer: &dyn Fn(&str) -> bool) -> Effect {
    if old == new {
        return Effect::Safe;
    }
    match (old, new) {
        (Rule::Enum { values: old, .. }, Rule::Enum { values: new, .. }) => lists(old, new),
        (Rule::Range { column, lower, upper }, Rule::Range { lower: low, upper: high, .. }) => {
            let is_integer = is_integer(column);
            bounds(lower.as_ref(), low.as_ref(), true, is_integer).and(bounds(
                upper.as_ref(),
                high.as_ref(),
                false,
                is_integer,
            ))
        }
        (Rule::Length { min, max, .. }, Rule::Length { min: low, max: high, .. }) => {
            counts((*min, *max), (*low, *high))
        }
        (Rule::Items { min, max, unique, .. }, Rule::Items { min: low, max: high, unique: is_unique, .. }) => {
            counts((*min, *max), (*low, *high)).and(flag(*unique, *is_unique))
        }
        (Rule::Fields { min, max, required, .. }, Rule::Fields { min: low, max: high, required: wanted, .. }) => {
            counts((*min, *max), (*low, *high)).and(names(required, wanted))
        }
        (Rule::Pattern { pattern: old, .. }, Rule::Pattern { pattern: new, .. }) => languages(old, new).0,
        (Rule::MultipleOf { divisor: old, .. }, Rule::MultipleOf { divisor: new, .. }) => {
            let number = |text: &String| text.parse::<f64>().ok();
            number(old).zip(number(new)).map_or(Effect::Both, |(old, new)| multiples(old, new).0)
        }
        // A key is unique as well.
        (Rule::Unique { columns: old, .. }, Rule::Unique { columns: new, .. }) if old == new => Effect::Safe,
        (Rule::DatasetSql { sql: old, operator }, Rule::DatasetSql { sql: new, operator: is }) if old == new => {
            operators(*operator, *is)
        }
        (
            Rule::Metric { metric: old, filter, operator, unit },
            Rule::Metric { metric: new, filter: only, operator: is, unit: of },
        ) if old == new && filter == only => compared((*operator, *unit), (*is, *of)),
        (
            Rule::Measured { measure: old, filter, operator, unit },
            Rule::Measured { measure: new, filter: only, operator: is, unit: of },
        ) if old == new && filter == only => compared((*operator, *unit), (*is, *of)),
        (Rule::Freshness { max_age_seconds: old, .. }, Rule::Freshness { max_age_seconds: new, .. }) => {
            if new < old {
                Effect::Tightens
            } else {
                Effect::Loosens
            }
        }
        (Rule::Reference { .. }, _) | (Rule::Format { .. }, _) | (Rule::Unique { .. }, _) => Effect::Both,
        _ => Effect::Unclear,
    }
}

fn is_integer(dataset: &crate::dataset::Dataset, column: &str) -> bool {
    dataset.place(column).is_none_or(|place| matches!(place.data_type, DataType::Integer { .. }))
}

fn lists(old: &[Literal], new: &[Literal]) -> Effect {
    let has_more = |of: &[Literal], than: &[Literal]| of.iter().any(|value| !than.contains(value));
    match (has_more(new, old), has_more(old, new)) {
        (false, false) => Effect::Safe,
        (true, false) => Effect::Loosens,
        (false, true) => Effect::Tightens,
        (true, true) => Effect::Both,
    }
}

fn names(old: &[String], new: &[String]) -> Effect {
    let has_more = |of: &[String], than: &[String]| of.iter().any(|name| !than.contains(name));
    match (has_more(new, old), has_more(old, new)) {
        (false, false) => Effect::Safe,
        (true, false) => Effect::Tightens,
        (false, true) => Effect::Loosens,
        (true, true) => Effect::Both,
    }
}

fn flag(old: bool, new: bool) -> Effect {
    match (old, new) {
        (false, true) => Effect::Tightens,
        (true, false) => Effect::Loosens,
        _ => Effect::Safe,
    }
}

fn counts(old: (Option<u64>, Option<u64>), new: (Option<u64>, Option<u64>)) -> Effect {
    let side = |order: std::cmp::Ordering| match order {
        std::cmp::Ordering::Equal => Effect::Safe,
        std::cmp::Ordering::Less => Effect::Tightens,
        std::cmp::Ordering::Greater => Effect::Loosens,
    };
    let least = |limit: Option<u64>| limit.unwrap_or(0);
    let most = |limit: Option<u64>| limit.unwrap_or(u64::MAX);
    side(least(old.0).cmp(&least(new.0))).and(side(most(new.1).cmp(&most(old.1))))
}

fn bounds(old: Option<&Bound>, new: Option<&Bound>, is_lower: bool, is_integer: bool) -> Effect {
    use std::cmp::Ordering;
    let (Some(old), Some(new)) = (old, new) else {
        return match (old, new) {
            (None, Some(_)) => Effect::Tightens,
            (Some(_), None) => Effect::Loosens,
            _ => Effect::Safe,
        };
    };
    let order = match (end(old, is_lower, is_integer), end(new, is_lower, is_integer)) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        _ => fractions(old, new).map(|order| order.then(steps(old, is_lower).cmp(&steps(new, is_lower)))),
    };
    match order {
        None => Effect::Unclear,
        Some(Ordering::Equal) => Effect::Safe,
        Some(order) if (order == Ordering::Less) == is_lower => Effect::Tightens,
        Some(_) => Effect::Loosens,
    }
}

/// The last whole number that is allowed.
fn end(bound: &Bound, is_lower: bool, is_integer: bool) -> Option<i128> {
    let Literal::Number(number) = &bound.value else { return None };
    let value: i128 = number.to_string().parse().ok()?;
    match (is_integer, bound.inclusive, is_lower) {
        (true, false, true) => value.checked_add(1),
        (true, false, false) => value.checked_sub(1),
        (_, true, _) => Some(value),
        (false, false, _) => None,
    }
}

/// On which side of its value a bound lies.
fn steps(bound: &Bound, is_lower: bool) -> i8 {
    match (bound.inclusive, is_lower) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => -1,
    }
}

/// Numbers by value; dates and times of one form order as their texts do.
fn fractions(old: &Bound, new: &Bound) -> Option<std::cmp::Ordering> {
    let number = |bound: &Bound| match &bound.value {
        Literal::Number(number) => number.as_f64(),
        Literal::Text(text) => text.parse().ok(),
        _ => None,
    };
    if let (Some(old), Some(new)) = (number(old), number(new)) {
        return old.partial_cmp(&new);
    }
    let (Literal::Text(old), Literal::Text(new)) = (&old.value, &new.value) else { return None };
    let shape = |text: &str| text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect::<String>();
    (old.starts_with(|first: char| first.is_ascii_digit()) && shape(old) == shape(new)).then(|| old.cmp(new))
}

fn compared(old: (Operator, Unit), new: (Operator, Unit)) -> Effect {
    let zero = Set::point(0.0);
    // No row and no percent of the rows are the same.
    if old.1 != new.1 && (allowed(old.0) != zero || allowed(new.0) != zero) {
        return Effect::Unclear;
    }
    operators(old.0, new.0)
}

fn operators(old: Operator, new: Operator) -> Effect {
    set_moved(&allowed(old), &allowed(new))
}

/// The values that a comparison lets pass.
fn allowed(operator: Operator) -> Set {
    let end = |value, inclusive| Some(End { value, inclusive });
    let between = |low, high| Set::new(vec![Interval { low, high }]);
    match operator {
        Operator::MustBe(value) => Set::point(value),
        Operator::MustNotBe(value) => Set::point(value).complement(),
        Operator::MustBeGreaterThan(value) => between(end(value, false), None),
        Operator::MustBeGreaterOrEqualTo(value) => between(end(value, true), None),
        Operator::MustBeLessThan(value) => between(None, end(value, false)),
        Operator::MustBeLessOrEqualTo(value) => between(None, end(value, true)),
        Operator::MustBeBetween(low, high) => between(end(low, true), end(high, true)),
        Operator::MustNotBeBetween(low, high) => between(end(low, true), end(high, true)).complement(),
    }
}

/// Whether a column that is NULL in every row violates the rule; `None` where only an engine could tell.
pub(super) fn refuses_null(rule: &Rule) -> Option<bool> {
    /// As many as any table has.
    const MANY: f64 = 1e15;
    match rule {
        Rule::Required { .. } => Some(true),
        Rule::RowPredicate { .. } | Rule::DatasetSql { .. } | Rule::Measured { .. } => None,
        Rule::Metric { metric, operator, unit, filter } => {
            let counts: &[f64] = match (metric, unit) {
                (Metric::NullValues { .. } | Metric::MissingValues { .. }, Unit::Percent) => &[100.0],
                (Metric::NullValues { .. } | Metric::MissingValues { .. }, Unit::Rows) => &[1.0, MANY],
                (Metric::RowCount, _) => return None,
                _ => &[0.0],
            };
            if filter.is_some() {
                return None;
            }
            Some(!counts.iter().all(|count| operator.holds(*count)))
        }
        Rule::Freshness { .. } => None,
        _ => Some(false),
    }
}
