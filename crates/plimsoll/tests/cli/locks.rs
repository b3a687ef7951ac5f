//! Two runs of one pipeline, and a run that a person stops.

use crate::process::{Paused, Process};
use crate::project::dataset;
use crate::shop;

#[test]
fn a_second_run_fails_clearly_while_the_first_goes_on() {
    let project = shop::delivered(1);
    let first = Paused::at(&project, "written", &["run"]);
    let second = project.expect(1, &["run"]);
    let holder = format!("(process {})", first.process.id());
    assert!(second.stderr.contains("pipeline `shop` is being run by run"), "{}", second.both());
    assert!(second.stderr.contains(&holder), "{}", second.both());
    assert!(second.stderr.contains("help: wait for it to end"), "{}", second.both());
    for args in [["dlq", "replay", "orders"].as_slice(), &["dlq", "discard", "orders", "--yes", "--reason", "x"]] {
        let other = project.expect(1, args);
        assert!(other.stderr.contains("is being run by"), "{}", other.both());
    }
    let plan = project.json(0, &["plan"]);
    assert_eq!(dataset(&plan, "totals")["action"], "run", "looking is not locked out");
    let first = first.resume();
    assert_eq!(first.code, Some(0), "{}", first.both());
    assert_eq!(project.json(0, &["run"])["outcome"], "nothing");
    assert_eq!(project.version("orders_raw"), 0);
}

#[test]
fn with_wait_the_second_run_follows_the_first() {
    let project = shop::delivered(1);
    let first = Paused::at(&project, "written", &["run"]);
    let mut second = Process::start(&project, &["run", "--wait", "100", "--json"]);
    // A third one that does not wait long enough gives up, and shows by the way that the second still waits.
    let third = project.expect(1, &["run", "--wait", "1"]);
    assert!(third.stderr.contains("is being run by"), "{}", third.both());
    assert!(second.is_running());
    assert_eq!(first.resume().code, Some(0));
    let second = second.end();
    assert_eq!(second.code, Some(0), "{}", second.both());
    assert!(second.stdout.contains("\"outcome\": \"nothing\""), "{}", second.both());
    assert_eq!(project.version("orders_raw"), 0);
}

#[test]
fn ctrl_c_stops_a_run_and_leaves_nothing_behind() {
    let wanted = {
        let project = shop::delivered(1);
        project.expect(0, &["run"]);
        shop::contents(&project)
    };
    for (step, publishes) in [("opened", false), ("written", false), ("before_commit", true), ("committed", true)] {
        let project = shop::delivered(1);
        let mut run = Paused::at(&project, step, &["run"]);
        run.process.signal("INT");
        // A run that was let go before it heard of the signal would end as if there had been none.
        run.process.says("stopping");
        // A publication that has begun is brought to its end first.
        let stopped = if publishes { run.resume() } else { run.process.end() };
        assert_eq!(stopped.code, Some(1), "{step}: {}", stopped.both());
        assert!(stopped.stdout.contains("stopped"), "{step}: {}", stopped.both());
        let runs = project.json(0, &["runs"]);
        assert!(runs.to_string().contains("cancelled"), "{step}: {runs}");
        assert_eq!(shop::orphans(&project), Vec::<String>::new(), "{step}");
        project.expect(0, &["run"]);
        shop::assert_same(&shop::contents(&project), &wanted, step);
        assert_eq!(shop::orphans(&project), Vec::<String>::new(), "{step}");
    }
}

#[test]
fn ctrl_c_while_waiting_for_the_lock_ends_at_once() {
    let project = shop::delivered(1);
    let first = Paused::at(&project, "written", &["run"]);
    let mut second = Process::start(&project, &["run", "--wait", "1000"]);
    // It is surely waiting when a run that was started later has come and gone.
    project.expect(1, &["run", "--wait", "1"]);
    assert!(second.is_running());
    second.signal("INT");
    let second = second.end();
    assert_eq!(second.code, Some(1), "{}", second.both());
    assert!(second.stderr.contains("stopped before it began"), "{}", second.both());
    assert_eq!(first.resume().code, Some(0));
}

#[test]
fn two_pipelines_run_side_by_side() {
    let project = shop::delivered(1)
        .write("pipelines/other.yaml", "pipeline: other\ndatasets:\n  codes: { source: { files: \"landing/codes/*.csv\" } }\n")
        .write("landing/codes/1.csv", "code\nA\nB\n")
        .write(
            "openspec/specs/other/other.odcs.yaml",
            "apiVersion: v3.1.0\nkind: DataContract\nid: other\nname: Other\nversion: 1.0.0\nstatus: active\nschema:\n  \
             - name: codes\n    properties:\n      - { name: code, logicalType: string, required: true }\n",
        );
    let first = Paused::at(&project, "written", &["run", "shop"]);
    let other = project.expect(0, &["run", "other"]);
    assert_eq!(project.rows("codes").len(), 2, "{}", other.both());
    let first = first.resume();
    assert_eq!(first.code, Some(0), "{}", first.both());
    let runs = project.json(0, &["runs"]);
    assert!(!runs.to_string().contains("failed"), "nobody takes the other's run for a dead one: {runs}");
}
