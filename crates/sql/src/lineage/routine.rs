//! The statements inside of procedures, functions, triggers and blocks.
//!
//! Each vendor has a procedural language of its own. What matters for lineage are the SQL statements in it, and where they
//! begin is the same everywhere: at the start, behind a semicolon, and behind the words that open a block.

use super::dialect::Dialect;
use super::text::{Kind, Token, Tokens, inside};

/// Words that a statement may stand behind.
const OPENERS: &[&str] = &[
    "BEGIN", "THEN", "ELSE", "LOOP", "DO", "AS", "IS", "TRY", "CATCH", "REPEAT", "ATOMIC", "QUERY", "RETURN", "FOR",
    "IN", "END",
];

/// Words that a statement with lineage begins with.
const VERBS: &[&str] =
    &["SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "TRUNCATE", "REPLACE", "COPY", "SEL"];

/// The statements, each with where it starts.
pub fn statements(text: &str, dialect: Dialect) -> Vec<(usize, &str)> {
    let tokens: Vec<Token> = Tokens::new(text, dialect).collect();
    if let Some(body) = quoted_body(&tokens) {
        let found = inside(body);
        let offset = body.start + body.text.find(found).unwrap_or(0);
        return statements(found, dialect).into_iter().map(|(start, text)| (offset + start, text)).collect();
    }
    let mut found = Vec::new();
    let mut index = header(&tokens);
    let mut opened = index == 0;
    while index < tokens.len() {
        let token = &tokens[index];
        if opened && token.is_one_of(VERBS) {
            let end = end_of_statement(text, &tokens, index, dialect);
            let stop = if end > index { tokens[end - 1].end() } else { token.end() };
            found.push((token.start, &text[token.start..stop]));
            index = end;
            opened = true;
            continue;
        }
        opened = token.is_sign(";")
            || token.is_one_of(OPENERS)
            || opened && token.is_sign("(")
            || dialect == Dialect::TSql && on_new_line(text, token);
        index += 1;
    }
    found
}

/// The body when it is a text: `AS $$ … $$`. Languages that are not SQL have none.
fn quoted_body<'t>(tokens: &[Token<'t>]) -> Option<Token<'t>> {
    let language = tokens.windows(2).find(|pair| pair[0].is("LANGUAGE")).map(|pair| pair[1]);
    let is_sql =
        |token: Token| inside(token).eq_ignore_ascii_case("sql") || inside(token).eq_ignore_ascii_case("plpgsql");
    let body = tokens.iter().find(|token| token.kind == Kind::Dollar).copied().or_else(|| {
        let behind_as = tokens.windows(2).find(|pair| pair[0].is("AS") && pair[1].kind == Kind::Quoted)?;
        (language.is_some() && behind_as[1].text.starts_with('\'')).then_some(behind_as[1])
    })?;
    language.is_none_or(is_sql).then_some(body)
}

/// Where the body begins: what is before it has words like RETURN and AS that open nothing.
fn header(tokens: &[Token]) -> usize {
    if !tokens.first().is_some_and(|first| first.is_one_of(&["CREATE", "ALTER", "REPLACE"])) {
        return 0;
    }
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate().skip(1) {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            _ if token.is_one_of(&["AS", "IS", "BEGIN", "RETURN"]) => return index,
            // MySQL's triggers and procedures may have a single statement for a body.
            _ if token.is_one_of(VERBS) && tokens[index - 1].is_one_of(&["ROW"]) => return index - 1,
            _ => {}
        }
    }
    tokens.len()
}

/// The index behind the statement's last token.
fn end_of_statement(text: &str, tokens: &[Token], start: usize, dialect: Dialect) -> usize {
    const STOPS: &[&str] = &[
        "IF",
        "WHILE",
        "DECLARE",
        "EXEC",
        "EXECUTE",
        "PRINT",
        "RETURN",
        "COMMIT",
        "ROLLBACK",
        "THROW",
        "RAISERROR",
        "DROP",
        "BEGIN",
        "GO",
        "FETCH",
        "OPEN",
        "CLOSE",
        "DEALLOCATE",
    ];
    let verb = &tokens[start];
    let (mut depth, mut cases, mut selects) = (0usize, 0usize, usize::from(verb.is("SELECT")));
    for (index, token) in tokens.iter().enumerate().skip(start + 1) {
        match token.text {
            "(" => depth += 1,
            // A parenthesis that was opened before the statement: `FOR r IN (SELECT …) LOOP`.
            ")" if depth == 0 => return index,
            ")" => depth -= 1,
            ";" if depth == 0 => return index,
            _ if depth > 0 || token.kind != Kind::Word => {}
            _ if token.is("CASE") => cases += 1,
            _ if token.is("END") && cases > 0 => cases -= 1,
            _ if token.is("END") => return index,
            _ if dialect == Dialect::TSql && on_new_line(text, token) => {
                let previous = &tokens[index - 1];
                let set = token.is("SET") && !verb.is_one_of(&["UPDATE", "MERGE"]);
                let writes = token.is_one_of(&["INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE"])
                    && !verb.is_one_of(&["MERGE", "WITH", "CREATE"]);
                let continues = previous.is_one_of(&["UNION", "ALL", "EXCEPT", "INTERSECT", "AS"])
                    || selects == 0 && !verb.is_one_of(&["UPDATE", "DELETE", "MERGE", "TRUNCATE"]);
                let reads = token.is("SELECT") && !continues;
                if token.is_one_of(STOPS) || set || writes || reads {
                    return index;
                }
                selects += usize::from(token.is("SELECT"));
            }
            _ => selects += usize::from(token.is("SELECT")),
        }
    }
    tokens.len()
}

fn on_new_line(text: &str, token: &Token) -> bool {
    let blank = |byte: &&u8| byte.is_ascii_whitespace() && **byte != b'\n';
    text.as_bytes()[..token.start].iter().rev().find(|byte| !blank(byte)).is_none_or(|byte| *byte == b'\n')
}
