//! Rules with `engine: plimsoll`: a predicate as text, or a map that names what the standard has no word for.

use serde_json::{Map, Value as Json};

use super::quality::{filled, identifier, metric, operator, texts, unit};
use crate::check::{Metric, Operator, Rule, Unit};
use crate::measure::{Measure, OutlierMethod, Statistic};
use crate::model::{OPERATORS, Quality};

/// Where a rule stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub dataset: &'a str,
    /// The column, or the place inside one.
    pub column: Option<&'a str>,
    /// What a predicate calls the value: the column, the field, or `value`.
    pub value_name: Option<&'a str>,
}

/// What names a rule; exactly one of them stands in the map.
const KINDS: [&str; 13] = [
    "predicate",
    "then",
    "metric",
    "unique",
    "statistic",
    "outliers",
    "sameRowCountAs",
    "balance",
    "gaps",
    "sorted",
    "sameValuesAs",
    "kAnonymity",
    "lDiversity",
];
/// The rest of what a map may have, beside a comparison.
const OTHERS: [&str; 17] = [
    "complete",
    "when",
    "where",
    "arguments",
    "of",
    "at",
    "limit",
    "by",
    "step",
    "orderBy",
    "strict",
    "columns",
    "atLeast",
    "tolerance",
    "unit",
    "k",
    "l",
];

/// The rule, or why it cannot be executed.
pub(super) fn rule(quality: &Quality, subject: Subject<'_>) -> Result<Rule, String> {
    match &quality.implementation {
        Some(Json::String(predicate)) if !predicate.trim().is_empty() => {
            Ok(Rule::RowPredicate { sql: Own { quality, subject }.sql(predicate.trim()), when: None })
        }
        Some(Json::Object(fields)) => {
            let quality = &compared(quality, fields)?;
            Own { quality, subject }.map(fields)
        }
        _ => Err("the implementation must be a boolean SQL expression, or a map".to_owned()),
    }
}

/// The standard gives comparison and unit to its own kinds of rules only, so they stand in the map, under its words.
fn compared(quality: &Quality, fields: &Map<String, Json>) -> Result<Quality, String> {
    let number = |key: &str| match fields.get(key) {
        None => Ok(None),
        Some(Json::Number(number)) => Ok(Some(number.clone())),
        Some(other) => Err(format!("`{key}` must be a number, not {other}")),
    };
    let pair = |key: &str| match fields.get(key).map(|pair| pair.as_array().map(Vec::as_slice)) {
        None => Ok(Vec::new()),
        Some(Some([Json::Number(low), Json::Number(high)])) => Ok(vec![low.clone(), high.clone()]),
        Some(_) => Err(format!("`{key}` must be two numbers")),
    };
    let mut found = quality.clone();
    found.must_be = fields.get("mustBe").cloned().or(found.must_be);
    found.must_not_be = fields.get("mustNotBe").cloned().or(found.must_not_be);
    found.must_be_greater_than = number("mustBeGreaterThan")?.or(found.must_be_greater_than);
    found.must_be_greater_or_equal_to = number("mustBeGreaterOrEqualTo")?.or(found.must_be_greater_or_equal_to);
    found.must_be_less_than = number("mustBeLessThan")?.or(found.must_be_less_than);
    found.must_be_less_or_equal_to = number("mustBeLessOrEqualTo")?.or(found.must_be_less_or_equal_to);
    found.must_be_between.extend(pair("mustBeBetween")?);
    found.must_not_be_between.extend(pair("mustNotBeBetween")?);
    found.unit = fields.get("unit").and_then(Json::as_str).map(str::to_owned).or(found.unit);
    Ok(found)
}

struct Own<'a> {
    quality: &'a Quality,
    subject: Subject<'a>,
}

impl Own<'_> {
    fn map(&self, fields: &Map<String, Json>) -> Result<Rule, String> {
        let is_known = |key: &str| [&KINDS[..], &OTHERS, &OPERATORS].iter().any(|words| words.contains(&key));
        if let Some(unknown) = fields.keys().find(|key| !is_known(key)) {
            return Err(format!("`{unknown}` is not known in an implementation"));
        }
        let named: Vec<&str> =
            KINDS.into_iter().chain(["complete"]).filter(|kind| fields.contains_key(*kind)).collect();
        match named.as_slice() {
            ["predicate" | "then"] => self.predicate(fields),
            ["metric"] => self.metric(fields),
            ["unique"] => self.unique(fields),
            [kind] => self.measure(kind, fields),
            [] => Err("the implementation names no rule, such as `then`, `metric` or `statistic`".to_owned()),
            several => Err(format!("the implementation names several rules: {}", several.join(", "))),
        }
    }

    fn predicate(&self, fields: &Map<String, Json>) -> Result<Rule, String> {
        let then = self.text(fields, "then")?.or(self.text(fields, "predicate")?);
        let sql = then.ok_or("`then` must be a boolean SQL expression")?;
        let when = self.text(fields, "when")?.or(self.text(fields, "where")?);
        Ok(Rule::RowPredicate { sql, when })
    }

    fn metric(&self, fields: &Map<String, Json>) -> Result<Rule, String> {
        let name = fields["metric"].as_str().ok_or("`metric` must be one of the standard's")?;
        let none = Map::new();
        let arguments = fields.get("arguments").and_then(Json::as_object).unwrap_or(&none);
        let metric = metric(name, arguments, self.subject.column)?;
        let filter = self.text(fields, "where")?;
        narrow(Rule::Metric { metric, filter: None, operator: self.operator()?, unit: unit(self.quality)? }, filter)
    }

    fn unique(&self, fields: &Map<String, Json>) -> Result<Rule, String> {
        let columns = self.names(fields, "unique")?;
        let metric = Metric::DuplicateValues { columns };
        let operator = self.operator_or_none()?;
        let filter = self.text(fields, "where")?;
        narrow(Rule::Metric { metric, filter: None, operator, unit: unit(self.quality)? }, filter)
    }

    fn measure(&self, kind: &str, fields: &Map<String, Json>) -> Result<Rule, String> {
        let measure = match kind {
            "statistic" => Measure::Statistic { statistic: statistic(fields)?, of: self.of(fields)? },
            "outliers" => {
                Measure::Outliers { of: self.of(fields)?, method: method(fields)?, limit: positive(fields, "limit")? }
            }
            "sameRowCountAs" => Measure::RowsAgainst { dataset: plain(fields, kind)? },
            "balance" => self.balance(fields)?,
            "gaps" => Measure::Gaps { column: plain(fields, kind)?, by: self.by(fields)?, step: step(fields)? },
            "sorted" => Measure::Unsorted {
                column: plain(fields, kind)?,
                order_by: plain(fields, "orderBy")?,
                by: self.by(fields)?,
                strict: fields.get("strict").and_then(Json::as_bool).unwrap_or(false),
            },
            "sameValuesAs" => self.same_values(fields)?,
            "kAnonymity" => Measure::SmallGroups { columns: self.names(fields, kind)?, least: least(fields, "k")? },
            "lDiversity" => Measure::UniformGroups {
                columns: self.names(fields, kind)?,
                of: plain(fields, "of")?,
                least: least(fields, "l")?,
            },
            _ => Measure::Incomplete {
                columns: self.names(fields, "complete")?,
                by: self.by(fields)?,
                at_least: super::settings::share(fields.get("atLeast").unwrap_or(&Json::from(1)))
                    .ok_or("`atLeast` must be a share from 0 to 1, or a percentage such as \"95%\"")?,
            },
        };
        let unit = unit(self.quality)?;
        if unit == Unit::Percent && !measure.has_percent() {
            return Err(format!("{} is not counted in percent", measure.word()));
        }
        // What counts mistakes must be 0 where nothing else is said; a statistic has no such value.
        let operator = match measure {
            Measure::Statistic { .. } => self.operator()?,
            _ => self.operator_or_none()?,
        };
        Ok(Rule::Measured { measure, filter: self.text(fields, "where")?, operator, unit })
    }

    fn balance(&self, fields: &Map<String, Json>) -> Result<Measure, String> {
        let sides = fields["balance"].as_object().ok_or("`balance` needs `left` and `right`")?;
        if let Some(unknown) = sides.keys().find(|key| !["left", "right", "dataset"].contains(&key.as_str())) {
            return Err(format!("`{unknown}` is not known in `balance`"));
        }
        Ok(Measure::Imbalance {
            left: self.text(sides, "left")?.ok_or("`balance` needs `left`")?,
            right: self.text(sides, "right")?.ok_or("`balance` needs `right`")?,
            dataset: self.text(sides, "dataset")?,
            by: self.by(fields)?,
            tolerance: match fields.get("tolerance") {
                None => 0.0,
                Some(_) => positive(fields, "tolerance")?,
            },
        })
    }

    fn same_values(&self, fields: &Map<String, Json>) -> Result<Measure, String> {
        let ends: Vec<String> = list(&fields["sameValuesAs"]).ok_or("`sameValuesAs` must be `dataset.column`")?;
        let mut dataset: Option<&str> = None;
        let mut to_columns = Vec::new();
        for end in &ends {
            let (of, column) = end.split_once('.').ok_or_else(|| format!("{end} does not say its dataset"))?;
            if dataset.is_some_and(|known| known != of) {
                return Err("`sameValuesAs` names columns of several datasets".to_owned());
            }
            dataset = Some(of);
            to_columns.push(column.to_owned());
        }
        let columns = match fields.get("columns") {
            Some(_) => self.names(fields, "columns")?,
            None => vec![self.subject.column.ok_or("`columns` must name the columns")?.to_owned()],
        };
        match dataset {
            Some(dataset) if columns.len() == to_columns.len() => {
                Ok(Measure::Difference { columns, dataset: dataset.to_owned(), to_columns })
            }
            _ => Err(format!("{} columns are compared with {}", columns.len(), to_columns.len())),
        }
    }

    /// An expression, by default the column itself.
    fn of(&self, fields: &Map<String, Json>) -> Result<String, String> {
        match (self.text(fields, "of")?, self.subject.column) {
            (Some(expression), _) => Ok(expression),
            (None, Some(column)) => Ok(identifier(column)),
            (None, None) => Err("`of` must say what is measured".to_owned()),
        }
    }

    fn by(&self, fields: &Map<String, Json>) -> Result<Vec<String>, String> {
        if fields.contains_key("by") { self.names(fields, "by") } else { Ok(Vec::new()) }
    }

    fn names(&self, fields: &Map<String, Json>, key: &str) -> Result<Vec<String>, String> {
        if fields.get(key) == Some(&Json::Bool(true)) {
            return self
                .subject
                .column
                .map(|column| vec![column.to_owned()])
                .ok_or_else(|| format!("`{key}` must name columns"));
        }
        let names = fields.get(key).and_then(list).or_else(|| texts(fields.get(key)));
        names.filter(|names| !names.is_empty()).ok_or_else(|| format!("`{key}` must name columns"))
    }

    fn text(&self, fields: &Map<String, Json>, key: &str) -> Result<Option<String>, String> {
        match fields.get(key) {
            None => Ok(None),
            Some(Json::String(text)) if !text.trim().is_empty() => Ok(Some(self.sql(text.trim()))),
            Some(_) => Err(format!("`{key}` must be an SQL expression")),
        }
    }

    fn sql(&self, text: &str) -> String {
        filled(text, self.subject.dataset, self.subject.value_name)
    }

    fn operator(&self) -> Result<Operator, String> {
        operator(self.quality)
    }

    fn operator_or_none(&self) -> Result<Operator, String> {
        if self.quality.comparisons().is_empty() { Ok(Operator::MustBe(0.0)) } else { self.operator() }
    }
}

/// The rule over the rows for which the filter is true.
pub(super) fn narrow(rule: Rule, filter: Option<String>) -> Result<Rule, String> {
    let Some(added) = filter else { return Ok(rule) };
    let both = |own: Option<String>| Some(own.map_or_else(|| added.clone(), |own| format!("({own}) AND ({added})")));
    match rule {
        Rule::RowPredicate { sql, when } => Ok(Rule::RowPredicate { sql, when: both(when) }),
        // Duplicates among some of the rows are counted by a query.
        Rule::Metric { metric: Metric::DuplicateValues { columns }, filter, operator, unit } => {
            Ok(Rule::Measured { measure: Measure::Duplicates { columns }, filter: both(filter), operator, unit })
        }
        Rule::Metric { metric, filter, operator, unit } => {
            Ok(Rule::Metric { metric, filter: both(filter), operator, unit })
        }
        Rule::Measured { measure, filter, operator, unit } => {
            Ok(Rule::Measured { measure, filter: both(filter), operator, unit })
        }
        Rule::NotChecked { .. } => Ok(rule),
        _ => Err("only predicates, metrics and measures are judged for some of the rows".to_owned()),
    }
}

fn statistic(fields: &Map<String, Json>) -> Result<Statistic, String> {
    Ok(match fields["statistic"].as_str().unwrap_or_default() {
        "mean" | "average" | "avg" => Statistic::Mean,
        "sum" => Statistic::Sum,
        "min" => Statistic::Min,
        "max" => Statistic::Max,
        "stddev" => Statistic::Stddev,
        "variance" => Statistic::Variance,
        "distinct" => Statistic::Distinct,
        "median" => Statistic::Quantile(0.5),
        "quantile" => {
            let at = fields.get("at").and_then(super::settings::share);
            Statistic::Quantile(at.ok_or("`at` must be a share from 0 to 1, or a percentage")?)
        }
        other => {
            return Err(format!(
                "the statistic {other:?} is none of mean, sum, min, max, stddev, variance, distinct, median, quantile"
            ));
        }
    })
}

fn method(fields: &Map<String, Json>) -> Result<OutlierMethod, String> {
    match fields["outliers"].as_str() {
        Some("zscore") => Ok(OutlierMethod::ZScore),
        Some("iqr") => Ok(OutlierMethod::Iqr),
        _ => Err("`outliers` must be zscore or iqr".to_owned()),
    }
}

fn positive(fields: &Map<String, Json>, key: &str) -> Result<f64, String> {
    let number = fields.get(key).and_then(Json::as_f64).filter(|number| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| format!("`{key}` must be a number that is not negative"))
}

/// How many there must be: of one of them there is always one.
fn least(fields: &Map<String, Json>, key: &str) -> Result<u32, String> {
    let number = fields.get(key).and_then(Json::as_u64).and_then(|number| u32::try_from(number).ok());
    number.filter(|number| *number >= 2).ok_or_else(|| format!("`{key}` must be a whole number from 2"))
}

fn step(fields: &Map<String, Json>) -> Result<u64, String> {
    match fields.get("step") {
        None => Ok(1),
        Some(step) => {
            step.as_u64().filter(|step| *step > 0).ok_or_else(|| "`step` must be a whole number from 1".to_owned())
        }
    }
}

/// A name, as it is written.
fn plain(fields: &Map<String, Json>, key: &str) -> Result<String, String> {
    let name = fields.get(key).and_then(Json::as_str).filter(|name| !name.is_empty());
    name.map(str::to_owned).ok_or_else(|| format!("`{key}` must be a name"))
}

/// One text, or a list of texts.
fn list(value: &Json) -> Option<Vec<String>> {
    match value {
        Json::String(one) => Some(vec![one.clone()]),
        other => texts(Some(other)),
    }
}
