//! Keys rotated, persons erased, tables scanned.

use serde_json::Value;

use crate::migrations::{AMOUNT, CSV, ID, NAME, agreed, changed, says, stored};
use crate::project::Project;

const FIRST: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const SECOND: &str = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff000102030405060708090a0b0c0d0e0f";

const CONTRACT: &str = "apiVersion: v3.2.0
kind: DataContract
id: shop
version: 1.0.0
status: active
schema:
  - name: customers
    properties:
      - name: id
        logicalType: string
        required: true
        primaryKey: true
        classification: personal
        customProperties: [{ property: protection, vendor: plimsoll, value: { method: encrypt, domain: customer } }]
      - name: email
        logicalType: string
        classification: personal
        logicalTypeOptions: { pattern: '@' }
        customProperties: [{ property: protection, vendor: plimsoll, value: encrypt-random }]
      - name: phone
        logicalType: string
        classification: personal
        customProperties: [{ property: protection, vendor: plimsoll, value: hash }]
      - { name: city, logicalType: string }
  - name: orders
    properties:
      - { name: number, logicalType: integer, required: true }
      - name: customer
        logicalType: string
        classification: personal
        relationships: [{ to: customers.id }]
        customProperties: [{ property: protection, vendor: plimsoll, value: { method: encrypt, domain: customer } }]
      - { name: amount, logicalType: integer }
  - name: mart
    properties:
      - { name: customer, logicalType: string }
      - { name: amount, logicalType: integer, physicalType: bigint }
  - name: totals
    properties:
      - { name: amount, logicalType: integer, physicalType: bigint }
";

const PIPELINE: &str = "pipeline: shop
datasets:
  customers: { source: { files: \"landing/customers/*.csv\" }, table: { write: merge, key: [id] }, on_violation: { above: 90% } }
  orders: { source: { files: \"landing/orders/*.csv\" }, table: { write: append }, on_violation: { above: 90% } }
  mart: {}
  totals: {}
";

fn settings(key: &str, keys: &[&str]) -> String {
    let keys: String = keys.iter().map(|id| format!("{id} = {{ file = \"{id}.key\" }}\n")).collect();
    format!("name = \"shop\"\n[privacy]\nkey = \"{key}\"\n[privacy.keys]\n{keys}")
}

fn shop() -> Project {
    Project::new()
        .write("plimsoll.toml", settings("k1", &["k1"]))
        .write("k1.key", FIRST)
        .write("k2.key", SECOND)
        .write("pipelines/shop.yaml", PIPELINE)
        .write("openspec/specs/shop/shop.odcs.yaml", CONTRACT)
        .write("models/mart.sql", "SELECT customer, sum(amount) AS amount FROM orders GROUP BY customer")
        .write("models/totals.sql", "SELECT sum(amount) AS amount FROM mart")
        .write(
            "landing/customers/1.csv",
            "id,email,phone,city\nC-1001,ada@example.com,030 1,Oslo\nC-1002,bob@example.com,030 2,Rome\nC-1003,nobody,030 3,Oslo\n",
        )
        .write(
            "landing/orders/1.csv",
            "number,customer,amount\n1,C-1001,10\n2,C-1002,20\n3,C-1001,30\nx,C-1001,5\ny,C-1002,5\n4,C-9999,1\n",
        )
}

fn rows(project: &Project, dataset: &str) -> Vec<Value> {
    project.rows(dataset).iter().map(|row| serde_json::from_str(row).unwrap()).collect()
}

fn sum(project: &Project) -> i64 {
    rows(project, "totals")[0]["amount"].as_i64().unwrap()
}

/// References are looked up in the protected form; keys and merges work on it.
#[test]
fn protected_keys_still_join() {
    let project = shop();
    let report = project.json(0, &["run"]);
    let refused = |name: &str| {
        let all = report["datasets"].as_array().unwrap();
        all.iter().find(|dataset| dataset["name"] == name).unwrap()["rows_refused"].as_u64().unwrap()
    };
    // The e-mail without an @; the two numbers that are none, and the customer that nobody knows.
    assert_eq!((refused("customers"), refused("orders")), (1, 3), "{report}");
    assert_eq!((project.count("customers"), project.count("orders"), project.count("mart")), (2, 3, 2));
    assert_eq!(sum(&project), 60);
    // The same customer again is the same row.
    project.put("landing/customers/2.csv", "id,email,phone,city\nC-1001,ada@example.org,030 1,Bergen\n");
    project.expect(0, &["run"]);
    assert_eq!(project.count("customers"), 2);
    assert!(rows(&project, "customers").iter().any(|row| row["city"] == "Bergen"));
}

#[test]
fn a_rotated_key_is_missed_until_all_is_encrypted_anew() {
    let project = shop();
    project.expect(0, &["run"]);
    let before = rows(&project, "customers");
    project.put("plimsoll.toml", settings("k2", &["k1", "k2"]));
    // New rows with another key beside old ones would never meet.
    let other = shop();
    other.expect(0, &["run"]);
    other.put("plimsoll.toml", settings("k2", &["k1", "k2"]));
    other.put("landing/orders/2.csv", "number,customer,amount\n5,C-1002,2\n");
    let report = other.run(&["run", "--json"]);
    assert!(report.stdout.contains("plimsoll keys rotate --from k1 --to k2"), "{}", report.both());
    assert_eq!(other.count("orders"), 3);

    project.put("landing/orders/2.csv", "number,customer,amount\n5,C-1002,2\n");
    let rotated = project.json(0, &["keys", "rotate", "--from", "k1"]);
    let of = |name: &str| {
        let all = rotated["datasets"].as_array().unwrap();
        all.iter().find(|dataset| dataset["name"] == name).cloned().unwrap_or_default()
    };
    assert_eq!(of("customers")["values"], 4, "{rotated}");
    assert_eq!(of("customers")["dead_letters"], 1);
    assert_eq!(of("customers")["rebuilt"][0], "phone");
    assert_eq!((of("orders")["values"].as_u64(), of("orders")["dead_letters"].as_u64()), (Some(3), Some(3)));
    assert_eq!(of("mart")["values"], 2);
    let after = rows(&project, "customers");
    for row in &after {
        assert!(row["id"].as_str().unwrap().starts_with("ps1:k2:customer:"), "{row}");
        assert!(row["email"].as_str().unwrap().starts_with("pg1:k2:"), "{row}");
    }
    assert_eq!(before.len(), after.len());
    // Again: nothing is left to do. And the first key may go.
    assert_eq!(
        project.json(0, &["keys", "rotate", "--from", "k1"])["datasets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|dataset| dataset["values"].as_u64().unwrap())
            .sum::<u64>(),
        0
    );
    project.put("plimsoll.toml", settings("k2", &["k2"]));
    project.expect(0, &["run"]);
    assert_eq!(sum(&project), 62);
    assert_eq!(project.json(0, &["dlq", "show", "orders"])["rows_refused"], 3);
    let letters = project.expect(0, &["dlq", "show", "orders"]);
    assert!(letters.stdout.contains("[classified]") && !letters.stdout.contains("pg1:"), "{}", letters.both());
    assert_eq!(project.json(0, &["run"])["outcome"], "nothing");
    project.expect(2, &["keys", "rotate", "--from", "k1"]);
    project.expect(2, &["keys", "rotate", "--from", "k2"]);
}

#[test]
fn a_person_is_erased_wherever_lineage_leads() {
    let project = shop();
    project.expect(0, &["run"]);
    project.expect(2, &["privacy", "erase", "customers.id", "C-1001", "--reason", "request 17"]);
    let proof = project.json(
        0,
        &["privacy", "erase", "customers.id", "C-1001", "--reason", "request 17", "--yes", "--proof", "proof.json"],
    );
    let of = |name: &str| {
        let all = proof["datasets"].as_array().unwrap();
        all.iter().find(|dataset| dataset["name"] == name).cloned().unwrap_or_else(|| panic!("{name}: {proof}"))
    };
    assert_eq!((of("customers")["rows"].as_u64(), of("orders")["rows"].as_u64()), (Some(1), Some(2)));
    assert_eq!(of("orders")["dead_letters"], 1);
    assert_eq!(of("mart")["rows"], 1);
    assert_eq!(proof["reached"], serde_json::json!(["totals"]));
    assert!(!proof.to_string().contains("C-1001"));
    assert!(project.read("proof.json").contains(proof["proof"].as_str().unwrap()));
    // Older files and log entries are gone.
    assert!(!of("customers")["files"].as_array().unwrap().is_empty());
    assert!(of("customers")["log_entries"].as_u64() > Some(0));
    let report = project.json(0, &["run"]);
    assert_eq!(report["outcome"], "done", "{report}");
    assert_eq!(sum(&project), 20);
    assert_eq!(project.json(0, &["run"])["outcome"], "nothing");
    let again = project.json(0, &["privacy", "erase", "customers.id", "C-1001", "--reason", "request 17", "--yes"]);
    assert!(again["datasets"].as_array().unwrap().iter().all(|dataset| dataset["rows"] == 0), "{again}");
    // New deliveries still come in.
    project.put("landing/orders/2.csv", "number,customer,amount\n5,C-1002,2\n");
    project.expect(0, &["run"]);
    assert_eq!(sum(&project), 22);
    let events = project.read_bytes(".plimsoll/ledger.db");
    assert!(!events.windows(6).any(|window| window == b"C-1001"));
    project.expect(2, &["privacy", "erase", "customers", "x", "--reason", "r", "--yes"]);
    project.expect(2, &["privacy", "erase", "nowhere.id", "x", "--reason", "r", "--yes"]);
}

/// Killed between the commit and the deletion of what was behind it: the same request again ends it.
#[test]
fn an_erasure_that_was_cut_off_is_ended_by_the_next() {
    let project = shop();
    project.expect(0, &["run"]);
    let erase = ["privacy", "erase", "customers.id", "C-1001", "--reason", "request 17", "--yes"];
    assert!(crate::process::killed_at(&project, "erased:1", &erase).is_none());
    let files = |project: &Project| project.files_on_disk("customers").len();
    assert_eq!(files(&project), 2);
    let proof = project.json(0, &erase);
    assert_eq!(proof["datasets"][0]["rows"], 0, "{proof}");
    assert_eq!(files(&project), 1);
    assert_eq!(project.json(0, &["run"])["outcome"], "done");
    assert_eq!(sum(&project), 20);
}

#[test]
fn a_scan_finds_what_is_not_classified_and_what_is_in_the_clear() {
    let project = shop();
    project.edit("openspec/specs/shop/shop.odcs.yaml", "      - { name: city, logicalType: string }", "      - { name: city, logicalType: string }\n      - { name: contact, logicalType: string }\n      - { name: account, logicalType: string, examples: [DE89370400440532013000] }");
    project.put(
        "landing/customers/1.csv",
        "id,email,phone,city,contact,account\nC-1001,ada@example.com,030 1,Oslo,ada@example.com,a\nC-1002,bob@example.com,030 2,Rome,bob@example.org,b\n",
    );
    project.put("landing/orders/1.csv", "number,customer,amount\n1,C-1001,10\n");
    // Before the first run the files tell as much.
    let before = project.json(1, &["privacy", "scan", "--verify"]);
    assert_eq!(before["suspects"][0]["column"], "contact", "{before}");
    assert!(before["verified"].as_array().unwrap().iter().all(|verified| verified["values"] == 0), "{before}");
    project.expect(0, &["run"]);
    let report = project.json(1, &["privacy", "scan", "--verify"]);
    let suspects: Vec<(&str, &str)> = report["suspects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|suspect| (suspect["column"].as_str().unwrap(), suspect["kind"].as_str().unwrap()))
        .collect();
    assert_eq!(suspects, [("contact", "email"), ("account", "iban")], "{report}");
    let verified = report["verified"].as_array().unwrap();
    assert!(verified.len() >= 5 && verified.iter().all(|verified| verified["clear"] == 0), "{report}");
    assert!(
        verified.iter().any(|verified| verified["dataset"] == "mart" && verified["column"] == "customer"),
        "{report}"
    );
    let screen = project.expect(1, &["privacy", "scan", "customers", "--verify"]);
    assert!(screen.stdout.contains("customers.contact looks like an e-mail address"), "{}", screen.both());
    assert!(!screen.stdout.contains("ada@"), "{}", screen.both());
}

/// Files without a project: every format, folders with several kinds, tables, and what cannot be looked into.
#[test]
fn a_scan_needs_no_project() {
    let project = Project::new()
        .write("in/customers.csv", "id;mail\n1;ada@example.com\n2;bob@example.org\n")
        .write("in/customers2.csv", "id;mail\n3;eve@example.org\n")
        .write("in/other.csv", "id,note\n1,none\n")
        .write(
            "in/events.ndjson",
            "{\"card\": 4111111111111111, \"who\": {\"mail\": \"x@example.com\"}}\n{\"card\": 5500000000000004, \"who\": {}}\n",
        )
        .write("in/array.json", "[{\"address\": \"10.0.0.1\"}, {\"address\": \"192.168.7.9\"}]")
        .write("in/readme.md", "ada@example.com");
    let report = project.json(1, &["privacy", "scan", "--data", "in"]);
    let told: Vec<String> = report["suspects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| format!("{} {} {}", found["dataset"], found["column"], found["kind"]).replace('"', ""))
        .collect();
    let mut sorted = told.clone();
    sorted.sort();
    assert_eq!(
        sorted,
        [
            "in/array.json address ip_address",
            "in/customers.csv and 1 more mail email",
            "in/events.ndjson card card_number",
        ],
        "{report}"
    );
    assert_eq!(report["columns"], 7, "{report}");
    assert_eq!(report["unread"], serde_json::json!([{ "dataset": "in/events.ndjson", "column": "who" }]));
    let mail = report["suspects"].as_array().unwrap().iter().find(|found| found["kind"] == "email").unwrap();
    assert_eq!(mail["shapes"], serde_json::json!(["xxx@xxxxxxx.xxx"]));
    let screen = project.expect(1, &["privacy", "scan", "--data", "in/*.csv", "in/array.json"]);
    assert!(screen.stdout.contains("as in xxx@xxxxxxx.xxx"), "{}", screen.both());
    assert!(!screen.stdout.contains("example.com"), "{}", screen.both());
    project.expect(0, &["privacy", "scan", "--data", "in/other.csv"]);
    project.expect(1, &["privacy", "scan", "--data", "nowhere.csv"]);
    project.expect(2, &["privacy", "scan", "--data", "in/readme.md"]);

    // A published table, by itself and within the warehouse; its log and older files are no data.
    let shop = shop();
    shop.put("landing/customers/1.csv", "id,email,phone,city\nC-1001,ada@example.com,030 1,Oslo\n");
    shop.put("landing/orders/1.csv", "number,customer,amount\n1,C-1001,10\n");
    shop.expect(0, &["run"]);
    for path in ["warehouse/customers", "warehouse"] {
        let report = shop.run(&["privacy", "scan", "--json", "--data", path]);
        assert!(!report.both().contains("example.com") && !report.both().contains(".parquet"), "{}", report.both());
    }
}

#[test]
fn keys_are_listed_and_made() {
    let project = shop();
    let fresh = project.expect(0, &["keys", "new"]).stdout;
    assert_eq!(fresh.trim().len(), 64);
    assert_ne!(fresh, project.expect(0, &["keys", "new"]).stdout);
    project.put("plimsoll.toml", settings("k1", &["k1", "k3"]));
    let listed = project.json(1, &["keys", "list"]);
    assert_eq!(listed["keys"][0]["present"], true);
    assert!(listed["keys"][1]["error"].as_str().unwrap().contains("k3.key"), "{listed}");
    assert!(!listed.to_string().contains(&FIRST[..16]));
}

/// A key's command is run when a value is first protected or opened, and once.
#[test]
fn what_only_looks_at_a_project_fetches_no_key() {
    let project = shop();
    let settings = "name = \"shop\"\n[privacy.keys]\nk1 = { command = \"echo asked >> asked.txt; cat k1.key\" }\n";
    project.put("plimsoll.toml", settings);
    project.put("landing/customers/1.csv", "id,email,phone,city\nC-1001,ada@example.com,030 1,Oslo\n");
    project.put("landing/orders/1.csv", "number,customer,amount\n1,C-1001,10\n");
    for args in
        [&["check"][..], &["status"], &["lineage"], &["impact", "customers"], &["privacy", "classes"], &["plan"]]
    {
        project.run(args);
        assert!(!project.path("asked.txt").exists(), "{args:?} asked for the key");
    }
    project.expect(0, &["run"]);
    assert_eq!(project.read("asked.txt").lines().count(), 1);
}

#[test]
fn small_groups_are_a_check() {
    let contract = "apiVersion: v3.2.0\nkind: DataContract\nid: c\nversion: 1.0.0\nstatus: active\nschema:\n\
        \u{20} - name: t\n    quality:\n\
        \u{20}     - { id: k, type: custom, engine: plimsoll, implementation: { kAnonymity: [age, zip], k: 2 } }\n\
        \u{20}     - { id: l, type: custom, engine: plimsoll, implementation: { lDiversity: [age], of: ill, l: 2 } }\n\
        \u{20}   properties:\n\
        \u{20}     - { name: age, logicalType: integer, customProperties: [{ property: protection, vendor: plimsoll, value: { method: generalise, band: 10 } }] }\n\
        \u{20}     - { name: zip, logicalType: string }\n      - { name: ill, logicalType: string }\n";
    let project = Project::new()
        .write("plimsoll.toml", settings("k1", &["k1"]))
        .write("k1.key", FIRST)
        .write("pipelines/p.yaml", "pipeline: p\ndatasets:\n  t: { source: { files: \"landing/*.csv\" } }\n")
        .write("openspec/specs/c/c.odcs.yaml", contract)
        .write("landing/a.csv", "age,zip,ill\n31,A,x\n35,A,y\n42,B,x\n47,B,x\n53,C,z\n");
    let report = project.run(&["run", "--json"]);
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    let checks = report["datasets"][0]["checks"].as_array().unwrap();
    let value = |id: &str| {
        checks.iter().find(|check| check["id"] == format!("t.{id}")).unwrap_or_else(|| panic!("{id}: {report}"))["value"].as_f64()
    };
    // On what is stored: 31 and 35 are both 30. One row is alone; three are in groups with one illness.
    assert_eq!((value("k"), value("l")), (Some(1.0), Some(3.0)), "{report}");
}

/// `name` becomes `buyer`, and the table does not have that yet.
#[test]
fn a_table_that_is_to_be_migrated_is_migrated_before_a_person_is_erased() {
    let csv = format!("{CSV}x,Ann Lee,40\nx,Cyd Fox,50\n");
    let project = stored(&[ID, &format!("id: c, {NAME}"), AMOUNT], &csv);
    let before = project.rows("orders");
    changed(&project, &[ID, "id: c, name: buyer, logicalType: string", AMOUNT]);
    let erase = ["privacy", "erase", "orders.buyer", "Ann Lee", "--reason", "request 17", "--yes"];
    says(&project.expect(2, &erase), &["still as an earlier version of its contract says", "plimsoll run"]);
    assert_eq!(project.rows("orders"), before);
    agreed(&project, "rename `name` to `buyer`");
    // What was refused under the old name is found, too.
    let proof = project.json(0, &erase);
    let of = &proof["datasets"][0];
    assert_eq!((&of["rows"], &of["dead_letters"], &of["unread"]), (&1.into(), &1.into(), &0.into()), "{proof:#}");
    // The log before is gone, so that its own reader must say it.
    let contract = "openspec/specs/tests/orders.odcs.yaml";
    let report = project.json(0, &["contract", "test", contract, "--data", "orders=warehouse/orders"]);
    assert_eq!(report["datasets"][0]["rows_read"], 2, "{report}");
}
