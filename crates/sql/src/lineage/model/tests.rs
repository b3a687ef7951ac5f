//! Tests of `model`: the plan and the text say the same.
#![allow(clippy::unwrap_used, clippy::panic)]

use contract::{Dataset, load};

use super::*;

const CONTRACT: &str = "
apiVersion: v3.1.0
kind: DataContract
id: shop
name: Shop
version: 1.0.0
status: active
schema:
  - name: orders
    properties:
      - { name: id, logicalType: integer }
      - { name: customer, logicalType: integer }
      - { name: amount, logicalType: number }
      - { name: day, logicalType: date }
      - { name: tags, logicalType: array, items: { logicalType: string } }
  - name: customers
    properties:
      - { name: id, logicalType: integer }
      - { name: Name, logicalType: string }
      - { name: email, logicalType: string }
";

fn datasets() -> Vec<Dataset> {
    let loaded = load("shop.yaml", CONTRACT);
    assert!(loaded.diagnostics.iter().all(|found| !found.is_error()), "{:?}", loaded.diagnostics);
    loaded.datasets
}

fn lines(lineage: &ModelLineage) -> Vec<String> {
    let masked = |masks: bool| if masks { " masked" } else { "" };
    let line = |column: &ModelColumn| {
        let direct: Vec<String> = column
            .direct
            .iter()
            .map(|of| format!("{}.{} {}{}", of.dataset, of.column, of.kind.word(), masked(of.masks)))
            .collect();
        let indirect: Vec<String> =
            column.indirect.iter().map(|of| format!("{}.{} {}", of.dataset, of.column, of.kind.word())).collect();
        let indirect = if indirect.is_empty() { String::new() } else { format!(" | {}", indirect.join(", ")) };
        format!("{}: {}{indirect}", column.name, direct.join(", "))
    };
    lineage.columns.iter().map(line).collect()
}

fn check(sql: &str, expected: &[&str]) {
    let datasets = datasets();
    let found = model("m.sql", sql, &Catalog::new(&datasets), &datasets);
    assert_eq!(found.how, How::Typed, "{sql}");
    assert_eq!(lines(&found), expected, "{sql}");
}

#[test]
fn columns_of_planned_queries() {
    check(
        "SELECT id, name, md5(email) AS m FROM customers",
        &["id: customers.id identity", "Name: customers.Name identity", "m: customers.email transformation masked"],
    );
    check(
        "SELECT c.name, sum(o.amount) AS total FROM orders o JOIN customers c ON o.customer = c.id GROUP BY c.name",
        &[
            "Name: customers.Name identity | orders.customer join, customers.id join, customers.Name group_by",
            "total: orders.amount aggregation | orders.customer join, customers.id join, customers.Name group_by",
        ],
    );
    check(
        "SELECT CASE WHEN amount > 1 THEN day END AS d FROM orders WHERE id > 3",
        &["d: orders.day transformation | orders.id filter, orders.amount conditional"],
    );
    check(
        "SELECT id, rank() OVER (PARTITION BY customer ORDER BY day) AS r FROM orders",
        &["id: orders.id identity", "r:  | orders.customer window, orders.day window"],
    );
    check(
        "WITH t AS (SELECT * FROM orders) SELECT x.id FROM t x LEFT SEMI JOIN customers c ON x.customer = c.id",
        &["id: orders.id identity | orders.customer join, customers.id join"],
    );
    check(
        "SELECT id FROM orders UNION ALL SELECT id FROM customers",
        &["id: orders.id identity, customers.id identity"],
    );
    check(
        "SELECT id, unnest(tags) AS tag FROM orders",
        &["id: orders.id identity | orders.tags join", "tag: orders.tags transformation | orders.tags join"],
    );
}

#[test]
fn subqueries_and_recursion() {
    check(
        "SELECT (SELECT max(amount) FROM orders o WHERE o.customer = c.id) AS m FROM customers c",
        &["m: orders.amount aggregation | customers.id filter, orders.customer filter"],
    );
    check(
        "SELECT id FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer = c.id)",
        &["id: customers.id identity | customers.id filter, orders.customer filter"],
    );
    check(
        "SELECT id FROM customers WHERE id IN (SELECT customer FROM orders WHERE amount > 2)",
        &["id: customers.id identity | customers.id filter, orders.customer filter, orders.amount filter"],
    );
    check(
        "WITH RECURSIVE r AS (SELECT id AS a, customer AS b FROM orders UNION ALL SELECT b, a FROM r WHERE a < 5) SELECT a FROM r",
        &["a: orders.id identity, orders.customer identity | orders.id filter, orders.customer filter"],
    );
}

#[test]
fn what_cannot_be_planned_is_read_as_text() {
    let datasets = datasets();
    let found = model(
        "m.sql",
        "SELECT id, no_such_function(amount) AS x, nowhere FROM orders",
        &Catalog::new(&datasets),
        &datasets,
    );
    assert_eq!(found.how, How::Syntactic);
    assert_eq!(lines(&found)[..2], ["id: orders.id identity", "x: orders.amount transformation"]);
    assert_eq!(found.columns[2].unresolved, ["nowhere"]);
}
