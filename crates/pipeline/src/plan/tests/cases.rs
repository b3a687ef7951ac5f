//! Sources, models and changes of definition, case by case.

use std::sync::Arc;

use super::build::*;
use crate::plan;
use crate::plan::{cycles, definition};
use crate::project::{DatasetSpec, Made, Project, Vanished};
use crate::state::State;
use crate::table::Write;

fn check(project: &Project, state: &State, expected: &[&str]) {
    assert_eq!(text(&plan(project, state)), expected);
}

fn after(specs: Vec<DatasetSpec>, change: impl FnOnce(&mut State), expected: &[&str]) {
    let (project, mut state) = published(specs);
    change(&mut state);
    check(&project, &state, expected);
}

#[test]
fn a_first_run_reads_everything_in_order() {
    let project =
        project([model("a", &["z"], Write::Overwrite), model("b", &["a"], Write::Append), source("z", Write::Append)]);
    check(
        &project,
        &fresh(&project),
        &[
            "z: run anew [files=z/1.csv] - never published before",
            "a: run anew [z=whole] - never published before",
            "b: run anew [a=whole] - never published before",
        ],
    );
}

#[test]
fn a_source_without_files_blocks_what_needs_it() {
    let project = project([source("s", Write::Append), model("m", &["s"], Write::Overwrite)]);
    check(
        &project,
        &State::default(),
        &["s: blocked - never published before; no file lies at the source", "m: blocked - s waits or is blocked"],
    );
}

fn change_file(state: &mut State) {
    entry(state, "s").available.files_changed = vec![file("s/1.csv")];
}

fn lose_file(state: &mut State) {
    let available = &mut entry(state, "s").available;
    available.files_vanished = vec![file("s/1.csv")];
    available.files_all.clear();
}

#[test]
fn sources_follow_their_write_mode() {
    let new = "1 new file (10 B)";
    let changed = "1 file changed after being read: s/1.csv";
    let vanished = "1 file vanished after being read: s/1.csv";
    type Case = (Write, fn(&mut State), String);
    let cases: [Case; 12] = [
        (Write::Append, |s| arrive(s, "s", "s/2.csv"), format!("run [files=s/2.csv] - {new}")),
        (Write::Append, change_file, format!("blocked - {changed}")),
        (Write::Append, lose_file, format!("blocked - {vanished}")),
        (Write::Merge, |s| arrive(s, "s", "s/2.csv"), format!("run [files=s/2.csv] - {new}")),
        (Write::Merge, change_file, format!("run [files=s/1.csv] - {changed}")),
        (Write::Merge, lose_file, format!("blocked - {vanished}")),
        (Write::ReplacePartitions, |s| arrive(s, "s", "s/2.csv"), format!("run [files=s/2.csv] - {new}")),
        (Write::ReplacePartitions, change_file, format!("run [files=s/1.csv] - {changed}")),
        (Write::ReplacePartitions, lose_file, format!("skip - up to date; {vanished}")),
        (Write::Overwrite, |s| arrive(s, "s", "s/2.csv"), format!("run [files=s/1.csv+s/2.csv] - {new}")),
        (Write::Overwrite, change_file, format!("run [files=s/1.csv] - {changed}")),
        (Write::Overwrite, lose_file, format!("blocked - {vanished}; no file lies at the source")),
    ];
    for (write, change, expected) in cases {
        after(vec![source("s", write)], change, &[&format!("s: {expected}")]);
    }
}

#[test]
fn a_source_that_keeps_the_rows_of_vanished_files_reads_on() {
    let vanished = "1 file vanished after being read: s/1.csv";
    let both: fn(&mut State) = |state| {
        lose_file(state);
        arrive(state, "s", "s/2.csv");
    };
    type Case = (Write, fn(&mut State), String);
    let cases: [Case; 5] = [
        (Write::Append, lose_file, format!("skip - up to date; {vanished}")),
        (Write::Append, both, format!("run [files=s/2.csv] - 1 new file (10 B); {vanished}")),
        (Write::Merge, lose_file, format!("skip - up to date; {vanished}")),
        (Write::Merge, both, format!("run [files=s/2.csv] - 1 new file (10 B); {vanished}")),
        (Write::Overwrite, lose_file, format!("blocked - {vanished}; no file lies at the source")),
    ];
    for (write, change, expected) in cases {
        let mut spec = source("s", write);
        if let Made::Source(source) = &mut spec.made {
            source.vanished = Vanished::Keep;
        }
        after(vec![spec], change, &[&format!("s: {expected}")]);
    }
}

#[test]
fn an_overwritten_source_drops_the_rows_of_vanished_files() {
    after(
        vec![source("s", Write::Overwrite)],
        |state| {
            lose_file(state);
            entry(state, "s").available.files_all = vec![file("s/2.csv")];
        },
        &["s: run [files=s/2.csv] - 1 file vanished after being read: s/1.csv"],
    );
}

#[test]
fn an_untouched_project_is_skipped() {
    let specs = vec![source("s", Write::Append), model("m", &["s"], Write::Overwrite)];
    after(specs, |_| {}, &["s: skip - up to date", "m: skip - up to date"]);
}

#[test]
fn models_follow_their_write_mode() {
    let cases = [
        (model("m", &["s", "t"], Write::Overwrite), "run [s=whole, t=whole] - s moves in this plan"),
        (model("m", &["s", "t"], Write::Append), "run anew [s=whole, t=whole] - s moves in this plan"),
        (model("m", &["s", "t"], Write::Merge), "run [s=whole, t=whole] - s moves in this plan"),
        (model("m", &["s", "t"], Write::ReplacePartitions), "run [s=whole, t=whole] - s moves in this plan"),
        (incremental("m", &["s", "t"], "s", Write::Overwrite), "run [s=whole, t=whole] - s moves in this plan"),
        (incremental("m", &["s", "t"], "s", Write::Append), "run [s=added>0, t=whole] - s moves in this plan"),
        (incremental("m", &["s", "t"], "s", Write::Merge), "run [s=added>0, t=whole] - s moves in this plan"),
        (
            incremental("m", &["s", "t"], "s", Write::ReplacePartitions),
            "run [s=touched>0, t=whole] - s moves in this plan",
        ),
        (
            incremental("m", &["s", "t"], "t", Write::Append),
            "skip - up to date; s moved, which the next increment will see",
        ),
        (incremental("m", &["s", "t"], "t", Write::Overwrite), "run [s=whole, t=whole] - s moves in this plan"),
        (refer(model("m", &["t"], Write::Overwrite), "s"), "skip - up to date"),
    ];
    for (spec, expected) in cases {
        after(
            vec![source("s", Write::Append), source("t", Write::Append), spec],
            |state| arrive(state, "s", "s/2.csv"),
            &["s: run [files=s/2.csv] - 1 new file (10 B)", "t: skip - up to date", &format!("m: {expected}")],
        );
    }
}

#[test]
fn an_input_that_moved_earlier_is_read_from_where_it_was() {
    after(
        vec![source("s", Write::Append), incremental("m", &["s"], "s", Write::Merge)],
        |state| move_on(state, "s", 3),
        &["s: skip - up to date", "m: run [s=added>0] - s moved from version 0 to 3"],
    );
}

fn move_on(state: &mut State, dataset: &str, version: i64) {
    if let Some(published) = &mut entry(state, dataset).published {
        published.version = version;
        published.version_now = version;
    }
}

#[test]
fn a_replaced_input_builds_its_increments_anew() {
    let replaced = "s moves in this plan; s was replaced, not added to";
    after(
        vec![source("s", Write::Overwrite), incremental("m", &["s"], "s", Write::Append)],
        |state| arrive(state, "s", "s/2.csv"),
        &["s: run [files=s/1.csv+s/2.csv] - 1 new file (10 B)", &format!("m: run anew [s=whole] - {replaced}")],
    );
    let (mut project, state) =
        published([source("s", Write::Append), incremental("m", &["s"], "s", Write::ReplacePartitions)]);
    project.datasets["s"].table.key = vec!["id".into()];
    check(
        &project,
        &state,
        &[
            "s: run anew [files=s/1.csv] - write mode, key, partitioning, column mapping or threshold changed; \
             built anew, as rows that are there were merged by another key",
            &format!("m: run anew [s=whole] - {replaced}"),
        ],
    );
    // The input was dropped and made again: its versions count from the start.
    let (project, mut state) = published([source("s", Write::Append), incremental("m", &["s"], "s", Write::Append)]);
    if let Some(published) = &mut entry(&mut state, "m").published {
        published.positions.insert("s".into(), crate::Position::Table { version: 9 });
    }
    check(
        &project,
        &state,
        &["s: skip - up to date", "m: run anew [s=whole] - s moved from version 9 to 0; s was replaced, not added to"],
    );
}

#[test]
fn each_part_of_a_definition_is_named() {
    let (project, state) = published([source("s", Write::Append), model("m", &["s"], Write::Overwrite)]);
    type Case<'a> = (fn(&mut Project), &'a str, bool, &'a str);
    let table = "write mode, key, partitioning, column mapping or threshold changed";
    let written = format!("{table}; built anew, as rows that are there were written in another way");
    let cases: [Case<'_>; 7] = [
        (|p| sql(p, "SELECT 1 FROM s"), "m", true, "the SQL or its increment changed"),
        (|p| source_files(p, "elsewhere/*.csv"), "s", true, "the source's options changed"),
        (|p| p.datasets["m"].threshold = Some(0.5), "m", false, table),
        (|p| p.datasets["m"].table.write = Write::Append, "m", true, &written),
        (|p| promise(p, |c| c.columns[0].required = false), "m", false, "the contract's columns or checks changed"),
        (|p| promise(p, |c| c.primary_key = vec!["id".into()]), "m", false, "the contract's columns or checks changed"),
        (
            |p| {
                sql(p, "SELECT 2 FROM s");
                p.datasets["m"].table.write = Write::Merge;
            },
            "m",
            true,
            "the SQL or its increment changed; write mode, key, partitioning, column mapping or threshold changed",
        ),
    ];
    for (change, dataset, rebuild, expected) in cases {
        let mut project = project.clone();
        change(&mut project);
        let plan = plan(&project, &state);
        let stage = plan.stage(dataset).unwrap();
        let said = (stage.action.word(), stage.rebuild, stage.migration.is_some(), stage.why());
        assert_eq!(said, ("run", rebuild, !rebuild, expected.to_owned()));
    }
}

/// The stored table is made into what is promised; files are neither needed nor read.
#[test]
fn a_changed_promise_migrates_what_is_stored() {
    let (mut project, mut state) = published([source("s", Write::Append), model("m", &["s"], Write::Overwrite)]);
    lose_file(&mut state);
    arrive(&mut state, "s", "s/2.csv");
    let promised = |project: &mut Project, change: fn(&mut contract::Dataset)| {
        change(Arc::make_mut(&mut project.datasets["s"].contract));
    };
    promised(&mut project, |dataset| {
        let more = contract::Column { name: "more".into(), required: false, ..dataset.columns[0].clone() };
        dataset.columns.push(more);
    });
    let changed = "the contract's columns or checks changed";
    check(&project, &state, &[&format!("s: run migrated - {changed}"), "m: run [s=whole] - s moves in this plan"]);
    // What the rows cannot say is read again, as far as that is possible.
    promised(&mut project, |dataset| dataset.columns[1].required = true);
    let why = "built anew, as `more` is new and required, and no `fill` says what stored rows get";
    let vanished = "1 file vanished after being read: s/1.csv";
    check(
        &project,
        &state,
        &[&format!("s: blocked - {changed}; {why}; {vanished}"), "m: skip - up to date; s waits or is blocked"],
    );
    // A table of which nobody knows what it promised is built anew.
    promised(&mut project, |dataset| dataset.columns[1].required = false);
    if let Some(published) = &mut entry(&mut state, "s").published {
        published.terms = None;
    }
    let stage = plan(&project, &state).stages[0].clone();
    assert_eq!((stage.action.word(), stage.migration), ("blocked", None));
}

fn sql(project: &mut Project, sql: &str) {
    if let Made::Model(model) = &mut project.datasets["m"].made {
        model.sql = sql.into();
    }
}

fn source_files(project: &mut Project, files: &str) {
    if let Made::Source(source) = &mut project.datasets["s"].made {
        source.files = files.into();
    }
}

fn promise(project: &mut Project, change: impl FnOnce(&mut contract::Dataset)) {
    change(Arc::make_mut(&mut project.datasets["m"].contract));
}

#[test]
fn an_older_engine_rebuilds() {
    after(
        vec![source("s", Write::Append)],
        |state| {
            if let Some(published) = &mut entry(state, "s").published {
                published.definition.engine = "0".into();
            }
        },
        &["s: run anew [files=s/1.csv] - this version of the engine computes differently"],
    );
}

#[test]
fn texts_of_a_contract_do_not_count() {
    let spec = refer(model("m", &["s"], Write::Overwrite), "t");
    let mut reworded = spec.clone();
    let dataset = Arc::make_mut(&mut reworded.contract);
    dataset.contract.version = "1.0.1".into();
    dataset.contract.digest = "sha256:1".into();
    dataset.checks[0].expected = "something else".into();
    let mut unchecked = dataset.checks[0].clone();
    unchecked.rule = contract::Rule::NotChecked { what: "prose".into(), reason: "text".into(), invalid: false };
    dataset.checks.push(unchecked);
    assert_eq!(definition(&spec), definition(&reworded));
    Arc::make_mut(&mut reworded.contract).checks[0].threshold = Some(0.1);
    assert_ne!(definition(&spec).contract, definition(&reworded).contract);
}

#[test]
fn a_rebuild_that_would_lose_rows_is_blocked() {
    let (mut project, mut state) = published([source("s", Write::Append)]);
    arrive(&mut state, "s", "s/2.csv");
    entry(&mut state, "s").available.files_vanished = vec![file("s/1.csv")];
    source_files(&mut project, "elsewhere/*.csv");
    check(&project, &state, &["s: blocked - the source's options changed; 1 file vanished after being read: s/1.csv"]);
}

#[test]
fn a_table_that_someone_else_wrote_to_is_left_alone() {
    after(
        vec![source("s", Write::Append), model("m", &["s"], Write::Overwrite)],
        |state| {
            arrive(state, "s", "s/2.csv");
            if let Some(published) = &mut entry(state, "s").published {
                published.version_now = 4;
            }
        },
        &[
            "s: blocked - someone else wrote to the table: version 4, last published 0; drop it to have it built anew",
            "m: skip - up to date; s waits or is blocked",
        ],
    );
}

#[test]
fn a_stage_goes_on_with_what_is_published_of_a_blocked_input() {
    after(
        vec![
            source("s", Write::Append),
            source("t", Write::Append),
            refer(model("m", &["s", "t"], Write::Overwrite), "s"),
        ],
        |state| {
            change_file(state);
            arrive(state, "t", "t/2.csv");
        },
        &[
            "s: blocked - 1 file changed after being read: s/1.csv",
            "t: run [files=t/2.csv] - 1 new file (10 B)",
            "m: run [s=whole, t=whole] - t moves in this plan; s waits or is blocked",
        ],
    );
}

#[test]
fn circles_block_themselves_and_what_needs_them_only() {
    let project = project([
        model("a", &["b"], Write::Overwrite),
        model("b", &["c"], Write::Overwrite),
        model("c", &["a"], Write::Overwrite),
        model("d", &["c"], Write::Overwrite),
        model("me", &["me"], Write::Overwrite),
        model("lost", &["nowhere"], Write::Overwrite),
        source("s", Write::Append),
    ]);
    let why = "it needs itself by way of others, or needs a dataset that does";
    check(
        &project,
        &fresh(&project),
        &[
            "lost: blocked - the project has no dataset nowhere",
            &format!("me: blocked - {why}"),
            "s: run anew [files=s/1.csv] - never published before",
            &format!("a: blocked - {why}"),
            &format!("b: blocked - {why}"),
            &format!("c: blocked - {why}"),
            &format!("d: blocked - {why}"),
        ],
    );
    assert_eq!(cycles(&project), [["a", "b", "c"]]);
}
