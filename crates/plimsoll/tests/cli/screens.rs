//! What a person sees, verb by verb: the exact text and the exit code.

use crate::normal;
use crate::project::{Output, Project};

/// A shop: a reference table, orders with a few bad rows, sums per country, and returns of which too many are bad.
fn shop() -> Project {
    let project = Project::new()
        .contract("countries", &["name: country, logicalType: string, required: true, primaryKey: true, logicalTypeOptions: { maxLength: 2 }"])
        .contract("totals", &[
            "name: country, logicalType: string, required: true, primaryKey: true",
            "name: orders, logicalType: integer, required: true",
            "name: amount, logicalType: number, physicalType: 'decimal(20,2)'",
        ])
        .pipeline(&[
            "countries: { source: { files: 'landing/countries.csv' }, table: { write: merge, key: [country] } }",
            "orders: { source: { files: 'landing/orders/*.csv' } }",
            "returns: { source: { files: 'landing/returns.csv' } }",
            "totals: {}",
            "refunds: {}",
        ])
        .write("models/totals.sql", "SELECT country, count(*) AS orders, sum(amount) AS amount FROM orders GROUP BY country\n")
        .write("models/refunds.sql", "SELECT id, reason FROM returns WHERE reason = 'refund'\n")
        .write("landing/countries.csv", "country\nDE\nFR\nIT\n")
        .write("landing/returns.csv", "id,reason\n1,refund\n2,\n3,because\n4,refund\n");
    project.put_contract(
        "orders",
        &[
            "name: id, logicalType: integer, required: true, primaryKey: true",
            "name: country, logicalType: string, required: true",
            "name: amount, logicalType: number, physicalType: 'decimal(10,2)', logicalTypeOptions: { minimum: 0 }",
            "name: note, logicalType: string, required: true, customProperties: [{ property: severity, value: warning, vendor: plimsoll }]",
        ],
        "    relationships:\n      - { type: foreignKey, from: orders.country, to: countries.country }\n    \
         quality:\n      - { id: polite, type: text, description: Notes are polite. }\n",
    );
    let enums = "name: reason, logicalType: string, required: true, enum: [{ value: refund }, { value: exchange }]";
    project.put_contract("returns", &["name: id, logicalType: integer, required: true, primaryKey: true", enums], "");
    project.put_contract("refunds", &["name: id, logicalType: integer, required: true, primaryKey: true", enums], "");
    let good: String = (1..=97).map(|id| format!("{id},{},{id}.50,on time\n", ["DE", "FR", "IT"][id % 3])).collect();
    project.write(
        "landing/orders/1.csv",
        format!("id,country,amount,note\n{good}98,XX,1,late\n99,,-5.00,\"very\nlate\"\n100,DE,1e3,\n"),
    )
}

fn ran() -> Project {
    let project = shop();
    project.expect(3, &["run"]);
    project
}

fn wide(project: &Project, columns: &str, args: &[&str]) -> Output {
    Output::of(project.command(args).env("COLUMNS", columns))
}

macro_rules! seen {
    ($name:literal, $project:expr, $args:expr) => {{
        let project = &$project;
        let output = project.run(&$args);
        insta::with_settings!({ description => format!("plimsoll {}", $args.join(" ")), omit_expression => true }, {
            insta::assert_snapshot!($name, normal::screen(project, &output));
        });
    }};
}

#[test]
fn check() {
    let project = shop();
    seen!("check", project, ["check"]);
    project.put(
        "models/totals.sql",
        "SELECT contry, count(*) AS orders, sum(amount) AS amount FROM orders GROUP BY country\n",
    );
    project.edit("pipelines/small.yaml", "write: merge", "write: merg");
    project.edit("openspec/specs/tests/orders.odcs.yaml", "logicalType: integer", "logicalType: int");
    seen!("check_errors", project, ["check"]);
    seen!("plan_errors", project, ["plan"]);
}

#[test]
fn plan() {
    let project = shop();
    seen!("plan_first", project, ["plan"]);
    project.expect(3, &["run"]);
    project.put("landing/orders/2.csv", "id,country,amount,note\n101,DE,1,x\n");
    seen!("plan_later", project, ["plan"]);
}

#[test]
fn run_and_its_history() {
    let project = shop();
    seen!("run_first", project, ["run"]);
    seen!("run_waiting", project, ["run"]);
    seen!("status", project, ["status"]);
    seen!("gate_list", project, ["gate", "list"]);
    seen!("gate_show", project, ["gate", "show", "returns"]);
    seen!("gate_approve", project, ["gate", "approve", "returns", "--reason", "the shop knows"]);
    seen!("gate_show_published", project, ["gate", "show", "returns"]);
    seen!("gate_list_empty", project, ["gate", "list"]);
    seen!("gate_list_all", project, ["gate", "list", "--all"]);
    seen!("run_after_approval", project, ["run"]);
    seen!("run_nothing", project, ["run"]);
    seen!("plan_nothing", project, ["plan"]);
    seen!("runs", project, ["runs"]);
    let runs = project.json(0, &["runs"]);
    let first = runs["runs"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    let shown = project.expect(0, &["runs", "show", &first]);
    // Stages that do not wait for each other start in any order.
    let mut lines: Vec<String> = normal::screen(&project, &shown).lines().map(str::to_owned).collect();
    lines[3..].sort();
    insta::assert_snapshot!("runs_show", lines.join("\n"));
}

#[test]
fn run_rejected() {
    let project = ran();
    seen!("gate_reject", project, ["gate", "reject", "returns", "--reason", "ask the shop"]);
    seen!("run_rejected", project, ["run"]);
}

#[test]
fn run_failed() {
    let project = shop();
    project.put("landing/orders/1.csv", "id,country,note\n1,DE,x\n");
    seen!("run_failed", project, ["run"]);
    seen!("runs_none_of_it", project, ["dlq", "list"]);
}

#[test]
fn run_in_colour() {
    let project = shop();
    let output = Output::of(project.command(&["run", "--color", "always"]).env_remove("NO_COLOR"));
    let shown = normal::screen(&project, &output).replace('\x1b', "␛");
    let gaps = regex::Regex::new(" {2,}").unwrap();
    insta::assert_snapshot!("run_colour", gaps.replace_all(&shown, "  "));
    let plain = Output::of(project.command(&["run", "--color", "auto"]).env_remove("NO_COLOR"));
    assert!(!plain.stdout.contains('\x1b'), "no colour when nobody looks: {}", plain.both());
}

#[test]
fn run_narrow_and_wide() {
    let project = shop();
    insta::assert_snapshot!("run_60", normal::screen(&project, &wide(&project, "60", &["run"])));
    insta::assert_snapshot!("status_60", normal::screen(&project, &wide(&project, "60", &["status"])));
    insta::assert_snapshot!("gate_list_60", normal::screen(&project, &wide(&project, "60", &["gate", "list"])));
    let project = shop();
    insta::assert_snapshot!("run_140", normal::screen(&project, &wide(&project, "140", &["run"])));
    insta::assert_snapshot!("gate_list_140", normal::screen(&project, &wide(&project, "140", &["gate", "list"])));
}

#[test]
fn run_as_json() {
    let project = shop();
    let output = project.run(&["run", "--json"]);
    assert_eq!((output.code, output.stderr.as_str()), (Some(3), ""));
    insta::assert_snapshot!("run_json", normal::document(&project, &output.stdout));
}

#[test]
fn dead_letters() {
    let project = ran();
    seen!("dlq_list", project, ["dlq", "list"]);
    seen!("dlq_show", project, ["dlq", "show", "orders"]);
    seen!("dlq_show_limit", project, ["dlq", "show", "orders", "--limit", "1"]);
    project.put("landing/countries.csv", "country\nDE\nFR\nIT\nXX\n");
    project.expect(3, &["run"]);
    seen!("dlq_replay", project, ["dlq", "replay", "orders"]);
    seen!("dlq_discard_unasked", project, ["dlq", "discard", "orders", "--reason", "tests"]);
    seen!("dlq_discard", project, ["dlq", "discard", "orders", "--reason", "tests", "--yes"]);
    seen!("dlq_replay_nothing", project, ["dlq", "replay", "orders"]);
    seen!("dlq_list_empty", project, ["dlq", "list"]);
    seen!("dlq_unknown", project, ["dlq", "show", "order"]);
}

#[test]
fn contracts() {
    let project = shop();
    seen!("contract_lint", project, ["contract", "lint", "openspec"]);
    seen!("contract_show", project, ["contract", "show", "openspec/specs/tests/orders.odcs.yaml"]);
    seen!("contract_new", project, ["contract", "new", "shop", "orders"]);
    project.edit("openspec/specs/tests/orders.odcs.yaml", "logicalType: integer", "logicalType: int");
    project.edit("openspec/specs/tests/orders.odcs.yaml", "minimum: 0", "minimum: 9, maximum: 1");
    seen!("contract_lint_errors", project, ["contract", "lint", "openspec/specs/tests/orders.odcs.yaml"]);
    seen!("contract_lint_missing", project, ["contract", "lint", "nowhere.odcs.yaml"]);
    let linted = project.json(1, &["contract", "lint", "openspec"]);
    assert_eq!(linted["files"].as_array().unwrap().len(), 5);
}

#[test]
fn schemas() {
    let project = Project::new();
    for of in ["settings", "pipeline", "contract"] {
        let schema: serde_json::Value = serde_json::from_str(&project.expect(0, &["schema", of]).stdout).unwrap();
        assert!(schema["$schema"].as_str().unwrap().contains("json-schema.org"), "{of}");
    }
}

#[test]
fn help_and_usage() {
    let project = Project::new();
    seen!("help", project, ["--help"]);
    seen!("help_run", project, ["run", "--help"]);
    seen!("help_dlq", project, ["dlq", "--help"]);
    seen!("usage_nothing", project, [""; 0]);
    seen!("usage_error", project, ["rnu"]);
    seen!("usage_error_json", project, ["rnu", "--json"]);
    seen!("no_such_pipeline", project, ["run", "nightly"]);
    let nowhere = tempfile::tempdir().unwrap();
    let output = Output::of(project.command(&["plan"]).current_dir(nowhere.path()));
    let text = normal::screen(&project, &output).replace(&nowhere.path().display().to_string(), "<nowhere>");
    insta::assert_snapshot!("no_project", text);
}
