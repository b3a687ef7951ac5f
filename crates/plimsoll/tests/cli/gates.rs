//! Gates: what is held, what a decision does, and the exit code of every verb on the way.

use serde_json::Value;

use crate::project::{Project, dataset};

const COLUMNS: [&str; 2] = [
    "name: id, logicalType: integer, required: true, primaryKey: true",
    "name: amount, logicalType: integer, required: true, logicalTypeOptions: { minimum: 0 }",
];

/// One row in three is refused, which is more than 5 %.
fn held() -> Project {
    let project = Project::new()
        .contract("orders", &COLUMNS)
        .contract("doubled", &["name: id, logicalType: integer", "name: amount, logicalType: integer"])
        .pipeline(&["orders: { source: { files: 'landing/*.csv' } }", "doubled: {}"])
        .write("models/doubled.sql", "SELECT id, 2 * amount AS amount FROM orders\n")
        .write("landing/1.csv", "id,amount\n1,10\n2,-1\n3,30\n");
    let run = project.json(3, &["run"]);
    assert_eq!(dataset(&run, "orders")["action"], "held");
    assert_eq!(dataset(&run, "doubled")["action"], "skipped");
    assert_eq!(project.version("orders"), -1);
    project
}

fn gate(project: &Project) -> String {
    let gates = project.json(3, &["gate", "list"]);
    assert_eq!(gates["gates"].as_array().unwrap().len(), 1, "{gates}");
    gates["gates"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn approving_publishes_the_very_files() {
    let project = held();
    let id = gate(&project);
    let written = project.files_on_disk("orders");
    assert!(!written.is_empty());

    let approved = project.json(0, &["gate", "approve", &id, "--reason", "one refund", "--as", "ada"]);
    assert_eq!((&approved["rows_published"], &approved["version"]), (&Value::from(2), &Value::from(0)));
    assert_eq!(project.files("orders"), written);
    assert_eq!(project.rows("orders"), [r#"{"id":1,"amount":10}"#, r#"{"id":3,"amount":30}"#]);
    assert_eq!(project.json(0, &["gate", "list"])["gates"], Value::Array(Vec::new()));
    let shown = project.json(0, &["gate", "show", &id]);
    assert_eq!((&shown["state"], &shown["decision"]["who"]), (&Value::from("published"), &Value::from("ada")));
    assert_eq!(shown["decision"]["reason"], "one refund");

    let letters = project.json(0, &["dlq", "show", "orders"]);
    assert_eq!(letters["rows_refused"], 1);

    let run = project.json(0, &["run"]);
    assert_eq!(dataset(&run, "doubled")["action"], "published");
    assert_eq!(project.rows("doubled"), [r#"{"id":1,"amount":20}"#, r#"{"id":3,"amount":60}"#]);
    assert_eq!(project.json(0, &["run"])["outcome"], "nothing");
}

#[test]
fn rejecting_deletes_the_files_and_the_next_run_says_so() {
    let project = held();
    let id = gate(&project);
    let rejected = project.json(0, &["gate", "reject", &id, "--reason", "ask the shop"]);
    assert_eq!(rejected["version"], Value::Null);
    assert_eq!(project.files_on_disk("orders"), Vec::<String>::new());
    assert_eq!(project.version("orders"), -1);
    assert_eq!(project.json(0, &["dlq", "list"])["datasets"], Value::Array(Vec::new()), "nothing of it is kept");

    let run = project.json(3, &["run"]);
    assert_eq!(dataset(&run, "orders")["action"], "waiting");
    assert_eq!(dataset(&run, "orders")["reason"], format!("gate {id} was rejected and nothing has changed since"));
    assert!(project.expect(3, &["run"]).stdout.contains("was rejected"));

    // Better data is a new question; here it needs none.
    project.put("landing/1.csv", "id,amount\n1,10\n2,1\n3,30\n");
    let run = project.json(0, &["run"]);
    assert_eq!(dataset(&run, "orders")["action"], "published");
    assert_eq!(project.count("orders"), 3);
}

#[test]
fn a_gate_is_decided_once() {
    let project = held();
    let id = gate(&project);
    project.expect(0, &["gate", "approve", &id, "--reason", "fine"]);
    for verb in ["approve", "reject"] {
        let again = project.expect(2, &["gate", verb, &id, "--reason", "again"]);
        assert!(again.stderr.contains("published already"), "{}", again.both());
    }
    assert_eq!(project.version("orders"), 0);
    assert_eq!(project.count("orders"), 2);
}

#[test]
fn a_decision_needs_a_reason_a_known_gate_and_a_name() {
    let project = held();
    let id = gate(&project);
    assert!(project.expect(2, &["gate", "approve", &id]).stderr.contains("--reason"));
    assert!(project.expect(2, &["gate", "approve", "nothing-1", "--reason", "x"]).stderr.contains("nothing-1"));
    project.expect(0, &["gate", "approve", &id, "--reason", "x"]);
    let shown = project.json(0, &["gate", "show", &id]);
    assert_eq!(shown["decision"]["who"], "tester", "the user of the terminal");
}

#[test]
fn a_dataset_stands_for_its_gate() {
    let project = held();
    project.expect(3, &["gate", "show", "orders"]);
    project.expect(0, &["gate", "approve", "orders", "--reason", "fine"]);
    // A second gate of the same dataset: its name means the one that waits.
    project.put("landing/2.csv", "id,amount\n4,-4\n5,5\n");
    project.expect(3, &["run"]);
    project.expect(0, &["gate", "approve", "orders", "--reason", "fine"]);
    assert_eq!(project.count("orders"), 3);
}

#[test]
fn a_changed_contract_makes_the_question_void() {
    let project = held();
    let first = gate(&project);
    project.edit("openspec/specs/tests/orders.odcs.yaml", "minimum: 0", "minimum: -5");
    let run = project.json(0, &["run"]);
    assert_eq!(dataset(&run, "orders")["action"], "published");
    assert_eq!(project.count("orders"), 3);
    let void = project.expect(2, &["gate", "approve", &first, "--reason", "late"]);
    assert!(void.stderr.contains("superseded"), "{}", void.both());
    assert_eq!(project.count("orders"), 3);
    assert_eq!(project.files_on_disk("orders"), project.files("orders"), "what the void gate held is gone");
}

#[test]
fn files_that_land_meanwhile_wait_their_turn() {
    let project = held();
    let id = gate(&project);
    project.put("landing/2.csv", "id,amount\n4,4\n5,5\n");
    let run = project.json(3, &["run"]);
    assert_eq!(dataset(&run, "orders")["action"], "waiting");
    assert_eq!(gate(&project), id);
    project.expect(0, &["gate", "approve", &id, "--reason", "fine"]);
    assert_eq!(project.count("orders"), 2);
    project.expect(0, &["run"]);
    assert_eq!(project.count("orders"), 4);
}

#[test]
fn a_newer_result_of_a_model_takes_the_place_of_the_held_one() {
    let project = held();
    project.put_contract("doubled", &COLUMNS, "");
    project.edit("models/doubled.sql", "2 * amount", "amount - 25");
    project.expect(0, &["gate", "approve", "orders", "--reason", "fine"]);
    let run = project.json(3, &["run"]);
    assert_eq!(dataset(&run, "doubled")["action"], "held");
    let first = gate(&project);
    project.put("landing/2.csv", "id,amount\n4,4\n");
    project.json(3, &["run"]);
    let second = gate(&project);
    assert_ne!(first, second);
    let void = project.expect(2, &["gate", "approve", &first, "--reason", "late"]);
    assert!(void.stderr.contains("superseded"), "{}", void.both());
    project.expect(0, &["gate", "approve", &second, "--reason", "now"]);
    assert_eq!(project.rows("doubled"), [r#"{"id":3,"amount":5}"#]);
    assert_eq!(project.files_on_disk("doubled"), project.files("doubled"));
}

#[test]
fn a_threshold_of_its_own_lets_a_check_pass() {
    let columns = [
        "name: id, logicalType: integer, required: true, primaryKey: true",
        "name: amount, logicalType: integer, logicalTypeOptions: { minimum: 0 }, customProperties: [{ property: threshold, value: '40%', vendor: plimsoll }]",
    ];
    let project = Project::new()
        .contract("orders", &columns)
        .pipeline(&["orders: { source: { files: 'landing/*.csv' } }"])
        .write("landing/1.csv", "id,amount\n1,10\n2,-1\n3,30\n");
    project.expect(0, &["run"]);
    assert_eq!(project.count("orders"), 2);
    // Half is more than two in five.
    project.put("landing/2.csv", "id,amount\n4,-4\n5,5\n");
    project.expect(3, &["run"]);
}

#[test]
fn a_dataset_check_holds_the_stage() {
    let project = Project::new()
        .contract("orders", &COLUMNS)
        .pipeline(&["orders: { source: { files: 'landing/*.csv' } }"])
        .write("landing/1.csv", "id,amount\n1,10\n2,1\n2,30\n");
    let run = project.json(3, &["run"]);
    let orders = dataset(&run, "orders");
    assert_eq!(orders["rows_refused"], 0);
    let key = orders["checks"].as_array().unwrap().iter().find(|check| check["kind"] == "primary_key").unwrap();
    assert_eq!(key["outcome"], "failed");
    assert!(key["violations"].as_u64().unwrap() > 0);
}

#[test]
fn a_script_waits_until_people_have_decided() {
    let project = held();
    let id = gate(&project);
    assert_eq!(project.json(3, &["gate", "wait", "--timeout", "0"])["outcome"], "waiting");
    project.expect(2, &["gate", "wait", "no-such-gate"]);
    let waits = project.command(&["gate", "wait", "orders", "--timeout", "60"]).spawn().unwrap();
    project.expect(0, &["gate", "approve", &id, "--reason", "one refund", "--as", "ada"]);
    assert_eq!(waits.wait_with_output().unwrap().status.code(), Some(0));
    assert_eq!(project.json(0, &["gate", "wait"])["gates"], Value::Array(Vec::new()), "nothing waits");

    let project = held();
    let id = gate(&project);
    project.expect(0, &["gate", "reject", &id, "--reason", "ask the shop", "--as", "ada"]);
    let output = project.expect(1, &["gate", "wait", &id]);
    assert!(output.stdout.contains(&format!("✗ {id} rejected")), "{}", output.both());
}

#[test]
fn bots_get_comments_messages_and_json() {
    let project = held();
    let id = gate(&project);
    for forge in ["github", "gitlab"] {
        let comment = project.expect(3, &["gate", "show", &id, "--format", forge]).stdout;
        for part in
            ["### :hourglass: Gate `data-quality`", "<details><summary>Evidence</summary>", "plimsoll gate approve"]
        {
            assert!(comment.contains(part), "{part}:\n{comment}");
        }
    }
    let slack = project.expect(3, &["gate", "show", &id, "--format", "slack"]).stdout;
    let slack: Value = serde_json::from_str(&slack).unwrap();
    assert_eq!(slack["blocks"][0]["type"], "header");
    let shown = project.json(3, &["gate", "show", &id]);
    let printed = project.expect(3, &["gate", "show", &id, "--format", "json"]).stdout;
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap(), shown);
    let schema: Value = serde_json::from_str(&project.expect(0, &["schema", "gate"]).stdout).unwrap();
    let names = |object: &Value| {
        let mut names: Vec<String> = object.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    assert_eq!(names(&shown), names(&schema["properties"]), "every field is described, and no other");
    assert_eq!(shown["impact"]["datasets"][0]["dataset"], "doubled");
    assert!(!shown["rollback"].as_array().unwrap().is_empty() && shown["files"].as_u64() > Some(0));
}

#[test]
fn values_that_are_classified_since_are_not_shown() {
    let project = Project::new()
        .contract("orders", &COLUMNS)
        .pipeline(&["orders: { source: { files: 'landing/*.csv' } }"])
        .write("landing/1.csv", "id,amount\n1,10\n2,-7777\n3,30\n");
    project.expect(3, &["run"]);
    assert!(project.expect(3, &["gate", "show", "orders"]).stdout.contains("-7777"));
    let classified = [COLUMNS[0], &format!("{}, classification: confidential", COLUMNS[1])];
    project.put_contract("orders", &classified, "");
    for format in [&[][..], &["--json"], &["--format", "github"], &["--format", "slack"]] {
        let args = [&["gate", "show", "orders"][..], format].concat();
        let output = project.expect(3, &args);
        assert!(!output.both().contains("7777"), "{format:?}\n{}", output.both());
    }
}
