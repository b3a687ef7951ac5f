//! Patterns of ECMA-262 as the `regex` crates read them.

use regex_syntax::hir::Hir;

/// Patterns longer than this are not compared, in bytes.
const LENGTH_MAX: usize = 4096;

/// `None` for what is no regular expression, or none that can be said without looking around.
pub(super) fn parse(pattern: &str) -> Option<Hir> {
    let translated = translate(pattern)?;
    regex_syntax::ParserBuilder::new().nest_limit(100).build().parse(&translated).ok()
}

/// Classes mean the letters of ASCII in ECMA-262, all of Unicode here.
pub(super) fn translate(pattern: &str) -> Option<String> {
    if pattern.len() > LENGTH_MAX {
        return None;
    }
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern.chars();
    let mut in_class = false;
    while let Some(next) = rest.next() {
        match next {
            '\\' => match rest.next()? {
                'd' => out.push_str("[0-9]"),
                'D' => out.push_str("[^0-9]"),
                'w' => out.push_str("[0-9A-Za-z_]"),
                'W' => out.push_str("[^0-9A-Za-z_]"),
                '/' => out.push('/'),
                '1'..='9' | 'k' => return None,
                escaped => out.extend(['\\', escaped]),
            },
            '[' if in_class => out.push_str(r"\["),
            '[' => {
                in_class = true;
                out.push('[');
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '&' | '~' if in_class => out.extend(['\\', next]),
            _ => out.push(next),
        }
    }
    Some(out)
}
