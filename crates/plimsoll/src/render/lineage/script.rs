//! Lineage as a tree that a person reads.

use app::lineage::{Column, Dependence, Report, Statement};

/// Each statement with its output columns, below each of them what it comes from.
pub fn script(report: &Report) -> String {
    let mut out = String::new();
    if report.statements.is_empty() {
        return "no statements\n".to_owned();
    }
    for statement in &report.statements {
        if !out.is_empty() {
            out.push('\n');
        }
        statement_tree(&mut out, statement);
    }
    if report.statements.len() > 1 && !report.end_to_end.is_empty() {
        out.push_str("\nend to end\n");
        for end in &report.end_to_end {
            let name = qualified(end.table, end.column);
            let sources: Vec<String> = end.sources.iter().map(source_name).collect();
            let from = if sources.is_empty() { "constant".to_owned() } else { sources.join(", ") };
            out.push_str(&format!("  {name} ← {from}\n"));
        }
    }
    out
}

fn statement_tree(out: &mut String, statement: &Statement) {
    out.push_str(&format!("{}. {} (line {})", statement.index + 1, statement.kind.replace('_', " "), statement.line));
    if !statement.outputs.is_empty() {
        out.push_str(&format!("  writes {}", statement.outputs.join(", ")));
    }
    if !statement.inputs.is_empty() {
        out.push_str(&format!("  reads {}", statement.inputs.join(", ")));
    }
    out.push('\n');
    if let Some(error) = statement.error {
        out.push_str(&format!("   not understood: {error}\n"));
    }
    let shared = shared(&statement.columns);
    for column in &statement.columns {
        column_tree(out, column, &shared);
    }
    if !shared.is_empty() {
        out.push_str("   rows\n");
        branches(out, shared.iter().map(|steer| describe(steer, steer.kind)).collect());
    }
}

/// What decides about all columns alike, that is about the rows.
fn shared<'s>(columns: &[Column<'s>]) -> Vec<Dependence<'s>> {
    let Some((first, others)) = columns.split_first() else { return Vec::new() };
    first.indirect.iter().filter(|steer| others.iter().all(|other| other.indirect.contains(steer))).cloned().collect()
}

fn column_tree(out: &mut String, column: &Column, shared: &[Dependence]) {
    out.push_str(&format!("   {}\n", qualified(column.table, column.column)));
    let mut lines: Vec<String> = column
        .sources
        .iter()
        .filter(|source| source.steers.is_none())
        .map(|source| describe(source, source.kind))
        .collect();
    let own = column.indirect.iter().filter(|steer| !shared.contains(steer));
    lines.extend(own.map(|steer| describe(steer, steer.kind)));
    if lines.is_empty() {
        lines.push("constant".to_owned());
    }
    branches(out, lines);
}

fn branches(out: &mut String, lines: Vec<String>) {
    let last = lines.len().saturating_sub(1);
    for (index, line) in lines.into_iter().enumerate() {
        let branch = if index == last { "└─" } else { "├─" };
        out.push_str(&format!("   {branch} {line}\n"));
    }
}

fn describe(dependence: &Dependence, kind: &str) -> String {
    let masking = if dependence.masking { ", masked" } else { "" };
    format!("{}  ({}{masking})", source_name(dependence), kind.replace('_', " "))
}

fn source_name(source: &Dependence) -> String {
    match (source.table, source.resolved) {
        (Some(_), true) => qualified(source.table, source.column),
        (Some(table), false) => format!("{table}.{} [no such table here]", source.column),
        (None, _) if source.candidates.is_empty() => format!("{} [of no table here]", source.column),
        (None, _) => format!("{} [of {}]", source.column, source.candidates.join(" or ")),
    }
}

fn qualified(table: Option<&str>, column: &str) -> String {
    match table {
        Some(table) => format!("{table}.{column}"),
        None => column.to_owned(),
    }
}
