//! How a table is kept: every write mode, every kind of partition, every type; read back without the code that wrote it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::delta::Table;
use crate::project::{Output, Project, dataset};

const ROW: [&str; 2] =
    ["name: id, logicalType: integer, required: true, primaryKey: true", "name: name, logicalType: string"];

/// One source `things` kept as `table` says, with these landing files.
fn things(table: &str, files: &[&str]) -> Project {
    let project = Project::new()
        .contract("things", &ROW)
        .pipeline(&[&format!("things: {{ source: {{ files: 'landing/*.csv' }}, table: {{ {table} }} }}")]);
    files.iter().enumerate().for_each(|(index, rows)| land(&project, index, rows));
    project
}

fn land(project: &Project, index: usize, rows: &str) {
    project.put(&format!("landing/{index}.csv"), format!("id,name\n{rows}"));
}

/// `id name` of every row.
fn named(project: &Project, dataset: &str) -> Vec<String> {
    let mut rows: Vec<String> = Table::open(&project.table(dataset))
        .objects()
        .iter()
        .map(|row| format!("{} {}", row["id"], row["name"].as_str().unwrap_or("NULL")))
        .collect();
    rows.sort();
    rows
}

#[test]
fn append_adds_each_file_once() {
    let project = things("write: append", &["1,a\n2,b\n"]);
    project.expect(0, &["run"]);
    land(&project, 1, "3,c\n");
    let run = project.json(0, &["run"]);
    assert_eq!(dataset(&run, "things")["rows_read"], 1);
    assert_eq!(named(&project, "things"), ["1 a", "2 b", "3 c"]);
}

#[test]
fn overwrite_keeps_what_lies_there_now() {
    let project = things("write: overwrite", &["1,a\n2,b\n", "3,c\n"]);
    project.expect(0, &["run"]);
    project.remove("landing/0.csv");
    land(&project, 2, "4,d\n");
    project.expect(0, &["run"]);
    assert_eq!(named(&project, "things"), ["3 c", "4 d"]);
    assert_eq!(project.rows_at("things", 0).len(), 3, "the version before can still be read");
}

#[test]
fn merge_updates_and_inserts() {
    let project = things("write: merge, key: [id]", &["1,a\n2,b\n3,c\n"]);
    project.expect(0, &["run"]);
    land(&project, 1, "2,B\n4,d\n");
    let run = project.json(0, &["run"]);
    assert_eq!(dataset(&run, "things")["rows_read"], 2);
    assert_eq!(named(&project, "things"), ["1 a", "2 B", "3 c", "4 d"]);

    // A changed file is read again; its rows find themselves by their key.
    land(&project, 1, "2,BB\n4,d\n");
    project.expect(0, &["run"]);
    assert_eq!(named(&project, "things"), ["1 a", "2 BB", "3 c", "4 d"]);
}

#[test]
fn a_key_twice_in_one_increment_is_held() {
    let project = things("write: merge, key: [id]", &["1,a\n2,b\n"]);
    project.expect(0, &["run"]);
    land(&project, 1, "2,B\n2,C\n");
    let run = project.json(3, &["run"]);
    let things = dataset(&run, "things");
    assert_eq!(things["action"], "held", "{}", things["reason"]);
    assert_eq!(named(&project, "things"), ["1 a", "2 b"]);
}

#[test]
fn a_partition_is_replaced_and_the_others_stay() {
    let columns = ["name: day, logicalType: date, required: true", "name: amount, logicalType: integer"];
    let project = Project::new()
        .contract("sales", &columns)
        .pipeline(&[
            "sales: { source: { files: 'landing/*.csv' }, table: { write: replace_partitions, partition_by: [day] } }",
        ])
        .write("landing/1.csv", "day,amount\n2024-01-01,1\n2024-01-02,2\n2024-01-02,3\n");
    project.expect(0, &["run"]);
    // Late data: the second of January is delivered again.
    project.put("landing/2.csv", "day,amount\n2024-01-02,20\n2024-01-03,30\n");
    project.expect(0, &["run"]);
    let amounts: Vec<i64> = {
        let mut amounts: Vec<i64> =
            Table::open(&project.table("sales")).objects().iter().map(|row| row["amount"].as_i64().unwrap()).collect();
        amounts.sort_unstable();
        amounts
    };
    assert_eq!(amounts, [1, 20, 30]);
    assert_eq!(
        Table::open(&project.table("sales")).partitions(),
        ["day=2024-01-01", "day=2024-01-02", "day=2024-01-03"]
    );
}

const MOMENTS: [&str; 4] = [
    "name: id, logicalType: integer, required: true, primaryKey: true",
    "name: at, logicalType: timestamp, logicalTypeOptions: { timezone: true }",
    "name: country, logicalType: string",
    "name: size, logicalType: integer",
];

/// Live partitions of moments kept by `by`.
fn partitions(by: &str) -> Vec<String> {
    let project = Project::new()
        .contract("moments", &MOMENTS)
        .pipeline(&[&format!("moments: {{ source: {{ files: 'landing/*.csv' }}, table: {{ partition_by: [{by}] }} }}")])
        .write(
            "landing/1.csv",
            "id,at,country,size\n1,2023-12-31T23:59:59Z,DE,-1\n2,2024-01-01T00:00:00Z,\"A/B c=d%é\",10\n3,2024-01-01T00:30:00Z,DE,20\n4,,,\n",
        );
    project.expect(0, &["run"]);
    let table = Table::open(&project.table("moments"));
    let ids: Vec<i64> = {
        let mut ids: Vec<i64> = table.objects().iter().map(|row| row["id"].as_i64().unwrap()).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(ids, [1, 2, 3, 4], "every row is in one partition");
    assert_eq!(project.json(0, &["run"])["outcome"], "nothing");
    table.partitions()
}

#[test]
fn partitions_by_value_time_bucket_and_range() {
    assert_eq!(partitions("country"), ["country=A/B c=d%é", "country=DE", "country=NULL"]);
    assert_eq!(partitions("{ year: at }"), ["at_year=2023", "at_year=2024", "at_year=NULL"]);
    assert_eq!(partitions("{ month: at }"), ["at_month=2023-12", "at_month=2024-01", "at_month=NULL"]);
    assert_eq!(partitions("{ day: at }"), ["at_day=2023-12-31", "at_day=2024-01-01", "at_day=NULL"]);
    assert_eq!(partitions("{ hour: at }"), ["at_hour=2023-12-31T23", "at_hour=2024-01-01T00", "at_hour=NULL"]);
    assert_eq!(
        partitions("{ range: size, at: [10, 20] }"),
        ["size_range=0", "size_range=1", "size_range=2", "size_range=NULL"]
    );
}

#[test]
fn a_row_stays_in_its_bucket() {
    let first = partitions("{ bucket: country, count: 4 }");
    assert!(first.contains(&"country_bucket=NULL".to_owned()), "{first:?}");
    assert_eq!(first, partitions("{ bucket: country, count: 4 }"));
    let both = partitions("country, { day: at }");
    assert!(
        both.contains(&"at_day=2024-01-01/country=DE".to_owned())
            || both.contains(&"country=DE/at_day=2024-01-01".to_owned()),
        "{both:?}"
    );
}

/// Raw sales, a table that takes only what is new, and sums that compute only the days that were touched.
fn chain() -> Project {
    let delivered = [
        "name: id, logicalType: integer, required: true",
        "name: day, logicalType: date, required: true",
        "name: amount, logicalType: integer, required: true",
    ];
    let sale = [
        "name: id, logicalType: integer, required: true, primaryKey: true",
        "name: day, logicalType: date, required: true",
        "name: amount, logicalType: integer, required: true",
    ];
    Project::new()
        .contract("raw", &delivered)
        .contract("sales", &sale)
        .contract(
            "days",
            &[
                "name: day, logicalType: date, required: true, primaryKey: true",
                "name: amount, logicalType: integer, required: true",
            ],
        )
        .pipeline(&[
            "raw: { source: { files: 'landing/*.csv' } }",
            "sales: { incremental: { from: raw }, table: { write: merge, key: [id], partition_by: [day] } }",
            "days: { incremental: { from: sales }, table: { write: replace_partitions, partition_by: [day] } }",
        ])
        .write("models/sales.sql", "SELECT id, day, amount FROM raw\n")
        .write("models/days.sql", "SELECT day, sum(amount) AS amount FROM sales GROUP BY day\n")
        .write("landing/1.csv", "id,day,amount\n1,2024-01-01,1\n2,2024-01-01,2\n3,2024-01-02,10\n")
}

#[test]
fn increments_read_what_is_new_and_what_it_touches() {
    let project = chain();
    project.expect(0, &["run"]);
    let before = project.files("days");
    project.put("landing/2.csv", "id,day,amount\n4,2024-01-02,20\n");
    let run = project.json(0, &["run"]);
    assert_eq!(dataset(&run, "sales")["rows_read"], 1, "only the new row");
    assert_eq!(dataset(&run, "days")["rows_read"], 2, "the touched day whole");
    let sums: Vec<String> = project.rows("days");
    assert_eq!(sums.len(), 2);
    assert!(sums[0].contains("\"amount\":3") && sums[1].contains("\"amount\":30"), "{sums:?}");
    let kept = project.files("days").iter().filter(|file| before.contains(file)).count();
    assert_eq!(kept, 1, "the other day's file stays as it is");
    assert_eq!(project.json(0, &["run"])["outcome"], "nothing");
}

#[test]
fn a_row_that_moves_to_another_day_leaves_its_old_one() {
    let project = chain();
    project.expect(0, &["run"]);
    project.put("landing/2.csv", "id,day,amount\n3,2024-01-03,10\n");
    project.expect(0, &["run"]);
    let found = project.rows("sales");
    assert_eq!(found.len(), 3, "{found:?}");
    let days: Vec<String> = Table::open(&project.table("days")).partitions();
    assert_eq!(days, ["day=2024-01-01", "day=2024-01-03"], "the second of January has no sales any more");
}

const TYPES: [&str; 19] = [
    "name: id, logicalType: integer, required: true, primaryKey: true",
    "name: flag, logicalType: boolean",
    "name: tiny, logicalType: integer, logicalTypeOptions: { format: i8 }",
    "name: small, logicalType: integer, logicalTypeOptions: { format: i16 }",
    "name: medium, logicalType: integer, logicalTypeOptions: { format: i32 }",
    "name: large, logicalType: integer, logicalTypeOptions: { format: i64 }",
    "name: utiny, logicalType: integer, logicalTypeOptions: { format: u8 }",
    "name: usmall, logicalType: integer, logicalTypeOptions: { format: u16 }",
    "name: umedium, logicalType: integer, logicalTypeOptions: { format: u32 }",
    "name: ularge, logicalType: integer, logicalTypeOptions: { format: u64 }",
    "name: single, logicalType: number, logicalTypeOptions: { format: f32 }",
    "name: double, logicalType: number, logicalTypeOptions: { format: f64 }",
    "name: price, logicalType: number, physicalType: 'decimal(10,2)'",
    "name: wide, logicalType: number, physicalType: 'decimal(38,10)'",
    "name: day, logicalType: date",
    "name: clock, logicalType: time",
    "name: wall, logicalType: timestamp, logicalTypeOptions: { timezone: false }",
    "name: moment, logicalType: timestamp, logicalTypeOptions: { timezone: true }",
    "name: text, logicalType: string",
];

const VALUES: &str = "id,flag,tiny,small,medium,large,utiny,usmall,umedium,ularge,single,double,price,wide,day,clock,wall,moment,text
1,true,-128,-32768,-2147483648,-9223372036854775808,255,65535,4294967295,18446744073709551615,1.5,0.1,12345678.90,1234567890123456789012345678.0123456789,1969-12-31,23:59:59.999999,2024-02-29T12:00:00.000001,2024-02-29T12:00:00+02:00,\"naïve 🚢, \"\"quoted\"\"
line\"
2,false,127,32767,2147483647,9223372036854775807,0,0,0,0,-0.25,1e300,-0.01,-0.0000000001,2024-02-29,00:00:00,1969-12-31T23:59:59,1969-12-31T23:59:59Z,ascii
3,,,,,,,,,,,,,,,,,,
";

fn typed() -> Project {
    let project = Project::new()
        .contract("types", &TYPES)
        .contract("copies", &TYPES)
        .pipeline(&["types: { source: { files: 'landing/*.csv' } }", "copies: {}"])
        .write("models/copies.sql", "SELECT * FROM types\n")
        .write("landing/1.csv", VALUES);
    project.expect(0, &["run"]);
    project
}

#[test]
fn every_type_comes_back_as_it_was() {
    let project = typed();
    insta::assert_snapshot!("types", project.rows("types").join("\n"));
    assert_eq!(project.rows("copies"), project.rows("types"), "and through a model");
}

/// Reads both tables with programs that share no code with this one, if `cargo xtask bench` has put them there.
#[test]
fn others_read_the_tables() {
    let python = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../venv/bin/python");
    let has = |module: &str| {
        Command::new(&python)
            .args(["-c", &format!("import {module}")])
            .output()
            .is_ok_and(|output| output.status.success())
    };
    if !has("deltalake") || !has("polars") {
        return println!(
            "note: no Python with deltalake and polars in the target folder; `cargo xtask bench` puts them there"
        );
    }
    let project = typed();
    let program = "
import json, sys, polars
frame = polars.read_delta(sys.argv[1]).sort('id')
print(json.dumps([[None if value is None else str(value) for value in row] for row in frame.rows()]))
";
    let read = |dataset: &str| -> Value {
        let output = Output::of(Command::new(&python).args(["-c", program]).arg(project.table(dataset)));
        assert_eq!(output.code, Some(0), "{}", output.both());
        serde_json::from_str(&output.stdout).unwrap()
    };
    insta::assert_snapshot!("types_read_by_polars", serde_json::to_string_pretty(&read("types")).unwrap());
    assert_eq!(read("copies"), read("types"));
}

#[test]
fn a_partition_value_that_is_empty_or_strange_comes_back() {
    let project = Project::new()
        .contract("places", &["name: id, logicalType: integer, required: true", "name: place, logicalType: string", "name: zone, logicalType: boolean"])
        .contract("copies", &["name: id, logicalType: integer", "name: place, logicalType: string", "name: zone, logicalType: boolean"])
        .pipeline(&["places: { source: { files: 'landing/*.csv', null_values: ['NA'] }, table: { partition_by: [place, zone] } }", "copies: {}"])
        .write("models/copies.sql", "SELECT id, place, zone FROM places\n")
        .write("landing/1.csv", "id,place,zone\n1,a b/../c,true\n2,NA,NA\n3,%41 #?&+:,false\n4,日本,true\n");
    project.expect(0, &["run"]);
    let copies = Table::open(&project.table("copies")).objects();
    let mut read: Vec<(i64, Value)> =
        copies.iter().map(|row| (row["id"].as_i64().unwrap(), row["place"].clone())).collect();
    read.sort_by_key(|(id, _)| *id);
    let values: Vec<Value> = read.into_iter().map(|(_, value)| value).collect();
    assert_eq!(values, [Value::from("a b/../c"), Value::Null, Value::from("%41 #?&+:"), Value::from("日本")]);
    project.put("landing/2.csv", "id,place,zone\n5,a b/../c,NA\n");
    project.expect(0, &["run"]);
    assert_eq!(project.count("copies"), 5);
}

/// Delta takes an empty partition value for NULL; better no table than one with other values.
#[test]
fn an_empty_partition_value_is_an_error() {
    let project = Project::new()
        .contract(
            "places",
            &["name: id, logicalType: integer, required: true", "name: place, logicalType: string, required: true"],
        )
        .pipeline(&[
            "places: { source: { files: 'landing/*.csv', null_values: ['NA'] }, table: { partition_by: [place] } }",
        ])
        .write("landing/1.csv", "id,place\n1,here\n2,\"\"\n");
    let run = project.json(1, &["run"]);
    let error = &dataset(&run, "places")["error"];
    assert!(error["message"].as_str().unwrap().contains("`place` is an empty text"), "{error}");
    assert!(error["help"].as_str().unwrap().contains("minLength"), "{error}");
    assert_eq!(project.version("places"), -1);
    assert_eq!(project.files_on_disk("places"), Vec::<String>::new());
    project.put("landing/1.csv", "id,place\n1,here\n2,there\n");
    project.expect(0, &["run"]);
    assert_eq!(project.count("places"), 2);
}
