//! Lines of a Markdown file, and which of them stand inside a fenced block, where nothing is structure.

use contract::Span;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'t> {
    pub text: &'t str,
    /// From 1.
    pub number: u32,
    /// Of its first byte.
    pub start: usize,
    /// Inside a fenced block, or one of its two ends.
    pub fenced: bool,
}

impl Line<'_> {
    /// The line as a place in the text.
    pub fn span(&self) -> Span {
        Span { start: self.start, end: self.start + self.text.len(), line: self.number, column: 1 }
    }
}

/// The text as OpenSpec reads it: `\n` ends each line, and there is no byte order mark.
pub fn normalised(text: &str) -> String {
    text.replace('\u{feff}', "").replace("\r\n", "\n").replace('\r', "\n")
}

/// The lines of a normalised text.
pub(crate) fn lines(text: &str) -> Vec<Line<'_>> {
    read(text).0
}

/// The lines, and the fence that is still open at the end.
fn read(text: &str) -> (Vec<Line<'_>>, Option<Fence>) {
    let mut lines = Vec::new();
    let mut open: Option<Fence> = None;
    let mut start = 0;
    for (index, line) in text.split('\n').enumerate() {
        let fenced = match open {
            Some(fence) => {
                if fence.is_closed_by(line) {
                    open = None;
                }
                true
            }
            None => {
                open = Fence::opened_by(line);
                open.is_some()
            }
        };
        lines.push(Line { text: line, number: u32::try_from(index + 1).unwrap_or(u32::MAX), start, fenced });
        start += line.len() + 1;
    }
    (lines, open)
}

/// What opened a fenced block: at least three of one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fence {
    mark: char,
    length: usize,
}

impl Fence {
    pub fn opened_by(line: &str) -> Option<Self> {
        let text = line.trim_start();
        let mark = text.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
        let length = text.chars().take_while(|character| *character == mark).count();
        (length >= 3).then_some(Self { mark, length })
    }

    pub fn is_closed_by(self, line: &str) -> bool {
        let text = line.trim();
        text.chars().all(|character| character == self.mark) && text.chars().count() >= self.length
    }
}

/// The text behind `marks` and white space, when the line begins so: `heading("## Purpose", "##")` is `Purpose`.
pub(crate) fn heading<'t>(line: &'t str, marks: &str) -> Option<&'t str> {
    let rest = line.strip_prefix(marks)?;
    let text = rest.trim_start();
    (text.len() < rest.len() && !text.is_empty()).then_some(text.trim_end())
}

/// No blank lines at either end, none twice in a row outside of fenced blocks, no white space at the end. A block that was left
/// open is closed, so that it does not swallow what is written below it.
pub(crate) fn tidy(text: &str) -> String {
    tidied(text, true)
}

/// The same of what stands below a line: a blank line between the two stays.
pub(crate) fn tidy_below(text: &str) -> String {
    tidied(text, false)
}

fn tidied(text: &str, is_top: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = is_top;
    let (lines, open) = read(text);
    for line in lines {
        let empty = line.text.is_empty() && !line.fenced;
        if !(empty && blank) {
            out.push_str(if empty { "" } else { line.text });
            out.push('\n');
        }
        blank = empty;
    }
    let mut out = out.trim_end().to_owned();
    if let Some(fence) = open {
        out.push('\n');
        out.extend(std::iter::repeat_n(fence.mark, fence.length));
    }
    out
}
