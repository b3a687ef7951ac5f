//! SQL statements as they are meant: white space, comments, and the case of what is not quoted say nothing.

/// Whether two statements are the same, word by word.
pub(super) fn is_same_statement(pair: (Option<&str>, Option<&str>)) -> bool {
    let (Some(old), Some(new)) = pair else { return false };
    old == new || words(old) == words(new)
}

/// A statement as its words, quoted ones as they are.
pub(super) fn words(statement: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = statement.trim().trim_end_matches(';');
    while let Some(first) = rest.chars().next() {
        let length = length(rest, first);
        let (word, tail) = rest.split_at(length);
        match first {
            '\'' | '"' | '`' => words.push(word.to_owned()),
            _ if first.is_whitespace() || word.starts_with("--") || word.starts_with("/*") => {}
            _ => words.push(word.to_lowercase()),
        }
        rest = tail;
    }
    words
}

/// Of the word, blank or comment at the beginning.
fn length(text: &str, first: char) -> usize {
    let is_name = |character: char| character.is_alphanumeric() || matches!(character, '_' | '$' | '.');
    let until = |ends: &dyn Fn(char) -> bool| text.find(|character: char| ends(character)).unwrap_or(text.len());
    match first {
        '\'' | '"' | '`' => text[1..].find(first).map_or(text.len(), |end| end + 2),
        _ if text.starts_with("--") => text.find('\n').unwrap_or(text.len()),
        _ if text.starts_with("/*") => text.find("*/").map_or(text.len(), |end| end + 2),
        _ if first.is_whitespace() => until(&|character| !character.is_whitespace()),
        _ if is_name(first) => until(&|character| !is_name(character)),
        _ => first.len_utf8(),
    }
}

#[cfg(test)]
mod tests;
