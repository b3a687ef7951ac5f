//! Measures as one query each, which gives one number. The dataset and others are tables of their own name.
//!
//! Expressions are the contract's own SQL. Everything else is written here, in SQL that several engines understand.

use contract::{Dataset, Measure, OutlierMethod, Statistic, Unit};

/// The query for a measure; `filter` says which rows count.
pub fn measure_sql(measure: &Measure, filter: Option<&str>, unit: Unit, dataset: &Dataset) -> String {
    let rows = Rows { table: name(&dataset.name), filter };
    match measure {
        Measure::Statistic { statistic, of } => statistic_sql(*statistic, of, unit, &rows),
        Measure::Outliers { of, method, limit } => outliers(of, *method, *limit, unit, &rows),
        Measure::Duplicates { columns } => duplicates(columns, unit, &rows),
        Measure::RowsAgainst { dataset } => rows_against(dataset, unit, &rows),
        Measure::Imbalance { left, right, dataset, by, tolerance } => {
            imbalance(left, right, dataset.as_deref(), by, *tolerance, &rows)
        }
        Measure::Gaps { column, by, step } => gaps(column, by, *step, dataset, &rows),
        Measure::Unsorted { column, order_by, by, strict } => unsorted(column, order_by, by, *strict, &rows),
        Measure::Difference { columns, dataset, to_columns } => difference(columns, dataset, to_columns, &rows),
        Measure::Incomplete { columns, by, at_least } => incomplete(columns, by, *at_least, &rows),
        Measure::SmallGroups { columns, least } => groups(columns, "COUNT(*)", *least, &rows),
        Measure::UniformGroups { columns, of, least } => {
            let of = name(of);
            let values = format!("COUNT(DISTINCT {of}) + MAX(CASE WHEN {of} IS NULL THEN 1 ELSE 0 END)");
            groups(columns, &values, *least, &rows)
        }
    }
}

/// The rows that count.
struct Rows<'a> {
    table: String,
    filter: Option<&'a str>,
}

impl Rows<'_> {
    /// `FROM table WHERE …`, with further conditions.
    fn from(&self, conditions: &[String]) -> String {
        let mut all: Vec<String> = self.filter.map(|filter| format!("({filter})")).into_iter().collect();
        all.extend(conditions.iter().cloned());
        let clause = if all.is_empty() { String::new() } else { format!(" WHERE {}", all.join(" AND ")) };
        format!("FROM {}{clause}", self.table)
    }
}

fn name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn names(columns: &[String]) -> String {
    columns.iter().map(|column| name(column)).collect::<Vec<_>>().join(", ")
}

/// The values of an expression in double precision, without NULL.
fn values(of: &str, rows: &Rows) -> String {
    format!("SELECT CAST(({of}) AS DOUBLE) AS v {}", rows.from(&[format!("({of}) IS NOT NULL")]))
}

fn statistic_sql(statistic: Statistic, of: &str, unit: Unit, rows: &Rows) -> String {
    let from = rows.from(&[]);
    match statistic {
        Statistic::Mean => format!("SELECT AVG(v) FROM ({}) AS a", values(of, rows)),
        Statistic::Stddev => format!("SELECT STDDEV_SAMP(v) FROM ({}) AS a", values(of, rows)),
        Statistic::Variance => format!("SELECT VAR_SAMP(v) FROM ({}) AS a", values(of, rows)),
        Statistic::Sum => format!("SELECT SUM({of}) {from}"),
        Statistic::Min => format!("SELECT MIN({of}) {from}"),
        Statistic::Max => format!("SELECT MAX({of}) {from}"),
        Statistic::Distinct if unit == Unit::Percent => {
            format!("SELECT COUNT(DISTINCT {of}) * 100.0 / NULLIF(COUNT({of}), 0) {from}")
        }
        Statistic::Distinct => format!("SELECT COUNT(DISTINCT {of}) {from}"),
        Statistic::Quantile(at) => format!("SELECT q FROM ({}) AS a", quantile(at, &values(of, rows))),
    }
}

/// Between the two nearest values in order, each weighs as much as the place is near it.
fn quantile(at: f64, values: &str) -> String {
    format!(
        "SELECT SUM(v * CASE WHEN ABS(p - i) < 1 THEN 1 - ABS(p - i) ELSE 0 END) AS q FROM (SELECT v, \
         ROW_NUMBER() OVER (ORDER BY v) - 1.0 AS i, {at:?} * (COUNT(*) OVER () - 1.0) AS p FROM ({values}) AS s) AS o \
         WHERE ABS(p - i) < 1"
    )
}

fn outliers(of: &str, method: OutlierMethod, limit: f64, unit: Unit, rows: &Rows) -> String {
    let values = values(of, rows);
    let counted = match unit {
        Unit::Rows => "COALESCE(SUM(outside), 0)",
        Unit::Percent => "COALESCE(SUM(outside) * 100.0 / NULLIF(COUNT(*), 0), 0)",
    };
    let (limits, outside) = match method {
        OutlierMethod::ZScore => (
            format!("SELECT AVG(v) AS m, STDDEV_SAMP(v) AS s FROM ({values}) AS b"),
            format!("ABS(v - m) > {limit:?} * s"),
        ),
        OutlierMethod::Iqr => (
            format!(
                "SELECT l.q AS a, u.q AS b FROM ({}) AS l CROSS JOIN ({}) AS u",
                quantile(0.25, &values),
                quantile(0.75, &values)
            ),
            format!("(v < a - {limit:?} * (b - a) OR v > b + {limit:?} * (b - a))"),
        ),
    };
    format!(
        "SELECT {counted} FROM (SELECT CASE WHEN {outside} THEN 1 ELSE 0 END AS outside FROM ({values}) AS x CROSS JOIN \
         ({limits}) AS y) AS z"
    )
}

fn duplicates(columns: &[String], unit: Unit, rows: &Rows) -> String {
    let present: Vec<String> = columns.iter().map(|column| format!("{} IS NOT NULL", name(column))).collect();
    let groups = format!("SELECT COUNT(*) AS n {} GROUP BY {}", rows.from(&present), names(columns));
    let count = format!("SELECT COALESCE(SUM(n - 1), 0) AS d FROM ({groups}) AS g");
    match unit {
        Unit::Rows => count,
        Unit::Percent => format!(
            "SELECT COALESCE(d * 100.0 / NULLIF(n, 0), 0) FROM ({count}) AS a CROSS JOIN (SELECT COUNT(*) AS n {}) AS b",
            rows.from(&[])
        ),
    }
}

fn rows_against(other: &str, unit: Unit, rows: &Rows) -> String {
    let (here, there) = (rows.from(&[]), name(other));
    let (here, there) = (format!("SELECT COUNT(*) AS a {here}"), format!("SELECT COUNT(*) AS b FROM {there}"));
    let value = match unit {
        Unit::Rows => "a - b",
        Unit::Percent => "(a - b) * 100.0 / NULLIF(b, 0)",
    };
    format!("SELECT {value} FROM ({here}) AS h CROSS JOIN ({there}) AS t")
}

/// A group that only one side has is compared with 0.
fn imbalance(left: &str, right: &str, other: Option<&str>, by: &[String], tolerance: f64, rows: &Rows) -> String {
    let keys: Vec<String> = (0..by.len()).map(|index| format!("k{index}")).collect();
    let selected: Vec<String> =
        by.iter().zip(&keys).map(|(column, key)| format!("{} AS {key}", name(column))).collect();
    let prefix = |list: &[String]| if list.is_empty() { String::new() } else { format!("{}, ", list.join(", ")) };
    let group = |list: String| if list.is_empty() { String::new() } else { format!(" GROUP BY {list}") };
    let from = rows.from(&[]);
    let other = other.map_or_else(|| from.clone(), |other| format!("FROM {}", name(other)));
    let side = |expression: &str, from: &str, as_left: bool| {
        let value = format!("COALESCE({expression}, 0)");
        let (l, r) = if as_left { (value, "0".to_owned()) } else { ("0".to_owned(), value) };
        format!("SELECT {}{l} AS l, {r} AS r {from}{}", prefix(&selected), group(names(by)))
    };
    format!(
        "SELECT COUNT(*) FROM (SELECT {}SUM(l) AS l, SUM(r) AS r FROM ({} UNION ALL {}) AS s{}) AS g WHERE ABS(l - r) > {}",
        prefix(&keys),
        side(left, &from, true),
        side(right, &other, false),
        group(keys.join(", ")),
        decimal(tolerance)
    )
}

/// A tolerance is a decimal number, and so compared as one.
fn decimal(number: f64) -> String {
    if number == 0.0 { "0".to_owned() } else { format!("CAST('{number}' AS DECIMAL(38, 9))") }
}

fn partition(by: &[String]) -> String {
    if by.is_empty() { String::new() } else { format!("PARTITION BY {} ", names(by)) }
}

/// Neighbours that are `d` apart need `(d - 1) / step` values between them.
fn gaps(column: &str, by: &[String], step: u64, dataset: &Dataset, rows: &Rows) -> String {
    let is_date = dataset.column(column).is_some_and(|column| column.data_type == contract::DataType::Date);
    let column = name(column);
    // Days are counted as whole numbers.
    let number =
        if is_date { format!("CAST(CAST({column} AS INT) AS BIGINT)") } else { format!("CAST({column} AS BIGINT)") };
    let keys = if by.is_empty() { String::new() } else { format!("{}, ", names(by)) };
    let distinct = format!("SELECT DISTINCT {keys}{number} AS x {}", rows.from(&[format!("{column} IS NOT NULL")]));
    format!(
        "SELECT COALESCE(SUM((d - 1) / {step}), 0) FROM (SELECT x - LAG(x) OVER ({}ORDER BY x) AS d FROM ({distinct}) AS v) AS n \
         WHERE d > 1",
        partition(by)
    )
}

fn unsorted(column: &str, order_by: &str, by: &[String], strict: bool, rows: &Rows) -> String {
    let (column, order) = (name(column), name(order_by));
    let present = [format!("{column} IS NOT NULL"), format!("{order} IS NOT NULL")];
    let sign = if strict { "<=" } else { "<" };
    format!(
        "SELECT COUNT(*) FROM (SELECT {column} AS x, LAG({column}) OVER ({}ORDER BY {order}, {column}) AS b {}) AS n WHERE x {sign} b",
        partition(by),
        rows.from(&present)
    )
}

fn difference(columns: &[String], other: &str, to_columns: &[String], rows: &Rows) -> String {
    let present = |columns: &[String]| -> Vec<String> {
        columns.iter().map(|column| format!("{} IS NOT NULL", name(column))).collect()
    };
    let keys: Vec<String> = (0..columns.len()).map(|index| format!("k{index}")).collect();
    let select = |columns: &[String], side: &str, from: String| {
        let list: Vec<String> =
            columns.iter().zip(&keys).map(|(column, key)| format!("{} AS {key}", name(column))).collect();
        format!("SELECT {}, {side} AS side {from}", list.join(", "))
    };
    let there = Rows { table: name(other), filter: None };
    format!(
        "SELECT COUNT(*) FROM (SELECT {keys} FROM ({} UNION ALL {}) AS s GROUP BY {keys} HAVING MIN(side) = MAX(side)) AS g",
        select(columns, "0", rows.from(&present(columns))),
        select(to_columns, "1", there.from(&present(to_columns))),
        keys = keys.join(", ")
    )
}

/// Rows in groups for which a measure is less than `least`.
fn groups(columns: &[String], measure: &str, least: u32, rows: &Rows) -> String {
    format!(
        "SELECT COALESCE(SUM(CASE WHEN m < {least} THEN n ELSE 0 END), 0) FROM \
         (SELECT COUNT(*) AS n, {measure} AS m {} GROUP BY {}) AS g",
        rows.from(&[]),
        names(columns)
    )
}

/// Shares are compared in millionths, because 95 % has no exact binary form.
fn incomplete(columns: &[String], by: &[String], at_least: f64, rows: &Rows) -> String {
    let complete: Vec<String> = columns.iter().map(|column| format!("{} IS NOT NULL", name(column))).collect();
    let group = if by.is_empty() { String::new() } else { format!(" GROUP BY {}", names(by)) };
    format!(
        "SELECT COUNT(*) FROM (SELECT COALESCE(SUM(CASE WHEN {} THEN 1 ELSE 0 END), 0) AS complete, COUNT(*) AS n {}{group}) AS g \
         WHERE complete * 1000000 < n * {}",
        complete.join(" AND "),
        rows.from(&[]),
        (at_least * 1e6).round() as u64
    )
}
