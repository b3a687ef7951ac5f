//! Whether the contract's version moved as far as its changes ask.

use std::cmp::Ordering;

use serde::Serialize;

use super::change::{Bump, Change, Effect, Verdict};
use super::differ::Differ;
use super::pair::{Pair, word};

/// Both versions, and what the changes ask.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Versions {
    pub old: Option<String>,
    pub new: Option<String>,
    pub needed: Bump,
    pub enough: bool,
}

/// A semantic version: numbers, and whether it is a pre-release.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Semantic {
    major: u64,
    minor: u64,
    patch: u64,
    pre: Vec<String>,
    /// How many numbers the text gives: `1.2` has two.
    given: usize,
    prefix: &'static str,
}

impl Semantic {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (prefix, rest) = match text.strip_prefix('v') {
            Some(rest) => ("v", rest),
            None => ("", text),
        };
        let rest = rest.split('+').next().unwrap_or_default();
        let (numbers, pre) = rest.split_once('-').unwrap_or((rest, ""));
        let parts: Option<Vec<u64>> = numbers.split('.').map(|part| part.parse().ok()).collect();
        let parts = parts.filter(|parts| (1..=3).contains(&parts.len()))?;
        let at = |index: usize| parts.get(index).copied().unwrap_or(0);
        let pre = pre.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        Some(Self { major: at(0), minor: at(1), patch: at(2), pre, given: parts.len(), prefix })
    }

    fn numbers(&self) -> (u64, u64, u64) {
        (self.major, self.minor, self.patch)
    }

    fn order(&self, other: &Self) -> Ordering {
        self.numbers().cmp(&other.numbers()).then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => pre_order(&self.pre, &other.pre),
        })
    }

    /// The part that moved on the way to a later version.
    fn moved(&self, new: &Self) -> Bump {
        match () {
            () if new.order(self) != Ordering::Greater => Bump::None,
            () if new.major > self.major => Bump::Major,
            // Before 1.0.0 a minor version may break; semantic versioning promises nothing there.
            () if new.minor > self.minor => {
                if self.major == 0 {
                    Bump::Major
                } else {
                    Bump::Minor
                }
            }
            () => Bump::Patch,
        }
    }
}

/// Numbers by value and before words, as semantic versioning orders them.
fn pre_order(one: &[String], other: &[String]) -> Ordering {
    for (one, other) in one.iter().zip(other) {
        let order = match (one.parse::<u64>(), other.parse::<u64>()) {
            (Ok(one), Ok(other)) => one.cmp(&other),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(_), Err(_)) => one.cmp(other),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    one.len().cmp(&other.len())
}

/// Enters a version that changed; one that went back can be felt by all who ask for "this or later".
pub(super) fn judge(differ: &mut Differ, pair: Pair<'_>) {
    let (old, new) = (word(pair.old), word(pair.new));
    if old == new {
        return;
    }
    let parsed = |text: &Option<String>| text.as_deref().and_then(Semantic::parse);
    let (kind, effect, reason) = match (parsed(&old), parsed(&new)) {
        (Some(old), Some(new)) if new.order(&old) == Ordering::Less => {
            let effect = Effect::Felt(Verdict::Breaking, Verdict::Warning);
            ("version-lowered", effect, "those who ask for the old version or a later one are not served")
        }
        (Some(_), Some(_)) => ("version-raised", Effect::Safe, "the version says that something changed"),
        (Some(_), None) => {
            let effect = Effect::Felt(Verdict::Warning, Verdict::Warning);
            ("version-changed", effect, "the new version cannot be compared, it is no semantic version")
        }
        _ => ("version-changed", Effect::Safe, "the old version was no semantic version"),
    };
    differ.add("version", pair, kind, effect, reason);
}

/// What the changes ask, and whether the version moved that far.
pub(super) fn versions(old: Option<String>, new: Option<String>, changes: &[Change]) -> Versions {
    let asks = changes.iter().filter(|change| change.element != "version").map(|change| change.effect.bump());
    let needed = asks.max().unwrap_or_default();
    let parsed = |text: &Option<String>| text.as_deref().and_then(Semantic::parse);
    let enough = match (parsed(&old), parsed(&new)) {
        (Some(old), Some(new)) => old.moved(&new) >= needed && new.order(&old) != Ordering::Less,
        // What is no semantic version says nothing about how far it moved.
        (Some(_), None) => false,
        // Without numbers before it, only a change can be seen.
        (None, _) => needed == Bump::None || (old != new && new.is_some()),
    };
    Versions { old, new, needed, enough }
}

/// Whether a version can be compared with others: numbers, as semantic versioning has them, or the first one or two of them.
pub fn is_comparable(version: &str) -> bool {
    Semantic::parse(version).is_some()
}

/// The lowest version that satisfies the need, in the spelling of the old one; `None` when that is no semantic version.
pub fn raised(old: &str, needed: Bump) -> Option<String> {
    let old = Semantic::parse(old)?;
    let prefix = old.prefix;
    let is_first = old.major == 0;
    let (major, minor, patch) = match needed {
        Bump::None => return None,
        Bump::Major if is_first => (0, old.minor + 1, 0),
        Bump::Major => (old.major + 1, 0, 0),
        Bump::Minor => (old.major, old.minor + 1, 0),
        // The release that a pre-release announces.
        Bump::Patch if !old.pre.is_empty() => old.numbers(),
        Bump::Patch => (old.major, old.minor, old.patch + 1),
    };
    Some(match (old.given, minor, patch) {
        (1, 0, 0) => format!("{prefix}{major}"),
        (1 | 2, _, 0) => format!("{prefix}{major}.{minor}"),
        _ => format!("{prefix}{major}.{minor}.{patch}"),
    })
}

#[cfg(test)]
mod tests;
