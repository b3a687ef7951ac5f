//! `lint`: one contract, then a thousand, linted for shape and meaning; beside a program that validates the shape alone.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use anyhow::{Context, Result};

use super::scenario::{Contender, Scenario, Step, no_counts, peer_counts};
use super::scenarios::Plimsoll;
use crate::{command, workspace};

const PACKAGES: &[&str] = &["pyyaml", "jsonschema-rs"];
const STEPS: [(&str, u64); 2] = [("one", 1), ("thousand", 1000)];
/// Of each contract.
const PROPERTIES: u64 = 20;

pub fn scenario(plimsoll: &Rc<Plimsoll>) -> Result<Scenario> {
    let root = workspace::target()?.join("bench-work/lint");
    for (name, contracts) in STEPS {
        generate(&root.join(name), contracts)?;
    }
    if plimsoll.absent().is_none() {
        let schema = command::output(&mut plimsoll.command(&["contract", "schema"], &root))?;
        std::fs::write(root.join("schema.json"), schema)?;
    }
    let step = |(name, contracts)| Step { name, rows: Some(contracts), expected: Some((contracts, 0)) };
    Ok(Scenario {
        name: "lint",
        about: "contracts of 20 properties each, beside PyYAML in C and jsonschema-rs, which check the shape alone",
        steps: STEPS.into_iter().map(step).collect(),
        contenders: vec![validator(plimsoll, &root), linter(plimsoll, &root)],
        packages: PACKAGES,
    })
}

fn validator(plimsoll: &Rc<Plimsoll>, root: &Path) -> Contender {
    let root = root.to_path_buf();
    Contender {
        name: "jsonschema",
        // The schema comes from Plimsoll.
        absent: plimsoll.absent(),
        fresh: Box::new(|| Ok(())),
        command: Box::new(move |step, python| {
            let mut command = Command::new(python);
            command.arg(workspace::root()?.join("bench/lint/jsonschema_lint.py"));
            command.arg(root.join("schema.json")).arg(root.join(step));
            Ok(command)
        }),
        counts: peer_counts,
        code: 0,
    }
}

fn linter(plimsoll: &Rc<Plimsoll>, root: &Path) -> Contender {
    let (binary, root) = (plimsoll.clone(), root.to_path_buf());
    Contender {
        name: "plimsoll",
        absent: plimsoll.absent(),
        fresh: Box::new(|| Ok(())),
        command: Box::new(move |step, _| Ok(binary.command(&["contract", "lint", step], &root))),
        counts: no_counts,
        code: 0,
    }
}

fn generate(folder: &Path, contracts: u64) -> Result<PathBuf> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for number in 0..contracts {
        std::fs::write(folder.join(format!("c{number}.odcs.yaml")), text(number)?)?;
    }
    Ok(folder.to_path_buf())
}

/// A contract with references between its datasets, options, quality rules and service levels.
fn text(number: u64) -> Result<String> {
    let mut text = format!(
        "apiVersion: v3.2.0\nkind: DataContract\nid: urn:plimsoll:bench:lint:{number}\nname: c{number}\nversion: 1.2.{number}\n\
         status: active\nschema:\n  - name: t{number}\n    logicalType: object\n    properties:\n      - name: id\n        \
         logicalType: integer\n        logicalTypeOptions: {{ format: i64, minimum: 1 }}\n        required: true\n        \
         primaryKey: true\n        primaryKeyPosition: 1\n"
    );
    for column in 1..PROPERTIES {
        let rest = match column % 4 {
            0 => "integer\n        logicalTypeOptions: { format: i32, minimum: 0, maximum: 1000 }",
            1 => "string\n        logicalTypeOptions: { minLength: 1, maxLength: 80, pattern: \"^[A-Z][a-z]+$\" }",
            2 => "number\n        physicalType: decimal(10,2)\n        classification: restricted",
            _ => {
                "string\n        quality:\n          - { id: there, type: library, metric: nullValues, unit: percent, mustBeLessThan: 5 }"
            }
        };
        writeln!(
            text,
            "      - name: column_{column}\n        description: The value number {column}.\n        logicalType: {rest}"
        )?;
    }
    writeln!(text, "slaProperties:\n  - {{ property: frequency, value: 1, unit: d, element: t{number} }}")?;
    Ok(text)
}
