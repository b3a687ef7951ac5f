//! Which files a dataset has read, kept so that a thousand datasets load in milliseconds and one new file costs one small row.
//!
//! A dataset's files stand in *parts*, numbered upwards; a file in a later part replaces the same path in an earlier one. A new
//! part swallows its predecessor while that is not more than twice its size, so there are few parts, each file is rewritten
//! a logarithmic number of times, and a dataset with 100,000 files takes one more by writing one line.
//!
//! Text of a part: one line per file, ascending by path, `<size> <modified_ms> <hash or -> <path>`. In hash and path a backslash,
//! line feed, carriage return and NUL are written `\\`, `\n`, `\r` and `\0`; in the hash a space is `\s`, and a lone `-` is `\-`.

use engine::{Error, Kind, Result};
use pipeline::FileRef;

/// Files as the text of a part; `files` is sorted by path.
pub fn encode(files: &[FileRef]) -> String {
    let mut text = String::with_capacity(files.len() * 96);
    for file in files {
        text.push_str(&file.size.to_string());
        text.push(' ');
        text.push_str(&file.modified_ms.to_string());
        text.push(' ');
        match &file.hash {
            Some(hash) => escape(hash, true, &mut text),
            None => text.push('-'),
        }
        text.push(' ');
        escape(&file.path, false, &mut text);
        text.push('\n');
    }
    text
}

/// Appends the files of a part's text to `files`.
pub fn decode(text: &str, files: &mut Vec<FileRef>) -> Result<()> {
    for line in text.lines() {
        files.push(decode_line(line).ok_or_else(|| {
            Error::new(Kind::Refused, format!("the ledger's list of files has an unreadable line: {line}"))
                .help("something else has written to the ledger's tables; rebuilding the folds makes the list anew")
        })?);
    }
    Ok(())
}

/// Sorts by path; of equal paths the last one stays.
pub fn merge(files: &mut Vec<FileRef>) {
    if files.is_sorted_by(|left, right| left.path < right.path) {
        return;
    }
    files.sort_by(|left, right| left.path.cmp(&right.path));
    files.reverse();
    files.dedup_by(|older, newer| older.path == newer.path);
    files.reverse();
}

fn decode_line(line: &str) -> Option<FileRef> {
    let mut fields = line.splitn(4, ' ');
    let size = fields.next()?.parse().ok()?;
    let modified_ms = fields.next()?.parse().ok()?;
    let hash = match fields.next()? {
        "-" => None,
        hash => Some(unescape(hash)?),
    };
    Some(FileRef { path: unescape(fields.next()?)?, size, modified_ms, hash })
}

fn escape(raw: &str, spaces: bool, text: &mut String) {
    // `-` alone stands for no hash.
    if spaces && raw == "-" {
        text.push_str("\\-");
        return;
    }
    for char in raw.chars() {
        match char {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            // Readers by line take a carriage return before the line feed for a part of the line's end.
            '\r' => text.push_str("\\r"),
            // PostgreSQL's text cannot hold it.
            '\0' => text.push_str("\\0"),
            ' ' if spaces => text.push_str("\\s"),
            char => text.push(char),
        }
    }
}

fn unescape(text: &str) -> Option<String> {
    if !text.contains('\\') {
        return Some(text.to_owned());
    }
    let mut raw = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        raw.push(match char {
            '\\' => match chars.next()? {
                'n' => '\n',
                'r' => '\r',
                '0' => '\0',
                's' => ' ',
                escaped @ ('\\' | '-') => escaped,
                _ => return None,
            },
            char => char,
        });
    }
    Some(raw)
}

#[cfg(test)]
mod tests;
