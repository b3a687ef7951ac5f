//! Parsing a statement in a dialect; and when its parser does not understand it, in the most alike other ones and with
//! vendors' clauses taken away that say nothing about lineage.

use datafusion::sql::sqlparser::ast::Statement;
use datafusion::sql::sqlparser::parser::{Parser, ParserOptions};
use datafusion::sql::sqlparser::tokenizer::Token;

use super::dialect::Dialect;
use super::rewrite;

/// How deeply expressions and queries may be nested in the text.
const RECURSION_MAX: usize = 200;

/// Chains of operators are trees as deep as they are long; more than this is refused before a tree is made.
const OPERATORS_MAX: usize = 60_000;

/// The parser takes time by the square of a path's length.
const PATH_PARTS_MAX: usize = 200;

/// Longer statements are parsed in their own dialect only.
const RETRIED_BYTES_MAX: usize = 256 << 10;

/// Why a statement cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    pub message: String,
}

/// The statement and whether its text had to be changed.
pub fn parse(text: &str, dialect: Dialect) -> Result<Statement, ParseError> {
    if operators(text) > OPERATORS_MAX {
        return Err(ParseError { message: format!("more than {OPERATORS_MAX} operators in one statement") });
    }
    if longest_path(text) > PATH_PARTS_MAX {
        return Err(ParseError { message: format!("a name of more than {PATH_PARTS_MAX} parts") });
    }
    let first = match attempt(text, dialect, false) {
        Ok(statement) => return Ok(statement),
        Err(error) => error,
    };
    // No other parser nests deeper, and a long text is not read a dozen times.
    if first.message.contains("recursion limit") || text.len() > RETRIED_BYTES_MAX {
        return Err(first);
    }
    let rewritten: Vec<String> = rewrite::variants(text, dialect);
    for variant in &rewritten {
        if let Ok(statement) = attempt(variant, dialect, true) {
            return Ok(statement);
        }
    }
    for other in dialect.fallbacks() {
        for variant in std::iter::once(text).chain(rewritten.iter().map(String::as_str)) {
            if let Ok(statement) = attempt(variant, other, true) {
                return Ok(statement);
            }
        }
    }
    Err(first)
}

fn attempt(text: &str, dialect: Dialect, lenient: bool) -> Result<Statement, ParseError> {
    let mut options = ParserOptions::new();
    options.trailing_commas = lenient;
    let say = |error: datafusion::sql::sqlparser::parser::ParserError| ParseError {
        message: error.to_string().replace("sql parser error: ", ""),
    };
    let mut parser = Parser::new(dialect.parser())
        .with_recursion_limit(RECURSION_MAX)
        .with_options(options)
        .try_with_sql(text)
        .map_err(say)?;
    let statement = parser.parse_statement().map_err(say)?;
    while parser.consume_token(&Token::SemiColon) {}
    let next = parser.peek_token();
    if next.token != Token::EOF {
        let at = next.span.start;
        return Err(ParseError {
            message: format!(
                "Expected: end of statement, found: {} at Line: {}, Column: {}",
                next.token, at.line, at.column
            ),
        });
    }
    Ok(statement)
}

/// An upper bound of the operators that a parser could make a chain of.
fn operators(text: &str) -> usize {
    const WORDS: &[&str] = &["and", "or", "union", "except", "intersect", "minus", "like", "is", "join"];
    if text.len() < OPERATORS_MAX {
        return 0;
    }
    let signs = text.bytes().filter(|byte| b"+-*/%|&^<>=.:[".contains(byte)).count();
    let words = text
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| WORDS.iter().any(|known| known.eq_ignore_ascii_case(word)))
        .count();
    signs + words
}

/// The most parts of one path of names.
fn longest_path(text: &str) -> usize {
    let (mut longest, mut parts) = (0, 0);
    for byte in text.bytes() {
        match byte {
            b'.' => {
                parts += 1;
                longest = longest.max(parts);
            }
            byte if byte.is_ascii_alphanumeric() || byte >= 0x80 || b"_\"`$".contains(&byte) => {}
            _ => parts = 0,
        }
    }
    longest
}
