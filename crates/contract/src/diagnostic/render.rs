//! A diagnostic as a person sees it: what, where, the line itself, and what to do.
//!
//! ```text
//! error[PL121]: the column `id` is given twice
//!   --> contracts/orders.odcs.yaml:14:13
//!    |
//! 14 |     - name: id
//!    |             ^^
//!    = help: rename one of the two
//! ```

use std::fmt::Write;

use super::{Diagnostic, Level, Span};

/// How a diagnostic is shown.
#[derive(Debug, Clone, Copy)]
pub struct RenderOptions {
    /// Whether to use ANSI colours.
    pub colour: bool,
    /// Columns of the screen; longer source lines are cut around the offending text.
    pub width: usize,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self { colour: false, width: 100 }
    }
}

/// Renders one diagnostic; `source` is the text that it is about. Ends with a line break.
pub fn render(diagnostic: &Diagnostic, source: &str, options: RenderOptions) -> String {
    let paint = Paint { colour: options.colour };
    let level = diagnostic.level;
    let mut out = String::new();
    let title = paint.level(level, &format!("{}[{}]", level.word(), diagnostic.code));
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{title}: {}", paint.bold(&visible(&diagnostic.message)));
    let span = diagnostic.span;
    let number = span.line.to_string();
    let gutter = " ".repeat(number.len());
    let path = if diagnostic.path.is_empty() { "contract" } else { &diagnostic.path };
    if span.line == 0 {
        let _ = writeln!(out, "{gutter}{} {path}", paint.frame("-->"));
    } else {
        let _ = writeln!(out, "{gutter}{} {path}:{}:{}", paint.frame("-->"), span.line, span.column);
    }
    if let Some(excerpt) = Excerpt::of(source, span, options.width.saturating_sub(number.len() + 3)) {
        let bar = paint.frame("|");
        let _ = writeln!(out, "{gutter} {bar}");
        let line = if diagnostic.code == crate::codes::SECRET.code { excerpt.masked() } else { excerpt.line.clone() };
        let _ = writeln!(out, "{} {bar} {line}", paint.frame(&number));
        let carets = paint.level(level, &"^".repeat(excerpt.carets));
        let _ = writeln!(out, "{gutter} {bar} {}{carets}", " ".repeat(excerpt.indent));
    }
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(out, "{gutter} {} help: {}", paint.frame("="), visible(help));
    }
    out
}

/// The offending line, cut to the width, and where the carets go.
struct Excerpt {
    line: String,
    indent: usize,
    carets: usize,
}

impl Excerpt {
    /// The line with the offending text crossed out: a secret must not be spread by the tool that finds it.
    fn masked(&self) -> String {
        let hidden = self.indent..self.indent + self.carets;
        self.line.chars().enumerate().map(|(at, letter)| if hidden.contains(&at) { '*' } else { letter }).collect()
    }

    fn of(source: &str, span: Span, width: usize) -> Option<Self> {
        let before = source.get(..span.start)?;
        if span.line == 0 {
            return None;
        }
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = source[start..].lines().next().unwrap_or_default().trim_end();
        let line = visible(line);
        let indent = source[start..span.start].chars().filter(|character| *character != '\u{feff}').count();
        let length =
            source.get(span.start..span.end).map_or(0, |text| text.lines().next().unwrap_or_default().chars().count());
        let characters: Vec<char> = line.chars().filter(|character| *character != '\u{feff}').collect();
        let carets = length.min(characters.len().saturating_sub(indent)).max(1);
        let width = width.max(20);
        if characters.len() <= width {
            return Some(Self { line: characters.into_iter().collect(), indent, carets });
        }
        // Keep some text before the offending one, so that it can be recognised.
        let from = indent.saturating_sub(width / 4).min(characters.len().saturating_sub(width));
        let shown: String = characters[from..].iter().take(width).collect();
        let indent = indent - from;
        Some(Self { line: shown, indent, carets: carets.min(width.saturating_sub(indent)).max(1) })
    }
}

/// Control characters of a file must not reach a terminal; a tab is as wide as one character here.
fn visible(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\t' => ' ',
            _ if character.is_control() => '\u{fffd}',
            _ => character,
        })
        .collect()
}

struct Paint {
    colour: bool,
}

impl Paint {
    fn level(&self, level: Level, text: &str) -> String {
        let code = match level {
            Level::Error => "1;31",
            Level::Warning => "1;33",
            Level::Info => "1;36",
        };
        self.with(code, text)
    }

    fn frame(&self, text: &str) -> String {
        self.with("1;34", text)
    }

    fn bold(&self, text: &str) -> String {
        self.with("1", text)
    }

    fn with(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
