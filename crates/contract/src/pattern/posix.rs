//! A pattern in PostgreSQL's dialect, where that can say exactly the same.
//!
//! What was read is written again from its meaning: every class as its ranges, every character that could be special by its
//! number. So nothing depends on the dialect's own shorthands, its collation or its idea of a line. Which of several matches is
//! found does not matter, only whether there is one.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// Longer patterns are left to the engine that they were written for, in bytes.
const LENGTH_MAX: usize = 16 << 10;
/// Greatest count of a quantifier that the dialect knows.
const REPEAT_MAX: u32 = 255;
const DEPTH_MAX: usize = 50;

/// `None` for a pattern that the dialect cannot say, or not with certainty: word boundaries, look-around, large counts.
pub(super) fn posix(plain: &str) -> Option<String> {
    let hir = regex_syntax::ParserBuilder::new().nest_limit(100).build().parse(plain).ok()?;
    let mut out = String::from("***:");
    write(&hir, &mut out, 0)?;
    (out.len() <= LENGTH_MAX).then_some(out)
}

fn write(hir: &Hir, out: &mut String, depth: usize) -> Option<()> {
    if depth > DEPTH_MAX || out.len() > LENGTH_MAX {
        return None;
    }
    match hir.kind() {
        HirKind::Empty => out.push_str("(?:)"),
        HirKind::Literal(literal) => {
            for found in std::str::from_utf8(&literal.0).ok()?.chars() {
                out.push_str(&character(found)?);
            }
        }
        HirKind::Class(Class::Unicode(class)) => {
            out.push('[');
            let before = out.len();
            for range in class.ranges() {
                // Texts hold no NUL, and the dialect cannot name it.
                let start = range.start().max('\u{1}');
                if start > range.end() {
                    continue;
                }
                out.push_str(&character(start)?);
                if start < range.end() {
                    out.push('-');
                    out.push_str(&character(range.end())?);
                }
            }
            if out.len() == before {
                return None;
            }
            out.push(']');
        }
        HirKind::Class(Class::Bytes(_)) => return None,
        HirKind::Look(Look::Start) => out.push_str("\\A"),
        HirKind::Look(Look::End) => out.push_str("\\Z"),
        HirKind::Look(_) => return None,
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(0);
            if !repetition.sub.properties().look_set().is_empty() || most.max(repetition.min) > REPEAT_MAX {
                return None;
            }
            group(&repetition.sub, out, depth)?;
            out.push_str(&match (repetition.min, repetition.max) {
                (0, None) => "*".to_owned(),
                (1, None) => "+".to_owned(),
                (0, Some(1)) => "?".to_owned(),
                (min, None) => format!("{{{min},}}"),
                (min, Some(max)) => format!("{{{min},{max}}}"),
            });
        }
        HirKind::Capture(capture) => group(&capture.sub, out, depth)?,
        HirKind::Concat(parts) => {
            for part in parts {
                match part.kind() {
                    HirKind::Alternation(_) => group(part, out, depth)?,
                    _ => write(part, out, depth + 1)?,
                }
            }
        }
        HirKind::Alternation(parts) => {
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    out.push('|');
                }
                write(part, out, depth + 1)?;
            }
        }
    }
    Some(())
}

fn group(hir: &Hir, out: &mut String, depth: usize) -> Option<()> {
    out.push_str("(?:");
    write(hir, out, depth + 1)?;
    out.push(')');
    Some(())
}

/// Letters and digits as they are, all others by their number.
fn character(found: char) -> Option<String> {
    match u32::from(found) {
        0 => None,
        _ if found.is_ascii_alphanumeric() => Some(found.to_string()),
        number @ 1..=0xFFFF => Some(format!("\\u{number:04X}")),
        number => Some(format!("\\U{number:08X}")),
    }
}
