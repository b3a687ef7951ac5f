//! `contract test` as people and tools meet it: formats, places, screens, exit codes.

use serde_json::Value;

use crate::project::Project;

const ORDERS: &str = "apiVersion: v3.2.0
kind: DataContract
id: urn:shop:orders
name: orders
version: 1.0.0
status: active
servers:
  - { server: files, type: local, path: 'data/{model}.csv', format: csv }
  - { server: lake, type: bigquery, project: p, dataset: d }
schema:
  - name: orders
    properties:
      - { name: id, logicalType: integer, primaryKey: true }
      - { name: customer, logicalType: integer, relationships: [{ to: customers.id }] }
      - { name: email, logicalType: string, classification: confidential, logicalTypeOptions: { pattern: '@' } }
      - { name: qty, logicalType: integer, logicalTypeOptions: { minimum: 1, maximum: 10 } }
      - { name: status, logicalType: string, enum: [{ value: new }, { value: done }] }
      - { name: at, logicalType: timestamp, logicalTypeOptions: { timezone: false } }
    quality:
      - { type: library, metric: rowCount, mustBeGreaterThan: 2, severity: warning }
      - { type: sql, query: 'SELECT count(*) FROM {object} WHERE qty > 5', mustBeLessThan: 2 }
      - { type: text, description: somebody looks at it }
  - name: customers
    properties:
      - { name: id, logicalType: integer, primaryKey: true }
";

const GOOD: &str = "id,customer,email,qty,status,at
1,7,a@b,3,new,2024-01-01T00:00:00
2,7,c@d,10,done,2024-01-02T00:00:00
3,8,,1,new,2024-01-03T00:00:00
";

const BAD: &str = "id,customer,email,qty,status,at,more
1,7,a@b,3,new,2024-01-01T00:00:00,x
2,9,topsecret,30,old,2024-01-01T00:00:00,x
2,7,c@d,many,new,soon,x
,8,e@f,7,new,2024-01-01T00:00:00,x
";

const CUSTOMERS: &str = "id\n7\n8\n";

fn shop(orders: &str) -> Project {
    Project::new().write("c.odcs.yaml", ORDERS).write("data/orders.csv", orders).write("data/customers.csv", CUSTOMERS)
}

fn check<'a>(report: &'a Value, dataset: &str, id: &str) -> &'a Value {
    let datasets = report["datasets"].as_array().unwrap();
    let dataset = datasets.iter().find(|found| found["name"] == dataset).unwrap();
    let checks = dataset["checks"].as_array().unwrap();
    checks.iter().find(|check| check["id"] == id).unwrap_or_else(|| panic!("no check {id} in {dataset}"))
}

/// Every check that did not pass, as `dataset id outcome violations`.
fn wrong(report: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for dataset in report["datasets"].as_array().unwrap() {
        for check in dataset["checks"].as_array().unwrap() {
            let outcome = check["outcome"].as_str().unwrap();
            if outcome != "passed" {
                let name = dataset["name"].as_str().unwrap();
                wrong.push(format!("{name} {} {outcome} {}", check["id"].as_str().unwrap(), check["violations"]));
            }
        }
    }
    wrong
}

/// Times differ from run to run.
fn timeless(text: &str) -> String {
    let times = regex::Regex::new(r"\d+(\.\d+)? m?s\b").unwrap();
    let seconds = regex::Regex::new(r#"time="[0-9.]+""#).unwrap();
    seconds.replace_all(&times.replace_all(text, "# s"), "time=\"#\"").into_owned()
}

#[test]
fn what_holds_passes_from_a_server_of_the_contract() {
    let project = shop(GOOD);
    let report = project.json(0, &["contract", "test", "c.odcs.yaml"]);
    assert_eq!(report["outcome"], "passed");
    assert_eq!(report["server"], "files");
    assert_eq!(wrong(&report), ["orders orders.not_checked not_checked 0"]);
    assert_eq!(report["datasets"][0]["rows_read"], 3);
    assert_eq!(report["datasets"][1]["rows_read"], 2);
}

#[test]
fn what_does_not_hold_is_counted() {
    let project = shop(BAD);
    let report = project.json(1, &["contract", "test", "c.odcs.yaml", "--data", "data/"]);
    assert_eq!(report["outcome"], "failed");
    let expected = [
        "orders qty.type failed 1",
        "orders at.type failed 1",
        "orders id.required failed 1",
        "orders customer.reference failed 1",
        "orders email.pattern failed 1",
        "orders qty.range failed 1",
        "orders status.enum failed 1",
        "orders orders.primary_key failed 1",
        "orders orders.sql failed 1",
        "orders orders.not_checked not_checked 0",
    ];
    assert_eq!(wrong(&report), expected);
    assert_eq!(report["datasets"][0]["rows_refused"], 3);
    assert_eq!(report["datasets"][0]["extra_columns"][0]["name"], "more");
    assert_eq!(
        check(&report, "orders", "qty.range")["samples"][0],
        serde_json::json!({ "_row": 3, "id": 2, "qty": 30 })
    );
}

#[test]
fn every_form_is_the_exact_text() {
    let project = shop(BAD);
    let wide = project.expect(1, &["contract", "test", "c.odcs.yaml"]);
    insta::assert_snapshot!("contract_test_screen", timeless(&wide.stdout));
    for form in ["junit", "sarif", "markdown", "html"] {
        let output = project.expect(1, &["contract", "test", "c.odcs.yaml", &format!("--{form}")]);
        insta::assert_snapshot!(format!("contract_test_{form}"), timeless(&output.stdout));
    }
}

#[test]
fn classified_values_are_shown_nowhere_unless_asked_for() {
    let project = shop(BAD);
    for form in ["--json", "--junit", "--sarif", "--markdown", "--html", "--color=never"] {
        let output = project.expect(1, &["contract", "test", "c.odcs.yaml", form, "--refused", "refused.ndjson"]);
        assert!(!output.both().contains("topsecret"), "{form}");
        assert!(!project.read("refused.ndjson").contains("topsecret"), "{form}");
    }
    let output = project.expect(1, &["contract", "test", "c.odcs.yaml", "--reveal", "--refused", "refused.ndjson"]);
    assert!(output.stdout.contains("topsecret") && project.read("refused.ndjson").contains("topsecret"));
}

#[test]
fn refused_rows_are_kept_with_their_place_and_their_checks() {
    let project = shop(BAD);
    project.expect(1, &["contract", "test", "c.odcs.yaml", "--refused", "r.ndjson"]);
    let rows: Vec<Value> = project.read("r.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<String> = rows.iter().map(|row| format!("{} {}", row["row"], row["failed"])).collect();
    assert_eq!(
        told,
        [
            r#"3 ["email.pattern","qty.range","status.enum","customer.reference"]"#,
            r#"4 ["qty.type","at.type"]"#,
            r#"5 ["id.required"]"#,
        ]
    );
    assert_eq!(rows[0]["file"], "data/orders.csv");
    project.expect(1, &["contract", "test", "c.odcs.yaml", "--refused", "r.csv"]);
    assert_eq!(project.read("r.csv").lines().count(), 4);
    project.expect(1, &["contract", "test", "c.odcs.yaml", "--refused", "r.parquet"]);
    assert!(project.read_bytes("r.parquet").starts_with(b"PAR1"));
    project.expect(2, &["contract", "test", "c.odcs.yaml", "--refused", "r.xlsx"]);
}

#[test]
fn data_without_the_other_dataset_leaves_its_reference_unchecked() {
    let project = shop(GOOD);
    let report = project.json(0, &["contract", "test", "c.odcs.yaml", "--data", "orders=data/orders.csv"]);
    let reference = check(&report, "orders", "customer.reference");
    assert_eq!(reference["outcome"], "not_checked");
    assert!(reference["reason"].as_str().unwrap().contains("--data customers="));
    assert_eq!(check(&report, "customers", "customers.primary_key")["outcome"], "not_checked");
}

#[test]
fn json_in_all_its_shapes_is_the_same_data() {
    let rows = [r#"{"id": 1, "customer": 7, "qty": 3}"#, r#"{"id": 2, "customer": 7, "qty": 0}"#];
    let shapes = [
        ("array.json", format!("[{},\n{}]", rows[0], rows[1])),
        ("around.json", format!("{{\"count\": 2, \"data\": [{}, {}]}}", rows[0], rows[1])),
        ("after.json", format!("{}\n{}", rows[0], rows[1])),
        ("lines.ndjson", format!("{}\n{}\n", rows[0], rows[1])),
    ];
    for (name, text) in shapes {
        let project = shop(GOOD).write(name, text);
        let report = project.json(1, &["contract", "test", "c.odcs.yaml", "--dataset", "orders", "--data", name]);
        assert_eq!(report["datasets"][0]["rows_read"], 2, "{name}");
        assert_eq!(check(&report, "orders", "qty.range")["violations"], 1, "{name}");
        assert_eq!(check(&report, "orders", "email.present")["outcome"], "failed", "{name}");
    }
}

/// What stands in the way of a test: exit code 2, and what the error says.
#[test]
fn bad_input_is_told() {
    let project = shop(GOOD)
        .write("empty.csv", "")
        .write("twice.csv", "id,qty,qty\n1,2,3\n")
        .write("latin.csv", b"id,customer,\xe9\n".as_slice())
        .write("cut.parquet", b"PAR1 and then nothing".as_slice())
        .write("empty.parquet", "")
        .write("what.xyz", "1")
        .write("broken.odcs.yaml", ORDERS.replace("logicalType: timestamp", "logicalType: moment"));
    let cases: [(&[&str], &str); 12] = [
        (&["c.odcs.yaml", "--data", "nowhere.csv"], "does not say which dataset"),
        (&["c.odcs.yaml", "--data", "orders=nowhere.csv"], "there is no file `nowhere.csv`"),
        (&["c.odcs.yaml", "--dataset", "orders", "--data", "empty.csv"], "`empty.csv` is empty"),
        (&["c.odcs.yaml", "--dataset", "orders", "--data", "twice.csv"], "has the column `qty` twice"),
        (&["c.odcs.yaml", "--dataset", "orders", "--data", "latin.csv"], "not in the source's encoding"),
        (&["c.odcs.yaml", "--dataset", "orders", "--data", "cut.parquet"], "not an intact Parquet file"),
        (&["c.odcs.yaml", "--dataset", "orders", "--data", "empty.parquet"], "`empty.parquet` is empty"),
        (&["c.odcs.yaml", "--dataset", "orders", "--data", "what.xyz"], "the format of `what.xyz` is not known"),
        (&["c.odcs.yaml", "--dataset", "nothing"], "the contract has no dataset nothing"),
        (&["c.odcs.yaml", "--server", "lake"], "its type is bigquery"),
        (&["broken.odcs.yaml"], "the contract has errors"),
        (&["nothing.odcs.yaml"], "cannot read the contract"),
    ];
    for (args, message) in cases {
        let args: Vec<&str> = ["contract", "test"].iter().chain(args).copied().collect();
        let output = project.expect(2, &args);
        assert!(output.stderr.contains(message), "{args:?}: {}", output.both());
        let report = project.json(2, &args);
        assert!(report["error"]["message"].as_str().unwrap().contains(message), "{args:?}: {report}");
    }
}

#[test]
fn no_rows_are_data_too() {
    let project = shop("id,customer,email,qty,status,at\n");
    let report = project.json(0, &["contract", "test", "c.odcs.yaml"]);
    assert_eq!(wrong(&report), ["orders orders.row_count warned 1", "orders orders.not_checked not_checked 0"]);
}
