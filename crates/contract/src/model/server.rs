//! Where the datasets are.

use super::Version::{V3_0_0, V3_1_0, V3_2_0};
use super::record::{ScalarValue, TextForm, field, record};
use super::{CustomProperty, Role, Version};

record! {
    /// A place that holds the datasets. Which fields apply depends on the type; the lint knows.
    pub struct Server = "a server", Some(V3_1_0);
    /// Stable identifier.
    id: Option<String> = field("id").since(V3_1_0).form(TextForm::Id);
    /// Name of the server.
    server: Option<String> = field("server").required();
    /// What it is: postgres, s3, kafka, local, custom and so on.
    kind: Option<String> = field("type").required();
    /// What it is for.
    description: Option<String> = field("description");
    /// For example prod or test.
    environment: Option<String> = field("environment");
    /// Roles that give access.
    roles: Vec<Role> = field("roles");
    /// Host name or address.
    host: Option<String> = field("host");
    /// Network port, or a variable that holds it.
    port: Option<ScalarValue> = field("port");
    /// Database.
    database: Option<String> = field("database");
    /// Schema within the database.
    schema: Option<ScalarValue> = field("schema");
    /// Catalog.
    catalog: Option<String> = field("catalog");
    /// Address of the catalog.
    catalog_url: Option<String> = field("catalogUrl").since(V3_2_0);
    /// Namespace within the catalog.
    namespace: Option<String> = field("namespace").since(V3_2_0);
    /// Warehouse.
    warehouse: Option<String> = field("warehouse");
    /// Workgroup.
    workgroup: Option<String> = field("workgroup").since(V3_2_0);
    /// Project.
    project: Option<String> = field("project");
    /// Dataset within the project.
    dataset: Option<String> = field("dataset");
    /// Account.
    account: Option<String> = field("account");
    /// Address of files.
    location: Option<String> = field("location");
    /// Path of files.
    path: Option<String> = field("path");
    /// Form of files: parquet, delta, json, csv.
    format: Option<String> = field("format");
    /// Character encoding of files.
    encoding: Option<String> = field("encoding").since(V3_2_0);
    /// How JSON documents are separated: new_line, array.
    delimiter: Option<String> = field("delimiter");
    /// Endpoint of an object store.
    endpoint_url: Option<String> = field("endpointUrl");
    /// Region.
    region: Option<String> = field("region");
    /// Region.
    region_name: Option<String> = field("regionName");
    /// Service.
    service_name: Option<String> = field("serviceName");
    /// Where intermediate results go.
    staging_dir: Option<String> = field("stagingDir");
    /// Stream.
    stream: Option<String> = field("stream").since(V3_1_0);
    /// Settings that the standard does not know.
    custom_properties: Vec<CustomProperty> = field("customProperties");
}

/// What a type of server needs, and what it may have besides.
#[derive(Debug)]
pub struct ServerType {
    pub name: &'static str,
    pub since: Version,
    pub required: &'static [&'static str],
    pub optional: &'static [&'static str],
}

const fn server(
    name: &'static str,
    since: Version,
    required: &'static [&'static str],
    optional: &'static [&'static str],
) -> ServerType {
    ServerType { name, since, required, optional }
}

/// All types of servers of the standard.
pub static SERVER_TYPES: &[ServerType] = &[
    server("api", V3_0_0, &["location"], &[]),
    server("athena", V3_0_0, &["schema"], &["stagingDir", "catalog", "regionName", "workgroup"]),
    server("azure", V3_0_0, &["location", "format"], &["delimiter", "encoding"]),
    server("bigquery", V3_0_0, &["project", "dataset"], &[]),
    server("btrieve", V3_2_0, &["host", "database"], &["port"]),
    server("clickhouse", V3_0_0, &["host", "port", "database"], &[]),
    server("cloudsql", V3_0_0, &["host", "port", "database", "schema"], &[]),
    server("custom", V3_0_0, &[], CUSTOM),
    server("databricks", V3_0_0, &["catalog", "schema"], &["host"]),
    server("db2", V3_0_0, &["host", "port", "database"], &["schema"]),
    server("denodo", V3_0_0, &["host", "port"], &["database"]),
    server("dremio", V3_0_0, &["host", "port"], &["schema"]),
    server("duckdb", V3_0_0, &["database"], &["schema"]),
    server("exasol", V3_2_0, &["host"], &["port", "schema"]),
    server("fastobjects", V3_2_0, &["database"], &["host", "port"]),
    server("glue", V3_0_0, &["account", "database"], &["location", "format", "encoding"]),
    server("hana", V3_2_0, &["host"], &["port", "database", "schema"]),
    server("hive", V3_1_0, &["host", "database"], &["port"]),
    server("iceberg", V3_2_0, &["catalog", "catalogUrl"], &["namespace", "warehouse"]),
    server("impala", V3_1_0, &["host", "database"], &["port"]),
    server("informix", V3_0_0, &["host", "database"], &["port"]),
    server("ingres", V3_2_0, &["host", "database"], &["port"]),
    server("kafka", V3_0_0, &["host"], &["format", "encoding"]),
    server("kinesis", V3_0_0, &[], &["region", "format", "encoding"]),
    server("local", V3_0_0, &["path", "format"], &["encoding"]),
    server("mysql", V3_0_0, &["host", "port", "database"], &[]),
    server("oracle", V3_0_0, &["host", "port", "serviceName"], &[]),
    server("poet", V3_2_0, &["database"], &["host", "port"]),
    server("postgres", V3_0_0, &["host", "port", "database", "schema"], &[]),
    server("postgresql", V3_0_0, &["host", "port", "database", "schema"], &[]),
    server("presto", V3_0_0, &["host"], &["catalog", "schema"]),
    server("pubsub", V3_0_0, &["project"], &[]),
    server("redshift", V3_0_0, &["database", "schema"], &["host", "region", "account"]),
    server("s3", V3_0_0, &["location"], &["endpointUrl", "format", "delimiter", "encoding"]),
    server("sftp", V3_0_0, &["location"], &["format", "delimiter", "encoding"]),
    server("snowflake", V3_0_0, &["account", "database", "schema"], &["host", "port", "warehouse"]),
    server("sqlserver", V3_0_0, &["host", "database", "schema"], &["port"]),
    server("synapse", V3_0_0, &["host", "port", "database"], &[]),
    server("teradata", V3_2_0, &["host"], &["port", "database"]),
    server("trino", V3_0_0, &["host", "port", "catalog", "schema"], &[]),
    server("vectorwise", V3_2_0, &["host", "database"], &["port"]),
    server("versant", V3_2_0, &["database"], &["host", "port"]),
    server("vertica", V3_0_0, &["host", "port", "database", "schema"], &[]),
    server("zen", V3_1_0, &["host", "database"], &["port"]),
];

const CUSTOM: &[&str] = &[
    "account",
    "catalog",
    "database",
    "dataset",
    "delimiter",
    "endpointUrl",
    "format",
    "encoding",
    "host",
    "location",
    "path",
    "port",
    "project",
    "region",
    "regionName",
    "schema",
    "serviceName",
    "stagingDir",
    "warehouse",
    "stream",
];
