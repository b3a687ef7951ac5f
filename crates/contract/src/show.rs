//! A contract on one screen: what it promises, about which columns, and how that is checked.

mod html;
mod markdown;
mod sheet;

use std::fmt::Write;

pub use html::html;
pub use markdown::markdown;

use crate::check::{Check, Rule, Scope, Severity};
use crate::dataset::{Column, Dataset};
use crate::model::Contract;
use crate::text::one_line;

/// Narrower screens are treated as this wide.
const WIDTH_MIN: usize = 40;

/// The contract and its compiled datasets as text, no line wider than `width` characters.
pub fn show(contract: &Contract, datasets: &[Dataset], width: usize) -> String {
    let width = width.max(WIDTH_MIN);
    let mut lines = head(contract);
    for dataset in datasets {
        lines.push(String::new());
        dataset_lines(contract, dataset, &mut lines);
    }
    let levels = service_levels(contract);
    if !levels.is_empty() {
        lines.push(String::new());
        lines.push("service levels".to_owned());
        lines.extend(levels);
    }
    lines.iter().fold(String::new(), |mut text, line| {
        text.push_str(&cut(line.trim_end(), width));
        text.push('\n');
        text
    })
}

fn head(contract: &Contract) -> Vec<String> {
    let document = &contract.document;
    let name = document.name.as_deref().or(document.id.as_deref()).unwrap_or("contract");
    let mut title = format!("{name} {}", contract.version_text());
    if let Some(status) = &document.status {
        let _ = write!(title, " ({status})");
    }
    let _ = write!(title, ", ODCS {}", contract.version);
    let mut lines = vec![title];
    let id = document.id.as_deref().filter(|id| *id != name).map(|id| ("id", id.to_owned()));
    let purpose = document.description.as_ref().and_then(|description| description.purpose.clone());
    let owner = document.domain.clone().map(|domain| ("domain", domain));
    for (label, value) in id.into_iter().chain(owner).chain(purpose.map(|purpose| ("purpose", purpose))) {
        lines.push(format!("{label:<8}{}", one_line(&value)));
    }
    lines
}

fn dataset_lines(contract: &Contract, dataset: &Dataset, lines: &mut Vec<String>) {
    let object = contract.document.schema.iter().find(|object| object.name.as_deref() == Some(&dataset.name));
    let about = object.and_then(|object| object.description.as_deref()).map(one_line);
    let about = about.map(|about| format!(": {about}")).unwrap_or_default();
    lines.push(format!("dataset {}{about}", dataset.name));
    lines.extend(table(dataset.columns.iter().map(|column| column_row(dataset, column)).collect()));
    if !dataset.checks.is_empty() {
        lines.push(format!("  checks ({})", dataset.checks.len()));
        lines.extend(table(dataset.checks.iter().map(check_row).collect()));
    }
}

fn column_row(dataset: &Dataset, column: &Column) -> Vec<String> {
    let mut marks = Vec::new();
    if let Some(position) = dataset.primary_key.iter().position(|key| *key == column.name) {
        marks.push(if dataset.primary_key.len() == 1 { "key".to_owned() } else { format!("key {}", position + 1) });
    }
    if column.required {
        marks.push("required".to_owned());
    }
    if column.source_name != column.name {
        marks.push(format!("from {}", column.source_name));
    }
    vec![column.name.clone(), column.data_type.to_string(), marks.join(", ")]
}

fn check_row(check: &Check) -> Vec<String> {
    let told = Told::of(check);
    vec![check.id.clone(), told.scope.to_owned(), told.severity.to_owned(), told.expected]
}

/// A check in words.
struct Told {
    scope: &'static str,
    severity: &'static str,
    expected: String,
}

impl Told {
    fn of(check: &Check) -> Self {
        let scope = match check.scope {
            Scope::Row => "row",
            Scope::Dataset => "dataset",
        };
        let severity = match (&check.rule, check.severity) {
            (Rule::NotChecked { .. }, _) => "not checked",
            (_, Severity::Error) => "error",
            (_, Severity::Warning) => "warning",
        };
        let expected = match &check.rule {
            Rule::NotChecked { reason, .. } => format!("{} ({reason})", check.expected),
            _ => check.expected.clone(),
        };
        Self { scope, severity, expected }
    }
}

fn service_levels(contract: &Contract) -> Vec<String> {
    let rows = contract.document.sla_properties.iter().map(|level| {
        let value = level.value.as_ref().map(|value| match &value.0 {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let amount = [value, level.unit.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        vec![level.property.clone().unwrap_or_default(), amount, level.element.clone().unwrap_or_default()]
    });
    table(rows.collect())
}

/// Rows with aligned cells; the last cell is not padded.
fn table(rows: Vec<Vec<String>>) -> Vec<String> {
    /// One very long cell must not push all others off the screen.
    const CELL_MAX: usize = 36;
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count().min(CELL_MAX))
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(index, (cell, width))| {
            if index + 1 == row.len() { cell.clone() } else { format!("{cell:<width$}") }
        });
        format!("    {}", cells.collect::<Vec<_>>().join("  "))
    };
    rows.iter().map(line).collect()
}

fn cut(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.to_owned();
    }
    let kept: String = line.chars().take(width - 1).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests;
