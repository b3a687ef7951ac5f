//! Words, numbers, texts and signs of a file.

use crate::codes;
use crate::diagnostic::{Diagnostic, Span};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// Names may have points.
    Word,
    Number,
    /// Without its quotes.
    Text,
    Sign,
    End,
}

#[derive(Debug, Clone)]
pub(super) struct Token {
    pub kind: Kind,
    pub text: String,
    pub span: Span,
}

/// Files with more tokens are refused.
const TOKENS_MAX: usize = 2_000_000;

pub(super) fn tokens(source: &str) -> Result<Vec<Token>, Box<Diagnostic>> {
    let mut reader = Reader { source, at: 0, line: 1, column: 1 };
    let mut tokens = Vec::new();
    loop {
        reader.skip_space()?;
        let token = reader.token()?;
        let is_end = token.kind == Kind::End;
        tokens.push(token);
        if is_end {
            return Ok(tokens);
        }
        if tokens.len() > TOKENS_MAX {
            let span = tokens.last().map(|token| token.span).unwrap_or_default();
            return Err(Box::new(codes::LIMIT.at(span, "the file is too large")));
        }
    }
}

struct Reader<'a> {
    source: &'a str,
    at: usize,
    line: u32,
    column: u32,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        if next == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(next)
    }

    fn here(&self) -> Span {
        Span { start: self.at, end: self.at, line: self.line, column: self.column }
    }

    fn skip_space(&mut self) -> Result<(), Box<Diagnostic>> {
        loop {
            if self.rest().starts_with("//") {
                while self.peek().is_some_and(|next| next != '\n') {
                    self.next();
                }
            } else if self.rest().starts_with("/*") {
                let start = self.here();
                while !self.rest().starts_with("*/") {
                    if self.next().is_none() {
                        return Err(Box::new(codes::SYNTAX.at(start, "the comment has no end")));
                    }
                }
                self.next();
                self.next();
            } else if self.peek().is_some_and(|next| next.is_whitespace() || next == '\u{feff}') {
                self.next();
            } else {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<Token, Box<Diagnostic>> {
        let mut span = self.here();
        let Some(first) = self.next() else {
            return Ok(Token { kind: Kind::End, text: String::new(), span });
        };
        let kind = match first {
            '"' | '\'' => return self.text(first, span),
            _ if first.is_alphabetic() || first == '_' => Kind::Word,
            _ if first.is_ascii_digit() => Kind::Number,
            '.' if self.peek().is_some_and(|next| next.is_alphabetic() || next == '_') => Kind::Word,
            _ => Kind::Sign,
        };
        if kind != Kind::Sign {
            while self.peek().is_some_and(|next| next.is_alphanumeric() || next == '_' || next == '.') {
                self.next();
            }
        }
        span.end = self.at;
        Ok(Token { kind, text: self.source[span.start..span.end].to_owned(), span })
    }

    fn text(&mut self, quote: char, mut span: Span) -> Result<Token, Box<Diagnostic>> {
        let mut text = String::new();
        loop {
            match self.next() {
                Some(next) if next == quote => break,
                Some('\\') => text.extend(self.next()),
                Some('\n') | None => return Err(Box::new(codes::SYNTAX.at(span, "the text has no end"))),
                Some(next) => text.push(next),
            }
        }
        span.end = self.at;
        Ok(Token { kind: Kind::Text, text, span })
    }
}
