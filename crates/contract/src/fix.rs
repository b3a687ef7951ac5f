//! Mends what has only one mending: edits on spans of the text, so that comments and layout stay as they are.

mod edits;

use crate::diagnostic::{Diagnostic, Level};
use crate::load::{Loaded, load};

/// One change of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Byte offsets into the text.
    pub start: usize,
    pub end: usize,
    pub with: String,
    /// The finding that it mends.
    pub code: &'static str,
}

/// A mended text.
#[derive(Debug, Clone)]
pub struct Fixed {
    pub text: String,
    /// The codes of the findings that were mended, in the order in which that happened.
    pub mended: Vec<&'static str>,
}

/// One mending can uncover another, but not without end.
const ROUNDS_MAX: usize = 8;

/// Mends the text as far as that is safe; `None` when there is nothing to mend.
pub fn fix(path: &str, text: &str) -> Option<Fixed> {
    let mut fixed = Fixed { text: text.to_owned(), mended: Vec::new() };
    let mut loaded = load(path, text);
    for _ in 0..ROUNDS_MAX {
        let edits = without_overlap(edits::edits(&fixed.text, &loaded));
        if edits.is_empty() {
            break;
        }
        let next = applied(&fixed.text, &edits);
        let after = load(path, &next);
        // Whatever happens, a mended contract is never worse than before.
        if errors(&after.diagnostics) > errors(&loaded.diagnostics) || is_lost(&loaded, &after) {
            break;
        }
        fixed.mended.extend(edits.iter().map(|edit| edit.code));
        fixed.text = next;
        loaded = after;
    }
    (!fixed.mended.is_empty()).then_some(fixed)
}

fn errors(diagnostics: &[Diagnostic]) -> usize {
    diagnostics.iter().filter(|found| found.level == Level::Error).count()
}

fn is_lost(before: &Loaded, after: &Loaded) -> bool {
    before.contract.is_some() && after.contract.is_none()
}

/// In the order of the text; of two edits of one place, the first.
fn without_overlap(mut edits: Vec<Edit>) -> Vec<Edit> {
    edits.sort_by_key(|edit| (edit.start, edit.end));
    let mut end = 0;
    edits.retain(|edit| {
        let keep = edit.start >= end;
        if keep {
            end = edit.end.max(edit.start + 1);
        }
        keep
    });
    edits
}

fn applied(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for edit in edits {
        out.push_str(text.get(at..edit.start).unwrap_or_default());
        out.push_str(&edit.with);
        at = edit.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// The changed lines, as `-` and `+` with their numbers; the mendings here never add or take lines, or add one at most.
pub fn diff(before: &str, after: &str) -> Vec<(char, usize, String)> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let mut out = Vec::new();
    let (mut left, mut right) = (0, 0);
    while left < old.len() || right < new.len() {
        if left < old.len() && right < new.len() && old[left] == new[right] {
            (left, right) = (left + 1, right + 1);
            continue;
        }
        let (skip_old, skip_new) = next_common(&old[left..], &new[right..]);
        out.extend(
            old[left..left + skip_old].iter().enumerate().map(|(at, line)| ('-', left + at + 1, (*line).to_owned())),
        );
        out.extend(
            new[right..right + skip_new].iter().enumerate().map(|(at, line)| ('+', right + at + 1, (*line).to_owned())),
        );
        (left, right) = (left + skip_old, right + skip_new);
    }
    out
}

/// How many lines to leave out on each side until both are at an equal line again.
fn next_common(old: &[&str], new: &[&str]) -> (usize, usize) {
    /// Changes are short; farther apart, everything is shown as changed.
    const FAR: usize = 200;
    for total in 1..FAR {
        for skip_old in 0..=total {
            let skip_new = total - skip_old;
            if let (Some(left), Some(right)) = (old.get(skip_old), new.get(skip_new))
                && left == right
            {
                return (skip_old, skip_new);
            }
        }
    }
    (old.len(), new.len())
}

#[cfg(test)]
mod tests;
