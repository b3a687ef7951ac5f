//! Tables that are built anew in another shape, and what going back to an older contract must not lose.

use serde_json::Value;

use crate::migrations::{AMOUNT, CSV, ID, NAME, approve, changed, column};
use crate::project::{Project, dataset};

const SOURCE: &str = "orders: { source: { files: 'landing/*.csv' } }";
/// Another way to read the same files: everything is read again.
const OTHERWISE: &str = "orders: { source: { files: 'landing/*.csv', null_values: ['', 'zzz'] } }";

fn published(properties: &[&str]) -> Project {
    let project = Project::new().contract("orders", properties).pipeline(&[SOURCE]).write("landing/1.csv", CSV);
    project.put_contract("orders", properties, LENIENT);
    project.expect(0, &["run"]);
    project
}

/// What a file has more than the contract says nothing.
const LENIENT: &str = "    customProperties: [{ property: drift, value: ignore_extra, vendor: plimsoll }]\n";

fn asked(project: &Project, dataset_name: &str) -> Vec<String> {
    let report = project.json(3, &["run"]);
    let gate = &dataset(&report, dataset_name)["gate"];
    assert_eq!(gate["kind"], "data-migration", "{report}");
    gate["asks"].as_array().unwrap().iter().map(|ask| ask.as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_a_rebuild_takes_from_readers_is_asked_about() {
    let project = published(&[ID, NAME, AMOUNT]);
    let before = project.rows("orders");
    project.put_contract("orders", &[ID, "name: amount, logicalType: integer, physicalType: smallint"], LENIENT);
    project.put_pipeline(&[&OTHERWISE.replace("} }", "}, table: { write: append, keep_previous: 2999-01-31 } }")]);
    assert_eq!(
        asked(&project, "orders"),
        [
            "Built anew: convert `amount` from i32 to i16. Rows whose value does not fit become dead letters, and who reads it meets another type.",
            "Built anew: drop `name`. Its values are gone from the table, and who reads it breaks.",
        ]
    );
    assert_eq!(project.rows("orders"), before);
    approve(&project);
    assert_eq!(project.json(0, &["run"])["outcome"], "nothing");
    let kept = crate::delta::Table::open(&project.path("warehouse/_previous/orders/1.0.0"));
    assert_eq!(kept.rows(), before, "readers of the version before go on");
    // What only grows is built anew without a question.
    project.put_contract("orders", &[ID, NAME, AMOUNT], LENIENT);
    project.put_pipeline(&[SOURCE]);
    project.expect(0, &["run"]);
    assert_eq!(project.rows("orders"), before);
}

#[test]
fn a_column_less_of_a_model_is_asked_about() {
    let project = Project::new()
        .contract("orders", &[ID, NAME, AMOUNT])
        .contract("named", &[ID, NAME])
        .pipeline(&[SOURCE, "named: {}"])
        .write("models/named.sql", "SELECT id, name FROM orders")
        .write("landing/1.csv", CSV);
    project.expect(0, &["run"]);
    project.put_contract("named", &[ID], "");
    project.put("models/named.sql", "SELECT id FROM orders");
    assert_eq!(
        asked(&project, "named"),
        ["Built anew: drop `name`. Its values are gone from the table, and who reads it breaks."]
    );
    project.expect(0, &["gate", "approve", "named", "--reason", "agreed", "--as", "ada"]);
    assert_eq!(project.rows("named")[0], r#"{"id":1}"#);
}

/// Whoever takes the table away does not take its guards with it.
#[test]
fn a_dropped_table_is_built_anew_under_its_guards() {
    let project = Project::new()
        .contract("orders", &[ID, NAME, AMOUNT])
        .pipeline(&["orders: { source: { files: 'landing/*.csv' }, table: { write: merge, key: [id] }, retry: { attempts: 3 } }"])
        .write("landing/1.csv", CSV);
    project.expect(0, &["run"]);
    std::fs::remove_dir_all(project.path("warehouse/orders")).unwrap();
    let strong = project.copied();
    strong.expect(0, &["run"]);
    project.put_pipeline(&[SOURCE]);
    let report = project.json(3, &["run"]);
    let gate = &dataset(&report, "orders")["gate"];
    assert_eq!(gate["kind"], "pipeline-integrity", "{report}");
    approve(&project);
    assert_eq!(project.count("orders"), 3);
}

/// A file that came since and that the contract of before cannot be read by: going back would lose its rows.
#[test]
fn rows_that_the_old_contract_cannot_read_are_not_lost_by_going_back() {
    let amount = "id: a, name: amount, logicalType: integer, physicalType: int";
    let project =
        Project::new().contract("orders", &[ID, NAME, amount]).pipeline(&[SOURCE]).write("landing/1.csv", CSV);
    project.expect(0, &["run"]);
    let renamed = [ID, NAME, "id: a, name: amnt, logicalType: integer, physicalType: int"];
    changed(&project, &renamed);
    project.expect(3, &["run"]);
    approve(&project);
    project.put("landing/2.csv", "id,name,amnt\n4,Cyd,40\n");
    project.expect(0, &["run"]);
    assert_eq!(project.count("orders"), 4);
    changed(&project, &[ID, NAME, amount]);
    let why = project.json(0, &["plan"])["datasets"][0]["reason"].as_str().unwrap().to_owned();
    assert!(why.contains("not taken back to version 0") && why.contains("landing/2.csv"), "{why}");
    project.expect(3, &["run"]);
    approve(&project);
    assert_eq!(column(&project, "amount"), [10, 20, 30, 40]);
    assert_eq!(project.json(0, &["run"])["outcome"], "nothing", "its file was read");
}

/// A column that was dropped by a rebuild and comes back: its values lie in the files, so they are read and not left empty.
#[test]
fn a_column_that_comes_back_has_its_values() {
    let project = published(&[ID, NAME, AMOUNT]);
    let before = project.rows("orders");
    project.put_contract("orders", &[ID, AMOUNT], LENIENT);
    project.put_pipeline(&[OTHERWISE]);
    asked(&project, "orders");
    approve(&project);
    project.put_contract("orders", &[ID, NAME, AMOUNT], LENIENT);
    let why = project.json(0, &["plan"])["datasets"][0]["reason"].as_str().unwrap().to_owned();
    assert!(why.contains("`name` was there before, and what it held lies in the files"), "{why}");
    project.expect(0, &["run"]);
    assert_eq!(project.rows("orders"), before);
    // A column that nobody ever had is NULL in stored rows, and nothing is read again.
    project.put_contract("orders", &[ID, NAME, AMOUNT, "name: gate, logicalType: string"], LENIENT);
    let files = project.files("orders");
    project.expect(0, &["run"]);
    assert_eq!(project.files("orders"), files);
    assert_eq!(column(&project, "gate"), [Value::Null, Value::Null, Value::Null]);
}

/// However few: rows that are published leave the table only when somebody agreed.
#[test]
fn a_stored_row_that_a_new_check_refuses_is_asked_about() {
    let rows: String = (1..=200).map(|id| format!("{id},n,{id}\n")).collect();
    let project = Project::new()
        .contract("orders", &[ID, NAME, AMOUNT])
        .pipeline(&[SOURCE])
        .write("landing/1.csv", format!("id,name,amount\n{rows}"));
    project.expect(0, &["run"]);
    changed(&project, &[ID, NAME, &format!("{AMOUNT}, logicalTypeOptions: {{ maximum: 198 }}")]);
    assert_eq!(
        asked(&project, "orders"),
        [
            "Migration: 2 of 200 rows that are published do not meet the contract of now. They leave the table as dead letters."
        ]
    );
    assert_eq!(project.count("orders"), 200);
    approve(&project);
    assert_eq!(project.count("orders"), 198);
    assert_eq!(project.json(0, &["dlq", "show", "orders"])["rows_refused"], 2);
}
