//! The published conformance suite in `conformance/`: all cases with `contract test`, and most of them as pipelines that are
//! published by the embedded engine. One process for each group.
//!
//! The expected values come from `conformance/evaluate.py`, which was written from the guide and shares nothing with the engine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::project::Project;

/// As many cases must be there: a suite that vanished passes nothing.
const CASES_MIN: usize = 600;
/// As many of them must be such that a database can hold their rows.
const LOADABLE_MIN: usize = 550;
/// A stage is never held: what is asked here is the verdict.
const SETTINGS: &str =
    "name = \"conformance\"\nwarehouse = \"warehouse\"\nledger = \"sqlite:.plimsoll/ledger.db\"\nthreshold = 1.0\n";
/// Groups in which a check is one expression over one value; each of their cases takes the same route.
const ALIKE: [&str; 6] = ["range", "length", "format", "pattern", "enum", "metric"];
/// Of those groups, every so many cases are published.
const ALIKE_EVERY: usize = 8;
/// A table that is published for the first time cannot be referred to by itself; and a project with a query that may give several
/// rows does not run at all.
const NOT_PUBLISHED: [&str; 2] = ["a dataset may refer to itself", "no row satisfies no operator"];

#[test]
fn a_test_of_data_decides_every_case() {
    let groups = groups(|_, _, _| true);
    let cases: usize = groups.values().map(Vec::len).sum();
    assert!(cases >= CASES_MIN, "only {cases} cases were found");
    decide(&groups, write, tested);
}

#[test]
fn a_test_decides_them_however_the_rows_are_spread_over_files() {
    decide(&groups(|_, _, _| true), scatter, tested);
}

#[test]
fn a_run_decides_them_too() {
    let taken = |group: &str, at: usize, case: &Value| {
        let alike = ALIKE.contains(&group) && !at.is_multiple_of(ALIKE_EVERY);
        !alike && !NOT_PUBLISHED.contains(&case["about"].as_str().unwrap())
    };
    decide(&groups(taken), write, published);
}

/// Writes a dataset's rows, and returns the path or glob that they are read by.
type Write = fn(&Project, &str, &Value) -> String;

/// The cases whose data a database can hold as the contract's types, decided by the database where it can.
#[test]
fn a_database_decides_them_too() {
    let Some(_server) = testkit::Postgres::shared() else { return };
    let groups = groups(|_, _, case| case["about"] != READ_OTHERWISE && loadable(case));
    let cases: usize = groups.values().map(Vec::len).sum();
    assert!(cases >= LOADABLE_MIN, "only {cases} cases can be loaded");
    decide(&groups, write, in_database);
}

/// Wall-clock times that happen twice: a database that reads them means the later one, before any check sees them.
const READ_OTHERWISE: &str = "clocks set back: of two readings the earlier";

/// Cases by version of the standard and group.
type Groups = BTreeMap<(String, String), Vec<Value>>;

fn groups(taken: impl Fn(&str, usize, &Value) -> bool) -> Groups {
    let mut groups = Groups::new();
    for path in files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let group: Value = serde_json::from_str(&text).unwrap();
        let name = group["group"].as_str().unwrap();
        for (at, case) in group["cases"].as_array().unwrap().iter().enumerate() {
            if taken(name, at, case) {
                let version = case["contract"]["apiVersion"].as_str().unwrap().to_owned();
                groups.entry((version, name.to_owned())).or_default().push(case.clone());
            }
        }
    }
    groups
}

fn decide(groups: &Groups, write: Write, route: fn(&Project, &Batch) -> Value) {
    let mut differing = Vec::new();
    let (mut cases, mut checks) = (0, 0);
    for ((version, _), batch) in groups {
        cases += batch.len();
        checks += run(version, batch, write, route, &mut differing);
    }
    println!("{cases} cases with {checks} checks, {} differ", differing.len());
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// The cases of a group as datasets of one contract.
struct Batch {
    contract: Value,
    /// Name and file of each dataset.
    files: Vec<(String, String)>,
}

fn tested(project: &Project, batch: &Batch) -> Value {
    project.put("contract.odcs.yaml", batch.contract.to_string());
    let mut arguments = vec!["contract".to_owned(), "test".to_owned(), "contract.odcs.yaml".to_owned()];
    for (name, file) in &batch.files {
        arguments.extend(["--data".to_owned(), format!("{name}={file}")]);
    }
    arguments.push("--json".to_owned());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    report(project, &arguments)
}

fn published(project: &Project, batch: &Batch) -> Value {
    project.put("plimsoll.toml", SETTINGS);
    project.put("openspec/specs/conformance/conformance.odcs.yaml", batch.contract.to_string());
    let dataset =
        |(name, file): &(String, String)| (name.clone(), json!({ "contract": name, "source": { "files": file } }));
    let datasets: serde_json::Map<String, Value> = batch.files.iter().map(dataset).collect();
    let pipeline = json!({ "pipeline": "conformance", "datasets": datasets });
    project.put("pipelines/conformance.yaml", pipeline.to_string());
    report(project, &["run", "--json"])
}

fn report(project: &Project, arguments: &[&str]) -> Value {
    let output = project.run(arguments);
    serde_json::from_str(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}{}", output.stdout, output.stderr))
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/cases");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Returns how many checks were expected.
fn run(
    version: &str,
    cases: &[Value],
    write: Write,
    route: fn(&Project, &Batch) -> Value,
    differing: &mut Vec<String>,
) -> usize {
    let project = Project::new();
    let (mut schema, mut files, mut owners) = (Vec::new(), Vec::new(), Vec::new());
    for case in cases {
        let prefix = case["id"].as_str().unwrap().replace('-', "_");
        let names: Vec<&str> = case["data"].as_object().unwrap().keys().map(String::as_str).collect();
        for dataset in case["contract"]["schema"].as_array().unwrap() {
            let own = dataset["name"].as_str().unwrap();
            let name = format!("{prefix}_{own}");
            let mut dataset = renamed(dataset, &prefix, &names);
            dataset["name"] = json!(name);
            schema.push(dataset);
            files.push((name.clone(), write(&project, &name, &case["data"][own])));
            owners.push((name, case, own.to_owned()));
        }
    }
    let contract = json!({
        "apiVersion": version, "kind": "DataContract", "id": "conformance", "version": "1.0.0", "status": "active", "schema": schema,
    });
    let report = route(&project, &Batch { contract, files });
    let empty = Vec::new();
    let mut expected_checks = 0;
    for (name, case, own) in owners {
        let datasets = report["datasets"].as_array().unwrap_or(&empty);
        let found = datasets.iter().find(|dataset| dataset["name"] == name.as_str()).unwrap_or(&Value::Null);
        let expected = case["expect"][&own].as_array().unwrap();
        expected_checks += expected.len();
        match found["checks"].as_array() {
            Some(found) => compare(case, &own, expected, found, differing),
            None => differing.push(format!("{} {own}: {found} {}", case["id"], report["error"])),
        }
    }
    expected_checks
}

fn write(project: &Project, name: &str, data: &Value) -> String {
    if let Some(text) = data["csv"].as_str() {
        project.put(&format!("data/{name}.csv"), text);
        return format!("data/{name}.csv");
    }
    let rows = data["rows"].as_array().unwrap();
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    project.put(&format!("data/{name}.ndjson"), text);
    format!("data/{name}.ndjson")
}

/// One row in the first file, two in the second, and so on, with an empty file among them.
fn scatter(project: &Project, name: &str, data: &Value) -> String {
    let Some(rows) = data["rows"].as_array().filter(|rows| rows.len() > 1) else { return write(project, name, data) };
    let mut rest = rows.as_slice();
    for number in 0.. {
        let (now, later) = rest.split_at(number.min(rest.len()));
        let text: String = now.iter().map(|row| format!("{row}\n")).collect();
        project.put(&format!("data/{name}/{number:03}.ndjson"), text);
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    format!("data/{name}/*.ndjson")
}

/// The dataset with the names of other datasets as they are called here: `parent.id`, or `parent` alone.
fn renamed(value: &Value, prefix: &str, names: &[&str]) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, item)| (key.clone(), renamed(item, prefix, names))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| renamed(item, prefix, names)).collect()),
        Value::String(text) => {
            let known = names.iter().find(|name| {
                text.strip_prefix(**name)
                    .is_some_and(|rest| rest.starts_with('.') || (rest.is_empty() && name.len() > 1))
            });
            json!(known.map_or_else(|| text.clone(), |_| format!("{prefix}_{text}")))
        }
        other => other.clone(),
    }
}

fn compare(case: &Value, dataset: &str, expected: &[Value], found: &[Value], differing: &mut Vec<String>) {
    // That columns are there and have their types is said of every dataset by a test; here it is always so.
    let structure = |check: &&Value| {
        let kind = check["kind"].as_str().unwrap_or_default();
        check["outcome"] == "passed" && ["present", "type", "physical_type"].contains(&kind)
    };
    let mut left: Vec<&Value> = found.iter().filter(|check| !structure(check)).collect();
    for wanted in expected {
        match left.iter().position(|check| agrees(wanted, check)) {
            Some(at) => drop(left.remove(at)),
            None => differing.push(told(case, dataset, &format!("expected {wanted}"), &left)),
        }
    }
    if !left.is_empty() && differing.last().is_none_or(|last| !last.contains(case["id"].as_str().unwrap())) {
        differing.push(told(case, dataset, "expected nothing more", &left));
    }
}

fn told(case: &Value, dataset: &str, expected: &str, found: &[&Value]) -> String {
    let shown = |check: &&Value| {
        format!("{} {} {} {} {}", check["id"], check["outcome"], check["violations"], check["value"], check["reason"])
    };
    let found: Vec<String> = found.iter().map(shown).collect();
    format!("{} {dataset}: {}\n    {expected}\n    found {}", case["id"], case["about"], found.join("\n          "))
}

fn agrees(wanted: &Value, found: &Value) -> bool {
    if wanted["element"] != found["element"] || wanted["outcome"] != found["outcome"] {
        return false;
    }
    if wanted["outcome"] == "not_checked" {
        return true;
    }
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    let same = |left: &Value, right: &Value| {
        let (left, right) = (number(left), number(right));
        (left.is_nan() && right.is_nan()) || (left - right).abs() <= 1e-9 * left.abs().max(1.0)
    };
    wanted["kind"] == found["kind"]
        && (wanted["violations"].is_null() || same(&wanted["violations"], &found["violations"]))
        && (wanted["value"].is_null() || same(&wanted["value"], &found["value"]))
}

/// The statements that make a table of these rows; `None` where a database has no such type.
fn table(dataset: &contract::Dataset, rows: &[Value]) -> Option<String> {
    let mut columns = Vec::new();
    for column in &dataset.columns {
        if column.format.is_some() {
            return None;
        }
        columns.push(format!("{} {}", quoted(&column.source_name), sql_type(&column.data_type)?));
    }
    let name = quoted(&dataset.name);
    let mut sql = format!("CREATE TABLE {name} ({});\n", columns.join(", "));
    for row in rows {
        let mut values = Vec::new();
        for column in &dataset.columns {
            values.push(sql_value(&row[&column.source_name], column)?);
        }
        sql.push_str(&format!("INSERT INTO {name} VALUES ({});\n", values.join(", ")));
    }
    Some(sql)
}

fn sql_type(data_type: &contract::DataType) -> Option<String> {
    use contract::DataType as T;
    Some(match data_type {
        T::Boolean => "boolean".to_owned(),
        T::Integer { bits: 16, signed: true } => "smallint".to_owned(),
        T::Integer { bits: 32, signed: true } => "integer".to_owned(),
        T::Integer { bits: 64, signed: true } => "bigint".to_owned(),
        T::Float { bits: 32 } => "real".to_owned(),
        T::Float { .. } => "double precision".to_owned(),
        T::Decimal { precision, scale } => format!("numeric({precision},{scale})"),
        T::String => "text".to_owned(),
        T::Date => "date".to_owned(),
        T::Time => "time".to_owned(),
        T::Timestamp { zoned: true } => "timestamptz".to_owned(),
        T::Timestamp { zoned: false } => "timestamp".to_owned(),
        T::List(item) if !matches!(item.as_ref(), T::List(_) | T::Decimal { .. } | T::Time) => {
            format!("{}[]", sql_type(item)?)
        }
        _ => return None,
    })
}

fn sql_value(value: &Value, column: &contract::Column) -> Option<String> {
    let text = |text: &str| format!("'{}'", text.replace('\'', "''"));
    Some(match value {
        Value::Null => "NULL".to_owned(),
        Value::String(moment) => match &column.time_zone {
            // A wall-clock time of the contract's zone.
            Some(_) if moment.split(['T', ' ']).nth(1).is_none_or(|clock| clock.contains(['Z', '+', '-'])) => {
                text(moment)
            }
            Some(zone) => format!("{}::timestamp AT TIME ZONE {}", text(moment), text(zone)),
            None => text(moment),
        },
        Value::Array(items) => {
            let item = |item: &Value| match item {
                Value::Null => Some("NULL".to_owned()),
                Value::String(item) => Some(text(item)),
                Value::Number(_) | Value::Bool(_) => Some(item.to_string()),
                Value::Array(_) | Value::Object(_) => None,
            };
            let items = items.iter().map(item).collect::<Option<Vec<_>>>()?;
            format!("ARRAY[{}]::{}", items.join(", "), sql_type(&column.data_type)?)
        }
        Value::Object(_) => return None,
        number => text(&number.to_string()),
    })
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Whether a database takes all rows of the case.
fn loadable(case: &Value) -> bool {
    let loaded = contract::load("case.json", &case["contract"].to_string());
    let Some(server) = testkit::Postgres::shared() else { return false };
    thread_local!(static URL: std::cell::OnceCell<String> = const { std::cell::OnceCell::new() });
    let url = URL.with(|url| url.get_or_init(|| server.database()).clone());
    let mut sql = String::from("BEGIN;\n");
    for dataset in &loaded.datasets {
        let Some(rows) = case["data"][&dataset.name]["rows"].as_array() else { return false };
        let Some(table) = table(dataset, rows) else { return false };
        sql.push_str(&table);
    }
    !loaded.datasets.is_empty() && server.execute(&url, &format!("{sql}ROLLBACK;\n")).is_ok()
}

fn in_database(project: &Project, batch: &Batch) -> Value {
    let server = testkit::Postgres::shared().unwrap();
    let url = server.database();
    let text = batch.contract.to_string();
    project.put("contract.odcs.yaml", &text);
    let loaded = contract::load("contract.odcs.yaml", &text);
    let mut sql = String::new();
    for dataset in &loaded.datasets {
        let file = batch.files.iter().find(|(name, _)| *name == dataset.name).unwrap();
        let rows: Vec<Value> = project.read(&file.1).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        sql.push_str(&table(dataset, &rows).unwrap());
    }
    server.execute(&url, &sql).unwrap();
    report(project, &["contract", "test", "contract.odcs.yaml", "--data", &url, "--json"])
}
