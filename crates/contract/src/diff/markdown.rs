//! A report for a pull request.

use std::fmt::Write;

use super::change::{Change, Verdict};
use super::history::Report;
use super::show::{element, version_words, visible, what};

/// More changes than this are counted, not listed: comments have a limit.
const LISTED_MAX: usize = 100;

/// The report as Markdown, with a final line end.
pub fn markdown(report: &Report) -> String {
    let mut out = String::new();
    let verdict = report.verdict.consumer.max(report.verdict.producer);
    let title = match (verdict, report.changes.is_empty()) {
        (_, true) => "Nothing changed",
        (Verdict::Safe, _) => "Nobody can feel this change",
        (Verdict::Warning, _) => "This change needs a look",
        (Verdict::Breaking, _) => "This change breaks somebody",
    };
    let _ = writeln!(out, "### {title}\n");
    let _ = writeln!(out, "- Those who read: **{}**", report.verdict.consumer.word());
    let _ = writeln!(out, "- Those who write: **{}**", report.verdict.producer.word());
    if let Some(mode) = report.mode {
        let _ =
            writeln!(out, "- Under `{mode}`: **{}**", if report.compatible { "compatible" } else { "not compatible" });
    }
    if let Some(words) = version_words(report) {
        let _ = writeln!(out, "- Version: {}", text(&words));
    }
    let (felt, safe): (Vec<&Change>, Vec<&Change>) =
        report.changes.iter().partition(|change| change.consumer.max(change.producer) != Verdict::Safe);
    if !felt.is_empty() {
        out.push_str("\n| readers | writers | element | change | why |\n| --- | --- | --- | --- | --- |\n");
        for change in felt.iter().take(LISTED_MAX) {
            let (consumer, producer) = (cell(change.consumer), cell(change.producer));
            let since = change.since.as_deref().map(|since| format!(" (since {})", text(since))).unwrap_or_default();
            let (element, what) = (code(&element(change)), code(&what(change)));
            let _ = writeln!(out, "| {consumer} | {producer} | {element} | {what} | {}{since} |", text(&change.reason));
        }
        if felt.len() > LISTED_MAX {
            let _ = writeln!(out, "\n{} more are not listed.", felt.len() - LISTED_MAX);
        }
    }
    if !safe.is_empty() {
        let _ = writeln!(out, "\n<details><summary>{} that nobody can feel</summary>\n", many(safe.len()));
        for change in safe.iter().take(LISTED_MAX) {
            let _ = writeln!(out, "- {}: {}", code(&element(change)), code(&what(change)));
        }
        out.push_str("\n</details>\n");
    }
    out
}

fn many(count: usize) -> String {
    if count == 1 { "1 change".to_owned() } else { format!("{count} changes") }
}

fn cell(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Safe => "safe",
        Verdict::Warning => "warning",
        Verdict::Breaking => "**breaking**",
    }
}

/// Text of a file must not become markup, nor a cell of the table.
fn text(text: &str) -> String {
    let mut out = String::new();
    for character in visible(text).chars() {
        match character {
            '|' => out.push_str("\\|"),
            '<' => out.push_str("&lt;"),
            '*' | '_' | '[' | ']' | '\\' | '@' => out.extend(['\\', character]),
            _ => out.push(character),
        }
    }
    out
}

/// As code; a backtick inside would end it.
fn code(text: &str) -> String {
    format!("`{}`", visible(text).replace('`', "'").replace('|', "\\|"))
}
