//! `cargo xtask tidy`: the repository's own rules. One rule, one file, each a pure function from the tracked texts to findings.

mod commands;
mod dependencies;
mod error_types;
mod file_size;
mod foreign_names;
mod headers;
mod layers;
mod links;
mod lint_codes;
mod manifest;
mod prints;
mod reasons;
mod tree;

use std::process::ExitCode;

use anyhow::Result;

use crate::workspace;
use tree::{Finding, Tree};

type Rule = fn(&Tree) -> Vec<Finding>;

/// By the name that a finding carries.
const RULES: &[(&str, Rule)] = &[
    ("layers", layers::check),
    ("dependencies", dependencies::check),
    ("reasons", reasons::check),
    ("headers", headers::check),
    ("file-size", file_size::check),
    ("prints", prints::check),
    ("error-types", error_types::check),
    ("foreign-names", foreign_names::check),
    ("lint-codes", lint_codes::check),
    ("links", links::check),
    ("commands", commands::check),
];

pub fn run() -> Result<ExitCode> {
    Ok(ExitCode::from(code()?))
}

/// Prints the findings; 1 when there are any.
pub fn code() -> Result<u8> {
    let tree = Tree::tracked(&workspace::root()?)?;
    let mut count = 0;
    for (name, rule) in RULES {
        for finding in rule(&tree) {
            println!("{}:{}: {} [{name}]", finding.path, finding.line, finding.message);
            count += 1;
        }
    }
    println!("tidy: {} files, {} rules, {count} findings", tree.files.len(), RULES.len());
    Ok(u8::from(count > 0))
}
