//! ECMA-262 patterns (with the `u` flag, as JSON Schema reads them) in the syntax of the `regex` crate.
//!
//! What means something else there is rewritten; what cannot be said in linear time, look-around and back-references, is
//! refused with a reason.

use regex::Regex;

/// ECMA's white space and line ends; `\s` elsewhere means other sets.
const SPACE: &str =
    r"\t\n\x0B\x0C\r\x20\u{A0}\u{1680}\u{2000}-\u{200A}\u{2028}\u{2029}\u{202F}\u{205F}\u{3000}\u{FEFF}";
const NOT_LINE_END: &str = r"[^\n\r\u{2028}\u{2029}]";

/// The pattern, ready to search; otherwise why not.
pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    let translated = translate(pattern).map_err(|reason| format!("pattern `{pattern}`: {reason}"))?;
    Regex::new(&translated).map_err(|error| {
        let reason = match &error {
            regex::Error::CompiledTooBig(limit) => format!("it needs more than {limit} bytes when compiled"),
            _ => last_line(&error.to_string()),
        };
        format!("pattern `{pattern}`: {reason}")
    })
}

/// The parser draws the pattern above its reason.
fn last_line(text: &str) -> String {
    let line = text.lines().last().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

fn translate(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(next) = rest.next() {
        match next {
            '\\' => {
                let escaped = rest.next().ok_or("it ends in a backslash")?;
                escape(escaped, in_class, &mut rest, &mut out)?;
            }
            '[' if in_class => out.push_str(r"\["),
            '[' => {
                in_class = open_class(&mut rest, &mut out);
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            // Doubled, these are set operations in the `regex` crate.
            '&' | '~' if in_class => out.extend(['\\', next]),
            '-' if in_class && rest.peek() == Some(&'-') => {
                return Err("write `\\-` for a hyphen inside a class".to_owned());
            }
            '.' if !in_class => out.push_str(NOT_LINE_END),
            '(' if !in_class => {
                out.push('(');
                group(&mut rest)?;
            }
            '{' if !in_class && !rest.peek().is_some_and(char::is_ascii_digit) => {
                return Err("`{` must be followed by a number or written `\\{`".to_owned());
            }
            _ => out.push(next),
        }
    }
    Ok(out)
}

type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Whether a class is now open: the empty ones end at once and mean nothing and anything.
fn open_class(rest: &mut Rest, out: &mut String) -> bool {
    let negated = rest.next_if_eq(&'^').is_some();
    if rest.next_if_eq(&']').is_some() {
        out.push_str(if negated { r"[\s\S]" } else { r"[^\s\S]" });
        return false;
    }
    out.push_str(if negated { "[^" } else { "[" });
    true
}

/// Only `(?:`, named groups and look-around exist in ECMA-262; the flags are the other dialects'.
fn group(rest: &mut Rest) -> Result<(), String> {
    let mut ahead = rest.clone();
    if ahead.next() != Some('?') {
        return Ok(());
    }
    match (ahead.next(), ahead.next()) {
        (Some(':'), _) => Ok(()),
        (Some('='), _) | (Some('!'), _) => Err("look-ahead cannot be decided in linear time".to_owned()),
        (Some('<'), Some('=' | '!')) => Err("look-behind cannot be decided in linear time".to_owned()),
        (Some('<'), _) => Ok(()),
        (Some('i'), Some(')' | ':')) => Ok(()),
        _ => Err("flags in a group other than `(?i)` are not ECMA-262".to_owned()),
    }
}

fn escape(escaped: char, in_class: bool, rest: &mut Rest, out: &mut String) -> Result<(), String> {
    match escaped {
        'd' => out.push_str("[0-9]"),
        'D' => out.push_str("[^0-9]"),
        'w' => out.push_str("[0-9A-Za-z_]"),
        'W' => out.push_str("[^0-9A-Za-z_]"),
        's' => out.extend(["[", SPACE, "]"]),
        'S' => out.extend(["[^", SPACE, "]"]),
        'b' if in_class => out.push_str(r"\x08"),
        'b' => out.push_str(r"(?-u:\b)"),
        'B' if !in_class => out.push_str(r"(?-u:\B)"),
        'v' => out.push_str(r"\x0B"),
        'f' => out.push_str(r"\x0C"),
        't' | 'n' | 'r' => out.extend(['\\', escaped]),
        'x' | 'u' | 'p' | 'P' => {
            out.extend(['\\', escaped]);
            braced(rest, out);
        }
        '0' if !rest.peek().is_some_and(char::is_ascii_digit) => out.push_str(r"\x00"),
        '1'..='9' | 'k' => return Err("back-references cannot be decided in linear time".to_owned()),
        'A' | 'z' | 'Z' => return Err(format!("`\\{escaped}` is not ECMA-262; anchor with ^ and $")),
        _ if escaped.is_ascii_alphanumeric() => return Err(format!("`\\{escaped}` is not ECMA-262")),
        _ => out.push_str(&regex::escape(&escaped.to_string())),
    }
    Ok(())
}

/// What belongs to the escape before it: `{1F600}`, `{Lu}`.
fn braced(rest: &mut Rest, out: &mut String) {
    if rest.peek() == Some(&'{') {
        for next in rest.by_ref() {
            out.push(next);
            if next == '}' {
                break;
            }
        }
    }
}
