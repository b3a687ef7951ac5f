//! Workflow commands of GitHub Actions: each finding appears beside the line of the file that it is about.

use crate::diagnostic::{Diagnostic, Level};

/// One command, on one line.
pub fn github(found: &Diagnostic) -> String {
    let command = match found.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "notice",
    };
    let span = found.span;
    let mut properties = vec![format!("file={}", property(&found.path))];
    if span.line > 0 {
        properties.push(format!("line={},col={}", span.line, span.column));
    }
    properties.push(format!("title={}", property(found.code)));
    let help = found.help.as_deref().map(|help| format!("\n{help}")).unwrap_or_default();
    format!("::{command} {}::{}", properties.join(","), data(&format!("{}{help}", found.message)))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
