//! Names of tables and columns as contracts and as databases have them.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

const CONTRACT: &str = "apiVersion: v3.1.0
kind: DataContract
id: a
version: 1.0.0
status: active
schema:
  - name: orders
    physicalName: ORD_1
    properties:
      - { name: id, physicalName: ORDER_ID, logicalType: integer }
      - { name: status, physicalName: id_2, logicalType: string }
";

fn dataset() -> Dataset {
    contract::load("c.yaml", CONTRACT).datasets.remove(0)
}

fn here(sql: &str) -> String {
    let dataset = dataset();
    logical(sql, &[Named { dataset: &dataset, physical: Some("ORD_1") }]).unwrap()
}

#[test]
fn physical_names_become_those_of_the_contract() {
    assert_eq!(here("SELECT count(order_id) FROM ord_1"), "SELECT count(\"id\") FROM \"orders\" AS ord_1");
    assert_eq!(here("SELECT o.ID_2 FROM ORD_1 o"), "SELECT o.\"status\" FROM \"orders\" o");
    assert_eq!(here("SELECT id, status FROM orders"), "SELECT id, status FROM orders");
    assert_eq!(
        here("WITH ord_1 AS (SELECT 1 AS x) SELECT x FROM ord_1"),
        "WITH ord_1 AS (SELECT 1 AS x) SELECT x FROM ord_1"
    );
    assert_eq!(here("SELECT \"order_id\" FROM orders"), "SELECT \"order_id\" FROM orders", "a quoted name is exact");
}

#[test]
fn a_database_is_asked_in_its_own_names() {
    let dataset = dataset();
    let columns = [Some("ORDER_ID".to_owned()), Some("id_2".to_owned())];
    let named = Named { dataset: &dataset, physical: Some("ORD_1") };
    let tables = [Table { named, table: "sales.\"ORD_1\"", columns: &columns }];
    let there = |sql: &str| in_postgres(sql, &tables);
    let whole = "(SELECT t.*, t.\"ORDER_ID\" AS \"id\", t.\"id_2\" AS \"status\" FROM sales.\"ORD_1\" AS t)";
    assert_eq!(
        there("SELECT count(*) FROM orders WHERE status ~ 'x'").unwrap(),
        format!("SELECT count(*) FROM {whole} AS orders WHERE status ~ 'x'")
    );
    assert_eq!(there("SELECT 1 FROM other").unwrap(), "SELECT 1 FROM other");
    for refused in [
        "DELETE FROM orders",
        "SELECT 1; SELECT 2",
        "SELECT * INTO x FROM orders",
        "SELECT 1 FROM orders FOR UPDATE",
        "no",
    ] {
        assert_eq!(there(refused), None, "{refused}");
    }
}
