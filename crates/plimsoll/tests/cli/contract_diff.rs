//! `contract diff` and `contract bump`: what a person sees, and the exit codes.

use crate::normal;
use crate::project::Project;

const OLD: &str = "\
# The shop's orders.
apiVersion: v3.2.0
kind: DataContract
id: shop
version: 1.0.0   # raise me
status: active
servers:
- {server: prod, type: postgres, host: db1, port: 5432, database: shop, schema: public}
schema:
- name: orders
  properties:
  - {name: id, logicalType: integer, physicalType: int, required: true, primaryKey: true}
  - {name: code, logicalType: string, physicalType: varchar(10)}
  - {name: at, logicalType: timestamp, required: true}
  - {name: state, logicalType: string, enum: [{value: open}, {value: closed}]}
  quality:
  - {id: few, type: library, metric: rowCount, mustBeGreaterThan: 100}
slaProperties:
- {property: latency, value: 4, unit: h, element: orders.at}
";

fn project() -> Project {
    let new = [
        ("physicalType: int,", "physicalType: bigint,"),
        ("name: code", "name: kode"),
        ("{name: at, logicalType: timestamp, required: true}", "{name: at, logicalType: timestamp}"),
        ("{value: closed}", "{value: closed}, {value: lost}"),
        ("mustBeGreaterThan: 100", "mustBeGreaterThan: 10"),
        ("value: 4, unit: h", "value: 240, unit: minutes"),
        ("version: 1.0.0", "version: 1.1.0"),
    ];
    let new = new.iter().fold(OLD.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    Project::new()
        .write("old.yaml", OLD)
        .write("new.yaml", new)
        .write("described.yaml", OLD.replace("primaryKey: true}", "primaryKey: true, description: The order}"))
        .write("broken.yaml", "kind: [\n")
}

macro_rules! seen {
    ($name:literal, $project:expr, $args:expr) => {{
        let output = $project.run(&$args);
        insta::assert_snapshot!($name, normal::screen(&$project, &output));
    }};
}

#[test]
fn a_change_that_breaks_ends_with_one() {
    let project = project();
    seen!("contract_diff", project, ["contract", "diff", "old.yaml", "new.yaml"]);
    seen!("contract_diff_mode", project, ["contract", "diff", "old.yaml", "new.yaml", "--mode", "backward"]);
    seen!("contract_diff_markdown", project, ["contract", "diff", "old.yaml", "new.yaml", "--markdown"]);
    seen!("contract_diff_sarif", project, ["contract", "diff", "old.yaml", "new.yaml", "--sarif"]);
    seen!("contract_diff_json", project, ["contract", "diff", "old.yaml", "described.yaml", "--json"]);
    seen!("contract_diff_safe", project, ["contract", "diff", "old.yaml", "described.yaml"]);
    seen!("contract_diff_same", project, ["contract", "diff", "old.yaml", "old.yaml"]);
    seen!("contract_diff_broken", project, ["contract", "diff", "old.yaml", "broken.yaml"]);
    seen!("contract_diff_alone", project, ["contract", "diff", "old.yaml"]);
}

#[test]
fn what_cannot_be_compared_is_bad_input() {
    let dbt = "version: 2\nmodels:\n- name: orders\n";
    let project = project()
        .write("dbt.yaml", dbt)
        .write("twice.yaml", OLD.replace("name: code,", "name: at,"))
        .write("named.yaml", OLD.replace("version: 1.0.0", "version: banana"));
    let refused = |args: &[&str], why: &str| {
        let output = project.expect(2, args);
        assert!(output.both().contains(why), "{}", output.both());
    };
    refused(&["contract", "diff", "old.yaml", "dbt.yaml"], "the document is no data contract");
    refused(&["contract", "diff", "old.yaml", "twice.yaml"], "the column `at` is listed twice");
    let bump = |file| ["contract", "bump", file, "--against", "old.yaml"];
    refused(&bump("named.yaml"), "`banana` is no semantic version (PL126)");
    refused(
        &["contract", "bump", "named.yaml", "--against", "old.yaml", "--write"],
        "give the contract a version like",
    );
}

#[test]
fn a_check_that_only_warns_now_breaks_readers() {
    let mild = "required: true, customProperties: [{property: severity, vendor: plimsoll, value: warning}]}";
    let project =
        project().write("mild.yaml", OLD.replace("timestamp, required: true}", &format!("timestamp, {mild}")));
    let report = project.json(1, &["contract", "diff", "old.yaml", "mild.yaml"]);
    assert_eq!(report["verdict"]["consumer"], "breaking");
    let reason = report["changes"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("`at.required`: what violates it is only reported now"), "{report}");
}

#[test]
fn a_bump_changes_nothing_but_the_version() {
    let project = project();
    seen!("contract_bump_asked", project, ["contract", "bump", "new.yaml", "--against", "old.yaml"]);
    let before = project.read("new.yaml");
    project.expect(0, &["contract", "bump", "new.yaml", "--against", "old.yaml", "--write"]);
    assert_eq!(project.read("new.yaml"), before.replace("version: 1.1.0   # raise me", "version: 2.0.0   # raise me"));
    seen!("contract_bump_enough", project, ["contract", "bump", "new.yaml", "--against", "old.yaml"]);
}
