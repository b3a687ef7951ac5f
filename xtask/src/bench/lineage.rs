//! `lineage`: statements of a script followed column by column, on one core, beside the parsers of OpenLineage and sqlglot.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use anyhow::{Context, Result};
use serde_json::Value;

use super::scenario::{Contender, Scenario, Step, no_counts};
use super::scenarios::Plimsoll;
use crate::workspace;

const PACKAGES: &[&str] = &["openlineage-sql", "sqlglot"];
const SIMPLE: u64 = 5_000;
const HOPS: u64 = 2_000;
/// Where a script has its suites, beside the repository.
const SUITES: [(&str, &str); 3] =
    [("openlineage_sql.jsonl", "sqls"), ("sqlglot_lineage.jsonl", "sql"), ("sqllineage_columns.jsonl", "sql")];

pub fn scenario(plimsoll: &Rc<Plimsoll>) -> Result<Scenario> {
    let root = folder()?;
    std::fs::write(root.join("simple.sql"), simple()?)?;
    std::fs::write(root.join("hops.sql"), hops()?)?;
    let step = |name, rows| Step { name, rows: Some(rows), expected: None };
    Ok(Scenario {
        name: "lineage",
        about: "statements without schemas; in `hops` each reads what the one before it made",
        steps: vec![step("simple", SIMPLE), step("hops", HOPS)],
        contenders: contenders(plimsoll, &root, 0),
        packages: PACKAGES,
    })
}

/// The statements of other tools' tests, where they are; some of them nobody understands.
pub fn suite(plimsoll: &Rc<Plimsoll>) -> Result<Scenario> {
    let root = folder()?;
    let statements = statements()?;
    std::fs::write(root.join("suite.sql"), statements.join(";\n") + ";\n")?;
    let rows = statements.len() as u64;
    let mut contenders = contenders(plimsoll, &root, 1);
    if statements.is_empty() {
        contenders.iter_mut().for_each(|contender| contender.absent = Some("the suites are not here".to_owned()));
    }
    Ok(Scenario {
        name: "lineage-suite",
        about: "statements of the tests of OpenLineage, sqlglot and sqllineage, read as generic SQL",
        steps: vec![Step { name: "suite", rows: Some(rows), expected: None }],
        contenders,
        packages: PACKAGES,
    })
}

fn folder() -> Result<PathBuf> {
    let root = workspace::target()?.join("bench-work/lineage");
    std::fs::create_dir_all(&root).with_context(|| format!("cannot create {}", root.display()))?;
    Ok(root)
}

fn contenders(plimsoll: &Rc<Plimsoll>, root: &Path, code: i64) -> Vec<Contender> {
    let (binary, scripts) = (plimsoll.clone(), root.to_path_buf());
    let own = Contender {
        name: "plimsoll",
        absent: plimsoll.absent(),
        fresh: Box::new(|| Ok(())),
        command: Box::new(move |step, _| {
            Ok(binary.command(&["lineage", "sql", &format!("{step}.sql"), "--json"], &scripts))
        }),
        counts: no_counts,
        code,
    };
    vec![own, peer("openlineage", root), peer("sqlglot", root)]
}

fn peer(name: &'static str, root: &Path) -> Contender {
    let root = root.to_path_buf();
    Contender {
        name,
        absent: None,
        fresh: Box::new(|| Ok(())),
        command: Box::new(move |step, python| {
            let mut command = Command::new(python);
            command.arg(workspace::root()?.join("bench/lineage/peer.py")).arg(name);
            command.arg(root.join(format!("{step}.sql")));
            Ok(command)
        }),
        counts: no_counts,
        code: 0,
    }
}

fn simple() -> Result<String> {
    let mut text = String::new();
    for number in 0..SIMPLE {
        writeln!(
            text,
            "INSERT INTO target_{number} SELECT id, amount + tax AS total, upper(name) AS name FROM source_{number} WHERE id > {number};"
        )?;
    }
    Ok(text)
}

fn hops() -> Result<String> {
    let mut text = String::from("CREATE TABLE hop_0 AS SELECT id, value, day FROM beginning;\n");
    for number in 1..HOPS {
        let before = number - 1;
        writeln!(
            text,
            "CREATE TABLE hop_{number} AS SELECT h.id, h.value + d.rate AS value, h.day FROM hop_{before} h JOIN rates d ON h.day = d.day;"
        )?;
    }
    Ok(text)
}

fn statements() -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (file, key) in SUITES {
        let path = workspace::root()?.join("../shared/suites/lineage").join(file);
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for line in text.lines() {
            let case: Value = serde_json::from_str(line).with_context(|| format!("{} is broken", path.display()))?;
            let texts = match &case[key] {
                Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect(),
                Value::String(text) => vec![text.as_str()],
                _ => Vec::new(),
            };
            found.extend(texts.into_iter().map(|text| text.trim().trim_end_matches(';').to_owned()));
        }
    }
    found.retain(|statement| !statement.is_empty());
    Ok(found)
}
