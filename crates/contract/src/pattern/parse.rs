//! Reads ECMA-262's grammar of patterns and writes it in the syntax of the `regex` crate.

use super::{Problem, ProblemKind, class, property};

/// Groups within groups.
const DEPTH_MAX: usize = 60;
/// Greatest count of a quantifier.
const REPEAT_MAX: u32 = 100_000;
/// `\s` of ECMA-262: its white space and its line ends.
pub(super) const SPACE: &str =
    r"\t\n\x0B\x0C\r\x20\u{A0}\u{1680}\u{2000}-\u{200A}\u{2028}\u{2029}\u{202F}\u{205F}\u{3000}\u{FEFF}";
const NOT_LINE_END: &str = r"[^\n\r\u{2028}\u{2029}]";
const ANYTHING: &str = r"[\s\S]";

/// The pattern in the other syntax, and the look-aheads that stood behind its leading `^`.
#[derive(Debug, PartialEq)]
pub(super) struct Translated {
    pub search: String,
    pub ahead: Vec<(String, bool)>,
}

pub(super) fn translate(pattern: &str) -> Result<Translated, Problem> {
    let mut parser = Parser {
        end: pattern.len(),
        chars: pattern.char_indices().collect(),
        at: 0,
        out: String::with_capacity(pattern.len() + 16),
        depth: 0,
        flags: Flags::default(),
        names: Vec::new(),
    };
    // Not ECMA-262, but what other dialects write, and it can mean nothing else.
    if parser.eat_all("(?i)") {
        parser.flags.ignore_case = true;
    }
    let ahead = parser.leading_look_ahead()?;
    let alternatives = parser.disjunction()?;
    if let Some(')') = parser.peek() {
        return Err(parser.invalid("a `)` without its `(`"));
    }
    if !ahead.is_empty() && alternatives > 1 {
        return Err(parser.look_around_at(ahead[0].2));
    }
    let prefix = if parser.flags.ignore_case { "(?i)" } else { "" };
    Ok(Translated {
        search: format!("{prefix}{}", parser.out),
        ahead: ahead.into_iter().map(|(source, wanted, _)| (format!("{prefix}^(?:{source})"), wanted)).collect(),
    })
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flags {
    pub ignore_case: bool,
    pub dot_all: bool,
}

pub(super) struct Parser {
    chars: Vec<(usize, char)>,
    end: usize,
    at: usize,
    pub out: String,
    depth: usize,
    pub flags: Flags,
    names: Vec<String>,
}

impl Parser {
    pub fn peek(&self) -> Option<char> {
        self.chars.get(self.at).map(|(_, c)| *c)
    }

    /// The characters that are not read yet.
    pub fn rest(&self) -> impl Iterator<Item = char> + '_ {
        self.chars.iter().skip(self.at).map(|(_, c)| *c)
    }

    fn ahead(&self, by: usize) -> Option<char> {
        self.chars.get(self.at + by).map(|(_, c)| *c)
    }

    pub fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += 1;
        Some(next)
    }

    pub fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    pub fn eat_all(&mut self, wanted: &str) -> bool {
        let found = wanted.chars().enumerate().all(|(by, c)| self.ahead(by) == Some(c));
        if found {
            self.at += wanted.chars().count();
        }
        found
    }

    /// The byte offset of the next character.
    pub fn offset(&self) -> usize {
        self.chars.get(self.at).map_or(self.end, |(offset, _)| *offset)
    }

    pub fn invalid(&self, message: impl Into<String>) -> Problem {
        Problem { kind: ProblemKind::Invalid, at: self.offset(), message: message.into() }
    }

    pub fn invalid_at(at: usize, message: impl Into<String>) -> Problem {
        Problem { kind: ProblemKind::Invalid, at, message: message.into() }
    }

    pub fn unsupported_at(at: usize, message: impl Into<String>) -> Problem {
        Problem { kind: ProblemKind::Unsupported, at, message: message.into() }
    }

    fn look_around_at(&self, at: usize) -> Problem {
        Self::unsupported_at(at, "look-around cannot be decided in linear time, except look-ahead behind a leading ^")
    }

    /// `^(?=a)(?!b)rest` holds where `^a` matches, `^b` does not, and `^rest` does. Source, wanted, offset of each.
    fn leading_look_ahead(&mut self) -> Result<Vec<(String, bool, usize)>, Problem> {
        let mut found = Vec::new();
        if self.peek() != Some('^') {
            return Ok(found);
        }
        self.at += 1;
        self.out.push('^');
        loop {
            let offset = self.offset();
            let wanted = if self.eat_all("(?=") {
                true
            } else if self.eat_all("(?!") {
                false
            } else {
                break;
            };
            let outer = std::mem::take(&mut self.out);
            self.depth += 1;
            self.disjunction()?;
            self.depth -= 1;
            self.close()?;
            let source = std::mem::replace(&mut self.out, outer);
            found.push((source, wanted, offset));
            self.no_quantifier()?;
        }
        if found.is_empty() {
            self.no_quantifier()?;
        }
        Ok(found)
    }

    /// How many alternatives it had.
    fn disjunction(&mut self) -> Result<usize, Problem> {
        let mut alternatives = 1;
        loop {
            match self.peek() {
                None | Some(')') => return Ok(alternatives),
                Some('|') => {
                    self.at += 1;
                    self.out.push('|');
                    alternatives += 1;
                }
                Some(_) => self.term()?,
            }
        }
    }

    fn term(&mut self) -> Result<(), Problem> {
        let start = self.offset();
        let Some(next) = self.next() else { return Ok(()) };
        // What a quantifier repeats begins here.
        let from = self.out.len();
        match next {
            '^' | '$' => {
                self.out.push(next);
                return self.no_quantifier();
            }
            '\\' => {
                if self.escape(start)? {
                    return self.no_quantifier();
                }
            }
            '(' => self.group(start)?,
            '[' => class::read(self, start)?,
            '.' => self.out.push_str(if self.flags.dot_all { ANYTHING } else { NOT_LINE_END }),
            '*' | '+' | '?' => return Err(Self::invalid_at(start, format!("nothing to repeat before the `{next}`"))),
            '{' => {
                self.at -= 1;
                if self.braces()?.is_some() {
                    return Err(Self::invalid_at(start, "nothing to repeat before the `{`"));
                }
                self.at += 1;
                self.out.push_str(r"\{");
            }
            other => push_literal(other, &mut self.out),
        }
        self.quantifier(from)
    }

    /// An assertion has no width that could be repeated.
    fn no_quantifier(&mut self) -> Result<(), Problem> {
        match self.peek() {
            Some(next @ ('*' | '+' | '?')) => Err(self.invalid(format!("nothing to repeat before the `{next}`"))),
            Some('{') if self.braces()?.is_some() => Err(self.invalid("nothing to repeat before the `{`")),
            _ => Ok(()),
        }
    }

    /// Lazy or greedy makes no difference to whether a pattern occurs.
    fn quantifier(&mut self, from: usize) -> Result<(), Problem> {
        let repeat = match self.peek() {
            Some(next @ ('*' | '+' | '?')) => {
                self.at += 1;
                next.to_string()
            }
            Some('{') => match self.braces()? {
                Some((least, most, length)) => {
                    self.at += length;
                    match most {
                        Some(most) => format!("{{{least},{most}}}"),
                        None => format!("{{{least},}}"),
                    }
                }
                None => return Ok(()),
            },
            _ => return Ok(()),
        };
        self.eat('?');
        let atom = self.out.split_off(from);
        self.out.push_str("(?:");
        self.out.push_str(&atom);
        self.out.push(')');
        self.out.push_str(&repeat);
        self.no_quantifier()
    }

    /// Reads ahead: least, most, and the length of `{2}`, `{2,}` or `{2,3}`; `None` for a brace that means itself.
    fn braces(&self) -> Result<Option<(u32, Option<u32>, usize)>, Problem> {
        let digits =
            |from: usize| (from..).take_while(|by| self.ahead(*by).is_some_and(|c| c.is_ascii_digit())).count();
        let number = |from: usize, count: usize| -> Result<u32, Problem> {
            let text: String = (from..from + count).filter_map(|by| self.ahead(by)).collect();
            let value = text.parse().ok().filter(|value| *value <= REPEAT_MAX);
            value.ok_or_else(|| Self::unsupported_at(self.offset(), format!("more than {REPEAT_MAX} repetitions")))
        };
        let first = digits(1);
        if first == 0 {
            let second = if self.ahead(1) == Some(',') { digits(2) } else { 0 };
            if second > 0 && self.ahead(2 + second) == Some('}') {
                return Err(self.invalid("`{,n}` means itself in ECMA-262; write `{0,n}`"));
            }
            return Ok(None);
        }
        if self.ahead(1 + first) == Some('}') {
            let count = number(1, first)?;
            return Ok(Some((count, Some(count), first + 2)));
        }
        if self.ahead(1 + first) != Some(',') {
            return Ok(None);
        }
        let second = digits(first + 2);
        if self.ahead(first + second + 2) != Some('}') {
            return Ok(None);
        }
        let least = number(1, first)?;
        let most = if second == 0 { None } else { Some(number(first + 2, second)?) };
        if most.is_some_and(|most| most < least) {
            return Err(self.invalid("the counts of the repetition are out of order"));
        }
        Ok(Some((least, most, first + second + 3)))
    }

    fn group(&mut self, start: usize) -> Result<(), Problem> {
        let outer = self.flags;
        let modifiers = if self.eat('?') { self.group_kind(start)? } else { "" };
        if self.depth >= DEPTH_MAX {
            return Err(Self::unsupported_at(start, format!("more than {DEPTH_MAX} groups within each other")));
        }
        self.out.push_str("(?");
        self.out.push_str(modifiers);
        self.out.push(':');
        self.depth += 1;
        self.disjunction()?;
        self.depth -= 1;
        self.flags = outer;
        self.close()?;
        self.out.push(')');
        Ok(())
    }

    fn close(&mut self) -> Result<(), Problem> {
        if self.eat(')') { Ok(()) } else { Err(self.invalid("a `(` without its `)`")) }
    }

    /// What follows `(?`: the flags of the translated group. Captures serve nobody here.
    fn group_kind(&mut self, start: usize) -> Result<&'static str, Problem> {
        match self.peek() {
            Some('=' | '!') => return Err(self.look_around_at(start)),
            Some('<') if matches!(self.ahead(1), Some('=' | '!')) => return Err(self.look_around_at(start)),
            Some('<') => {
                self.at += 1;
                self.name(start)?;
                return Ok("");
            }
            _ => {}
        }
        let (mut on, mut removing, mut seen) = (true, false, Vec::new());
        loop {
            let offset = self.offset();
            match self.next() {
                Some(':') if !(removing && seen.is_empty()) => break,
                Some('-') if on => {
                    on = false;
                    removing = true;
                }
                Some(flag @ ('i' | 's')) if !seen.contains(&flag) => {
                    seen.push(flag);
                    match flag {
                        'i' => self.flags.ignore_case = on,
                        _ => self.flags.dot_all = on,
                    }
                }
                Some('m') => return Err(Self::unsupported_at(offset, "the flag m is not supported")),
                _ => return Err(Self::invalid_at(start, "a group begins with `(?:`, `(?<name>` or its flags, `(?i:`")),
            }
        }
        Ok(match (seen.contains(&'i'), self.flags.ignore_case) {
            (true, true) => "i",
            (true, false) => "-i",
            (false, _) => "",
        })
    }

    fn name(&mut self, start: usize) -> Result<(), Problem> {
        let mut name = String::new();
        loop {
            match self.next() {
                Some('>') if !name.is_empty() => break,
                Some(c) if c == '$' || c == '_' || c.is_alphabetic() || (!name.is_empty() && c.is_alphanumeric()) => {
                    name.push(c);
                }
                _ => return Err(Self::invalid_at(start, "the group's name must be an identifier in `<` and `>`")),
            }
        }
        if self.names.contains(&name) {
            return Err(Self::invalid_at(start, format!("two groups have the name {name}")));
        }
        self.names.push(name);
        Ok(())
    }

    /// What follows a backslash outside of a class; true when it is an assertion.
    fn escape(&mut self, start: usize) -> Result<bool, Problem> {
        match self.peek() {
            Some('b') => {
                self.at += 1;
                self.out.push_str(r"(?-u:\b)");
                return Ok(true);
            }
            Some('B') => {
                self.at += 1;
                self.out.push_str(r"(?-u:\B)");
                return Ok(true);
            }
            Some('1'..='9' | 'k') => {
                return Err(Self::unsupported_at(start, "back-references cannot be decided in linear time"));
            }
            _ => {}
        }
        if let Some(class) = self.class_escape(start)? {
            self.out.push_str(&class);
        } else {
            let character = self.character_escape(start, false)?;
            push_literal(character, &mut self.out);
        }
        Ok(false)
    }

    /// `\d`, `\p{Lu}` and their like, as a class in brackets; nothing is read when it is none.
    pub fn class_escape(&mut self, start: usize) -> Result<Option<String>, Problem> {
        let class = match self.peek() {
            Some('d') => "[0-9]".to_owned(),
            Some('D') => "[^0-9]".to_owned(),
            Some('w') => "[0-9A-Za-z_]".to_owned(),
            Some('W') => "[^0-9A-Za-z_]".to_owned(),
            Some('s') => format!("[{SPACE}]"),
            Some('S') => format!("[^{SPACE}]"),
            Some(letter @ ('p' | 'P')) => {
                self.at += 1;
                return property::read(self, start, letter == 'P').map(Some);
            }
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(class))
    }

    /// The one character that an escape stands for.
    pub fn character_escape(&mut self, start: usize, in_class: bool) -> Result<char, Problem> {
        let Some(next) = self.next() else { return Err(Self::invalid_at(start, "the pattern ends in a backslash")) };
        let character = match next {
            't' => '\t',
            'n' => '\n',
            'v' => '\x0B',
            'f' => '\x0C',
            'r' => '\r',
            'b' if in_class => '\x08',
            '0' if !self.peek().is_some_and(|c| c.is_ascii_digit()) => '\0',
            'c' => match self.next() {
                Some(letter) if letter.is_ascii_alphabetic() => char::from(letter as u8 % 32),
                _ => return Err(Self::invalid_at(start, "`\\c` needs a letter from A to Z")),
            },
            'x' => {
                let code = self.hex(2).ok_or_else(|| Self::invalid_at(start, "`\\x` needs two hexadecimal digits"))?;
                self.scalar(code, start)?
            }
            'u' => self.unicode(start)?,
            'A' | 'z' | 'Z' => {
                return Err(Self::invalid_at(start, format!("`\\{next}` is not ECMA-262; anchor with ^ and $")));
            }
            other if other.is_ascii_alphanumeric() => {
                return Err(Self::invalid_at(start, format!("`\\{other}` means nothing in ECMA-262")));
            }
            other => other,
        };
        Ok(character)
    }

    /// `\u0041`, `\uD83D\uDE00` or `\u{1F600}`.
    fn unicode(&mut self, start: usize) -> Result<char, Problem> {
        let wrong = || Self::invalid_at(start, "`\\u` needs four hexadecimal digits, or up to six in braces");
        if self.eat('{') {
            let mut code: u32 = 0;
            let mut digits = 0;
            while let Some(digit) = self.peek().and_then(|c| c.to_digit(16)) {
                self.at += 1;
                digits += 1;
                code = code.saturating_mul(16).saturating_add(digit);
            }
            return if digits > 0 && self.eat('}') { self.scalar(code, start) } else { Err(wrong()) };
        }
        let high = self.hex(4).ok_or_else(wrong)?;
        if (0xD800..0xDC00).contains(&high) {
            let back = self.at;
            let low = if self.eat_all("\\u") { self.hex(4) } else { None };
            if let Some(low) = low.filter(|low| (0xDC00..0xE000).contains(low)) {
                return self.scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00), start);
            }
            self.at = back;
        }
        self.scalar(high, start)
    }

    fn hex(&mut self, count: usize) -> Option<u32> {
        let mut code = 0;
        for _ in 0..count {
            code = code * 16 + self.peek()?.to_digit(16)?;
            self.at += 1;
        }
        Some(code)
    }

    fn scalar(&self, code: u32, start: usize) -> Result<char, Problem> {
        char::from_u32(code).ok_or_else(|| {
            let message = match code {
                0xD800..=0xDFFF => {
                    "half of a surrogate pair occurs in no text; write `\\u{…}` for characters beyond FFFF"
                }
                _ => "there is no character with this code",
            };
            Self::invalid_at(start, message)
        })
    }
}

fn push_literal(character: char, out: &mut String) {
    let mut buffer = [0; 4];
    out.push_str(&regex::escape(character.encode_utf8(&mut buffer)));
}
