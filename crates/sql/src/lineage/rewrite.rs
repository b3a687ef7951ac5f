//! Small changes to a statement's text that make it readable for a parser and say nothing about lineage.
//!
//! Each is documented in the guide (`lineage.md`). They are tried only when a parser refused the text as it is.

use super::dialect::Dialect;
use super::text::{Kind, Token, Tokens};

/// The text with what is in the way taken out: once with all small changes, once more with a table's options gone as well,
/// and Hive's FROM-first INSERT turned around.
pub fn variants(text: &str, dialect: Dialect) -> Vec<String> {
    let mut variants: Vec<String> = Vec::new();
    let cleaned = clean(&templates(text), dialect);
    let mut push = |variant: String| {
        if variant != text && !variants.contains(&variant) {
            variants.push(variant);
        }
    };
    push(cleaned.clone());
    if let Some(bare) = without_table_options(&cleaned, dialect) {
        push(bare);
    }
    variants
}

/// `FROM t INSERT INTO a SELECT … INSERT INTO b SELECT …` as one statement per INSERT.
pub fn from_first_inserts(text: &str, dialect: Dialect) -> Vec<String> {
    let tokens: Vec<Token> = Tokens::new(text, dialect).collect();
    let Some(from) = first_at_top(&tokens, 0, |token| token.is("FROM")) else { return Vec::new() };
    // Common table expressions may stand before.
    if from != 0 && !tokens[0].is("WITH") {
        return Vec::new();
    }
    let inserts: Vec<usize> = at_top(&tokens, from + 1, |token| token.is("INSERT"));
    let Some(first) = inserts.first().copied() else { return Vec::new() };
    let with = &text[..tokens[from].start];
    let source = text[tokens[from].start..tokens[first].start].trim_end();
    let mut statements = Vec::new();
    for (number, start) in inserts.iter().copied().enumerate() {
        let stop = inserts.get(number + 1).map_or(tokens.len(), |next| *next);
        let Some(select) = first_at_top(&tokens[..stop], start, |token| token.is("SELECT")) else { continue };
        let tail_words =
            ["WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "CLUSTER", "DISTRIBUTE", "SORT", "LATERAL", "WINDOW"];
        let tail = first_at_top(&tokens[..stop], select, |token| token.is_one_of(&tail_words)).unwrap_or(stop);
        let end = tokens[stop - 1].end();
        let tail_start = if tail < stop { tokens[tail].start } else { end };
        let (head, columns) =
            (&text[tokens[start].start..tokens[select].start], &text[tokens[select].start..tail_start]);
        statements.push(format!("{with}{head}{columns} {source} {}", &text[tail_start..end]));
    }
    statements
}

/// `ALTER TABLE a EXCHANGE PARTITION (…) WITH TABLE b`: a's partition gets b's rows.
pub fn exchanged_tables(text: &str, dialect: Dialect) -> Option<(&str, &str)> {
    let tokens: Vec<Token> = Tokens::new(text, dialect).collect();
    if !(tokens.first()?.is("ALTER") && tokens.get(1)?.is("TABLE")) {
        return None;
    }
    let exchange = tokens.iter().position(|token| token.is("EXCHANGE"))?;
    let other = tokens.windows(2).position(|pair| pair[0].is("WITH") && pair[1].is("TABLE"))? + 2;
    let name = |from: usize, to: usize| Some(&text[tokens.get(from)?.start..tokens.get(to - 1)?.end()]);
    let mut end = other + 1;
    while tokens.get(end).is_some_and(|token| token.is_sign(".")) {
        end += 2;
    }
    Some((name(2, exchange)?, name(other, end)?))
}

fn at_top(tokens: &[Token], from: usize, wanted: impl Fn(&Token) -> bool) -> Vec<usize> {
    let mut depth = 0usize;
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate().skip(from) {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth == 0 && wanted(token) => found.push(index),
            _ => {}
        }
    }
    found
}

fn first_at_top(tokens: &[Token], from: usize, wanted: impl Fn(&Token) -> bool) -> Option<usize> {
    at_top(tokens, from, wanted).first().copied()
}

/// `{{ source('a', 'b') }}` and `${name}` become names.
fn templates(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(['{', '$', '%']) {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let pairs = [("{{", "}}", true), ("{%", "%}", false), ("{#", "#}", false), ("${", "}", true)];
        let found = pairs.iter().find_map(|(open, close, names)| {
            let body = from.strip_prefix(open)?;
            let end = body.find(close)?;
            Some((&body[..end], open.len() + end + close.len(), *names))
        });
        match found {
            Some((body, length, names)) => {
                if names {
                    out.push_str(&template_name(body));
                }
                rest = &from[length..];
            }
            None => {
                let width = from.chars().next().map_or(1, char::len_utf8);
                out.push_str(&from[..width]);
                rest = &from[width..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// The last quoted text of a template, as in `{{ ref('orders') }}`; otherwise its words.
fn template_name(body: &str) -> String {
    let quoted: Vec<&str> = body.split(['\'', '"']).skip(1).step_by(2).collect();
    let words = match quoted.as_slice() {
        [] => body.rsplit(':').next().unwrap_or(body),
        quoted => quoted[quoted.len() - 1],
    };
    let name: String = words.trim().chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

fn clean(text: &str, dialect: Dialect) -> String {
    let tokens: Vec<Token> = Tokens::new(text, dialect).collect();
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    let mut index = 0;
    while index < tokens.len() {
        match change(&tokens, index, dialect) {
            Some((end, replacement)) => {
                out.push_str(&text[copied..tokens[index].start]);
                out.push_str(replacement);
                copied = tokens.get(end).map_or(text.len(), |next| next.start);
                // What was taken from the end leaves nothing behind it.
                index = end;
            }
            None => index += 1,
        }
    }
    out.push_str(&text[copied.min(text.len())..]);
    out
}

/// A change that begins at a token: where the unchanged text goes on, and what stands there instead.
fn change(tokens: &[Token], index: usize, dialect: Dialect) -> Option<(usize, &'static str)> {
    let at = |offset: usize| tokens.get(index + offset);
    let word = |offset: usize, text: &str| at(offset).is_some_and(|token| token.is(text));
    let sign = |offset: usize, text: &str| at(offset).is_some_and(|token| token.is_sign(text));
    let before = |text: &str| index > 0 && tokens[index - 1].is(text);
    let token = &tokens[index];
    if dialect == Dialect::Teradata {
        if token.is("SEL") {
            return Some((index + 1, "SELECT "));
        }
        if index == 0 && token.is("LOCKING") {
            let access = (0..8).find(|offset| at(*offset).is_some_and(|token| token.is_one_of(&["ACCESS", "READ"])))?;
            let mode = if word(access + 1, "MODE") { 2 } else { 1 };
            return Some((index + access + mode, ""));
        }
        if token.is_one_of(&["MULTISET", "SET"]) && before("CREATE") {
            return Some((index + 1, ""));
        }
        // `column (TITLE 'text')`, `(FORMAT 'text')`, `(NAMED name)`
        if token.is_sign("(") && at(1).is_some_and(|next| next.is_one_of(&["TITLE", "FORMAT"])) {
            return Some((closing(tokens, index)? + 1, " "));
        }
        if token.is("WITH") && (word(1, "DATA") || word(1, "NO") && word(2, "DATA")) {
            return Some((tokens.len(), ""));
        }
    }
    // Spark: `WITH x (SELECT …)`, `UPDATE SET *`, `INSERT *`.
    if token.is_sign("(")
        && at(1).is_some_and(|next| next.is_one_of(&["SELECT", "WITH"]))
        && index >= 2
        && tokens[index - 1].kind != Kind::Sign
        && (tokens[index - 2].is("WITH") || tokens[index - 2].is_sign(",") && tokens[0].is("WITH"))
        && !tokens[index - 1].is("AS")
        && !tokens[index - 1].is_one_of(&["IN", "EXISTS", "ALL", "ANY", "SOME"])
    {
        return Some((index + 1, "AS ("));
    }
    if token.is("SET") && sign(1, "*") && before("UPDATE") {
        return Some((index + 2, "SET `*` = 1 "));
    }
    if token.is("INSERT") && sign(1, "*") && before("THEN") {
        return Some((index + 2, "INSERT ROW "));
    }
    if index == 0 && token.is("REPLACE") && at(1).is_some_and(|next| next.is_one_of(&["VIEW", "TABLE", "MACRO"])) {
        return Some((1, "CREATE OR REPLACE "));
    }
    if index == 0 && token.is("TABLE") {
        return Some((1, "SELECT * FROM "));
    }
    if index == 0 && token.is("UPSERT") {
        return Some((1, "INSERT "));
    }
    if token.is("COPY") && tokens[0].is("CREATE") && (2..8).contains(&index) {
        return Some((index + 1, "CLONE "));
    }
    if token.is("ASOF") && at(1).is_some_and(|next| next.is_one_of(&["JOIN", "LEFT", "INNER"])) {
        return Some((index + 1, ""));
    }
    if token.is("WITH") && word(1, "LABEL") && tokens[0].is("INSERT") {
        return Some((index + 3, ""));
    }
    if token.is_sign("[") && at(1).is_some_and(|next| next.is_one_of(&["SHUFFLE", "NOSHUFFLE", "BROADCAST"])) {
        return Some((index + 3, ""));
    }
    if token.is("OVER") && sign(1, "(") && index >= 2 && tokens[index - 2].is("LIMIT") {
        return Some((closing(tokens, index + 1)? + 1, ""));
    }
    // What a select or insert is told about execution.
    if token.is("OPTION") && sign(1, "(") {
        return Some((closing(tokens, index + 1)? + 1, ""));
    }
    if token.is("WITH") && sign(1, "(") && at(2).is_some_and(|hint| hint.is_one_of(TABLE_HINTS)) {
        return Some((closing(tokens, index + 1)? + 1, ""));
    }
    if token.is("WITH") && at(1).is_some_and(|level| level.is_one_of(&["UR", "CS", "RS", "RR"])) {
        return Some((index + 2, ""));
    }
    if token.is("INTO") && at(1).is_some_and(|next| next.is_one_of(&["OUTFILE", "DUMPFILE"])) {
        return Some((index + 3, ""));
    }
    if token.is("NOT") && word(1, "ENFORCED") {
        return Some((index + 2, ""));
    }
    if token.is("BY") && word(1, "NAME") && tokens[0].is("INSERT") {
        return Some((index + 2, ""));
    }
    if token.is("REPLACE") && word(1, "WHERE") && tokens[0].is("INSERT") {
        let select = tokens.iter().skip(index).position(|token| token.is_one_of(&["SELECT", "WITH", "VALUES"]))?;
        return Some((index + select, ""));
    }
    None
}

const TABLE_HINTS: &[&str] = &[
    "NOLOCK",
    "TABLOCK",
    "TABLOCKX",
    "ROWLOCK",
    "UPDLOCK",
    "HOLDLOCK",
    "READPAST",
    "READUNCOMMITTED",
    "PAGLOCK",
    "XLOCK",
    "INDEX",
    "FORCESEEK",
    "NOEXPAND",
    "SERIALIZABLE",
    "READCOMMITTED",
    "REPEATABLEREAD",
];

/// The index of the parenthesis that closes the one at `open`.
fn closing(tokens: &[Token], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" => depth += 1,
            ")" => {
                depth -= 1;
                if depth == 0 {
                    return Some(index);
                }
            }
            _ => {}
        }
    }
    None
}

/// `CREATE TABLE name (columns) … AS SELECT` and `CREATE VIEW name … AS SELECT` without what is in between, and a table
/// without what follows its columns.
fn without_table_options(text: &str, dialect: Dialect) -> Option<String> {
    let tokens: Vec<Token> = Tokens::new(text, dialect).collect();
    if !tokens.first()?.is_one_of(&["CREATE", "CACHE"]) {
        return None;
    }
    let object = tokens.iter().take(8).position(|token| token.is_one_of(&["TABLE", "VIEW"]))?;
    let mut index = object + 1;
    while tokens.get(index)?.is_one_of(&["IF", "NOT", "EXISTS"]) {
        index += 1;
    }
    // The name, with its dots.
    let name = index;
    while tokens.get(index + 1).is_some_and(|next| next.is_sign(".")) {
        index += 2;
    }
    let mut kept = index.min(tokens.len() - 1) + 1;
    let columns = tokens.get(kept).is_some_and(|token| token.is_sign("("))
        && !tokens.get(kept + 1).is_some_and(|token| token.is_one_of(&["SELECT", "WITH"]));
    if columns {
        kept = closing(&tokens, kept)? + 1;
    }
    let query = |index: &usize| {
        let mut next = index + 1;
        while tokens.get(next).is_some_and(|token| token.is_sign("(")) {
            next += 1;
        }
        tokens.get(next).is_some_and(|token| token.is_one_of(&["SELECT", "WITH", "FROM", "VALUES"]))
    };
    let kind = if tokens[object].is("VIEW") { "CREATE VIEW " } else { "CREATE TABLE " };
    let head = &text[tokens[name].start..tokens[kept - 1].end()];
    match at_top(&tokens, kept, |token| token.is("AS")).into_iter().find(query) {
        Some(body) => {
            let tail_words = [
                "WITH",
                "ON",
                "PRIMARY",
                "UNIQUE",
                "DISTRIBUTED",
                "DISTRIBUTE",
                "SEGMENTED",
                "UNSEGMENTED",
                "WITHOUT",
                "STRICT",
            ];
            let tail = at_top(&tokens, body + 2, |token| token.is_one_of(&tail_words))
                .into_iter()
                .find(|tail| ends_table(&tokens, *tail));
            let end = tail.map_or(text.len(), |tail| tokens[tail].start);
            Some(format!("{kind}{head} {}", &text[tokens[body].start..end]))
        }
        None if columns => Some(format!("{kind}{head}")),
        None => None,
    }
}

/// Options behind the query of CREATE TABLE … AS.
fn ends_table(tokens: &[Token], index: usize) -> bool {
    let word = |offset: usize, words: &[&str]| tokens.get(index + offset).is_some_and(|token| token.is_one_of(words));
    match tokens[index].text.to_ascii_uppercase().as_str() {
        "WITH" => word(1, &["DATA", "NO"]),
        "ON" => word(1, &["COMMIT"]),
        "PRIMARY" | "UNIQUE" => word(1, &["INDEX", "PRIMARY"]),
        "SEGMENTED" => word(1, &["BY"]),
        "UNSEGMENTED" => word(1, &["ALL"]),
        "WITHOUT" => word(1, &["ROWID"]),
        "STRICT" => index + 1 == tokens.len(),
        "DISTRIBUTED" | "DISTRIBUTE" => word(1, &["BY", "RANDOMLY", "ON"]),
        _ => false,
    }
}
