//! Drift of sources and tables: found, told, kept, escalated by the policy, and brought into a proposal.

use serde_json::Value;

use crate::gate_rules::says;
use crate::project::Project;

const CONTRACT: &[&str] = &[
    "name: id, logicalType: integer, required: true",
    "name: status, logicalType: string, enum: [{ value: open }, { value: paid }]",
    "name: amount, logicalType: number",
];

fn project(drift: &str) -> Project {
    let project = Project::new().pipeline(&["orders: { source: { files: \"landing/*.csv\" } }"]);
    let more = format!("    customProperties: [{{ property: drift, value: {drift}, vendor: plimsoll }}]\n");
    project.put_contract("orders", CONTRACT, &more);
    project.put("landing/1.csv", "id,status,amount\n1,open,1.5\n2,paid,2.5\n3,open,\n4,open,1\n5,open,1\n6,open,1\n7,open,1\n8,open,1\n9,open,1\n10,open,1\n");
    project.expect(0, &["init"]);
    project
}

/// Items as `side kind column severity`, and the report.
fn items(project: &Project, code: i32) -> (Vec<String>, Value) {
    let report = project.json(code, &["drift"]);
    let text = |item: &Value, key: &str| item[key].as_str().unwrap_or("-").to_owned();
    let items = report["items"].as_array().unwrap().iter();
    let words = items.map(|item| {
        format!("{} {} {} {}", text(item, "side"), text(item, "kind"), text(item, "column"), text(item, "severity_now"))
    });
    (words.collect(), report)
}

#[test]
fn what_is_as_promised_is_clean_and_enters_nothing_twice() {
    let project = project("gate");
    says(&project.expect(0, &["drift"]), &["no drift", "1 source and 0 tables"]);
    project.expect(0, &["run"]);
    says(&project.expect(0, &["drift"]), &["1 source and 1 table"]);
    let size = || std::fs::metadata(project.path(".plimsoll/ledger.db")).unwrap().len();
    let before = size();
    project.expect(0, &["drift"]);
    assert_eq!(size(), before, "a look that finds what is known enters nothing");
    says(&project.expect(2, &["drift", "nobody"]), &["there is no dataset", "orders"]);
}

#[test]
fn a_source_that_changed_is_told_column_by_column_and_proposed() {
    let project = project("ignore_extra");
    project.expect(0, &["drift"]);
    let rows: String = (0..10).map(|at| format!("refunded,x{at},,9\n")).collect();
    project.put("landing/1.csv", format!("status,id,amount_eur,discount\n{rows}"));
    let (found, report) = items(&project, 1);
    assert_eq!(
        found,
        [
            "source renamed amount error",
            "source retyped id error",
            "source new_values status error",
            "source new discount warning",
            "source reordered - note"
        ],
        "{report:#}"
    );
    let screen = project.expect(1, &["drift"]);
    says(&screen, &["`amount_eur`", "`refunded`", "`discount`", "--from-drift orders"]);
    let output = project.expect(0, &["change", "new", "follow", "--from-drift", "orders", "--as", "ada"]);
    says(&output, &["left to you", "retyped id", "physicalName"]);
    let contract = project.read("openspec/changes/follow/specs/tests/orders.odcs.yaml");
    for text in ["physicalName: amount_eur", "{ value: refunded }", "name: discount"] {
        assert!(contract.contains(text), "{text} is not in\n{contract}");
    }
    crate::changes::approve(&project, "follow", "bob");
    project.expect(0, &["change", "apply", "follow", "--as", "ada"]);
    let (left, _) = items(&project, 1);
    assert_eq!(left, ["source retyped id error", "source reordered - note"]);
    project.expect(2, &["change", "new", "more", "--from-drift", "orders"]);
}

#[test]
fn nulls_that_jump_are_told_until_they_are_gone() {
    let project = project("ignore_extra");
    project.expect(0, &["drift"]);
    let good = project.read("landing/1.csv");
    let rows: String = (0..10).map(|at| format!("{at},open,\n")).collect();
    project.put("landing/1.csv", format!("id,status,amount\n{rows}"));
    for _ in 0..2 {
        let (found, report) = items(&project, 1);
        assert_eq!(found, ["source nulls_jumped amount warning"], "{report:#}");
        assert!(report["items"][0]["detail"].as_str().unwrap().contains("100.0 %"), "{report:#}");
    }
    project.put("landing/1.csv", good);
    assert_eq!(items(&project, 0).0, Vec::<String>::new());
}

#[test]
fn what_stands_is_named_by_status_and_run_until_it_is_gone() {
    let project = project("ignore_extra");
    let good = project.read("landing/1.csv");
    project.put("landing/1.csv", "id,status,amount,discount\n1,refunded,,2\n");
    project.expect(1, &["drift"]);
    says(&project.expect(0, &["status"]), &["2 differences from the contracts stand", "plimsoll drift"]);
    let status = project.json(0, &["status"]);
    assert_eq!(status["drift"][0]["kind"], "new_values", "{status:#}");
    project.put("landing/1.csv", good);
    says(&project.expect(0, &["run"]), &["2 differences from the contracts stand"]);
    project.expect(0, &["drift"]);
    let run = project.expect(0, &["run"]).both();
    assert!(!run.contains("difference"), "{run}");
}

#[test]
fn another_encoding_and_what_others_do_to_a_table_are_told() {
    let project = project("ignore_extra");
    project.expect(0, &["run"]);
    assert_eq!(items(&project, 0).0, Vec::<String>::new());
    project.put("landing/2.csv", b"id,status,amount\n1,open,1\n\xe4\xf6\xfc,open,1\n".as_slice());
    // Another writer's commit: a property, a constraint, and NULL where the contract has none.
    let log = project.path("warehouse/orders/_delta_log");
    let first = std::fs::read_to_string(log.join(format!("{:020}.json", 0))).unwrap();
    let metadata = first.lines().find(|line| line.contains("\"metaData\"")).unwrap();
    let mut metadata: Value = serde_json::from_str(metadata).unwrap();
    metadata["metaData"]["configuration"]["delta.constraints.paid"] = "amount > 0".into();
    let schema =
        metadata["metaData"]["schemaString"].as_str().unwrap().replace("\"nullable\":false", "\"nullable\":true");
    metadata["metaData"]["schemaString"] = schema.into();
    std::fs::write(log.join(format!("{:020}.json", 1)), metadata.to_string()).unwrap();
    let (found, report) = items(&project, 1);
    let expected = [
        "source encoding - error",
        "table written - error",
        "table properties - warning",
        "table nullability - warning",
    ];
    assert_eq!(found, expected, "{report:#}");
}

#[test]
fn a_policy_that_accepts_what_is_added_is_not_bothered_by_it() {
    for (policy, code, severity) in [("accept_additive", 0, "note"), ("gate", 1, "warning"), ("fail", 1, "error")] {
        let project = project(policy);
        project.put("landing/1.csv", "id,status,amount,discount\n1,open,1,2\n");
        assert_eq!(items(&project, code).0, [format!("source new discount {severity}")], "{policy}");
    }
    let project = project("accept_additive");
    project.put("landing/1.csv", "id,status,amount,discount\n1,open,1,2\n");
    project.expect(0, &["run"]);
}

#[test]
fn a_table_that_is_not_what_the_contract_says_is_told() {
    let project = project("ignore_extra");
    project.expect(0, &["run"]);
    let path = "openspec/specs/tests/orders.odcs.yaml";
    let settings = project.read("plimsoll.toml");
    project.put("plimsoll.toml", format!("{settings}\n[changes]\nunapproved = \"warn\"\n"));
    project.edit(path, "name: amount, logicalType: number", "name: total, logicalType: number");
    project.put_pipeline(&["orders: { source: { files: \"landing/*.csv\" }, table: { partition_by: [status] } }"]);
    // An edit is still to be migrated, and nobody else has to answer for that.
    let report = project.json(0, &["drift", "--tables"]);
    let kinds: Vec<String> = report["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| format!("{} {}", item["kind"].as_str().unwrap(), item["column"].as_str().unwrap_or("-")))
        .collect();
    assert_eq!(kinds, ["missing total", "new amount", "partitioning -"], "{report:#}");
    project.remove("landing/1.csv");
    project.put("landing/2.csv", "nothing");
    project.expect(1, &["drift", "--sources"]);
}

#[test]
fn a_source_that_is_gone_cannot_be_looked_at() {
    let project = project("ignore_extra");
    project.expect(0, &["run"]);
    std::fs::remove_dir_all(project.path("landing")).unwrap();
    says(&project.expect(1, &["drift"]), &["orders: no file lies at landing/*.csv", "0 sources and 1 table"]);
    assert_eq!(project.json(1, &["drift"])["failed"][0]["dataset"], "orders");
    project.expect(0, &["drift", "--tables"]);
    // Where files are taken away once they are read, none is how it should be.
    project.put_pipeline(&["orders: { source: { files: \"landing/*.csv\", vanished: keep } }"]);
    project.expect(0, &["drift"]);
}

#[test]
fn what_no_contract_can_say_is_taken_for_normal_by_somebody() {
    let project = project("ignore_extra");
    project.expect(0, &["drift"]);
    let with = |nulls: usize, more: &str| {
        let rows: String =
            (0..10).map(|at| format!("{at},open,{}{more}\n", if at < nulls { "" } else { "1" })).collect();
        let header = if more.is_empty() { "" } else { ",discount" };
        project.put("landing/1.csv", format!("id,status,amount{header}\n{rows}"));
    };
    with(5, "");
    says(&project.expect(1, &["drift"]), &["drift accept orders.amount --reason"]);
    let accept = |code: i32, item: &str, reason: &str| {
        project.expect(code, &["drift", "accept", item, "--reason", reason, "--as", "ada"])
    };
    says(&accept(2, "orders.amount", " "), &["needs a reason"]);
    says(&accept(2, "orders.status", "r"), &["no drift of orders.status stands"]);
    says(&accept(2, "nobody", "r"), &["there is no dataset `nobody`"]);
    says(&accept(0, "orders.amount", "half of them pay later"), &["orders.amount", "taken by ada", "50.0 %"]);
    says(&project.expect(0, &["drift"]), &["no drift"]);
    assert!(!project.expect(0, &["status"]).both().contains("difference"));
    says(&project.expect(0, &["ledger", "export"]), &["drift_accepted", "half of them pay later", "ada"]);
    project.expect(0, &["ledger", "verify"]);
    // It is what the next look compares with.
    with(10, "");
    says(&project.expect(1, &["drift"]), &["100.0 % of the rows have no value, before it was 50.0 %"]);
    accept(0, "orders", "all of them");
    project.expect(0, &["drift"]);
    // A column that is left out is left out from then on without a word; what a contract can say is not accepted.
    with(10, ",2");
    says(&project.expect(1, &["drift"]), &["--from-drift orders", "drift accept orders.discount"]);
    accept(0, "orders.discount", "we do not need it");
    project.expect(0, &["drift"]);
    project.put("landing/1.csv", "id,status,amount\n1,refunded,\n");
    project.expect(1, &["drift"]);
    says(&accept(2, "orders", "r"), &["is not taken for normal", "--from-drift orders"]);
}

#[test]
fn each_difference_says_what_ends_it() {
    let project = project("ignore_extra");
    project.expect(0, &["run"]);
    project.expect(0, &["drift"]);
    let good = project.read("landing/1.csv");
    // Nothing that a proposal could mend, so none is suggested.
    let rows: String = (0..10).map(|at| format!("x{at},open,\n")).collect();
    project.put("landing/1.csv", format!("id,status,amount\n{rows}"));
    let screen = project.expect(1, &["drift"]);
    says(&screen, &["retyped", "mend what is delivered", "change new ID --from FILE", "drift accept orders.amount"]);
    assert!(!screen.both().contains("--from-drift"), "{}", screen.both());
    project.expect(2, &["change", "new", "none", "--from-drift", "orders", "--as", "ada"]);
    // Nor where such a change is open already.
    project.put("landing/1.csv", "id,status,amount\n1,refunded,1\n");
    says(&project.expect(1, &["drift"]), &["plimsoll change new ID --from-drift orders"]);
    project.expect(0, &["init"]);
    project.expect(0, &["change", "new", "follow", "--from-drift", "orders", "--as", "ada"]);
    let screen = project.expect(1, &["drift"]);
    says(&screen, &["plimsoll change show follow is open about the contract"]);
    assert!(!screen.both().contains("--from-drift"), "{}", screen.both());
    // Another hand in the table.
    project.put("landing/1.csv", good);
    project.put(&format!("warehouse/orders/_delta_log/{:020}.json", 1), "{\"commitInfo\":{\"operation\":\"X\"}}\n");
    says(&project.expect(1, &["drift"]), &["move the table's folder out of the warehouse", "builds it anew"]);
    let told = project.expect(0, &["plan"]).both();
    assert!(told.contains("anew") && !told.contains('…'), "nothing is cut off: {told}");
    let sources = project.expect(1, &["drift", "--sources"]).both();
    assert!(sources.contains("orders source") && !sources.contains("orders table"), "{sources}");
}
