//! `[privacy]` of `plimsoll.toml`.

use std::collections::BTreeMap;

use super::codes;
use super::fields::{At, Reader, join};
use crate::lineage::ColumnRef;
use crate::privacy::{Exemption, KeySource, Level, PrivacySettings, Then};

pub(crate) const KEYS: [&str; 7] = ["classes", "tags", "floor", "small_groups", "exemptions", "key", "keys"];
const GROUP_KEYS: [&str; 2] = ["least", "then"];
const EXEMPTION_KEYS: [&str; 4] = ["column", "who", "why", "until"];
const SOURCE_KEYS: [&str; 3] = ["env", "file", "command"];
const THEN: [(&str, Then); 3] = [("allow", Then::Allow), ("warn", Then::Warn), ("refuse", Then::Refuse)];
const GROUP_MAX: u64 = 1_000_000;

pub(super) fn read(reader: &mut Reader<'_>, at: &At<'_>) -> PrivacySettings {
    let mut privacy = PrivacySettings::default();
    if !reader.map(at, &KEYS) {
        return privacy;
    }
    if let Some(at) = at.get("classes") {
        privacy.classes = levels(reader, &at);
    }
    if let Some(at) = at.get("tags") {
        privacy.tags = levels(reader, &at);
    }
    if let Some(level) = at.get("floor").and_then(|at| level(reader, &at)) {
        privacy.floor = level;
    }
    if let Some(at) = at.get("small_groups").filter(|at| reader.map(at, &GROUP_KEYS)) {
        if let Some(least) = at.get("least").and_then(|at| reader.count(&at, 2, GROUP_MAX)) {
            privacy.small_groups.least = u32::try_from(least).unwrap_or(u32::MAX);
        }
        if let Some(then) = at.get("then").and_then(|at| reader.word(&at, &THEN)) {
            privacy.small_groups.then = then;
        }
    }
    if let Some(at) = at.get("exemptions") {
        if !at.node.is_seq() {
            reader.wrong_type(&at, "a list", "write [[privacy.exemptions]] once for each column");
        }
        privacy.exemptions = at.items().filter_map(|at| exemption(reader, &at)).collect();
    }
    keys(reader, at, &mut privacy);
    privacy
}

fn levels(reader: &mut Reader<'_>, at: &At<'_>) -> BTreeMap<String, Level> {
    let mut levels = BTreeMap::new();
    if !at.node.is_map() {
        reader.wrong_type(at, "a table", "write a word and its level a line, such as pii = \"personal\"");
        return levels;
    }
    for entry in at.node.entries() {
        let at = At { node: &entry.value, element: join(&at.element, &entry.key) };
        if let Some(level) = level(reader, &at) {
            PrivacySettings::declare(&mut levels, &entry.key, level);
        }
    }
    levels
}

fn level(reader: &mut Reader<'_>, at: &At<'_>) -> Option<Level> {
    let text = reader.text(at)?;
    let level = Level::named(&text);
    if level.is_none() {
        let words: Vec<&str> = Level::ALL.into_iter().map(Level::word).collect();
        let message = format!("`{text}` is not a level of sensitivity");
        reader.blame(&codes::UNKNOWN_WORD, at, message, format!("the levels are {}", words.join(", ")));
    }
    level
}

/// All four are needed: nobody is exempted without a name, a reason and an end.
fn exemption(reader: &mut Reader<'_>, at: &At<'_>) -> Option<Exemption> {
    if !reader.map(at, &EXEMPTION_KEYS) {
        return None;
    }
    for key in EXEMPTION_KEYS {
        if at.get(key).is_none() {
            let message = format!("an exemption needs `{key}`");
            reader.blame(&codes::MISSING_KEY, at, message, "say which column, who granted it, why, and until when");
        }
    }
    let mut text = |key: &str| at.get(key).and_then(|at| reader.text(&at).map(|text| (text, at)));
    let (column, who, why, until) = (text("column"), text("who"), text("why"), text("until"));
    let ((column, column_at), (who, _), (why, _), (until, until_at)) = (column?, who?, why?, until?);
    if !is_date(&until) {
        let message = format!("`{until}` is not a date");
        reader.blame(&codes::BAD_VALUE, &until_at, message, "write the last day as YYYY-MM-DD");
        return None;
    }
    let Some((dataset, name)) = column.rsplit_once('.') else {
        reader.blame(&codes::BAD_VALUE, &column_at, format!("`{column}` is not a column"), "write DATASET.COLUMN");
        return None;
    };
    let column = ColumnRef { dataset: dataset.to_owned(), column: name.to_owned() };
    Some(Exemption { column, who, why, until, span: column_at.span() })
}

/// `YYYY-MM-DD`, a day that there is.
pub(super) fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if !(digits(year, 4) && digits(month, 2) && digits(day, 2)) {
        return false;
    }
    let number = |text: &str| text.parse::<u32>().unwrap_or(0);
    let year = number(year);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match number(month) {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&number(day))
}

fn keys(reader: &mut Reader<'_>, at: &At<'_>, privacy: &mut PrivacySettings) {
    if let Some(at) = at.get("keys") {
        if !at.node.is_map() {
            reader.wrong_type(&at, "a table", "write [privacy.keys] and below it an id and its source a line");
        }
        for entry in at.node.entries() {
            let at = At { node: &entry.value, element: join(&at.element, &entry.key) };
            let plain = entry.key.len() <= 64
                && entry.key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            if !plain {
                let message = format!("`{}` cannot be a key's id", entry.key);
                reader.blame(&codes::BAD_VALUE, &at, message, "use at most 64 letters, digits, `-`, `_` and `.`");
            } else if let Some(source) = source(reader, &at) {
                privacy.keys.insert(entry.key.clone(), source);
            }
        }
    }
    if let Some(at) = at.get("key")
        && let Some(id) = reader.text(&at)
    {
        if !privacy.keys.contains_key(&id) {
            let message = format!("there is no key `{id}`");
            reader.blame(&codes::BAD_VALUE, &at, message, "declare it under [privacy.keys]");
        }
        privacy.key = Some(id);
    } else if privacy.keys.len() == 1 {
        privacy.key = privacy.keys.keys().next().cloned();
    }
}

fn source(reader: &mut Reader<'_>, at: &At<'_>) -> Option<KeySource> {
    const HELP: &str =
        "write { env = \"NAME\" }, { file = \"PATH\" } or { command = \"…\" }; the key itself never stands here";
    if at.node.as_str().is_some() {
        reader.wrong_type(at, "a source", HELP);
        return None;
    }
    if !reader.map(at, &SOURCE_KEYS) {
        return None;
    }
    let mut given: Vec<(&str, String)> = Vec::new();
    for key in SOURCE_KEYS {
        if let Some(text) = at.get(key).and_then(|at| reader.text(&at)) {
            given.push((key, text));
        }
    }
    match given.as_slice() {
        [("env", name)] => Some(KeySource::Environment(name.clone())),
        [("file", path)] => Some(KeySource::File(path.clone())),
        [("command", command)] => Some(KeySource::Command(command.clone())),
        _ => {
            reader.blame(&codes::BAD_VALUE, at, format!("`{}` needs one source", at.element), HELP);
            None
        }
    }
}
