//! How long it takes to analyse a project of 1,000 models: `cargo run --release -p sql --example analyse_models`.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::time::Instant;

use contract::{Column, ContractRef, DataType, Dataset, DriftPolicy};

const MODELS: usize = 1_000;
const COLUMNS: usize = 12;

fn main() {
    let datasets = (0..=MODELS).map(dataset).collect::<Vec<_>>();
    let start = Instant::now();
    let catalog = sql::Catalog::new(&datasets);
    println!("catalogue of {} datasets: {:.1?}", datasets.len(), start.elapsed());
    let models = (1..=MODELS).map(model).collect::<Vec<_>>();
    let start = Instant::now();
    let inputs = models.iter().map(|sql| sql::inputs(sql).unwrap().len()).sum::<usize>();
    println!("{MODELS} models, {inputs} inputs found: {:.1?}", start.elapsed());
    let start = Instant::now();
    let columns = models.iter().map(|sql| sql::analyse("m.sql", sql, &catalog).unwrap().output.len()).sum::<usize>();
    println!("{MODELS} models, {columns} columns typed: {:.1?}", start.elapsed());
}

/// A join, a filter, a CASE and a window: what models usually hold.
fn model(at: usize) -> String {
    let before = at - 1;
    let more = (4..COLUMNS).map(|column| format!(",\n       a.c{column}")).collect::<String>();
    format!(
        "WITH recent AS (SELECT * FROM t{before} WHERE c2 > 10 AND c1 IS NOT NULL)\n\
         SELECT a.c0, coalesce(b.c1, 'none') AS c1, CASE WHEN a.c2 > 5 THEN a.c2 * 2 ELSE 0 END AS c2,\n       \
         row_number() OVER (PARTITION BY a.c1 ORDER BY a.c0) AS c3{more}\n\
         FROM recent a LEFT JOIN t0 b ON a.c0 = b.c0\nWHERE a.c3 BETWEEN 1 AND 100"
    )
}

fn dataset(at: usize) -> Dataset {
    let column = |column: usize| Column {
        required: column == 0,
        ..Column::plain(
            format!("c{column}"),
            if column == 1 { DataType::String } else { DataType::Integer { bits: 64, signed: true } },
        )
    };
    Dataset {
        name: format!("t{at}"),
        contract: ContractRef { id: format!("t{at}"), version: "1.0.0".into(), digest: "sha256:0".into() },
        columns: (0..COLUMNS).map(column).collect(),
        checks: Vec::new(),
        primary_key: Vec::new(),
        encryption: None,
        drift: DriftPolicy::default(),
    }
}
