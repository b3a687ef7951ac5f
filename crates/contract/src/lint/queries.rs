//! Names in quality queries: tables and columns that the contract does not have. Queries are of any dialect, so only
//! what is certain in all of them is said.

use std::collections::HashSet;

use super::findings::Findings;
use super::quality::Place;
use super::suggest::nearest;
use crate::codes;
use crate::model::SchemaObject;

/// Words that stand behind FROM and JOIN without being a table's name.
const NOT_TABLES: &[&str] =
    &["lateral", "unnest", "select", "values", "table", "only", "dual", "generate_series", "flatten"];
/// Names that databases know without a column.
const NOT_COLUMNS: &[&str] = &[
    "null",
    "true",
    "false",
    "current_date",
    "current_timestamp",
    "current_time",
    "sysdate",
    "systimestamp",
    "localtime",
    "localtimestamp",
    "current_user",
    "rownum",
    "rowid",
    "distinct",
    "all",
    "case",
    "end",
    "then",
    "else",
    "when",
    "and",
    "or",
    "not",
    "interval",
    "date",
    "timestamp",
    "time",
    "cast",
    "select",
    "from",
    "where",
    "is",
    "in",
    "like",
    "between",
    "exists",
    "any",
    "some",
    "array",
    "struct",
    "row",
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "second",
    "partition",
    "over",
    "unknown",
    "default",
    "asc",
    "desc",
    "as",
    "on",
    "using",
    "by",
    "group",
    "order",
    "having",
    "limit",
    "union",
    "value",
];

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// A name, without its quotes; `quoted` names are never keywords.
    Name {
        text: String,
        quoted: bool,
    },
    /// A number, a text, or a placeholder.
    Value,
    Sign(char),
}

impl Token {
    fn is(&self, word: &str) -> bool {
        matches!(self, Self::Name { text, quoted: false } if text.eq_ignore_ascii_case(word))
    }

    fn is_sign(&self, sign: char) -> bool {
        *self == Self::Sign(sign)
    }
}

pub(super) fn check(query: &str, place: &Place<'_>, element: &str, findings: &mut Findings<'_>) {
    let tokens = tokens(query);
    let tables = tables(&tokens);
    let mut told = HashSet::new();
    for name in &tables.named {
        if dataset(name, place).is_none() && told.insert(name.to_lowercase()) {
            let message = format!("the query reads `{name}`, which no contract here describes");
            let added = findings.add(codes::QUERY_NAME, element, message);
            match nearest(name, names(place).into_iter()) {
                Some(near) => added.help(format!("did you mean `{near}`?")),
                None => added.help("name the dataset itself, or write {object}"),
            };
        }
    }
    columns(&tokens, &tables, place, element, findings);
}

/// What a query reads.
#[derive(Default)]
struct Tables {
    /// Single names behind FROM and JOIN that are no common table expressions.
    named: Vec<String>,
    /// How many tables, placeholders, and subqueries there are.
    count: usize,
    /// Something that is not a plain name was read: a function, a qualified name, a subquery.
    other: bool,
    selects: usize,
    aliases: HashSet<String>,
}

fn tables(tokens: &[Token]) -> Tables {
    let mut tables = Tables { selects: tokens.iter().filter(|token| token.is("select")).count(), ..Tables::default() };
    let expressions = common_tables(tokens);
    let mut depth_of_function = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        // EXTRACT(year FROM x), TRIM(a FROM b), SUBSTRING(x FROM 1) have a FROM of their own.
        if token.is_sign('(') {
            let function =
                index > 0 && matches!(&tokens[index - 1], Token::Name { text, quoted: false } if is_own_from(text));
            depth_of_function.push(function);
        } else if token.is_sign(')') {
            depth_of_function.pop();
        }
        let in_function = depth_of_function.last() == Some(&true);
        let distinct_from = index > 0 && tokens[index - 1].is("distinct") && token.is("from");
        if !(token.is("from") || token.is("join")) || in_function || distinct_from {
            continue;
        }
        tables.count += 1;
        let Some(Token::Name { text, quoted }) = tokens.get(index + 1) else {
            let alone = !tokens.get(index + 2).is_some_and(|next| next.is_sign('.'));
            tables.other |= !(matches!(tokens.get(index + 1), Some(Token::Value)) && alone);
            continue;
        };
        let next = tokens.get(index + 2);
        let qualified =
            next.is_some_and(|next| next.is_sign('.') || next.is_sign('(') || next.is_sign(':') || next.is_sign('@'));
        let known = expressions.contains(&text.to_lowercase())
            || (!quoted && NOT_TABLES.contains(&text.to_lowercase().as_str()));
        // Quoted as a whole, `project.dataset.table` is a qualified name too.
        let whole = text.contains(['.', '$', '{']);
        if qualified || known || whole {
            tables.other = true;
        } else {
            tables.named.push(text.clone());
        }
        // `FROM a, b` reads a second table.
        tables.other |= next.is_some_and(|next| next.is_sign(','));
        let alias = match next {
            Some(as_word) if as_word.is("as") => tokens.get(index + 3),
            other => other,
        };
        if let Some(Token::Name { text, .. }) = alias {
            tables.aliases.insert(text.to_lowercase());
        }
    }
    for pair in tokens.windows(2) {
        if pair[0].is("as")
            && let Token::Name { text, .. } = &pair[1]
        {
            tables.aliases.insert(text.to_lowercase());
        }
    }
    tables
}

fn is_own_from(function: &str) -> bool {
    ["extract", "trim", "substring", "overlay", "position"].iter().any(|known| function.eq_ignore_ascii_case(known))
}

/// Names in front of `AS (`, as WITH gives them; with a list of columns too.
fn common_tables(tokens: &[Token]) -> HashSet<String> {
    let mut found = HashSet::new();
    if !tokens.iter().any(|token| token.is("with")) {
        return found;
    }
    for (index, token) in tokens.iter().enumerate() {
        if !token.is("as") {
            continue;
        }
        let opens = tokens[index + 1..].iter().take(3).any(|next| next.is_sign('('));
        let mut before = index;
        if before > 0 && tokens[before - 1].is_sign(')') {
            before = tokens[..before].iter().rposition(|token| token.is_sign('(')).unwrap_or(0);
        }
        if let Some(Token::Name { text, .. }) = before.checked_sub(1).map(|at| &tokens[at])
            && opens
        {
            found.insert(text.to_lowercase());
        }
    }
    found
}

fn dataset<'a>(name: &str, place: &Place<'a>) -> Option<&'a SchemaObject> {
    let is = |object: &SchemaObject| {
        [&object.name, &object.physical_name].into_iter().flatten().any(|known| {
            known.eq_ignore_ascii_case(name)
                || known.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case(name))
        })
    };
    let own = place.scope.contract.document.schema.iter().find(|object| is(object));
    own.or_else(|| place.scope.neighbours.dataset(name))
}

fn names<'a>(place: &Place<'a>) -> Vec<&'a str> {
    let own = place.scope.contract.document.schema.iter().filter_map(|object| object.name.as_deref());
    own.chain(place.scope.neighbours.dataset_names()).collect()
}

/// Columns are only looked for where one table is read, and at places where nothing but a column can stand.
fn columns(tokens: &[Token], tables: &Tables, place: &Place<'_>, element: &str, findings: &mut Findings<'_>) {
    if tables.other || tables.count != 1 || tables.selects != 1 {
        return;
    }
    let object = match tables.named.first() {
        Some(name) => dataset(name, place),
        None => Some(place.object),
    };
    let Some(object) = object.filter(|object| !object.properties.is_empty()) else { return };
    let known: Vec<&str> = object
        .properties
        .iter()
        .flat_map(|property| [property.name.as_deref(), property.physical_name.as_deref()])
        .flatten()
        .collect();
    let mut told = HashSet::new();
    for (index, token) in tokens.iter().enumerate() {
        let Token::Name { text, quoted } = token else { continue };
        let lower = text.to_lowercase();
        // A quoted name may be a hidden column of the engine, or a text in another dialect.
        let skip = *quoted || NOT_COLUMNS.contains(&lower.as_str()) || tables.aliases.contains(&lower);
        if skip || !is_column_place(tokens, index) || known.iter().any(|column| column.eq_ignore_ascii_case(text)) {
            continue;
        }
        if told.insert(lower) {
            let dataset = object.name.as_deref().unwrap_or_default();
            let message = format!("the query names `{text}`, which is not a column of `{dataset}`");
            let added = findings.add(codes::QUERY_NAME, element, message);
            if let Some(near) = nearest(text, known.iter().copied()) {
                added.help(format!("did you mean `{near}`?"));
            }
        }
    }
}

/// In front of a comparison, `IS`, `IN`, `LIKE`, `BETWEEN`, or alone in the brackets of an aggregate.
fn is_column_place(tokens: &[Token], index: usize) -> bool {
    let next = tokens.get(index + 1);
    let previous = index.checked_sub(1).map(|at| &tokens[at]);
    if previous.is_some_and(|previous| previous.is_sign('.') || previous.is_sign('@') || previous.is_sign(':')) {
        return false;
    }
    let compared = next.is_some_and(|next| {
        ['=', '<', '>', '!'].iter().any(|sign| next.is_sign(*sign))
            || ["is", "in", "like", "between"].iter().any(|word| next.is(word))
    });
    let negated = next.is_some_and(|next| next.is("not"))
        && tokens.get(index + 2).is_some_and(|after| ["in", "like", "between"].iter().any(|word| after.is(word)));
    let aggregates = ["sum", "avg", "min", "max", "count"];
    let opening = match previous {
        Some(distinct) if distinct.is("distinct") => index.checked_sub(2),
        _ => index.checked_sub(1),
    };
    let function = opening.filter(|at| tokens[*at].is_sign('(')).and_then(|at| at.checked_sub(1));
    let alone = next.is_some_and(|next| next.is_sign(')'))
        && function.is_some_and(|at| aggregates.iter().any(|aggregate| tokens[at].is(aggregate)));
    compared || negated || alone
}

/// Names, values and signs; comments are left out, `{placeholder}` and `${placeholder}` are values.
fn tokens(query: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_whitespace() {
            first.len_utf8()
        } else if rest.starts_with("--") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("${") || first == '{' {
            tokens.push(Token::Value);
            rest.find('}').map_or(rest.len(), |end| end + 1)
        } else if first == '\'' {
            tokens.push(Token::Value);
            quoted(rest, '\'')
        } else if matches!(first, '"' | '`' | '[') {
            let end = quoted(rest, if first == '[' { ']' } else { first });
            let text = rest[1..end].trim_end_matches(['"', '`', ']']).to_owned();
            tokens.push(Token::Name { text, quoted: true });
            end
        } else if first.is_alphabetic() || first == '_' {
            let end =
                rest.find(|next: char| !(next.is_alphanumeric() || matches!(next, '_' | '$'))).unwrap_or(rest.len());
            tokens.push(Token::Name { text: rest[..end].to_owned(), quoted: false });
            end
        } else if first.is_ascii_digit() {
            tokens.push(Token::Value);
            rest.find(|next: char| !(next.is_alphanumeric() || next == '.')).unwrap_or(rest.len())
        } else {
            tokens.push(Token::Sign(first));
            first.len_utf8()
        };
        rest = &rest[length.max(1).min(rest.len())..];
    }
    tokens
}

/// The length of a quoted text with its quotes; a doubled quote is part of it.
fn quoted(text: &str, closing: char) -> usize {
    let mut at = 1;
    while let Some(end) = text[at..].find(closing) {
        at += end + 1;
        if !text[at..].starts_with(closing) || closing == ']' {
            return at;
        }
        at += 1;
    }
    text.len()
}
