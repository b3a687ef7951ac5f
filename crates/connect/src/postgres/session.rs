//! Sessions that read one snapshot and can change nothing; nothing that they say holds a password.

use std::sync::Arc;
use std::time::Duration;

use engine::{Error, Kind, Result};
use postgres::config::{Host, SslMode};
use postgres::{Client, Config, NoTls, SimpleQueryMessage};

/// How long a server may take to answer the first call, unless the URL has `connect_timeout`.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Every session reads only; one statement takes at most half an hour, unless the URL's `options` or the role say otherwise.
const SETTINGS: &str = "SET default_transaction_read_only = on; SET idle_in_transaction_session_timeout = 0; \
    SET standard_conforming_strings = on; SET timezone = 'UTC'; SET datestyle = 'ISO'; SET bytea_output = 'hex'; \
    SELECT set_config('statement_timeout', '30min', false) WHERE current_setting('statement_timeout') = '0'";
const BEGIN: &str = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/// Which server, database and role; shows itself without a password, whatever the URL says.
#[derive(Clone)]
pub struct Address {
    config: Config,
    pub shown: String,
}

impl Address {
    pub fn parse(url: &str) -> Result<Self> {
        let mut config: Config = url.parse().map_err(|error: postgres::Error| {
            Error::new(Kind::Input, "the address of the database is not a PostgreSQL URL")
                .help("write postgres://user@host:5432/database; special characters in a password are percent-encoded")
                .because(error)
        })?;
        let shown = shown(&config);
        if config.get_ssl_mode() == SslMode::Require {
            return Err(Error::new(Kind::Input, "the address asks for TLS, which this build does not speak")
                .at(shown)
                .help("reach the server over a private network, a tunnel or a local proxy, and leave `sslmode` out"));
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_password().is_none()
            && let Some(password) =
                variable(&["PLIMSOLL_POSTGRES_PASSWORD", "PGPASSWORD", "DATACONTRACT_POSTGRES_PASSWORD"])
        {
            config.password(password);
        }
        if config.get_user().is_none()
            && let Some(user) = variable(&["PLIMSOLL_POSTGRES_USERNAME", "PGUSER", "DATACONTRACT_POSTGRES_USERNAME"])
        {
            config.user(&user);
        }
        config.application_name("plimsoll contract test");
        Ok(Self { config, shown })
    }
}

fn variable(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

/// Host, port and database.
fn shown(config: &Config) -> String {
    let hosts = config.get_hosts().iter().enumerate().map(|(at, host)| {
        let host = match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        };
        match config.get_ports().get(at).or(config.get_ports().first()) {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    });
    format!("postgres://{}/{}", hosts.collect::<Vec<_>>().join(","), config.get_dbname().unwrap_or_default())
}

/// A session within its transaction. Lives on threads that may block.
pub struct Session {
    client: Option<Client>,
    address: Arc<Address>,
}

impl Session {
    /// With a snapshot that another session exported; it must still be in its transaction.
    pub fn begin(address: &Arc<Address>, snapshot: Option<&str>) -> Result<Self> {
        let mut client = address.config.connect(NoTls).map_err(|error| refused(address, &error))?;
        // Statements that are sent together are one transaction, in which the next could not begin.
        client.batch_execute(SETTINGS).map_err(|error| refused(address, &error))?;
        client.batch_execute(BEGIN).map_err(|error| refused(address, &error))?;
        if let Some(snapshot) = snapshot {
            let set = format!("SET TRANSACTION SNAPSHOT '{}'", snapshot.replace('\'', "''"));
            client.batch_execute(&set).map_err(|error| refused(address, &error))?;
        }
        Ok(Self { client: Some(client), address: Arc::clone(address) })
    }

    pub fn client(&mut self) -> Result<&mut Client> {
        self.client.as_mut().ok_or_else(|| Error::new(Kind::Bug, "a session has ended"))
    }

    /// The first row of a query, as texts; what the server does not accept leaves the transaction as it was.
    pub fn row(&mut self, sql: &str) -> Result<std::result::Result<Vec<Option<String>>, String>> {
        let address = Arc::clone(&self.address);
        let failed = |error: postgres::Error| refused(&address, &error);
        let client = self.client()?;
        client.batch_execute("SAVEPOINT one").map_err(failed)?;
        match client.simple_query(sql) {
            Ok(messages) => {
                client.batch_execute("RELEASE SAVEPOINT one").map_err(failed)?;
                let row = messages.iter().find_map(|message| match message {
                    SimpleQueryMessage::Row(row) => {
                        Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect())
                    }
                    _ => None,
                });
                Ok(Ok(row.unwrap_or_default()))
            }
            Err(error) => match error.as_db_error() {
                Some(told) => {
                    let told = told.message().to_owned();
                    client.batch_execute("ROLLBACK TO SAVEPOINT one").map_err(failed)?;
                    Ok(Err(told))
                }
                None => Err(failed(error)),
            },
        }
    }

    /// A name under which other sessions can see the same snapshot; `None` on a server that is recovering.
    pub fn export(&mut self) -> Result<Option<String>> {
        Ok(self.row("SELECT pg_export_snapshot()")?.ok().and_then(|row| row.into_iter().next().flatten()))
    }

    /// Asks the server to stop what this session is doing.
    pub fn cancel(&mut self) {
        if let Some(client) = &self.client {
            let _ = client.cancel_token().cancel_query(NoTls);
        }
    }

    pub fn failed(&self, error: &postgres::Error) -> Error {
        refused(&self.address, error)
    }
}

impl Drop for Session {
    /// The client waits for its connection to end, which no thread of the runtime may do.
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            let _ = std::thread::spawn(move || drop(client)).join();
        }
    }
}

/// The server's own words; it never repeats a password.
pub fn refused(address: &Address, error: &postgres::Error) -> Error {
    use postgres::error::SqlState;
    let place = address.shown.clone();
    match error.as_db_error() {
        Some(told) if *told.code() == SqlState::QUERY_CANCELED => {
            Error::new(Kind::Refused, format!("the database gave up: {}", told.message()))
                .at(place)
                .help("allow more with `options=-c statement_timeout=…` in the URL, or test fewer checks at once")
        }
        Some(told) => Error::new(Kind::Refused, format!("the database refused: {}", told.message()))
            .at(place)
            .help("check user, password (PGUSER, PGPASSWORD), database, and the right to SELECT"),
        None => {
            let mut text = error.to_string();
            let mut source = std::error::Error::source(error);
            while let Some(inner) = source {
                text = format!("{text}: {inner}");
                source = inner.source();
            }
            Error::new(Kind::Outside, format!("the database did not answer: {text}"))
                .at(place)
                .help("check host and port, and that the server can be reached from here")
        }
    }
}
