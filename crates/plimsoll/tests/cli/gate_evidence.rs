//! What is told of a gate is what is so: what hangs on it, what was measured, and what a rejection leaves behind.

use crate::gate_rules::says;
use crate::project::{Project, dataset};

const ID: &str = "name: id, logicalType: integer, required: true";
const DAY: &str = "name: day, logicalType: date";
const AMOUNT: &str = "name: amount, logicalType: integer, physicalType: int";

/// A table whose model reads one of its columns.
fn project(columns: &[&str]) -> Project {
    let project = Project::new()
        .contract("orders", columns)
        .contract("totals", &["name: total, logicalType: integer, physicalType: bigint"])
        .pipeline(&["orders: { source: { files: 'landing/*.csv' } }", "totals: {}"])
        .write("models/totals.sql", "SELECT sum(amount) AS total FROM orders\n")
        .write("landing/1.csv", "id,day,amount\n1,2026-01-01,10\n2,2026-01-02,20\n");
    project.expect(0, &["run"]);
    project
}

fn impact(project: &Project) -> String {
    let impact = project.json(3, &["gate", "show", "orders"])["impact"].clone();
    let made =
        impact["datasets"].as_array().unwrap().iter().map(|hit| format!("{} {}", hit["dataset"], hit["columns"]));
    format!("{} > {}", impact["columns"], made.collect::<Vec<_>>().join(" ")).replace('"', "")
}

#[test]
fn what_hangs_on_a_migration_is_what_hangs_on_the_columns_that_go_or_change() {
    let project = project(&[ID, DAY, AMOUNT]);
    project.put_contract("orders", &[ID, AMOUNT], "");
    project.expect(3, &["run"]);
    assert_eq!(impact(&project), "[day] > ");
    says(
        &project.expect(3, &["gate", "show", "orders"]),
        &["What hangs on it columns day", "nothing in the project is made of them"],
    );
    project.put_contract("orders", &[ID, DAY, "name: amount, logicalType: string"], "");
    project.put("models/totals.sql", "SELECT sum(CAST(amount AS BIGINT)) AS total FROM orders\n");
    project.expect(3, &["run"]);
    assert_eq!(impact(&project), "[amount] > totals [total]");
    // As long afterwards, when the table is another one.
    let id = project.json(3, &["gate", "show", "orders"])["id"].as_str().unwrap().to_owned();
    project.expect(0, &["gate", "approve", &id, "--reason", "r", "--as", "ada"]);
    let gate = project.json(0, &["gate", "show", &id]);
    assert_eq!(gate["impact"]["columns"], serde_json::json!(["amount"]), "{gate}");
}

#[test]
fn a_rejected_migration_says_what_waits_and_what_now() {
    let project = project(&[ID, DAY, AMOUNT]);
    project.put_contract("orders", &[ID, AMOUNT], "");
    project.put("landing/2.csv", "id,day,amount\n3,2026-01-03,30\n");
    project.put("landing/3.csv", "id,day,amount\n4,2026-01-04,40\n");
    project.expect(3, &["run"]);
    project.expect(0, &["gate", "reject", "orders", "--reason", "who reads it?", "--as", "ada"]);
    for (verb, code) in [("plan", 0), ("run", 3), ("status", 0)] {
        says(
            &project.expect(code, &[verb]),
            &["was rejected", "the table stays as it was", "2 new files wait", "take the edit back"],
        );
    }
    project.expect(1, &["gate", "wait"]);
    project.put_contract("orders", &[ID, DAY, AMOUNT], "");
    project.expect(0, &["run"]);
    assert_eq!(project.count("orders"), 4);
}

#[test]
fn the_evidence_of_a_measured_value_is_the_value() {
    let project = Project::new().pipeline(&["orders: { source: { files: 'landing/*.csv' } }"]);
    let quality = "    quality:\n      - { metric: rowCount, mustBeGreaterThan: 1000 }\n";
    project.put_contract("orders", &[ID], quality);
    project.put("landing/1.csv", "id\n1\n2\n");
    let run = project.json(3, &["run"]);
    assert_eq!(dataset(&run, "orders")["gate"]["kind"], "data-quality");
    let shown = project.expect(3, &["gate", "show", "orders"]);
    says(&shown, &["row_count", "1000", "2"]);
    assert!(!shown.stdout.contains("1 row ("), "{}", shown.stdout);
}
