//! Checks that a database decides itself: one query for all conditions of a table, one for each key.
//!
//! A condition is pushed down where the database answers exactly as the pass would; the pass streams the columns of the rest,
//! with a mark on each row that the database refused, so that refused rows are counted once.

use std::collections::HashMap;

use contract::{Check, DataType, Rule, Severity};
use datafusion::logical_expr::Expr;
use engine::Result;
use engine::probe::{Database, InDatabase, Rows, TABLE};
use futures::StreamExt;
use serde_json::Value;
use sql::postgres::PostgresColumn;

use super::pass::{Found, Ground, SAMPLES_MAX};
use super::program::Program;
use super::{Opened, sample};

/// Expressions of one query; a server takes 1664.
const EXPRESSIONS_MAX: usize = 500;

/// What is asked of the database.
#[derive(Default)]
pub(crate) struct Pushed {
    pub tests: Vec<Test>,
    pub keys: Vec<Key>,
    /// By check id: the newest moment in microseconds, in SQL.
    pub newest: Vec<(String, String)>,
    /// What the table is joined with: keys that are referred to.
    pub joins: Vec<String>,
}

pub(crate) struct Test {
    pub id: String,
    pub refuses: bool,
    pub condition: String,
    /// Places in the contract of the columns that it looks at.
    pub columns: Vec<usize>,
}

pub(crate) struct Key {
    pub id: String,
    pub columns: Vec<usize>,
    values: Vec<String>,
    known: String,
}

/// What the database said.
pub(crate) struct Answer {
    pub rows: u64,
    pub refused: u64,
    /// The table with its joins.
    pub from: String,
    /// True for rows that are refused.
    pub refusing: Option<String>,
    counts: HashMap<String, u64>,
    pub newest: HashMap<String, i64>,
    /// By contract column: values that cannot be read.
    pub unfit: Vec<u64>,
}

impl Pushed {
    pub fn count(&self) -> usize {
        self.tests.iter().filter(|test| !test.id.ends_with("/rows")).count() + self.keys.len() + self.newest.len()
    }
}

/// The table's columns in the words of conditions.
pub(super) struct Place {
    columns: Vec<PostgresColumn>,
    in_database: Vec<Option<InDatabase>>,
}

impl Place {
    pub fn of(opened: &Opened<'_>) -> Option<Self> {
        let database = opened.data.database()?;
        let facts = opened.data.facts();
        let mut columns = Vec::new();
        for ((column, found), there) in opened.stored.columns.iter().zip(&facts.columns).zip(database.columns()) {
            let sql = match (found, there) {
                (_, Some(there)) => there.value.clone(),
                // A column that is not there is NULL in every row.
                (None, None) => null(&column.data_type),
                (Some(_), None) => None,
            };
            let Some(sql) = sql else { continue };
            columns.push(PostgresColumn { name: column.name.clone(), sql, data_type: column.data_type.clone() });
        }
        Some(Self { columns, in_database: database.columns().to_vec() })
    }

    /// The condition, of which nothing is said where a value cannot be read.
    pub fn condition(&self, expr: &Expr, columns: &[usize]) -> Option<String> {
        let condition = sql::postgres::condition(expr, &self.columns)?;
        Some(format!("(({condition}){})", self.readable(columns)))
    }

    fn readable(&self, columns: &[usize]) -> String {
        let unfit = columns.iter().filter_map(|at| self.in_database.get(*at)?.as_ref()?.unfit.as_deref());
        unfit.map(|unfit| format!(" AND NOT {unfit}")).collect()
    }

    /// The key's columns, where the database groups them as the pass does.
    pub fn key(&self, id: &str, columns: &[usize]) -> Option<Key> {
        let column = |at: &usize| self.in_database.get(*at)?.as_ref().filter(|column| column.groups)?.value.clone();
        let values = columns.iter().map(column).collect::<Option<Vec<String>>>()?;
        let known = values.iter().map(|value| format!("{value} IS NOT NULL")).collect::<Vec<_>>().join(" AND ");
        Some(Key {
            id: id.to_owned(),
            columns: columns.to_vec(),
            values,
            known: format!("{known}{}", self.readable(columns)),
        })
    }

    /// The newest moment of a column, in microseconds since 1970.
    pub fn newest(&self, column: usize) -> Option<String> {
        let there = self.in_database.get(column)?.as_ref()?;
        let moment = matches!(there.data_type, DataType::Date | DataType::Timestamp { .. });
        let value = there.value.as_ref().filter(|_| moment)?;
        let readable = there.unfit.as_ref().map(|unfit| format!(" FILTER (WHERE NOT {unfit})")).unwrap_or_default();
        Some(format!("(extract(epoch FROM max({value}){readable}) * 1000000)::bigint"))
    }
}

/// A NULL of the column's type.
fn null(data_type: &DataType) -> Option<String> {
    let word = match data_type {
        DataType::Boolean => "boolean",
        DataType::Integer { .. } => "bigint",
        DataType::Float { bits: 32 } => "float4",
        DataType::Float { .. } => "float8",
        DataType::Decimal { .. } => "numeric",
        DataType::String => "text",
        DataType::Date => "date",
        DataType::Time => "time",
        DataType::Timestamp { zoned: true } => "timestamptz",
        DataType::Timestamp { zoned: false } => "timestamp",
        _ => return None,
    };
    Some(format!("NULL::{word}"))
}

/// A reference to a table of the same database as a condition, and what the table is joined with for it.
pub(super) fn reference(
    opened: &[Opened<'_>],
    this: &Opened<'_>,
    check: &Check,
    number: usize,
) -> Option<(Test, String)> {
    let Rule::Reference { columns, to_dataset, to_columns } = &check.rule else { return None };
    let other = opened.iter().find(|other| other.target.dataset.name == *to_dataset)?;
    let (own_database, other_database) = (this.data.database()?, other.data.database()?);
    if own_database.database() != other_database.database() || columns.len() != to_columns.len() {
        return None;
    }
    let mut places = Vec::new();
    let (mut known, mut equal, mut keys, mut key_known) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (at, (name, to_name)) in columns.iter().zip(to_columns).enumerate() {
        let (place, own) = column(this, own_database, name)?;
        let (_, key) = column(other, other_database, to_name)?;
        if !alike(&own.data_type, &key.data_type) {
            return None;
        }
        let (value, key_value) = (own.value.as_ref()?, key.value.as_ref()?);
        places.push(place);
        known.push(format!(
            "{value} IS NOT NULL{}",
            own.unfit.as_ref().map(|it| format!(" AND NOT {it}")).unwrap_or_default()
        ));
        equal.push(format!("r{number}.k{at} = {value}"));
        keys.push(format!("{key_value} AS k{at}"));
        key_known.push(format!("{key_value} IS NOT NULL"));
    }
    let join = format!(
        " LEFT JOIN (SELECT DISTINCT {} FROM {} AS {TABLE} WHERE {}) AS r{number} ON {}",
        keys.join(", "),
        other_database.table(),
        key_known.join(" AND "),
        equal.join(" AND ")
    );
    let test = Test {
        id: check.id.clone(),
        refuses: check.severity == Severity::Error,
        condition: format!("({} AND r{number}.k0 IS NULL)", known.join(" AND ")),
        columns: places,
    };
    Some((test, join))
}

fn column<'a>(opened: &Opened<'_>, database: &'a dyn Database, name: &str) -> Option<(usize, &'a InDatabase)> {
    let at = opened.stored.columns.iter().position(|column| column.name == name)?;
    let there = database.columns().get(at)?.as_ref().filter(|there| there.groups)?;
    Some((at, there))
}

/// Types whose values are compared there as they are here.
fn alike(one: &DataType, other: &DataType) -> bool {
    let whole = |data_type: &DataType| matches!(data_type, DataType::Integer { .. });
    match (one, other) {
        (DataType::Decimal { scale, .. }, DataType::Decimal { scale: other, .. }) => scale == other,
        _ => one == other || (whole(one) && whole(other)),
    }
}

/// Asks all that a program pushed down; `None` where the database does not accept it, so that the rows must be read.
pub(super) async fn ask(opened: &Opened<'_>, program: &Program) -> Result<Option<Answer>> {
    let Some(database) = opened.data.database().filter(|_| program.pushes) else { return Ok(None) };
    let pushed = &program.pushed;
    let from = format!("{} AS {TABLE}{}", database.table(), pushed.joins.concat());
    let unfit: Vec<Option<&str>> =
        database.columns().iter().map(|column| column.as_ref().and_then(|column| column.unfit.as_deref())).collect();
    let refusing: Vec<&str> =
        pushed.tests.iter().filter(|test| test.refuses).map(|test| test.condition.as_str()).collect();
    let refusing: Vec<&str> = refusing.into_iter().chain(unfit.iter().flatten().copied()).collect();
    let refusing = (!refusing.is_empty()).then(|| format!("({})", refusing.join(" OR ")));

    let filtered = |condition: &str| format!("count(*) FILTER (WHERE {condition})");
    let mut wanted = vec!["count(*)".to_owned(), filtered(refusing.as_deref().unwrap_or("false"))];
    wanted.extend(pushed.tests.iter().map(|test| filtered(&test.condition)));
    wanted.extend(pushed.newest.iter().map(|(_, newest)| newest.clone()));
    wanted.extend(unfit.iter().flatten().map(|unfit| filtered(unfit)));
    let mut values: Vec<Option<i64>> = Vec::with_capacity(wanted.len());
    for some in wanted.chunks(EXPRESSIONS_MAX) {
        let row = database.row(&format!("SELECT {} FROM {from}", some.join(", "))).await?;
        let Ok(row) = row else { return Ok(None) };
        values.extend(row.iter().map(|text| text.as_ref().and_then(|text| text.parse::<i64>().ok())));
    }
    let mut values = values.into_iter();
    let mut count = || u64::try_from(values.next().flatten().unwrap_or(0)).unwrap_or(0);
    let (rows, refused) = (count(), count());
    let mut counts: HashMap<String, u64> = pushed.tests.iter().map(|test| (test.id.clone(), count())).collect();
    let newest = pushed.newest.iter().filter_map(|(id, _)| Some((id.clone(), values.next().flatten()?))).collect();
    let mut count = || u64::try_from(values.next().flatten().unwrap_or(0)).unwrap_or(0);
    let unfit = unfit.iter().map(|unfit| unfit.map_or(0, |_| count())).collect();
    for key in &pushed.keys {
        let groups = key.groups(database);
        let sql = format!("SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n {groups}) AS repeated");
        let Ok(row) = database.row(&sql).await? else { return Ok(None) };
        let count = row.first().and_then(|text| text.as_ref()?.parse::<u64>().ok()).unwrap_or(0);
        counts.insert(key.id.clone(), count);
    }
    Ok(Some(Answer { rows, refused, from, refusing, counts, newest, unfit }))
}

impl Key {
    fn groups(&self, database: &dyn Database) -> String {
        let list = self.values.join(", ");
        format!("FROM {} AS {TABLE} WHERE {} GROUP BY {list} HAVING count(*) > 1", database.table(), self.known)
    }

    /// True for rows whose key is repeated.
    fn repeated(&self, database: &dyn Database) -> String {
        let list = self.values.join(", ");
        format!("({list}) IN (SELECT {list} {})", self.groups(database))
    }
}

/// What the database counted, with some of the rows.
pub(super) async fn found(opened: &Opened<'_>, ground: &Ground, answer: &Answer) -> Result<HashMap<String, Found>> {
    let mut all = HashMap::new();
    let Some(database) = opened.data.database() else { return Ok(all) };
    let pushed = &ground.program.pushed;
    let count = |id: &str| answer.counts.get(id).copied().unwrap_or(0);
    for test in &pushed.tests {
        let count = count(&test.id);
        let wanted = count > 0 && !test.id.ends_with("/rows");
        let samples = match wanted {
            true => samples(opened, ground, database, &answer.from, &test.condition, &test.columns).await?,
            false => Vec::new(),
        };
        all.insert(test.id.clone(), Found { count, samples });
    }
    for key in &pushed.keys {
        let count = count(&key.id);
        let samples = match count {
            0 => Vec::new(),
            _ => samples(opened, ground, database, &answer.from, &key.repeated(database), &key.columns).await?,
        };
        all.insert(key.id.clone(), Found { count, samples });
    }
    Ok(all)
}

async fn samples(
    opened: &Opened<'_>,
    ground: &Ground,
    database: &dyn Database,
    from: &str,
    condition: &str,
    columns: &[usize],
) -> Result<Vec<Value>> {
    let place = |name: &String| opened.stored.columns.iter().position(|column| column.name == *name);
    let keys = opened.stored.primary_key.iter().filter_map(place).filter(|at| !columns.contains(at));
    let read: Vec<usize> = keys.chain(columns.iter().copied()).collect();
    let shown: Vec<usize> = (read.len() - columns.len()..read.len()).collect();
    let rows = Rows { from, condition: Some(condition), marked: None, most: Some(SAMPLES_MAX) };
    let mut samples = Vec::new();
    for mut stream in database.rows(&read, rows).await? {
        while let Some(slice) = stream.next().await {
            let slice = slice?;
            samples.extend((0..slice.batch.num_rows()).map(|row| sample::row(ground, &slice, row, &shown)));
        }
    }
    Ok(samples)
}
