//! How often a command reads what it needs: gates are judged once, and what looks found is read once.

use crate::gate_rules::held;
use crate::process::killed_at;
use crate::project::Project;

/// How often the command passes a step that is passed once by each reading.
fn passes(project: &Project, step: &str, args: &[&str]) -> u32 {
    let dies = |count: &u32| killed_at(project, &format!("{step}:{count}"), args).is_none();
    (1..=9).take_while(dies).last().unwrap_or(0)
}

#[test]
fn the_open_gates_are_judged_once_by_each_command() {
    let project = held("");
    for args in [&["run"][..], &["plan"], &["status"], &["gate", "list"]] {
        assert_eq!(passes(&project, "gates_judged", args), 1, "{args:?}");
    }
    let project = Project::new();
    assert_eq!(passes(&project, "gates_judged", &["run"]), 0, "where there is none, nothing is walked");
}

#[test]
fn what_looks_at_data_found_is_read_once_by_each_command() {
    let project = held("");
    for args in [&["run"][..], &["status"], &["gate", "list"]] {
        assert_eq!(passes(&project, "drift_read", args), 1, "{args:?}");
    }
}
