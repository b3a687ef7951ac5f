//! Names of checks that stay the same while the contract's element and rule stay.

use std::collections::HashSet;

/// The ids given out for one dataset.
#[derive(Default)]
pub(super) struct Identities {
    given: HashSet<String>,
}

impl Identities {
    /// `<element>.<word>`; a second one of the same name gets `_2`, and so on.
    pub fn give(&mut self, element: &str, word: &str) -> String {
        let base = format!("{element}.{word}");
        let mut id = base.clone();
        let mut number = 2;
        while !self.given.insert(id.clone()) {
            id = format!("{base}_{number}");
            number += 1;
        }
        id
    }
}

/// Free text as a word of `[a-z0-9_]`; `None` when nothing of it is left.
pub(super) fn word(text: &str) -> Option<String> {
    const LENGTH_MAX: usize = 60;
    let mut word = String::new();
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            word.push(character.to_ascii_lowercase());
        } else if !word.is_empty() && !word.ends_with('_') {
            word.push('_');
        }
        if word.len() >= LENGTH_MAX {
            break;
        }
    }
    let word = word.trim_end_matches('_');
    (!word.is_empty()).then(|| word.to_owned())
}
