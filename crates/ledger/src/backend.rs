//! One way to talk to both databases: the same SQL text, 64-bit integers and text, `$1` placeholders.

mod postgres;
mod sqlite;

use std::borrow::Cow;

use engine::{Error, Kind, Result};

pub(crate) use self::postgres::{connect, told};
use crate::location::Location;

/// An open connection. SQL is `'static` so that prepared statements can be kept by their text.
pub(crate) enum Backend {
    Sqlite(Box<sqlite::Sqlite>),
    Postgres(Box<postgres::Postgres>),
}

/// All that is ever stored: JSON is text, and booleans are not needed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Text(Cow<'a, str>),
}

/// One row of a result, read by position.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row(pub(crate) Vec<Value<'static>>);

impl Backend {
    pub(crate) fn open(location: &Location) -> Result<Self> {
        Ok(match location {
            Location::Sqlite(path) => Self::Sqlite(Box::new(sqlite::Sqlite::open(path)?)),
            Location::Postgres(config) => {
                Self::Postgres(Box::new(postgres::Postgres::open(config, location.to_string())?))
            }
        })
    }

    /// A database that lives as long as the value; folds are recomputed in it.
    pub(crate) fn in_memory() -> Result<Self> {
        Ok(Self::Sqlite(Box::new(sqlite::Sqlite::in_memory()?)))
    }

    pub(crate) fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64> {
        match self {
            Self::Sqlite(sqlite) => sqlite.execute(sql, values),
            Self::Postgres(postgres) => postgres.execute(sql, values),
        }
    }

    pub(crate) fn query(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>> {
        match self {
            Self::Sqlite(sqlite) => sqlite.query(sql, values),
            Self::Postgres(postgres) => postgres.query(sql, values),
        }
    }

    /// Several statements, nothing bound.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<()> {
        match self {
            Self::Sqlite(sqlite) => sqlite.batch(sql),
            Self::Postgres(postgres) => postgres.batch(sql),
        }
    }

    /// Whether the ledger's tables are there.
    pub(crate) fn has_schema(&mut self) -> Result<bool> {
        match self {
            Self::Sqlite(sqlite) => sqlite.has_schema(),
            Self::Postgres(postgres) => postgres.has_schema(),
        }
    }

    /// What must be there before the first table is made; runs inside the transaction that makes them.
    pub(crate) fn prepare_schema(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(postgres) => postgres.prepare_schema(),
        }
    }

    /// Table definitions in this database's words.
    pub(crate) fn dialect<'a>(&self, ddl: &'a str) -> Cow<'a, str> {
        match self {
            // Only this spelling makes the key the row id, which stores the events in the order of their numbers.
            Self::Sqlite(_) => Cow::Owned(ddl.replace("BIGINT PRIMARY KEY", "INTEGER PRIMARY KEY")),
            Self::Postgres(_) => Cow::Borrowed(ddl),
        }
    }

    /// What a server's own clock says, in milliseconds since the epoch; a file has no clock.
    pub(crate) fn clock_ms(&mut self) -> Result<Option<i64>> {
        match self {
            Self::Sqlite(_) => Ok(None),
            Self::Postgres(postgres) => {
                let now = "SELECT CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS BIGINT)";
                postgres.query(now, &[])?.first().map(|row| row.int(0)).transpose()
            }
        }
    }

    /// Runs `work` in a transaction that no other writer overlaps, so what it reads stays true until it commits.
    pub(crate) fn write<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.begin()?;
        let result = work(self).and_then(|value| self.batch("COMMIT").map(|()| value));
        if result.is_err() {
            // Whatever goes wrong here, the first error is the one that tells what happened.
            let _ = self.batch("ROLLBACK");
        }
        result
    }

    /// Runs `work` on the ledger as it is at one moment; it must only read.
    pub(crate) fn snapshot<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        match self {
            Self::Sqlite(sqlite) => sqlite.batch("BEGIN")?,
            Self::Postgres(postgres) => postgres.begin_snapshot()?,
        }
        let result = work(self);
        // Nothing was written; a failure here leaves nothing behind that the next transaction does not report.
        let _ = self.batch("ROLLBACK");
        result
    }

    fn begin(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(sqlite) => sqlite.batch("BEGIN IMMEDIATE"),
            Self::Postgres(postgres) => postgres.begin(),
        }
    }
}

impl Row {
    pub(crate) fn int(&self, column: usize) -> Result<i64> {
        match self.0.get(column) {
            Some(Value::Int(value)) => Ok(*value),
            _ => Err(self.unexpected(column)),
        }
    }

    /// A number that is never negative: a sequence number or a count.
    pub(crate) fn count(&self, column: usize) -> Result<u64> {
        u64::try_from(self.int(column)?).map_err(|_| self.unexpected(column))
    }

    pub(crate) fn text(&self, column: usize) -> Result<&str> {
        self.optional_text(column)?.ok_or_else(|| self.unexpected(column))
    }

    pub(crate) fn optional_text(&self, column: usize) -> Result<Option<&str>> {
        match self.0.get(column) {
            Some(Value::Text(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            _ => Err(self.unexpected(column)),
        }
    }

    pub(crate) fn optional_int(&self, column: usize) -> Result<Option<i64>> {
        match self.0.get(column) {
            Some(Value::Null) => Ok(None),
            _ => self.int(column).map(Some),
        }
    }

    fn unexpected(&self, column: usize) -> Error {
        Error::new(Kind::Refused, format!("the ledger holds an unexpected value in column {column} of a result"))
            .help("something else has written to the ledger's tables; `verify` says where")
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// Sequence numbers and counts, which stay far below the limit of a signed integer.
impl From<u64> for Value<'_> {
    fn from(number: u64) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
