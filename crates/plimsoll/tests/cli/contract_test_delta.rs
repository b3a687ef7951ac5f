//! `contract test` on Delta tables, whose logs are written by hand: what a table is must not come from the code under test.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};

use crate::project::Project;

const CONTRACT: &str = "apiVersion: v3.2.0
kind: DataContract
id: urn:lake:orders
name: orders
version: 1.0.0
status: active
servers:
  - { server: lake, type: local, path: 'lake/{model}', format: delta }
schema:
  - name: orders
    properties:
      - { name: id, logicalType: integer, physicalType: bigint, primaryKey: true }
      - { name: qty, logicalType: integer, physicalType: int, logicalTypeOptions: { minimum: 1, maximum: 10 } }
      - { name: price, logicalType: number, physicalType: 'decimal(10,2)', logicalTypeOptions: { minimum: 0 } }
      - { name: status, logicalType: string, required: true, enum: [{ value: new }, { value: done }] }
      - { name: day, logicalType: date, logicalTypeOptions: { minimum: '2024-01-01' } }
    quality:
      - { type: library, metric: rowCount, mustBeGreaterThan: 0 }
      - { type: sql, query: \"SELECT count(*) FROM orders WHERE day = DATE '2024-01-02'\", mustBe: 2 }
";

/// Five rows of which the second breaks `qty`, the third `status`; ids 4 and 4 are one key.
fn rows() -> RecordBatch {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from(vec![1, 2, 3, 4, 4]))),
        ("qty", Arc::new(Int32Array::from(vec![Some(1), Some(11), None, Some(10), Some(2)]))),
        (
            "price",
            Arc::new(
                Decimal128Array::from(vec![Some(100), Some(0), None, Some(1), Some(5)])
                    .with_precision_and_scale(10, 2)
                    .unwrap(),
            ),
        ),
        ("status", Arc::new(StringArray::from(vec![Some("new"), Some("done"), Some("old"), Some("new"), Some("new")]))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

fn parquet(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn field(name: &str, kind: &str, metadata: Value) -> Value {
    json!({ "name": name, "type": kind, "nullable": true, "metadata": metadata })
}

fn fields() -> Vec<Value> {
    let kinds = [("id", "long"), ("qty", "integer"), ("price", "decimal(10,2)"), ("status", "string"), ("day", "date")];
    kinds.into_iter().map(|(name, kind)| field(name, kind, json!({}))).collect()
}

fn metadata(fields: Vec<Value>, partitions: &[&str], configuration: Value) -> Value {
    let schema = json!({ "type": "struct", "fields": fields }).to_string();
    json!({ "metaData": { "id": "t", "format": { "provider": "parquet", "options": {} }, "schemaString": schema,
        "partitionColumns": partitions, "configuration": configuration, "createdTime": 0 } })
}

fn plain() -> Value {
    json!({ "protocol": { "minReaderVersion": 1, "minWriterVersion": 2 } })
}

fn add(path: &str, bytes: &[u8], day: Option<&str>) -> Value {
    let stats = json!({ "numRecords": 5, "minValues": { "id": 1, "qty": 1 }, "maxValues": { "id": 4, "qty": 11 },
        "nullCount": { "id": 0, "qty": 1, "price": 1, "status": 0 } });
    let values = if day.is_some() { json!({ "day": day }) } else { json!({}) };
    json!({ "add": { "path": path, "partitionValues": values, "size": bytes.len(), "modificationTime": 0,
        "dataChange": true, "stats": stats.to_string() } })
}

fn commit(project: &Project, table: &str, version: u64, actions: &[Value]) {
    let lines: String = actions.iter().map(|action| format!("{action}\n")).collect();
    project.put(&format!("{table}/_delta_log/{version:020}.json"), lines);
}

/// The rows of two days.
fn lake() -> Project {
    let bytes = parquet(&rows());
    let project = Project::new().write("c.odcs.yaml", CONTRACT);
    for day in ["2023-12-31", "2024-01-02"] {
        project.put(&format!("lake/orders/day={day}/a.parquet"), &bytes);
    }
    let files = ["2023-12-31", "2024-01-02"].map(|day| add(&format!("day={day}/a.parquet"), &bytes, Some(day)));
    let [one, other] = files;
    commit(&project, "lake/orders", 0, &[plain(), metadata(fields(), &["day"], json!({})), one, other]);
    project
}

fn test(project: &Project, code: i32, args: &[&str]) -> Value {
    let args: Vec<&str> = ["contract", "test", "c.odcs.yaml", "--json"].iter().chain(args).copied().collect();
    let output = project.expect(code, &args);
    serde_json::from_str(&output.stdout).unwrap()
}

/// Checks that are not passed, with their violations, and the rows.
fn found(report: &Value) -> Vec<String> {
    let dataset = &report["datasets"][0];
    let mut found = vec![format!("rows {} refused {}", dataset["rows_read"], dataset["rows_refused"])];
    for check in dataset["checks"].as_array().unwrap() {
        if check["outcome"] != "passed" {
            let word = |name: &str| check[name].as_str().unwrap_or_default().to_owned();
            found.push(format!("{} {} {}", word("id"), word("outcome"), check["violations"]));
        }
    }
    found
}

#[test]
fn a_table_is_tested_in_its_newest_version() {
    let project = lake();
    let all = test(&project, 1, &["--data", "lake/orders"]);
    assert_eq!(
        found(&all),
        [
            "rows 10 refused 7",
            "qty.range failed 2",
            "status.enum failed 2",
            "day.range failed 5",
            "orders.primary_key failed 6",
            "orders.sql failed 1",
        ]
    );
    assert!(all["datasets"][0]["sources"][0].as_str().unwrap().ends_with("lake/orders version 0"), "{all}");
    for args in [&["--server", "lake"][..], &["--data", "lake/"], &["--data", "lake/orders", "--format", "delta"], &[]]
    {
        assert_eq!(found(&test(&project, 1, args)), found(&all), "{args:?}");
    }
    // The same rows without the log are those of the files, which do not say the day.
    let remove =
        json!({ "remove": { "path": "day=2023-12-31/a.parquet", "deletionTimestamp": 0, "dataChange": true } });
    commit(&project, "lake/orders", 1, &[remove]);
    let less = test(&project, 1, &["--data", "lake/orders"]);
    assert_eq!(
        found(&less),
        [
            "rows 5 refused 2",
            "qty.range failed 1",
            "status.enum failed 1",
            "orders.primary_key failed 1",
            "orders.sql failed 1"
        ]
    );
    let samples = less["datasets"][0]["checks"].as_array().unwrap().iter().find(|check| check["id"] == "qty.range");
    assert_eq!(samples.unwrap()["samples"], json!([{ "id": 2, "qty": 11 }]));
}

#[test]
fn refused_rows_of_a_table_are_written() {
    let project = lake();
    test(&project, 1, &["--data", "lake/orders", "--refused", "refused.ndjson"]);
    let rows: Vec<Value> =
        project.read("refused.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 7);
    assert!(rows.iter().all(|row| row["record"]["day"].is_string() && row["failed"][0].is_string()), "{rows:?}");
}

#[test]
fn types_of_a_table_are_those_of_its_schema() {
    let project = lake();
    let text = project.read("c.odcs.yaml");
    let text = text.replace("physicalType: bigint", "physicalType: int").replace("decimal(10,2)", "decimal(8,2)");
    project.put("c.odcs.yaml", text.replace("name: status, logicalType: string", "name: status, logicalType: date"));
    let report = test(&project, 1, &["--data", "lake/orders"]);
    for wanted in ["id.type failed 1", "price.type failed 1", "status.type failed 1"] {
        assert!(found(&report).iter().any(|found| found == wanted), "{wanted}: {:?}", found(&report));
    }
    assert!(!found(&report).iter().any(|found| found.starts_with("qty.type") || found.starts_with("day.type")));
}

#[test]
fn deleted_rows_are_none() {
    let project = lake();
    let bytes = parquet(&rows());
    let protocol = json!({ "protocol": { "minReaderVersion": 3, "minWriterVersion": 7,
        "readerFeatures": ["deletionVectors"], "writerFeatures": ["deletionVectors"] } });
    let mut file = add("day=2024-01-02/a.parquet", &bytes, Some("2024-01-02"));
    file["add"]["deletionVector"] = json!({ "storageType": "i", "pathOrInlineDv": z85(&deleted(&[1, 4])),
        "sizeInBytes": 36, "cardinality": 2 });
    let configuration = json!({ "delta.enableDeletionVectors": "true" });
    let gone = json!({ "remove": { "path": "day=2024-01-02/a.parquet", "deletionTimestamp": 0, "dataChange": true } });
    let other = json!({ "remove": { "path": "day=2023-12-31/a.parquet", "deletionTimestamp": 0, "dataChange": true } });
    commit(&project, "lake/orders", 1, &[protocol, metadata(fields(), &["day"], configuration), gone, other, file]);
    let report = test(&project, 1, &["--data", "lake/orders"]);
    assert_eq!(found(&report), ["rows 3 refused 1", "status.enum failed 1", "orders.sql failed 1"]);
}

#[test]
fn columns_may_have_other_names_in_the_files() {
    let rows = rows();
    let names = ["col-1", "col-2", "col-3", "col-4"];
    let renamed = names.iter().zip(rows.columns()).map(|(name, array)| (*name, Arc::clone(array), true));
    let renamed = RecordBatch::try_from_iter_with_nullable(renamed).unwrap();
    let day: ArrayRef = Arc::new(Date32Array::from(vec![19_724; 5]));
    let mut columns: Vec<(String, ArrayRef, bool)> = Vec::new();
    for (field, array) in renamed.schema().fields().iter().zip(renamed.columns()) {
        columns.push((field.name().clone(), Arc::clone(array), true));
    }
    columns.push(("col-5".to_owned(), day, true));
    let bytes = parquet(&RecordBatch::try_from_iter_with_nullable(columns).unwrap());
    let project = Project::new().write("c.odcs.yaml", CONTRACT).write("lake/orders/a.parquet", &bytes);
    let mut fields = fields();
    for (at, field) in fields.iter_mut().enumerate() {
        field["metadata"] =
            json!({ "delta.columnMapping.id": at + 1, "delta.columnMapping.physicalName": format!("col-{}", at + 1) });
    }
    let protocol = json!({ "protocol": { "minReaderVersion": 2, "minWriterVersion": 5 } });
    let configuration = json!({ "delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "5" });
    let mut file = add("a.parquet", &bytes, None);
    file["add"].as_object_mut().unwrap().remove("stats");
    commit(&project, "lake/orders", 0, &[protocol, metadata(fields, &[], configuration), file]);
    let report = test(&project, 1, &["--data", "lake/orders"]);
    assert_eq!(
        found(&report),
        [
            "rows 5 refused 2",
            "qty.range failed 1",
            "status.enum failed 1",
            "orders.primary_key failed 1",
            "orders.sql failed 1"
        ]
    );
}

#[test]
fn an_empty_table_has_columns_and_no_rows() {
    let project = Project::new().write("c.odcs.yaml", CONTRACT);
    commit(&project, "lake/orders", 0, &[plain(), metadata(fields(), &[], json!({}))]);
    let report = test(&project, 1, &["--data", "lake/orders"]);
    assert_eq!(found(&report), ["rows 0 refused 0", "orders.row_count failed 1", "orders.sql failed 1"]);
}

#[test]
fn what_cannot_be_read_says_so() {
    let refused = |project: &Project, args: &[&str], words: &[&str]| {
        let args: Vec<&str> = ["contract", "test", "c.odcs.yaml"].iter().chain(args).copied().collect();
        let output = project.expect(2, &args);
        for word in words {
            assert!(output.stderr.contains(word), "no {word:?}: {}", output.both());
        }
    };
    let project = lake();
    project.remove("lake/orders/day=2024-01-02/a.parquet");
    refused(&project, &["--data", "lake/orders"], &["day=2024-01-02", "does not exist", "vacuum"]);

    let project = lake();
    let protocol = json!({ "protocol": { "minReaderVersion": 3, "minWriterVersion": 7,
        "readerFeatures": ["featureOfTomorrow"], "writerFeatures": ["featureOfTomorrow"] } });
    commit(&project, "lake/orders", 1, &[protocol]);
    refused(&project, &["--data", "lake/orders"], &["featureOfTomorrow", "lake/orders"]);

    let project = lake();
    project.put("lake/orders/_delta_log/00000000000000000000.json", "no log\n");
    refused(&project, &["--data", "lake/orders"], &["lake/orders"]);

    let project = Project::new().write("c.odcs.yaml", CONTRACT).write("lake/orders/a.parquet", parquet(&rows()));
    refused(&project, &["--server", "lake"], &["no Delta table", "_delta_log"]);
}

/// The positions of deleted rows, as Delta keeps them in its log: a magic number and 64-bit roaring bitmaps.
fn deleted(rows: &[u16]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(1_681_511_377_u32.to_le_bytes());
    bytes.extend(1_u64.to_le_bytes());
    bytes.extend(0_u32.to_le_bytes());
    // One bitmap of one container: cookie, containers, key and cardinality less one, offset, values.
    bytes.extend(12_346_u32.to_le_bytes());
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend(0_u16.to_le_bytes());
    bytes.extend((rows.len() as u16 - 1).to_le_bytes());
    bytes.extend(16_u32.to_le_bytes());
    rows.iter().for_each(|row| bytes.extend(row.to_le_bytes()));
    bytes
}

/// ZeroMQ's base 85.
fn z85(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 85] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
    let mut text = String::new();
    for word in bytes.chunks(4) {
        let number = word.iter().fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
        for place in (0..5).rev() {
            text.push(char::from(DIGITS[(number / 85_u32.pow(place) % 85) as usize]));
        }
    }
    text
}
