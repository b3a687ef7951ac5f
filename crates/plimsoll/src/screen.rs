//! Where everything that is printed goes through: text for people or one JSON document, never both.

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
        self.broken |= writeln!(self.out, "{}", text.as_ref().trim_end()).is_err();
    }

    /// Text as it is, with a final line end.
    pub fn text(&mut self, text: &str) {
        let ending = if text.ends_with('\n') { "" } else { "\n" };
        self.broken |= write!(self.out, "{text}{ending}").is_err();
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
        let mut written = writeln!(err, "{BAD}error{BAD:#}{BOLD}: {}{BOLD:#}", error.message);
        if let Some(place) = &error.place {
            written = written.and_then(|()| writeln!(err, "  {PLACE}-->{PLACE:#} {place}"));
        }
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause {
            written = written.and_then(|()| writeln!(err, "  because: {inner}"));
            cause = inner.source();
        }
        if let Some(help) = &error.help {
            written = written.and_then(|()| writeln!(err, "  {GOOD}help{GOOD:#}: {help}"));
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
