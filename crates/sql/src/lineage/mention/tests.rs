//! Tests of `mention`: each place is shown as the text that stands there.
#![allow(clippy::unwrap_used)]

use contract::load;

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
      - { name: address, logicalType: object, properties: [{ name: city, logicalType: string }] }
  - name: customers
    properties:
      - { name: id, logicalType: integer }
      - { name: customer, logicalType: integer }
      - { name: Name, logicalType: string }
";

/// `dataset.column kind line:column text`, without the datasets' own places.
fn check(sql: &str, expected: &[&str]) {
    let datasets = load("shop.yaml", CONTRACT).datasets;
    let found = mentions(sql, &datasets);
    let line = |of: &Mention| {
        let column = of.column.clone().unwrap_or_default();
        format!("{}.{column} {} {}:{} {}", of.dataset, of.kind, of.line, of.place, &sql[of.start..of.end])
    };
    let lines: Vec<String> = found.iter().filter(|of| of.column.is_some()).map(line).collect();
    assert_eq!(lines, expected, "{sql}");
    let datasets: Vec<&str> = found.iter().filter(|of| of.column.is_none()).map(|of| of.dataset.as_str()).collect();
    assert!(!datasets.is_empty(), "{sql}");
}

#[test]
fn every_clause() {
    check(
        "SELECT o.id, sum(amount) AS total\nFROM orders o\nWHERE o.amount > 3 GROUP BY o.id ORDER BY o.id",
        &[
            "orders.id identity 1:10 id",
            "orders.amount aggregation 1:18 amount",
            "orders.amount filter 3:9 amount",
            "orders.id group_by 3:31 id",
            "orders.id sort 3:45 id",
        ],
    );
    check(
        "SELECT name FROM orders JOIN customers USING (customer)",
        &[
            "customers.Name identity 1:8 name",
            "customers.customer join 1:47 customer",
            "orders.customer join 1:47 customer",
        ],
    );
    check(
        "SELECT id FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer = c.id)",
        &["customers.id identity 1:8 id", "orders.customer filter 1:73 customer", "customers.id filter 1:86 id"],
    );
}

#[test]
fn a_name_handed_on_is_a_mention_and_an_alias_is_none() {
    check(
        "WITH a AS (SELECT * FROM orders), b AS (SELECT *, amount AS paid FROM a) SELECT amount, paid FROM b",
        &["orders.amount identity 1:51 amount", "orders.amount identity 1:81 amount"],
    );
    check("SELECT orders.address.city FROM orders", &["orders.address transformation 1:15 address"]);
}

#[test]
fn what_is_not_one_query_names_nothing() {
    for text in ["", "SELEC 1", "SELECT 1; SELECT 2", "DROP TABLE orders", "SELECT id FROM nowhere"] {
        assert!(mentions(text, &load("shop.yaml", CONTRACT).datasets).is_empty(), "{text}");
    }
}
