//! What a name of a type means in a database: the same word is another type elsewhere.
//!
//! Sources: the pages about data types in each database's own manual.

use crate::syntax::Node;

use super::super::pair::text;

/// A family of databases that read the names of types alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::diff) enum Dialect {
    /// What most of them mean.
    Usual,
    Postgres,
    Redshift,
    MySql,
    SqlServer,
    Oracle,
    BigQuery,
    Spark,
    Hive,
    Snowflake,
    DuckDb,
    Trino,
    ClickHouse,
}

impl Dialect {
    pub const ALL: [Self; 13] = [
        Self::Usual,
        Self::Postgres,
        Self::Redshift,
        Self::MySql,
        Self::SqlServer,
        Self::Oracle,
        Self::BigQuery,
        Self::Spark,
        Self::Hive,
        Self::Snowflake,
        Self::DuckDb,
        Self::Trino,
        Self::ClickHouse,
    ];

    /// `None` of what holds files and messages, and of databases that are not known.
    fn of(server_type: &str) -> Option<Self> {
        Some(match server_type.trim().to_ascii_lowercase().as_str() {
            "postgres" | "postgresql" => Self::Postgres,
            "redshift" => Self::Redshift,
            "mysql" | "mariadb" => Self::MySql,
            "sqlserver" | "synapse" => Self::SqlServer,
            "oracle" => Self::Oracle,
            "bigquery" => Self::BigQuery,
            "databricks" | "spark" => Self::Spark,
            "hive" | "impala" | "glue" => Self::Hive,
            "snowflake" => Self::Snowflake,
            "duckdb" => Self::DuckDb,
            "athena" | "presto" | "trino" => Self::Trino,
            "clickhouse" => Self::ClickHouse,
            _ => return None,
        })
    }

    /// Those of a contract's servers, each once.
    pub fn of_servers(servers: &[Node], known: &mut Vec<Self>) {
        let all = servers.iter().filter_map(|server| text(server, "type").and_then(Self::of));
        for dialect in all {
            if !known.contains(&dialect) {
                known.push(dialect);
            }
        }
    }

    /// Bits of `float` without an argument.
    pub fn float_bits(self) -> u16 {
        match self {
            Self::Postgres | Self::Redshift | Self::SqlServer | Self::Oracle | Self::BigQuery | Self::Snowflake => 64,
            _ => 32,
        }
    }

    pub fn real_bits(self) -> u16 {
        if matches!(self, Self::MySql | Self::Oracle | Self::Snowflake) { 64 } else { 32 }
    }

    pub fn float4_bits(self) -> u16 {
        if self == Self::Snowflake { 64 } else { 32 }
    }

    /// Bits of a whole number that is this wide by its name; `None` where they are decimals of 38 digits.
    pub fn integer_bits(self, usual: u16) -> Option<u16> {
        match self {
            Self::BigQuery => Some(64),
            Self::Snowflake | Self::Oracle => None,
            _ => Some(usual),
        }
    }

    /// PostgreSQL counts bytes, ClickHouse bits.
    pub fn int8_bits(self) -> u16 {
        if self == Self::ClickHouse { 8 } else { 64 }
    }

    pub fn tinyint_is_signed(self) -> bool {
        self != Self::SqlServer
    }

    /// Whether a plain `timestamp` is an instant.
    pub fn timestamp_is_zoned(self) -> bool {
        matches!(self, Self::BigQuery | Self::Spark | Self::MySql | Self::ClickHouse)
    }

    /// Digits of a second without an argument.
    pub fn second_digits(self) -> u64 {
        match self {
            Self::MySql | Self::ClickHouse => 0,
            Self::SqlServer => 7,
            Self::Snowflake | Self::Hive => 9,
            Self::Trino => 3,
            _ => 6,
        }
    }

    /// Oracle's `date` has a time of day.
    pub fn date_has_time(self) -> bool {
        self == Self::Oracle
    }

    /// Precision and scale without arguments; `None` is without limit.
    pub fn decimal(self, name: &str) -> Option<(u32, i32)> {
        match self {
            Self::Spark | Self::Hive | Self::MySql => Some((10, 0)),
            Self::SqlServer | Self::Redshift => Some((18, 0)),
            Self::Oracle if name == "number" => None,
            Self::Oracle | Self::Snowflake | Self::Trino => Some((38, 0)),
            Self::BigQuery if name.starts_with("big") => Some((76, 38)),
            Self::BigQuery => Some((38, 9)),
            Self::DuckDb => Some((18, 3)),
            Self::ClickHouse => Some((10, 0)),
            Self::Usual | Self::Postgres => None,
        }
    }

    /// Length of `varchar` without an argument.
    pub fn varchar_length(self) -> Option<u64> {
        match self {
            Self::SqlServer | Self::MySql | Self::Oracle => Some(1),
            Self::Redshift => Some(256),
            _ => None,
        }
    }

    /// Bytes of a text or a blob that is called `tiny`, `medium`, `long` or nothing of these.
    pub fn text_bytes(self, name: &str) -> Option<u64> {
        match (self, name) {
            (Self::Redshift, "text") => Some(256),
            (Self::MySql, "tinytext" | "tinyblob") => Some(255),
            (Self::MySql, "text" | "blob") => Some(65_535),
            (Self::MySql, "mediumtext" | "mediumblob") => Some(16_777_215),
            _ => None,
        }
    }

    /// Whether a length without a unit is one of bytes.
    pub fn counts_bytes(self) -> bool {
        matches!(self, Self::Oracle | Self::Redshift)
    }

    /// Whether the `n…` types hold characters that the others do not.
    pub fn has_national_texts(self) -> bool {
        matches!(self, Self::Usual | Self::SqlServer | Self::Oracle)
    }

    /// Whether `char(n)` fills shorter values with blanks.
    pub fn pads(self) -> bool {
        !matches!(self, Self::Snowflake | Self::DuckDb | Self::BigQuery | Self::ClickHouse)
    }
}
