//! Writes YAML that a person would write: block style, plain where plain is safe, block scalars for several lines.

use serde_json::{Map, Value as Json};

use super::scalar::{self, Value};

/// The same value gives the same text, and reading the text gives the same value.
pub fn emit_yaml(value: &Json) -> String {
    let mut out = String::new();
    match value {
        Json::Object(map) if !map.is_empty() => emit_map(&mut out, map, 0, 0),
        Json::Array(items) if !items.is_empty() => emit_list(&mut out, items, 0, 0),
        _ => {
            emit_scalar(&mut out, value, 0);
            out.push('\n');
        }
    }
    out
}

/// `column` is where the first line already stands.
fn emit_map(out: &mut String, map: &Map<String, Json>, indent: usize, column: usize) {
    let mut column = column;
    for (key, value) in map {
        pad(out, indent - column);
        column = 0;
        emit_text(out, key);
        out.push(':');
        match value {
            Json::Object(inner) if !inner.is_empty() => {
                out.push('\n');
                emit_map(out, inner, indent + 2, 0);
            }
            Json::Array(items) if !items.is_empty() => {
                out.push('\n');
                emit_list(out, items, indent + 2, 0);
            }
            _ => {
                out.push(' ');
                emit_scalar(out, value, indent);
                out.push('\n');
            }
        }
    }
}

fn emit_list(out: &mut String, items: &[Json], indent: usize, column: usize) {
    let mut column = column;
    for item in items {
        pad(out, indent - column);
        column = 0;
        out.push_str("- ");
        match item {
            Json::Object(inner) if !inner.is_empty() => emit_map(out, inner, indent + 2, indent + 2),
            Json::Array(inner) if !inner.is_empty() => emit_list(out, inner, indent + 2, indent + 2),
            _ => {
                emit_scalar(out, item, indent);
                out.push('\n');
            }
        }
    }
}

fn pad(out: &mut String, columns: usize) {
    out.extend(std::iter::repeat_n(' ', columns));
}

fn emit_scalar(out: &mut String, value: &Json, indent: usize) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Json::Number(number) => out.push_str(&number.to_string()),
        Json::String(text) if is_block(text) => emit_block(out, text, indent + 2),
        Json::String(text) => emit_text(out, text),
        Json::Array(_) => out.push_str("[]"),
        Json::Object(_) => out.push_str("{}"),
    }
}

/// Whether a text is best written as a literal block.
fn is_block(text: &str) -> bool {
    let Some((first, _)) = text.split_once('\n') else { return false };
    let printable = |character: char| character == '\n' || is_printable(character);
    // A first line that begins with a space, or trailing spaces, would need an indentation indicator to survive.
    text.chars().all(printable)
        && !first.is_empty()
        && !text.starts_with(' ')
        && !text.contains(" \n")
        && !text.ends_with(' ')
        && !text.ends_with("\n\n")
}

fn emit_block(out: &mut String, text: &str, indent: usize) {
    let (body, header) = match text.strip_suffix('\n') {
        Some(body) => (body, "|"),
        None => (text, "|-"),
    };
    out.push_str(header);
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            pad(out, indent);
            out.push_str(line);
        }
    }
}

fn emit_text(out: &mut String, text: &str) {
    if is_plain(text) {
        out.push_str(text);
    } else if text.chars().all(is_printable) && !text.contains('\'') {
        out.push('\'');
        out.push_str(text);
        out.push('\'');
    } else {
        emit_quoted(out, text);
    }
}

fn emit_quoted(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            _ if is_printable(character) => out.push(character),
            _ => {
                let code = u32::from(character);
                let escape = if code > 0xffff { format!("\\U{code:08x}") } else { format!("\\u{code:04x}") };
                out.push_str(&escape);
            }
        }
    }
    out.push('"');
}

/// Characters that may stand unescaped; the break characters of Unicode may not, some readers fold them.
fn is_printable(character: char) -> bool {
    !character.is_control() && !matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Words that readers of YAML 1.1 take for booleans.
const OLD_WORDS: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "<<", "="];

fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let indicator = "-?:,[]{}#&*!|>'\"%@`~=<".contains(first);
    let spaces = text.starts_with(' ') || text.ends_with(' ');
    let inside =
        text.contains(": ") || text.contains(" #") || text.ends_with(':') || text.contains(['[', ']', '{', '}']);
    let document = text.starts_with("...");
    let old = OLD_WORDS.contains(&text.to_ascii_lowercase().as_str());
    !indicator
        && !spaces
        && !inside
        && !document
        && !old
        && !looks_old(text)
        && text.chars().all(is_printable)
        && scalar::resolve(text) == Value::Text
}

/// Dates and base-60 numbers are no text to readers of YAML 1.1.
fn looks_old(text: &str) -> bool {
    text.starts_with(|character: char| character.is_ascii_digit() || matches!(character, '+' | '.'))
        && text.contains(['-', ':', '_'])
        && text.chars().all(|character| character.is_ascii_digit() || "-:.+_TtZzxoeE, ".contains(character))
}
