//! Reads a file of Protocol Buffers; options that do not change what is on the wire are passed over.

use super::features::{self, Features};
use super::file::{Enum, Field, File, Label, Message, Method, Named, Reserved, Service};
use super::tokens::{Kind, Token, tokens};
use crate::codes;
use crate::diagnostic::{Diagnostic, Span};
use crate::formats::SchemaText;

/// Messages within messages.
const DEPTH_MAX: usize = 64;
/// The greatest number of a field.
const NUMBER_MAX: i64 = 536_870_911;

type Result<T> = std::result::Result<T, Box<Diagnostic>>;

pub(super) fn parse(source: SchemaText<'_>) -> Result<File> {
    let named = |mut problem: Box<Diagnostic>| {
        source.path.clone_into(&mut problem.path);
        problem
    };
    let tokens = tokens(source.text).map_err(named)?;
    let mut parser = Parser { tokens, at: 0, file: File::default() };
    parser.file().map_err(named)?;
    Ok(parser.file)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    file: File,
}

impl Parser {
    fn peek(&self) -> &Token {
        // The last token is the end, and is never passed.
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        if token.kind != Kind::End {
            self.at += 1;
        }
        token
    }

    fn is(&self, text: &str) -> bool {
        let token = self.peek();
        token.text == text && matches!(token.kind, Kind::Sign | Kind::Word)
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.is(text);
        if found {
            self.at += 1;
        }
        found
    }

    fn expect(&mut self, text: &str) -> Result<()> {
        if self.eat(text) { Ok(()) } else { Err(self.wrong(&format!("`{text}`"))) }
    }

    fn wrong(&self, expected: &str) -> Box<Diagnostic> {
        let token = self.peek();
        let found =
            if token.kind == Kind::End { "the end of the file".to_owned() } else { format!("`{}`", token.text) };
        Box::new(codes::SYNTAX.at(token.span, format!("expected {expected}, found {found}")))
    }

    fn word(&mut self) -> Result<Named> {
        if self.peek().kind != Kind::Word {
            return Err(self.wrong("a name"));
        }
        let token = self.next();
        Ok(Named { text: token.text, span: token.span })
    }

    fn number(&mut self) -> Result<i64> {
        let negative = self.eat("-");
        if self.peek().kind != Kind::Number {
            return Err(self.wrong("a number"));
        }
        let text = self.peek().text.to_lowercase();
        let parsed = match (text.strip_prefix("0x"), text.strip_prefix('0').filter(|rest| !rest.is_empty())) {
            (Some(hex), _) => i64::from_str_radix(hex, 16),
            (_, Some(octal)) => i64::from_str_radix(octal, 8),
            _ => text.parse(),
        };
        let number = parsed.map_err(|_| self.wrong("a whole number"))?;
        self.next();
        Ok(if negative { -number } else { number })
    }

    /// Passes over everything up to the semicolon, or over a block.
    fn skip_statement(&mut self) -> Result<()> {
        let mut depth = 0_usize;
        loop {
            let token = self.next();
            match (token.kind, token.text.as_str()) {
                (Kind::End, _) => return Err(self.wrong("`;`")),
                (Kind::Sign, "{" | "[") => depth += 1,
                (Kind::Sign, "}" | "]") => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 && token.text == "}" && !self.is(";") {
                        return Ok(());
                    }
                }
                (Kind::Sign, ";") if depth == 0 => return Ok(()),
                _ => {}
            }
        }
    }

    fn file(&mut self) -> Result<()> {
        loop {
            let token = self.peek().clone();
            match token.text.as_str() {
                _ if token.kind == Kind::End => return Ok(()),
                "syntax" | "edition" => {
                    self.next();
                    self.expect("=")?;
                    let value = self.next();
                    self.file.syntax = Named { text: value.text, span: value.span };
                    self.expect(";")?;
                }
                "package" => {
                    self.next();
                    self.file.package = self.word()?;
                    self.expect(";")?;
                }
                "message" => {
                    self.next();
                    self.message("", 0)?;
                }
                "enum" => {
                    self.next();
                    self.enumeration("")?;
                }
                "service" => {
                    self.next();
                    self.service()?;
                }
                ";" => self.at += 1,
                "option" => {
                    let found = self.option()?;
                    self.file.features.extend(found);
                }
                "import" => self.skip_statement()?,
                "extend" => self.skip_statement()?,
                _ => return Err(self.wrong("a message, an enum or a service")),
            }
        }
    }

    fn full_name(&mut self, scope: &str) -> Result<Named> {
        let mut name = self.word()?;
        if !scope.is_empty() {
            name.text = format!("{scope}.{}", name.text);
        }
        Ok(name)
    }

    fn message(&mut self, scope: &str, depth: usize) -> Result<()> {
        if depth > DEPTH_MAX {
            return Err(Box::new(codes::LIMIT.at(self.peek().span, "messages are nested too deeply")));
        }
        let name = self.full_name(scope)?;
        let mut message = Message { name, ..Message::default() };
        self.expect("{")?;
        self.body(&mut message, None, depth)?;
        self.file.messages.push(message);
        Ok(())
    }

    /// The inside of a message or of a oneof, with its closing brace.
    fn body(&mut self, message: &mut Message, oneof: Option<&str>, depth: usize) -> Result<()> {
        while !self.eat("}") {
            // A field may be of a type that is called like a keyword, but a keyword is followed by a name.
            let scope = message.name.text.clone();
            match self.peek().text.as_str() {
                "message" => {
                    self.next();
                    self.message(&scope, depth + 1)?;
                }
                "enum" => {
                    self.next();
                    self.enumeration(&scope)?;
                }
                "oneof" if oneof.is_none() => {
                    self.next();
                    let name = self.word()?.text;
                    self.expect("{")?;
                    self.body(message, Some(&name), depth)?;
                }
                "reserved" => {
                    self.next();
                    self.reserved(&mut message.reserved, NUMBER_MAX)?;
                }
                "option" | "extensions" | "extend" => self.skip_statement()?,
                ";" => self.at += 1,
                _ => self.field(message, oneof, depth)?,
            }
        }
        Ok(())
    }

    fn field(&mut self, message: &mut Message, oneof: Option<&str>, depth: usize) -> Result<()> {
        let label = match self.peek().text.as_str() {
            "optional" => Label::Optional,
            "required" => Label::Required,
            "repeated" => Label::Repeated,
            _ => Label::Singular,
        };
        if label != Label::Singular {
            self.next();
        }
        let mut type_name = self.word()?.text;
        let is_group = type_name == "group";
        if type_name == "map" && self.is("<") {
            self.expect("<")?;
            let key = self.word()?.text;
            self.expect(",")?;
            let value = self.word()?.text;
            self.expect(">")?;
            type_name = format!("map<{key}, {value}>");
        }
        let name = self.word()?;
        self.expect("=")?;
        let number = self.number()?;
        let mut field = Field {
            name,
            number,
            label,
            type_name,
            oneof: oneof.map(str::to_owned),
            is_packed: None,
            is_deprecated: false,
            json_name: None,
            default: None,
            features: Features::new(),
        };
        if self.eat("[") {
            self.options(&mut field)?;
        }
        if is_group {
            let scope = message.name.text.clone();
            let mut inner = Message { name: field.name.clone(), ..Message::default() };
            inner.name.text = format!("{scope}.{}", field.name.text);
            field.type_name = format!("group {}", field.name.text);
            self.expect("{")?;
            self.body(&mut inner, None, depth + 1)?;
            self.file.messages.push(inner);
        } else {
            self.expect(";")?;
        }
        // The edition's word for what proto2 writes before the type.
        if field.features.get(features::PRESENCE).is_some_and(|found| found.text == "LEGACY_REQUIRED") {
            field.features.remove(features::PRESENCE);
            field.label = Label::Required;
        }
        message.fields.push(field);
        Ok(())
    }

    /// A statement `option name = value;`: what it says of features.
    fn option(&mut self) -> Result<Features> {
        let start = self.at;
        self.skip_statement()?;
        let words = &self.tokens[start + 1..self.at];
        let Some(equals) = words.iter().position(|token| token.kind == Kind::Sign && token.text == "=") else {
            return Ok(Features::new());
        };
        let name: String = words[..equals].iter().map(|token| token.text.as_str()).collect();
        Ok(features::of(&name, &words[equals + 1..]))
    }

    /// `name = value, (custom).part = { … }]`.
    fn options(&mut self, field: &mut Field) -> Result<()> {
        loop {
            let mut name = String::new();
            while !self.is("=") && self.peek().kind != Kind::End {
                name.push_str(&self.next().text);
            }
            self.expect("=")?;
            let start = self.at;
            let value = self.value()?;
            field.features.extend(features::of(&name, &self.tokens[start..self.at]));
            match name.as_str() {
                "packed" => field.is_packed = Some(value == "true"),
                "deprecated" => field.is_deprecated = value == "true",
                "json_name" => field.json_name = Some(value),
                "default" => field.default = Some(value),
                _ => {}
            }
            if self.eat("]") {
                return Ok(());
            }
            self.expect(",")?;
        }
    }

    fn value(&mut self) -> Result<String> {
        let mut text = String::new();
        let mut depth = 0_usize;
        loop {
            let token = self.peek();
            let is_sign = token.kind == Kind::Sign;
            match token.text.as_str() {
                _ if token.kind == Kind::End => return Err(self.wrong("a value")),
                "," | "]" if is_sign && depth == 0 => return Ok(text),
                "{" | "[" if is_sign => depth += 1,
                "}" | "]" if is_sign => depth = depth.saturating_sub(1),
                _ => {}
            }
            text.push_str(&self.next().text);
        }
    }

    fn reserved(&mut self, reserved: &mut Reserved, greatest: i64) -> Result<()> {
        loop {
            match self.peek().kind {
                Kind::Text => reserved.names.push(self.next().text),
                Kind::Word => reserved.names.push(self.word()?.text),
                _ => {
                    let from = self.number()?;
                    let to = match self.eat("to") {
                        true if self.eat("max") => greatest,
                        true => self.number()?,
                        false => from,
                    };
                    reserved.ranges.push((from, to));
                }
            }
            if self.eat(";") {
                return Ok(());
            }
            self.expect(",")?;
        }
    }

    fn enumeration(&mut self, scope: &str) -> Result<()> {
        let name = self.full_name(scope)?;
        let mut found = Enum { name, ..Enum::default() };
        self.expect("{")?;
        while !self.eat("}") {
            match self.peek().text.as_str() {
                "option" => {
                    let features = self.option()?;
                    found.features.extend(features);
                }
                "reserved" => {
                    self.next();
                    self.reserved(&mut found.reserved, i64::from(i32::MAX))?;
                }
                ";" => self.at += 1,
                _ => {
                    let name = self.word()?;
                    self.expect("=")?;
                    let number = self.number()?;
                    if self.eat("[") {
                        let span = Span::default();
                        let mut unused = Field {
                            name: Named { text: String::new(), span },
                            number,
                            label: Label::Singular,
                            type_name: String::new(),
                            oneof: None,
                            is_packed: None,
                            is_deprecated: false,
                            json_name: None,
                            default: None,
                            features: Features::new(),
                        };
                        self.options(&mut unused)?;
                    }
                    self.expect(";")?;
                    found.values.push((name, number));
                }
            }
        }
        self.file.enums.push(found);
        Ok(())
    }

    fn service(&mut self) -> Result<()> {
        let mut service = Service { name: self.word()?, ..Service::default() };
        self.expect("{")?;
        while !self.eat("}") {
            match self.peek().text.as_str() {
                "rpc" => {
                    self.next();
                    let name = self.word()?;
                    let request = self.message_type()?;
                    self.expect("returns")?;
                    let response = self.message_type()?;
                    if !self.eat(";") {
                        self.skip_statement()?;
                    }
                    service.methods.push(Method { name, signature: format!("{request} returns {response}") });
                }
                "option" | "stream" => self.skip_statement()?,
                ";" => self.at += 1,
                _ => return Err(self.wrong("`rpc`")),
            }
        }
        self.file.services.push(service);
        Ok(())
    }

    /// `(stream Name)`.
    fn message_type(&mut self) -> Result<String> {
        self.expect("(")?;
        let first = self.word()?.text;
        let full = if first == "stream" && !self.is(")") { format!("stream {}", self.word()?.text) } else { first };
        self.expect(")")?;
        Ok(full)
    }
}
