//! Who reads and who changes a mapped table: models, other programs, encryption, an erasure, nested columns.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::column_mapping::{NAMED, RENAMED, kept, stored, table, unmapped};
use crate::delta::Table;
use crate::migrations::{AMOUNT, CSV, ID, NAME, agreed, approve, changed, migrate, says};
use crate::project::{Output, Project};
use crate::shop;

/// Fields of objects, in lists and maps too, have names and ids of their own, and keep them.
#[test]
fn nested_fields_are_mapped_too() {
    let place = "name: place, logicalType: object, properties: [{ name: town, logicalType: string }, { name: zip, logicalType: integer, physicalType: int }]";
    let lines = "name: lines, logicalType: array, items: { logicalType: object, properties: [{ name: sku, logicalType: string }] }";
    let rows = |from: u32| {
        format!(
            "{{\"id\":{from},\"place\":{{\"town\":\"Ulm\",\"zip\":{from}}},\"lines\":[{{\"sku\":\"a{from}\"}},{{\"sku\":null}}]}}\n{{\"id\":{},\"place\":null,\"lines\":null}}\n",
            from + 1
        )
    };
    let pipeline =
        |of: &str| format!("orders: {{ source: {{ files: 'landing/*.ndjson', vanished: keep }}, table: {{ {of} }} }}");
    let project = Project::new()
        .contract("orders", &[ID, place, lines])
        .contract("copies", &[ID, place, lines])
        .pipeline(&[&pipeline("column_mapping: true"), "copies: { table: { column_mapping: true } }"])
        .write("models/copies.sql", "SELECT * FROM orders\n")
        .write("landing/1.ndjson", rows(1));
    project.expect(0, &["run"]);
    let before = project.rows("orders");
    assert_eq!(before[0], r#"{"id":1,"place":{"town":"Ulm","zip":1},"lines":[{"sku":"a1"},{"sku":null}]}"#);
    assert_eq!(project.rows("copies"), before);
    assert_eq!(table(&project).properties["delta.columnMapping.maxColumnId"], "6");
    project.put("landing/2.ndjson", rows(3));
    migrate(&project);
    assert_eq!(project.rows("orders").len(), 4);
    assert_eq!(project.rows("copies"), project.rows("orders"));
    // And one that was there before.
    let project = Project::new()
        .contract("orders", &[ID, place, lines])
        .pipeline(&[&pipeline("write: append")])
        .write("landing/1.ndjson", rows(1));
    project.expect(0, &["run"]);
    project.put_pipeline(&[&pipeline("write: append, column_mapping: true")]);
    migrate(&project);
    project.put("landing/2.ndjson", rows(3));
    migrate(&project);
    assert_eq!(project.rows("orders")[..2], before);
    assert_eq!(project.rows("orders").len(), 4);
}

/// Those who read the table by increments read on, also by partitions under another name.
#[test]
fn models_read_a_mapped_table_on() {
    let day = |name: &str| format!("id: d, name: {name}, physicalName: day, logicalType: date, required: true");
    let amount = "id: a, name: amount, logicalType: integer, physicalType: int";
    let dataset = |by: &str, days: &str| {
        [
            format!(
                "sales: {{ source: {{ files: 'landing/*.csv' }}, table: {{ write: replace_partitions, partition_by: [{by}], column_mapping: true }} }}"
            ),
            format!(
                "days: {{ incremental: {{ from: sales }}, table: {{ write: replace_partitions, partition_by: [{days}], column_mapping: true }} }}"
            ),
        ]
    };
    let project = Project::new()
        .contract("sales", &[&day("day"), amount])
        .contract("days", &[&day("day"), "name: total, logicalType: integer, physicalType: bigint"]);
    let put = |project: &Project, of: [String; 2]| project.put_pipeline(&[&of[0], &of[1]]);
    put(&project, dataset("day", "day"));
    project.put("models/days.sql", "SELECT day, sum(amount) AS total FROM sales GROUP BY day");
    project.put("landing/1.csv", "day,amount\n2024-01-01,1\n2024-01-02,2\n");
    project.expect(0, &["run"]);
    project.put("landing/2.csv", "day,amount\n2024-01-02,20\n");
    project.expect(0, &["run"]);
    assert_eq!(project.rows("days"), [r#"{"day":"2024-01-01","total":1}"#, r#"{"day":"2024-01-02","total":20}"#]);
    assert_eq!(Table::open(&project.table("days")).partitions(), ["day=2024-01-01", "day=2024-01-02"]);
    // A partition that has no rows any more goes here too.
    project.put("models/days.sql", "SELECT day, sum(amount) AS total FROM sales WHERE amount < 100 GROUP BY day");
    project.expect(0, &["run"]);
    project.put("landing/3.csv", "day,amount\n2024-01-02,200\n");
    project.expect(0, &["run"]);
    assert_eq!(project.rows("days"), [r#"{"day":"2024-01-01","total":1}"#]);
}

/// A table that somebody else has mapped is told of, and left as it is.
#[test]
fn a_table_that_others_mapped_is_not_touched() {
    let project = stored("write: append", &[ID, NAME, AMOUNT], CSV);
    let theirs = project.copied();
    std::fs::remove_dir_all(theirs.path(".plimsoll")).unwrap();
    // Without what Plimsoll says of its commits it is anybody's table.
    let log = "warehouse/orders/_delta_log/00000000000000000000.json";
    let bare: String = theirs
        .read(log)
        .lines()
        .filter(|line| !line.starts_with("{\"commitInfo") && !line.starts_with("{\"txn"))
        .map(|line| format!("{line}\n"))
        .collect();
    theirs.put(log, bare);
    theirs.put_pipeline(&[unmapped()]);
    theirs.put("landing/2.csv", "id,name,amount\n4,Cyd,40\n");
    let rows = theirs.rows("orders");
    says(
        &theirs.expect(1, &["run"]),
        &["the table of orders has column mapping, which the project does not say", "column_mapping: true"],
    );
    assert_eq!((theirs.rows("orders"), theirs.version("orders")), (rows, 0));
    says(&theirs.expect(1, &["drift"]), &["delta.columnMapping.mode = name"]);
    // With the option it is taken over as it is, unless its files are known by something else than names.
    theirs.put_pipeline(&[&kept("write: append")]);
    let by_id = theirs.copied();
    let log = by_id.read(log).replace(r#""delta.columnMapping.mode":"name""#, r#""delta.columnMapping.mode":"id""#);
    by_id.put("warehouse/orders/_delta_log/00000000000000000000.json", log);
    says(&by_id.expect(1, &["run"]), &["the table's columns are mapped by id"]);
    assert_eq!(by_id.version("orders"), 0);
    // Ours is known as ours.
    assert_eq!(project.json(0, &["drift"])["items"], json!([]));
}

#[test]
fn an_encrypted_table_is_mapped_too() {
    let project = Project::new().pipeline(&[&kept("write: merge, key: [id]")]).write("landing/1.csv", CSV);
    let keys = "name = \"small\"\nenvironment = \"development\"\n[privacy]\nkey = \"k1\"\n[privacy.keys]\nk1 = { file = \"k1.key\" }\n";
    project.put("plimsoll.toml", keys);
    project.put("k1.key", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    let encrypted = "    customProperties: [{ property: encryption, value: parquet, vendor: plimsoll }]\n";
    project.put_contract("orders", &[ID, NAMED, AMOUNT], encrypted);
    project.put_contract("copies", &[ID, "name: name, logicalType: string"], "");
    project.put_pipeline(&[&kept("write: merge, key: [id]"), "copies: {}"]);
    project.put("models/copies.sql", "SELECT id, name FROM orders\n");
    project.expect(0, &["run"]);
    project.remove("landing/1.csv");
    let files = project.files("orders");
    assert!(files[0].ends_with(".encrypted.parquet"), "{files:?}");
    project.put_contract("orders", &[ID, RENAMED, AMOUNT], encrypted);
    project.put("models/copies.sql", "SELECT id, customer AS name FROM orders\n");
    project.expect(3, &["run"]);
    approve(&project);
    assert_eq!(project.files("orders"), files);
    project.put("landing/2.csv", "id,name,amount\n2,Bea,21\n4,Cyd,40\n");
    project.expect(0, &["run"]);
    project.expect(0, &["run"]);
    let names: Vec<String> = project.rows("copies");
    assert_eq!(
        names,
        [
            r#"{"id":1,"name":"Ann Lee"}"#,
            r#"{"id":2,"name":"Bea"}"#,
            r#"{"id":3,"name":null}"#,
            r#"{"id":4,"name":"Cyd"}"#
        ]
    );
}

/// A person's rows are taken out of files of before and after a rename.
#[test]
fn a_person_is_erased_from_a_mapped_table() {
    let project = stored("write: append", &[ID, NAMED, AMOUNT], CSV);
    changed(&project, &[ID, RENAMED, AMOUNT]);
    agreed(&project, "rename `name`");
    project.put("landing/2.csv", "id,name,amount\n4,Ann Lee,40\n");
    migrate(&project);
    project.remove("landing/2.csv");
    project.expect(0, &["privacy", "erase", "orders.customer", "Ann Lee", "--reason", "request 17", "--yes"]);
    // The log before is gone, so that its own reader must say it.
    let rule = "quality: [{ type: library, metric: invalidValues, mustBe: 0, arguments: { validValues: [Bob Ray] } }]";
    changed(&project, &[ID, &format!("{RENAMED}, {rule}"), AMOUNT]);
    let contract = "openspec/specs/tests/orders.odcs.yaml";
    let report = project.json(0, &["contract", "test", contract, "--data", "orders=warehouse/orders"]);
    assert_eq!(report["datasets"][0]["rows_read"], 2, "{report}");
    assert_eq!(shop::orphans(&project), Vec::<String>::new());
}

/// By a program that shares no code with this one, if `cargo xtask bench` has put it there.
#[test]
fn others_read_a_mapped_table() {
    let python = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../venv/bin/python");
    let has = |module: &str| {
        let imports = format!("import {module}");
        Command::new(&python).args(["-c", &imports]).output().is_ok_and(|output| output.status.success())
    };
    if !has("deltalake") || !has("polars") {
        return println!(
            "note: no Python with deltalake and polars in the target folder; `cargo xtask bench` puts them there"
        );
    }
    let place = "id: p, name: place, logicalType: string";
    let wall = "name: wall, logicalType: timestamp, logicalTypeOptions: { timezone: false }";
    let at = |place: &str| kept(&format!("write: append, partition_by: [{place}]"));
    let project = Project::new()
        .contract("orders", &[ID, NAMED, place, wall, AMOUNT])
        .pipeline(&[&at("place")])
        .write("landing/1.csv", "id,name,place,wall,amount\n1,Ann,DE,2024-01-01T10:00:00,10\n2,Bob,,,20\n");
    project.expect(0, &["run"]);
    project.remove("landing/1.csv");
    assert_eq!(table(&project).protocol["readerFeatures"], json!(["columnMapping", "timestampNtz"]));
    changed(&project, &[ID, RENAMED, "id: p, name: land, physicalName: place, logicalType: string", wall]);
    project.put_pipeline(&[&at("land")]);
    agreed(&project, "rename `place` to `land`");
    project.put("landing/2.csv", "id,name,place,wall,amount\n3,Cyd,FR,2024-01-02T10:00:00,30\n");
    migrate(&project);
    changed(&project, &[ID, RENAMED, "id: p, name: land, physicalName: place, logicalType: string", wall, AMOUNT]);
    migrate(&project);
    let read = |program: &str| -> Value {
        let output = Output::of(Command::new(&python).args(["-c", program]).arg(project.table("orders")));
        assert_eq!(output.code, Some(0), "{}", output.both());
        serde_json::from_str(&output.stdout).unwrap()
    };
    let deltalake = "
import json, sys, deltalake, polars
query = deltalake.QueryBuilder().register('orders', deltalake.DeltaTable(sys.argv[1]))
frame = polars.DataFrame(query.execute('SELECT * FROM orders ORDER BY id').read_all())
print(json.dumps([frame.columns] + [[None if value is None else str(value) for value in row] for row in frame.rows()]))
";
    let wanted = json!([
        ["id", "customer", "land", "wall", "amount"],
        ["1", "Ann", "DE", "2024-01-01 10:00:00", null],
        ["2", "Bob", null, null, null],
        ["3", "Cyd", "FR", "2024-01-02 10:00:00", null]
    ]);
    assert_eq!(read(deltalake), wanted);
}
