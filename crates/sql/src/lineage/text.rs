//! SQL as words, before any parser has seen it: quotes and comments are stepped over.

use super::dialect::Dialect;

/// A word, a quoted text or a single sign, with its place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'t> {
    pub kind: Kind,
    pub text: &'t str,
    pub start: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Word,
    Quoted,
    /// `$tag$ … $tag$`
    Dollar,
    Sign,
}

impl Token<'_> {
    pub fn is(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    pub fn is_one_of(&self, words: &[&str]) -> bool {
        self.kind == Kind::Word && words.iter().any(|word| self.text.eq_ignore_ascii_case(word))
    }

    pub fn is_sign(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text == sign
    }

    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The tokens of a text. A quote that never ends is taken as a sign, so that what follows is not lost.
pub struct Tokens<'t> {
    text: &'t str,
    at: usize,
    dialect: Dialect,
}

impl<'t> Tokens<'t> {
    pub fn new(text: &'t str, dialect: Dialect) -> Tokens<'t> {
        Tokens { text, at: 0, dialect }
    }

    fn skip_blank(&mut self) {
        let bytes = self.text.as_bytes();
        loop {
            let rest = &bytes[self.at..];
            match rest {
                [first, ..] if first.is_ascii_whitespace() => self.at += 1,
                [b'-', b'-', ..] => self.skip_line(),
                [b'#', ..] if matches!(self.dialect, Dialect::MySql | Dialect::BigQuery) => self.skip_line(),
                [b'/', b'/', ..] if self.dialect == Dialect::Snowflake => self.skip_line(),
                [b'/', b'*', ..] => {
                    let nests = matches!(self.dialect, Dialect::Postgres | Dialect::TSql | Dialect::Databricks);
                    self.at = comment_end(bytes, self.at, nests);
                }
                _ => return,
            }
        }
    }

    fn skip_line(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    }

    fn token(&mut self, kind: Kind, end: usize) -> Token<'t> {
        let start = std::mem::replace(&mut self.at, end);
        Token { kind, text: &self.text[start..end], start }
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        self.skip_blank();
        let bytes = self.text.as_bytes();
        let first = *bytes.get(self.at)?;
        let quoted = match first {
            b'\'' | b'"' | b'`' => quote_end(bytes, self.at, self.dialect),
            b'[' if self.dialect == Dialect::TSql => find(bytes, self.at + 1, b"]"),
            b'$' => match dollar_end(bytes, self.at) {
                Some(end) => return Some(self.token(Kind::Dollar, end)),
                None => None,
            },
            _ => None,
        };
        if let Some(end) = quoted {
            return Some(self.token(Kind::Quoted, end));
        }
        if is_word(first) {
            let length = bytes[self.at..].iter().position(|byte| !is_word(*byte)).unwrap_or(bytes.len() - self.at);
            return Some(self.token(Kind::Word, self.at + length));
        }
        let width = self.text[self.at..].chars().next().map_or(1, char::len_utf8);
        Some(self.token(Kind::Sign, self.at + width))
    }
}

/// Bytes beyond ASCII are letters of some language.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@' | b'#') || byte >= 0x80
}

fn find(bytes: &[u8], from: usize, wanted: &[u8]) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.windows(wanted.len()).position(|window| window == wanted).map(|at| from + at + wanted.len())
}

fn comment_end(bytes: &[u8], start: usize, nests: bool) -> usize {
    let mut depth = 1;
    let mut at = start + 2;
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"*/" => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            b"/*" if nests => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

fn quote_end(bytes: &[u8], start: usize, dialect: Dialect) -> Option<usize> {
    let quote = bytes[start];
    if dialect == Dialect::BigQuery && quote != b'`' && bytes[start..].starts_with(&[quote; 3]) {
        return find(bytes, start + 3, &[quote; 3]);
    }
    let escapes = quote != b'`' && dialect.backslash_escapes();
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if escapes => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

/// Where a text in dollar signs ends.
fn dollar_end(bytes: &[u8], start: usize) -> Option<usize> {
    let tag = bytes[start + 1..].iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'))?;
    let end = start + 1 + tag;
    if bytes[end] != b'$' || bytes[start + 1].is_ascii_digit() {
        return None;
    }
    let tag = &bytes[start..=end];
    find(bytes, end + 1, tag)
}

/// What is between the dollar signs, or the quotes.
pub fn inside(token: Token<'_>) -> &str {
    match token.kind {
        Kind::Dollar => {
            let tag = token.text[1..].find('$').map_or(1, |at| at + 2);
            token.text.get(tag..token.text.len().saturating_sub(tag)).unwrap_or_default()
        }
        Kind::Quoted => token.text.get(1..token.text.len().saturating_sub(1)).unwrap_or_default(),
        _ => token.text,
    }
}
