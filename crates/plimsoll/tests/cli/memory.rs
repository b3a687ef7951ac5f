//! Runs with less memory than they would like: what does not fit spills, and the process stays near its limit.

use std::time::Duration;

use crate::project::{Project, dataset};
use crate::shop;

/// What comes on top of the limit, whatever the data: what the program holds before it holds any row (about 50 MiB), and what no
/// operator counts, such as batches on their way between two of them. Bytes.
const BESIDES: u64 = 96 << 20;
const LIMIT: u64 = 64 << 20;
const SETTINGS: &str = "name = \"wide\"\nmemory = \"64 MiB\"\nthreshold = 1.0\n";

/// More keys than fit in the memory that is allowed.
const KEYS: u64 = 250_000;

fn kept_its_limit(what: &str, peak: u64) {
    eprintln!("{what} under {} MiB: {} MiB at most", LIMIT >> 20, peak >> 20);
    assert!(peak < LIMIT + BESIDES, "{what}: {} MiB", peak >> 20);
}

#[test]
fn an_aggregate_larger_than_the_memory_limit_spills() {
    let project = wide();
    let (output, peak) = measured(&project, &["run", "--json"]);
    assert_eq!(output.code, Some(0), "{}", output.both());
    let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(dataset(&report, "sums")["rows_published"], KEYS);
    assert_eq!(shop::orphans(&project), Vec::<String>::new());
    kept_its_limit("an aggregate of 250,000 keys", peak);
}

/// The keys of the referenced table do not fit in the quarter of the memory that they may have, so they are joined.
#[test]
fn references_to_more_keys_than_fit_are_joined() {
    let keys: String = (0..KEYS).map(|key| format!("customer-with-a-long-name-{key:08}\n")).collect();
    let orders: String = (0..2_000)
        .map(|order| match order % 100 {
            0 => format!("{order},nobody-{order}\n"),
            1 => format!("{order},\n"),
            _ => format!("{order},customer-with-a-long-name-{:08}\n", order * 101),
        })
        .collect();
    let project = Project::new()
        .pipeline(&[
            "customers: { source: { files: 'landing/customers/*.csv' } }",
            "orders: { source: { files: 'landing/orders/*.csv' }, on_violation: { above: 100% } }",
        ])
        .write("landing/customers/1.csv", format!("customer\n{keys}"))
        .write("landing/orders/1.csv", format!("id,customer\n{orders}"));
    project.put_contract("customers", &["name: customer, logicalType: string, required: true"], "");
    project.put_contract(
        "orders",
        &["name: id, logicalType: integer, required: true", "name: customer, logicalType: string"],
        "    relationships:\n      - { type: foreignKey, from: orders.customer, to: customers.customer }\n",
    );
    project.put("plimsoll.toml", SETTINGS);
    let (output, peak) = measured(&project, &["run", "--json"]);
    assert_eq!(output.code, Some(0), "{}", output.both());
    let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let orders = dataset(&report, "orders");
    assert_eq!((&orders["rows_read"], &orders["rows_refused"]), (&2_000.into(), &20.into()), "{orders}");
    kept_its_limit("references to 250,000 keys", peak);
}

/// More dead letters than fit: replayed, listed, discarded in part.
#[test]
fn more_dead_letters_than_fit_are_replayed_and_discarded() {
    const LETTERS: u64 = 150_000;
    let rows: String = (0..LETTERS).map(|row| format!("{row},-1,\"a note of two\nlines for {row}\"\n")).collect();
    let project = Project::new()
        .contract(
            "facts",
            &[
                "name: id, logicalType: integer, required: true",
                "name: amount, logicalType: integer, logicalTypeOptions: { minimum: 0 }",
                "name: note, logicalType: string",
            ],
        )
        .pipeline(&["facts: { source: { files: 'landing/*.csv' }, on_violation: { above: 100% } }"])
        .write("landing/1.csv", format!("id,amount,note\n{rows}"));
    project.put("plimsoll.toml", SETTINGS);
    let (output, peak) = measured(&project, &["run", "--json"]);
    assert_eq!(output.code, Some(0), "{}", output.both());
    kept_its_limit("refusing 150,000 rows", peak);
    let before = project.json(0, &["dlq", "show", "facts", "--limit", "1"]);
    assert_eq!(before["rows_refused"], LETTERS);

    let (output, peak) = measured(&project, &["dlq", "replay", "facts", "--json"]);
    assert_eq!(output.code, Some(0), "{}", output.both());
    let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((&report["accepted"], &report["refused"]), (&0.into(), &LETTERS.into()));
    kept_its_limit("replaying 150,000 dead letters", peak);
    // The same rows refused again are the same letters.
    let id = before["dead_letters"][0]["id"].as_str().unwrap();
    let discarded = project.json(0, &["dlq", "discard", "facts", id, "--reason", "a test", "--yes"]);
    assert_eq!(discarded["discarded"], 1);
    let listed = project.json(0, &["dlq", "list"]);
    assert_eq!(listed["datasets"][0]["rows_refused"], LETTERS - 1);
    assert_eq!(listed["datasets"][0]["checks"][0][1], LETTERS - 1);
}

/// Twelve keys, each of more words than fit; one of them is repeated in every row.
#[test]
fn a_test_of_data_with_more_keys_than_fit() {
    use std::sync::Arc;

    const ROWS: i64 = 400_000;
    let column = |number: i64| {
        let value = move |row: i64| ((row * 2_654_435_761 + number * 97) % 1_000_000_007) * 1_000_003;
        Arc::new(arrow::array::Int64Array::from_iter_values((0..ROWS).map(value))) as arrow::array::ArrayRef
    };
    let text = |row: i64| format!("a-key-that-stands-twice-{:08}", row / 2);
    let mut columns: Vec<(String, arrow::array::ArrayRef)> = (0..11).map(|at| (format!("k{at}"), column(at))).collect();
    columns.push(("k11".to_owned(), Arc::new(arrow::array::StringArray::from_iter_values((0..ROWS).map(text)))));
    let batch = arrow::array::RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let properties: String = (0..11)
        .map(|at| format!("      - {{ name: k{at}, logicalType: integer, unique: true }}\n"))
        .chain(["      - { name: k11, logicalType: string, unique: true }\n".to_owned()])
        .collect();
    let contract = format!(
        "apiVersion: v3.1.0\nkind: DataContract\nid: keys\nversion: 1.0.0\nstatus: active\nschema:\n  \
         - name: keys\n    properties:\n{properties}"
    );
    let project = Project::new().write("c.odcs.yaml", contract).write("keys.parquet", writer.into_inner().unwrap());
    drop(batch);
    for memory in ["64", "160"] {
        let args = ["contract", "test", "c.odcs.yaml", "--data", "keys.parquet", "--json", "--memory", memory];
        let (output, peak) = measured(&project, &args);
        assert_eq!(output.code, Some(1), "{}", output.both());
        let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        let checks = report["datasets"][0]["checks"].as_array().unwrap();
        let failed: Vec<String> = checks
            .iter()
            .filter(|check| check["outcome"] != "passed")
            .map(|check| format!("{} {}", check["id"].as_str().unwrap(), check["violations"]))
            .collect();
        assert_eq!(failed, [format!("k11.unique {}", ROWS / 2)]);
        let limit = memory.parse::<u64>().unwrap() << 20;
        eprintln!("twelve keys of {ROWS} rows under {memory} MiB: {} MiB at most", peak >> 20);
        assert!(peak < limit + BESIDES, "{memory} MiB: {} MiB", peak >> 20);
    }
}

fn wide() -> Project {
    let mut text = String::from("key,value\n");
    for i in 0..KEYS {
        let key = (i * 2_654_435_761) % KEYS;
        text.push_str(&format!("customer-with-a-long-name-{key:08},{i}\n"));
    }
    Project::new()
        .write("plimsoll.toml", SETTINGS)
        .write(
            "pipelines/wide.yaml",
            "pipeline: wide\ndatasets:\n  facts: { source: { files: \"landing/*.csv\" } }\n  sums: { table: { write: overwrite } }\n",
        )
        .write("models/sums.sql", "SELECT key, sum(value) AS value, count(DISTINCT value) AS times FROM facts GROUP BY key")
        .write(
            "openspec/specs/wide/wide.odcs.yaml",
            "apiVersion: v3.1.0\nkind: DataContract\nid: wide\nname: Wide\nversion: 1.0.0\nstatus: active\nschema:\n  \
             - name: facts\n    properties:\n      - { name: key, logicalType: string, required: true }\n      \
             - { name: value, logicalType: integer, physicalType: bigint, required: true }\n  \
             - name: sums\n    properties:\n      - { name: key, logicalType: string, required: true }\n      \
             - { name: value, logicalType: integer, physicalType: bigint }\n      \
             - { name: times, logicalType: integer, physicalType: bigint }\n",
        )
        .write("landing/1.csv", text)
}

/// Runs and returns the most memory that the process had in bytes, its code not counted: that of a debug build is large, and not in
/// the way of others.
pub fn measured(project: &Project, args: &[&str]) -> (crate::project::Output, u64) {
    // Output goes to files, so that no pipe fills up while nobody reads.
    let (out, err) = (project.path("measured.out"), project.path("measured.err"));
    let mut child = project
        .command(args)
        .stdout(std::fs::File::create(&out).unwrap())
        .stderr(std::fs::File::create(&err).unwrap())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let kib = text.lines().find_map(|line| line.strip_prefix("RssAnon:")?.trim().strip_suffix(" kB"));
        peak = peak.max(kib.and_then(|kib| kib.trim().parse::<u64>().ok()).unwrap_or(0) << 10);
        if let Some(ended) = child.try_wait().unwrap() {
            let text = |path| std::fs::read_to_string(path).unwrap();
            return (crate::project::Output { code: ended.code(), stdout: text(&out), stderr: text(&err) }, peak);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
