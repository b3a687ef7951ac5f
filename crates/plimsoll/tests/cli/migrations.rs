//! Stored tables that become what a changed contract promises, without reading their inputs again.

use serde_json::Value;

use crate::memory::measured;
use crate::process::killed_at;
use crate::project::{Output, Project, dataset};
use crate::shop;

pub const ID: &str = "name: id, logicalType: integer, physicalType: bigint, required: true";
pub const CSV: &str = "id,name,amount\n1,Ann Lee,10\n2,Bob Ray,20\n3,,30\n";

/// A source `orders` whose file is gone once it was read: nothing can be read again.
pub fn stored(properties: &[&str], csv: &str) -> Project {
    let project = Project::new()
        .contract("orders", properties)
        .pipeline(&["orders: { source: { files: 'landing/*.csv', vanished: keep }, on_violation: { above: 40% } }"])
        .write("landing/1.csv", csv);
    project.expect(0, &["run"]);
    project.remove("landing/1.csv");
    project
}

/// Under another contract.
pub fn changed(project: &Project, properties: &[&str]) {
    project.put_contract("orders", properties, "");
}

pub fn planned(project: &Project) -> Value {
    let plan = project.json(0, &["plan"]);
    plan["stages"][0]["migration"].clone()
}

/// What the screen says of the steps.
fn told(project: &Project) -> Vec<String> {
    let screen = project.expect(0, &["plan"]).stdout;
    screen.lines().skip_while(|line| !line.contains("is migrated")).map(|line| line.trim().to_owned()).collect()
}

pub fn says(output: &Output, words: &[&str]) {
    let text = output.both();
    words.iter().for_each(|word| assert!(text.contains(word), "{word:?} is not said:\n{text}"));
}

pub fn approve(project: &Project) {
    project.expect(0, &["gate", "approve", "orders", "--reason", "agreed", "--as", "ada"]);
}

/// Runs where nothing breaks, and finds nothing more to do.
pub fn migrate(project: &Project) -> Value {
    let report = project.json(0, &["run"]);
    settled(project);
    report
}

/// Runs where something breaks, and approves it.
pub fn agreed(project: &Project, question: &str) {
    let before = (project.version("orders"), project.rows("orders"));
    let report = project.json(3, &["run"]);
    let gate = &dataset(&report, "orders")["gate"];
    assert_eq!(gate["kind"], "data-migration", "{report}");
    assert!(gate["asks"].as_array().unwrap().iter().any(|ask| ask.as_str().unwrap().contains(question)), "{gate}");
    assert_eq!((project.version("orders"), project.rows("orders")), before, "nothing is published before it is agreed");
    project.expect(3, &["run"]);
    approve(project);
    settled(project);
}

pub fn settled(project: &Project) {
    let again = project.json(0, &["run"]);
    assert_eq!(again["outcome"], "nothing", "{again}");
    assert_eq!(shop::orphans(project), Vec::<String>::new());
}

fn rows(project: &Project) -> Vec<Value> {
    project.rows("orders").iter().map(|row| serde_json::from_str(row).unwrap()).collect()
}

pub fn column(project: &Project, name: &str) -> Vec<Value> {
    rows(project).iter().map(|row| row[name].clone()).collect()
}

pub const NAME: &str = "name: name, logicalType: string";
pub const AMOUNT: &str = "name: amount, logicalType: integer, physicalType: int";

#[test]
fn a_column_more_touches_the_log_alone() {
    let project = stored(&[ID, NAME, AMOUNT], CSV);
    let files = project.files("orders");
    changed(&project, &[ID, NAME, "name: gate, logicalType: string", AMOUNT]);
    assert_eq!(
        told(&project),
        ["orders is migrated, metadata only: the log alone, no row", "· add `gate`, NULL in stored rows metadata only"]
    );
    migrate(&project);
    assert_eq!(project.files("orders"), files);
    assert_eq!(rows(&project)[0], serde_json::json!({ "id": 1, "name": "Ann Lee", "gate": null, "amount": 10 }));
    // The next increment has it, and is read once.
    project.put("landing/2.csv", "id,name,gate,amount\n4,Cyd,B7,40\n");
    migrate(&project);
    assert_eq!(column(&project, "gate"), [Value::Null, Value::Null, Value::Null, "B7".into()]);
}

/// What lies at the source is read in the same run, after the table was migrated.
#[test]
fn a_run_migrates_and_then_reads_on() {
    let project = stored(&[ID, NAME, AMOUNT], CSV);
    changed(&project, &[ID, NAME, AMOUNT, "name: gate, logicalType: string"]);
    project.put("landing/2.csv", "id,name,amount,gate\n4,Cyd,40,B7\n");
    let report = migrate(&project);
    assert_eq!(dataset(&report, "orders")["rows_published"], 1, "{report}");
    assert_eq!(column(&project, "gate"), [Value::Null, Value::Null, Value::Null, "B7".into()]);
    assert_eq!(project.version("orders"), 2);
}

#[test]
fn null_that_is_allowed_and_an_order_touch_the_log_alone() {
    let project = stored(
        &[
            ID,
            "name: name, logicalType: string",
            "name: amount, logicalType: integer, physicalType: int, required: true",
        ],
        CSV,
    );
    let files = project.files("orders");
    changed(&project, &[AMOUNT, ID, NAME]);
    migrate(&project);
    assert_eq!(project.files("orders"), files);
    assert_eq!(project.rows("orders")[0], "{\"amount\":10,\"id\":1,\"name\":\"Ann Lee\"}");
    project.put("landing/2.csv", "id,name,amount\n4,Cyd,\n");
    migrate(&project);
    assert_eq!(project.count("orders"), 4);
}

#[test]
fn a_wider_type_is_written_without_a_question() {
    let project = stored(&[ID, NAME, AMOUNT], CSV);
    changed(&project, &[ID, NAME, "name: amount, logicalType: integer, physicalType: bigint"]);
    let migration = planned(&project);
    assert_eq!(migration["size"]["rows"], 3, "{migration}");
    let before = project.files("orders");
    migrate(&project);
    assert_ne!(project.files("orders"), before);
    project.put("landing/2.csv", "id,name,amount\n4,Cyd,9000000000\n");
    migrate(&project);
    assert_eq!(column(&project, "amount"), [10, 20, 30, 9_000_000_000_u64].map(Value::from));
}

#[test]
fn a_column_less_is_asked_about() {
    let project = stored(&[ID, NAME, AMOUNT], CSV);
    changed(&project, &[ID, AMOUNT]);
    let screen = told(&project);
    assert!(screen[0].starts_with("orders is migrated, rewrite: 3 rows, "), "{screen:?}");
    assert!(screen[1].starts_with("! drop `name`"), "{screen:?}");
    assert_eq!(screen[2], "the result waits at a data-migration gate before it is published");
    let plan = project.json(0, &["plan"]);
    let migration = &plan["migrations"][0]["migration"];
    assert_eq!((&migration["work"], &migration["gate"]), (&"rewrite".into(), &"data-migration".into()), "{plan}");
    assert_eq!(migration["steps"][0]["what"], "drop `name`", "{plan}");
    agreed(&project, "drop `name`");
    assert_eq!(rows(&project)[0], serde_json::json!({ "id": 1, "amount": 10 }));
    // It does not come back with its old values.
    changed(&project, &[ID, AMOUNT, NAME]);
    migrate(&project);
    assert_eq!(column(&project, "name"), [Value::Null, Value::Null, Value::Null]);
}

#[test]
fn a_name_changes_by_its_id() {
    let project = stored(&[ID, "id: n, name: name, logicalType: string", AMOUNT], CSV);
    changed(&project, &[ID, "id: n, name: customer, physicalName: name, logicalType: string", AMOUNT]);
    agreed(&project, "rename `name` to `customer`");
    assert_eq!(rows(&project)[0], serde_json::json!({ "id": 1, "customer": "Ann Lee", "amount": 10 }));
    project.put("landing/2.csv", "id,name,amount\n4,Cyd,40\n");
    migrate(&project);
    assert_eq!(column(&project, "customer"), ["Ann Lee".into(), "Bob Ray".into(), Value::Null, Value::from("Cyd")]);
}

#[test]
fn a_rejected_migration_is_not_asked_again() {
    let project = stored(&[ID, NAME, AMOUNT], CSV);
    let before = project.rows("orders");
    changed(&project, &[ID, AMOUNT]);
    project.expect(3, &["run"]);
    project.expect(0, &["gate", "reject", "orders", "--reason", "no", "--as", "ada"]);
    project.expect(3, &["run"]);
    assert_eq!(project.json(0, &["gate", "list"])["gates"].as_array().map(Vec::len), Some(0));
    assert_eq!(project.rows("orders"), before);
    assert_eq!(shop::orphans(&project), Vec::<String>::new());
    // The contract as it was is the table as it is.
    changed(&project, &[ID, NAME, AMOUNT]);
    settled(&project);
}

#[test]
fn an_approval_is_void_when_the_contract_changes_again() {
    let project = stored(&[ID, NAME, AMOUNT], CSV);
    changed(&project, &[ID, AMOUNT]);
    project.expect(3, &["run"]);
    changed(&project, &[ID, NAME]);
    let report = project.json(3, &["run"]);
    let gate = &dataset(&report, "orders")["gate"]["asks"];
    assert!(gate.to_string().contains("drop `amount`"), "{gate}");
    approve(&project);
    assert_eq!(rows(&project)[0], serde_json::json!({ "id": 1, "name": "Ann Lee" }));
    settled(&project);
}

#[test]
fn values_that_do_not_fit_become_dead_letters() {
    let text = "name: code, logicalType: string";
    let project = stored(&[ID, text], "id,code\n1,7\n2,x9\n3,\n4,12\n");
    changed(&project, &[ID, "name: code, logicalType: integer, physicalType: int"]);
    agreed(&project, "convert `code` from string to i32");
    assert_eq!(column(&project, "code"), [7.into(), Value::Null, Value::from(12)]);
    let letters = project.json(0, &["dlq", "show", "orders"]);
    assert_eq!(letters["rows_refused"], 1, "{letters}");
    says(&project.expect(0, &["dlq", "show", "orders"]), &["code.type", "x9"]);
    // Replayed, it is refused again until it is allowed, and then it is what it was.
    let replayed = |accepted: u64, refused: u64| {
        let report = project.json(0, &["dlq", "replay", "orders"]);
        assert_eq!((&report["accepted"], &report["refused"]), (&accepted.into(), &refused.into()), "{report}");
    };
    replayed(0, 1);
    changed(&project, &[ID, &format!("{text}, logicalTypeOptions: {{ maxLength: 9 }}")]);
    agreed(&project, "convert `code` from i32 to string");
    replayed(1, 0);
    let mut codes = column(&project, "code");
    codes.sort_by_key(ToString::to_string);
    assert_eq!(codes, ["12".into(), "7".into(), "x9".into(), Value::Null]);
    assert_eq!(project.json(0, &["dlq", "show", "orders"])["rows_refused"], 0);
}

/// Nothing is rounded or cut without a word.
#[test]
fn a_conversion_changes_no_value() {
    let project =
        stored(&[ID, "name: price, logicalType: number, physicalType: double"], "id,price\n1,2\n2,2.5\n3,-4\n");
    changed(&project, &[ID, "name: price, logicalType: integer, physicalType: int"]);
    agreed(&project, "convert `price`");
    assert_eq!(column(&project, "price"), [2, -4]);
    says(&project.expect(0, &["dlq", "show", "orders"]), &["price.type", "2.5"]);
}

#[test]
fn columns_are_filled_split_and_joined() {
    let project = stored(&[ID, NAME, AMOUNT], CSV);
    let fill = |column: &str, sql: &str| {
        format!("{column}, customProperties: [{{ property: fill, value: \"{sql}\", vendor: plimsoll }}]")
    };
    let first = fill("name: first, logicalType: string", "split_part(name, ' ', 1)");
    let last = fill("name: last, logicalType: string, required: true", "coalesce(split_part(name, ' ', 2), '?')");
    let twice = fill("name: twice, logicalType: integer, physicalType: bigint", "amount * 2");
    changed(&project, &[ID, &first, &last, &twice]);
    agreed(&project, "drop `name`");
    assert_eq!(rows(&project)[0], serde_json::json!({ "id": 1, "first": "Ann", "last": "Lee", "twice": 20 }));
    assert_eq!(rows(&project)[2], serde_json::json!({ "id": 3, "first": null, "last": "?", "twice": 60 }));
    let whole = fill("name: whole, logicalType: string", "first || ' ' || last");
    changed(&project, &[ID, &whole]);
    agreed(&project, "drop `first`");
    assert_eq!(column(&project, "whole"), ["Ann Lee".into(), "Bob Ray".into(), Value::Null]);
}

#[test]
fn fields_inside_a_nested_column_come_go_and_widen() {
    let inside = |street: &str, number: &str| {
        format!(
            "name: address, logicalType: object, properties: [{{ name: zip, logicalType: string, \
             logicalTypeOptions: {{ maxLength: 5 }} }}, {street}{number}]"
        )
    };
    let lines = |number: &str, more: &str| {
        format!(
            "name: lines, logicalType: array, items: {{ logicalType: object, properties: [\
             {{ name: n, logicalType: integer, physicalType: {number} }}{more}] }}"
        )
    };
    let street = "{ name: street, logicalType: string }, ";
    let short = "{ name: number, logicalType: integer, physicalType: int }";
    let project = Project::new()
        .contract("orders", &[ID, &inside(street, short), &lines("int", "")])
        .pipeline(&["orders: { source: { files: 'landing/*.ndjson', vanished: keep } }"])
        .write(
            "landing/1.ndjson",
            "{\"id\":1,\"address\":{\"zip\":\"1010\",\"street\":\"Ring\",\"number\":4},\"lines\":[{\"n\":1},null,{\"n\":2}]}\n\
             {\"id\":2,\"address\":null,\"lines\":[]}\n{\"id\":3,\"address\":{\"zip\":null},\"lines\":null}\n",
        );
    project.expect(0, &["run"]);
    project.remove("landing/1.ndjson");
    let long = "{ name: number, logicalType: integer, physicalType: bigint }, { name: door, logicalType: string }";
    changed(&project, &[ID, &inside("", long), &lines("bigint", ", { name: note, logicalType: string }")]);
    let said = told(&project);
    assert!(
        said.iter().any(|line| line.contains("new: address.door; gone: address.street; wider: address.number")),
        "{said:?}"
    );
    agreed(&project, "fields inside `address`");
    let found: Vec<Value> = rows(&project);
    assert_eq!(
        found[0],
        serde_json::json!({
            "id": 1, "address": { "zip": "1010", "number": 4, "door": null },
            "lines": [{ "n": 1, "note": null }, null, { "n": 2, "note": null }],
        })
    );
    assert_eq!(found[1]["address"], Value::Null);
    assert_eq!(found[1]["lines"], serde_json::json!([]));
    assert_eq!(found[2]["lines"], Value::Null);
    project.put(
        "landing/2.ndjson",
        "{\"id\":4,\"address\":{\"zip\":\"1020\",\"number\":5000000000,\"door\":\"7\"},\"lines\":[{\"n\":3,\"note\":\"x\"}]}\n",
    );
    migrate(&project);
    assert_eq!(column(&project, "address")[3]["number"], 5_000_000_000_i64);
}

#[test]
fn a_fill_that_is_no_expression_is_told() {
    let project = stored(&[ID, NAME], "id,name\n1,a\n");
    let filled = |sql: &str| {
        format!(
            "name: x, logicalType: string, customProperties: [{{ property: fill, value: {sql}, vendor: plimsoll }}]"
        )
    };
    changed(&project, &[ID, NAME, &filled("nobody + 1")]);
    // Which columns there are is known when the table is: the contract alone is in order.
    project.expect(0, &["check"]);
    for verb in ["plan", "run"] {
        says(&project.expect(2, &[verb]), &["`fill` of `x`", "nobody", "as it is now", "the table has id, name"]);
    }
    for (sql, why) in [("name ||", "PL293"), ("random()", "PL293")] {
        changed(&project, &[ID, NAME, &filled(sql)]);
        says(&project.expect(2, &["check"]), &[why, "`fill` of `x`", "quotes of its own"]);
    }
    assert_eq!(project.version("orders"), 0);
    assert_eq!(shop::orphans(&project), Vec::<String>::new());
}

#[test]
fn stored_rows_are_held_against_new_checks() {
    let project = stored(&[ID, NAME, AMOUNT], CSV);
    let files = project.files("orders");
    // All rows hold: the files stay.
    changed(
        &project,
        &[
            ID,
            NAME,
            "name: amount, logicalType: integer, physicalType: int, required: true, logicalTypeOptions: { maximum: 30 }",
        ],
    );
    migrate(&project);
    assert_eq!(project.files("orders"), files);
    // One of three does not, which is less than the 40 % that are borne.
    changed(
        &project,
        &[
            ID,
            NAME,
            "name: amount, logicalType: integer, physicalType: int, required: true, logicalTypeOptions: { maximum: 25 }",
        ],
    );
    agreed(&project, "1 of 3 rows that are published do not meet the contract");
    assert_eq!(column(&project, "id"), [1, 2]);
    says(&project.expect(0, &["dlq", "show", "orders"]), &["amount.range", "\"amount\":30"]);
    // Now it is one of two.
    changed(
        &project,
        &[
            ID,
            NAME,
            "name: amount, logicalType: integer, physicalType: int, required: true, logicalTypeOptions: { maximum: 15 }",
        ],
    );
    let report = project.json(3, &["run"]);
    assert_eq!(dataset(&report, "orders")["gate"]["kind"], "data-quality", "{report}");
    assert_eq!(project.count("orders"), 2);
    approve(&project);
    assert_eq!(column(&project, "id"), [1]);
    settled(&project);
}

#[test]
fn required_and_unique_are_held_against_stored_rows() {
    let project = stored(&[ID, NAME, AMOUNT], CSV);
    changed(&project, &[ID, "name: name, logicalType: string, required: true", AMOUNT]);
    agreed(&project, "1 of 3 rows");
    assert_eq!(column(&project, "id"), [1, 2]);
    let project = stored(&["name: id, logicalType: integer, physicalType: bigint", NAME], "id,name\n1,a\n1,b\n2,c\n");
    changed(&project, &["name: id, logicalType: integer, physicalType: bigint, unique: true", NAME]);
    let report = project.json(3, &["run"]);
    let gate = &dataset(&report, "orders")["gate"];
    assert!(gate["asks"].to_string().contains("id.unique"), "{gate}");
    assert_eq!(project.version("orders"), 0);
}

/// Stored values are protected, decrypted, and protected otherwise; nothing is protected twice.
#[test]
fn protections_follow_the_contract() {
    let name = |method: &str| {
        format!("{NAME}, customProperties: [{{ property: protection, value: {method}, vendor: plimsoll }}]")
    };
    let project = stored(&[ID, NAME, AMOUNT], CSV);
    let keys = "name = \"small\"\nenvironment = \"development\"\n[privacy]\nkey = \"k1\"\n[privacy.keys]\nk1 = { file = \"k1.key\" }\n";
    project.put("plimsoll.toml", keys);
    project.put("k1.key", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    let clear = column(&project, "name");
    changed(&project, &[ID, &name("encrypt"), AMOUNT]);
    agreed(&project, "protect `name` by encrypt");
    let sealed = column(&project, "name");
    assert!(sealed[0] != clear[0] && sealed[2].is_null(), "{sealed:?}");
    // What is stored protected and stays so is left alone.
    changed(&project, &[ID, &name("encrypt"), "name: amount, logicalType: integer, physicalType: bigint"]);
    migrate(&project);
    assert_eq!(column(&project, "name"), sealed);
    // A new row is protected as the old ones are.
    project.put("landing/2.csv", "id,name,amount\n4,Ann Lee,40\n");
    migrate(&project);
    assert_eq!(column(&project, "name")[3], sealed[0]);
    // A check that would need the value is not believed to hold.
    let bounded = format!("{}, logicalTypeOptions: {{ maxLength: 3 }}", name("encrypt"));
    changed(&project, &[ID, &bounded, "name: amount, logicalType: integer, physicalType: bigint"]);
    let report = migrate(&project);
    let checks = dataset(&report, "orders")["checks"].to_string();
    assert!(checks.contains("name is stored protected"), "{checks}");
    assert_eq!(project.count("orders"), 4);
    changed(&project, &[ID, NAME, "name: amount, logicalType: integer, physicalType: bigint"]);
    agreed(&project, "protect `name` no more");
    assert_eq!(column(&project, "name")[..3], clear);
    changed(&project, &[ID, &name("hash"), "name: amount, logicalType: integer, physicalType: bigint"]);
    agreed(&project, "protect `name` by hash");
    let hashed = column(&project, "name");
    assert_eq!((&hashed[0], hashed[0].as_str().map(str::len)), (&hashed[3], Some(64)));
    // There is no way back from a hash but to read again, and the files are gone.
    changed(&project, &[ID, &name("redact"), "name: amount, logicalType: integer, physicalType: bigint"]);
    let why = project.json(0, &["plan"])["datasets"][0]["reason"].as_str().unwrap().to_owned();
    assert!(why.contains("stored protected (hash), which cannot be undone"), "{why}");
    assert_eq!(column(&project, "name"), hashed);
}

#[test]
fn where_the_rows_cannot_say_it_the_table_is_built_anew() {
    let project = stored(&[ID, NAME], "id,name\n1,a\n");
    changed(&project, &[ID, NAME, "name: gate, logicalType: string, required: true"]);
    let why = project.json(0, &["plan"])["datasets"][0]["reason"].as_str().unwrap().to_owned();
    for said in ["built anew, as `gate` is new and required", "no file lies at the source"] {
        assert!(why.contains(said), "{why}");
    }
    project.expect(1, &["run"]);
    assert_eq!(project.count("orders"), 1);
}

/// Without rows, without a table, and under a contract that only reads otherwise.
#[test]
fn little_tables_are_migrated_too() {
    let project = stored(&[ID, NAME], "id,name\n");
    changed(&project, &[ID]);
    agreed(&project, "drop `name`");
    assert_eq!(project.count("orders"), 0);
    std::fs::remove_dir_all(project.table("orders")).unwrap();
    changed(&project, &[ID, NAME]);
    project.put("landing/2.csv", "id,name\n1,a\n");
    assert_eq!(planned(&project), Value::Null);
    migrate(&project);
    changed(&project, &[ID, "name: name, physicalName: called, logicalType: string"]);
    assert!(planned(&project)["steps"].to_string().contains("reading"));
    project.put("landing/3.csv", "id,called\n2,b\n");
    migrate(&project);
    assert_eq!(column(&project, "name"), ["a", "b"]);
}

/// Readers by increments read on, and lose and double nothing.
#[test]
fn those_who_read_the_table_read_on() {
    let project = stored(&[ID, NAME, AMOUNT], CSV);
    let log = "log: { incremental: { from: orders }, table: { write: append } }";
    project.put_pipeline(&["orders: { source: { files: 'landing/*.csv', vanished: keep } }", log]);
    project.put_contract("log", &["name: id, logicalType: integer, physicalType: bigint"], "");
    project.put("models/log.sql", "SELECT id FROM orders");
    project.expect(0, &["run"]);
    changed(&project, &[ID, NAME, "name: amount, logicalType: integer, physicalType: bigint"]);
    project.put("landing/2.csv", "id,name,amount\n4,Cyd,40\n");
    migrate(&project);
    let ids: Vec<String> = (1..=4).map(|id| format!("{{\"id\":{id}}}")).collect();
    assert_eq!(project.rows("log"), ids);
}

/// Killed at every step, the next run makes the table that an undisturbed run makes; what was finished is not done again.
#[test]
fn killed_at_every_step() {
    let properties = [ID, NAME, AMOUNT];
    let new = [ID, NAME, "name: amount, logicalType: integer, physicalType: bigint, required: true"];
    let project = Project::new()
        .contract("orders", &properties)
        .pipeline(&["orders: { source: { files: 'landing/*.csv', vanished: keep }, on_violation: { above: 40% } }"]);
    for number in 0..4 {
        let rows: String = (0..50)
            .map(|row| {
                format!("{},n{row},{}\n", number * 50 + row, if row == 7 { "".to_owned() } else { row.to_string() })
            })
            .collect();
        project.put(&format!("landing/{number}.csv"), format!("id,name,amount\n{rows}"));
        project.expect(0, &["run"]);
        project.remove(&format!("landing/{number}.csv"));
    }
    changed(&project, &new);
    let clean = project.copied();
    agreed(&clean, "4 of 200 rows");
    let wanted = (clean.rows("orders"), clean.json(0, &["dlq", "show", "orders"])["rows_refused"].clone());
    assert_eq!((wanted.0.len(), &wanted.1), (196, &4.into()));
    let steps = [
        "opened",
        "migrated_file",
        "migrated_file:3",
        "noted_file",
        "noted_file:3",
        "written",
        "audited",
        "before_commit",
        "committed",
        "dead_letters_committed",
        "published",
        "entered",
    ];
    let published = steps.iter().position(|step| *step == "before_commit").unwrap();
    for (index, step) in steps.into_iter().enumerate() {
        let project = project.copied();
        // What is refused is asked about; the approval publishes.
        let approves = index >= published && step != "entered";
        if approves {
            project.expect(3, &["run"]);
        }
        let approval = ["gate", "approve", "orders", "--reason", "agreed", "--as", "ada"];
        let verb: &[&str] = if approves { &approval } else { &["run"] };
        assert!(killed_at(&project, step, verb).is_none(), "{step} was not reached");
        let before: Vec<String> = project.files("orders");
        let written: Vec<String> =
            project.files_on_disk("orders").into_iter().filter(|file| !before.contains(file)).collect();
        if project.run(&["run"]).code == Some(3) {
            approve(&project);
        }
        assert_eq!(project.rows("orders"), wanted.0, "{step}");
        assert_eq!(project.json(0, &["dlq", "show", "orders"])["rows_refused"], wanted.1, "{step}");
        settled(&project);
        if step.starts_with("noted_file") || step == "written" || step == "audited" {
            let now = project.files("orders");
            assert!(written.iter().any(|file| now.contains(file)), "{step}: what was finished was done again");
        }
    }
}

/// Two million rows in several files, within the memory that the project allows.
#[test]
fn two_million_rows_within_the_limit() {
    let project = Project::new()
        .pipeline(&["small: { source: { files: 'landing/*.csv' } }", "orders: {}"])
        .write("landing/1.csv", format!("n\n{}", (0..1_450).map(|n| format!("{n}\n")).collect::<String>()))
        .write(
            "models/orders.sql",
            "SELECT a.n * 1450 + b.n AS id, 'a text of some length' AS name FROM small a CROSS JOIN small b",
        );
    project.put("plimsoll.toml", "name = \"wide\"\nmemory = \"64 MiB\"\n");
    project.put_contract("small", &["name: n, logicalType: integer, physicalType: bigint, required: true"], "");
    let id = |more: &str| format!("name: id, logicalType: integer, physicalType: bigint{more}");
    changed(&project, &[&id(""), NAME]);
    project.expect(0, &["run"]);
    assert_eq!(project.count("orders"), 2_102_500);
    changed(
        &project,
        &[&id(", required: true"), "name: name, logicalType: string, logicalTypeOptions: { maxLength: 30 }"],
    );
    project.put_pipeline(&[
        "small: { source: { files: 'landing/*.csv' } }",
        "orders: { table: { write: overwrite, partition_by: [{ bucket: id, count: 4 }] } }",
    ]);
    assert_eq!(project.json(0, &["plan"])["stages"][1]["migration"]["size"]["rows"], 2_102_500);
    let (output, peak) = measured(&project, &["run", "--json"]);
    assert_eq!(output.code, Some(0), "{}", output.both());
    assert_eq!(project.count("orders"), 2_102_500);
    eprintln!("migrating 2,102,500 rows: {} MiB at most", peak >> 20);
    assert!(peak < 160 << 20, "{} MiB", peak >> 20);
}
