//! Taking values out of a tree: every reader of a field either gives the value or says what is wrong with it.

use contract::syntax::Node;
use contract::{CodeInfo, Diagnostic, Span};

use super::{codes, value};

/// Reads one file and collects what is wrong with it.
pub(super) struct Reader<'r> {
    pub path: &'r str,
    pub found: &'r mut Vec<Diagnostic>,
}

/// A value and its path inside the document.
#[derive(Clone)]
pub(super) struct At<'n> {
    pub node: &'n Node,
    pub element: String,
}

impl<'n> At<'n> {
    /// The value of a key; a key with nothing behind it counts as absent.
    pub fn get(&self, key: &str) -> Option<At<'n>> {
        let node = self.node.get(key).filter(|node| !node.is_null())?;
        Some(At { node, element: join(&self.element, key) })
    }

    pub fn items(&self) -> impl Iterator<Item = At<'n>> {
        let element = self.element.clone();
        self.node.items().iter().enumerate().map(move |(at, node)| At { node, element: format!("{element}[{at}]") })
    }

    pub fn span(&self) -> Span {
        self.node.span
    }
}

pub(super) fn join(element: &str, key: &str) -> String {
    if element.is_empty() { key.to_owned() } else { format!("{element}.{key}") }
}

impl Reader<'_> {
    pub fn say(&mut self, code: &CodeInfo, span: Span, element: &str, message: String, help: impl Into<String>) {
        let mut diagnostic = code.at(span, message).with_element(element);
        diagnostic.path = self.path.to_owned();
        let help = help.into();
        diagnostic.help = (!help.is_empty()).then_some(help);
        self.found.push(diagnostic);
    }

    pub fn blame(&mut self, code: &CodeInfo, at: &At<'_>, message: String, help: impl Into<String>) {
        self.say(code, at.span(), &at.element, message, help);
    }

    /// Whether this is a map; the keys that it may have are checked too.
    pub fn map(&mut self, at: &At<'_>, keys: &[&str]) -> bool {
        if !at.node.is_map() {
            self.wrong_type(at, "a map", &format!("its keys are {}", keys.join(", ")));
            return false;
        }
        for entry in at.node.entries() {
            if !keys.contains(&entry.key.as_str()) {
                let message = format!("`{}` is not known here", entry.key);
                let help = suggest(&entry.key, keys.iter().copied());
                self.say(&codes::UNKNOWN_KEY, entry.key_span, &join(&at.element, &entry.key), message, help);
            }
        }
        true
    }

    pub fn wrong_type(&mut self, at: &At<'_>, wanted: &str, help: &str) {
        let message = format!("`{}` must be {wanted}, not {}", at.element, at.node.describe());
        self.blame(&codes::WRONG_TYPE, at, message, help);
    }

    /// A text that is not empty.
    pub fn text(&mut self, at: &At<'_>) -> Option<String> {
        match at.node.as_str() {
            Some(text) if !text.trim().is_empty() => Some(text.to_owned()),
            Some(_) => {
                self.blame(
                    &codes::BAD_VALUE,
                    at,
                    format!("`{}` is empty", at.element),
                    "write a text, or leave the key out",
                );
                None
            }
            None => {
                self.wrong_type(at, "a text", "put it in quotes");
                None
            }
        }
    }

    pub fn truth(&mut self, at: &At<'_>) -> Option<bool> {
        let value = at.node.as_bool();
        if value.is_none() {
            self.wrong_type(at, "true or false", "");
        }
        value
    }

    /// A whole number within the bounds, both inclusive.
    pub fn count(&mut self, at: &At<'_>, least: u64, most: u64) -> Option<u64> {
        match at.node.as_u64() {
            Some(count) if (least..=most).contains(&count) => Some(count),
            Some(count) => {
                let message = format!("`{}` is {count}", at.element);
                self.blame(&codes::BAD_VALUE, at, message, format!("give a number from {least} to {most}"));
                None
            }
            None => {
                self.wrong_type(at, "a whole number", &format!("give a number from {least} to {most}"));
                None
            }
        }
    }

    /// A share from 0 to 1: `0.05` or `5%`.
    pub fn share(&mut self, at: &At<'_>) -> Option<f64> {
        const HELP: &str = "write a share such as 5%, or the same as a number from 0 to 1 such as 0.05";
        let share = match (at.node.as_f64(), at.node.as_str()) {
            (Some(number), _) => Some(number).filter(|number| (0.0..=1.0).contains(number)),
            (None, Some(text)) => value::percent(text),
            (None, None) => {
                self.wrong_type(at, "a share", HELP);
                return None;
            }
        };
        if share.is_none() {
            self.not_a(at, "a share", HELP);
        }
        share
    }

    /// Bytes: `512 MiB`, or a plain number of bytes.
    pub fn bytes(&mut self, at: &At<'_>) -> Option<u64> {
        const HELP: &str = "write a size such as 512 MiB or 2 GiB";
        let bytes = at.node.as_u64().or_else(|| value::bytes(at.node.as_str()?));
        if bytes.is_none() {
            self.not_a(at, "a size", HELP);
        }
        bytes
    }

    /// Milliseconds: `200ms`, `3s`.
    pub fn duration(&mut self, at: &At<'_>) -> Option<u64> {
        let duration = at.node.as_str().and_then(value::milliseconds);
        if duration.is_none() {
            self.not_a(at, "a duration", "write a number and its unit, such as 200ms, 3s or 2min");
        }
        duration
    }

    /// One of a closed list of words.
    pub fn word<T: Copy>(&mut self, at: &At<'_>, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(at)?;
        let known = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if known.is_none() {
            let help = suggest(&text, words.iter().map(|(word, _)| *word));
            self.blame(&codes::UNKNOWN_WORD, at, format!("`{text}` is not a value of `{}`", at.element), help);
        }
        known
    }

    /// A list of texts; a single text is a list of one.
    pub fn texts<'n>(&mut self, at: &At<'n>) -> Vec<(String, At<'n>)> {
        if at.node.as_str().is_some() {
            return self.text(at).map(|text| (text, at.clone())).into_iter().collect();
        }
        if !at.node.is_seq() {
            self.wrong_type(at, "a list of texts", "");
            return Vec::new();
        }
        at.items().filter_map(|item| Some((self.text(&item)?, item))).collect()
    }

    fn not_a(&mut self, at: &At<'_>, what: &str, help: &str) {
        self.blame(&codes::BAD_VALUE, at, format!("`{}` is not {what}: {}", at.element, at.node.describe()), help);
    }
}

/// How similar a word must be, from 0 to 1.
const SIMILAR_MIN: f64 = 0.6;
/// A longer list is not read out.
const LISTED_MAX: usize = 12;

/// `did you mean …?`, or the list of what there is when nothing is near.
pub(super) fn suggest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    match did_you_mean(wrong, known.iter().copied()) {
        Some(help) => help,
        None if known.is_empty() => String::new(),
        None if known.len() <= LISTED_MAX => format!("known here: {}", known.join(", ")),
        None => format!("known here: {} and {} more", known[..LISTED_MAX].join(", "), known.len() - LISTED_MAX),
    }
}

pub(super) fn did_you_mean<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    nearest(wrong, known).map(|word| format!("did you mean `{word}`?"))
}

pub(super) fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = wrong.to_lowercase();
    known
        .map(|word| (strsim::normalized_damerau_levenshtein(&lower, &word.to_lowercase()), word))
        .filter(|(similarity, _)| *similarity >= SIMILAR_MIN)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, word)| word)
}
