//! A gate as a comment in a code review, in the Markdown that GitHub and GitLab share.
//!
//! Whatever comes from data, names or people stands in code only, where neither of them looks for formatting, mentions, references or
//! links.

use super::tell::GateToTell;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forge {
    Github,
    Gitlab,
}

impl Forge {
    /// Bytes that a comment may have.
    fn limit(self) -> usize {
        match self {
            Self::Github => 65_000,
            Self::Gitlab => 900_000,
        }
    }

    fn icon(self, gate: &GateToTell) -> &'static str {
        match (gate.is_waiting, gate.state.as_str()) {
            (true, _) => ":hourglass:",
            (false, "approved" | "published" | "applied") => ":white_check_mark:",
            _ => ":no_entry:",
        }
    }
}

/// One line of code may have so many characters.
const LINE_MAX: usize = 400;

pub fn gate_as_comment(gate: &GateToTell, forge: Forge) -> String {
    let mut out = format!("### {} Gate {}: {}\n\n", forge.icon(gate), code(&gate.kind), code(&gate.state));
    out.push_str(&format!("- **Gate**: {}\n", code(&gate.id)));
    for (label, value) in &gate.facts {
        out.push_str(&format!("- **{label}**: {}\n", code(value)));
    }
    out.push('\n');
    out.push_str(&block(&gate.asks));
    let mut rest = String::new();
    if !gate.commands.is_empty() {
        rest.push_str("\n**To decide**, in the project:\n\n");
        rest.push_str(&block(&gate.commands));
    }
    for (title, lines) in [
        ("Evidence", &gate.evidence),
        ("What hangs on it", &gate.impact),
        ("Who decides", &gate.people),
        ("The way back", &gate.rollback),
    ] {
        if lines.is_empty() {
            continue;
        }
        let part = format!("\n<details><summary>{title}</summary>\n\n{}\n</details>\n", block(lines));
        if out.len() + rest.len() + part.len() <= forge.limit() {
            rest.push_str(&part);
        }
    }
    out + &rest
}

/// A span of code, in as many backticks as it needs.
fn code(text: &str) -> String {
    let text = one_line(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    if text.is_empty() { String::new() } else { format!("{fence}{pad}{text}{pad}{fence}") }
}

/// A block of code, with a fence that nothing in it can close.
fn block(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| one_line(line)).collect();
    let longest = lines.iter().map(|line| longest_run(line)).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n", lines.join("\n"))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// Without line ends, control characters and those that turn the direction of text around.
pub(super) fn one_line(text: &str) -> String {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    let plain: String = text.chars().map(|c| if is_hidden(c) { '·' } else { c }).collect();
    if plain.chars().count() <= LINE_MAX {
        return plain;
    }
    plain.chars().take(LINE_MAX - 1).chain(['…']).collect()
}

#[cfg(test)]
pub(super) mod tests;
