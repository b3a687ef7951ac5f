//! What a breaking migration reaches is named with file and line, by the plan and at its gate.

use crate::gate_rules::says;
use crate::project::Project;

const ID: &str = "name: id, logicalType: integer";

/// A table of orders, and models that name its amount or do not.
fn orders() -> Project {
    let project = Project::new()
        .contract("orders", &[ID, "name: amount, logicalType: integer, physicalType: bigint"])
        .contract("large", &[ID])
        .contract("ids", &[ID])
        .pipeline(&["orders: { source: { files: 'landing/*.csv' } }", "large: {}", "ids: {}"])
        .write("models/large.sql", "SELECT id\nFROM orders\nWHERE amount > 5\n")
        .write("models/ids.sql", "SELECT id FROM orders\n")
        .write("landing/1.csv", "id,amount\n1,10\n2,20\n");
    project.expect(0, &["run"]);
    project
}

#[test]
fn the_plan_and_the_gate_name_the_models_that_a_breaking_migration_reaches() {
    let project = orders();
    project.put_contract("orders", &[ID, "name: amount, logicalType: integer, physicalType: smallint"], "");
    let place = "models/large.sql:3:7 large reads `orders.amount`: convert `amount`";
    let question = "Migration: convert `amount`";
    let planned = project.expect(0, &["plan"]);
    says(&planned, &["orders is migrated", place, question]);
    assert!(!planned.stdout.contains("models/ids.sql"), "{}", planned.stdout);
    let migration = project.json(0, &["plan"])["migrations"][0].clone();
    let reader = &migration["readers"][0];
    assert_eq!((&reader["path"], &reader["line"]), (&"models/large.sql".into(), &3.into()), "{migration}");
    assert_eq!(migration["readers"].as_array().map(Vec::len), Some(1), "{migration}");
    assert!(migration["asks"][0].as_str().unwrap().starts_with(question), "{migration}");

    project.expect(3, &["run"]);
    says(&project.expect(3, &["gate", "show", "orders"]), &["Models that name what is migrated", place, question]);
    let gate = project.json(3, &["gate", "show", "orders"]);
    assert_eq!((&gate["kind"], &gate["impact"]["readers"][0]["line"]), (&"data-migration".into(), &3.into()));
    let comment = project.expect(3, &["gate", "show", "orders", "--format", "github"]).stdout;
    assert!(comment.contains("models/large.sql:3:7"), "{comment}");
    project.expect(0, &["gate", "approve", "orders", "--reason", "agreed", "--as", "ada"]);
}

#[test]
fn a_model_that_names_what_is_gone_is_told_before_anything_is_planned() {
    let project = orders();
    project.put_contract("orders", &[ID], "");
    says(&project.expect(2, &["plan"]), &["models/large.sql:3:7"]);
    // Once it has followed, the column is dropped with nobody left who names it.
    project.put("models/large.sql", "SELECT id\nFROM orders\n");
    let planned = project.expect(0, &["plan"]);
    says(&planned, &["drop `amount`", "Migration: drop `amount`"]);
    assert_eq!(project.json(0, &["plan"])["migrations"][0]["readers"], serde_json::json!([]));
}
