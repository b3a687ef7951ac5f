//! What a plan says and why; and that it says so without opening any data.

use serde_json::{Value, json};

use crate::project::{Project, dataset};

const ORDERS: [&str; 3] = [
    "name: id, logicalType: integer, required: true, primaryKey: true",
    "name: country, logicalType: string, required: true, description: Where it was sent",
    "name: amount, logicalType: integer, logicalTypeOptions: { minimum: 0 }",
];

fn small() -> Project {
    Project::new()
        .contract("orders", &ORDERS)
        .contract(
            "totals",
            &[
                "name: country, logicalType: string, required: true, primaryKey: true",
                "name: orders, logicalType: integer, required: true",
            ],
        )
        .pipeline(&["orders: { source: { files: 'landing/*.csv' } }", "totals: {}"])
        .write("models/totals.sql", "SELECT country, count(*) AS orders FROM orders GROUP BY country\n")
        .write("landing/1.csv", "id,country,amount\n1,DE,10\n2,FR,20\n")
}

/// `action reason-kind, reason-kind` of one planned stage.
fn stage(project: &Project, name: &str) -> String {
    let plan = project.json(0, &["plan"]);
    let stages = plan["stages"].as_array().unwrap();
    let stage = stages.iter().find(|stage| stage["dataset"] == name).unwrap();
    let kinds: Vec<&str> =
        stage["reasons"].as_array().unwrap().iter().map(|reason| reason["kind"].as_str().unwrap()).collect();
    let rebuild = if stage["rebuild"] == true { "rebuild" } else { stage["action"].as_str().unwrap() };
    format!("{rebuild}: {}", kinds.join(", "))
}

fn done(project: &Project) {
    project.expect(0, &["run"]);
    assert_eq!(stage(project, "orders"), "skip: up_to_date");
    assert_eq!(stage(project, "totals"), "skip: up_to_date");
}

#[test]
fn each_cause_has_its_reason() {
    let project = small();
    assert_eq!(stage(&project, "orders"), "rebuild: first_run");
    assert_eq!(stage(&project, "totals"), "rebuild: first_run");
    done(&project);

    project.put("landing/2.csv", "id,country,amount\n3,IT,5\n");
    assert_eq!(stage(&project, "orders"), "run: files_new");
    assert_eq!(stage(&project, "totals"), "run: input_runs");
    done(&project);

    project.put("models/totals.sql", "SELECT country, 2 * count(*) AS orders FROM orders GROUP BY country\n");
    assert_eq!(stage(&project, "orders"), "skip: up_to_date");
    assert_eq!(stage(&project, "totals"), "rebuild: sql_changed");
    done(&project);
    assert_eq!(project.rows("totals")[0], r#"{"country":"DE","orders":2}"#);

    project.edit("openspec/specs/tests/orders.odcs.yaml", "minimum: 0", "minimum: 1");
    assert_eq!(stage(&project, "orders"), "run: contract_changed");
    assert!(project.expect(0, &["plan"]).stdout.contains("orders is migrated, rows are read"));
    assert_eq!(stage(&project, "totals"), "run: input_runs");
    done(&project);

    project.edit("openspec/specs/tests/orders.odcs.yaml", "Where it was sent", "The country it was sent to");
    assert_eq!(stage(&project, "orders"), "skip: up_to_date", "a description decides nothing");

    project.put("models/totals.sql", "-- Twice, for the ship and the agent.\nSELECT country,\n  2 * count(*) AS orders\nFROM orders GROUP BY country\n");
    assert_eq!(stage(&project, "totals"), "rebuild: sql_changed", "the text of the SQL is compared, not its meaning");

    project.edit("pipelines/small.yaml", "totals: {}", "totals: { table: { write: merge, key: [country] } }");
    assert!(stage(&project, "totals").contains("table_changed"), "{}", stage(&project, "totals"));
    project.edit("pipelines/small.yaml", "'landing/*.csv'", "'landing/*.csv', null_values: [NA]");
    assert_eq!(stage(&project, "orders"), "rebuild: source_changed");
}

#[test]
fn a_changed_file_of_an_appended_table_blocks() {
    let project = small();
    done(&project);
    project.put("landing/1.csv", "id,country,amount\n1,DE,11\n2,FR,20\n7,FR,7\n");
    let plan = project.json(0, &["plan"]);
    assert_eq!(stage(&project, "orders"), "blocked: files_changed");
    assert_eq!(dataset(&plan, "orders")["reason"], "1 file changed after being read: landing/1.csv");
    let run = project.json(1, &["run"]);
    assert_eq!(dataset(&run, "orders")["action"], "blocked");
    assert_eq!(project.count("orders"), 2);

    project.remove("landing/1.csv");
    assert_eq!(stage(&project, "orders"), "blocked: files_vanished");
}

#[test]
fn a_touched_file_with_the_same_bytes_is_the_same_file() {
    let project = small();
    done(&project);
    std::fs::File::options()
        .write(true)
        .open(project.path("landing/1.csv"))
        .unwrap()
        .set_modified(std::time::UNIX_EPOCH)
        .unwrap();
    assert_eq!(stage(&project, "orders"), "skip: up_to_date");
    assert_eq!(project.json(0, &["run"])["outcome"], "nothing");
}

#[test]
fn the_same_plan_has_the_same_bytes() {
    let project = small();
    let told = |args: &[&str]| project.expect(0, args).stdout;
    assert_eq!(told(&["plan", "--json"]), told(&["plan", "--json"]));
    done(&project);
    project.put("landing/2.csv", "id,country,amount\n3,IT,5\n");
    assert_eq!(told(&["plan", "--json"]), told(&["plan", "--json"]));
    assert_eq!(told(&["plan"]), told(&["plan"]));
}

#[test]
fn planning_opens_no_data() {
    let project = small();
    project.put("landing/1.csv", [0xff, 0xfe, 0x00, b'\n', b'"']);
    project.put("landing/2.csv", "not,the,columns\n");
    assert_eq!(stage(&project, "orders"), "rebuild: first_run");
    assert_eq!(project.json(0, &["check"])["valid"], true);

    let readable = small();
    done(&readable);
    // Neither the files nor the tables' data are looked into; only the log's end is.
    readable.put("landing/1.csv", "id,country,amount\n1,DE,10\n2,FR,20\n");
    for name in readable.files_on_disk("orders") {
        readable.put(&format!("warehouse/orders/{name}"), "garbage");
    }
    readable.put("landing/2.csv", [0u8; 16]);
    assert_eq!(stage(&readable, "orders"), "run: files_new");
}

#[test]
fn a_plan_tells_how_it_reads_each_input() {
    let project = small();
    let plan = project.json(0, &["plan"]);
    let orders = &plan["stages"][0];
    assert_eq!(orders["dataset"], "orders");
    assert_eq!(orders["sequence"], 1);
    assert_eq!(orders["needs"], json!([]));
    assert_eq!(plan["stages"][1]["needs"], json!(["orders"]));
    assert_ne!(orders["inputs"]["files"], Value::Null);
}

#[test]
fn a_broken_project_is_not_planned() {
    let project = small();
    project.put("models/totals.sql", "SELECT country, count(*) AS orders FROM ordres GROUP BY country\n");
    for verb in ["plan", "run", "check"] {
        let output = project.expect(2, &[verb]);
        assert!(output.stdout.contains("models/totals.sql:1:"), "{}", output.both());
        assert!(output.stdout.contains("orders"), "no suggestion: {}", output.both());
    }
    assert!(!project.path("warehouse").exists());
}
