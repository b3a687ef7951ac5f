//! Where one statement of a script ends and the next begins.

use super::dialect::Dialect;
use super::text::{Kind, Token, Tokens};

/// One statement's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'t> {
    pub text: &'t str,
    /// Counted from one.
    pub line: usize,
    /// A procedure, function, trigger or block: statements within a statement.
    pub routine: bool,
}

/// Cuts at semicolons, but not inside of BEGIN … END; also at GO and `/` on a line of their own.
pub fn pieces(sql: &str, dialect: Dialect) -> Vec<Piece<'_>> {
    let mut cutter = Cutter { sql, dialect, pieces: Vec::new(), counted: 0, line: 1, now: Now::default() };
    let mut tokens = Tokens::new(sql, dialect).peekable();
    let mut delimiter: Option<&str> = None;
    while let Some(token) = tokens.next() {
        if cutter.now.start.is_none() && token.is("DELIMITER") {
            // The client's own command: the rest of the line is the new delimiter.
            let line = sql[token.end()..].lines().next().unwrap_or_default();
            let word = line.trim();
            delimiter = (!word.is_empty() && word != ";").then_some(word);
            let until = token.end() + line.len();
            while tokens.next_if(|next| next.start < until).is_some() {}
            continue;
        }
        if let Some(delimiter) = delimiter
            && sql[token.start..].starts_with(delimiter)
        {
            cutter.cut(token.start);
            let until = token.start + delimiter.len();
            while tokens.next_if(|next| next.start < until).is_some() {}
            continue;
        }
        if (token.is("GO") || token.is_sign("/")) && alone_on_line(sql, &token) {
            cutter.cut(token.start);
            continue;
        }
        if token.is_sign(";") && delimiter.is_none() {
            cutter.semicolon(token.start);
            continue;
        }
        cutter.token(token, tokens.peek());
    }
    cutter.cut(sql.len());
    cutter.pieces
}

#[derive(Default)]
struct Now<'t> {
    start: Option<usize>,
    /// How many words came before the one that decides what kind of statement it is.
    words: usize,
    first: Option<Token<'t>>,
    creates: bool,
    routine: bool,
    /// The body's AS was seen.
    body: bool,
    /// Declarations stand before the body's BEGIN.
    pending: bool,
    blocks: usize,
    after_end: bool,
    until_batch_ends: bool,
}

struct Cutter<'t> {
    sql: &'t str,
    dialect: Dialect,
    pieces: Vec<Piece<'t>>,
    counted: usize,
    line: usize,
    now: Now<'t>,
}

impl<'t> Cutter<'t> {
    fn cut(&mut self, end: usize) {
        let now = std::mem::take(&mut self.now);
        let Some(start) = now.start else { return };
        self.line += self.sql.as_bytes()[self.counted..start].iter().filter(|byte| **byte == b'\n').count();
        self.counted = start;
        let text = self.sql[start..end].trim_end();
        self.pieces.push(Piece { text, line: self.line, routine: now.routine });
    }

    fn semicolon(&mut self, at: usize) {
        if self.now.start.is_none() {
            return;
        }
        if self.now.blocks == 0 && !self.now.pending && !self.now.until_batch_ends {
            self.cut(at);
        }
    }

    fn token(&mut self, token: Token<'t>, next: Option<&Token<'t>>) {
        let now = &mut self.now;
        now.start.get_or_insert(token.start);
        if token.kind != Kind::Word {
            return;
        }
        let first = *now.first.get_or_insert(token);
        now.words += 1;
        // A word behind END says which block ended: END IF, END LOOP.
        if std::mem::take(&mut now.after_end)
            && token.is_one_of(&["IF", "LOOP", "WHILE", "REPEAT", "FOR", "CASE", "TRY", "CATCH"])
        {
            return;
        }
        if !now.routine {
            now.creates |= first.is_one_of(&["CREATE", "ALTER", "REPLACE"]);
            let defines = now.creates
                && now.words <= 8
                && token.is_one_of(&["PROCEDURE", "PROC", "FUNCTION", "TRIGGER", "PACKAGE"])
                && !now.body;
            let block = now.words == 1 && token.is("BEGIN") && begins_block(next);
            let declares = now.words == 1 && token.is("DECLARE") && self.dialect == Dialect::Oracle;
            let anonymous = now.words == 1
                && token.is_one_of(&["DO", "EXECUTE"])
                && next.is_some_and(|next| next.kind == Kind::Dollar);
            now.routine = defines || block || declares || anonymous;
            now.pending = declares;
            // What CREATE makes is said before the AS.
            now.body |= token.is("AS");
            if !block {
                return;
            }
            now.body = false;
        }
        match () {
            () if token.is("BEGIN") => {
                if begins_block(next) {
                    now.blocks += 1;
                    now.pending = false;
                    now.until_batch_ends = false;
                }
            }
            () if token.is("CASE") && now.blocks > 0 => now.blocks += 1,
            () if token.is("END") && now.blocks > 0 => {
                let inner = next.is_some_and(|next| next.is_one_of(&["IF", "LOOP", "WHILE", "REPEAT", "FOR"]));
                if !inner {
                    now.blocks -= 1;
                }
                now.after_end = true;
            }
            () if token.is_one_of(&["AS", "IS"]) && !now.body && now.blocks == 0 && now.creates => {
                now.body = true;
                let Some(next) = next else { return };
                let statement = ["SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "RETURN", "BEGIN", "SET"];
                if self.dialect == Dialect::TSql {
                    now.until_batch_ends = true;
                } else if next.kind == Kind::Word && !next.is_one_of(&statement) && !now.pending {
                    now.pending = declares_before_begin(&self.sql[next.start..], self.dialect);
                }
            }
            () => {}
        }
    }
}

/// BEGIN of a block, and not of a transaction.
fn begins_block(next: Option<&Token>) -> bool {
    next.is_some_and(|next| {
        !next.is_sign(";") && !next.is_one_of(&["TRAN", "TRANSACTION", "WORK", "ISOLATION", "READ"])
    })
}

/// Whether a BEGIN follows among the next words, behind declarations.
fn declares_before_begin(text: &str, dialect: Dialect) -> bool {
    const WORDS_MAX: usize = 2_000;
    Tokens::new(text, dialect)
        .take(WORDS_MAX)
        .find(|token| token.is_one_of(&["BEGIN", "CREATE"]))
        .is_some_and(|token| token.is("BEGIN"))
}

/// Looks at blanks only, so that a long line costs nothing.
fn alone_on_line(sql: &str, token: &Token) -> bool {
    let blank = |byte: &&u8| byte.is_ascii_whitespace() && **byte != b'\n';
    let before = sql.as_bytes()[..token.start].iter().rev().find(|byte| !blank(byte));
    let after = sql.as_bytes()[token.end()..].iter().find(|byte| !blank(byte));
    before.is_none_or(|byte| *byte == b'\n') && after.is_none_or(|byte| *byte == b'\n')
}

#[cfg(test)]
mod tests;
