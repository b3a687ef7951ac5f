//! Going back to the version before a migration takes nothing that was published since, unless somebody agreed.

use crate::migrations::{AMOUNT, CSV, ID, NAME, agreed, approve, changed, column, says, settled};
use crate::project::Project;

const WIDE: &str = "name: amount, logicalType: integer, physicalType: bigint";
const BOUNDED: &str = "name: amount, logicalType: integer, physicalType: int, logicalTypeOptions: { maximum: 25 }";
const CALLED: &str = "id: n, name: name, logicalType: string";
const RENAMED: &str = "id: n, name: customer, physicalName: name, logicalType: string";

fn source(above: &str, table: &str) -> String {
    format!("orders: {{ source: {{ files: 'landing/*.csv' }}, {table} on_violation: {{ above: {above} }} }}")
}

/// A table under a contract, then under the next, with one file read under each.
fn moved_on(pipeline: &str, before: &[&str], after: &[&str], csv: &str) -> Project {
    let project = Project::new().contract("orders", before).pipeline(&[pipeline]).write("landing/1.csv", CSV);
    project.expect(0, &["run"]);
    changed(&project, after);
    if project.run(&["run"]).code == Some(3) {
        approve(&project);
    }
    project.put("landing/2.csv", csv);
    settled_after_run(&project);
    project
}

fn settled_after_run(project: &Project) {
    project.expect(0, &["run"]);
    settled(project);
}

fn letters(project: &Project) -> u64 {
    project.json(0, &["dlq", "show", "orders"])["rows_refused"].as_u64().unwrap()
}

#[test]
fn a_column_that_goes_is_asked_about() {
    let project = moved_on(&source("40%", ""), &[ID, AMOUNT], &[ID, NAME, AMOUNT], "id,name,amount\n4,Cyd,40\n");
    changed(&project, &[ID, AMOUNT]);
    says(&project.expect(0, &["plan"]), &["back to version 0", "drop `name`"]);
    agreed(&project, "Back to version 0: drop `name`");
    assert_eq!(column(&project, "id"), [1, 2, 3, 4]);
}

#[test]
fn rows_that_do_not_fit_the_narrower_type_leave_by_a_word_alone() {
    for (above, asked) in [("60%", "1 of 2 rows that were read since"), ("5%", "1 of 2 rows (50 %) were refused")] {
        let csv = "id,name,amount\n4,Cyd,7000000000\n5,Dan,50\n";
        let project = moved_on(&source(above, ""), &[ID, NAME, AMOUNT], &[ID, NAME, WIDE], csv);
        changed(&project, &[ID, NAME, AMOUNT]);
        says(&project.expect(0, &["plan"]), &["back to version 0", "convert `amount`"]);
        agreed(&project, asked);
        assert_eq!((column(&project, "id"), letters(&project)), (vec![1.into(), 2.into(), 3.into(), 5.into()], 1));
    }
}

/// Held at a gate, or refused there, the table is what it was, with all its rows.
#[test]
fn a_way_back_that_is_refused_leaves_the_table_as_it_is() {
    let project = moved_on(
        &source("40%", ""),
        &[ID, NAME, BOUNDED],
        &[ID, NAME, AMOUNT],
        "id,name,amount\n4,Cyd,400\n5,Dan,500\n6,Eve,6\n",
    );
    let before = project.rows("orders");
    assert_eq!((before.len(), letters(&project)), (5, 1));
    changed(&project, &[ID, NAME, BOUNDED]);
    for _ in 0..2 {
        project.expect(3, &["run"]);
        assert_eq!(project.rows("orders"), before);
    }
    project.expect(0, &["gate", "reject", "orders", "--reason", "no", "--as", "ada"]);
    says(&project.expect(3, &["run"]), &["was rejected"]);
    assert_eq!((project.rows("orders"), letters(&project)), (before, 1));
}

#[test]
fn what_was_merged_since_is_merged_again() {
    let key = "name: id, logicalType: integer, physicalType: bigint, required: true, primaryKey: true";
    let pipeline = source("40%", "table: { write: merge, key: [id] },");
    let csv = "id,name,amount\n2,Bob Roy,21\n4,Cyd,40\n";
    let project = moved_on(&pipeline, &[key, CALLED, AMOUNT], &[key, RENAMED, AMOUNT], csv);
    changed(&project, &[key, CALLED, AMOUNT]);
    says(&project.expect(0, &["plan"]), &["back to version 0"]);
    settled_after_run(&project);
    let mut names: Vec<String> =
        column(&project, "name").iter().map(|name| name.as_str().unwrap_or("-").to_owned()).collect();
    names.sort();
    assert_eq!(names, ["-", "Ann Lee", "Bob Roy", "Cyd"]);
}

#[test]
fn letters_that_were_replayed_are_not_lost_on_the_way_back() {
    for bound in [AMOUNT, BOUNDED] {
        let project = Project::new().contract("orders", &[ID, CALLED, BOUNDED]).write("landing/1.csv", CSV);
        project.put_pipeline(&[&source("40%", "")]);
        project.expect(0, &["run"]);
        changed(&project, &[ID, RENAMED, bound]);
        project.expect(3, &["run"]);
        approve(&project);
        project.expect(0, &["dlq", "replay", "orders"]);
        changed(&project, &[ID, CALLED, BOUNDED]);
        says(&project.expect(0, &["plan"]), &["not taken back to version 0", "dead letters were replayed since"]);
        project.expect(3, &["run"]);
        approve(&project);
        settled(&project);
        assert_eq!((project.count("orders"), letters(&project)), (2, 1), "{bound}");
    }
}
