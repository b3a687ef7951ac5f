//! Where everything that is printed goes through: text for people or one JSON document, never both.

use std::borrow::Cow;
use std::io::Write;

use anstyle::{AnsiColor, Style};
use engine::{Error, Kind};
use serde::Serialize;

use crate::args::ColorChoice;

pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();
pub const GOOD: Style = AnsiColor::Green.on_default();
pub const BAD: Style = AnsiColor::Red.on_default().bold();
pub const WARN: Style = AnsiColor::Yellow.on_default();
pub const PLACE: Style = AnsiColor::Cyan.on_default();

/// Without a terminal, text is laid out for this many columns.
const WIDTH: usize = 100;

pub struct Screen {
    out: anstream::AutoStream<std::io::Stdout>,
    err: anstream::AutoStream<std::io::Stderr>,
    pub json: bool,
    pub width: usize,
    /// Somebody sits before it.
    pub live: bool,
    pub colour: bool,
    broken: bool,
}

impl Screen {
    pub fn new(colour: ColorChoice, json: bool) -> Self {
        let choice = match colour {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        };
        let out = anstream::AutoStream::new(std::io::stdout(), choice);
        let err = anstream::AutoStream::new(std::io::stderr(), choice);
        let colour = out.current_choice() != anstream::ColorChoice::Never;
        let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
        let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)).or(columns).unwrap_or(WIDTH);
        let live = std::io::IsTerminal::is_terminal(&std::io::stderr()) && std::env::var_os("CI").is_none();
        Self { out, err, json, width: width.clamp(40, 160), live: live && !json, colour, broken: false }
    }

    /// One line.
    pub fn line(&mut self, text: impl AsRef<str>) {
        self.broken |= writeln!(self.out, "{}", tame(text.as_ref().trim_end())).is_err();
    }

    /// Text as it is, with a final line end.
    pub fn text(&mut self, text: &str) {
        let ending = if text.ends_with('\n') { "" } else { "\n" };
        self.broken |= write!(self.out, "{}{ending}", tame(text)).is_err();
    }

    pub fn document(&mut self, value: &impl Serialize) {
        match serde_json::to_string_pretty(value) {
            Ok(text) => self.line(text),
            Err(error) => self.error(&Error::new(Kind::Bug, format!("the report is not JSON: {error}"))),
        }
    }

    pub fn error(&mut self, error: &Error) {
        if self.json {
            let report = serde_json::json!({ "error": {
                "code": format!("{:?}", error.kind).to_lowercase(),
                "message": error.message,
                "where": place(error),
                "help": error.help,
            }});
            return self.document(&report);
        }
        let err = &mut self.err;
        let mut written = writeln!(err, "{BAD}error{BAD:#}{BOLD}: {}{BOLD:#}", tame(&error.message));
        if let Some(place) = &error.place {
            written = written.and_then(|()| writeln!(err, "  {PLACE}-->{PLACE:#} {}", tame(place)));
        }
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause {
            written = written.and_then(|()| writeln!(err, "  because: {}", tame(&inner.to_string())));
            cause = inner.source();
        }
        if let Some(help) = &error.help {
            written = written.and_then(|()| writeln!(err, "  {GOOD}help{GOOD:#}: {}", tame(help)));
        }
        self.broken |= written.is_err();
    }

    /// The exit code; a reader that went away (`| head`) is no failure.
    pub fn finish(mut self, code: u8) -> u8 {
        let _ = self.out.flush();
        let _ = self.err.flush();
        code
    }
}

/// Text of others, in one line, with every character that a terminal would obey as its escape.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| is_obeyed(c) || c == '\n' || c == '\t') {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| match c {
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        c if is_obeyed(c) => escaped(c),
        c => c.to_string(),
    };
    Cow::Owned(text.chars().map(shown).collect())
}

/// Text that is laid out already: a terminal obeys nothing in it but line ends, tabs, and the few colours that are used here.
fn tame(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut tamed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(is_obeyed) {
        let (before, found) = rest.split_at(at);
        tamed.push_str(before);
        let length = match colour(found) {
            Some(length) => {
                tamed.push_str(&found[..length]);
                length
            }
            None => {
                let obeyed = found.chars().next().unwrap_or_default();
                tamed.push_str(&escaped(obeyed));
                obeyed.len_utf8()
            }
        };
        rest = &found[length..];
    }
    tamed.push_str(rest);
    Cow::Owned(tamed)
}

/// As JSON has it, so that a document stays what it is.
fn escaped(c: char) -> String {
    format!("\\u{:04x}", u32::from(c))
}

fn is_obeyed(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Bytes of the sequence at the beginning that chooses a style; nothing for one that hides what it is about.
fn colour(text: &str) -> Option<usize> {
    let body = text.strip_prefix("\u{1b}[")?;
    let end = body.find('m')?;
    let is_style = |code: &str| {
        matches!(code, "" | "0" | "1" | "2" | "3" | "4" | "22" | "39")
            || (code.len() == 2 && matches!(code.as_bytes(), [b'3', b'1'..=b'7']))
    };
    body[..end].split(';').all(is_style).then_some(end + 3)
}

/// `path:line:column` taken apart; `null` when the error has no place.
fn place(error: &Error) -> serde_json::Value {
    let Some(text) = &error.place else { return serde_json::Value::Null };
    let parts: Vec<&str> = text.rsplitn(3, ':').collect();
    if let [column, line, path] = parts.as_slice()
        && let (Ok(line), Ok(column)) = (line.parse::<u32>(), column.parse::<u32>())
    {
        return serde_json::json!({ "path": path, "line": line, "column": column });
    }
    serde_json::json!({ "path": text, "line": null, "column": null })
}

/// The exit code that fits an error.
pub fn code(error: &Error) -> u8 {
    match error.kind {
        Kind::Input => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::{BAD, plain, tame};

    #[test]
    fn a_terminal_obeys_no_text_of_others() {
        for (text, shown) in [
            ("\u{1b}[2Jeve", "\\u001b[2Jeve"),
            ("a\r\u{8}b\u{9b}2J", "a\\u000d\\u0008b\\u009b2J"),
            ("\u{1b}]0;title\u{7}", "\\u001b]0;title\\u0007"),
            ("\u{1b}[8mhidden", "\\u001b[8mhidden"),
            ("a\u{202e}b", "a\\u202eb"),
            ("two\n\tlines", "two\n\tlines"),
        ] {
            assert_eq!(tame(text), shown);
        }
        let ours = format!("{BAD}no{BAD:#}");
        assert_eq!(tame(&ours), ours);
        assert_eq!(plain("fine\n  approved by ada"), "fine\\n  approved by ada");
        assert_eq!(plain(&ours), "\\u001b[1m\\u001b[31mno\\u001b[0m");
        let document = serde_json::json!({ "text": "a\u{7f}b\u{9b}2J\u{202e}\u{1b}" });
        let shown: serde_json::Value = serde_json::from_str(&tame(&document.to_string())).unwrap_or_default();
        assert_eq!(shown, document);
    }
}
