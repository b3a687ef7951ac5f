//! `ledger`: a whole chain, one that somebody changed, one that somebody computed anew, and what auditors get.

use serde_json::Value;

use crate::project::Project;

fn project() -> Project {
    let project = Project::new().pipeline(&["orders: { source: { files: \"landing/*.csv\" } }"]);
    project.put_contract("orders", &["name: id, logicalType: integer, required: true"], "");
    project.put("landing/1.csv", "id\n1\n2\n");
    project.expect(0, &["run"]);
    project
}

fn forged(project: &Project, from: &str, to: &str) {
    let ledger = project.read_bytes(".plimsoll/ledger.db");
    let at = ledger.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
    let mut forged = ledger.clone();
    forged[at..at + to.len()].copy_from_slice(to.as_bytes());
    project.put(".plimsoll/ledger.db", forged);
}

#[test]
fn a_whole_ledger_is_whole_and_leads_through_what_was_noted() {
    let project = project();
    let before = project.json(0, &["ledger", "verify"]);
    assert_eq!((&before["whole"], &before["fault"]), (&Value::Bool(true), &Value::Null));
    project.put("landing/2.csv", "id\n3\n");
    project.expect(0, &["run"]);
    let head = before["head"].as_str().unwrap();
    let after = project.json(0, &["ledger", "verify", "--noted", head]);
    assert_eq!(after["noted_seq"], before["events"]);
    assert!(after["events"].as_u64() > before["events"].as_u64());
    // A chain that was computed anew is whole, but another one.
    let other = project.json(1, &["ledger", "verify", "--noted", &"0".repeat(head.len())]);
    assert_eq!((&other["whole"], &other["noted_seq"]), (&Value::Bool(false), &Value::Null));
}

#[test]
fn a_changed_event_is_named() {
    let project = project();
    forged(&project, "stage_published", "stage_publ1shed");
    let output = project.expect(1, &["ledger", "verify"]);
    assert!(output.stdout.contains("✗ event ") && output.stdout.contains("restore the ledger"), "{}", output.both());
    let report = project.json(1, &["ledger", "verify"]);
    assert_eq!(report["events"].as_u64().map(|events| events + 1), report["fault"]["seq"].as_u64());
    assert!(project.expect(1, &["ledger", "rebuild"]).stderr.contains("nothing was rebuilt"));
}

#[test]
fn auditors_get_every_event_a_line() {
    let project = project();
    let events = project.json(0, &["ledger", "verify"])["events"].as_u64().unwrap();
    let printed = project.expect(0, &["ledger", "export"]).stdout;
    project.expect(0, &["ledger", "export", "--output", "events.ndjson"]);
    assert_eq!(printed, project.read("events.ndjson"));
    let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let numbers: Vec<u64> = lines.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=events).collect::<Vec<_>>());
    assert!(lines.iter().all(|event| event["hash"].is_string() && event["event"].is_string()));
    assert!(project.expect(1, &["ledger", "export", "--output", "missing/x"]).stderr.contains("missing/x"));
}

#[test]
fn what_is_folded_is_made_anew() {
    let project = project();
    let events = project.json(0, &["ledger", "verify"])["events"].clone();
    assert_eq!(project.json(0, &["ledger", "rebuild"])["events"], events);
    project.expect(0, &["ledger", "verify"]);
    assert_eq!(project.json(0, &["run"])["datasets"][0]["rows_published"], 0);
}
