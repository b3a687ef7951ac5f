//! What a person must be told of is entered once for each cause, shown by `status`, and exported.

use serde_json::Value;

use crate::project::Project;

fn exported(project: &Project) -> Vec<String> {
    let printed = project.expect(0, &["ledger", "export"]).stdout;
    let events = printed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let triggers = events.filter(|event| event["event"] == "trigger");
    triggers
        .map(|event| format!("{} {}", event["kind"].as_str().unwrap(), event["subject"].as_str().unwrap()))
        .collect()
}

fn standing(project: &Project) -> Vec<String> {
    let status = project.json(0, &["status"]);
    let triggers = status["triggers"].as_array().unwrap_or_else(|| panic!("{status}"));
    triggers
        .iter()
        .map(|trigger| {
            assert!(
                trigger["since_ms"].as_i64().is_some_and(|since| since > 0) && trigger["detail"].is_string(),
                "{trigger}"
            );
            format!("{} {}", trigger["kind"].as_str().unwrap(), trigger["subject"].as_str().unwrap())
        })
        .collect()
}

const KEYED: &str = "name: id, logicalType: integer, required: true, primaryKey: true";
const AMOUNT: &str = "name: amount, logicalType: integer, logicalTypeOptions: { minimum: 0 }";

fn project(columns: &[&str], more: &str) -> Project {
    let project = Project::new().pipeline(&["orders: { source: { files: 'landing/*.csv' } }"]);
    project.put_contract("orders", columns, more);
    project
}

#[test]
fn failures_and_a_contract_that_blocks() {
    let project = project(&[KEYED, AMOUNT], "");
    project.put("landing/1.csv", "id,amount\n1,10\n2,-1\n3,30\n");
    project.expect(3, &["run"]);
    project.expect(3, &["run"]);
    let both = ["failures orders", "contract_failure orders"];
    assert_eq!(standing(&project), both);
    let mut entered = exported(&project);
    entered.sort();
    assert_eq!(entered, ["contract_failure orders", "failures orders"], "once each");
    let shown = project.expect(0, &["status"]).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("33.3 % of the rows were refused; they wait at gate"), "{shown}");
    project.expect(0, &["gate", "approve", "orders", "--reason", "r", "--as", "ada"]);
    assert_eq!(standing(&project), ["failures orders"], "published all the same");
    assert_eq!(exported(&project).len(), 3, "a publication is another cause");
    project.put("landing/2.csv", "id,amount\n4,10\n");
    project.expect(0, &["run"]);
    assert_eq!(standing(&project), Vec::<String>::new());
}

#[test]
fn a_source_without_a_key_is_not_idempotent() {
    let project = project(&["name: id, logicalType: integer"], "");
    project.put("landing/1.csv", "id\n1\n");
    let run = project.json(0, &["run"]);
    assert_eq!(run["triggers"][0]["kind"], "missing_idempotency");
    project.expect(0, &["run"]);
    assert_eq!(standing(&project), ["missing_idempotency orders"]);
    assert_eq!(exported(&project), ["missing_idempotency orders"]);
    project.put_contract("orders", &[KEYED], "");
    project.expect(0, &["run"]);
    assert_eq!(standing(&project), Vec::<String>::new());
}

#[test]
fn drift_that_blocks_and_no_change_is_open() {
    let drift = "    customProperties: [{ property: drift, value: fail, vendor: plimsoll }]\n";
    let project = project(&[KEYED], drift);
    project.put("landing/1.csv", "id,extra\n1,2\n");
    project.expect(1, &["run"]);
    project.expect(1, &["run"]);
    let mut entered = exported(&project);
    entered.sort();
    assert_eq!(entered, ["contract_failure orders", "drift_without_change orders"]);
    assert_eq!(standing(&project), ["drift_without_change orders", "contract_failure orders"]);
    // Somebody proposes a contract that fits.
    project.expect(0, &["init"]);
    let fits = project
        .read("openspec/specs/tests/orders.odcs.yaml")
        .replace("    properties:\n", "    properties:\n      - { name: extra, logicalType: integer }\n");
    project.put("new.odcs.yaml", fits);
    project.expect(0, &["change", "new", "add-extra", "--from", "new.odcs.yaml", "--as", "ada"]);
    assert_eq!(standing(&project), ["contract_failure orders"]);
}

#[test]
fn a_migration_that_nobody_has_approved() {
    let drift = "    customProperties: [{ property: drift, value: gate, vendor: plimsoll }]\n";
    let project = project(&[KEYED], drift);
    project.put("landing/1.csv", "id,extra\n1,2\n");
    project.expect(3, &["run"]);
    assert_eq!(standing(&project), ["migration_without_approval orders"]);
    project.expect(0, &["gate", "approve", "orders", "--reason", "r", "--as", "ada"]);
    assert_eq!(standing(&project), Vec::<String>::new());
}

#[test]
fn a_guess_that_nobody_should_rely_on() {
    let project = project(&[KEYED, "name: place, logicalType: string"], "");
    project.put("landing/1.csv", "id,place\n1,a\n2,b\n");
    project.expect(0, &["run"]);
    let scan = project.run(&["privacy", "scan", "--json"]);
    let report: Value = serde_json::from_str(&scan.stdout).unwrap();
    let unsure = report["suspects"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|suspect| suspect["confidence"].as_f64() < Some(0.6))
        .count();
    assert_eq!(exported(&project).iter().filter(|line| line.starts_with("low_confidence")).count(), unsure, "{report}");
}

#[test]
fn one_cause_is_one_line() {
    let project = project(&[KEYED, AMOUNT, "name: place, logicalType: string, enum: [{ value: a }]"], "");
    project.put("landing/1.csv", "id,amount,place\n1,10,a\n");
    project.expect(0, &["run"]);
    project.put("landing/2.csv", "id,other,new\n2,10,b\n");
    project.expect(1, &["drift"]);
    project.expect(1, &["run"]);
    assert!(standing(&project).len() > 2, "{:?}", standing(&project));
    let screen = project.expect(0, &["status"]).stdout;
    let told = screen.split("To be looked at").nth(1).unwrap();
    assert_eq!(told.matches("! orders").count(), 1, "{screen}");
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("contract failure, drift without a change"), "{screen}");
    assert!(told.contains("more differences: plimsoll drift orders"), "{screen}");
    // Since when it stands, not since when somebody was told.
    let status = project.json(0, &["status"]);
    let drift = &status["drift"][0];
    let trigger =
        status["triggers"].as_array().unwrap().iter().find(|trigger| {
            trigger["detail"].as_str().unwrap().trim_end_matches('.') == drift["detail"].as_str().unwrap()
        });
    assert_eq!(trigger.unwrap()["since_ms"], drift["since_ms"], "{status:#}");
}
