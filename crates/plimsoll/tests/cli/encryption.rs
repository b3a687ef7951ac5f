//! Tables that are encrypted as a whole: every way through them, and no byte of theirs in the clear.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::process::killed_at;
use crate::project::{Output, Project};

const FIRST: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const SECOND: &str = "1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100";

/// In no column is anything classified: the table as a whole asks for it.
const CONTRACT: &str = "apiVersion: v3.2.0
kind: DataContract
id: ward
version: 1.0.0
status: active
schema:
  - name: patients
    customProperties: [{ property: encryption, vendor: plimsoll, value: parquet }]
    properties:
      - { name: id, logicalType: string, required: true, primaryKey: true }
      - { name: name, logicalType: string, logicalTypeOptions: { maxLength: 30 } }
      - { name: illness, logicalType: string }
      - { name: ward, logicalType: integer, physicalType: bigint, logicalTypeOptions: { maximum: 99 } }
  - name: beds
    customProperties: [{ property: encryption, vendor: plimsoll, value: parquet }]
    properties:
      - { name: patient, logicalType: string, relationships: [{ to: patients.id }] }
      - { name: ward, logicalType: integer, physicalType: bigint }
  - name: wards
    properties:
      - { name: ward, logicalType: integer, physicalType: bigint }
      - { name: patients, logicalType: integer, physicalType: bigint }
";

const PIPELINE: &str = "pipeline: ward
datasets:
  patients: { source: { files: \"landing/*.csv\" }, table: { write: merge, key: [id] }, on_violation: { above: 90% } }
  beds: {}
  wards: {}
";

const SECRETS: [&str; 8] = [
    "P-77120-KLMN",
    "Quetzalcoatlus",
    "wolfsbane",
    "P-99331-WXYZ",
    "Xylophonist",
    "hemlock",
    "P-40001-ABCD",
    "belladonna",
];

fn settings(present: &str, ids: &[&str]) -> String {
    let keys: String = ids.iter().map(|id| format!("{id} = {{ file = \"{id}.key\" }}\n")).collect();
    format!("name = \"ward\"\nenvironment = \"development\"\n[privacy]\nkey = \"{present}\"\n[privacy.keys]\n{keys}")
}

fn ward() -> Project {
    Project::new()
        .set_env("PLIMSOLL_LOG", "debug")
        .write("plimsoll.toml", settings("k1", &["k1"]))
        .write("k1.key", FIRST)
        .write("pipelines/ward.yaml", PIPELINE)
        .write("openspec/specs/ward/ward.odcs.yaml", CONTRACT)
        .write("models/beds.sql", "SELECT id AS patient, ward FROM patients ORDER BY name")
        .write("models/wards.sql", "SELECT ward, count(*) AS patients FROM beds GROUP BY ward")
        .write(
            "landing/1.csv",
            "id,name,illness,ward\nP-77120-KLMN,Quetzalcoatlus,wolfsbane,1\nP-99331-WXYZ,Xylophonist,hemlock,2\n\
             P-40001-ABCD,Quetzalcoatlus with a name that is longer,belladonna,1\nP-40002-ABCD,Xylophonist,belladonna,700\n",
        )
}

/// Where a secret stands in the clear: in what was written, landing files apart, or printed.
fn leaks(project: &Project, printed: &[Output]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut search = |place: &str, bytes: &[u8]| {
        for secret in SECRETS.iter().filter(|secret| bytes.windows(secret.len()).any(|part| part == secret.as_bytes()))
        {
            found.insert(format!("{secret} in {place}"));
        }
    };
    printed.iter().for_each(|output| search("what was printed", output.both().as_bytes()));
    for path in crate::leak::files(project.root()) {
        let name = path.strip_prefix(project.root()).unwrap().display().to_string();
        if !name.starts_with("landing/") {
            search(&name, &std::fs::read(&path).unwrap());
            if name.ends_with(".parquet") {
                crate::leak::values(&path).into_iter().for_each(|value| search(&name, value.as_bytes()));
            }
        }
    }
    found
}

/// The number of rows of an encrypted table, which only Plimsoll can read.
fn rows(project: &Project, dataset: &str) -> u64 {
    let place = format!("{dataset}=warehouse/{dataset}");
    let args =
        ["contract", "test", "openspec/specs/ward/ward.odcs.yaml", "--dataset", dataset, "--data", &place, "--json"];
    let output = project.run(&args);
    let report: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{}", output.both()));
    report["datasets"][0]["rows_read"].as_u64().unwrap_or_else(|| panic!("{report}"))
}

#[test]
fn no_byte_of_an_encrypted_table_is_in_the_clear() {
    let project = ward();
    let mut printed = Vec::new();
    for args in [
        &["check"][..],
        &["run", "--json"],
        &["status", "--json"],
        &["dlq", "show", "patients", "--json"],
        &["dlq", "export", "patients"],
        &["dlq", "replay", "patients", "--json"],
        &["privacy", "scan", "--verify", "--json"],
        &["drift", "--json"],
    ] {
        let output = project.run(args);
        assert!(output.code.is_some_and(|code| code < 2), "{args:?}: {}", output.both());
        printed.push(output);
    }
    assert_eq!(leaks(&project, &printed), BTreeSet::new());
    assert_eq!((rows(&project, "patients"), rows(&project, "beds")), (2, 2));
    let mut wards = project.rows("wards");
    wards.sort();
    assert_eq!(wards, [r#"{"ward":1,"patients":1}"#, r#"{"ward":2,"patients":1}"#]);
    let verified: Value = serde_json::from_str(&printed[6].stdout).unwrap();
    assert_eq!(verified["encrypted"][0], json!({ "dataset": "patients", "files": 1, "clear": 0 }));
    // The log tells how many rows a file has, and nothing else of them.
    let log = project.read("warehouse/patients/_delta_log/00000000000000000000.json");
    assert!(log.contains("numRecords") && !log.contains("minValues") && !log.contains("nullCount"), "{log}");

    // What is delivered again replaces its row: the old ones are read, and written anew.
    project.edit(
        "landing/1.csv",
        "P-77120-KLMN,Quetzalcoatlus,wolfsbane,1",
        "P-77120-KLMN,Quetzalcoatlus,belladonna,2",
    );
    project.put("landing/2.csv", "id,name,illness,ward\nP-00003-ABCD,Quetzalcoatlus,wolfsbane,3\n");
    project.expect(0, &["run"]);
    assert_eq!((rows(&project, "patients"), rows(&project, "beds")), (3, 3));
    assert_eq!(leaks(&project, &[]), BTreeSet::new());

    // Refused rows are taken back with the key.
    project.edit("openspec/specs/ward/ward.odcs.yaml", "maxLength: 30", "maxLength: 90");
    project.edit("openspec/specs/ward/ward.odcs.yaml", "version: 1.0.0", "version: 2.0.0");
    project.expect(3, &["run"]);
    project.expect(0, &["gate", "approve", "patients", "--reason", "looser", "--as", "ada"]);
    project.expect(0, &["run"]);
    project.expect(0, &["dlq", "replay", "patients"]);
    assert_eq!(rows(&project, "patients"), 4);
    // Stored rows are held against a tighter promise, file by file; a file with one that is refused is written anew.
    project.edit(
        "openspec/specs/ward/ward.odcs.yaml",
        "      - { name: illness, logicalType: string }\n",
        "      - { name: illness, logicalType: string, logicalTypeOptions: { minLength: 8 } }\n",
    );
    project.edit("openspec/specs/ward/ward.odcs.yaml", "version: 2.0.0", "version: 3.0.0");
    project.expect(3, &["run"]);
    project.expect(0, &["gate", "approve", "patients", "--reason", "agreed", "--as", "ada"]);
    project.expect(0, &["run"]);
    assert_eq!(rows(&project, "patients"), 3);
    assert_eq!(leaks(&project, &[]), BTreeSet::new());
}

#[test]
fn a_crash_leaves_nothing_in_the_clear() {
    for step in ["written", "merged", "before_commit", "dead_letters_committed"] {
        let project = ward();
        let died = killed_at(&project, &format!("{step}:1"), &["run"]);
        assert!(died.is_none(), "{step} was not reached: {}", died.unwrap().both());
        assert_eq!(leaks(&project, &[]), BTreeSet::new(), "killed at {step}");
        let output = project.expect(0, &["run"]);
        assert_eq!(rows(&project, "patients"), 2, "after {step}");
        assert_eq!(leaks(&project, &[output]), BTreeSet::new(), "after {step}");
    }
}

#[test]
fn a_missing_or_another_key_is_told_before_anything_is_read() {
    let project = ward();
    project.expect(0, &["run"]);
    project.put("landing/2.csv", "id,name,illness,ward\nP-00003-ABCD,Quetzalcoatlus,wolfsbane,3\n");
    let said = |output: Output| output.both();
    project.put("k1.key", SECOND);
    let other = said(project.run(&["run"]));
    assert!(other.contains("the key `k1` is not the one that the table is encrypted with"), "{other}");
    let scan = project.run(&["privacy", "scan", "--data", "warehouse/patients"]);
    assert!(scan.code == Some(2) && scan.both().contains("is not the one"), "{}", scan.both());
    std::fs::remove_file(project.path("k1.key")).unwrap();
    let missing = said(project.run(&["run"]));
    assert!(missing.contains("the key `k1` cannot be had"), "{missing}");
    // What only looks at the log needs no key.
    project.expect(0, &["check"]);
    project.expect(0, &["status"]);
    project.put("k1.key", FIRST);
    project.expect(0, &["run"]);
    assert_eq!(rows(&project, "patients"), 3);
    // Without any key declared the project does not run at all.
    project.put("plimsoll.toml", "name = \"ward\"\n");
    let undeclared = project.run(&["check"]);
    assert!(undeclared.code == Some(2) && undeclared.both().contains("PL269"), "{}", undeclared.both());
}

#[test]
fn keys_are_rotated_and_persons_erased() {
    let project = ward();
    project.expect(0, &["run"]);
    project.put("k2.key", SECOND);
    project.put("plimsoll.toml", settings("k2", &["k1", "k2"]));
    let report = project.json(0, &["keys", "rotate", "--from", "k1"]);
    assert_eq!(report["datasets"][0]["name"], "patients", "{report}");
    assert_eq!(
        (report["datasets"][0]["values"].as_u64(), report["datasets"][1]["values"].as_u64()),
        (Some(2), Some(2))
    );
    // The old key may go now.
    project.put("plimsoll.toml", settings("k2", &["k2"]));
    std::fs::remove_file(project.path("k1.key")).unwrap();
    assert_eq!((rows(&project, "patients"), rows(&project, "beds")), (2, 2));
    project.put("landing/2.csv", "id,name,illness,ward\nP-00003-ABCD,Quetzalcoatlus,wolfsbane,3\n");
    project.expect(0, &["run"]);
    assert_eq!((rows(&project, "patients"), rows(&project, "beds")), (3, 3));

    let proof = project.json(0, &["privacy", "erase", "patients.id", "P-77120-KLMN", "--reason", "asked", "--yes"]);
    assert_eq!(proof["datasets"][0]["rows"], 1, "{proof}");
    assert_eq!((rows(&project, "patients"), rows(&project, "beds")), (2, 2));
    assert_eq!(leaks(&project, &[]), BTreeSet::new());
    let verified = project.run(&["privacy", "scan", "--verify", "--json"]);
    let verified: Value = serde_json::from_str(&verified.stdout).unwrap();
    assert!(verified["encrypted"].as_array().unwrap().iter().all(|table| table["clear"] == 0), "{verified}");
}

#[test]
fn partitions_of_an_encrypted_table_are_public_or_none() {
    let project = ward();
    project.edit("pipelines/ward.yaml", "key: [id] }", "key: [id], partition_by: [ward] }");
    let refused = project.run(&["check"]);
    assert!(refused.code == Some(2) && refused.both().contains("PL270"), "{}", refused.both());
    project.edit(
        "openspec/specs/ward/ward.odcs.yaml",
        "logicalTypeOptions: { maximum: 99 } }",
        "classification: public, logicalTypeOptions: { maximum: 99 } }",
    );
    project.expect(0, &["run"]);
    assert_eq!(rows(&project, "patients"), 2);
    assert_eq!(leaks(&project, &[]), BTreeSet::new());
}

/// A table that was in the clear is built anew when its contract asks for encryption.
#[test]
fn a_table_becomes_encrypted() {
    let project = ward();
    let asks = "    customProperties: [{ property: encryption, vendor: plimsoll, value: parquet }]\n";
    project.put("openspec/specs/ward/ward.odcs.yaml", CONTRACT.replace(asks, ""));
    project.expect(0, &["run"]);
    assert_eq!(project.count("patients"), 2);
    assert!(!leaks(&project, &[]).is_empty(), "the search finds nothing");
    project.put("openspec/specs/ward/ward.odcs.yaml", CONTRACT.replace("1.0.0", "2.0.0"));
    project.expect(0, &["run"]);
    assert_eq!(rows(&project, "patients"), 2);
    let verified = project.run(&["privacy", "scan", "--verify", "--json"]);
    let verified: Value = serde_json::from_str(&verified.stdout).unwrap();
    assert_eq!(verified["encrypted"][0], json!({ "dataset": "patients", "files": 1, "clear": 0 }), "{verified}");
}
