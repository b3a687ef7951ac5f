//! Where a ledger is: `sqlite:<path>` or `postgres://…`. Shows itself without a password, whatever the URL says.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use engine::{Error, Kind, Result};
use postgres::config::{Config, Host, SslMode};

/// How long a PostgreSQL server may take to answer the first call, unless the URL has `connect_timeout`.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A ledger's address, parsed. `Display` and `Debug` never print a password.
#[derive(Clone)]
pub enum Location {
    /// The database file; the run locks stand in the folder `locks` beside it.
    Sqlite(PathBuf),
    /// Tables in the schema `plimsoll` of this database: one database holds one project's ledger.
    Postgres(Box<Config>),
}

impl Location {
    /// Reads `sqlite:<path>`, where the path is relative to `root`, or `postgres://…`.
    pub fn parse(url: &str, root: &Path) -> Result<Self> {
        let scheme = url.split(':').next().unwrap_or_default();
        match scheme {
            "sqlite" => sqlite(url.trim_start_matches("sqlite:"), root),
            "postgres" | "postgresql" => server(url),
            // The text itself may be a URL with a password in it, so only what stands before the colon is shown.
            _ => Err(Error::new(Kind::Input, format!("the ledger's address has the unknown scheme `{scheme}`"))
                .help("write `sqlite:.plimsoll/ledger.db` or `postgres://user@host/database`")),
        }
    }
}

fn sqlite(path: &str, root: &Path) -> Result<Location> {
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() {
        return Err(Error::new(Kind::Input, "the ledger's address `sqlite:` names no file")
            .help("write for example `sqlite:.plimsoll/ledger.db`"));
    }
    Ok(Location::Sqlite(root.join(path)))
}

fn server(url: &str) -> Result<Location> {
    let mut config = Config::from_str(url).map_err(|error| {
        Error::new(Kind::Input, "the ledger's address is not a PostgreSQL URL")
            .help("write `postgres://user@host:5432/database`; special characters in a password are percent-encoded")
            .because(error)
    })?;
    if config.get_ssl_mode() == SslMode::Require {
        return Err(Error::new(Kind::Input, "the ledger's address asks for TLS, which this build does not speak")
            .help("reach the server over a private network, a tunnel or a local proxy, and leave `sslmode` out"));
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    Ok(Location::Postgres(Box::new(config)))
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let config = match self {
            Self::Sqlite(path) => return write!(f, "sqlite:{}", path.display()),
            Self::Postgres(config) => config,
        };
        f.write_str("postgres://")?;
        if let Some(user) = config.get_user() {
            write!(f, "{user}@")?;
        }
        for (i, host) in config.get_hosts().iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            match host {
                Host::Tcp(name) => write!(f, "{comma}{name}")?,
                #[cfg(unix)]
                Host::Unix(path) => write!(f, "{comma}{}", path.display())?,
            }
            if let Some(port) = config.get_ports().get(i).or(config.get_ports().first()) {
                write!(f, ":{port}")?;
            }
        }
        write!(f, "/{}", config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({self})")
    }
}

#[cfg(test)]
mod tests;
