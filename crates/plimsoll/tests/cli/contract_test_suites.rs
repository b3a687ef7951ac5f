//! The outside suites that judge `contract test`: what others' tools say of the same data under the same contract.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::project::Output;

/// A folder of the suites; `None`, with a note, where they are not present.
fn suite(path: &str) -> Option<PathBuf> {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites").join(path);
    if full.exists() {
        return Some(full);
    }
    eprintln!("note: the suite {path} is absent, nothing is checked");
    None
}

fn lines(path: &Path) -> Vec<Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Tests the contract in the suite's folder; its file lies elsewhere.
fn run(folder: &Path, contract: &str, options: &[&str]) -> (Option<i32>, Value) {
    let file = tempfile::Builder::new().suffix(".odcs.yaml").tempfile().unwrap();
    std::fs::write(file.path(), contract).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(["contract", "test"]).arg(file.path()).args(options).arg("--json").current_dir(folder);
    let output = Output::of(&mut command);
    let report = serde_json::from_str(&output.stdout).unwrap_or(Value::Null);
    (output.code, report)
}

/// Great Expectations' verdict on each check, which a second tool agrees with.
#[test]
fn great_expectations_native() {
    let Some(folder) = suite("great-expectations") else { return };
    let cases = lines(&folder.join("odcs_native.jsonl"));
    let mut wrong = Vec::new();
    for case in &cases {
        let (_, report) = run(&folder, case["contract"].as_str().unwrap(), &[]);
        let Some(datasets) = report["datasets"].as_array() else {
            wrong.push(format!("{} {}", case["id"], report["error"]["message"]));
            continue;
        };
        // Types are a promise of their own, which the suite does not judge.
        let checks = datasets.iter().flat_map(|dataset| dataset["checks"].as_array().unwrap());
        let judged: Vec<&Value> = checks.filter(|check| check["kind"] != "type").collect();
        let unchecked = judged.iter().any(|check| check["outcome"] == "not_checked");
        let passed = judged.iter().all(|check| check["outcome"] == "passed");
        if unchecked || passed != case["expected_pass"].as_bool().unwrap() {
            let told: Vec<String> = judged
                .iter()
                .filter(|check| check["outcome"] != "passed")
                .map(|check| format!("{} {}", check["id"], check["reason"]))
                .collect();
            wrong.push(format!(
                "{} {} expected {}: {}",
                case["id"],
                case["check_kind"],
                case["expected_pass"],
                told.join("; ")
            ));
        }
    }
    println!("great-expectations/odcs_native: {} of {}", cases.len() - wrong.len(), cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Why a case of the peer's own tests says nothing about checks on data that we read.
fn left_out(case: &Value) -> Option<&'static str> {
    let contract = case["contract"].as_str().unwrap();
    let options = case["options"].as_object().unwrap();
    let only = [
        "dry_run",
        "metadata_only",
        "check_categories",
        "dimensions",
        "tags",
        "quality_ids",
        "filter",
        "filters",
        "untrusted_contract",
    ];
    match () {
        () if case["dialect"] == "dcs" => Some("not an ODCS contract"),
        () if options.keys().any(|key| only.contains(&key.as_str())) => Some("an option of the peer's own"),
        () if contract.contains("duckdb") || contract.contains("SERVER_TYPE") => Some("a DuckDB database"),
        () if !contract.contains("type: local") => Some("no data"),
        () => None,
    }
}

/// What the peer calls a column, which is its `physicalName`, as the contract does.
fn logical(contract: &str, model: &Value, field: &str) -> String {
    let loaded = contract::load("case.odcs.yaml", contract);
    let dataset = loaded.datasets.iter().find(|dataset| *model == dataset.name.as_str());
    let columns = dataset.map(|dataset| dataset.columns.as_slice()).unwrap_or_default();
    let known = columns.iter().any(|column| column.name == field);
    let physical = columns.iter().find(|column| !known && column.source_name == field);
    physical.map_or_else(|| field.to_owned(), |column| column.name.clone())
}

/// Of a range, whose bounds are two checks there: whether this one is broken, where the samples show every row that breaks it.
fn of_one_bound(range: &Value, column: &str, is_minimum: bool) -> Option<String> {
    let samples = range["samples"].as_array()?;
    let expected = range["expected"].as_str()?.strip_prefix("between ")?;
    let (least, most) = expected.split_once(" and ")?;
    let (least, most): (f64, f64) = (least.parse().ok()?, most.parse().ok()?);
    if range["violations"].as_u64()? != samples.len() as u64 {
        return None;
    }
    let values = samples.iter().map(|sample| sample[column].as_f64()).collect::<Option<Vec<f64>>>()?;
    let broken = values.iter().any(|value| if is_minimum { *value < least } else { *value > most });
    Some(if broken { "failed" } else { "passed" }.to_owned())
}

/// Our verdict on one of the peer's checks: `None` where we have none.
fn ours(report: &Value, contract: &str, check: &Value) -> Option<String> {
    let dataset = report["datasets"].as_array()?.iter().find(|dataset| dataset["name"] == check["model"])?;
    let checks = dataset["checks"].as_array()?;
    let field = check["field"].as_str().map(|field| logical(contract, &check["model"], field));
    let field = field.as_deref();
    let kinds: &[&str] = match check["type"].as_str()? {
        "field_is_present" => &["present"],
        "field_type" => &["type"],
        "field_required" | "field_primary_key_required" => &["required"],
        "field_unique" => &["unique", "primary_key"],
        "field_primary_key_unique" | "primary_key_unique" => &["primary_key"],
        "field_min_length" | "field_max_length" => &["length"],
        "field_minimum" | "field_maximum" => &["range"],
        "field_regex" => &["pattern"],
        "field_enum" => &["enum"],
        "field_min_items" | "field_max_items" => &["items"],
        "field_relationships" => &["reference"],
        // A query that does more than read is no rule that could be executed, and fails.
        "field_quality_sql" | "model_quality_sql" => &["sql", "not_checked"],
        "field_null_values"
        | "field_duplicate_values"
        | "field_invalid_values"
        | "field_missing_values"
        | "row_count" => &["metric"],
        "servicelevel_freshness" => &["freshness"],
        // JSON against the schema as a whole.
        "schema" => {
            // A schema asks for values, so a field that no record has breaks it only where it is required.
            let failed = checks.iter().any(|check| check["scope"] == "row" && check["outcome"] == "failed");
            return Some(if failed { "failed" } else { "passed" }.to_owned());
        }
        _ => return None,
    };
    let of_field = |ours: &&Value| field.is_none_or(|field| ours["element"] == field) || ours["kind"] == "primary_key";
    let mine: Vec<&Value> =
        checks.iter().filter(|ours| kinds.contains(&ours["kind"].as_str().unwrap())).filter(of_field).collect();
    if let ([range], Some(field), Some(word @ ("field_minimum" | "field_maximum"))) =
        (mine.as_slice(), field, check["type"].as_str())
        && let Some(outcome) = of_one_bound(range, field, word == "field_minimum")
    {
        return Some(outcome);
    }
    let outcomes: Vec<&str> = mine.iter().map(|ours| ours["outcome"].as_str().unwrap()).collect();
    // Several of one kind on one field: the peer's reason tells which, so one that says the same is the one.
    let theirs = check["result"].as_str()?;
    let same = outcomes.iter().find(|ours| **ours == theirs || (theirs == "failed" && **ours == "warned"));
    same.or(outcomes.first()).map(|outcome| (*outcome).to_owned())
}

/// The verdicts that the peer's own tests record.
#[test]
fn datacontract_cli_test_runs() {
    let Some(folder) = suite("datacontract-cli") else { return };
    let (mut same, mut all, mut differ) = (0, 0, Vec::new());
    for case in lines(&folder.join("test_runs.jsonl")) {
        if left_out(&case).is_some() {
            continue;
        }
        let server = case["options"]["server"].as_str();
        let options: Vec<&str> = server.iter().flat_map(|server| ["--server", *server]).collect();
        let (code, report) = run(&folder, case["contract"].as_str().unwrap(), &options);
        for check in case["checks"].as_array().unwrap() {
            let result = check["result"].as_str().unwrap_or_default();
            if !["passed", "failed"].contains(&result)
                || ["lint", "general"].contains(&check["type"].as_str().unwrap_or_default())
            {
                continue;
            }
            all += 1;
            let found = ours(&report, case["contract"].as_str().unwrap(), check);
            let agrees =
                found.as_deref().is_some_and(|ours| ours == result || (ours == "warned" && result == "failed"));
            if agrees {
                same += 1;
            } else {
                differ.push(format!(
                    "{} {} {} {}: {result}, ours {found:?} (exit {code:?}, {}) {}",
                    case["id"],
                    check["type"],
                    check["model"],
                    check["field"],
                    report["error"]["message"],
                    check["reason"]
                ));
            }
        }
    }
    let share = f64::from(same) / f64::from(all);
    println!("datacontract-cli/test_runs: {same} of {all} ({:.1} %)\n{}", share * 100.0, differ.join("\n"));
    assert!(share >= 0.98, "{same} of {all}\n{}", differ.join("\n"));
}
