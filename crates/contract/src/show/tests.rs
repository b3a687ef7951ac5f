//! One screen, no line wider than the screen.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{html, markdown, show};
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

const HOSTILE: &str = r#"apiVersion: v3.2.0
kind: DataContract
id: shop
name: "</title><script>alert(1)</script>"
version: 1.2.0
description: {purpose: "a | b *c* [d](javascript:x) <img src=x onerror=alert(2)>"}
context: {instructions: "Sum <b>only</b> paid orders.", verifiedStatements: [{question: "How many?", answer: "SELECT count(*) FROM orders"}]}
servers: [{server: prod, type: custom, host: "postgres://ada:s3cret@db/x"}]
team: {name: shop, members: [{username: ada, dateIn: "2024-01-31", role: owner}]}
schema:
  - name: orders
    physicalName: "orders\" onload=\"x"
    properties:
      - {name: id, logicalType: integer, primaryKey: true, relationships: [{to: orders.parent}]}
      - {name: email, logicalType: string, classification: pii, examples: [ada@example.com]}
      - {name: address, logicalType: object, properties: [{name: zip, logicalType: string, required: true}]}
      - {name: parent, logicalType: integer, examples: [7]}
"#;

#[test]
fn markdown_says_everything_and_nothing_becomes_markup() {
    let loaded = load("c", HOSTILE);
    let text = markdown(loaded.contract.as_ref().unwrap(), &loaded.datasets);
    insta::assert_snapshot!(text);
    assert!(!text.contains("<script") && !text.contains("ada@example.com") && !text.contains("s3cret"));
}

#[test]
fn the_page_is_escaped_and_stands_alone() {
    let loaded = load("c", HOSTILE);
    let page = html(loaded.contract.as_ref().unwrap(), &loaded.datasets);
    // The page's own script is the only one, and it names no address.
    assert_eq!(page.matches("<script").count(), 1);
    assert!(
        !page.contains("<img") && !page.contains("onload=\"x") && !page.contains("<link") && !page.contains("@import")
    );
    assert!(page.contains("&lt;script&gt;alert(1)"));
    assert!(!page.contains("ada@example.com") && !page.contains("s3cret"));
    for word in ["address.zip", "orders.parent", "How many?", "since 2024-01-31", "id=\"search\""] {
        assert!(page.contains(word), "{word}");
    }
    let links = page.matches("href=").count();
    assert_eq!(links, page.matches("href=\"#").count());
}
