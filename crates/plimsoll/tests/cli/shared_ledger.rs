//! The same runs, gates and crashes with the ledger in PostgreSQL, where several machines see it.

use testkit::Postgres;

use crate::process::{Paused, Process, killed_at};
use crate::project::{Project, dataset};
use crate::shop;

/// The shop with its ledger at this URL, which stands in the environment as passwords do.
fn shared(url: &str) -> Project {
    let project = shop::project();
    project.put("plimsoll.toml", shop::SETTINGS.replace("sqlite:.plimsoll/ledger.db", "${LEDGER_URL}"));
    project.set_env("LEDGER_URL", url)
}

#[test]
fn runs_crashes_and_repairs() {
    let Some(server) = Postgres::shared() else { return };
    let wanted = shop::delivered(1);
    wanted.expect(0, &["run"]);
    shop::deliver(&wanted, 2);
    wanted.expect(0, &["run"]);
    let project = shared(&server.database());
    shop::deliver(&project, 1);
    assert!(killed_at(&project, "published:2", &["run"]).is_none());
    let report = project.json(0, &["run"]);
    assert!(!report["repaired"].as_array().unwrap().is_empty(), "{report}");
    shop::deliver(&project, 2);
    for fault in ["written:2", "before_commit:3", "committed:1"] {
        assert!(killed_at(&project, fault, &["run"]).is_none(), "{fault} was not reached");
    }
    project.expect(0, &["run"]);
    assert_eq!(project.json(0, &["run"])["outcome"], "nothing");
    shop::assert_same(&shop::contents(&project), &shop::contents(&wanted), "with a shared ledger");
    assert_eq!(shop::orphans(&project), Vec::<String>::new());
    assert!(!project.path(".plimsoll/ledger.db").exists());
    let runs = project.json(0, &["runs"]);
    assert_eq!(runs["runs"].as_array().unwrap().len(), 6, "{runs}");
}

#[test]
fn a_gate_is_decided_from_elsewhere() {
    let Some(server) = Postgres::shared() else { return };
    let project = shared(&server.database());
    shop::deliver(&project, 1);
    project.edit("plimsoll.toml", "concurrency", "threshold = 0.0\nconcurrency");
    let report = project.json(3, &["run"]);
    let id = dataset(&report, "customers")["gate"]["id"].as_str().unwrap().to_owned();
    let approve = ["gate", "approve", &id, "--reason", "known"];
    assert!(killed_at(&project, "decided", &approve).is_none());
    project.expect(0, &approve);
    assert_eq!(project.version("customers"), 0);
    assert_eq!(project.expect(2, &approve).stderr.matches("published already").count(), 1);
    project.expect(0, &["gate", "reject", "rates", "--reason", "wrong"]);
    assert_eq!(project.files_on_disk("rates"), Vec::<String>::new());
    let gates = project.json(3, &["gate", "list", "--all"]);
    assert!(gates.to_string().contains("known") && gates.to_string().contains("wrong"), "{gates}");
}

#[test]
fn one_run_at_a_time_on_all_machines() {
    let Some(server) = Postgres::shared() else { return };
    let project = shared(&server.database());
    shop::deliver(&project, 1);
    let first = Paused::at(&project, "written", &["run"]);
    let second = project.expect(1, &["run"]);
    assert!(second.stderr.contains("pipeline `shop` is being run by run"), "{}", second.both());
    assert!(second.stderr.contains(&format!("(process {})", first.process.id())), "{}", second.both());
    let mut third = Process::start(&project, &["run", "--wait", "100", "--json"]);
    project.expect(1, &["run", "--wait", "1"]);
    assert!(third.is_running());
    assert_eq!(first.resume().code, Some(0));
    let third = third.end();
    assert_eq!(third.code, Some(0), "{}", third.both());
    assert!(third.stdout.contains("\"outcome\": \"nothing\""), "{}", third.both());
    assert_eq!(project.version("orders_raw"), 0);
}

#[test]
fn the_lock_of_a_killed_run_is_free() {
    let Some(server) = Postgres::shared() else { return };
    let project = shared(&server.database());
    shop::deliver(&project, 1);
    let first = Paused::at(&project, "written", &["run"]);
    first.process.signal("KILL");
    assert_eq!(first.process.end().code, None);
    project.expect(0, &["run", "--wait", "30"]);
}

#[test]
fn a_run_that_lost_its_lock_publishes_nothing() {
    let Some(server) = Postgres::shared() else { return };
    let url = server.database();
    let project = shared(&url);
    // One stage at a time: another could rightly publish before the lock is lost.
    let settings = project.read("plimsoll.toml");
    let alone: Vec<&str> = settings.lines().filter(|line| !line.starts_with("concurrency")).collect();
    project.put("plimsoll.toml", format!("concurrency = 1\n{}\n", alone.join("\n")));
    shop::deliver(&project, 1);
    let first = Paused::at(&project, "audited", &["run"]);
    assert_eq!(server.disconnect(&url, "plimsoll % %"), 1);
    let first = first.resume();
    assert_eq!(first.code, Some(1), "{}", first.both());
    assert!(first.stdout.contains("the run lock of pipeline `shop` was lost"), "{}", first.both());
    for dataset in shop::DATASETS {
        assert_eq!(project.version(dataset), -1, "{dataset}");
    }
    project.expect(0, &["run"]);
    assert_eq!(shop::orphans(&project), Vec::<String>::new());
}

#[test]
fn two_projects_have_a_database_each() {
    let Some(server) = Postgres::shared() else { return };
    let (one, other) = (shared(&server.database()), shared(&server.database()));
    shop::deliver(&one, 1);
    shop::deliver(&other, 2);
    let held = Paused::at(&one, "written", &["run"]);
    other.expect(0, &["run"]);
    assert_eq!(held.resume().code, Some(0));
    assert_eq!(one.json(0, &["runs"])["runs"].as_array().unwrap().len(), 1);
    assert_eq!(other.json(0, &["run"])["outcome"], "nothing");
}

#[test]
fn a_server_that_is_not_there_and_a_password_that_is_not_shown() {
    let project = shared("postgres://someone:hush-hush@127.0.0.1:1/nowhere");
    shop::deliver(&project, 1);
    let output = project.expect(1, &["run"]);
    assert!(output.stderr.contains("127.0.0.1:1"), "{}", output.both());
    assert!(output.stderr.contains("help: "), "{}", output.both());
    assert!(!output.both().contains("hush-hush"), "{}", output.both());
    assert!(!project.path("warehouse").exists());
}
