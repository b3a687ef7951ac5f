//! From text to syntax tree, and from the parser's complaint to a place.

use contract::Diagnostic;
use datafusion::sql::sqlparser::ast::{Expr, Query, SetExpr, Spanned, Statement};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::Token;

use super::codes::{NOT_ONE_SELECT, SYNTAX, blame};
use super::place::Source;

/// Deeper nesting than this is an error, not a stack overflow.
const RECURSION_MAX: usize = 50;

/// The one SELECT of the text.
pub(crate) fn query(source: Source) -> Result<Box<Query>, Diagnostic> {
    let statements =
        parser(source).and_then(|mut parser| parser.parse_statements()).map_err(|error| syntax(source, &error))?;
    if let [_, second, ..] = statements.as_slice() {
        let span = source.span(second.span());
        let message = format!("{} statements where a model is one SELECT", statements.len());
        return Err(
            blame(NOT_ONE_SELECT, source.path, span, message).with_help("put each model into a file of its own")
        );
    }
    match statements.into_iter().next() {
        Some(Statement::Query(query)) if reads(&query.body) => Ok(query),
        Some(Statement::Query(_)) => {
            let message = "a SELECT that also writes, where a model only reads";
            Err(blame(NOT_ONE_SELECT, source.path, source.first_word(), message).with_help("Plimsoll writes the table"))
        }
        Some(other) => {
            let text = other.to_string();
            let word = text.split_whitespace().next().unwrap_or_default();
            let message = format!("`{word}` where a model is one SELECT");
            let diagnostic = blame(NOT_ONE_SELECT, source.path, source.first_word(), message);
            Err(diagnostic.with_help("write the SELECT only; Plimsoll creates and writes the table"))
        }
        None => {
            Err(blame(NOT_ONE_SELECT, source.path, source.first_word(), "no statement where a model is one SELECT"))
        }
    }
}

/// One expression, with nothing after it.
pub(super) fn expression(source: Source) -> Result<Expr, Diagnostic> {
    let parsed = parser(source).and_then(|mut parser| {
        let expr = parser.parse_expr()?;
        parser.expect_token(&Token::EOF)?;
        Ok(expr)
    });
    parsed.map_err(|error| syntax(source, &error))
}

fn parser(source: Source<'_>) -> Result<Parser<'_>, ParserError> {
    Parser::new(&GenericDialect {}).with_recursion_limit(RECURSION_MAX).try_with_sql(source.text)
}

/// Queries may hold INSERT and the like; a model only reads.
fn reads(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(select) => select.into.is_none(),
        SetExpr::Query(query) => reads(&query.body),
        SetExpr::SetOperation { left, right, .. } => reads(left) && reads(right),
        SetExpr::Values(_) | SetExpr::Table(_) => true,
        SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => false,
    }
}

fn syntax(source: Source, error: &ParserError) -> Diagnostic {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.as_str(),
        ParserError::RecursionLimitExceeded => "it is nested too deeply",
    };
    let (message, span) = match located(text) {
        Some((message, line, column)) => (message, source.word_at(line, column)),
        None if text.ends_with("found: EOF") => (text, source.end()),
        None => (text, source.first_word()),
    };
    let message = message.replace("Expected: ", "expected ").replace(", found: ", ", found ");
    let message = message
        .replace("found EOF", "found the end of the text")
        .replace("expected EOF", "expected the end of the text");
    blame(SYNTAX, source.path, span, format!("SQL syntax: {}", lower_first(&message)))
}

/// The parser writes its place at the end: `Expected: …, found: … at Line: 1, Column: 8`.
fn located(text: &str) -> Option<(&str, u64, u64)> {
    let (message, place) = text.rsplit_once(" at Line: ")?;
    let (line, column) = place.split_once(", Column: ")?;
    let column = column.split(|next: char| !next.is_ascii_digit()).next()?;
    Some((message, line.trim().parse().ok()?, column.parse().ok()?))
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
