//! Foreign SQL never causes a panic or an overflow, and never costs much more than its size.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseResult};
use serde_json::{Value, json};
use sql::lineage::{Dialect, Options};

use super::{items, lineage};

/// Generous, because test builds are slow and machines are busy; what grows by the square takes minutes.
const PATIENCE: Duration = Duration::from_secs(60);

fn check(sql: &str) -> Value {
    let start = Instant::now();
    let found = lineage(sql, &json!("generic"), &Value::Null);
    let elapsed = start.elapsed();
    let shown: String = sql.chars().take(60).collect();
    assert!(elapsed < PATIENCE, "{elapsed:?} for {shown}…");
    found
}

fn error(sql: &str) {
    let found = check(sql);
    assert!(found["statements"][0]["error"].is_string(), "no error: {found}");
}

fn understood(sql: &str) {
    let found = check(sql);
    assert!(found["statements"][0]["error"].is_null(), "{}", found["statements"][0]["error"]);
}

#[test]
fn deep_nesting_is_refused() {
    let nested = |open: &str, inner: &str, close: &str, times: usize| {
        format!("SELECT {}{inner}{}", open.repeat(times), close.repeat(times))
    };
    error(&nested("(", "1", ")", 100_000));
    error(&nested("NOT ", "a", "", 50_000));
    error(&nested("- ", "a", "", 50_000));
    error(&nested("CASE WHEN a THEN ", "1", " END", 3_000));
    error(&nested("f(", "1", ")", 10_000));
    error(&format!("SELECT * FROM {}t{}", "(SELECT * FROM ".repeat(3_000), ") x".repeat(3_000)));
    error(&format!("SELECT a{} FROM t", ".b".repeat(50_000)));
    error(&format!("SELECT a{} FROM t", "::int".repeat(50_000)));
    understood(&nested("(", "1", ")", 60));
    understood(&format!("SELECT * FROM {}t{}", "(SELECT * FROM ".repeat(60), ") x".repeat(60)));
}

#[test]
fn long_statements_are_understood() {
    let many = |times: usize, part: &str, between: &str| vec![part; times].join(between);
    understood(&format!("SELECT {} FROM t", many(20_000, "a", " + ")));
    understood(&format!("SELECT a FROM t WHERE {}", many(10_000, "a = 1", " OR ")));
    understood(&many(5_000, "SELECT a FROM t", " UNION ALL "));
    understood(&format!("SELECT a FROM t WHERE a IN ({})", many(100_000, "17", ", ")));
    understood(&format!("SELECT {} FROM t", many(10_000, "a", ", ")));
    error(&format!("SELECT {} FROM t", many(500_000, "a", " + ")));
}

#[test]
fn what_would_explode_is_refused() {
    let mut doubled = String::from("WITH c0 AS (SELECT a, b FROM t)");
    for level in 1..40 {
        let before = level - 1;
        doubled.push_str(&format!(", c{level} AS (SELECT * FROM c{before} x JOIN c{before} y ON x.a = y.b)"));
    }
    error(&format!("{doubled} SELECT * FROM c39"));
    let columns: Vec<String> = (0..3_000).map(|column| format!("c{column}")).collect();
    error(&format!("SELECT DISTINCT {} FROM t", columns.join(", ")));
}

#[test]
fn nothing_is_lost_of_long_scripts() {
    let script: String = (1..2_000).map(|n| format!("INSERT INTO t{n} SELECT a FROM t{};\n", n - 1)).collect();
    let found = check(&script);
    assert_eq!(items(&found["statements"]).len(), 1_999);
    assert_eq!(items(&found["end_to_end"]).len(), 1);
    assert_eq!(found["end_to_end"][0]["sources"][0]["table"], "t0");
    check(&";".repeat(1_000_000));
    check(&"/*".repeat(200_000));
    check(&"SELECT '".repeat(20_000));
    check(&"BEGIN ".repeat(100_000));
    check("\0\0\0");
    check("");
}

/// Pieces of SQL in any order: more often than random bytes they reach behind the parser.
const PIECES: &[&str] = &[
    "SELECT",
    "a",
    "b.c",
    "*",
    "t.*",
    "FROM",
    "t",
    "u AS x",
    "JOIN",
    "LEFT JOIN",
    "ON",
    "USING (a)",
    "WHERE",
    "a = b",
    "AND",
    "GROUP BY",
    "1",
    "ORDER BY",
    "a DESC",
    "UNION ALL",
    "EXCEPT",
    "(",
    ")",
    ",",
    ";",
    "WITH",
    "RECURSIVE",
    "c AS (SELECT a FROM t)",
    "INSERT INTO t",
    "UPDATE t SET a = b",
    "DELETE FROM t",
    "MERGE INTO t USING u ON a = b",
    "WHEN MATCHED THEN",
    "CREATE TABLE v AS",
    "CREATE VIEW v (x) AS",
    "sum(a)",
    "rank() OVER (PARTITION BY a)",
    "CASE WHEN a THEN b END",
    "'text'",
    "LATERAL",
    "UNNEST(a)",
    "PIVOT(sum(a) FOR b IN (1, 2))",
    "UNPIVOT(a FOR b IN (c, d))",
    "EXISTS",
    "IN",
    "DISTINCT",
    "AS y",
    "BEGIN",
    "END",
    "IF",
    "THEN",
    "LOOP",
    "CREATE PROCEDURE p() AS",
    "$$",
    "\"q",
    "`",
    "[",
    "]",
    "{{ x }}",
    "-- c\n",
    "/*",
    "*/",
    "VALUES (1, a)",
    "QUALIFY",
    "EXCLUDE (a)",
    "REPLACE (a AS b)",
    "LATERAL VIEW explode(a) e AS f",
    "x -> x + 1",
    "a:b.c",
    "é",
];

fn dialects() -> impl Strategy<Value = Dialect> {
    let all: Vec<Dialect> = Dialect::names().filter_map(Dialect::named).collect();
    proptest::sample::select(all)
}

fn survives(sql: &str, dialect: Dialect) -> TestCaseResult {
    let options = Options { dialect, ..Options::default() };
    let start = Instant::now();
    let json = sql::lineage::follow(sql, &options, |script| serde_json::to_string(&script.report()).is_ok());
    prop_assert!(json);
    prop_assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn any_pieces(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..30), dialect in dialects()) {
        survives(&pieces.join(" "), dialect)?;
    }

    #[test]
    fn any_text(sql in "\\PC{0,200}", dialect in dialects()) {
        survives(&sql, dialect)?;
    }

    #[test]
    fn any_cut_of_a_script(from in 0usize..400, until in 0usize..400, dialect in dialects()) {
        const SCRIPT: &str = "WITH c AS (SELECT a, max(b) OVER (PARTITION BY d) m FROM t LEFT JOIN u USING (k)) INSERT INTO o (x, y) \
            SELECT CASE WHEN a > 1 THEN m ELSE 'é' END, (SELECT count(*) FROM v WHERE v.k = c.a) FROM c QUALIFY 1 = 1; \
            MERGE INTO o USING (SELECT * FROM w PIVOT(sum(a) FOR b IN ('x', 'y'))) s ON o.k = s.k WHEN MATCHED THEN UPDATE SET a = s.b";
        let cut = SCRIPT.get(from.min(until)..from.max(until).min(SCRIPT.len())).unwrap_or_default();
        survives(cut, dialect)?;
    }
}
