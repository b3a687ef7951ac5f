//! `plimsoll lineage --run` and `--published`: what was made of what, by the ledger.

use serde_json::Value;

use crate::project::Project;

fn project() -> Project {
    Project::new()
        .contract("raw", &["name: id, logicalType: integer", "name: n, logicalType: integer"])
        .contract("doubled", &["name: id, logicalType: integer", "name: n, logicalType: integer"])
        .contract("total", &["name: n, logicalType: integer"])
        .pipeline(&[
            "raw: { source: { files: \"landing/*.csv\" } }",
            "doubled: { incremental: { from: raw }, table: { write: append } }",
            "total: {}",
        ])
        .write("models/doubled.sql", "SELECT id, n * 2 AS n FROM raw")
        .write("models/total.sql", "SELECT sum(n) AS n FROM doubled")
        .write("landing/a.csv", "id,n\n1,10\n")
}

fn texts(values: &Value, of: impl Fn(&Value) -> String) -> Vec<String> {
    values.as_array().unwrap().iter().map(of).collect()
}

fn word(value: &Value) -> String {
    value.to_string().replace('"', "")
}

#[test]
fn a_version_goes_back_to_the_files_of_its_time() {
    let project = project();
    let first = project.json(0, &["run"]);
    project.put("landing/b.csv", "id,n\n2,20\n");
    let second = project.json(0, &["run"]);

    let files = |version: &[&str]| {
        let args: Vec<&str> = ["lineage", "total", "--published"].iter().chain(version).copied().collect();
        texts(&project.json(0, &args)["files"], |file| {
            format!("{} {}", word(&file["dataset"]), word(&file["file"]["path"]))
        })
    };
    assert_eq!(files(&["0"]), ["raw landing/a.csv"]);
    assert_eq!(files(&["1"]), ["raw landing/a.csv", "raw landing/b.csv"]);
    assert_eq!(files(&[]), files(&["1"]));

    let origin = project.json(0, &["lineage", "total", "--published"]);
    let versions =
        texts(&origin["versions"], |version| format!("{}@{}", word(&version["dataset"]), version["version"]));
    assert_eq!(versions, ["total@1", "doubled@1", "raw@1"]);
    assert_eq!(origin["versions"][1]["inputs"], serde_json::json!([{ "dataset": "raw", "version": 1, "since": 0 }]));
    let contracts = texts(&origin["contracts"], |one| {
        format!("{} {}", word(&one["contract"]["id"]), word(&one["contract"]["version"]))
    });
    assert_eq!(contracts, ["urn:test:doubled 1.0.0", "urn:test:raw 1.0.0", "urn:test:total 1.0.0"]);
    assert!(origin["versions"][2]["files"][0]["hash"].as_str().unwrap().starts_with("xxh3:"));

    for (run, file) in [(&first, "landing/a.csv"), (&second, "landing/b.csv")] {
        let id = run["run"].as_str().unwrap();
        let lineage = project.json(0, &["lineage", "--run", id]);
        assert_eq!(lineage["run"], run["run"]);
        assert_eq!(lineage["coverage"], serde_json::json!({ "columns": 3, "traced": 3, "untraced": [] }));
        let made = lineage["made"].as_array().unwrap();
        assert_eq!(made.len(), 3);
        let raw = made.iter().find(|version| version["dataset"] == "raw").unwrap();
        assert_eq!(raw["files"][0]["path"], file);
    }
}

#[test]
fn the_screen_and_what_is_not_there() {
    let project = project();
    project.expect(0, &["run"]);
    project.put("landing/b.csv", "id,n\n2,20\n");
    let run = project.json(0, &["run"])["run"].as_str().unwrap().to_owned();
    let told = project.expect(0, &["lineage", "total", "--published"]).stdout
        + "\n---\n"
        + &project.expect(0, &["lineage", "--run", &run]).stdout;
    let told = regex::Regex::new(r"[0-9a-f]{8}-[0-9a-f-]{27}").unwrap().replace_all(&told, "RUN");
    let told = regex::Regex::new(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d").unwrap().replace_all(&told, "TIME");
    insta::assert_snapshot!(told);

    let said = |args: &[&str]| project.json(2, args)["error"]["message"].as_str().unwrap().to_owned();
    assert_eq!(said(&["lineage", "nowhere", "--published"]), "`nowhere` was never published");
    assert_eq!(said(&["lineage", "--run", "nope"]), "there is no run `nope`");
    let drawn = project.expect(2, &["lineage", "total", "--published", "--format", "dot"]);
    assert!(drawn.stderr.contains("text or JSON"), "{}", drawn.both());
    assert!(said(&["lineage", "--published"]).contains("required"));
}
