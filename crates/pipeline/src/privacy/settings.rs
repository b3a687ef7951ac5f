//! What a project says about privacy in `plimsoll.toml`.

use std::collections::BTreeMap;

use contract::{Column, Span};

use super::Level;
use super::level::plain;
use crate::lineage::ColumnRef;

/// `[privacy]`.
#[derive(Debug, Clone, PartialEq)]
pub struct PrivacySettings {
    /// Words of `classification` beside the levels' own, in plain form.
    pub classes: BTreeMap<String, Level>,
    /// Tags that say how sensitive a column is, in plain form; others say nothing.
    pub tags: BTreeMap<String, Level>,
    /// From this level on a value must not flow into a column of a lower one.
    pub floor: Level,
    pub small_groups: SmallGroups,
    pub exemptions: Vec<Exemption>,
    /// The id of the key that values are protected with now.
    pub key: Option<String>,
    /// Where the keys come from, by id.
    pub keys: BTreeMap<String, KeySource>,
}

/// What is said of a dataset whose groups are made by a protected column: a group of one is a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmallGroups {
    /// Rows that a group must have at least, by a check of the dataset.
    pub least: u32,
    pub then: Then,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    Allow,
    Warn,
    Refuse,
}

/// A column that may hold what it should not, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exemption {
    pub column: ColumnRef,
    pub who: String,
    pub why: String,
    /// The last day, `YYYY-MM-DD`.
    pub until: String,
    /// Where the settings say so.
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    Environment(String),
    /// Relative to the project.
    File(String),
    /// Run by the shell; what it prints is the key.
    Command(String),
}

impl Default for PrivacySettings {
    fn default() -> Self {
        Self {
            classes: BTreeMap::new(),
            tags: BTreeMap::new(),
            floor: Level::Confidential,
            small_groups: SmallGroups { least: 5, then: Then::Warn },
            exemptions: Vec::new(),
            key: None,
            keys: BTreeMap::new(),
        }
    }
}

impl PrivacySettings {
    /// The level that a class means; `None` when nobody declared it.
    pub fn class(&self, word: &str) -> Option<Level> {
        self.classes.get(&plain(word)).copied().or_else(|| Level::named(word))
    }

    pub fn tag(&self, word: &str) -> Option<Level> {
        self.tags.get(&plain(word)).copied()
    }

    /// The class that the column's contract gives to what its table holds, with its level: the highest of those that it and
    /// what is nested in it have; of one that is declassified, what that leaves.
    pub fn declared(&self, column: &Column) -> Option<(String, Level)> {
        let privacy = &column.privacy;
        let level = |class: &String| (class.clone(), self.class(class).unwrap_or(Level::SpecialCategory));
        if let Some(left) = &privacy.declassified {
            return Some(level(&left.to));
        }
        let classes = column.classification.iter().chain(&privacy.classes).map(level);
        let tags = privacy.tags.iter().filter_map(|tag| Some((tag.clone(), self.tag(tag)?)));
        let mut highest: Option<(String, Level)> = None;
        for (word, level) in classes.chain(tags) {
            if highest.as_ref().is_none_or(|(_, known)| level > *known) {
                highest = Some((word, level));
            }
        }
        highest
    }

    pub(crate) fn declare(map: &mut BTreeMap<String, Level>, word: &str, level: Level) {
        map.insert(plain(word), level);
    }
}
