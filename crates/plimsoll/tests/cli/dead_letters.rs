//! Dead letters: what they carry, and that mending and replaying gives the table that a clean run gives.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;

use crate::project::Project;

const COLUMNS: [&str; 3] = [
    "name: id, logicalType: integer, required: true, primaryKey: true",
    "name: country, logicalType: string, required: true, logicalTypeOptions: { maxLength: 2 }",
    "name: amount, logicalType: integer, logicalTypeOptions: { minimum: 0 }",
];

/// Everything may be refused: these tests are not about gates.
const PIPELINE: &str = "orders: { source: { files: 'landing/*.csv' }, on_violation: { above: 100% } }";

fn refused() -> Project {
    let project = Project::new()
        .contract("orders", &COLUMNS)
        .pipeline(&[PIPELINE])
        .write("landing/1.csv", "id,country,amount\n1,DE,10\n2,\"DEU, \"\"D\"\"\",-5\n3,FR,x\n,IT,1\n");
    project.expect(0, &["run"]);
    project
}

fn letters(project: &Project) -> Vec<Value> {
    project.json(0, &["dlq", "show", "orders", "--limit", "100"])["dead_letters"].as_array().unwrap().clone()
}

/// `check: reason` of each failure that a letter names.
fn failures(letter: &Value) -> Vec<String> {
    let parsed: Vec<Value> = serde_json::from_str(letter["checks"].as_str().unwrap()).unwrap();
    parsed.iter().map(|failure| failure["check"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_letter_says_what_why_and_where_from() {
    let project = refused();
    assert_eq!(project.rows("orders"), [r#"{"id":1,"country":"DE","amount":10}"#]);
    let mut letters = letters(&project);
    letters.sort_by_key(|letter| letter["row"].as_i64());
    let run = project.json(0, &["runs"])["runs"][0]["id"].clone();
    for letter in &letters {
        assert_eq!(letter["run"], run);
        assert_eq!(letter["file"], "landing/1.csv");
        assert_eq!(letter["contract_id"], "urn:test:orders");
        assert_eq!(letter["contract_version"], "1.0.0");
        assert!(letter["contract_digest"].as_str().unwrap().starts_with("sha256:"));
    }
    let rows: Vec<i64> = letters.iter().map(|letter| letter["row"].as_i64().unwrap()).collect();
    assert_eq!(rows, [3, 4, 5]);
    assert_eq!(letters[0]["raw"], "2,\"DEU, \"\"D\"\"\",-5");
    assert_eq!(failures(&letters[0]), ["country.length", "amount.range"]);
    assert_eq!(failures(&letters[1]), ["amount.type"]);
    assert_eq!(failures(&letters[2]), ["id.required"]);
}

#[test]
fn replay_accepts_what_the_contract_allows_now_and_only_once() {
    let project = refused();
    let same = project.json(0, &["dlq", "replay", "orders"]);
    assert_eq!((&same["accepted"], &same["refused"]), (&Value::from(0), &Value::from(3)));
    assert_eq!(project.count("orders"), 1);

    project.edit("openspec/specs/tests/orders.odcs.yaml", "minimum: 0", "minimum: -10");
    // The table is made into what is promised now, and then its letters can be taken back.
    let refusal = project.expect(2, &["dlq", "replay", "orders"]);
    assert!(refusal.stderr.contains("plimsoll run"), "{}", refusal.both());
    project.edit("openspec/specs/tests/orders.odcs.yaml", "maxLength: 2", "maxLength: 9");
    // What a check lets pass that it refused is asked about.
    project.expect(3, &["run"]);
    project.expect(0, &["gate", "approve", "orders", "--reason", "agreed", "--as", "ada"]);
    assert_eq!((project.count("orders"), letters(&project).len()), (1, 3));
    project.expect(0, &["dlq", "replay", "orders"]);
    assert_eq!((project.count("orders"), letters(&project).len()), (2, 2));
}

#[test]
fn replay_after_the_reference_came() {
    let project = referenced();
    project.expect(0, &["run"]);
    assert_eq!(project.count("orders"), 1);
    project.put("landing/countries/2.csv", "country\nFR\n");
    project.expect(0, &["run"]);
    let replayed = project.json(0, &["dlq", "replay", "orders"]);
    assert_eq!((&replayed["accepted"], &replayed["refused"]), (&Value::from(2), &Value::from(1)));
    assert_eq!(project.count("orders"), 3);
    let version = project.version("orders");

    let again = project.json(0, &["dlq", "replay", "orders"]);
    assert_eq!((&again["accepted"], &again["refused"]), (&Value::from(0), &Value::from(1)));
    assert_eq!(project.count("orders"), 3);
    let left = letters(&project);
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["raw"], "4,XX");
    assert!(project.version("orders") <= version + 1);
    assert_eq!(project.json(0, &["run"])["outcome"], "nothing");
}

/// The source has other columns since: what was refused before is read as it was then.
#[test]
fn letters_from_before_the_contract_changed_are_read_by_their_own_header() {
    let project = refused();
    let contract = "openspec/specs/tests/orders.odcs.yaml";
    project.edit(contract, "name: country,", "name: country, physicalName: countries,");
    project.edit(contract, "maxLength: 2", "maxLength: 9");
    project.edit(contract, "minimum: 0", "minimum: -10");
    let text = project.read(contract);
    let last = text.lines().rfind(|line| line.trim_start().starts_with("- {")).unwrap().to_owned();
    let indent = &last[..last.find('-').unwrap()];
    project.edit(contract, &last, &format!("{last}\n{indent}- {{ name: note, logicalType: string }}"));
    project.run(&["run"]);
    if project.run(&["gate", "list"]).code == Some(3) {
        project.expect(0, &["gate", "approve", "orders", "--reason", "r", "--as", "ada"]);
    }
    let before = project.count("orders");
    let replayed = project.json(0, &["dlq", "replay", "orders"]);
    assert_eq!(replayed["kept"], 0, "{replayed}");
    assert!(replayed["accepted"].as_u64() > Some(0), "{replayed}");
    assert_eq!(project.count("orders"), before + replayed["accepted"].as_u64().unwrap());
    // Which of the columns of then is which of now nobody can tell any more.
    project.edit(contract, "name: amount,", "name: total,");
    project.run(&["run"]);
    if project.run(&["gate", "list"]).code == Some(3) {
        project.expect(0, &["gate", "approve", "orders", "--reason", "r", "--as", "ada"]);
    }
    let foreign = project.json(0, &["dlq", "replay", "orders"]);
    assert_eq!((&foreign["accepted"], &foreign["kept"]), (&0.into(), &replayed["refused"]), "{foreign}");
}

#[test]
fn replay_without_letters_does_nothing() {
    let project = Project::new()
        .contract("orders", &COLUMNS)
        .pipeline(&[PIPELINE])
        .write("landing/1.csv", "id,country,amount\n1,DE,10\n");
    let early = project.expect(2, &["dlq", "replay", "orders"]);
    assert!(early.stderr.contains("never published"), "{}", early.both());
    project.expect(0, &["run"]);
    let replayed = project.json(0, &["dlq", "replay", "orders"]);
    assert_eq!((&replayed["accepted"], &replayed["refused"]), (&Value::from(0), &Value::from(0)));
    assert_eq!(project.version("orders"), 0);
    let unknown = project.expect(2, &["dlq", "replay", "order"]);
    assert!(unknown.stderr.contains("order"), "{}", unknown.both());
}

#[test]
fn discarding_needs_a_yes_and_a_reason() {
    let project = refused();
    let ids: Vec<String> = letters(&project).iter().map(|letter| letter["id"].as_str().unwrap().to_owned()).collect();
    let unasked = project.expect(2, &["dlq", "discard", "orders", "--reason", "tests"]);
    assert!(unasked.stderr.contains("--yes"), "{}", unasked.both());
    project.expect(2, &["dlq", "discard", "orders", "--yes"]);
    assert_eq!(letters(&project).len(), 3);

    let one = project.json(0, &["dlq", "discard", "orders", &ids[1][..8], "--reason", "a test row", "--yes"]);
    assert_eq!(one["discarded"], 1);
    let left: Vec<Value> = letters(&project).iter().map(|letter| letter["id"].clone()).collect();
    assert_eq!(left.len(), 2);
    assert!(!left.contains(&Value::from(ids[1].clone())));
    assert_eq!(project.json(0, &["dlq", "discard", "orders", "--reason", "all", "--yes"])["discarded"], 2);
    assert_eq!(project.json(0, &["dlq", "list"])["datasets"], Value::Array(Vec::new()));
    assert_eq!(project.json(0, &["dlq", "discard", "orders", "--reason", "all", "--yes"])["discarded"], 0);
    assert_eq!(project.count("orders"), 1, "the table stays as it is");
    assert_eq!(project.json(0, &["run"])["outcome"], "nothing", "and the discarded rows do not come back");
}

#[test]
fn exported_letters_are_one_object_a_line() {
    let project = refused();
    let printed = project.expect(0, &["dlq", "export", "orders"]).stdout;
    let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line["checks"][0]["reason"].is_string()), "{printed}");
    project.expect(0, &["dlq", "export", "orders", "--output", "letters.ndjson"]);
    assert_eq!(project.read("letters.ndjson"), printed);
}

/// Orders by country; the table of countries knows only Germany yet.
fn referenced() -> Project {
    let project = Project::new().pipeline(&[
        "countries: { source: { files: 'landing/countries/*.csv' }, table: { write: merge, key: [country] } }",
        "orders: { source: { files: 'landing/orders/*.csv' }, on_violation: { above: 100% } }",
    ]);
    project.put_contract("countries", &["name: country, logicalType: string, required: true, primaryKey: true"], "");
    project.put_contract(
        "orders",
        &[
            "name: id, logicalType: integer, required: true, primaryKey: true",
            "name: country, logicalType: string, required: true",
        ],
        "    relationships:\n      - { type: foreignKey, from: orders.country, to: countries.country }\n",
    );
    project
        .write("landing/countries/1.csv", "country\nDE\n")
        .write("landing/orders/1.csv", "id,country\n1,DE\n2,FR\n3,FR\n4,XX\n")
}

/// Countries that the orders of a case are from; the last is known to nobody.
const COUNTRIES: [&str; 5] = ["DE", "FR", "IT", "ES", "XX"];

/// Runs that met a reference table with holes, then the holes are filled in, then replay: the table of a run that never had holes.
#[test]
fn run_mend_replay_is_a_clean_run() {
    let config = Config { cases: 12, failure_persistence: None, ..Config::default() };
    let seed = [7u8; 32];
    println!("seed {seed:?}");
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let files = prop::collection::vec(prop::collection::vec(0..COUNTRIES.len(), 1..12), 1..4);
    let case = (files, prop::collection::vec(any::<bool>(), 4), any::<bool>());
    runner
        .run(&case, |(files, known, merge)| {
            mended_is_clean(&files, &known, merge);
            Ok(())
        })
        .unwrap();
}

fn mended_is_clean(files: &[Vec<usize>], known: &[bool], merge: bool) {
    let write = if merge { ", table: { write: merge, key: [id] }" } else { "" };
    let project = |names: &[&str]| {
        let project = referenced();
        project.edit("pipelines/small.yaml", ", on_violation", &format!("{write}, on_violation"));
        project.remove("landing/orders/1.csv");
        project.put("landing/countries/1.csv", format!("country\n{}\n", names.join("\n")));
        project
    };
    let land = |project: &Project, index: usize| {
        let rows: String = files[index]
            .iter()
            .enumerate()
            .map(|(row, country)| format!("{},{}\n", index * 100 + row, COUNTRIES[*country]))
            .collect();
        project.put(&format!("landing/orders/{index}.csv"), format!("id,country\n{rows}"));
    };
    let all = &COUNTRIES[..4];
    let some: Vec<&str> = all
        .iter()
        .zip(known)
        .enumerate()
        .filter(|(index, (_, known))| *index == 0 || **known)
        .map(|(_, (name, _))| *name)
        .collect();

    let clean = project(all);
    (0..files.len()).for_each(|index| land(&clean, index));
    clean.expect(0, &["run"]);

    let mended = project(&some);
    for index in 0..files.len() {
        land(&mended, index);
        mended.expect(0, &["run"]);
    }
    mended.put("landing/countries/2.csv", format!("country\n{}\n", all.join("\n")));
    mended.expect(0, &["run"]);
    mended.expect(0, &["dlq", "replay", "orders"]);
    mended.expect(0, &["dlq", "replay", "orders"]);
    assert_eq!(mended.rows("orders"), clean.rows("orders"));
    let letters = |project: &Project| {
        let mut raw: Vec<Value> = letters(project).iter().map(|letter| letter["raw"].clone()).collect();
        raw.sort_by_key(Value::to_string);
        raw
    };
    assert_eq!(letters(&mended), letters(&clean));
}

#[test]
fn a_replay_that_breaks_a_key_is_held_and_rejecting_keeps_the_letters() {
    let project = referenced();
    project.put("landing/orders/1.csv", "id,country\n1,DE\n1,FR\n2,FR\n");
    project.expect(0, &["run"]);
    project.put("landing/countries/2.csv", "country\nFR\n");
    project.expect(0, &["run"]);
    let held = project.json(3, &["dlq", "replay", "orders"]);
    assert_eq!(held["stage"]["action"], "held", "{held}");
    assert_eq!(project.count("orders"), 1);
    assert_eq!(letters(&project).len(), 2, "as long as nobody has decided they are still refused");

    project.expect(0, &["gate", "reject", "orders", "--reason", "order 1 came twice"]);
    assert_eq!(project.count("orders"), 1);
    assert_eq!(letters(&project).len(), 2);

    let twice =
        letters(&project).iter().find(|letter| letter["raw"] == "1,FR").unwrap()["id"].as_str().unwrap().to_owned();
    project.expect(0, &["dlq", "discard", "orders", &twice, "--reason", "order 1 came twice", "--yes"]);
    let replayed = project.json(0, &["dlq", "replay", "orders"]);
    assert_eq!((&replayed["accepted"], &replayed["refused"]), (&Value::from(1), &Value::from(0)));
    assert_eq!(project.count("orders"), 2);
    assert_eq!(project.json(0, &["run"])["outcome"], "nothing");
}
