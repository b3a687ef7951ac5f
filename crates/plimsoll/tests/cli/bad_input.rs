//! What comes in is not what was promised: a clear error or dead letters, exit code 1 or 2, nothing half published, and a later
//! good run works.

use std::io::Write;
use std::process::Command;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use serde_json::Value;

use crate::memory::measured;
use crate::project::{Output, Project, dataset};

const CONTRACT: &str = r#"apiVersion: v3.1.0
kind: DataContract
id: items
name: Items
version: 1.0.0
status: active
schema:
  - name: items
    properties:
      - { name: id, logicalType: integer, physicalType: bigint, required: true }
      - { name: name, logicalType: string }
      - { name: day, logicalType: date }
      - { name: count, logicalType: integer, physicalType: integer }
"#;

const CONTRACT_PATH: &str = "openspec/specs/items/items.odcs.yaml";
const PIPELINE_PATH: &str = "pipelines/items.yaml";
const GOOD: &str = "id,name,day,count\n7,seven,2024-01-07,70\n";

/// One source that may refuse every row.
fn items(files: &str, format: &str) -> Project {
    let pipeline =
        format!("pipeline: items\ndatasets:\n  items: {{ source: {{ files: \"{files}\", format: {format} }} }}\n");
    Project::new()
        .write("plimsoll.toml", "name = \"items\"\nthreshold = 1.0\n")
        .write(PIPELINE_PATH, pipeline)
        .write(CONTRACT_PATH, CONTRACT)
}

/// Nothing is published, and all of `words` are said.
fn refused(project: &Project, code: i32, words: &[&str]) {
    let output = project.expect(code, &["run"]);
    says(&output, words);
    assert_eq!(project.version("items"), -1, "{}", output.both());
    assert_eq!(project.files_on_disk("items"), Vec::<String>::new(), "{}", output.both());
}

fn says(output: &Output, words: &[&str]) {
    let all = format!("{}{}", output.stdout, output.stderr);
    for word in words {
        assert!(all.contains(word), "does not say {word:?}: {}", output.both());
    }
    assert!(!all.contains("panicked"), "{}", output.both());
}

/// After the cause is gone, the same project runs.
fn recovers(project: &Project, rows: usize) {
    project.expect(0, &["run"]);
    assert_eq!(project.rows("items").len(), rows);
    assert_eq!(project.json(0, &["run"])["outcome"], "nothing");
}

#[test]
fn a_pipeline_that_is_no_yaml() {
    let project = items("landing/*", "csv").write("landing/a.csv", GOOD);
    let pipeline = project.read(PIPELINE_PATH);
    project.put(PIPELINE_PATH, pipeline.replace(" } }", ""));
    refused(&project, 2, &["pipelines/items.yaml:", "not YAML"]);
    project.put(PIPELINE_PATH, &pipeline);
    recovers(&project, 1);
}

#[test]
fn a_contract_that_contradicts_itself() {
    let project = items("landing/*", "csv").write("landing/a.csv", GOOD);
    project.edit(CONTRACT_PATH, "name: name,", "name: id,");
    refused(&project, 2, &["openspec/specs/items/items.odcs.yaml:11", "`id`"]);
    // A range that nothing lies in can be read; `check` says so, and no row gets through it.
    project.put(
        CONTRACT_PATH,
        CONTRACT.replace(
            "physicalType: integer }",
            "physicalType: integer, logicalTypeOptions: { minimum: 9, maximum: 1 } }",
        ),
    );
    project.edit("plimsoll.toml", "1.0", "0.05");
    says(&project.run(&["check"]), &["openspec/specs/items/items.odcs.yaml:13", "no value lies between"]);
    let held = project.expect(3, &["run"]);
    says(&held, &["count.range"]);
    assert_eq!(project.version("items"), -1);
    project.put(CONTRACT_PATH, CONTRACT);
    recovers(&project, 1);
}

#[test]
fn a_file_that_is_missing_or_a_folder() {
    let project = items("landing/a.csv", "csv");
    refused(&project, 1, &["there is no file", "landing/a.csv", "help: check the path"]);
    std::fs::create_dir_all(project.path("landing/a.csv")).unwrap();
    refused(&project, 2, &["landing/a.csv` is a folder", "help: name the files in it"]);
    std::fs::remove_dir(project.path("landing/a.csv")).unwrap();
    project.put("landing/a.csv", GOOD);
    recovers(&project, 1);
}

/// A source that cannot be looked at holds up its own dataset only.
#[test]
fn one_source_that_is_missing_beside_one_that_is_there() {
    let project = items("landing/*", "csv").write("landing/a.csv", GOOD);
    let contract = project.read(CONTRACT_PATH);
    let other = contract[contract.find("  - name: items").unwrap()..].replace("name: items", "name: others");
    project.put(CONTRACT_PATH, format!("{contract}{other}"));
    let pipeline = project.read(PIPELINE_PATH);
    project.put(PIPELINE_PATH, format!("{pipeline}  others: {{ source: {{ files: other.csv, format: csv }} }}\n"));
    let output = project.expect(1, &["run"]);
    says(
        &output,
        &["others", "blocked: there is no file", "other.csv", "help: check the path", "1 dataset published, 1 blocked"],
    );
    assert_eq!((project.rows("items").len(), project.version("others")), (1, -1));
    let report = project.json(1, &["run"]);
    assert_eq!(dataset(&report, "others")["action"], "blocked");
    assert_eq!(dataset(&report, "others")["error"]["kind"], "refused");
    project.put("other.csv", GOOD);
    project.expect(0, &["run"]);
    assert_eq!(project.rows("others").len(), 1);
}

#[test]
fn files_that_are_empty_cut_off_or_not_what_their_name_says() {
    let mut lines = String::from("id,name,day,count\n");
    for i in 0..20_000 {
        lines.push_str(&format!("{i},name {},2024-01-01,{}\n", i * 7919 % 20_011, i * 31 % 1009));
    }
    let packed = gzip(lines.as_bytes());
    let project = items("landing/*", "csv");
    let cases: [(&str, &[u8], &[&str]); 5] = [
        ("a.csv", b"", &["`landing/a.csv` is empty", "help: deliver it again"]),
        ("a.csv.gz", b"", &["`landing/a.csv.gz` is empty", "help: deliver it again"]),
        (
            "a.csv.gz",
            &packed[..packed.len() / 2],
            &["ends in the middle of its gzip data", "landing/a.csv.gz", "help: it was cut off"],
        ),
        (
            "a.csv.gz",
            b"id,name,day,count\n1,a,2024-01-01,1\n",
            &["not intact gzip", "landing/a.csv.gz", "help: deliver it again"],
        ),
        ("a.csv", b"id,day,count\n1,2024-01-01,1\n", &["landing/a.csv", "lacks columns", "`name`", "help: "]),
    ];
    for (name, bytes, words) in cases {
        let path = format!("landing/{name}");
        project.put(&path, bytes);
        refused(&project, 1, words);
        project.remove(&path);
    }
    // What can be read of a damaged file is not published either, in whatever company it comes.
    project.put("landing/0.csv", GOOD);
    project.put("landing/a.csv.gz", &packed[..packed.len() / 2]);
    refused(&project, 1, &["landing/a.csv.gz"]);
    project.put("landing/a.csv.gz", &packed);
    recovers(&project, 20_001);
}

#[test]
fn a_file_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let project = items("landing/*", "csv").write("landing/a.csv", GOOD);
    let mode =
        |mode| std::fs::set_permissions(project.path("landing/a.csv"), std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o000);
    if std::fs::read(project.path("landing/a.csv")).is_ok() {
        // The administrator reads everything, so another user runs it.
        let Some(output) = as_nobody(&project, &["run"]) else {
            eprintln!("note: this user may read everything and be nobody else, so unreadable files are not tested");
            return;
        };
        assert_eq!(output.code, Some(1), "{}", output.both());
        says(&output, &["no permission to read", "landing/a.csv", "chmod"]);
        assert_eq!(project.version("items"), -1);
        mode(0o644);
        assert_eq!(as_nobody(&project, &["run"]).and_then(|output| output.code), Some(0));
        assert_eq!(project.rows("items").len(), 1);
        return;
    }
    refused(&project, 1, &["no permission to read", "landing/a.csv", "chmod"]);
    mode(0o644);
    recovers(&project, 1);
}

/// Runs as a user without rights, who is given all of the project but the mode of its files.
fn as_nobody(project: &Project, args: &[&str]) -> Option<Output> {
    let program = project.path("plimsoll-of-nobody");
    std::fs::copy(env!("CARGO_BIN_EXE_plimsoll"), &program).ok()?;
    Command::new("chown").args(["-R", "nobody"]).arg(project.path("")).status().ok().filter(|s| s.success())?;
    let output = Command::new("runuser")
        .args(["-u", "nobody", "--"])
        .arg(&program)
        .arg("-C")
        .arg(project.path(""))
        .args(args)
        .env("NO_COLOR", "1")
        .output()
        .ok()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some(Output { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) })
}

/// File, rows that pass, and for each refused row where it is and what is said of it.
type Refusals<'a> = (&'a [u8], &'a [&'a str], &'a [(i64, &'a str, &'a str)]);

#[test]
fn rows_that_are_not_what_was_promised_are_dead_letters() {
    let cases: [Refusals<'_>; 5] = [
        (b"id,name,day,count\n1,caf\xe9,2024-01-01,1\n2,ok,2024-01-01,2\n", &["ok"], &[(2, "record.encoding", "byte 6")]),
        (
            b"id,name,day,count\n1,a,2024-01-01\n2,b,2024-01-01,2,3\n3,c,2024-01-01,3\n",
            &["c"],
            &[(2, "record.shape", "3 fields instead of 4"), (3, "record.shape", "5 fields instead of 4")],
        ),
        (
            b"id,name,day,count\n99999999999999999999,a,2024-01-01,1\n2,b,2024-01-01,3000000000\n3,c,2024-01-01,1e3\n4,d,,\n",
            &["d"],
            &[(2, "id.type", "99999999999999999999"), (3, "count.type", "3000000000"), (4, "count.type", "1e3")],
        ),
        (
            b"id,name,day,count\n1,a,2024-02-30,1\n2,b,2023-02-29,1\n3,c,2024-13-01,1\n4,d,2024-02-29,1\n",
            &["d"],
            &[(2, "day.type", "2024-02-30"), (3, "day.type", "2023-02-29"), (4, "day.type", "2024-13-01")],
        ),
        // The second record starts on line 4, because the first has line ends of its own.
        (
            b"id,name,day,count\r\n1,\"a\r\nb \"\"x\"\", y\n\",2024-01-01,1\r\nx,c,2024-01-01,2\r\n3,\"d\",2024-01-01,3",
            &["a\r\nb \"x\", y\n", "d"],
            &[(5, "id.type", "'x'")],
        ),
    ];
    for (bytes, passed, refused) in cases {
        let project = items("landing/*", "csv").write("landing/a.csv", bytes);
        let report = project.json(0, &["run"]);
        let names: Vec<String> = project.rows("items").iter().map(|row| name(row)).collect();
        assert_eq!(names, passed, "{report}");
        let letters = project.json(0, &["dlq", "show", "items"]);
        let mut found: Vec<(i64, String)> = letters["dead_letters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|letter| (letter["row"].as_i64().unwrap(), letter["checks"].to_string()))
            .collect();
        found.sort();
        assert_eq!(found.len(), refused.len(), "{letters}");
        for ((row, checks), (wanted_row, check, reason)) in found.iter().zip(refused) {
            assert_eq!(row, wanted_row, "{letters}");
            assert!(checks.contains(check) && checks.contains(reason), "not {check} {reason:?}: {checks}");
        }
        assert_eq!(dataset(&report, "items")["rows_read"].as_u64().unwrap(), (passed.len() + refused.len()) as u64);
    }
}

fn name(row: &str) -> String {
    let row: Value = serde_json::from_str(row).unwrap();
    row["name"].as_str().unwrap().to_owned()
}

#[test]
fn a_byte_order_mark_and_columns_of_one_name() {
    let project = items("landing/*", "csv").write("landing/a.csv", format!("\u{feff}{GOOD}"));
    recovers(&project, 1);
    let project = items("landing/*", "csv").write("landing/a.csv", "id,name,name,day,count\n1,a,b,2024-01-01,1\n");
    refused(
        &project,
        1,
        &["landing/a.csv", "the column `name` twice: as column 2 and as column 3", "help: rename one"],
    );
    project.put("landing/a.csv", GOOD);
    recovers(&project, 1);
}

#[test]
fn a_line_of_200_megabytes() {
    let project = items("landing/*", "csv");
    std::fs::create_dir_all(project.path("landing")).unwrap();
    let mut file = std::fs::File::create(project.path("landing/a.csv")).unwrap();
    let block = vec![b'x'; 1 << 20];
    file.write_all(b"id,name,day,count\n1,").unwrap();
    (0..200).for_each(|_| file.write_all(&block).unwrap());
    file.write_all(b",2024-01-01,1\n2,after,2024-01-01,1\n").unwrap();
    drop(file);
    let (output, peak) = measured(&project, &["run"]);
    assert!(matches!(output.code, Some(0 | 1)), "{}", output.both());
    says(&output, &["landing/a.csv"]);
    assert!(peak < 400 << 20, "{} MiB", peak >> 20);
    if output.code == Some(0) {
        says(&output, &["record.length"]);
        assert_eq!(project.rows("items").iter().map(|row| name(row)).collect::<Vec<_>>(), ["after"]);
        assert_eq!(project.rows("_dead_letters/items").len(), 1);
    }
}

#[test]
fn parquet_of_another_schema_or_none() {
    let project = items("landing/*.parquet", "parquet");
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let names: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    project.put("landing/a.parquet", parquet(vec![("id", ids.clone()), ("title", names.clone())]));
    refused(&project, 1, &["landing/a.parquet", "lacks columns", "`name`", "help: "]);
    let whole =
        parquet(vec![("id", ids.clone()), ("name", names.clone()), ("day", names.clone()), ("count", ids.clone())]);
    project.put("landing/a.parquet", &whole);
    let output = project.run(&["run"]);
    assert!(matches!(output.code, Some(0 | 1)), "{}", output.both());
    says(&output, &["landing/a.parquet", "day"]);
    assert_eq!(project.rows("items"), Vec::<String>::new(), "text is not a day");
    let project = items("landing/*.parquet", "parquet");
    project.put("landing/a.parquet", &whole[..whole.len() / 2]);
    refused(&project, 1, &["landing/a.parquet"]);
    let days: ArrayRef = Arc::new(arrow::array::Date32Array::from(vec![19_000, 19_001]));
    let counts: ArrayRef = Arc::new(arrow::array::Int32Array::from(vec![1, 2]));
    project.put("landing/a.parquet", parquet(vec![("id", ids), ("name", names), ("day", days), ("count", counts)]));
    recovers(&project, 2);
}

fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn a_table_that_someone_else_wrote_to() {
    let project = items("landing/*", "csv").write("landing/a.csv", GOOD);
    project.expect(0, &["run"]);
    let foreign = r#"{"commitInfo":{"timestamp":1700000000000,"operation":"WRITE","operationParameters":{}}}"#;
    project.put("warehouse/items/_delta_log/00000000000000000001.json", format!("{foreign}\n"));
    project.put("landing/b.csv", GOOD);
    let output = project.expect(1, &["run"]);
    says(
        &output,
        &["items", "someone else wrote to the table: version 1, last published 0", "drop it to have it built anew"],
    );
    assert_eq!(project.version("items"), 1, "nothing was added to it");
    std::fs::remove_dir_all(project.table("items")).unwrap();
    recovers(&project, 2);
}

#[test]
fn a_table_that_was_deleted_is_built_anew() {
    let project = items("landing/*", "csv").write("landing/a.csv", format!("{GOOD}x,bad,,\n"));
    project.expect(0, &["run"]);
    project.put("landing/b.csv", GOOD);
    project.expect(0, &["run"]);
    std::fs::remove_dir_all(project.table("items")).unwrap();
    recovers(&project, 2);
    assert_eq!(project.rows("_dead_letters/items").len(), 1, "the refused row is not there twice");
}

#[test]
fn a_disk_that_is_full() {
    let project = items("landing/*", "csv");
    let mut lines = String::from(GOOD);
    for i in 0..60_000_u64 {
        lines.push_str(&format!("{i},name {},2024-01-01,1\n", i.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    }
    project.put("landing/a.csv", &lines);
    project.put("plimsoll.toml", "name = \"items\"\nwarehouse = \"small\"\n");
    std::fs::create_dir_all(project.path("small")).unwrap();
    let Some(disk) = SmallDisk::mount(&project.path("small")) else {
        eprintln!("note: this user may not mount a small disk, so a full one is not tested");
        return;
    };
    let output = project.expect(1, &["run"]);
    says(&output, &["the disk is full", "help: free space and run again"]);
    assert!(!project.path("small/items/_delta_log").exists(), "{}", output.both());
    drop(disk);
    project.expect(0, &["run"]);
    assert_eq!(crate::delta::Table::open(&project.path("small/items")).count(), 60_001);
}

struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mount(folder: &std::path::Path) -> Option<Self> {
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=512k", "tmpfs"]).arg(folder).output().ok()?;
        mounted.status.success().then(|| Self(folder.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).output();
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut child = Command::new("gzip")
        .arg("-c")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output.stdout
}
