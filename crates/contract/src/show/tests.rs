//! One screen, no line wider than the screen.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::show;
use crate::load;

const TEXT: &str = "apiVersion: v3.1.0
kind: DataContract
id: shop
version: 1.2.0
status: active
schema:
  - name: orders
    description: One row per order.
    properties:
      - {name: id, logicalType: integer, primaryKey: true}
      - {name: total, logicalType: number, physicalType: 'decimal(10,2)', logicalTypeOptions: {minimum: 0}}
    quality:
      - {type: text, description: Looks right.}
slaProperties:
  - {property: retention, value: 1, unit: y}
";

#[test]
fn shows_columns_checks_and_levels() {
    let loaded = load("c", TEXT);
    let text = show(loaded.contract.as_ref().unwrap(), &loaded.datasets, 90);
    insta::assert_snapshot!(text, @r"
    shop 1.2.0 (active), ODCS v3.1.0

    dataset orders: One row per order.
        id     i64            key, required
        total  decimal(10,2)
      checks (4)
        id.required         row      error        not null
        total.range         row      error        at least 0
        orders.primary_key  dataset  error        primary key: id unique
        orders.not_checked  dataset  not checked  Looks right. (the rule is a text for people)

    service levels
        retention  1 y
    ");
}

#[test]
fn keeps_the_width() {
    let loaded = load("c", TEXT);
    let text = show(loaded.contract.as_ref().unwrap(), &loaded.datasets, 50);
    assert!(text.lines().all(|line| line.chars().count() <= 50), "{text}");
}
