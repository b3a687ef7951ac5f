//! The plain changes that every checker should judge right, each made alone to one contract.

use super::super::{Mode, Verdict};
use super::{compare, read};

const BASE: &str = "\
apiVersion: v3.2.0
kind: DataContract
id: shop
version: 1.0.0
status: active
servers:
- {server: prod, type: postgres, host: db1, port: 5432, database: shop, schema: public}
- {server: lake, type: s3, location: 's3://lake/orders', format: parquet}
schema:
- name: orders
  properties:
  - {name: id, logicalType: integer, physicalType: int, required: true, primaryKey: true}
  - {name: code, logicalType: string, physicalType: varchar(10), logicalTypeOptions: {maxLength: 10}}
  - {name: amount, logicalType: number, physicalType: 'decimal(10,2)', logicalTypeOptions: {multipleOf: 0.01}}
  - {name: email, logicalType: string, classification: public, logicalTypeOptions: {format: email}}
  - {name: at, logicalType: timestamp, required: true, logicalTypeOptions: {timezone: true}}
  - {name: day, logicalType: date, partitioned: true, partitionKeyPosition: 1}
slaProperties:
- {property: retention, value: 1, unit: y}
- {property: latency, value: 4, unit: h, element: orders.at}
";

/// What is replaced, by what, and the worst that those who read and those who write are told.
const CHANGES: &[(&str, &str, &str, &str, &str)] = &[
    ("int to bigint", "physicalType: int,", "physicalType: bigint,", "warning", "safe"),
    ("varchar(10) to varchar(20)", "varchar(10)", "varchar(20)", "warning", "safe"),
    ("decimal(10,2) to (12,2)", "decimal(10,2)", "decimal(12,2)", "warning", "safe"),
    ("case only", "physicalType: int,", "physicalType: INT,", "safe", "safe"),
    ("alias", "physicalType: int,", "physicalType: integer,", "safe", "safe"),
    (
        "optional column added",
        "  - {name: day,",
        "  - {name: note, logicalType: string}\n  - {name: day,",
        "safe",
        "safe",
    ),
    (
        "required column added",
        "  - {name: day,",
        "  - {name: note, logicalType: string, required: true}\n  - {name: day,",
        "safe",
        "breaking",
    ),
    (
        "column removed",
        "  - {name: code, logicalType: string, physicalType: varchar(10), logicalTypeOptions: {maxLength: 10}}\n",
        "",
        "breaking",
        "safe",
    ),
    ("column renamed", "name: code,", "name: kode,", "breaking", "safe"),
    ("no longer required", "timestamp, required: true", "timestamp, required: false", "breaking", "safe"),
    ("now required", "{name: email,", "{name: email, required: true,", "safe", "breaking"),
    ("maxLength 10 to 20", "maxLength: 10", "maxLength: 20", "breaking", "safe"),
    ("multipleOf 0.01 to 0.05", "multipleOf: 0.01", "multipleOf: 0.05", "warning", "breaking"),
    ("format email to uri", "format: email", "format: uri", "breaking", "breaking"),
    ("timezone dropped", "timezone: true", "timezone: false", "breaking", "breaking"),
    ("public to pii", "classification: public", "classification: pii", "breaking", "warning"),
    ("partition key removed", ", partitioned: true, partitionKeyPosition: 1", "", "warning", "warning"),
    ("retention 1 y to 1 d", "value: 1, unit: y", "value: 1, unit: d", "breaking", "safe"),
    ("latency 4 h to 9 d", "value: 4, unit: h", "value: 9, unit: d", "breaking", "safe"),
    ("latency removed", "- {property: latency, value: 4, unit: h, element: orders.at}\n", "", "breaking", "safe"),
    ("server moved", "host: db1", "host: db2", "breaking", "breaking"),
    (
        "server removed",
        "- {server: lake, type: s3, location: 's3://lake/orders', format: parquet}\n",
        "",
        "breaking",
        "breaking",
    ),
    ("retired", "status: active", "status: retired", "breaking", "breaking"),
    ("version lowered", "version: 1.0.0", "version: 0.9.0", "breaking", "warning"),
];

#[test]
fn plain_changes_are_judged_right() {
    let mut wrong = Vec::new();
    for (name, from, to, consumer, producer) in CHANGES {
        assert!(BASE.contains(from), "{name}: {from} is not in the contract");
        let report = compare(BASE, &BASE.replace(from, to), None);
        let judged = (report.verdict.consumer.word(), report.verdict.producer.word());
        if judged != (*consumer, *producer) {
            wrong.push(format!("{name}: {judged:?}, expected {consumer}/{producer}: {:?}", report.changes));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_order_of_columns_means_nothing() {
    let id = "  - {name: id, logicalType: integer, physicalType: int, required: true, primaryKey: true}\n";
    let moved = BASE.replace(id, "").replace("slaProperties:", &format!("{id}slaProperties:"));
    assert_eq!(compare(BASE, &moved, None).changes, []);
}

#[test]
fn what_is_compatible_one_way_is_compatible_the_other_way_back() {
    for (name, from, to, ..) in CHANGES {
        // A column that is gone fails the queries that name it; one that comes and may be absent fails nobody.
        let is_about_data = !["server", "retired", "version", "public", "partition", "multipleOf", "column re"]
            .iter()
            .any(|word| name.starts_with(word));
        let changed = BASE.replace(from, to);
        let (there, back) =
            (compare(BASE, &changed, Some(Mode::Forward)), compare(&changed, BASE, Some(Mode::Backward)));
        if is_about_data {
            assert_eq!(there.compatible, back.compatible, "{name}");
        }
    }
}

#[test]
fn a_rename_by_id_is_one_change_and_without_it_a_guess() {
    let by_id = BASE.replace("{name: code,", "{id: c1, name: code,");
    let report = compare(&by_id, &by_id.replace("name: code,", "name: kode,"), None);
    let renamed: Vec<_> = report.changes.iter().map(|change| (change.kind, change.rename_of.as_deref())).collect();
    assert!(renamed.contains(&("property-renamed", Some("code"))), "{renamed:?}");
    assert!(report.changes.iter().all(|change| change.kind != "property-removed"));

    let report = compare(BASE, &BASE.replace("name: code,", "name: kode,"), None);
    let added = report.changes.iter().find(|change| change.kind == "property-added").unwrap();
    assert_eq!(added.rename_of.as_deref(), Some("code"));
    assert!(report.changes.iter().any(|change| change.kind == "property-removed"));
    assert_eq!(report.verdict.consumer, Verdict::Breaking);
}

#[test]
fn equal_contracts_have_no_changes() {
    assert_eq!(compare(BASE, BASE, None).changes, []);
    let json = serde_json::to_string(&read(BASE).to_json()).unwrap();
    assert_eq!(compare(BASE, &json, None).changes, []);
}
