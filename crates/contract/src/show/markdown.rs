//! A contract as Markdown, for wikis and reviews.

use std::fmt::Write;

use super::sheet::{Section, Table, sheet};
use crate::dataset::Dataset;
use crate::model::Contract;

/// GitHub's Markdown. Nothing of the contract's texts can become markup.
pub fn markdown(contract: &Contract, datasets: &[Dataset]) -> String {
    let sheet = sheet(contract, datasets);
    let mut out = format!("# {}\n\n", inline(&sheet.title));
    facts(&sheet.facts, &mut out);
    paragraphs(&sheet.text, &mut out);
    for part in &sheet.sections {
        section(part, &mut out);
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}

fn section(section: &Section, out: &mut String) {
    let kind = if section.kind.is_empty() { String::new() } else { format!("{} ", capital(section.kind)) };
    // Writing to a string cannot fail.
    let _ = write!(out, "## {kind}{}\n\n", inline(&section.title));
    paragraphs(&section.text, out);
    facts(&section.facts, out);
    for part in &section.tables {
        table(part, out);
    }
}

fn capital(word: &str) -> String {
    word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect()
}

fn paragraphs(texts: &[String], out: &mut String) {
    for text in texts {
        let _ = write!(out, "{}\n\n", inline(text));
    }
}

fn facts(facts: &[(String, String)], out: &mut String) {
    for (label, value) in facts {
        let _ = writeln!(out, "- {label}: {}", inline(value));
    }
    if !facts.is_empty() {
        out.push('\n');
    }
}

fn table(table: &Table, out: &mut String) {
    if !table.title.is_empty() {
        let _ = write!(out, "### {}\n\n", table.title);
    }
    let _ = writeln!(out, "| {} |", table.columns.join(" | "));
    let _ = writeln!(out, "|{}", " --- |".repeat(table.columns.len()));
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(|cell| inline(cell)).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out.push('\n');
}

/// One line in which every character stands for itself.
fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => {
                out.push('\\');
                out.push(letter);
            }
            letter if letter.is_control() => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}
