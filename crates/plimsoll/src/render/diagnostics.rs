//! Diagnostics of files, and the line that sums them up.

use std::collections::BTreeMap;

use contract::{Diagnostic, Level, Loaded, RenderOptions, render};
use pipeline::lineage::Coverage;

use super::number::of;
use crate::screen::{BAD, DIM, GOOD, Screen, WARN};

pub fn diagnostics(screen: &mut Screen, found: &[Diagnostic], texts: &BTreeMap<String, String>) {
    for diagnostic in found {
        let text = texts.get(&diagnostic.path).map(String::as_str).unwrap_or_default();
        let options = RenderOptions { colour: screen.colour, width: screen.width };
        screen.text(&render(diagnostic, text, options));
        screen.line("");
    }
}

pub fn checked(screen: &mut Screen, datasets: usize, found: &[Diagnostic]) {
    summary(screen, &of(datasets as u64, "dataset"), found);
}

/// How much of what the models make is traced to contracts.
pub fn covered(screen: &mut Screen, coverage: &Coverage) {
    if coverage.columns == 0 {
        return;
    }
    let mark = if coverage.untraced.is_empty() { format!("{GOOD}✓{GOOD:#}") } else { format!("{WARN}!{WARN:#}") };
    let (traced, all) = (coverage.traced, of(coverage.columns as u64, "column"));
    screen.line(format!("{mark} lineage: {traced} of {all} of models traced to contracts"));
    for untraced in &coverage.untraced {
        screen.line(format!("    {}: {}", untraced.of, untraced.reason));
    }
}

/// `hidden` is how many notes were left out.
pub fn linted(screen: &mut Screen, files: usize, found: &[Diagnostic], hidden: usize) {
    summary(screen, &of(files as u64, "contract"), found);
    if hidden > 0 {
        let notes = of(hidden as u64, "note");
        screen.line(format!("{DIM}  {notes} more with --notes{DIM:#}"));
    }
}

fn summary(screen: &mut Screen, what: &str, found: &[Diagnostic]) {
    let tally = |level| found.iter().filter(|diagnostic| diagnostic.level == level).count() as u64;
    let (errors, warnings) = (tally(Level::Error), tally(Level::Warning));
    let mut parts = Vec::new();
    if errors > 0 {
        parts.push(of(errors, "error"));
    }
    if warnings > 0 {
        parts.push(of(warnings, "warning"));
    }
    let mark = match (errors, warnings) {
        (0, 0) => format!("{GOOD}✓{GOOD:#}"),
        (0, _) => format!("{WARN}!{WARN:#}"),
        _ => format!("{BAD}✗{BAD:#}"),
    };
    let told = if parts.is_empty() { "nothing wrong".to_owned() } else { parts.join(", ") };
    screen.line(format!("{mark} {what}: {told}"));
}

/// The shape of INTERFACES: one entry per file.
pub fn linted_json(path: &str, loaded: &Loaded) -> serde_json::Value {
    let diagnostics: Vec<serde_json::Value> = loaded
        .diagnostics
        .iter()
        .map(|found| {
            serde_json::json!({
                "code": found.code,
                "severity": found.level.word(),
                "message": found.message,
                "element": found.element,
                "line": found.span.line,
                "column": found.span.column,
                "help": found.help,
            })
        })
        .collect();
    serde_json::json!({ "path": path, "valid": loaded.is_valid(), "diagnostics": diagnostics })
}
