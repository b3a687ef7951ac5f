//! The dialects of SQL: how their text is parsed, how they compare names, and what their name resolution allows.

use datafusion::sql::sqlparser::ast::Ident;
use datafusion::sql::sqlparser::dialect as parsers;
use datafusion::sql::sqlparser::dialect::Dialect as Parser;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Dialect {
    #[default]
    Generic,
    Ansi,
    Postgres,
    MySql,
    DuckDb,
    Snowflake,
    BigQuery,
    Databricks,
    Spark,
    Hive,
    Redshift,
    TSql,
    Oracle,
    ClickHouse,
    Sqlite,
    Trino,
    Teradata,
    Vertica,
}

/// How names without quotes are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    /// Quoted or not, case says nothing.
    Ignored,
    /// Unquoted names are lower case, quoted ones are as written.
    Lower,
    /// Unquoted names are upper case, quoted ones are as written.
    Upper,
}

/// Names that `--dialect` takes, the first of each row being the one that is shown.
const NAMES: &[(Dialect, &[&str])] = &[
    (
        Dialect::Generic,
        &["generic", "exasol", "db2", "dremio", "drill", "soql", "h2", "hana", "firebolt", "druid", "flink"],
    ),
    (Dialect::Ansi, &["ansi", "non-validating", "standard"]),
    (
        Dialect::Postgres,
        &[
            "postgres",
            "postgresql",
            "greenplum",
            "materialize",
            "cockroachdb",
            "cockroach",
            "risingwave",
            "netezza",
            "timescale",
            "yugabyte",
        ],
    ),
    (Dialect::MySql, &["mysql", "mariadb", "doris", "starrocks", "singlestore", "memsql", "tidb"]),
    (Dialect::DuckDb, &["duckdb", "motherduck"]),
    (Dialect::Snowflake, &["snowflake"]),
    (Dialect::BigQuery, &["bigquery"]),
    (Dialect::Databricks, &["databricks"]),
    (Dialect::Spark, &["spark", "sparksql", "spark2"]),
    (Dialect::Hive, &["hive", "impala"]),
    (Dialect::Redshift, &["redshift"]),
    (Dialect::TSql, &["tsql", "t-sql", "mssql", "sqlserver", "synapse", "fabric"]),
    (Dialect::Oracle, &["oracle", "plsql"]),
    (Dialect::ClickHouse, &["clickhouse"]),
    (Dialect::Sqlite, &["sqlite"]),
    (Dialect::Trino, &["trino", "presto", "athena", "starburst"]),
    (Dialect::Teradata, &["teradata"]),
    (Dialect::Vertica, &["vertica"]),
];

impl Dialect {
    pub fn named(name: &str) -> Option<Dialect> {
        let name = name.to_ascii_lowercase();
        NAMES.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(dialect, _)| *dialect)
    }

    /// Every name, for messages.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().flat_map(|(_, names)| names.iter().copied())
    }

    pub fn parser(self) -> &'static dyn Parser {
        match self {
            Dialect::Generic | Dialect::Trino => &parsers::GenericDialect {},
            Dialect::Ansi => &parsers::AnsiDialect {},
            Dialect::Postgres | Dialect::Vertica => &parsers::PostgreSqlDialect {},
            Dialect::MySql => &parsers::MySqlDialect {},
            Dialect::DuckDb => &parsers::DuckDbDialect {},
            Dialect::Snowflake => &parsers::SnowflakeDialect,
            Dialect::BigQuery => &parsers::BigQueryDialect,
            Dialect::Databricks => &parsers::DatabricksDialect,
            Dialect::Spark => &parsers::SparkSqlDialect,
            Dialect::Hive => &parsers::HiveDialect {},
            Dialect::Redshift => &parsers::RedshiftSqlDialect {},
            Dialect::TSql => &parsers::MsSqlDialect {},
            Dialect::Oracle => &parsers::OracleDialect {},
            Dialect::ClickHouse => &parsers::ClickHouseDialect {},
            Dialect::Sqlite => &parsers::SQLiteDialect {},
            Dialect::Teradata => &parsers::TeradataDialect {},
        }
    }

    /// Those that are asked next when the dialect's own parser does not understand a statement, the most alike first.
    pub fn fallbacks(self) -> impl Iterator<Item = Dialect> {
        const LENIENT: &[Dialect] = &[
            Dialect::Generic,
            Dialect::Snowflake,
            Dialect::Databricks,
            Dialect::BigQuery,
            Dialect::TSql,
            Dialect::MySql,
            Dialect::DuckDb,
            Dialect::Hive,
            Dialect::Postgres,
            Dialect::ClickHouse,
            Dialect::Redshift,
            Dialect::Oracle,
            Dialect::Teradata,
        ];
        // Where brackets make arrays, they must not be read as quotes of names.
        let brackets_quote = matches!(self, Dialect::Generic | Dialect::Ansi | Dialect::Sqlite | Dialect::Redshift);
        LENIENT.iter().copied().filter(move |other| *other != self && (*other != Dialect::TSql || brackets_quote))
    }

    fn case(self) -> Case {
        match self {
            Dialect::Postgres | Dialect::Redshift => Case::Lower,
            Dialect::Snowflake | Dialect::Oracle => Case::Upper,
            _ => Case::Ignored,
        }
    }

    /// The name as it is compared.
    pub fn key(self, ident: &Ident) -> String {
        match (self.case(), ident.quote_style) {
            (Case::Ignored, _) | (Case::Lower, None) => lower(&ident.value),
            (Case::Upper, None) => ident.value.to_uppercase(),
            (Case::Lower | Case::Upper, Some(_)) => ident.value.clone(),
        }
    }

    /// A name of the schemas, which have no quotes.
    pub fn plain_key(self, name: &str) -> String {
        match self.case() {
            Case::Ignored | Case::Lower => lower(name),
            Case::Upper => name.to_uppercase(),
        }
    }

    /// Whether a SELECT's later expressions may name its earlier ones when it is not known that a table has the column.
    pub fn lateral_aliases(self) -> bool {
        use Dialect::{ClickHouse, Databricks, DuckDb, Redshift, Snowflake, Spark, Teradata, Vertica};
        matches!(self, Redshift | Snowflake | Databricks | Spark | DuckDb | Teradata | ClickHouse | Vertica)
    }

    /// Whether `'\''` is a text of one quote.
    pub fn backslash_escapes(self) -> bool {
        use Dialect::{BigQuery, ClickHouse, Databricks, Hive, MySql, Snowflake, Spark};
        matches!(self, MySql | BigQuery | Databricks | Spark | Hive | Snowflake | ClickHouse)
    }

    /// Whether a query may name itself without RECURSIVE.
    pub fn recursive_without_keyword(self) -> bool {
        matches!(self, Dialect::TSql | Dialect::Oracle)
    }

    /// Whether one pair of backticks may hold a whole path.
    pub fn dots_in_quotes(self) -> bool {
        self == Dialect::BigQuery
    }

    /// Whether `column.field` takes a field of a struct.
    pub fn dotted_fields(self) -> bool {
        use Dialect::{BigQuery, ClickHouse, Databricks, DuckDb, Hive, Spark, Trino};
        matches!(self, BigQuery | Spark | Databricks | Hive | DuckDb | Trino | ClickHouse)
    }

    pub fn is_spark(self) -> bool {
        matches!(self, Dialect::Databricks | Dialect::Spark | Dialect::Hive)
    }
}

fn lower(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_lowercase() }
}
