//! A small shop that keeps its tables in every way there is: a source and a model for each write mode, dead letters in both, and
//! increments that add, replace and correct rows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::delta::Table;
use crate::project::Project;

pub const SETTINGS: &str = "name = \"shop\"\nenvironment = \"development\"\nwarehouse = \"warehouse\"\nledger = \"sqlite:.plimsoll/ledger.db\"\nconcurrency = 2\n";

pub const DATASETS: [&str; 8] =
    ["orders_raw", "customers", "prices", "rates", "orders", "order_log", "shares", "totals"];

const PIPELINE: &str = r#"pipeline: shop
datasets:
  orders_raw: { source: { files: "landing/orders/*.csv" }, table: { write: append } }
  customers: { source: { files: "landing/customers/*.csv" }, table: { write: merge, key: [id] } }
  prices: { source: { files: "landing/prices/*.csv" }, table: { write: replace_partitions, partition_by: [day] } }
  rates: { source: { files: "landing/rates/*.csv" }, table: { write: overwrite } }
  orders:
    incremental: { from: orders_raw }
    table: { write: merge, key: [id], partition_by: [{ bucket: id, count: 2 }] }
    retry: { attempts: 1 }
  order_log: { incremental: { from: orders_raw }, table: { write: append } }
  shares:
    incremental: { from: orders }
    table: { write: replace_partitions, partition_by: [{ bucket: id, count: 2 }] }
  totals: {}
"#;

const CONTRACT: &str = r#"apiVersion: v3.1.0
kind: DataContract
id: shop
name: Shop
version: 1.0.0
status: active
schema:
  - name: orders_raw
    properties:
      - { name: id, logicalType: integer, physicalType: bigint, required: true }
      - { name: customer, logicalType: integer, physicalType: bigint, required: true }
      - { name: day, logicalType: date, required: true }
      - { name: amount, logicalType: integer, physicalType: bigint, required: true, logicalTypeOptions: { minimum: 0 } }
  - name: customers
    properties:
      - { name: id, logicalType: integer, physicalType: bigint, required: true, primaryKey: true }
      - { name: name, logicalType: string, required: true }
  - name: prices
    properties:
      - { name: day, logicalType: date, required: true }
      - { name: item, logicalType: string, required: true }
      - { name: price, logicalType: integer, physicalType: bigint, required: true }
  - name: rates
    properties:
      - { name: code, logicalType: string, required: true }
      - { name: rate, logicalType: number, required: true }
  - name: orders
    properties:
      - { name: id, logicalType: integer, physicalType: bigint, required: true, primaryKey: true }
      - { name: customer, logicalType: integer, physicalType: bigint, required: true }
      - { name: amount, logicalType: integer, physicalType: bigint, required: true, logicalTypeOptions: { maximum: 900 } }
  - name: order_log
    properties:
      - { name: id, logicalType: integer, physicalType: bigint, required: true }
      - { name: amount, logicalType: integer, physicalType: bigint, required: true, logicalTypeOptions: { maximum: 900 } }
  - name: shares
    properties:
      - { name: id, logicalType: integer, physicalType: bigint, required: true }
      - { name: amount, logicalType: integer, physicalType: bigint }
  - name: totals
    properties:
      - { name: customer, logicalType: integer, physicalType: bigint, required: true }
      - { name: name, logicalType: string }
      - { name: amount, logicalType: integer, physicalType: bigint }
"#;

const MODELS: [(&str, &str); 4] = [
    ("orders", "SELECT id, customer, amount FROM orders_raw"),
    ("order_log", "SELECT id, amount FROM orders_raw"),
    ("shares", "SELECT id, sum(amount) AS amount FROM orders GROUP BY id"),
    (
        "totals",
        "SELECT o.customer, c.name, sum(o.amount) AS amount FROM orders AS o \
         LEFT JOIN customers AS c ON c.id = o.customer GROUP BY o.customer, c.name",
    ),
];

/// The project, with nothing delivered yet.
pub fn project() -> Project {
    let mut project = Project::new()
        .write("plimsoll.toml", SETTINGS)
        .write("pipelines/shop.yaml", PIPELINE)
        .write("openspec/specs/shop/shop.odcs.yaml", CONTRACT);
    for (name, sql) in MODELS {
        project = project.write(&format!("models/{name}.sql"), sql);
    }
    project
}

/// The project with this many deliveries in its landing folders.
pub fn delivered(count: i64) -> Project {
    let project = project();
    (1..=count).for_each(|number| deliver(&project, number));
    project
}

/// The `number`-th delivery: one file per source. Ids overlap with the delivery before, so a merge has rows to replace.
pub fn deliver(project: &Project, number: i64) {
    for (path, text) in files(number) {
        project.put(&format!("landing/{path}"), text);
    }
}

/// Paths below the landing folder, and what stands in the files: at most one row in twenty is refused.
pub fn files(number: i64) -> [(String, String); 4] {
    let mut orders = String::from("id,customer,day,amount\n");
    for i in 0..240 {
        let id = (number - 1) * 150 + i;
        let amount = match i {
            17 | 111 => "-5".to_owned(),
            42 => "abc".to_owned(),
            64 | 65 => "950".to_owned(),
            _ => ((id * 37 + number * 11) % 800).to_string(),
        };
        orders.push_str(&format!("{id},{},2024-01-{:02},{amount}\n", i % 7, i % 28 + 1));
    }
    let mut customers = String::from("id,name\n,nobody\n");
    let mut prices = String::from("day,item,price\n2024-02-31,item,5\n");
    let mut rates = String::from("code,rate\nZZZ,\n");
    for i in 0..30 {
        customers.push_str(&format!("{},\"name {i}, delivery {number}\"\n", i + (number - 1) * 3));
        prices.push_str(&format!("2024-01-{:02},item{i},{}\n", i % 3 + number * 2, i * number));
        rates.push_str(&format!("C{i},{i}.{number}\n"));
    }
    let named = |folder: &str, text: String| (format!("{folder}/{number}.csv"), text);
    [named("orders", orders), named("customers", customers), named("prices", prices), named("rates", rates)]
}

/// All tables and all dead letters, without what differs from run to run.
pub fn contents(project: &Project) -> BTreeMap<String, Vec<String>> {
    let mut contents = BTreeMap::new();
    for dataset in DATASETS {
        contents.insert(dataset.to_owned(), project.rows(dataset));
        let dead = format!("_dead_letters/{dataset}");
        let letters = Table::open(&project.table(&dead)).objects().into_iter().map(|mut letter| {
            letter.remove("run");
            letter.remove("refused_at");
            Value::Object(letter).to_string()
        });
        let mut letters: Vec<String> = letters.collect();
        letters.sort();
        contents.insert(dead, letters);
    }
    contents
}

/// Says which table differs and by which rows, not all that is in them.
pub fn assert_same(found: &BTreeMap<String, Vec<String>>, wanted: &BTreeMap<String, Vec<String>>, when: &str) {
    for (table, wanted) in wanted {
        let found = &found[table];
        if found != wanted {
            let lost: Vec<&String> = wanted.iter().filter(|row| !found.contains(row)).take(5).collect();
            let extra: Vec<&String> = found.iter().filter(|row| !wanted.contains(row)).take(5).collect();
            panic!(
                "{when}: {table} has {} rows instead of {}; lost {lost:?}; not wanted {extra:?}",
                found.len(),
                wanted.len()
            );
        }
    }
}

/// Files in the warehouse that no commit names, and leftovers in the folder of local state: nothing may stay there.
pub fn orphans(project: &Project) -> Vec<String> {
    let mut orphans = Vec::new();
    let warehouse = project.path("warehouse");
    for parent in [warehouse.clone(), warehouse.join("_dead_letters")] {
        for table in folders(&parent).into_iter().filter(|table| !table.ends_with("_dead_letters")) {
            let named = named(&table);
            all_files(&table, &mut |path| {
                let name = path.strip_prefix(&table).unwrap().to_string_lossy().into_owned();
                let of_log = name.strip_prefix("_delta_log/").is_some_and(|log| !log.contains('#'));
                if !of_log && !named.contains(&name) {
                    orphans.push(path.strip_prefix(&warehouse).unwrap().to_string_lossy().into_owned());
                }
            });
        }
    }
    all_files(&project.path(".plimsoll/spill"), &mut |path| {
        if !path.ends_with(".lock") {
            orphans.push(path.to_string_lossy().into_owned());
        }
    });
    orphans.sort();
    orphans
}

fn named(table: &Path) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    all_files(&table.join("_delta_log"), &mut |path| {
        if path.extension().is_none_or(|ending| ending != "json") {
            return;
        }
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let action: Value = serde_json::from_str(line).unwrap();
            named.extend(["add", "remove"].iter().filter_map(|kind| action[kind]["path"].as_str().map(str::to_owned)));
        }
    });
    named
}

fn folders(parent: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(parent) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
}

fn all_files(folder: &Path, see: &mut impl FnMut(&Path)) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { all_files(&path, see) } else { see(&path) }
    }
}
