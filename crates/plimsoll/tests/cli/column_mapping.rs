//! Tables whose files know columns by names of their own: what is renamed or dropped in the log alone, and read all the same.

use serde_json::{Value, json};

use crate::delta::Table;
use crate::migrations::{AMOUNT, CSV, ID, NAME, agreed, approve, changed, column, migrate, says, settled};
use crate::process::killed_at;
use crate::project::{Project, dataset};

pub const NAMED: &str = "id: n, name: name, logicalType: string";
pub const RENAMED: &str = "id: n, name: customer, physicalName: name, logicalType: string";

/// How `orders` is kept, beside that its columns are mapped; its files may go once they are read.
pub fn kept(table: &str) -> String {
    format!(
        "orders: {{ source: {{ files: 'landing/*.csv', vanished: keep }}, \
         table: {{ {table}, column_mapping: true }}, on_violation: {{ above: 40% }} }}"
    )
}

pub fn unmapped() -> &'static str {
    "orders: { source: { files: 'landing/*.csv', vanished: keep }, on_violation: { above: 40% } }"
}

/// A published table whose file is gone.
pub fn stored(table: &str, properties: &[&str], csv: &str) -> Project {
    let project = Project::new().contract("orders", properties).pipeline(&[&kept(table)]).write("landing/1.csv", csv);
    project.expect(0, &["run"]);
    project.remove("landing/1.csv");
    project
}

pub fn table(project: &Project) -> Table {
    Table::open(&project.table("orders"))
}

/// The name that files know a column by.
pub fn known(project: &Project, name: &str) -> String {
    table(project).mapping().into_iter().find(|(column, ..)| column == name).unwrap().1
}

fn work(project: &Project) -> Value {
    project.json(0, &["plan"])["migrations"][0]["migration"].clone()
}

pub fn is_in_the_log_alone(project: &Project) {
    let migration = work(project);
    assert_eq!(migration["work"], "metadata", "{migration}");
    assert_eq!(migration["touches"], json!({ "files": 0, "rows": 0, "bytes": 0 }), "{migration}");
    says(&project.expect(0, &["plan"]), &["orders is migrated, metadata only: the log alone, no row"]);
}

#[test]
fn a_table_is_made_with_names_and_ids_of_its_own() {
    let project = stored("write: append", &[ID, NAME, AMOUNT], CSV);
    let made = table(&project);
    assert_eq!((&made.protocol["minReaderVersion"], &made.protocol["minWriterVersion"]), (&json!(2), &json!(5)));
    assert_eq!(made.properties["delta.columnMapping.mode"], "name");
    assert_eq!(made.properties["delta.columnMapping.maxColumnId"], "3");
    let ids: Vec<Option<i64>> = made.mapping().iter().map(|(.., id)| *id).collect();
    assert_eq!(ids, [Some(1), Some(2), Some(3)]);
    assert!(made.mapping().iter().all(|(_, known, _)| known.starts_with("col-") && known.len() == 40));
    // The files have those names and ids; the log's statistics have the names.
    let path = project.table("orders").join(&made.files()[0]);
    let reader = parquet::file::reader::SerializedFileReader::try_from(path.as_path()).unwrap();
    let metadata = parquet::file::reader::FileReader::metadata(&reader).file_metadata().clone();
    let fields: Vec<(String, i32)> = metadata
        .schema()
        .get_fields()
        .iter()
        .map(|field| (field.name().to_owned(), field.get_basic_info().id()))
        .collect();
    let wanted: Vec<(String, i32)> =
        made.mapping().into_iter().map(|(_, known, id)| (known, id.unwrap() as i32)).collect();
    assert_eq!(fields, wanted);
    let add = made.newest.iter().find_map(|action| action.get("add")).unwrap();
    let stats: Value = serde_json::from_str(add["stats"].as_str().unwrap()).unwrap();
    assert_eq!(stats["maxValues"][known(&project, "amount")], 30, "{stats}");
    assert_eq!(column(&project, "name"), ["Ann Lee".into(), "Bob Ray".into(), Value::Null]);
    settled(&project);
}

#[test]
fn a_name_changes_in_the_log_alone() {
    let project = stored("write: append", &[ID, NAMED, AMOUNT], CSV);
    let before = (project.files("orders"), project.files_on_disk("orders"), known(&project, "name"));
    changed(&project, &[ID, RENAMED, AMOUNT]);
    is_in_the_log_alone(&project);
    agreed(&project, "rename `name` to `customer`. Who reads it by its old name breaks");
    assert_eq!((project.files("orders"), project.files_on_disk("orders"), known(&project, "customer")), before);
    let actions: Vec<String> =
        table(&project).newest.iter().flat_map(|action| action.as_object().unwrap().keys().cloned()).collect();
    assert!(!actions.iter().any(|action| action == "add" || action == "remove"), "{actions:?}");
    assert_eq!(column(&project, "customer"), ["Ann Lee".into(), "Bob Ray".into(), Value::Null]);
    // Files of before and after side by side.
    project.put("landing/2.csv", "id,name,amount\n4,Cyd,40\n");
    migrate(&project);
    assert_eq!(column(&project, "customer"), ["Ann Lee".into(), "Bob Ray".into(), Value::Null, Value::from("Cyd")]);
    // Two columns change places by name.
    let (first, second) = ("id: a, name: a, logicalType: string", "id: b, name: b, logicalType: string");
    let project = stored("write: append", &[ID, first, second], "id,a,b\n1,x,y\n");
    let files = project.files("orders");
    changed(
        &project,
        &[
            ID,
            "id: b, name: a, physicalName: b, logicalType: string",
            "id: a, name: b, physicalName: a, logicalType: string",
        ],
    );
    agreed(&project, "rename `b` to `a`");
    assert_eq!(table(&project).rows(), [r#"{"id":1,"a":"y","b":"x"}"#]);
    assert_eq!(project.files("orders"), files);
}

#[test]
fn a_column_less_and_the_same_name_again() {
    let project = stored("write: append", &[ID, NAME, AMOUNT], CSV);
    let (files, before) = (project.files("orders"), known(&project, "name"));
    changed(&project, &[ID, AMOUNT]);
    is_in_the_log_alone(&project);
    agreed(&project, "drop `name`. Who reads it breaks; its values stay in the files");
    assert_eq!(project.files("orders"), files);
    assert_eq!(table(&project).rows()[0], r#"{"id":1,"amount":10}"#);
    // It does not come back with its old values.
    changed(&project, &[ID, AMOUNT, NAME]);
    is_in_the_log_alone(&project);
    migrate(&project);
    assert_eq!(column(&project, "name"), [Value::Null, Value::Null, Value::Null]);
    assert_ne!(known(&project, "name"), before);
    assert_eq!(table(&project).properties["delta.columnMapping.maxColumnId"], "4");
    project.put("landing/2.csv", "id,name,amount\n4,Cyd,40\n");
    migrate(&project);
    assert_eq!(column(&project, "name"), [Value::Null, Value::Null, Value::Null, "Cyd".into()]);
    says(
        &project.expect(
            0,
            &["contract", "test", "openspec/specs/tests/orders.odcs.yaml", "--data", "orders=warehouse/orders"],
        ),
        &["4"],
    );
}

/// What must not be read any more does not stay in the files.
#[test]
fn a_classified_column_is_dropped_from_all_files() {
    let classified = "name: name, logicalType: string, classification: personal";
    let project = stored("write: append", &[ID, classified, AMOUNT], CSV);
    let before = known(&project, "name");
    changed(&project, &[ID, AMOUNT]);
    let migration = work(&project);
    assert_eq!((&migration["work"], &migration["touches"]["rows"]), (&json!("rewrite"), &json!(3)), "{migration}");
    says(&project.expect(0, &["plan"]), &["drop `name`, in all files as it is classified personal", "rewrite: 3 rows"]);
    agreed(&project, "Its values are gone from the table");
    for file in project.files("orders") {
        let bytes = project.read_bytes(&format!("warehouse/orders/{file}"));
        let has = |word: &str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
        assert!(!has(&before) && !has("Ann Lee"), "{file}");
    }
    assert_eq!(table(&project).rows()[2], r#"{"id":3,"amount":30}"#);
}

#[test]
fn partitions_are_what_they_were_under_another_name() {
    let day = "id: d, name: at, logicalType: date";
    let place = "id: p, name: place, logicalType: string";
    let csv = "id,at,place\n1,2024-01-01,DE\n2,2024-01-02,FR\n3,2024-01-02,\n";
    let by = |day: &str, place: &str| {
        kept(&format!("write: replace_partitions, partition_by: [{{ month: {day} }}, {place}]"))
    };
    let project = Project::new()
        .contract("orders", &[ID, day, place])
        .pipeline(&[&by("at", "place")])
        .write("landing/1.csv", csv);
    project.expect(0, &["run"]);
    project.remove("landing/1.csv");
    assert_eq!(
        table(&project).partitions(),
        ["at_month=2024-01/place=DE", "at_month=2024-01/place=FR", "at_month=2024-01/place=NULL"]
    );
    let files = project.files("orders");
    changed(
        &project,
        &[
            ID,
            "id: d, name: sold_at, physicalName: at, logicalType: date",
            "id: p, name: land, physicalName: place, logicalType: string",
        ],
    );
    project.put_pipeline(&[&by("sold_at", "land")]);
    is_in_the_log_alone(&project);
    agreed(&project, "rename `at` to `sold_at`");
    assert_eq!(project.files("orders"), files);
    assert_eq!(column(&project, "land"), ["DE".into(), "FR".into(), Value::Null]);
    // A partition that is delivered again replaces the old one, which was written under the old name.
    project.put("landing/2.csv", "id,at,place\n20,2024-01-09,FR\n");
    migrate(&project);
    assert_eq!(column(&project, "id"), [1, 20, 3]);
    let partition = |land: &str| format!("land={land}/sold_at_month=2024-01");
    assert_eq!(table(&project).partitions(), ["DE", "FR", "NULL"].map(partition));
}

#[test]
fn a_merge_finds_its_key_under_another_name() {
    let key = "id: k, name: id, logicalType: integer, physicalType: bigint, required: true, primaryKey: true, primaryKeyPosition: 1";
    let named = "id: k, name: number, physicalName: id, logicalType: integer, physicalType: bigint, required: true, primaryKey: true, primaryKeyPosition: 1";
    let project = stored("write: merge, key: [id]", &[key, NAMED, AMOUNT], CSV);
    let files = project.files("orders");
    changed(&project, &[named, RENAMED, AMOUNT]);
    project.put_pipeline(&[&kept("write: merge, key: [number]")]);
    is_in_the_log_alone(&project);
    agreed(&project, "rename `id` to `number`");
    assert_eq!(project.files("orders"), files);
    project.put("landing/2.csv", "id,name,amount\n2,Bea,21\n4,Cyd,40\n");
    let report = migrate(&project);
    assert_eq!(dataset(&report, "orders")["rows_published"], 2, "{report}");
    let rows = [
        r#"{"number":1,"customer":"Ann Lee","amount":10}"#,
        r#"{"number":2,"customer":"Bea","amount":21}"#,
        r#"{"number":3,"customer":null,"amount":30}"#,
        r#"{"number":4,"customer":"Cyd","amount":40}"#,
    ];
    assert_eq!(table(&project).rows(), rows);
}

/// Checks that are new with the other name look at rows that were written under the old one.
#[test]
pub fn stored_rows_are_held_against_checks_under_the_new_name() {
    let amount = "id: a, name: amount, logicalType: integer, physicalType: int";
    let bound = "id: a, name: price, physicalName: amount, logicalType: integer, physicalType: int, required: true, unique: true, logicalTypeOptions: { maximum: 25 }";
    let project = stored("write: append", &[ID, NAME, amount], CSV);
    changed(&project, &[ID, NAME, bound]);
    agreed(&project, "rename `amount` to `price`");
    assert_eq!(
        table(&project).rows(),
        [r#"{"id":1,"name":"Ann Lee","price":10}"#, r#"{"id":2,"name":"Bob Ray","price":20}"#]
    );
    says(&project.expect(0, &["dlq", "show", "orders"]), &["price.range"]);
    // One that nothing breaks: the file stays, and the whole is audited as it is.
    let project = stored("write: append", &[ID, NAME, amount], "id,name,amount\n1,a,10\n2,b,10\n");
    let files = project.files("orders");
    changed(
        &project,
        &[ID, NAME, "id: a, name: price, physicalName: amount, logicalType: integer, physicalType: int, unique: true"],
    );
    let report = project.json(3, &["run"]);
    let asks = dataset(&report, "orders")["gate"]["asks"].to_string();
    assert!(asks.contains("price.unique") && asks.contains("rename"), "{asks}");
    assert_eq!(project.files("orders"), files);
}

/// A table that is there is mapped by one commit, and its files keep their names.
#[test]
fn a_table_that_is_there_is_mapped() {
    let project =
        Project::new().contract("orders", &[ID, NAMED, AMOUNT]).pipeline(&[unmapped()]).write("landing/1.csv", CSV);
    project.expect(0, &["run"]);
    project.remove("landing/1.csv");
    let files = project.files("orders");
    let both = project.copied();
    project.put_pipeline(&[&kept("write: append")]);
    is_in_the_log_alone(&project);
    says(&project.expect(0, &["plan"]), &["map columns by name; the files keep theirs"]);
    migrate(&project);
    let now = table(&project);
    assert_eq!(
        now.mapping(),
        [
            ("id".into(), "id".into(), Some(1)),
            ("name".into(), "name".into(), Some(2)),
            ("amount".into(), "amount".into(), Some(3))
        ]
    );
    assert_eq!((&now.protocol["minReaderVersion"], &now.protocol["minWriterVersion"]), (&json!(2), &json!(5)));
    assert_eq!(project.files("orders"), files);
    // Switched off again at once, it is the table that it was.
    let off = project.copied();
    off.put_pipeline(&[unmapped()]);
    says(&off.expect(0, &["plan"]), &["back to version 0"]);
    migrate(&off);
    assert_eq!((off.files("orders"), off.rows("orders")), (files.clone(), off.rows_at("orders", 0)));
    assert!(table(&off).mapping().iter().all(|(name, known, id)| name == known && id.is_none()));
    assert_eq!(off.json(0, &["drift"])["items"], json!([]));
    changed(&project, &[ID, RENAMED, AMOUNT, "name: gate, logicalType: string"]);
    agreed(&project, "rename `name`");
    project.put("landing/2.csv", "id,name,amount,gate\n4,Cyd,40,B7\n");
    migrate(&project);
    assert_eq!(project.files("orders").len(), files.len() + 1);
    assert_eq!(known(&project, "customer"), "name");
    assert!(known(&project, "gate").starts_with("col-"));
    assert_eq!(table(&project).rows()[3], r#"{"id":4,"customer":"Cyd","amount":40,"gate":"B7"}"#);
    // Both at once are one commit too.
    both.put_pipeline(&[&kept("write: append")]);
    changed(&both, &[ID, RENAMED, AMOUNT]);
    is_in_the_log_alone(&both);
    agreed(&both, "rename `name`");
    assert_eq!((both.version("orders"), both.files("orders")), (1, files));
    assert_eq!(column(&both, "customer"), ["Ann Lee".into(), "Bob Ray".into(), Value::Null]);
}

/// Without the option all files get the table's names; what was dropped is gone.
#[test]
fn a_table_is_mapped_no_more() {
    let project = stored("write: append", &[ID, NAMED, AMOUNT], CSV);
    changed(&project, &[ID, RENAMED]);
    agreed(&project, "drop `amount`");
    let files = project.files("orders");
    project.put_pipeline(&[unmapped()]);
    assert_eq!(work(&project)["work"], "rewrite");
    says(&project.expect(0, &["plan"]), &["map columns no more; the files get the table's names", "rewrite: 3 rows"]);
    migrate(&project);
    let now = table(&project);
    assert!(project.files("orders").iter().all(|file| !files.contains(file)));
    assert_eq!(now.properties["delta.columnMapping.mode"], "none");
    assert_eq!(now.mapping(), [("id".into(), "id".into(), None), ("customer".into(), "customer".into(), None)]);
    assert_eq!(column(&project, "customer"), ["Ann Lee".into(), "Bob Ray".into(), Value::Null]);
    // A protocol does not go back: earlier versions of the table still need it.
    assert_eq!(now.protocol["minReaderVersion"], 2);
    assert_eq!(project.json(0, &["drift"])["items"], json!([]));
    project.put("landing/2.csv", "id,name\n4,Cyd\n");
    migrate(&project);
    // Mapped anew, no id is given twice.
    project.put_pipeline(&[&kept("write: append")]);
    changed(&project, &[ID, RENAMED, "name: gate, logicalType: string"]);
    is_in_the_log_alone(&project);
    migrate(&project);
    let ids: Vec<Option<i64>> = table(&project).mapping().iter().map(|(.., id)| *id).collect();
    assert_eq!(ids, [Some(4), Some(5), Some(6)]);
    assert_eq!(column(&project, "customer")[3], "Cyd");
}

#[test]
fn taken_back_names_and_values_are_there_again() {
    let project = Project::new()
        .contract("orders", &[ID, NAMED, AMOUNT])
        .pipeline(&[&kept("write: append")])
        .write("landing/1.csv", CSV);
    project.expect(0, &["run"]);
    let before = (project.rows("orders"), project.files("orders"), table(&project).mapping());
    changed(&project, &[ID, RENAMED, "name: gate, logicalType: string"]);
    agreed(&project, "drop `amount`");
    let middle = known(&project, "gate");
    project.put("landing/2.csv", "id,name,amount,gate\n4,Cyd,40,B7\n");
    migrate(&project);
    project.remove("landing/2.csv");
    let gone = project.copied();
    project.put("landing/2.csv", "id,name,amount,gate\n4,Cyd,40,B7\n");
    changed(&project, &[ID, NAMED, AMOUNT]);
    says(&project.expect(0, &["plan"]), &["back to version 0, before the migration"]);
    agreed(&project, "Back to version 0: drop `gate`");
    let back = Table::at(&project.table("orders"), 3);
    let (rows, files, mapping) = before;
    assert_eq!((back.rows()[..3].to_vec(), back.mapping()), (rows, mapping));
    assert!(files.iter().all(|file| back.files().contains(file)), "{files:?}");
    assert_eq!(column(&project, "amount"), [10, 20, 30, 40]);
    // The column that was there for a while has its name alone.
    changed(&project, &[ID, NAMED, AMOUNT, "name: gate, logicalType: string"]);
    migrate(&project);
    assert_ne!(known(&project, "gate"), middle);
    assert_eq!(column(&project, "gate"), [Value::Null, Value::Null, Value::Null, Value::Null]);
    // Where it cannot go back, it is migrated back: the log alone, and the values of the dropped column are not seen again.
    changed(&gone, &[ID, NAMED, AMOUNT]);
    is_in_the_log_alone(&gone);
    agreed(&gone, "rename `customer` to `name`");
    assert_eq!(column(&gone, "name"), ["Ann Lee".into(), "Bob Ray".into(), Value::Null, Value::from("Cyd")]);
    assert_eq!(column(&gone, "amount"), [Value::Null, Value::Null, Value::Null, Value::Null]);
}

/// Killed at every step, the next run has one table; names that a finished file was written with stay good.
#[test]
fn killed_at_every_step_of_a_mapped_table() {
    let fill = |column: &str, sql: &str| {
        format!("{column}, customProperties: [{{ property: fill, value: \"{sql}\", vendor: plimsoll }}]")
    };
    let project = Project::new().contract("orders", &[ID, NAMED, AMOUNT]).pipeline(&[&kept("write: append")]);
    for number in 0..3 {
        let file = format!("landing/{number}.csv");
        project.put(&file, format!("id,name,amount\n{number},n{number},{number}\n"));
        project.expect(0, &["run"]);
        project.remove(&file);
    }
    let doubled = fill("name: twice, logicalType: integer, physicalType: bigint", "amount * 2");
    let log: &[&str] = &[ID, RENAMED];
    let written: &[&str] = &[ID, RENAMED, AMOUNT, &doubled];
    for (new, steps) in [
        (log, &["opened", "written", "audited", "entered"][..]),
        (written, &["migrated_file", "noted_file", "noted_file:2", "written", "audited"][..]),
    ] {
        let clean = project.copied();
        changed(&clean, new);
        clean.expect(3, &["run"]);
        approve(&clean);
        let wanted = clean.rows("orders");
        assert!(wanted.iter().all(|row| new != written || !row.contains("\"twice\":null")), "{wanted:?}");
        for step in steps {
            let project = project.copied();
            changed(&project, new);
            assert!(killed_at(&project, step, &["run"]).is_none(), "{step} was not reached");
            project.expect(3, &["run"]);
            approve(&project);
            assert_eq!(project.rows("orders"), wanted, "{step}");
            settled(&project);
        }
        for step in ["before_commit", "committed"] {
            let project = project.copied();
            changed(&project, new);
            project.expect(3, &["run"]);
            let approve = ["gate", "approve", "orders", "--reason", "agreed", "--as", "ada"];
            assert!(killed_at(&project, step, &approve).is_none(), "{step} was not reached");
            project.expect(0, &["run"]);
            assert_eq!(project.rows("orders"), wanted, "{step}");
            // What a migration has noted of its files goes with the next that looks.
            assert_eq!(project.json(0, &["run"])["outcome"], "nothing", "{step}");
        }
    }
}
