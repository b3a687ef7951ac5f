//! The steps of a migration, in words.

use serde::{Deserialize, Serialize};

use crate::decide::{Ask, GateKind};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    Add {
        column: String,
        fill: Option<String>,
    },
    Drop {
        column: String,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        mapped: bool,
        /// Why its values may not stay in the files, although the log alone could drop it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<String>,
    },
    /// Only where both have the same stable id.
    Rename {
        from: String,
        to: String,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        mapped: bool,
    },
    /// Column mapping begins: files keep the names that they know columns by.
    Map,
    /// Column mapping ends: files know columns by the table's names again.
    Unmap,
    Reorder,
    Widen {
        column: String,
        from: String,
        to: String,
    },
    /// Fields inside a nested column, by their paths.
    Inside {
        column: String,
        added: Vec<String>,
        dropped: Vec<String>,
        widened: Vec<String>,
        moved: bool,
    },
    /// To a narrower or another type.
    Convert {
        column: String,
        from: String,
        to: String,
    },
    /// Another type, made as the contract says.
    Remake {
        column: String,
        from: String,
        to: String,
        fill: String,
    },
    Require {
        column: String,
    },
    Relax {
        column: String,
    },
    Key {
        from: Vec<String>,
        to: Vec<String>,
    },
    Partition {
        from: Vec<String>,
        to: Vec<String>,
    },
    Classify {
        column: String,
        from: Option<String>,
        to: Option<String>,
    },
    Protect {
        column: String,
        from: Option<String>,
        to: Option<String>,
    },
    Checks {
        added: Vec<String>,
        changed: Vec<String>,
        removed: Vec<String>,
        /// Stored rows are held against them.
        read: bool,
    },
    Threshold {
        from: Option<f64>,
        to: Option<f64>,
    },
    /// Only how values are read from the source.
    Reading,
}

/// How much of a table is touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// The table's log alone.
    Metadata,
    /// Rows are read; files in which one is refused are written anew.
    Read,
    /// Every file is written anew.
    Rewrite,
}

impl Work {
    pub fn word(self) -> &'static str {
        match self {
            Self::Metadata => "metadata only",
            Self::Read => "rows are read",
            Self::Rewrite => "rewrite",
        }
    }
}

impl Step {
    pub fn work(&self) -> Work {
        match self {
            Self::Add { fill: None, .. }
            | Self::Drop { mapped: true, .. }
            | Self::Rename { mapped: true, .. }
            | Self::Map
            | Self::Reorder
            | Self::Relax { .. }
            | Self::Key { .. }
            | Self::Classify { .. }
            | Self::Threshold { .. }
            | Self::Reading => Work::Metadata,
            Self::Require { .. } => Work::Read,
            Self::Checks { read, .. } => match read {
                true => Work::Read,
                false => Work::Metadata,
            },
            Self::Add { fill: Some(_), .. }
            | Self::Drop { .. }
            | Self::Rename { .. }
            | Self::Unmap
            | Self::Widen { .. }
            | Self::Inside { .. }
            | Self::Convert { .. }
            | Self::Remake { .. }
            | Self::Partition { .. }
            | Self::Protect { .. } => Work::Rewrite,
        }
    }

    /// Why a person must agree to it: one sentence without a full stop.
    pub fn breaks(&self) -> Option<&'static str> {
        match self {
            Self::Drop { mapped: true, .. } => {
                Some("Who reads it breaks; its values stay in the files that are there, where no reader sees them")
            }
            Self::Drop { .. } => Some("Its values are gone from the table, and who reads it breaks"),
            Self::Inside { dropped, .. } if !dropped.is_empty() => {
                Some("The values of the fields that are gone are gone from the table, and who reads them breaks")
            }
            Self::Rename { .. } => Some("Who reads it by its old name breaks"),
            Self::Convert { .. } => {
                Some("Rows whose value does not fit become dead letters, and who reads it meets another type")
            }
            Self::Remake { .. } => Some("The old values are gone from the table, and who reads it meets another type"),
            Self::Key { from, .. } if !from.is_empty() => Some("Who joins by the old key may meet a row twice"),
            Self::Protect { to: Some(_), .. } => Some("The values are not there in the clear any more"),
            Self::Protect { to: None, .. } => Some("The values are there in the clear for all who read the table"),
            _ => None,
        }
    }

    /// The question whether it may be done, where it breaks somebody; `doing` is the word before it.
    pub fn ask(&self, doing: &str) -> Option<Ask> {
        let why = self.breaks()?;
        Some(Ask { kind: GateKind::DataMigration, text: format!("{doing}: {self}. {why}.") })
    }

    /// Whether values are to be stored otherwise than they can be read now.
    pub(crate) fn hides(&self) -> bool {
        matches!(self, Self::Protect { to: Some(_), .. })
    }

    /// Whether values can be read that could not be before.
    pub(crate) fn opens(&self) -> bool {
        matches!(self, Self::Protect { to: None, .. })
    }

    /// The column that it says all about, its checks too.
    pub(super) fn column(&self) -> Option<&String> {
        match self {
            Self::Add { column, .. }
            | Self::Drop { column, .. }
            | Self::Require { column }
            | Self::Relax { column } => Some(column),
            _ => None,
        }
    }

    /// Whether the values of this column become others, or stand under another name.
    pub(super) fn remakes(&self, name: &str) -> bool {
        match self {
            Self::Add { column, .. }
            | Self::Widen { column, .. }
            | Self::Inside { column, .. }
            | Self::Convert { column, .. }
            | Self::Remake { column, .. }
            | Self::Protect { column, .. } => column == name,
            Self::Rename { to, mapped, .. } => !mapped && to == name,
            _ => false,
        }
    }
}

/// Ids that a sentence can carry.
const NAMED: usize = 4;

/// `new: a, b; gone: c`, without what is empty.
fn parted(parts: &[(&str, &Vec<String>)]) -> String {
    let some = |names: &[String]| match names.len().saturating_sub(NAMED) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..NAMED].join(", ")),
    };
    let named = parts.iter().filter(|(_, names)| !names.is_empty());
    named.map(|(word, names)| format!("{word}: {}", some(names))).collect::<Vec<_>>().join("; ")
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |names: &[String]| match names {
            [] => "none".to_owned(),
            names => names.join(", "),
        };
        match self {
            Self::Add { column, fill: None } => write!(f, "add `{column}`, NULL in stored rows"),
            Self::Add { column, fill: Some(sql) } => write!(f, "add `{column}` as {sql}"),
            Self::Drop { column, because: Some(why), .. } => write!(f, "drop `{column}`, in all files as {why}"),
            Self::Drop { column, .. } => write!(f, "drop `{column}`"),
            Self::Map => f.write_str("map columns by name; the files keep theirs"),
            Self::Unmap => f.write_str("map columns no more; the files get the table's names"),
            Self::Rename { from, to, .. } => write!(f, "rename `{from}` to `{to}`"),
            Self::Reorder => f.write_str("put the columns in the contract's order"),
            Self::Widen { column, from, to } => write!(f, "widen `{column}` from {from} to {to}"),
            Self::Inside { column, added, dropped, widened, moved } => {
                let parts = [("new", added), ("gone", dropped), ("wider", widened)];
                write!(f, "fields inside `{column}`: {}", parted(&parts))?;
                match (*moved, added.len() + dropped.len() + widened.len()) {
                    (false, _) => Ok(()),
                    (true, 0) => f.write_str("in another order"),
                    (true, _) => f.write_str("; in another order"),
                }
            }
            Self::Convert { column, from, to } => write!(f, "convert `{column}` from {from} to {to}"),
            Self::Remake { column, from, to, fill } => {
                write!(f, "make `{column}`, {to} and not {from} any more, as {fill}")
            }
            Self::Require { column } => write!(f, "require `{column}`"),
            Self::Relax { column } => write!(f, "let `{column}` be NULL"),
            Self::Key { from, to } => write!(f, "primary key {} instead of {}", list(to), list(from)),
            Self::Partition { from, to } if from == to => write!(f, "partition by {} anew", list(to)),
            Self::Partition { from, to } => write!(f, "partition by {} instead of {}", list(to), list(from)),
            Self::Classify { column, from, to } => {
                let word = |class: &Option<String>| class.clone().unwrap_or_else(|| "nothing".to_owned());
                write!(f, "classify `{column}` as {} instead of {}", word(to), word(from))
            }
            Self::Protect { column, from: None, to: Some(to) } => write!(f, "protect `{column}` by {to}"),
            Self::Protect { column, from: Some(from), to: Some(to) } => {
                write!(f, "protect `{column}` by {to} instead of {from}")
            }
            Self::Protect { column, .. } => write!(f, "protect `{column}` no more"),
            Self::Checks { added, changed, removed, read } => {
                let parts = [("new", added), ("changed", changed), ("gone", removed)];
                write!(f, "checks {}", parted(&parts))?;
                if *read { f.write_str("; stored rows are held against them") } else { Ok(()) }
            }
            Self::Threshold { from, to } => {
                let share = |share: &Option<f64>| {
                    share.map_or_else(|| "the project's".to_owned(), |share| format!("{} %", share * 100.0))
                };
                write!(f, "threshold {} instead of {}", share(to), share(from))
            }
            Self::Reading => f.write_str("only how values are read changed; stored rows stay as they are"),
        }
    }
}
