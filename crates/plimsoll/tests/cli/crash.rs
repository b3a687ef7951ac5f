//! Killed at every step of the route, the next run makes the tables that an undisturbed run makes: no row lost, none twice, no
//! file left over.
//!
//! Which stage is hit and when is random; `PLIMSOLL_TEST_SEED` repeats the run whose seed was printed.

use std::time::Instant;

use crate::process::{killed_after, killed_at};
use crate::project::{Project, dataset};
use crate::random::Random;
use crate::shop;

/// The route, in its order: see `engine::fault`.
const STEPS: [&str; 12] = [
    "run_started",
    "stage_started",
    "opened",
    "written",
    "merged",
    "audited",
    "before_commit",
    "committed",
    "dead_letters_committed",
    "published",
    "entered",
    "run_done",
];

/// Runs after a crash until one finds nothing to do; a second one must find that at the latest.
fn finish(project: &Project, when: &str) {
    let output = project.run(&["run"]);
    assert_eq!(output.code, Some(0), "{when}: {}", output.both());
    let again = project.json(0, &["run"]);
    assert_eq!(again["outcome"], "nothing", "{when}: {again}");
    assert_eq!(again["repaired"], serde_json::json!([]), "{when}");
    assert_eq!(shop::orphans(project), Vec::<String>::new(), "{when}: files that nobody needs");
}

#[test]
fn at_every_step_of_a_first_load() {
    let mut random = Random::seeded("at_every_step_of_a_first_load");
    let wanted = undisturbed(&[1]);
    for step in STEPS {
        let project = shop::delivered(1);
        let when = crash(&project, step, &mut random);
        finish(&project, &when);
        shop::assert_same(&shop::contents(&project), &wanted, &when);
    }
}

#[test]
fn at_every_step_of_an_increment() {
    let mut random = Random::seeded("at_every_step_of_an_increment");
    let wanted = undisturbed(&[1, 2]);
    for step in STEPS {
        let project = shop::delivered(1);
        project.expect(0, &["run"]);
        shop::deliver(&project, 2);
        let when = crash(&project, step, &mut random);
        finish(&project, &when);
        shop::assert_same(&shop::contents(&project), &wanted, &when);
    }
}

#[test]
fn at_any_time_and_again_and_again() {
    let mut random = Random::seeded("at_any_time_and_again_and_again");
    let wanted = undisturbed(&[1, 2]);
    let project = shop::delivered(1);
    let began = Instant::now();
    project.expect(0, &["run"]);
    let whole = began.elapsed();
    for _ in 0..4 {
        let project = shop::delivered(1);
        let mut kills = Vec::new();
        for number in [1, 2] {
            for _ in 0..2 {
                let time = whole.mul_f64(random.share() * 1.2);
                kills.push((number, time, killed_after(&project, time, &["run"])));
            }
            project.expect(0, &["run"]);
            if number == 1 {
                shop::deliver(&project, 2);
            }
        }
        let when = format!("killed at {kills:?}");
        finish(&project, &when);
        shop::assert_same(&shop::contents(&project), &wanted, &when);
    }
}

#[test]
fn and_then_more_files_arrive() {
    let mut random = Random::seeded("and_then_more_files_arrive");
    // Deliveries without a key in common, since both may come in one increment now.
    let wanted = undisturbed(&[1, 11]);
    for step in ["written", "before_commit", "committed", "published"] {
        let project = shop::delivered(1);
        let when = crash(&project, step, &mut random);
        shop::deliver(&project, 11);
        finish(&project, &when);
        shop::assert_same(&shop::contents(&project), &wanted, &when);
    }
}

#[test]
fn what_a_table_knows_and_the_ledger_does_not_is_entered() {
    let project = shop::delivered(1);
    assert!(killed_at(&project, "published:1", &["run"]).is_none());
    let report = project.json(0, &["run"]);
    let repaired = report["repaired"].as_array().unwrap();
    assert!(!repaired.is_empty(), "{report}");
    for name in repaired {
        assert_eq!(dataset(&report, name.as_str().unwrap())["action"], "skipped", "{report}");
    }
    let runs = project.json(0, &["runs"]);
    assert!(runs.to_string().contains("failed"), "the killed run is entered as failed: {runs}");
    shop::assert_same(&shop::contents(&project), &undisturbed(&[1]), "a publication that the ledger missed");
}

#[test]
fn with_the_ledger_lost_as_well() {
    let mut random = Random::seeded("with_the_ledger_lost_as_well");
    let wanted = undisturbed(&[1, 2, 3]);
    for step in ["written", "committed", "run_done"] {
        let project = shop::delivered(1);
        project.expect(0, &["run"]);
        shop::deliver(&project, 2);
        project.expect(0, &["run"]);
        shop::deliver(&project, 3);
        let when = crash(&project, step, &mut random);
        std::fs::remove_dir_all(project.path(".plimsoll")).unwrap();
        finish(&project, &format!("{when}, ledger lost"));
        shop::assert_same(&shop::contents(&project), &wanted, &format!("{when}, ledger lost"));
    }
}

#[test]
fn in_the_first_load_with_the_ledger_lost_as_well() {
    let project = shop::delivered(1);
    assert!(killed_at(&project, "before_commit:1", &["run"]).is_none());
    assert_ne!(shop::orphans(&project), Vec::<String>::new(), "the crash leaves files");
    // What the local object store had begun to write, under the name that it has until it is finished.
    project.put("warehouse/orders_raw/part-0.parquet#1", "half");
    project.put(".plimsoll/spill/of-a-dead-process/spilled.arrow", "half");
    std::fs::remove_file(project.path(".plimsoll/ledger.db")).unwrap();
    finish(&project, "before the first commit");
    shop::assert_same(&shop::contents(&project), &undisturbed(&[1]), "before the first commit");
}

#[test]
fn between_a_decision_and_what_follows_from_it() {
    let held = || {
        let project = shop::delivered(1);
        project.edit("plimsoll.toml", "concurrency", "threshold = 0.0\nconcurrency");
        project.expect(3, &["run"]);
        project
    };
    let wanted = {
        let project = held();
        approve_all(&project);
        shop::contents(&project)
    };
    for step in ["decided", "before_commit", "committed", "dead_letters_committed", "published"] {
        let project = held();
        let approve = ["gate", "approve", "orders_raw", "--reason", "known"];
        assert!(killed_at(&project, step, &approve).is_none(), "{step} was not reached");
        let after = project.run(&["run"]);
        assert_eq!(after.code, Some(3), "{step}: {}", after.both());
        assert_eq!(project.version("orders_raw"), 0, "{step}: {}", after.both());
        approve_all(&project);
        shop::assert_same(&shop::contents(&project), &wanted, step);
        assert_eq!(shop::orphans(&project), Vec::<String>::new(), "{step}");
    }
}

#[test]
fn between_a_rejection_and_the_deletion_of_what_was_held() {
    let project = shop::delivered(1);
    project.edit("plimsoll.toml", "concurrency", "threshold = 0.0\nconcurrency");
    project.expect(3, &["run"]);
    let reject = |name| ["gate", "reject", name, "--reason", "wrong"];
    assert!(killed_at(&project, "decided", &reject("orders_raw")).is_none());
    assert_ne!(project.files_on_disk("orders_raw"), Vec::<String>::new());
    project.expect(3, &["run"]);
    assert_eq!(project.files_on_disk("orders_raw"), Vec::<String>::new());
    assert_eq!(project.version("orders_raw"), -1);
}

/// Decides until nothing waits.
fn approve_all(project: &Project) {
    for _ in 0..10 {
        let gates = project.run(&["gate", "list", "--json"]);
        let gates: serde_json::Value = serde_json::from_str(&gates.stdout).unwrap();
        for gate in gates["gates"].as_array().unwrap() {
            project.expect(0, &["gate", "approve", gate["id"].as_str().unwrap(), "--reason", "known"]);
        }
        if project.run(&["run"]).code == Some(0) {
            return;
        }
    }
    panic!("gates without end: {}", project.run(&["run"]).both());
}

const VISITS: &str = r#"pipeline: visits
datasets:
  people: { source: { files: "landing/people/*.csv" }, table: { write: merge, key: [id] } }
  visits: { source: { files: "landing/visits/*.csv" }, table: { write: append }, on_violation: { above: 100% } }
"#;

const VISITS_CONTRACT: &str = r#"apiVersion: v3.1.0
kind: DataContract
id: visits
name: Visits
version: 1.0.0
status: active
schema:
  - name: people
    properties:
      - { name: id, logicalType: integer, physicalType: bigint, required: true, primaryKey: true }
  - name: visits
    properties:
      - name: person
        logicalType: integer
        physicalType: bigint
        required: true
        relationships: [{ type: foreignKey, to: people.id }]
      - { name: page, logicalType: string }
"#;

/// Half of the visits are by people who are not known yet.
fn visits() -> Project {
    let lines: String = (0..40).map(|i| format!("{},page{i}\n", i % 4)).collect();
    Project::new()
        .write("pipelines/visits.yaml", VISITS)
        .write("openspec/specs/visits/visits.odcs.yaml", VISITS_CONTRACT)
        .write("landing/people/1.csv", "id\n0\n1\n")
        .write("landing/visits/1.csv", format!("person,page\n{lines}"))
}

#[test]
fn in_a_replay_of_dead_letters() {
    for step in [
        "stage_started",
        "opened",
        "written",
        "audited",
        "before_commit",
        "committed",
        "dead_letters_committed",
        "published",
        "run_done",
    ] {
        let project = visits();
        project.expect(0, &["run"]);
        assert_eq!(project.rows("visits").len(), 20);
        project.put("landing/people/2.csv", "id\n2\n");
        project.expect(0, &["run"]);
        assert!(killed_at(&project, step, &["dlq", "replay", "visits"]).is_none(), "{step} was not reached");
        project.expect(0, &["dlq", "replay", "visits"]);
        project.expect(0, &["run"]);
        let mut pages: Vec<String> = project.rows("visits");
        assert_eq!(pages.len(), 30, "{step}");
        pages.dedup();
        assert_eq!(pages.len(), 30, "{step}: rows twice");
        assert_eq!(project.rows("_dead_letters/visits").len(), 10, "{step}");
        assert_eq!(shop::orphans(&project), Vec::<String>::new(), "{step}");
    }
}

#[test]
fn letters_that_were_taken_back_cannot_be_kept_by_a_discard() {
    let project = visits();
    project.expect(0, &["run"]);
    project.put("landing/people/2.csv", "id\n2\n");
    project.expect(0, &["run"]);
    assert!(killed_at(&project, "committed", &["dlq", "replay", "visits"]).is_none());
    let letters = project.json(0, &["dlq", "show", "visits", "--limit", "100"]);
    let one = letters["dead_letters"]
        .as_array()
        .unwrap()
        .iter()
        .find(|letter| letter["raw"].as_str().unwrap().starts_with('3'));
    let id = one.unwrap()["id"].as_str().unwrap().to_owned();
    project.expect(0, &["dlq", "discard", "visits", &id, "--reason", "test", "--yes"]);
    project.expect(0, &["dlq", "replay", "visits"]);
    assert_eq!(project.rows("visits").len(), 30);
    assert_eq!(project.rows("_dead_letters/visits").len(), 9);
}

/// Kills a run at the n-th time that it reaches the step; says when it was.
fn crash(project: &Project, step: &str, random: &mut Random) -> String {
    let times = if step.starts_with("run_") { 1 } else { 1 + random.below(shop::DATASETS.len() as u64) };
    let fault = format!("{step}:{times}");
    match killed_at(project, &fault, &["run"]) {
        None => format!("killed at {fault}"),
        Some(output) => {
            assert_eq!(output.code, Some(0), "{}", output.both());
            format!("{fault} was not reached")
        }
    }
}

/// What a project holds after runs that nobody disturbed.
fn undisturbed(deliveries: &[i64]) -> std::collections::BTreeMap<String, Vec<String>> {
    let project = shop::project();
    for number in deliveries {
        shop::deliver(&project, *number);
        project.expect(0, &["run"]);
    }
    assert_eq!(shop::orphans(&project), Vec::<String>::new());
    let contents = shop::contents(&project);
    for name in shop::DATASETS {
        assert_ne!(contents[name], Vec::<String>::new(), "{name} is empty");
    }
    contents
}
