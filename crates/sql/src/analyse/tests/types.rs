//! What a model's result looks like: names, types, and whether it can be NULL.

use super::{analyse, catalog, shown};

/// `name type` per column, with `?` where it can be NULL.
#[track_caller]
fn check(sql: &str, inputs: &str, expected: &str) {
    let analysis =
        analyse("models/m.sql", sql, &catalog()).unwrap_or_else(|found| panic!("{sql}\n{}", shown(sql, &found)));
    assert_eq!(analysis.inputs.join(" "), inputs, "{sql}");
    let column = |column: &crate::OutputColumn| {
        format!("{} {}{}", column.name, column.data_type, if column.nullable { "?" } else { "" })
    };
    assert_eq!(analysis.output.iter().map(column).collect::<Vec<_>>().join(", "), expected, "{sql}");
}

#[test]
fn outputs() {
    check("SELECT id, delay FROM flights", "flights", "id Int64, delay Int32?");
    check("SELECT delay * 2 AS twice, distance / 3 AS third FROM flights", "flights", "twice Int64?, third Float64");
    check(
        "SELECT count(*) AS n, sum(delay) AS s, avg(distance) AS a FROM flights",
        "flights",
        "n Int64, s Int64?, a Float64?",
    );
    check("SELECT id FROM flights UNION ALL SELECT delay FROM flights", "flights", "id Int64?");
    check("SELECT CASE WHEN delay > 0 THEN 'late' ELSE 'ok' END AS state FROM flights", "flights", "state Utf8");
    check("SELECT CAST(id AS INT) AS i, id::varchar AS v FROM flights", "flights", "i Int32, v Utf8View");
    check("SELECT row_number() OVER (ORDER BY id) AS r FROM flights", "flights", "r UInt64");
    check("SELECT value FROM generate_series(1, 3)", "", "value Int64");
    check("SELECT date_trunc('month', day) AS m FROM flights", "flights", "m Timestamp(ns)");
    check(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n",
        "",
        "i Int64?",
    );
    check(
        "SELECT local_timestamp(day, delay, 'America/New_York') AS t FROM flights",
        "flights",
        "t Timestamp(µs, \"UTC\")?",
    );
}

#[test]
fn null_is_followed() {
    for (sql, expected) in [
        ("SELECT coalesce(delay, 0) AS d FROM flights", "d Int64"),
        ("SELECT delay FROM flights WHERE delay IS NOT NULL", "delay Int32"),
        ("SELECT delay FROM flights WHERE delay > 3 AND origin LIKE 'E%'", "delay Int32"),
        ("SELECT delay, origin FROM flights WHERE delay > 3 OR origin = 'E'", "delay Int32?, origin Utf8View?"),
        ("SELECT f.d FROM (SELECT delay AS d FROM flights WHERE delay IS NOT NULL) f ORDER BY d", "d Int32"),
        ("SELECT DISTINCT origin FROM flights WHERE origin IN ('EWR', 'JFK')", "origin Utf8View"),
        ("SELECT NULLIF(id, 3) AS i FROM flights", "i Int64?"),
    ] {
        check(sql, "flights", expected);
    }
    for (sql, expected) in [
        ("SELECT f.id, a.name FROM flights f JOIN airlines a ON f.carrier = a.carrier", "id Int64, name Utf8View"),
        (
            "SELECT f.id, a.name FROM flights f LEFT JOIN airlines a ON f.carrier = a.carrier",
            "id Int64, name Utf8View?",
        ),
        (
            "SELECT f.id, a.name FROM flights f FULL JOIN airlines a ON f.carrier = a.carrier",
            "id Int64?, name Utf8View?",
        ),
        ("SELECT a.name FROM flights f LEFT JOIN airlines a USING (carrier) WHERE a.name IS NOT NULL", "name Utf8View"),
        ("SELECT f.origin FROM flights f JOIN airlines a ON f.origin = a.name", "origin Utf8View"),
    ] {
        check(sql, "airlines flights", expected);
    }
    for (sql, expected) in [
        (
            "SELECT day, sum(distance) AS s, max(delay) AS m FROM flights GROUP BY day",
            "day Date32, s Float64, m Int32?",
        ),
        ("SELECT sum(distance) AS s FROM flights", "s Float64?"),
        ("SELECT day, sum(distance) FILTER (WHERE delay > 3) AS s FROM flights GROUP BY day", "day Date32, s Float64?"),
        ("SELECT origin, min(delay) AS m FROM flights WHERE delay > 0 GROUP BY origin", "origin Utf8View?, m Int32"),
    ] {
        check(sql, "flights", expected);
    }
}

#[test]
fn case_is_the_contracts() {
    check("SELECT orderid, AMOUNT FROM orders", "Orders", "OrderId Int64, Amount Decimal128(10, 2)");
    check("SELECT o.OrderId AS OrderId FROM Orders o", "Orders", "OrderId Int64");
    check(
        "SELECT \"OrderId\", \"State\", state FROM \"Orders\"",
        "Orders",
        "OrderId Int64, State Utf8View?, state Utf8View?",
    );
    check("WITH x AS (SELECT ORDERID FROM orders) SELECT orderid FROM x", "Orders", "OrderId Int64");
    check("SELECT a.orderid FROM orders a JOIN orders b USING (orderid)", "Orders", "OrderId Int64");
    check(
        "WITH x(orderid) AS (SELECT id FROM flights) SELECT x.orderid FROM x JOIN orders o ON o.orderid = x.orderid",
        "Orders flights",
        "OrderId Int64",
    );
}
