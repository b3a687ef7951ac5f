//! Tests of `script`: the rules of SQL, one table of cases per area.
#![allow(clippy::unwrap_used)]

use super::super::wire::Dependence;
use super::super::{Dialect, Options, Schemas, follow};

fn dependence(found: &Dependence) -> String {
    let table = found.table.map(|table| format!("{table}.")).unwrap_or_default();
    let masked = if found.masking { " masked" } else { "" };
    let unresolved = if found.resolved { "" } else { "?" };
    format!("{table}{}{unresolved} {}{masked}", found.column, found.kind)
}

/// Each column in a line: `table.column: sources | what steers it`.
fn lines(dialect: Dialect, schema: &str, sql: &str) -> Vec<String> {
    let schemas = if schema.is_empty() { Schemas::default() } else { Schemas::from_json(schema, dialect).unwrap() };
    follow(sql, &Options { dialect, schemas }, |script| {
        let report = script.report();
        let mut lines = Vec::new();
        for statement in &report.statements {
            lines.extend(statement.error.map(|error| format!("error: {error}")));
            for column in &statement.columns {
                let table = column.table.map(|table| format!("{table}.")).unwrap_or_default();
                let sources: Vec<String> =
                    column.sources.iter().filter(|source| source.steers.is_none()).map(dependence).collect();
                let indirect: Vec<String> = column.indirect.iter().map(dependence).collect();
                let indirect = if indirect.is_empty() { String::new() } else { format!(" | {}", indirect.join(", ")) };
                lines.push(format!("{table}{}: {}{indirect}", column.column, sources.join(", ")));
            }
        }
        lines
    })
}

fn check_in(dialect: Dialect, schema: &str, sql: &str, expected: &[&str]) {
    assert_eq!(lines(dialect, schema, sql), expected, "{sql}");
}

fn check(sql: &str, expected: &[&str]) {
    check_in(Dialect::Generic, "", sql, expected);
}

const SHOP: &str = r#"{"orders": ["id", "customer", "amount"], "customers": {"id": "int", "name": "text"}}"#;

#[test]
fn expressions_say_how_they_use_a_column() {
    check("SELECT a FROM t", &["a: t.a identity"]);
    check("SELECT a + 1 AS b FROM t", &["b: t.a transformation"]);
    check("SELECT sum(a) AS b FROM t", &["b: t.a aggregation"]);
    check("SELECT sum(a) + max(b) AS c FROM t", &["c: t.a aggregation, t.b aggregation"]);
    check("SELECT md5(a) AS b FROM t", &["b: t.a transformation masked"]);
    check("SELECT md5(a) || a AS b FROM t", &["b: t.a transformation"]);
    check(
        "SELECT CASE WHEN a THEN b ELSE c END AS d FROM t",
        &["d: t.b transformation, t.c transformation | t.a conditional"],
    );
    check("SELECT if(a, b, 0) AS d FROM t", &["d: t.b transformation | t.a conditional"]);
    check("SELECT count(*) AS n FROM t", &["n: "]);
    check("SELECT 1 AS n FROM t", &["n: "]);
    check("SELECT dateadd(day, 1, a) AS b FROM t", &["b: t.a transformation"]);
    check(
        "SELECT sum(a) OVER (PARTITION BY b ORDER BY c) AS d FROM t",
        &["d: t.a aggregation | t.b window, t.c window"],
    );
    check("SELECT rank() OVER w AS r FROM t WINDOW w AS (PARTITION BY b)", &["r:  | t.b window"]);
    check("SELECT sum(a) FILTER (WHERE b) AS c FROM t", &["c: t.a aggregation | t.b conditional"]);
}

#[test]
fn rows_depend_on_what_selects_and_orders_them() {
    check(
        "SELECT a FROM t JOIN u ON t.k = u.k WHERE t.f GROUP BY t.g HAVING max(u.h) > 1 ORDER BY t.s",
        &["a: a? identity | t.k join, u.k join, t.f filter, u.h filter, t.g group_by, t.s sort"],
    );
    check(
        "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.k = t.k)",
        &["a: t.a identity | u.k filter, t.k filter"],
    );
    check("SELECT DISTINCT a FROM t", &["a: t.a identity | t.a group_by"]);
    check("SELECT a FROM t EXCEPT ALL SELECT b FROM u", &["a: t.a identity | u.b filter"]);
}

#[test]
fn names_are_resolved_by_scope() {
    check_in(
        Dialect::Generic,
        SHOP,
        "SELECT name, amount FROM orders o JOIN customers c ON o.customer = c.id",
        &[
            "name: customers.name identity | orders.customer join, customers.id join",
            "amount: orders.amount identity | orders.customer join, customers.id join",
        ],
    );
    // Two tables may have it, and nothing says which.
    check("SELECT x FROM a, b", &["x: x? identity"]);
    check("WITH a AS (SELECT 1 AS x) SELECT x, y FROM a, b", &["x: ", "y: b.y identity"]);
    // The inner query's table hides the outer one.
    check(
        "SELECT (SELECT max(v) FROM u WHERE u.k = t.k) AS m FROM t",
        &["m: u.v aggregation | u.k filter, t.k filter"],
    );
    // A common table expression hides the table of its name, but not within itself.
    check("WITH t AS (SELECT a FROM t) SELECT a FROM t", &["a: t.a identity"]);
    check("SELECT u.a FROM t", &["a: u.a? identity"]);
}

#[test]
fn stars_are_expanded_where_columns_are_known() {
    check_in(
        Dialect::Generic,
        SHOP,
        "SELECT * FROM customers",
        &["id: customers.id identity", "name: customers.name identity"],
    );
    check("SELECT * FROM t", &["*: t.* identity"]);
    check("SELECT x FROM (SELECT * FROM t) s", &["x: t.x identity"]);
    check("SELECT x FROM (SELECT * FROM t UNION ALL SELECT * FROM u) s", &["x: t.x identity, u.x identity"]);
    check_in(
        Dialect::BigQuery,
        SHOP,
        "SELECT * EXCEPT (id) REPLACE (upper(name) AS name) FROM customers",
        &["name: customers.name transformation"],
    );
    check_in(Dialect::Snowflake, SHOP, "SELECT * EXCLUDE id FROM customers", &["name: customers.name identity"]);
    check_in(
        Dialect::Generic,
        SHOP,
        "SELECT o.* FROM orders o JOIN customers USING (id)",
        &[
            "id: orders.id identity | orders.id join, customers.id join",
            "customer: orders.customer identity | orders.id join, customers.id join",
            "amount: orders.amount identity | orders.id join, customers.id join",
        ],
    );
}

#[test]
fn recursion_ends() {
    check(
        "WITH RECURSIVE r AS (SELECT a, b FROM t UNION ALL SELECT b, a FROM r) SELECT a FROM r",
        &["a: t.a identity, t.b identity"],
    );
}

#[test]
fn writes_are_placed_by_position_and_by_name() {
    check("INSERT INTO u (x, y) SELECT a, b FROM t", &["u.x: t.a identity", "u.y: t.b identity"]);
    check(
        "CREATE TABLE u (x int, y int); INSERT INTO u SELECT a, b FROM t",
        &["u.x: t.a identity", "u.y: t.b identity"],
    );
    check("CREATE VIEW v (x) AS SELECT a FROM t", &["v.x: t.a identity"]);
    check("UPDATE u SET x = t.a FROM t WHERE t.k = u.k", &["u.x: t.a identity | t.k filter, u.k filter"]);
    check(
        "MERGE INTO u USING t ON u.k = t.k WHEN MATCHED THEN UPDATE SET x = t.a WHEN NOT MATCHED THEN INSERT (k, x) VALUES (t.k, t.b)",
        &["u.x: t.a identity, t.b identity | u.k join, t.k join", "u.k: t.k identity | u.k join, t.k join"],
    );
    check_in(
        Dialect::Databricks,
        "",
        "MERGE INTO u USING t ON u.k = t.k WHEN MATCHED THEN UPDATE SET *",
        &["u.*: t.* identity | u.k join, t.k join"],
    );
    check_in(
        Dialect::Hive,
        "",
        "FROM t INSERT OVERWRITE TABLE u SELECT a WHERE b INSERT OVERWRITE TABLE v SELECT c",
        &["u.a: t.a identity | t.b filter", "v.c: t.c identity"],
    );
}

#[test]
fn dialects_differ_in_names() {
    // Unquoted names are folded, quoted ones are not.
    check_in(Dialect::Postgres, r#"{"t": ["a"]}"#, r#"SELECT A, "A" FROM T"#, &["A: t.a identity", "A: A? identity"]);
    check_in(Dialect::MySql, r#"{"t": ["a"]}"#, "SELECT `A` FROM T", &["A: t.a identity"]);
    check_in(
        Dialect::Snowflake,
        r#"{"t": ["a"]}"#,
        r#"SELECT "A", "a" FROM t"#,
        &["A: t.a identity", "a: a? identity"],
    );
    check_in(Dialect::BigQuery, "", "SELECT x FROM `p.d.t`", &["x: p.d.t.x identity"]);
    // Aliases of the same SELECT: only where the dialect has them, or where no table can have the column.
    check_in(Dialect::Snowflake, "", "SELECT a AS b, b + 1 AS c FROM t", &["b: t.a identity", "c: t.a transformation"]);
    check_in(Dialect::Postgres, "", "SELECT a AS b, b + 1 AS c FROM t", &["b: t.a identity", "c: t.b transformation"]);
    check_in(Dialect::BigQuery, "", "SELECT payload.user.id FROM events", &["id: events.payload transformation"]);
}

#[test]
fn rows_out_of_values() {
    check_in(
        Dialect::Snowflake,
        "",
        "SELECT f.value:x::string AS x FROM t, LATERAL FLATTEN(input => t.j) f",
        &["x: t.j transformation | t.j join"],
    );
    check_in(Dialect::BigQuery, "", "SELECT e.x FROM t, UNNEST(t.arr) AS e", &["x: t.arr transformation | t.arr join"]);
    check_in(
        Dialect::Spark,
        "",
        "SELECT q.e FROM t LATERAL VIEW explode(arr) q AS e",
        &["e: t.arr transformation | t.arr join"],
    );
}

#[test]
fn one_bad_statement_does_not_lose_the_others() {
    let found = lines(Dialect::Generic, "", "SELECT a FROM t;\nSELEC FROM;\nSELECT 'open FROM u;\nSELECT b FROM u");
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found[1].starts_with("error: ") && found[1].contains("Line: 2"), "{found:?}");
    assert!(found[2].starts_with("error: "), "{found:?}");
    assert_eq!(found[3], "b: u.b identity");
    let found = lines(Dialect::Generic, "", "SELECT a FROM FROM");
    assert!(found[0].starts_with("error: "), "{found:?}");
}

#[test]
fn columns_are_followed_through_the_script() {
    let sql = "CREATE TEMP TABLE s AS SELECT a, md5(b) AS b FROM t; CREATE VIEW v AS SELECT * FROM s; \
               INSERT INTO o SELECT a, b FROM v; DROP TABLE s";
    let ends = follow(sql, &Options::default(), |script| {
        let report = script.report();
        assert_eq!((report.inputs.as_slice(), report.outputs.as_slice()), (["t"].as_slice(), ["o"].as_slice()));
        let end = |end: &super::super::wire::End| {
            let sources: Vec<String> = end.sources.iter().map(dependence).collect();
            format!("{}.{}: {}", end.table.unwrap(), end.column, sources.join(", "))
        };
        report.end_to_end.iter().map(end).collect::<Vec<_>>()
    });
    assert_eq!(ends, ["o.a: t.a identity", "o.b: t.b transformation masked"]);
}
