//! Lineage against execution: a random query is run, one input column's values are changed, and it is run again. Every output
//! column whose values are then others must be one that lineage says depends on that input.
//!
//! The seed is told with the query, and `PLIMSOLL_LINEAGE_QUERIES` says how many queries are tried.
#![allow(clippy::unwrap_used, clippy::panic)]

mod queries;

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use contract::{Column, ContractRef, DataType, Dataset, DriftPolicy};
use datafusion::datasource::MemTable;
use datafusion::prelude::{SessionConfig, SessionContext};

use queries::{Dice, TABLES, Table};

/// Rows of each table: few enough for speed, many enough that joins and groups meet.
const ROWS: usize = 14;
/// Other values that are tried for each column.
const ROUNDS: usize = 3;

/// The values of one table, column by column.
type Values = Vec<ArrayRef>;

fn dataset(table: &Table) -> Dataset {
    let column = |(name, is_number): &(&str, bool)| {
        Column::plain(*name, if *is_number { DataType::Integer { bits: 64, signed: true } } else { DataType::String })
    };
    Dataset {
        name: table.name.into(),
        contract: ContractRef { id: "d".into(), version: "1.0.0".into(), digest: "sha256:0".into() },
        columns: table.columns.iter().map(column).collect(),
        checks: Vec::new(),
        primary_key: Vec::new(),
        encryption: None,
        drift: DriftPolicy::default(),
    }
}

/// Few different values, so that joins find partners and groups have several rows.
fn values(dice: &mut Dice, is_number: bool) -> ArrayRef {
    if is_number {
        let number = |dice: &mut Dice| (!dice.one_in(7)).then(|| dice.below(6) as i64 - 1);
        return Arc::new(Int64Array::from((0..ROWS).map(|_| number(dice)).collect::<Vec<_>>()));
    }
    let text = |dice: &mut Dice| (!dice.one_in(7)).then(|| dice.pick(&["a", "b", "ab", "B", "", "abc"]));
    Arc::new(StringArray::from((0..ROWS).map(|_| text(dice)).collect::<Vec<_>>()))
}

fn tables(dice: &mut Dice) -> Vec<Values> {
    TABLES.iter().map(|table| table.columns.iter().map(|(_, is_number)| values(dice, *is_number)).collect()).collect()
}

/// The values of each output column, in no order; the error's text where the query fails on these values.
async fn executed(sql: &str, datasets: &[Dataset], tables: &[Values]) -> Result<Vec<Vec<String>>, String> {
    let (sql, datasets, tables) = (sql.to_owned(), datasets.to_vec(), tables.to_vec());
    // The engine's own assertions end a task and not the test.
    let run = tokio::spawn(async move { run(&sql, &datasets, &tables).await });
    run.await.unwrap_or_else(|died| Err(died.to_string()))
}

async fn run(sql: &str, datasets: &[Dataset], tables: &[Values]) -> Result<Vec<Vec<String>>, String> {
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1));
    sql::register(&context);
    for (dataset, values) in datasets.iter().zip(tables) {
        let schema = sql::arrow_schema(dataset, sql::Nullable::All);
        let cast = values
            .iter()
            .zip(schema.fields())
            .map(|(values, field)| arrow::compute::cast(values, field.data_type()).unwrap());
        let batch = RecordBatch::try_new(schema.clone(), cast.collect()).unwrap();
        let table = MemTable::try_new(schema, vec![vec![batch]]).unwrap();
        context.register_table(dataset.name.as_str(), Arc::new(table)).unwrap();
    }
    let catalog = sql::Catalog::new(datasets);
    let statement = sql::statement("m.sql", sql, &catalog).map_err(|found| format!("{found:?}"))?;
    let plan = context.state().statement_to_plan(statement).await.map_err(|error| error.to_string())?;
    let width = plan.schema().fields().len();
    let frame = context.execute_logical_plan(plan).await.map_err(|error| error.to_string())?;
    let batches = frame.collect().await.map_err(|error| error.to_string())?;
    let mut columns = vec![Vec::new(); width];
    let options = FormatOptions::default().with_null("NULL");
    for batch in &batches {
        for (column, values) in columns.iter_mut().zip(batch.columns()) {
            let formatter = ArrayFormatter::try_new(values.as_ref(), &options).unwrap();
            column.extend((0..batch.num_rows()).map(|row| formatter.value(row).to_string()));
        }
    }
    columns.iter_mut().for_each(|column| column.sort());
    Ok(columns)
}

#[derive(Default)]
struct Tally {
    tried: usize,
    planned: usize,
    changed: usize,
}

/// Changes each input column in turn. Returns what lineage does not name.
async fn differences(sql: &str, dice: &mut Dice, tally: &mut Tally) -> Vec<String> {
    let datasets: Vec<Dataset> = TABLES.iter().map(dataset).collect();
    let base = tables(dice);
    tally.tried += 1;
    let Ok(before) = executed(sql, &datasets, &base).await else { return Vec::new() };
    tally.planned += 1;
    let lineage = sql::lineage::model("m.sql", sql, &sql::Catalog::new(&datasets), &datasets);
    assert_eq!(lineage.how, sql::lineage::How::Typed, "{sql}");
    assert_eq!(lineage.columns.len(), before.len(), "{sql}");
    let mut wrong = BTreeSet::new();
    for (number, table) in TABLES.iter().enumerate() {
        for (at, (name, is_number)) in table.columns.iter().enumerate() {
            for _ in 0..ROUNDS {
                let mut other = base.clone();
                other[number][at] = values(dice, *is_number);
                let Ok(after) = executed(sql, &datasets, &other).await else { continue };
                for (made, (before, after)) in lineage.columns.iter().zip(before.iter().zip(&after)) {
                    if before == after {
                        continue;
                    }
                    tally.changed += 1;
                    let is = |dataset: &str, column: &str| dataset == table.name && column == *name;
                    let named = made.direct.iter().any(|of| is(&of.dataset, &of.column))
                        || made.indirect.iter().any(|of| is(&of.dataset, &of.column));
                    if !named {
                        wrong.insert(format!("`{}` changes with {}.{name}", made.name, table.name));
                    }
                }
            }
        }
    }
    wrong.into_iter().collect()
}

#[test]
fn what_changes_is_what_lineage_names() {
    let count = std::env::var("PLIMSOLL_LINEAGE_QUERIES").ok().and_then(|text| text.parse().ok()).unwrap_or(40);
    let first: u64 = std::env::var("PLIMSOLL_LINEAGE_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut tally = Tally::default();
    let mut failures = Vec::new();
    for seed in first..first + count {
        let mut dice = Dice::new(seed);
        let sql = queries::query(&mut dice);
        let wrong = runtime.block_on(differences(&sql, &mut dice, &mut tally));
        if !wrong.is_empty() {
            failures.push(format!("seed {seed}: {}\n  {sql}", wrong.join("; ")));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(tally.planned * 10 >= tally.tried * 6, "too few of the random queries are valid: {}", tally.planned);
    assert!(tally.changed > tally.planned, "the changes are hardly ever felt");
}

/// The test can fail: lineage that leaves something out is found out.
#[test]
fn a_dependence_that_is_left_out_is_found() {
    let datasets: Vec<Dataset> = TABLES.iter().map(dataset).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut dice = Dice::new(7);
    let base = tables(&mut dice);
    let sql = "SELECT t.id AS c0 FROM t WHERE t.a > 1";
    let before = runtime.block_on(executed(sql, &datasets, &base)).unwrap();
    let changes = (0..20).any(|_| {
        let mut other = base.clone();
        other[0][1] = values(&mut dice, true);
        runtime.block_on(executed(sql, &datasets, &other)).unwrap() != before
    });
    assert!(changes, "changing what the filter looks at changes the rows");
}
