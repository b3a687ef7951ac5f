//! While a migration waits for a person or was refused, nobody reads or writes the table as if it had been done.

use crate::migrations::{CSV, ID, NAME, approve, changed, says};
use crate::process::killed_at;
use crate::project::{Project, dataset};

const SOURCE: &str = "orders: { source: { files: 'landing/*.csv' }, on_violation: { above: 40% } }";
const CALLED: &str = "id: n, name: name, logicalType: string";
const RENAMED: &str = "id: n, name: customer, physicalName: name, logicalType: string";
const BOUNDED: &str = "name: amount, logicalType: integer, physicalType: int, logicalTypeOptions: { maximum: 25 }";
const AMOUNT: &str = "name: amount, logicalType: integer, physicalType: int";

/// A table of two rows and a dead letter.
fn orders() -> Project {
    let project =
        Project::new().contract("orders", &[ID, CALLED, BOUNDED]).pipeline(&[SOURCE]).write("landing/1.csv", CSV);
    project.expect(0, &["run"]);
    assert_eq!(project.count("orders"), 2);
    project
}

#[test]
fn letters_are_not_replayed_into_a_table_of_an_earlier_contract() {
    let project = orders();
    let refuses = |project: &Project, words: &[&str]| {
        let before = project.rows("orders");
        says(&project.expect(2, &["dlq", "replay", "orders"]), words);
        assert_eq!(project.rows("orders"), before);
    };
    changed(&project, &[ID, RENAMED, AMOUNT]);
    project.expect(3, &["run"]);
    refuses(&project, &["orders must be migrated first: gate", "decide its gate first"]);
    says(&project.expect(3, &["run"]), &["waits for a decision"]);
    changed(&project, &[ID, "id: n, name: named, physicalName: name, logicalType: string", AMOUNT]);
    project.expect(3, &["run"]);
    project.expect(0, &["gate", "reject", "orders", "--reason", "no", "--as", "ada"]);
    refuses(&project, &["orders must be migrated first: gate", "was rejected"]);
    changed(&project, &[ID, RENAMED, AMOUNT]);
    project.expect(3, &["run"]);
    approve(&project);
    project.expect(0, &["dlq", "replay", "orders"]);
    assert_eq!(project.count("orders"), 3);

    project.put("landing/2.csv", "id,name,amount\n4,Cyd,\n5,Dan,x\n6,Eve,1\n");
    project.expect(0, &["run"]);
    changed(&project, &[ID, CALLED, AMOUNT]);
    refuses(&project, &["orders must be migrated first"]);
}

/// `named` is made of `orders`, in the same pipeline or in one of its own.
fn with_model(own: bool) -> Project {
    let project = orders();
    project.put_contract("named", &[ID, "name: called, logicalType: string"], "");
    project.put("models/named.sql", "SELECT id, name AS called FROM orders");
    let named = "named: { model: models/named.sql, table: { write: overwrite } }";
    match own {
        true => project.put("pipelines/own.yaml", format!("pipeline: own\ndatasets:\n  {named}\n")),
        false => project.put_pipeline(&[SOURCE, named]),
    }
    project.expect(0, &["run"]);
    project
}

#[test]
fn a_model_waits_until_its_input_has_the_columns_of_its_contract() {
    let project = with_model(false);
    let before = project.rows("named");
    changed(&project, &[ID, RENAMED, BOUNDED]);
    project.put("models/named.sql", "SELECT id, customer AS called FROM orders");
    let report = project.json(3, &["run"]);
    assert_eq!(dataset(&report, "named")["action"], "skipped", "{report}");
    for decided in [false, true] {
        if decided {
            project.expect(0, &["gate", "reject", "orders", "--reason", "no", "--as", "ada"]);
        }
        let report = project.json(3, &["run"]);
        let named = dataset(&report, "named");
        assert_eq!(named["action"], "waiting", "{report}");
        let why = named["reason"].as_str().unwrap();
        assert!(
            why.contains("the table of orders is still as an earlier version") && why.contains("customer"),
            "{why}"
        );
        assert_eq!(project.rows("named"), before);
    }
    // A question that is another one is asked anew; what it lets go on is the model too.
    changed(&project, &[ID, RENAMED, AMOUNT]);
    project.expect(3, &["run"]);
    approve(&project);
    project.expect(0, &["run"]);
    let names =
        |rows: Vec<String>| rows.iter().map(|row| row.contains("Lee") || row.contains("Ray")).collect::<Vec<_>>();
    assert_eq!(names(project.rows("named")), [true, true]);
}

#[test]
fn a_model_does_not_run_ahead_of_the_pipeline_that_makes_its_input() {
    let project = with_model(true);
    let before = project.rows("named");
    let upper = "name: upper, logicalType: string, customProperties: [{ property: fill, value: 'upper(name)', vendor: plimsoll }]";
    changed(&project, &[ID, CALLED, BOUNDED, upper]);
    project.put("models/named.sql", "SELECT id, coalesce(upper, 'lost') AS called FROM orders");
    says(&project.expect(1, &["run", "own"]), &["without upper", "run its pipeline"]);
    assert_eq!(project.rows("named"), before);
    project.expect(0, &["run"]);
    assert!(project.rows("named")[0].contains("ANN LEE"));
}

/// Rows that a migration refuses leave what was merged from them too.
#[test]
fn what_was_merged_of_rows_that_are_refused_later_goes_with_them() {
    let project = Project::new().contract("orders", &[ID, NAME, AMOUNT]).write("landing/1.csv", CSV);
    let key = "name: id, logicalType: integer, physicalType: bigint, required: true, primaryKey: true";
    project.put_contract("merged", &[key, AMOUNT], "");
    project.put("models/merged.sql", "SELECT id, amount FROM orders");
    let merged =
        "merged: { model: models/merged.sql, incremental: { from: orders }, table: { write: merge, key: [id] } }";
    project.put_pipeline(&[SOURCE, merged]);
    project.expect(0, &["run"]);
    assert_eq!(project.count("merged"), 3);
    changed(&project, &[ID, NAME, BOUNDED]);
    project.expect(3, &["run"]);
    approve(&project);
    project.expect(0, &["run"]);
    assert_eq!((project.count("orders"), project.count("merged")), (2, 2));
}

#[test]
fn a_run_that_finishes_an_approval_reads_on() {
    let project = orders();
    changed(&project, &[ID, RENAMED, BOUNDED]);
    project.put("landing/2.csv", "id,name,amount\n4,Cyd,20\n");
    project.expect(3, &["run"]);
    let decision = ["gate", "approve", "orders", "--reason", "agreed", "--as", "ada"];
    assert!(killed_at(&project, "before_commit", &decision).is_none());
    let report = project.json(0, &["run"]);
    assert_eq!((dataset(&report, "orders")["action"].as_str(), project.count("orders")), (Some("published"), 3));
    assert_eq!(project.json(0, &["run"])["outcome"], "nothing");
}

/// The edit is known: nobody else has written to the table.
#[test]
fn a_table_that_is_still_to_be_migrated_has_not_drifted() {
    let project = orders();
    changed(&project, &[ID, CALLED, "name: gate, logicalType: string"]);
    project.expect(3, &["run"]);
    for decided in [false, true] {
        if decided {
            project.expect(0, &["gate", "reject", "orders", "--reason", "no", "--as", "ada"]);
        }
        let looked = project.expect(0, &["drift", "--tables"]).both();
        assert!(looked.contains("still to be migrated") && !looked.contains("somebody else"), "{looked}");
        let status = project.run(&["status"]).both();
        assert!(!status.contains("drift without a change"), "{status}");
    }
}
