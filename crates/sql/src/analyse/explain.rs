//! DataFusion's errors as diagnostics with a place and a way out.

mod locate;
mod words;

use std::collections::BTreeSet;

use contract::{CodeInfo, Diagnostic, Span};
use datafusion::common::{Column, DataFusionError, SchemaError};
use datafusion::sql::sqlparser::ast::{Query, Spanned};

use super::catalog::Catalog;
use super::codes::{AMBIGUOUS_COLUMN, DUPLICATE_OUTPUT, NOT_SUPPORTED, TYPE_ERROR, UNKNOWN_COLUMN, blame};
use super::place::Source;
use super::suggest::similar;

/// More candidates than this are counted, not listed.
const CANDIDATES_SHOWN: usize = 12;

/// All that DataFusion says about a query that it cannot plan.
pub(super) fn query(source: Source, error: &DataFusionError, query: &Query, catalog: &Catalog) -> Vec<Diagnostic> {
    let whole = source.span(query.span());
    let mut found = Vec::new();
    for error in error.iter() {
        let span = place(source, error)
            .or_else(|| locate::duplicate(query, &text(error)).map(|span| source.span(span)))
            .or_else(|| unplaced(source, error, query, &found))
            .or_else(|| locate::fault(query, catalog, &text(error)).map(|span| source.span(span)));
        let diagnostic = diagnostic(source, error, span.unwrap_or(whole));
        if !found.contains(&diagnostic) {
            found.push(diagnostic);
        }
    }
    found
}

/// The first place, of which nothing was said yet, that names an unknown column.
fn unplaced(source: Source, error: &DataFusionError, query: &Query, told: &[Diagnostic]) -> Option<Span> {
    let DataFusionError::SchemaError(schema, _) = error.find_root() else { return None };
    let SchemaError::FieldNotFound { field, .. } = schema.as_ref() else { return None };
    let places = locate::named(query, &field.name).into_iter().map(|span| source.span(span));
    places.into_iter().find(|span| !told.iter().any(|told| told.span == *span))
}

/// The same for one expression.
pub(super) fn expression(source: Source, error: &DataFusionError) -> Vec<Diagnostic> {
    let whole = source.first_word();
    error.iter().map(|error| diagnostic(source, error, place(source, error).unwrap_or(whole))).collect()
}

fn place(source: Source, error: &DataFusionError) -> Option<Span> {
    use datafusion::sql::sqlparser::tokenizer::{Location, Span as ParserSpan};
    let span = error.diagnostic()?.span?;
    let start = Location { line: span.start.line, column: span.start.column };
    let end = Location { line: span.end.line, column: span.end.column };
    Some(source.span(ParserSpan { start, end }))
}

fn diagnostic(source: Source, error: &DataFusionError, span: Span) -> Diagnostic {
    let at = |code: CodeInfo, message: String| blame(code, source.path, span, message);
    match error.find_root() {
        DataFusionError::SchemaError(schema, _) => match schema.as_ref() {
            SchemaError::FieldNotFound { field, valid_fields } => unknown_column(source, span, field, valid_fields),
            SchemaError::AmbiguousReference { field } => {
                let help = format!("put the table before it: `table.{}`", field.name);
                at(AMBIGUOUS_COLUMN, format!("`{}` could be a column of several tables", field.name)).with_help(help)
            }
            SchemaError::DuplicateQualifiedField { name, .. } | SchemaError::DuplicateUnqualifiedField { name } => {
                at(DUPLICATE_OUTPUT, format!("two columns are named `{name}`")).with_help("rename one with AS")
            }
        },
        DataFusionError::NotImplemented(message) => {
            at(NOT_SUPPORTED, format!("not supported: {}", words::sentence(message)))
        }
        _ => {
            let said = words::of(&text(error));
            let code = if said.duplicate { DUPLICATE_OUTPUT } else { TYPE_ERROR };
            Diagnostic { help: said.help, ..at(code, said.message) }
        }
    }
}

/// The innermost message, without the words that DataFusion puts before it.
fn text(error: &DataFusionError) -> String {
    let root = error.find_root();
    let message = match root {
        DataFusionError::Plan(message) | DataFusionError::Execution(message) | DataFusionError::Internal(message) => {
            message.clone()
        }
        other => other.strip_backtrace(),
    };
    message.split("\n\nbacktrace").next().unwrap_or_default().trim().to_owned()
}

fn unknown_column(source: Source, span: Span, field: &Column, valid: &[Column]) -> Diagnostic {
    let at = |message: String, help: String| blame(UNKNOWN_COLUMN, source.path, span, message).with_help(help);
    let Some(table) = &field.relation else {
        let message = format!("there is no column `{}`", field.name);
        return at(message, candidates(source, span, field, valid));
    };
    let tables =
        valid.iter().filter_map(|column| column.relation.as_ref()).map(ToString::to_string).collect::<BTreeSet<_>>();
    if tables.contains(&table.to_string()) || tables.is_empty() {
        let message = format!("there is no column `{}` in `{table}`", field.name);
        let of_table =
            valid.iter().filter(|column| column.relation.as_ref() == Some(table)).cloned().collect::<Vec<_>>();
        return at(message, candidates(source, span, field, &of_table));
    }
    let tables = tables.into_iter().collect::<Vec<_>>().join(", ");
    at(format!("there is no table `{table}` here"), format!("the tables are {tables}"))
}

fn candidates(source: Source, span: Span, field: &Column, valid: &[Column]) -> String {
    let names = valid.iter().map(|column| column.name.as_str()).collect::<Vec<_>>();
    if let Some(similar) = similar(&field.name, names.iter().copied()) {
        let quoted = similar.chars().any(char::is_uppercase);
        return if quoted { format!("did you mean `\"{similar}\"`?") } else { format!("did you mean `{similar}`?") };
    }
    if source.text.as_bytes().get(span.start) == Some(&b'"') {
        return format!("double quotes mark names; if it is text, write '{}'", field.name);
    }
    let shown = names.iter().take(CANDIDATES_SHOWN).copied().collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => "there are no columns here".to_owned(),
        count if count > CANDIDATES_SHOWN => format!("the columns are {shown} and {} more", count - CANDIDATES_SHOWN),
        _ => format!("the columns are {shown}"),
    }
}
