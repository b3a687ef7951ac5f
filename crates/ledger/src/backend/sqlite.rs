//! The embedded ledger: one SQLite file, shared by all processes of one machine.

use std::borrow::Cow;
use std::path::Path;
use std::time::Duration;

use engine::{Error, Kind, Result};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, ToSql};

use super::{Row, Value};

/// How long an append waits for another process' append; one takes milliseconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// Says whose file it is (`file` shows it, and a foreign database is not written to): "PLMS".
const APPLICATION_ID: i64 = 0x504C_4D53;

/// Statements kept prepared; there are fewer than this.
const STATEMENTS: usize = 64;

pub(crate) struct Sqlite {
    connection: Connection,
    place: String,
}

impl Sqlite {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let place = path.display().to_string();
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| {
                Error::new(Kind::Refused, format!("the ledger's folder cannot be made: {error}"))
                    .at(folder.display().to_string())
                    .help("check the path and who may write there")
                    .because(error)
            })?;
        }
        let connection = Connection::open(path).map_err(|error| told(error, &place))?;
        let sqlite = Self { connection, place };
        sqlite.configure()?;
        Ok(sqlite)
    }

    pub(super) fn in_memory() -> Result<Self> {
        let place = "memory".to_owned();
        let connection = Connection::open_in_memory().map_err(|error| told(error, &place))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(Self { connection, place })
    }

    /// WAL lets readers go on while one writes. `synchronous` is FULL because of decisions: what was published can be read back
    /// from the tables after a power loss, but a person's approval stands nowhere else, so it must not be lost once it was said
    /// to be taken.
    fn configure(&self) -> Result<()> {
        self.connection.set_prepared_statement_cache_capacity(STATEMENTS);
        self.connection
            .busy_timeout(BUSY_TIMEOUT)
            .and_then(|()| self.owner())
            .map_err(|error| self.told(error))
            .and_then(|owner| self.refuse_foreign(owner))?;
        self.connection
            .pragma_update(None, "journal_mode", "wal")
            .and_then(|()| self.connection.pragma_update(None, "synchronous", "full"))
            .map_err(|error| self.told(error))
    }

    /// The application id, and how many tables there are. The tables are counted first: whoever makes them has set the id before,
    /// so a ledger that another process makes at this moment is never taken for a foreign one.
    fn owner(&self) -> rusqlite::Result<(i64, i64)> {
        let tables = self.connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
        let id = self.connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
        Ok((id, tables))
    }

    fn refuse_foreign(&self, (id, tables): (i64, i64)) -> Result<()> {
        if id == APPLICATION_ID {
            return Ok(());
        }
        if id != 0 || tables > 0 {
            return Err(Error::new(Kind::Input, "the ledger's file is another program's database")
                .at(&self.place)
                .help("give the ledger a file of its own, for example `sqlite:.plimsoll/ledger.db`"));
        }
        self.connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(|error| self.told(error))
    }

    pub(super) fn has_schema(&mut self) -> Result<bool> {
        let found = self.query("SELECT count(*) FROM sqlite_master WHERE name = 'meta'", &[])?;
        Ok(found.first().is_some_and(|row| row.int(0).is_ok_and(|count| count > 0)))
    }

    pub(super) fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64> {
        self.connection
            .prepare_cached(&numbered(sql))
            .and_then(|mut statement| statement.execute(rusqlite::params_from_iter(values)))
            .map(|count| count as u64)
            .map_err(|error| self.told(error))
    }

    pub(super) fn query(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>> {
        self.rows(sql, values).map_err(|error| self.told(error))
    }

    fn rows(&self, sql: &str, values: &[Value<'_>]) -> rusqlite::Result<Vec<Row>> {
        let mut statement = self.connection.prepare_cached(&numbered(sql))?;
        let width = statement.column_count();
        let mut rows = statement.query(rusqlite::params_from_iter(values))?;
        let mut result = Vec::new();
        while let Some(row) = rows.next()? {
            let mut values = Vec::with_capacity(width);
            for column in 0..width {
                values.push(match row.get_ref(column)? {
                    ValueRef::Null => Value::Null,
                    ValueRef::Integer(number) => Value::Int(number),
                    // A value of any other type is a foreign hand's; as empty text it fails where it is used.
                    other => Value::Text(Cow::Owned(other.as_str().unwrap_or_default().to_owned())),
                });
            }
            result.push(Row(values));
        }
        Ok(result)
    }

    pub(super) fn batch(&mut self, sql: &str) -> Result<()> {
        self.connection.execute_batch(sql).map_err(|error| self.told(error))
    }

    fn told(&self, error: rusqlite::Error) -> Error {
        told(error, &self.place)
    }
}

/// SQLite reads `$1` as a name; `?1` is its numbered placeholder.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// What happened, for a person. The file is never made anew by itself: it holds decisions that stand nowhere else.
fn told(error: rusqlite::Error, place: &str) -> Error {
    let (kind, what, help) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            Kind::Conflict,
            "another process holds the ledger and did not let go of it",
            "wait for the other run to end, or find who has the file open",
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied) => {
            (Kind::Refused, "the ledger cannot be written", "check who may write the file and its folder")
        }
        Some(ErrorCode::CannotOpen) => {
            (Kind::Refused, "the ledger's file cannot be opened", "check the path and who may read and write it")
        }
        Some(ErrorCode::DiskFull) => {
            (Kind::Refused, "the disk that holds the ledger is full", "free some space; nothing was appended")
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => (
            Kind::Refused,
            "the ledger's file is damaged or is not a ledger",
            "restore it from a backup; without it, move the file away: what is published is read back from the tables, but gates, decisions and the history of runs are lost",
        ),
        Some(ErrorCode::SystemIoFailure) => {
            (Kind::Outside, "the ledger's file could not be read or written", "check the disk")
        }
        _ => (Kind::Bug, "the ledger's database refused a statement", "please report this"),
    };
    Error::new(kind, format!("{what}: {error}")).at(place).help(help).because(error)
}
