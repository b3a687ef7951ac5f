//! The shared ledger: tables in the schema `plimsoll` of a PostgreSQL database.

use std::borrow::Cow;
use std::collections::HashMap;
use std::error::Error as StdError;

use bytes::BytesMut;
use engine::{Error, Kind, Result};
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Config, NoTls, Statement};

use super::{Row, Value};

/// The transaction-scoped advisory lock that every writer takes first; "plimsoll" in ASCII.
const WRITER: i64 = 0x706c_696d_736f_6c6c;

pub(crate) struct Postgres {
    client: Client,
    config: Config,
    place: String,
    statements: HashMap<&'static str, Statement>,
}

impl Postgres {
    pub(super) fn open(config: &Config, place: String) -> Result<Self> {
        let client = connect(config, &place)?;
        Ok(Self { client, config: config.clone(), place, statements: HashMap::new() })
    }

    /// One writer at a time, over all machines. Read committed: what is read after the lock is what the last writer left.
    pub(super) fn begin(&mut self) -> Result<()> {
        self.begin_with(&format!("BEGIN; SELECT pg_advisory_xact_lock({WRITER})"))
    }

    pub(super) fn begin_snapshot(&mut self) -> Result<()> {
        self.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }

    /// A server that was restarted since the last transaction is nobody's concern: nothing was done yet, so one new connection is
    /// tried.
    fn begin_with(&mut self, sql: &str) -> Result<()> {
        match self.batch(sql) {
            Err(error) if error.kind == Kind::Outside => {
                self.client = connect(&self.config, &self.place)?;
                self.statements.clear();
                self.batch(sql)
            }
            begun => begun,
        }
    }

    /// Asks the catalogue's tables: functions such as `to_regclass` answer from a cache that, inside a transaction, may not have
    /// heard of what another one made while this one waited for the lock.
    pub(super) fn has_schema(&mut self) -> Result<bool> {
        self.has("SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = 'plimsoll' AND tablename = 'meta'")
    }

    pub(super) fn prepare_schema(&mut self) -> Result<()> {
        // `IF NOT EXISTS` would want the right to create even when there is nothing to do.
        if self.has("SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = 'plimsoll'")? {
            return Ok(());
        }
        self.batch("CREATE SCHEMA plimsoll")
    }

    fn has(&mut self, count: &'static str) -> Result<bool> {
        Ok(self.query(count, &[])?.first().is_some_and(|row| row.int(0).is_ok_and(|count| count > 0)))
    }

    pub(super) fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64> {
        let statement = self.prepared(sql)?;
        self.client.execute(&statement, &references(values)).map_err(|error| told(error, &self.place))
    }

    pub(super) fn query(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>> {
        let statement = self.prepared(sql)?;
        let rows = self.client.query(&statement, &references(values)).map_err(|error| told(error, &self.place))?;
        rows.iter().map(|row| self.row(row)).collect()
    }

    pub(super) fn batch(&mut self, sql: &str) -> Result<()> {
        self.client.batch_execute(sql).map_err(|error| told(error, &self.place))
    }

    fn prepared(&mut self, sql: &'static str) -> Result<Statement> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).map_err(|error| told(error, &self.place))?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }

    fn row(&self, row: &postgres::Row) -> Result<Row> {
        let mut values = Vec::with_capacity(row.len());
        for (index, column) in row.columns().iter().enumerate() {
            let value = if *column.type_() == Type::INT8 {
                row.try_get::<_, Option<i64>>(index).map(Value::from)
            } else {
                row.try_get::<_, Option<String>>(index).map(Value::from)
            };
            values.push(value.map_err(|error| told(error, &self.place))?);
        }
        Ok(Row(values))
    }
}

/// Opens a connection whose unqualified names mean the ledger's tables.
pub(crate) fn connect(config: &Config, place: &str) -> Result<Client> {
    let mut client = config.connect(NoTls).map_err(|error| told(error, place))?;
    client.batch_execute("SET search_path TO plimsoll").map_err(|error| told(error, place))?;
    Ok(client)
}

fn references<'a>(values: &'a [Value<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

impl ToSql for Value<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(number) => number.to_sql(kind, out),
            Value::Text(Cow::Borrowed(text)) => text.to_sql(kind, out),
            Value::Text(Cow::Owned(text)) => text.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::TEXT)
    }

    to_sql_checked!();
}

/// What happened, for a person; classes of `SQLSTATE` as PostgreSQL's appendix A lists them.
pub(crate) fn told(error: postgres::Error, place: &str) -> Error {
    let text = error.as_db_error().map_or_else(|| chain(&error), |refusal| refusal.message().to_owned());
    let (kind, what, help) = match error.code().map(|code| code.code()) {
        None => (
            Kind::Outside,
            "the ledger's server did not answer",
            "check that the server is up and can be reached from here",
        ),
        Some("53100") => {
            (Kind::Refused, "the disk that holds the ledger is full", "free some space; nothing was appended")
        }
        Some("25006") => {
            (Kind::Refused, "the ledger cannot be written", "the server is read-only: name the primary, not a standby")
        }
        Some("42501") => (
            Kind::Refused,
            "the ledger cannot be written",
            "grant the user the rights to create and use the schema `plimsoll`",
        ),
        Some("55P03" | "40001" | "40P01") => (
            Kind::Conflict,
            "another process holds the ledger and did not let go of it",
            "wait for the other run to end",
        ),
        Some(code) if code.starts_with("28") || code == "3D000" => (
            Kind::Refused,
            "the ledger's server refused the connection",
            "check user, password and database of the ledger's address",
        ),
        Some(code) if code.starts_with("08") || code.starts_with("53") || code.starts_with("57") => (
            Kind::Outside,
            "the ledger's server cannot answer now",
            "try again; the server is starting, stopping or out of resources",
        ),
        Some(_) => (Kind::Bug, "the ledger's database refused a statement", "please report this"),
    };
    Error::new(kind, format!("{what}: {text}")).at(place).help(help).because(error)
}

/// The driver's own text says only that there was an error; the reason stands below it.
fn chain(error: &postgres::Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(cause) = below {
        text = format!("{text}: {cause}");
        below = cause.source();
    }
    text
}
