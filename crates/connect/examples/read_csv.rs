//! Times reading a CSV file against arrow-csv: `read_csv FILE [PARTITIONS] [ours|arrow]`. With `make ROWS` instead, writes such a file.
//!
//! arrow-csv stops at the first bad value, so it reads the same columns as text when the file has any; `typed` reads the file
//! that `make ROWS clean` wrote.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::expect_used)]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use arrow::datatypes::{DataType as ArrowType, Field, Schema, TimeUnit};
use connect::Files;
use contract::{Column, ContractRef, DataType, Dataset, DriftPolicy};
use engine::{Progress, ReadRequest, Source};
use futures::StreamExt;
use pipeline::project::{CsvOptions, FileFormat, SourceSpec, Vanished};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let file = arguments.get(1).expect("a file");
    match arguments.get(2).map(String::as_str) {
        Some("make") => make(file, arguments[3].parse().unwrap(), arguments.get(4).is_some()),
        Some("arrow") => report("arrow-csv, typed", file, || with_arrow(file)),
        partitions => {
            let partitions = partitions.map_or(2, |partitions| partitions.parse().unwrap());
            report(&format!("connect, {partitions} streams"), file, || with_connect(file, partitions));
        }
    }
}

fn report(name: &str, file: &str, run: impl Fn() -> (usize, usize)) {
    let bytes = std::fs::metadata(file).unwrap().len() as f64;
    for _ in 0..3 {
        let start = Instant::now();
        let (rows, refused) = run();
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{name}: {rows} rows ({refused} refused) in {seconds:.2} s, {:.2} M rows/s, {:.0} MB/s",
            rows as f64 / seconds / 1e6,
            bytes / seconds / 1e6
        );
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("peak memory: {}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("unknown"));
}

fn columns() -> Vec<(&'static str, DataType)> {
    vec![
        ("id", DataType::Integer { bits: 64, signed: true }),
        ("quantity", DataType::Integer { bits: 32, signed: true }),
        ("price", DataType::Float { bits: 64 }),
        ("weight", DataType::Float { bits: 64 }),
        ("country", DataType::String),
        ("status", DataType::String),
        ("customer", DataType::String),
        ("ordered_on", DataType::Date),
        ("ordered_at", DataType::Timestamp { zoned: false }),
        ("discount", DataType::Integer { bits: 16, signed: true }),
    ]
}

fn make(file: &str, rows: u64, clean: bool) {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(file).unwrap());
    let names: Vec<&str> = columns().iter().map(|(name, _)| *name).collect();
    writeln!(out, "{}", names.join(",")).unwrap();
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    for row in 0..rows {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let quantity = if !clean && row % 100 == 50 { "many".to_owned() } else { (random % 10_000).to_string() };
        let country = ["DE", "FR", "US", "JP", "BR"][(random % 5) as usize];
        let status = ["open", "shipped", "returned"][(random >> 8) as usize % 3];
        writeln!(
            out,
            "{row},{quantity},{}.{:02},{}.{:04},{country},{status},customer-{:016x},2026-{:02}-{:02},2026-{:02}-{:02} {:02}:{:02}:{:02},{}",
            random % 1000,
            random % 100,
            random % 50,
            random % 10_000,
            random,
            random % 12 + 1,
            random % 28 + 1,
            random % 12 + 1,
            random % 28 + 1,
            random % 24,
            random % 60,
            (random >> 16) % 60,
            random % 90
        )
        .unwrap();
    }
}

fn with_arrow(file: &str) -> (usize, usize) {
    let fields = columns().into_iter().map(|(name, data_type)| {
        let data_type = match data_type {
            DataType::Integer { bits: 64, .. } => ArrowType::Int64,
            DataType::Integer { bits: 32, .. } => ArrowType::Int32,
            DataType::Integer { .. } => ArrowType::Int16,
            DataType::Float { .. } => ArrowType::Float64,
            DataType::Date => ArrowType::Date32,
            DataType::Timestamp { .. } => ArrowType::Timestamp(TimeUnit::Microsecond, None),
            _ => ArrowType::Utf8View,
        };
        Field::new(name, data_type, true)
    });
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let reader =
        arrow_csv::ReaderBuilder::new(schema).with_header(true).with_batch_size(8192).build(File::open(file).unwrap());
    (reader.unwrap().map(|batch| batch.unwrap().num_rows()).sum(), 0)
}

fn with_connect(file: &str, partitions: usize) -> (usize, usize) {
    let columns = columns().into_iter().map(|(name, data_type)| Column::plain(name, data_type));
    let dataset = Arc::new(Dataset {
        name: "orders".into(),
        contract: ContractRef { id: "orders".into(), version: "1.0.0".into(), digest: String::new() },
        columns: columns.collect(),
        checks: Vec::new(),
        primary_key: Vec::new(),
        encryption: None,
        drift: DriftPolicy::IgnoreExtra,
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(partitions).enable_all().build().unwrap();
    runtime.block_on(async {
        let source = Files::new(Path::new("."), &BTreeMap::new(), &|_| None);
        let spec = SourceSpec {
            files: file.into(),
            format: FileFormat::Csv(CsvOptions::default()),
            vanished: Vanished::Block,
        };
        let files = source.list(&spec).await.unwrap();
        let progress = Arc::new(Progress::default());
        let read =
            source.read(ReadRequest { dataset, spec, files, partitions, batch_rows: 8192, progress }).await.unwrap();
        let counts = read.streams.into_iter().map(|mut stream| {
            tokio::spawn(async move {
                let (mut rows, mut refused) = (0, 0);
                while let Some(batch) = stream.next().await {
                    let batch = batch.unwrap();
                    rows += batch.num_rows();
                    let conform = batch.column(batch.num_columns() - 1);
                    refused += conform.len() - conform.null_count();
                }
                (rows, refused)
            })
        });
        let counts = futures::future::join_all(counts).await;
        counts.into_iter().map(Result::unwrap).fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1))
    })
}
