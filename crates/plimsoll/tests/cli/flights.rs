//! The example project: every count and every check that `EXPECTED.json` names, which another program computed from the same files.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::project::{Output, Project, actions, dataset};

/// How far computed shares and values may differ: `EXPECTED.json` has six digits.
const TOLERANCE: f64 = 1e-6;

#[test]
fn the_slice_counts_what_another_program_counts() {
    let project = Project::flights();
    let expected = expected();
    let slice = &expected["slice"];

    first(&project, &slice["first"]);
    nothing_to_do(&project);

    project.copy("landing-next/flights/2013-11-08.csv.gz", "landing/flights/2013-11-08.csv.gz");
    next_day(&project, &slice["next_day"]);
    nothing_to_do(&project);

    project.copy("landing-next/airports/caribbean.csv", "landing/airports/caribbean.csv");
    let more = project.json(0, &["run"]);
    compare_all(&project, &more, &slice["more_airports"]);
    replay(&project, &slice["replay"]);
    nothing_to_do(&project);
}

/// From one day to the next the producer calls a column otherwise: found, proposed, decided by the right people, put in force; and
/// whoever read the table before still reads it.
#[test]
fn a_column_that_the_producer_renames_goes_its_way_to_a_new_contract() {
    let project = Project::flights();
    let expected = expected();
    project.edit(
        "plimsoll.toml",
        "threshold = \"5%\"\n",
        "threshold = \"5%\"\n\n[changes]\napprovers = [\"dana@example.org\", \"erin\"]\napprovals = 2\n",
    );
    first(&project, &expected["slice"]["first"]);

    let day = project.path("landing/flights/2013-11-08.csv");
    let old = unzipped(&project.path("landing-next/flights/2013-11-08.csv.gz"));
    assert!(old.contains("arr_delay"), "{old:.200}");
    std::fs::write(&day, old.replacen("arr_delay", "arr_delay_min", 1)).unwrap();
    assert!(Command::new("gzip").arg(&day).status().unwrap().success());

    let drift = project.json(1, &["drift", "flights_raw", "--sources"]);
    assert_eq!((&drift["items"][0]["kind"], &drift["items"][0]["column"]), (&"renamed".into(), &"arr_delay".into()));
    let failed = project.json(1, &["run"]);
    assert_eq!(dataset(&failed, "flights_raw")["action"], "failed", "{failed:#}");

    let change = |code: i32, words: &[&str]| project.expect(code, &[&["change"], words].concat()).both();
    change(
        0,
        &["new", "follow", "--from-drift", "flights_raw", "--as", "ada", "--why", "The producer renamed arr_delay."],
    );
    let refused = change(1, &["approve", "follow", "--reason", "looks good", "--as", "mallory"]);
    assert!(refused.contains("mallory") && refused.contains("erin"), "{refused}");
    change(3, &["apply", "follow", "--as", "ada"]);
    change(0, &["approve", "follow", "--reason", "they told us", "--as", "dana@example.org"]);
    change(3, &["apply", "follow", "--as", "ada"]);
    change(0, &["approve", "follow", "--reason", "seen", "--as", "erin"]);
    change(0, &["apply", "follow", "--as", "ada"]);

    let expected = &expected["slice"]["next_day"];
    let run = project.json(3, &["run"]);
    compare(dataset(&run, "flights_raw"), &expected["flights_raw"]);
    compare(dataset(&run, "flight"), &expected["flight"]);
    approve(&project, &expected["flight"]);
    let rest = project.json(0, &["run"]);
    compare(dataset(&rest, "daily_delay"), &expected["daily_delay"]);
    tables(&project, expected);
    nothing_to_do(&project);
    assert_eq!(project.json(0, &["drift", "flights_raw"])["items"], serde_json::json!([]));
    let archive = std::fs::read_dir(project.path("openspec/changes/archive")).unwrap().next().unwrap().unwrap().path();
    let before = archive.join("before/openspec/specs/flights/sources.odcs.yaml");
    let table = project.table("flights_raw");
    let words =
        ["contract", "test", before.to_str().unwrap(), "--dataset", "flights_raw", "--data", table.to_str().unwrap()];
    let read: Value = serde_json::from_str(&project.run(&[&words[..], &["--json"]].concat()).stdout).unwrap();
    let checks = read["datasets"][0]["checks"].as_array().unwrap();
    let columns: Vec<&Value> =
        checks.iter().filter(|check| ["present", "type"].contains(&check["kind"].as_str().unwrap())).collect();
    assert!(columns.len() >= 19 && columns.iter().all(|check| check["outcome"] == "passed"), "{read:#}");
}

fn unzipped(path: &Path) -> String {
    Output::of(Command::new("gzip").arg("-dc").arg(path)).stdout
}

/// The whole year, when `cargo xtask data flights` has fetched it.
#[test]
fn the_year_counts_what_another_program_counts() {
    let Some(landing) = year() else {
        return println!("note: the whole year is not here; `cargo xtask data flights` fetches it");
    };
    let project = Project::flights();
    std::fs::remove_dir_all(project.path("landing")).unwrap();
    std::os::unix::fs::symlink(landing, project.path("landing")).unwrap();
    first(&project, &expected()["year"]["first"]);
    nothing_to_do(&project);
}

/// The first run waits at a gate; with the decision the second brings the rest.
fn first(project: &Project, expected: &Value) {
    let run = project.json(3, &["run"]);
    assert_eq!(run["outcome"], "waiting");
    assert_eq!(dataset(&run, "daily_delay")["action"], "skipped");
    assert_eq!(dataset(&run, "daily_delay")["reason"], "flight waits at a gate");
    assert_eq!(project.version("flight"), -1, "nothing that is held can be read");
    let held = expected.as_object().unwrap().keys().filter(|name| *name != "daily_delay");
    held.for_each(|name| compare(dataset(&run, name), &expected[name]));

    approve(project, &expected["flight"]);
    let rest = project.json(0, &["run"]);
    assert_eq!(rest["outcome"], "done");
    compare(dataset(&rest, "daily_delay"), &expected["daily_delay"]);
    tables(project, expected);
}

fn next_day(project: &Project, expected: &Value) {
    let run = project.json(3, &["run"]);
    compare(dataset(&run, "flights_raw"), &expected["flights_raw"]);
    compare(dataset(&run, "flight"), &expected["flight"]);
    assert_eq!(dataset(&run, "daily_delay")["reason"], "flight waits at a gate");
    approve(project, &expected["flight"]);
    let rest = project.json(0, &["run"]);
    compare(dataset(&rest, "daily_delay"), &expected["daily_delay"]);
    tables(project, expected);
}

fn replay(project: &Project, expected: &Value) {
    let listed = project.json(0, &["dlq", "list"]);
    assert_eq!(dataset(&listed, "flight")["rows_refused"], expected["dead_letters"]);
    let replayed = project.json(0, &["dlq", "replay", "flight"]);
    assert_eq!(replayed["accepted"], expected["accepted"]);
    assert_eq!(replayed["refused"], expected["refused_again"]);
    project.json(0, &["run"]);
    for name in ["flight", "daily_delay"] {
        assert_eq!(project.count(name), expected[name]["rows_table"].as_u64().unwrap(), "rows of {name}");
    }
}

fn nothing_to_do(project: &Project) {
    let run = project.json(0, &["run"]);
    assert_eq!(run["outcome"], "nothing", "{:?}", actions(&run));
    assert_eq!(run["run"], Value::Null);
    assert!(actions(&run).iter().all(|action| action.ends_with(" skipped")), "{:?}", actions(&run));
}

fn approve(project: &Project, expected: &Value) {
    let approved = project.json(
        0,
        &["gate", "approve", "flight", "--reason", "known and told to the readers", "--as", "dana@example.org"],
    );
    assert_eq!(approved["rows_published"], expected["rows_passed"]);
    assert_eq!(approved["rows_refused"], expected["rows_refused"]);
}

fn compare_all(project: &Project, run: &Value, expected: &Value) {
    for (name, expected) in expected.as_object().unwrap() {
        compare(dataset(run, name), expected);
    }
    tables(project, expected);
}

fn tables(project: &Project, expected: &Value) {
    for (name, expected) in expected.as_object().unwrap() {
        assert_eq!(project.count(name), expected["rows_table"].as_u64().unwrap(), "rows of {name}");
    }
}

fn compare(found: &Value, expected: &Value) {
    let name = found["name"].as_str().unwrap();
    let action = if expected["decision"] == "hold" { "held" } else { "published" };
    assert_eq!(found["action"], action, "{name}: {}", found["reason"]);
    let read = match expected.get("rows_input") {
        Some(inputs) => inputs.as_object().unwrap().values().map(|rows| rows.as_u64().unwrap()).sum::<u64>(),
        None => expected["rows_read"].as_u64().unwrap(),
    };
    assert_eq!(found["rows_read"], read, "rows read by {name}");
    assert_eq!(found["rows_published"], expected["rows_passed"], "rows published by {name}");
    assert_eq!(found["rows_refused"], expected["rows_refused"], "rows refused by {name}");
    let checks = found["checks"].as_array().unwrap();
    for (id, expected) in expected["checks"].as_object().unwrap() {
        let found = checks
            .iter()
            .find(|check| check["id"] == id.as_str())
            .unwrap_or_else(|| panic!("{name} has no check {id}"));
        compare_check(&format!("{name}: {id}"), found, expected);
    }
    let unknown: Vec<&Value> = checks
        .iter()
        .map(|check| &check["id"])
        .filter(|id| expected["checks"].get(id.as_str().unwrap()).is_none())
        .collect();
    assert!(unknown.is_empty(), "{name} has checks that nobody expects: {unknown:?}");
}

fn compare_check(what: &str, found: &Value, expected: &Value) {
    for (field, expected) in expected.as_object().unwrap() {
        // Rows that share a key are violations here, not a measured value.
        let keys = field == "value" && ["unique", "primary_key"].contains(&found["kind"].as_str().unwrap());
        let field = if keys { "violations" } else { field.as_str() };
        match (field, expected.as_f64()) {
            ("ratio" | "value", Some(expected)) => {
                let found = found[field].as_f64().unwrap_or_else(|| panic!("{what} has no {field}: {found}"));
                let allowed = TOLERANCE * expected.abs().max(1.0);
                assert!((found - expected).abs() <= allowed, "{what}: {field} is {found}, not {expected}");
            }
            _ => assert_eq!(&found[field], expected, "{what}: {field}"),
        }
    }
}

fn expected() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/flights/EXPECTED.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Where `cargo xtask data flights` puts the year: beside the folder that cargo gives to tests.
fn year() -> Option<PathBuf> {
    let landing = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../data/flights-year/landing");
    landing.join("flights/2013-12-31.csv.gz").is_file().then_some(landing)
}
