//! Models are analysed against three contracts; what is said about them is the snapshot.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod conforms;
mod errors;
mod types;

use contract::{Column, ContractRef, DataType, Dataset, Diagnostic, DriftPolicy};

use super::{Catalog, analyse};

const I32: DataType = DataType::Integer { bits: 32, signed: true };
const I64: DataType = DataType::Integer { bits: 64, signed: true };
const F64: DataType = DataType::Float { bits: 64 };
const MONEY: DataType = DataType::Decimal { precision: 10, scale: 2 };
const INSTANT: DataType = DataType::Timestamp { zoned: true };

/// `!` after a name: required.
fn dataset<const N: usize>(name: &str, columns: [(&str, DataType); N]) -> Dataset {
    let column = |(name, data_type): (&str, DataType)| Column {
        name: name.trim_end_matches('!').into(),
        source_name: name.into(),
        data_type,
        required: name.ends_with('!'),
        format: None,
        time_zone: None,
        classification: None,
        id: None,
        fill: None,
        privacy: contract::Privacy::default(),
    };
    Dataset {
        name: name.into(),
        contract: ContractRef { id: name.into(), version: "1.0.0".into(), digest: "sha256:0".into() },
        columns: columns.into_iter().map(column).collect(),
        checks: Vec::new(),
        primary_key: Vec::new(),
        encryption: None,
        drift: DriftPolicy::default(),
    }
}

fn datasets() -> Vec<Dataset> {
    vec![
        dataset(
            "flights",
            [
                ("id!", I64),
                ("carrier!", DataType::String),
                ("origin", DataType::String),
                ("day!", DataType::Date),
                ("delay", I32),
                ("distance!", F64),
                ("at", INSTANT),
            ],
        ),
        dataset("airlines", [("carrier!", DataType::String), ("name!", DataType::String)]),
        dataset(
            "Orders",
            [
                ("OrderId!", I64),
                ("Amount!", MONEY),
                ("note", DataType::String),
                ("state", DataType::String),
                ("State", DataType::String),
            ],
        ),
    ]
}

fn catalog() -> Catalog {
    Catalog::new(&datasets())
}

/// Findings as lines, with the text that each is about.
fn shown(sql: &str, found: &[Diagnostic]) -> String {
    let line = |found: &Diagnostic| {
        let about = sql.get(found.span.start..found.span.end).unwrap_or("OUTSIDE");
        let help = found.help.as_deref().map(|help| format!("\n      help: {help}")).unwrap_or_default();
        let (line, column) = (found.span.line, found.span.column);
        format!(
            "  {} {} {line}:{column} [{}]\n      {}{help}\n",
            level(found),
            found.code,
            about.escape_debug(),
            found.message
        )
    };
    found.iter().map(line).collect()
}

fn level(found: &Diagnostic) -> &'static str {
    match found.level {
        contract::Level::Error => "error",
        contract::Level::Warning => "warning",
        contract::Level::Info => "info",
    }
}

/// Models of a project are analysed on several threads with one catalogue.
#[test]
fn a_catalog_is_shared() {
    let catalog = catalog();
    std::thread::scope(|scope| {
        let threads = [0, 1].map(|_| scope.spawn(|| analyse("m.sql", "SELECT id FROM flights", &catalog).is_ok()));
        assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
    });
}
