//! Whether what a model makes is what its contract promises.

mod widening;

use contract::{Column, Dataset, Diagnostic};
use datafusion::arrow::datatypes::DataType as ArrowType;

use super::codes::{EXTRA_OUTPUT, MISSING_OUTPUT, OUTPUT_NULL, OUTPUT_NULLABLE, OUTPUT_TYPE, blame};
use super::place::Source;
use super::suggest::did_you_mean;
use super::{Analysis, OutputColumn};
use crate::types::{arrow_type, type_name};

/// Differences between the SQL's result and the contract. Empty: the engine can cast every column without loss.
pub fn conforms(path: &str, sql: &str, analysis: &Analysis, dataset: &Dataset) -> Vec<Diagnostic> {
    let source = Source { path, text: sql };
    let matched = outputs(analysis, dataset);
    let mut found = Vec::new();
    for (column, at) in dataset.columns.iter().zip(&matched) {
        match at.and_then(|at| analysis.output.get(at)) {
            Some(output) => found.extend(differs(source, output, column)),
            None => found.push(missing(source, column, analysis, &matched)),
        }
    }
    for (at, output) in analysis.output.iter().enumerate() {
        if !matched.contains(&Some(at)) {
            found.push(extra(source, output, dataset, &matched));
        }
    }
    found.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.code));
    found
}

/// For each of the contract's columns the index of the result's column: of the same name, or else the only one whose name
/// differs in case alone.
pub fn outputs(analysis: &Analysis, dataset: &Dataset) -> Vec<Option<usize>> {
    let exact = |name: &str| analysis.output.iter().position(|output| output.name == name);
    let folded = |name: &str| {
        let lower = name.to_lowercase();
        let free =
            |output: &OutputColumn| output.name.to_lowercase() == lower && dataset.column(&output.name).is_none();
        let mut fitting = analysis.output.iter().enumerate().filter(|(_, output)| free(output)).map(|(at, _)| at);
        let wanted = dataset.columns.iter().filter(|column| column.name.to_lowercase() == lower);
        let only = wanted.filter(|column| exact(&column.name).is_none()).count() == 1;
        fitting.next().filter(|_| only && fitting.next().is_none())
    };
    dataset.columns.iter().map(|column| exact(&column.name).or_else(|| folded(&column.name))).collect()
}

fn differs(source: Source, output: &OutputColumn, column: &Column) -> Option<Diagnostic> {
    let path = source.path;
    let wanted = arrow_type(&column.data_type);
    if output.data_type == ArrowType::Null {
        return column.required.then(|| {
            let message = format!("`{}` is always NULL, and the contract requires it", column.name);
            blame(OUTPUT_NULL, path, output.span, message)
        });
    }
    if !widening::becomes(&output.data_type, &wanted) {
        let made = type_name(&output.data_type);
        let message = format!("`{}` is {made}, and the contract says {}", column.name, column.data_type);
        let help = widening::cast_to(&wanted)
            .map(|sql| format!("if the values allow it, write CAST({} AS {sql})", made_by(source, output)));
        return Some(Diagnostic { help, ..blame(OUTPUT_TYPE, path, output.span, message) });
    }
    (column.required && output.nullable).then(|| {
        let message =
            format!("`{}` may be NULL, and the contract requires it: rows with NULL will be refused", column.name);
        let help = format!("filter with `{0} IS NOT NULL`, or give a value with coalesce({0}, …)", column.name);
        blame(OUTPUT_NULLABLE, path, output.span, message).with_help(help)
    })
}

fn missing(source: Source, column: &Column, analysis: &Analysis, matched: &[Option<usize>]) -> Diagnostic {
    let spare = analysis.output.iter().enumerate().filter(|(at, _)| !matched.contains(&Some(*at)));
    let similar = did_you_mean(&column.name, spare.map(|(_, output)| output.name.as_str()));
    let message = format!("the SELECT makes no column `{}` ({})", column.name, column.data_type);
    let help = similar.map(|similar| format!("{similar} Rename it with AS")).or_else(|| {
        let advice = if column.required { "select it" } else { "select it, or NULL AS it" };
        Some(advice.replace("it", &format!("`{}`", column.name)))
    });
    Diagnostic { help, ..blame(MISSING_OUTPUT, source.path, source.first_word(), message) }
}

fn extra(source: Source, output: &OutputColumn, dataset: &Dataset, matched: &[Option<usize>]) -> Diagnostic {
    let named = output.name.chars().all(|next| next.is_alphanumeric() || next == '_');
    let made = if named { &output.name } else { made_by(source, output) };
    let message = format!("the contract of `{}` has no column `{made}`", dataset.name);
    let spare =
        dataset.columns.iter().zip(matched).filter(|(_, at)| at.is_none()).map(|(column, _)| column.name.as_str());
    let help = match did_you_mean(&output.name, spare) {
        Some(similar) => similar,
        None if !named => "name it with AS, or leave it out".to_owned(),
        None => "leave it out, or propose it for the contract".to_owned(),
    };
    blame(EXTRA_OUTPUT, source.path, output.span, message).with_help(help)
}

/// The SQL that makes the column; its name where a wildcard makes it.
fn made_by<'a>(source: Source<'a>, output: &'a OutputColumn) -> &'a str {
    let text = source.text.get(output.span.start..output.span.end).unwrap_or_default();
    if text.is_empty() || text.ends_with('*') || text.contains('\n') { &output.name } else { text }
}
