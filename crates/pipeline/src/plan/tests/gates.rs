//! Gates: what stands in the way, what makes a question outdated.

use super::build::*;
use crate::plan;
use crate::plan::{definition, fingerprint};
use crate::project::Project;
use crate::state::{GateState, GateStatus, State};
use crate::table::Write;

/// Plans, holds what `dataset` would publish, and sets the gate to `status`; everything else of the plan is published.
fn hold(project: &Project, state: &mut State, dataset: &str, status: GateStatus) {
    let mut plan = plan(project, state);
    let at = plan.stages.iter().position(|stage| stage.dataset == dataset).unwrap();
    let mut dependents = plan.stages.split_off(at);
    run(project, state, &plan);
    let held = result(project, state, &dependents.remove(0));
    entry(state, dataset).gate = Some(GateState {
        id: "g1".into(),
        also: Vec::new(),
        kind: "data-quality".into(),
        fingerprint: fingerprint(&held.definition, &held.positions),
        definition: held.definition,
        policy: String::new(),
        positions: held.positions,
        state: status,
    });
}

fn project_of(write: Write) -> Project {
    project([source("s", write), model("m", &["s"], Write::Overwrite)])
}

fn check(status: GateStatus, dataset: &str, change: impl FnOnce(&mut Project, &mut State), expected: &[&str]) {
    let mut project = project_of(Write::Append);
    let mut state = fresh(&project);
    hold(&project, &mut state, dataset, status);
    change(&mut project, &mut state);
    assert_eq!(text(&plan(&project, &state)), expected);
}

#[test]
fn a_held_source_waits_whatever_comes() {
    let expected = ["s: wait - gate g1 waits for a decision", "m: blocked - s waits or is blocked"];
    check(GateStatus::Waiting, "s", |_, _| {}, &expected);
    check(GateStatus::Waiting, "s", |_, state| arrive(state, "s", "s/2.csv"), &expected);
}

#[test]
fn a_changed_definition_takes_the_place_of_the_question() {
    for status in [GateStatus::Waiting, GateStatus::Approved, GateStatus::Rejected] {
        check(
            status,
            "s",
            |project, _| project.datasets["s"].threshold = Some(0.9),
            &["s: run anew [files=s/1.csv] - never published before", "m: run anew [s=whole] - never published before"],
        );
    }
}

#[test]
fn an_approved_gate_is_published_even_if_more_came() {
    let expected = ["s: publish - gate g1 was approved", "m: run anew [s=whole] - never published before"];
    check(GateStatus::Approved, "s", |_, _| {}, &expected);
    check(GateStatus::Approved, "s", |_, state| arrive(state, "s", "s/2.csv"), &expected);
}

#[test]
fn a_rejected_source_runs_again_when_its_files_moved() {
    check(
        GateStatus::Rejected,
        "s",
        |_, _| {},
        &["s: wait - gate g1 was rejected and nothing has changed since", "m: blocked - s waits or is blocked"],
    );
    check(
        GateStatus::Rejected,
        "s",
        |_, state| arrive(state, "s", "s/2.csv"),
        &[
            "s: run anew [files=s/1.csv+s/2.csv] - never published before",
            "m: run anew [s=whole] - never published before",
        ],
    );
    check(
        GateStatus::Rejected,
        "s",
        |_, state| {
            let available = &mut entry(state, "s").available;
            available.files_new[0].size = 11;
            available.files_all[0].size = 11;
        },
        &["s: run anew [files=s/1.csv] - never published before", "m: run anew [s=whole] - never published before"],
    );
}

#[test]
fn a_rejected_increment_is_told_from_the_next_one() {
    for write in [Write::Append, Write::Overwrite, Write::Merge] {
        let project = project_of(write);
        let mut state = fresh(&project);
        let first = plan(&project, &state);
        run(&project, &mut state, &first);
        arrive(&mut state, "s", "s/2.csv");
        hold(&project, &mut state, "s", GateStatus::Rejected);
        assert_eq!(plan(&project, &state).stage("s").map(|stage| stage.action.word()), Some("wait"), "{write:?}");
        // Taking the bad file away leaves what is published.
        let mut taken = state.clone();
        let available = &mut entry(&mut taken, "s").available;
        available.files_new.clear();
        available.files_all.truncate(1);
        assert_eq!(plan(&project, &taken).stage("s").map(|stage| stage.action.word()), Some("skip"), "{write:?}");
        arrive(&mut state, "s", "s/3.csv");
        assert_eq!(plan(&project, &state).stage("s").map(|stage| stage.action.word()), Some("run"), "{write:?}");
    }
}

#[test]
fn a_held_model_is_replaced_when_its_inputs_move_on() {
    let cases = [
        (GateStatus::Waiting, "m: wait - gate g1 waits for a decision"),
        (GateStatus::Rejected, "m: wait - gate g1 was rejected and nothing has changed since"),
        (GateStatus::Approved, "m: publish - gate g1 was approved"),
    ];
    for (status, expected) in cases {
        check(status, "m", |_, _| {}, &["s: skip - up to date", expected]);
    }
    for status in [GateStatus::Waiting, GateStatus::Rejected] {
        check(
            status,
            "m",
            |_, state| arrive(state, "s", "s/2.csv"),
            &["s: run [files=s/2.csv] - 1 new file (10 B)", "m: run anew [s=whole] - never published before"],
        );
    }
}

#[test]
fn a_waiting_input_leaves_its_reader_with_what_is_published() {
    let project = project_of(Write::Append);
    let mut state = fresh(&project);
    let first = plan(&project, &state);
    run(&project, &mut state, &first);
    arrive(&mut state, "s", "s/2.csv");
    hold(&project, &mut state, "s", GateStatus::Waiting);
    let waiting = plan(&project, &state);
    assert_eq!(
        text(&waiting),
        ["s: wait - gate g1 waits for a decision", "m: skip - up to date; s waits or is blocked"]
    );
    assert!(waiting.is_empty());
}

#[test]
fn a_definition_that_came_back_to_what_is_published_is_up_to_date() {
    let project = project_of(Write::Append);
    let mut state = fresh(&project);
    let first = plan(&project, &state);
    run(&project, &mut state, &first);
    let mut other = project.clone();
    other.datasets["m"].threshold = Some(0.1);
    hold(&other, &mut state, "m", GateStatus::Waiting);
    assert_ne!(definition(&other.datasets["m"]), definition(&project.datasets["m"]));
    assert_eq!(text(&plan(&project, &state)), ["s: skip - up to date", "m: skip - up to date"]);
}

#[test]
fn a_migration_waits_for_its_answer_and_is_not_asked_twice() {
    let project = project_of(Write::Append);
    let mut state = fresh(&project);
    let first = plan(&project, &state);
    run(&project, &mut state, &first);
    let mut other = project.clone();
    let dataset = std::sync::Arc::make_mut(&mut other.datasets["s"].contract);
    dataset.columns[0].required = false;
    dataset.columns[0].name = "number".into();
    let migrated = plan(&other, &state);
    assert_eq!(migrated.stages[0].asks.len(), 1, "{:?}", migrated.stages[0].asks);
    for (status, expected) in [
        (GateStatus::Waiting, "s: wait - gate g1 waits for a decision"),
        (
            GateStatus::Rejected,
            "s: wait - gate g1 was rejected, so the table stays as it was and nothing is loaded, and 1 new file waits: take the edit back, or make it another one",
        ),
        (GateStatus::Approved, "s: publish - gate g1 was approved"),
    ] {
        let mut state = state.clone();
        hold(&other, &mut state, "s", status);
        arrive(&mut state, "s", "s/2.csv");
        assert_eq!(text(&plan(&other, &state))[0], expected);
        // Under another contract again it is another question.
        let mut third = other.clone();
        std::sync::Arc::make_mut(&mut third.datasets["s"].contract).columns[0].name = "no".into();
        assert_eq!(text(&plan(&third, &state))[0], "s: run migrated - the contract's columns or checks changed");
    }
}
