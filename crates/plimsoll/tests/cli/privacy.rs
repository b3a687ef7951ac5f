//! Classes: what `check` says, and what a run enters.

use crate::project::Project;

const CONTRACT: &str = "apiVersion: v3.2.0
kind: DataContract
id: people
version: 1.0.0
status: active
schema:
  - name: people_raw
    properties:
      - { name: id, logicalType: integer, required: true }
      - { name: email, logicalType: string, classification: personal }
  - name: people
    properties:
      - { name: id, logicalType: integer, required: true }
      - { name: email, logicalType: string, classification: personal }
  - name: mart
    properties:
      - { name: id, logicalType: integer, required: true }
      - { name: domain, logicalType: string }
";

fn project(settings: &str) -> Project {
    Project::new()
        .write("plimsoll.toml", format!("name = \"people\"\n{settings}"))
        .write(
            "pipelines/people.yaml",
            "pipeline: people\ndatasets:\n  people_raw: { source: { files: \"landing/*.csv\" } }\n  people: {}\n  mart: {}\n",
        )
        .write("openspec/specs/people/people.odcs.yaml", CONTRACT)
        .write("models/people.sql", "SELECT id,\n  email\nFROM people_raw\n")
        .write("models/mart.sql", "SELECT id,\n  split_part(email, '@', 2) AS domain\nFROM people\n")
        .write("landing/a.csv", "id,email\n1,ada@example.com\n")
}

fn first_error(report: &serde_json::Value) -> serde_json::Value {
    let all = report["diagnostics"].as_array().unwrap();
    all.iter().find(|found| found["level"] == "error").unwrap_or_else(|| panic!("{report}")).clone()
}

#[test]
fn personal_data_does_not_flow_into_the_open() {
    let project = project("");
    let output = project.expect(2, &["check"]);
    insta::assert_snapshot!(output.both());
    let report = project.json(2, &["check"]);
    let found = first_error(&report);
    assert_eq!(
        (found["path"].as_str(), found["span"]["line"].as_u64()),
        (Some("openspec/specs/people/people.odcs.yaml"), Some(18))
    );
    // Nothing runs.
    assert_eq!(project.json(2, &["run"])["error"]["code"], "PL261");
}

#[test]
fn an_exemption_is_entered_and_ends() {
    let exempt = |until: &str| {
        format!(
            "[[privacy.exemptions]]\ncolumn = \"mart.domain\"\nwho = \"dpo\"\nwhy = \"migration\"\nuntil = \"{until}\"\n"
        )
    };
    let granted = project(&exempt("2999-12-31"));
    let report = granted.json(0, &["check"]);
    assert_eq!(report["privacy"]["exempted"][0]["who"], "dpo");
    let run = granted.json(0, &["run"]);
    let shown = granted.json(0, &["runs", "show", run["run"].as_str().unwrap()]);
    let events = shown["events"].as_array().unwrap();
    let entered = events.iter().find(|event| event["event"] == "privacy_exempted").unwrap();
    assert_eq!((entered["column"].as_str(), entered["class"].as_str()), (Some("domain"), Some("personal")));
    assert_eq!((entered["from"].as_str(), entered["until"].as_str()), (Some("people_raw.email"), Some("2999-12-31")));

    let ended = project(&exempt("2020-01-31"));
    assert_eq!(first_error(&ended.json(2, &["check"]))["code"], "PL262");
    let endless = project("[[privacy.exemptions]]\ncolumn = \"mart.domain\"\nwho = \"dpo\"\nwhy = \"migration\"\n");
    assert_eq!(
        endless.json(2, &["check"])["diagnostics"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|found| found["code"] == "PL206")
            .count(),
        1
    );
}

/// `examples/passengers`, as its README and the guide go through it.
#[test]
fn the_example_runs() {
    let project = Project::passengers();
    let checked = project.expect(0, &["check"]);
    assert!(checked.stdout.contains("upgrades.seat_note holds special category data"), "{}", checked.both());
    let report = project.json(0, &["run"]);
    let refused: u64 =
        report["datasets"].as_array().unwrap().iter().map(|dataset| dataset["rows_refused"].as_u64().unwrap()).sum();
    assert_eq!(refused, 2, "{report}");
    assert_eq!((project.count("passengers"), project.count("bookings"), project.count("revenue")), (3, 4, 3));
    insta::assert_snapshot!("the_example_classes", project.expect(0, &["privacy", "classes"]).both());
    let scanned = project.expect(0, &["privacy", "scan", "--verify"]);
    assert!(scanned.stdout.contains("all protected"), "{}", scanned.both());
    let erased =
        project.json(0, &["privacy", "erase", "passengers.passenger_id", "P-1", "--reason", "request 17", "--yes"]);
    let rows: u64 =
        erased["datasets"].as_array().unwrap().iter().map(|dataset| dataset["rows"].as_u64().unwrap()).sum();
    // The passenger, two bookings, one row of the revenue.
    assert_eq!(rows, 4, "{erased}");
    project.expect(0, &["run"]);
    let report = project.json(0, &["privacy", "scan", "--verify"]);
    let ids = report["verified"].as_array().unwrap().iter().filter(|verified| verified["column"] == "passenger_id");
    let values: Vec<u64> = ids.map(|verified| verified["values"].as_u64().unwrap()).collect();
    assert_eq!(values, [2, 2, 2], "{report}");
}
