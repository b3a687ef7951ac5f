//! A gate as a message for Slack, in blocks. Whatever comes from data, names or people is plain text, in which Slack looks for no
//! formatting; and `&`, `<` and `>`, of which mentions and links are made, are written as Slack wants them.

use serde_json::{Value, json};

use super::comment::one_line;
use super::tell::GateToTell;

/// Slack's own limits: blocks of a message, characters of a text, of a header, of a field; fields of a section.
const BLOCKS_MAX: usize = 50;
const TEXT_MAX: usize = 3_000;
const HEADER_MAX: usize = 150;
const FIELD_MAX: usize = 2_000;
const FIELDS_MAX: usize = 10;

pub fn gate_for_slack(gate: &GateToTell) -> Value {
    let title = format!("Gate {} {}", gate.id, gate.state);
    let mut blocks = vec![json!({ "type": "header", "text": plain(&title, HEADER_MAX) })];
    let kind = ("Kind", gate.kind.clone());
    let fields: Vec<Value> = std::iter::once(&kind)
        .chain(&gate.facts)
        .take(FIELDS_MAX)
        .map(|(label, value)| plain(&format!("{label}: {value}"), FIELD_MAX))
        .collect();
    blocks.push(json!({ "type": "section", "fields": fields }));
    blocks.extend(section("Asked", &gate.asks));
    if !gate.commands.is_empty() {
        blocks.extend(section("To decide, in the project", &gate.commands));
    }
    for (title, lines) in [
        ("Evidence", &gate.evidence),
        ("What hangs on it", &gate.impact),
        ("Who decides", &gate.people),
        ("The way back", &gate.rollback),
    ] {
        blocks.push(json!({ "type": "divider" }));
        blocks.extend(section(title, lines));
    }
    blocks.truncate(BLOCKS_MAX);
    json!({ "text": escaped(&title, TEXT_MAX), "blocks": blocks })
}

/// As many lines as one text may hold.
fn section(title: &str, lines: &[String]) -> Option<Value> {
    if lines.is_empty() {
        return None;
    }
    let mut text = format!("{title}:");
    for (told, line) in lines.iter().enumerate() {
        let line = format!("\n• {}", escaped(line, TEXT_MAX / 4));
        let left = format!("\n… and {} more", lines.len() - told);
        if text.chars().count() + line.chars().count() + left.chars().count() > TEXT_MAX {
            text.push_str(&left);
            break;
        }
        text.push_str(&line);
    }
    // Escaped already, line by line.
    Some(json!({ "type": "section", "text": { "type": "plain_text", "text": text, "emoji": false } }))
}

fn plain(text: &str, most: usize) -> Value {
    json!({ "type": "plain_text", "text": escaped(text, most), "emoji": false })
}

/// At most so many characters when written; an escape is never cut in two.
fn escaped(text: &str, most: usize) -> String {
    let (mut out, mut count) = (String::new(), 0);
    for character in one_line(text).chars() {
        let mut own = [0; 4];
        let piece = match character {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            other => other.encode_utf8(&mut own),
        };
        count += piece.chars().count();
        if count >= most {
            out.push('…');
            break;
        }
        out.push_str(piece);
    }
    out
}

#[cfg(test)]
mod tests;
