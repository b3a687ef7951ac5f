//! Stages that do not depend on each other run at the same time, as many as the settings allow.

use serde_json::Value;

use crate::process::{PATIENCE, Paused};
use crate::project::Project;

/// Two sources, and a model of one of them.
fn independent(concurrency: u32) -> Project {
    let columns = ["name: id, logicalType: integer, required: true"];
    let project = Project::new()
        .pipeline(&[
            "left: { source: { files: 'landing/*.csv' } }",
            "right: { source: { files: 'landing/*.csv' } }",
            "after: { table: { write: overwrite } }",
        ])
        .write("landing/1.csv", "id\n1\n2\n");
    for name in ["left", "right", "after"] {
        project.put_contract(name, &columns, "");
    }
    project.put("models/after.sql", "SELECT id FROM \"left\"");
    project.put("plimsoll.toml", format!("name = \"independent\"\nconcurrency = {concurrency}\n"));
    project
}

/// What the newest run entered about its stages, in order: `started left`.
fn stages(project: &Project) -> Vec<String> {
    let runs = project.json(0, &["runs"]);
    let run = runs["runs"][0]["id"].as_str().unwrap().to_owned();
    let shown = project.json(0, &["runs", "show", &run]);
    let word = |event: &Value| {
        let kind = event["event"].as_str()?.strip_prefix("stage_")?.to_owned();
        Some(format!("{kind} {}", event["dataset"].as_str()?))
    };
    shown["events"].as_array().unwrap().iter().filter_map(word).collect()
}

#[test]
fn one_stage_is_held_up_and_the_other_is_published() {
    let project = independent(2);
    let run = Paused::at(&project, "opened", &["run"]);
    let deadline = std::time::Instant::now() + PATIENCE;
    while ["left", "right"].iter().all(|name| project.version(name) < 0) {
        assert!(std::time::Instant::now() < deadline, "nothing is published beside the stage that is held up");
        std::thread::yield_now();
    }
    let output = run.resume();
    assert_eq!(output.code, Some(0), "{}", output.both());
    let events = stages(&project);
    assert!(events[..2].iter().all(|event| event.starts_with("started ")), "{events:?}");
    assert_eq!(events.last().map(String::as_str), Some("published after"), "{events:?}");
}

#[test]
fn with_one_place_the_stages_follow_each_other() {
    let project = independent(1);
    let output = Paused::at(&project, "opened", &["run"]).resume();
    assert_eq!(output.code, Some(0), "{}", output.both());
    let events = stages(&project);
    assert_eq!(events.len(), 6, "{events:?}");
    for pair in events.chunks(2) {
        assert_eq!(pair[0].strip_prefix("started "), pair[1].strip_prefix("published "), "{events:?}");
    }
}
