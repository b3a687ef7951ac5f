//! Migrations taken back, and what they replaced kept for a while.

use serde_json::Value;

use crate::migrations::{AMOUNT, CSV, ID, NAME, agreed, approve, changed, column, migrate, says, settled, stored};
use crate::process::killed_at;
use crate::project::Project;
use crate::random::Random;

/// Each way to change: the table becomes what reading its file again would make of it, and is what it was when that is taken back.
#[test]
fn migrated_is_read_again_and_taken_back_is_as_before() {
    let name = "id: n, name: name, logicalType: string";
    let amount = "id: a, name: amount, logicalType: integer, physicalType: int";
    let bound = "id: a, name: amount, logicalType: integer, physicalType: int, logicalTypeOptions: { maximum: 25 }";
    let variants: [&[&str]; 11] = [
        &[ID, amount],
        &[ID, name, "id: a, name: amount, logicalType: integer, physicalType: bigint"],
        &[ID, name, "id: a, name: amount, logicalType: number, physicalType: double"],
        &[ID, name, "id: a, name: amount, logicalType: number, physicalType: 'decimal(20,2)'"],
        &[ID, name, "id: a, name: amount, logicalType: string"],
        &[ID, name, amount, "name: gate, logicalType: string"],
        &[amount, name, ID],
        &[ID, name, bound],
        &[ID, "id: n, name: name, logicalType: string, required: true", amount],
        &[ID, "id: n, name: customer, physicalName: name, logicalType: string", amount],
        &[
            "name: id, logicalType: string, required: true",
            "id: n, name: called, physicalName: name, logicalType: string",
        ],
    ];
    for mapped in [false, true] {
        variants.iter().for_each(|variant| is_read_again_and_taken_back(variant, [ID, name, amount], mapped));
    }
}

fn is_read_again_and_taken_back(variant: &[&str], base: [&str; 3], mapped: bool) {
    let table = format!("table: {{ write: append, column_mapping: {mapped} }}");
    let pipeline =
        format!("orders: {{ source: {{ files: 'landing/*.csv' }}, {table}, on_violation: {{ above: 40% }} }}");
    // What the contract has more than the file is NULL there too.
    let drift = "    customProperties: [{ property: drift, value: ignore_extra, vendor: plimsoll }]\n";
    let project = Project::new()
        .pipeline(&[&pipeline])
        .write("landing/1.csv", "id,name,amount,gate\n1,Ann Lee,10,\n2,Bob Ray,20,\n3,,30,\n");
    project.put_contract("orders", &base, drift);
    project.expect(0, &["run"]);
    let before = (project.rows("orders"), project.files("orders"));
    let when = format!("{variant:?}, mapped: {mapped}");
    let migrated = project.copied();
    migrated.put_contract("orders", variant, drift);
    if migrated.run(&["run"]).code == Some(3) {
        approve(&migrated);
    }
    settled(&migrated);
    let read = project.copied();
    std::fs::remove_dir_all(read.path("warehouse")).unwrap();
    std::fs::remove_dir_all(read.path(".plimsoll")).unwrap();
    read.put_contract("orders", variant, drift);
    read.expect(0, &["run"]);
    assert_eq!(migrated.rows("orders"), read.rows("orders"), "{when}");
    let letters = |project: &Project| project.json(0, &["dlq", "show", "orders"])["rows_refused"].clone();
    assert_eq!(letters(&migrated), letters(&read), "{when}");

    migrated.put_contract("orders", &base, drift);
    says(&migrated.expect(0, &["plan"]), &["back to version 0"]);
    // Under the same version of the contract, a check less is asked about on the way back too.
    if migrated.run(&["run"]).code == Some(3) {
        approve(&migrated);
    }
    settled(&migrated);
    assert_eq!((migrated.rows("orders"), migrated.files("orders")), before, "{when}");
    assert_eq!(letters(&migrated), 0, "{when}: rows that are in the table again are no dead letters");
}

/// What a contract may become, by chance: columns that go, get another name, type, bound, or place, a key, partitions.
fn any_contract(random: &mut Random) -> (Vec<String>, String) {
    let ids = [
        ID,
        "name: id, logicalType: integer, physicalType: bigint, required: true, primaryKey: true",
        "name: id, logicalType: integer, physicalType: smallint, required: true",
        "name: id, logicalType: string",
        "name: id, logicalType: number, physicalType: 'decimal(20,0)', required: true, unique: true",
    ];
    let names = [
        "",
        "name: name, logicalType: string",
        "name: name, logicalType: string, required: true",
        "name: name, logicalType: string, logicalTypeOptions: { maxLength: 6 }",
        "name: customer, physicalName: name, logicalType: string",
        "name: customer, physicalName: name, logicalType: string, logicalTypeOptions: { pattern: '^A' }",
    ];
    let amounts = [
        "",
        "name: amount, logicalType: integer, physicalType: int",
        "name: amount, logicalType: integer, physicalType: bigint",
        "name: amount, logicalType: number, physicalType: double",
        "name: amount, logicalType: number, physicalType: 'decimal(20,2)', required: true",
        "name: amount, logicalType: string",
        "name: amount, logicalType: integer, physicalType: int, logicalTypeOptions: { maximum: 25 }",
        "name: price, physicalName: amount, logicalType: integer, physicalType: smallint",
    ];
    let given = |id: &str, text: &&str| (!text.is_empty()).then(|| format!("id: {id}, {text}"));
    let mut columns = vec![(*random.one(&ids)).to_owned()];
    columns.extend(given("n", random.one(&names)));
    columns.extend(given("a", random.one(&amounts)));
    columns.extend((random.below(3) == 0).then(|| "name: gate, logicalType: string".to_owned()));
    if random.below(3) == 0 {
        random.shuffle(&mut columns);
    }
    // A table has a column that is no partition.
    let partition = if columns.len() > 1 && random.below(3) == 0 { ", partition_by: [id]" } else { "" };
    let mapped = random.below(2) == 0;
    (columns, format!("table: {{ write: append, column_mapping: {mapped}{partition} }}"))
}

/// Any migration, and any after any, taken back is as before.
#[test]
fn whatever_was_migrated_is_as_before_when_it_is_taken_back() {
    let mut random = Random::seeded("whatever_was_migrated_is_as_before_when_it_is_taken_back");
    let base = [
        ID.to_owned(),
        "id: n, name: name, logicalType: string".to_owned(),
        "id: a, name: amount, logicalType: integer, physicalType: int".to_owned(),
    ];
    let drift = "    customProperties: [{ property: drift, value: ignore_extra, vendor: plimsoll }]\n";
    let put = |project: &Project, columns: &[String], table: &str| {
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        project.put_contract("orders", &columns, drift);
        let source = "source: { files: 'landing/*.csv' }, on_violation: { above: 40% }";
        project.put_pipeline(&[&format!("orders: {{ {source}, {table} }}")]);
    };
    let started = Project::new().write("landing/1.csv", "id,name,amount,gate\n1,Ann Lee,10,\n2,Bob,20,\n3,,30,\n");
    let table = format!("table: {{ write: append, column_mapping: {} }}", random.below(2) == 0);
    put(&started, &base, &table);
    started.expect(0, &["run"]);
    let before = (started.rows("orders"), started.files("orders"));
    let mut back = 0;
    for _ in 0..12 {
        let project = started.copied();
        let mut story = Vec::new();
        for _ in 0..=random.below(2) {
            let (columns, table) = any_contract(&mut random);
            put(&project, &columns, &table);
            story.push((columns, table));
            if project.run(&["run"]).code == Some(3) {
                approve(&project);
            }
            settled(&project);
        }
        put(&project, &base, &table);
        let restores = project.expect(0, &["plan"]).both().contains("back to version 0");
        if project.run(&["run"]).code == Some(3) {
            approve(&project);
        }
        settled(&project);
        assert_eq!(project.rows("orders"), before.0, "{story:#?}");
        assert_eq!(project.json(0, &["dlq", "show", "orders"])["rows_refused"], 0, "{story:#?}");
        if restores {
            back += 1;
            assert_eq!(project.files("orders"), before.1, "{story:#?}");
        }
    }
    assert!(back >= 6, "only {back} of 12 were taken back; the others were built anew or had not changed");
}

/// What was read since is read again, under the contract of before.
#[test]
fn what_came_since_is_read_again() {
    let project = stored(&[ID, NAME, AMOUNT], CSV);
    changed(&project, &[ID, AMOUNT]);
    agreed(&project, "drop `name`");
    project.put("landing/2.csv", "id,name,amount\n4,Cyd,40\n");
    migrate(&project);
    project.put("landing/3.csv", "id,name,amount\n5,Dan,50\n");
    let gone = project.copied();
    changed(&project, &[ID, NAME, AMOUNT]);
    migrate(&project);
    let names = ["Ann Lee".into(), "Bob Ray".into(), Value::Null, "Cyd".into(), Value::from("Dan")];
    assert_eq!(column(&project, "name"), names);
    // A file of those is gone: going back would lose its row, so the column comes back empty instead.
    gone.remove("landing/2.csv");
    changed(&gone, &[ID, NAME, AMOUNT]);
    let why = gone.json(0, &["plan"])["datasets"][0]["reason"].as_str().unwrap().to_owned();
    assert!(why.contains("not taken back to version 0") && why.contains("landing/2.csv"), "{why}");
    migrate(&gone);
    assert_eq!(column(&gone, "id"), [1, 2, 3, 4, 5]);
    assert_eq!(column(&gone, "name"), [Value::Null, Value::Null, Value::Null, Value::Null, "Dan".into()]);
}

#[test]
fn a_change_of_contracts_is_rolled_back_with_its_table() {
    let project = stored(&[ID, NAME, AMOUNT], CSV);
    let before = (project.rows("orders"), project.files("orders"));
    project.expect(0, &["init"]);
    let contract = "openspec/specs/tests/orders.odcs.yaml";
    let new = project.read(contract).replace(&format!("      - {{ {NAME} }}\n"), "");
    project.put("new.odcs.yaml", new);
    project.expect(
        0,
        &["change", "new", "drop-name", "--from", "new.odcs.yaml", "--why", "nobody reads it", "--as", "ada"],
    );
    crate::changes::approve(&project, "drop-name", "bob");
    project.expect(0, &["change", "apply", "drop-name", "--as", "ada"]);
    agreed(&project, "drop `name`");
    project.remove("new.odcs.yaml");
    for step in ["written", "before_commit", "committed", "entered"] {
        let project = project.copied();
        let rollback = ["change", "rollback", "drop-name", "--reason", "somebody does", "--as", "bob"];
        if step == "written" {
            says(&project.expect(0, &rollback), &["orders is back to version 0, before the migration, now version 2"]);
        } else {
            assert!(killed_at(&project, step, &rollback).is_none(), "{step} was not reached");
            project.expect(0, &["run"]);
        }
        assert_eq!((project.rows("orders"), project.files("orders")), before, "{step}");
        assert!(project.read(contract).contains("name: name"), "{step}");
        settled(&project);
    }
}

/// Files of an older version that somebody deleted cannot be had back, and nothing is published that names them.
#[test]
fn a_version_whose_files_are_gone_is_not_gone_back_to() {
    let project = stored(&[ID, NAME, AMOUNT], CSV);
    let old = project.files("orders");
    changed(&project, &[ID, AMOUNT]);
    agreed(&project, "drop `name`");
    old.iter().for_each(|file| project.remove(&format!("warehouse/orders/{file}")));
    changed(&project, &[ID, NAME, AMOUNT]);
    says(&project.expect(1, &["run"]), &["cannot go back to version 0", "was deleted"]);
    assert_eq!(project.count("orders"), 3);
}

#[test]
fn the_old_version_stays_beside_the_new_one_until_its_day() {
    let kept = |until: &str| {
        format!(
            "orders: {{ source: {{ files: 'landing/*.csv', vanished: keep }}, \
             table: {{ write: append, keep_previous: {until} }}, on_violation: {{ above: 40% }} }}"
        )
    };
    // A held result knows where its table is, so each has a project of its own.
    for cut_off in [false, true] {
        let project = stored(&[ID, NAME, AMOUNT], CSV);
        let before = project.rows("orders");
        project.put_pipeline(&[&kept("2999-01-31")]);
        assert_eq!(project.json(0, &["run"])["outcome"], "nothing", "it decides nothing about the rows");
        changed(&project, &[ID, AMOUNT]);
        project.expect(3, &["run"]);
        assert!(!project.path("warehouse/_previous").exists(), "nothing is kept before it is agreed");
        match cut_off {
            false => approve(&project),
            true => {
                let approve = ["gate", "approve", "orders", "--reason", "agreed", "--as", "ada"];
                assert!(killed_at(&project, "kept", &approve).is_none());
            }
        }
        project.put("landing/2.csv", "id,name,amount\n4,Cyd,40\n");
        project.expect(0, &["run"]);
        project.expect(0, &["run"]);
        let mut shown = before.clone();
        shown.push(r#"{"amount":40,"id":4,"name":null}"#.to_owned());
        assert_eq!(parsed(&previous(&project)), parsed(&shown), "what came since stands there too");
        assert_eq!(project.count("orders"), 4);
        for verb in ["plan", "status"] {
            says(
                &project.expect(0, &[verb]),
                &["orders 1.0.0 is deprecated and kept until 2999-01-31", "it shows version 2"],
            );
        }
        let erased = project.json(0, &["privacy", "erase", "orders.id", "4", "--reason", "request 17", "--yes"]);
        assert_eq!(erased["datasets"][0]["previous"], serde_json::json!(["1.0.0"]), "{erased:#}");
        assert!(!project.path("warehouse/_previous/orders/1.0.0").exists(), "a person may be in it");
    }
    // One whose day is over goes with the next run.
    let project = stored(&[ID, NAME, AMOUNT], CSV);
    project.put_pipeline(&[&kept("2020-01-31")]);
    changed(&project, &[ID, AMOUNT]);
    project.expect(3, &["run"]);
    approve(&project);
    assert!(project.path("warehouse/_previous/orders/1.0.0").exists());
    project.expect(0, &["run"]);
    assert!(!project.path("warehouse/_previous/orders/1.0.0").exists());
}

fn previous(project: &Project) -> Vec<String> {
    crate::delta::Table::open(&project.path("warehouse/_previous/orders/1.0.0")).rows()
}

/// Rows whatever the order of their fields.
fn parsed(rows: &[String]) -> Vec<Value> {
    rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect()
}

const KEPT: &str = "keep_previous: 2999-01-31";

/// A table whose breaking migration was agreed to, and the rows of before.
fn replaced(table: &str, then: &[&str], now: &[&str]) -> Project {
    let project = Project::new()
        .contract("orders", then)
        .pipeline(&[&format!(
            "orders: {{ source: {{ files: 'landing/*.csv', vanished: keep }}, table: {{ {table}, {KEPT} }}, \
             on_violation: {{ above: 40% }} }}"
        )])
        .write("landing/1.csv", CSV);
    project.expect(0, &["run"]);
    changed(&project, now);
    project.expect(3, &["run"]);
    approve(&project);
    project.expect(0, &["run"]);
    project
}

const RENAMED: [&str; 3] = [ID, "id: n, name: customer, physicalName: name, logicalType: string", AMOUNT];

#[test]
fn a_kept_version_goes_on_under_its_old_names() {
    goes_on_under_old_names("write: append, partition_by: [amount]");
}

#[test]
fn a_kept_version_goes_on_beside_a_table_whose_columns_are_mapped() {
    goes_on_under_old_names("write: append, column_mapping: true");
}

fn goes_on_under_old_names(table: &str) {
    let then = [ID, "id: n, name: name, logicalType: string", AMOUNT];
    let project = replaced(table, &then, &RENAMED);
    for file in 2..4 {
        project.put(&format!("landing/{file}.csv"), format!("id,name,amount\n{file}0,Cyd,40\n{file}1,,{file}\n"));
        for cut in ["followed_file", "followed"] {
            let project = project.copied();
            assert!(killed_at(&project, cut, &["run"]).is_none(), "{cut} was not reached");
            project.expect(0, &["run"]);
            assert_eq!(previous(&project).len() as u64, project.count("orders"), "{cut}");
        }
        project.expect(0, &["run"]);
        let under_old_names: Vec<Value> = parsed(&project.rows("orders"))
            .into_iter()
            .map(|mut row| {
                row["name"] = row.as_object_mut().unwrap().remove("customer").unwrap();
                row
            })
            .collect();
        let by_id = |mut rows: Vec<Value>| {
            rows.sort_by_key(|row| row["id"].as_i64());
            rows
        };
        assert_eq!(by_id(parsed(&previous(&project))), by_id(under_old_names));
    }
}

#[test]
fn rows_that_are_merged_later_are_merged_there_too() {
    let key = "name: id, logicalType: integer, physicalType: bigint, required: true, primaryKey: true";
    let then = [key, "id: n, name: name, logicalType: string", AMOUNT];
    let now = [key, RENAMED[1], AMOUNT];
    let project = replaced("write: merge, key: [id]", &then, &now);
    for file in 2..4 {
        project.put(&format!("landing/{file}.csv"), format!("id,name,amount\n2,Bob {file},2{file}\n{file}0,Cyd,40\n"));
        project.expect(0, &["run"]);
        let rows = parsed(&previous(&project));
        assert_eq!(rows.len() as u64, project.count("orders"));
        let bob = rows.iter().find(|row| row["id"] == 2).unwrap();
        assert_eq!((&bob["name"], &bob["amount"]), (&format!("Bob {file}").into(), &(20 + file).into()));
    }
    // Where a column is gone, its values would be lost for the rows of then.
    let project = replaced("write: merge, key: [id]", &then, &[key, AMOUNT]);
    project.put("landing/2.csv", "id,name,amount\n9,Cyd,40\n2,Bob,21\n");
    project.expect(0, &["run"]);
    assert_eq!(parsed(&previous(&project)).len(), 3);
    says(
        &project.expect(0, &["status"]),
        &["it shows version 1 and no newer one: rows of then have changed, and `name` is gone"],
    );
    project.put("landing/3.csv", "id,name,amount\n10,Cyd,40\n");
    project.expect(0, &["run"]);
    assert_eq!(parsed(&previous(&project)).len(), 3, "for good");
}

/// Its rows were made anew once already, and those of now have no names to make them of again.
#[test]
fn a_kept_version_that_is_made_anew_stops_where_a_column_is_gone() {
    let key = "name: id, logicalType: integer, physicalType: bigint, required: true, primaryKey: true";
    let then = [key, "id: n, name: name, logicalType: string", AMOUNT];
    let table = "write: merge, key: [id]";
    let project = replaced(table, &then, &[key, RENAMED[1], AMOUNT]);
    project.put("landing/2.csv", "id,name,amount\n2,Bob Roy,21\n");
    project.expect(0, &["run"]);
    let before = parsed(&previous(&project));
    assert!(before.iter().any(|row| row["name"] == "Bob Roy"), "{before:?}");
    let source = "source: { files: 'landing/*.csv', vanished: keep }";
    project.put_pipeline(&[&format!("orders: {{ {source}, table: {{ {table} }} }}")]);
    changed(&project, &[key, AMOUNT]);
    project.expect(3, &["run"]);
    approve(&project);
    project.expect(0, &["run"]);
    assert_eq!(parsed(&previous(&project)), before);
    says(&project.expect(0, &["status"]), &["no newer one: rows of then have changed, and `name` is gone"]);
}

#[test]
fn a_kept_version_stops_where_its_promise_is_no_longer_kept() {
    let bounded = "name: amount, logicalType: integer, physicalType: int, logicalTypeOptions: { maximum: 100 }";
    let project = replaced("write: append", &[ID, NAME, bounded], &[ID, AMOUNT]);
    project.put("landing/2.csv", "id,name,amount\n9,Cyd,400\n");
    project.expect(0, &["run"]);
    assert_eq!(previous(&project).len(), 3);
    says(&project.expect(0, &["status"]), &["no newer one: amount.", "is not made any more as it was"]);
}

/// Taken back, the kept version shows what the table shows again.
#[test]
fn a_kept_version_follows_its_table_back() {
    let then = [ID, "id: n, name: name, logicalType: string", AMOUNT];
    let project = replaced("write: append", &then, &RENAMED);
    project.put("landing/2.csv", "id,name,amount\n9,Cyd,40\n");
    project.expect(0, &["run"]);
    changed(&project, &then);
    if project.run(&["run"]).code == Some(3) {
        approve(&project);
    }
    assert_eq!(project.json(0, &["run"])["outcome"], "nothing");
    assert_eq!(parsed(&previous(&project)), parsed(&project.rows("orders")));
    assert_eq!(previous(&project).len(), 4);
}
