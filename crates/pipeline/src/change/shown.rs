//! What an approver was shown of what a change breaks.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::impact::Effect;

/// All places that break, as they were when somebody agreed to that. Lines move with every edit, so a place is known by its file, its
/// dataset and why it breaks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    pub breaks: Vec<Break>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Break {
    pub path: String,
    pub line: u32,
    pub dataset: Option<String>,
    pub reason: String,
}

impl Break {
    fn key(&self) -> (&str, Option<&str>, &str) {
        (&self.path, self.dataset.as_deref(), &self.reason)
    }
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path, self.line)
    }
}

impl Shown {
    /// What has no place in a file is nothing that somebody could look at.
    pub fn of(effects: &[Effect]) -> Self {
        let of = |effect: &Effect| {
            let place = effect.place.as_ref()?;
            Some(Break {
                path: place.path.clone(),
                dataset: effect.dataset.clone(),
                reason: effect.reason.clone(),
                line: place.line,
            })
        };
        let mut breaks: Vec<Break> = effects.iter().filter_map(of).collect();
        breaks.sort();
        Self { breaks }
    }

    /// The same for the same breakage, wherever the lines are.
    pub fn fingerprint(&self) -> String {
        let mut lines: Vec<String> = self.breaks.iter().map(|one| format!("{:?}\n", one.key())).collect();
        lines.sort();
        contract::digest(lines.concat().as_bytes())
    }

    /// What breaks now and is not among this.
    pub fn news(&self, now: &[Effect]) -> Vec<Break> {
        let all = Self::of(now).breaks;
        let mut known: BTreeMap<_, usize> = BTreeMap::new();
        for one in &self.breaks {
            *known.entry(one.key()).or_default() += 1;
        }
        let mut news = Vec::new();
        for one in &all {
            match known.get_mut(&one.key()).filter(|left| **left > 0) {
                Some(left) => *left -= 1,
                None => news.push(one.clone()),
            }
        }
        news
    }
}
