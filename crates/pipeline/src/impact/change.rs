//! One way in which a project changes, and the changes from one project to another.

use std::sync::Arc;

use contract::{Column, Dataset, Rule};
use serde::Serialize;

use crate::privacy::{Level, PrivacySettings};
use crate::project::{DatasetSpec, Made, Project};

/// Of a dataset, or of one of its columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    pub dataset: String,
    pub column: Option<String>,
    #[serde(flatten)]
    pub kind: ChangeKind,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChangeKind {
    /// In a way that is not known yet.
    Changed,
    Added,
    Removed,
    Renamed {
        to: String,
    },
    Retyped {
        from: String,
        to: String,
    },
    /// The contract promises less: these no longer hold.
    Loosened {
        promises: Vec<String>,
    },
    /// The contract promises more.
    Tightened {
        promises: Vec<String>,
    },
    Reclassified {
        from: Option<String>,
        to: Option<String>,
    },
    /// Its values are kept in another way.
    Protected {
        from: Option<String>,
        to: Option<String>,
    },
    /// The SQL that makes it.
    Rewritten,
}

impl ChangeKind {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Renamed { .. } => "renamed",
            Self::Retyped { .. } => "retyped",
            Self::Loosened { .. } => "loosened",
            Self::Tightened { .. } => "tightened",
            Self::Reclassified { .. } => "reclassified",
            Self::Protected { .. } => "protected",
            Self::Rewritten => "rewritten",
        }
    }

    /// What is under the name no longer.
    pub fn takes_away(&self) -> bool {
        matches!(self, Self::Removed | Self::Renamed { .. })
    }

    /// What happens to it, after its name.
    pub fn sentence(&self) -> String {
        let class = |class: &Option<String>| class.clone().unwrap_or_else(|| "unclassified".to_owned());
        match self {
            Self::Changed => "changes".to_owned(),
            Self::Added => "is added".to_owned(),
            Self::Removed => "is removed".to_owned(),
            Self::Renamed { to } => format!("is renamed to `{to}`"),
            Self::Retyped { from, to } => format!("becomes {to}, from {from}"),
            Self::Loosened { promises } => format!("is no longer {}", promises.join("; ")),
            Self::Tightened { promises } => format!("must now be {}", promises.join("; ")),
            Self::Reclassified { from, to } => format!("is {} now, from {}", class(to), class(from)),
            Self::Protected { from: None, to: Some(to) } => format!("is protected by {to} now"),
            Self::Protected { from: Some(from), to: None } => format!("is no longer protected, and was by {from}"),
            Self::Protected { from, to } => {
                let word = |way: &Option<String>| way.clone().unwrap_or_default();
                format!("is protected by {} now, from {}", word(to), word(from))
            }
            Self::Rewritten => "is made by other SQL".to_owned(),
        }
    }
}

impl Change {
    pub fn of_column(dataset: &str, column: &str, kind: ChangeKind) -> Self {
        Self { dataset: dataset.to_owned(), column: Some(column.to_owned()), kind }
    }

    pub fn of_dataset(dataset: &str, kind: ChangeKind) -> Self {
        Self { dataset: dataset.to_owned(), column: None, kind }
    }

    /// `dataset` or `dataset.column`.
    pub fn subject(&self) -> String {
        match &self.column {
            Some(column) => format!("{}.{column}", self.dataset),
            None => self.dataset.clone(),
        }
    }

    /// Whether it is about exactly this.
    pub(super) fn is_of(&self, dataset: &str, column: Option<&str>) -> bool {
        self.dataset == dataset && self.column.as_deref() == column
    }

    /// The names that are there before and after it.
    pub(super) fn names(&self) -> Vec<&str> {
        let now = match &self.kind {
            ChangeKind::Renamed { to } => Some(to.as_str()),
            _ => None,
        };
        [Some(self.column.as_deref().unwrap_or(&self.dataset)), now].into_iter().flatten().collect()
    }
}

/// What is different in `after`. `renamed` tells columns and datasets that are the same under another name: dataset, old name
/// of the column if it is one, new name.
pub fn changes(before: &Project, after: &Project, renamed: &[(String, Option<String>, String)]) -> Vec<Change> {
    let mut found = Vec::new();
    let new_name = |dataset: &str, column: Option<&str>| {
        renamed.iter().find(|(of, old, _)| of == dataset && old.as_deref() == column).map(|(_, _, new)| new.as_str())
    };
    for (name, old) in &before.datasets {
        match (after.datasets.get(name), new_name(name, None)) {
            (Some(new), _) => {
                let classes = [&before.settings.privacy, &after.settings.privacy];
                dataset(old, new, classes, &|column| new_name(name, Some(column)), &mut found);
            }
            (None, Some(to)) => {
                found.push(Change::of_dataset(name, ChangeKind::Renamed { to: to.to_owned() }));
            }
            (None, None) => found.push(Change::of_dataset(name, ChangeKind::Removed)),
        }
    }
    let is_new = |name: &&String| {
        !before.datasets.contains_key(*name) && !renamed.iter().any(|(_, old, new)| old.is_none() && new == *name)
    };
    found.extend(after.datasets.keys().filter(is_new).map(|name| Change::of_dataset(name, ChangeKind::Added)));
    found
}

fn dataset<'r>(
    old: &DatasetSpec,
    new: &DatasetSpec,
    classes: [&PrivacySettings; 2],
    renamed: &dyn Fn(&str) -> Option<&'r str>,
    found: &mut Vec<Change>,
) {
    if let (Made::Model(old_model), Made::Model(new_model)) = (&old.made, &new.made)
        && old_model.sql != new_model.sql
    {
        found.push(Change::of_dataset(&new.name, ChangeKind::Rewritten));
    } else if std::mem::discriminant(&old.made) != std::mem::discriminant(&new.made) {
        found.push(Change::of_dataset(&new.name, ChangeKind::Changed));
    }
    if Arc::ptr_eq(&old.contract, &new.contract) && classes[0] == classes[1] {
        return;
    }
    let (before, after) = (&old.contract, &new.contract);
    for column in &before.columns {
        let now = renamed(&column.name).filter(|_| after.column(&column.name).is_none());
        match after.column(now.unwrap_or(&column.name)) {
            Some(same) => {
                if let Some(to) = now {
                    let kind = ChangeKind::Renamed { to: to.to_owned() };
                    found.push(Change::of_column(&new.name, &column.name, kind));
                }
                let name = &column.name;
                let mut say = |kind| found.push(Change::of_column(&new.name, name, kind));
                column_changes(before, after, column, same, &mut say);
                sensitivity(classes, column, same, &mut say);
            }
            None => found.push(Change::of_column(&new.name, &column.name, ChangeKind::Removed)),
        }
    }
    let known =
        |name: &str| before.column(name).is_some() || before.columns.iter().any(|old| renamed(&old.name) == Some(name));
    for column in after.columns.iter().filter(|column| !known(&column.name)) {
        found.push(Change::of_column(&new.name, &column.name, ChangeKind::Added));
    }
    let whole = |dataset: &Dataset| promises(dataset, None);
    promised(whole(before), whole(after), &mut |kind| found.push(Change::of_dataset(&new.name, kind)));
}

fn column_changes(before: &Dataset, after: &Dataset, old: &Column, new: &Column, say: &mut dyn FnMut(ChangeKind)) {
    if old.data_type != new.data_type {
        say(ChangeKind::Retyped { from: old.data_type.to_string(), to: new.data_type.to_string() });
    }
    promised(promises(before, Some(old)), promises(after, Some(new)), say);
}

/// The class of a column and the way in which it is kept. A class changes also where the project's settings give its word
/// another meaning.
fn sensitivity(classes: [&PrivacySettings; 2], old: &Column, new: &Column, say: &mut dyn FnMut(ChangeKind)) {
    let (from, to) = (classes[0].declared(old), classes[1].declared(new));
    if from != to {
        let same_word = matches!((&from, &to), (Some(from), Some(to)) if from.0 == to.0);
        let word = |class: Option<(String, Level)>| {
            class.map(|(word, level)| if same_word { format!("{word} ({level})") } else { word })
        };
        say(ChangeKind::Reclassified { from: word(from), to: word(to) });
    }
    let same = match (&old.privacy.protection, &new.privacy.protection) {
        (Some(old), Some(new)) => old.stores_as(new),
        (old, new) => old.is_none() && new.is_none(),
    };
    if !same {
        let way = |column: &Column| column.privacy.protection.as_ref().map(ToString::to_string);
        say(ChangeKind::Protected { from: way(old), to: way(new) });
    }
}

/// What the contract promises of the column, or of the rows as a whole, in words.
pub fn promises(dataset: &Dataset, column: Option<&Column>) -> Vec<String> {
    let about = |check: &&contract::Check| match column {
        Some(column) => check.is_about(&column.name),
        None => !dataset.columns.iter().any(|column| check.is_about(&column.name)),
    };
    let required = column.filter(|column| column.required).map(|_| "required".to_owned());
    // That the column is required has been said.
    let untold = |check: &&contract::Check| match check.rule {
        Rule::NotChecked { .. } => false,
        Rule::Required { .. } => column.is_none(),
        _ => true,
    };
    let checks = dataset.checks.iter().filter(about).filter(untold);
    let mut words: Vec<String> = required.into_iter().chain(checks.map(|check| check.expected.clone())).collect();
    words.dedup();
    words
}

fn promised(before: Vec<String>, after: Vec<String>, say: &mut dyn FnMut(ChangeKind)) {
    let lost: Vec<String> = before.iter().filter(|promise| !after.contains(promise)).cloned().collect();
    let won: Vec<String> = after.iter().filter(|promise| !before.contains(promise)).cloned().collect();
    if !lost.is_empty() {
        say(ChangeKind::Loosened { promises: lost });
    }
    if !won.is_empty() {
        say(ChangeKind::Tightened { promises: won });
    }
}
