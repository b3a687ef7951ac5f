//! The new version against one or all older ones, and what comes of it.

use serde::Serialize;

use super::change::{Change, Verdict};
use super::differ;
use super::mode::Mode;
use super::version::{self, Versions};
use crate::model::Contract;

/// A contract and what its file is called.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub path: &'a str,
    pub contract: &'a Contract,
}

/// The worst of all changes, for each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    pub consumer: Verdict,
    pub producer: Verdict,
}

/// What `contract diff` says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub verdict: Summary,
    /// `None` when no mode was asked for; then only what nobody can feel is compatible.
    pub mode: Option<&'static str>,
    pub compatible: bool,
    pub version: Versions,
    /// The worst first.
    pub changes: Vec<Change>,
}

impl Report {
    /// Of schemas that carry no version.
    pub(crate) fn unversioned(changes: Vec<Change>, mode: Option<Mode>) -> Self {
        let version = Versions { enough: true, ..version::versions(None, None, &changes) };
        Self::new(changes, mode, version)
    }

    /// Sorts the changes and draws the verdicts from them.
    pub fn new(mut changes: Vec<Change>, mode: Option<Mode>, version: Versions) -> Self {
        changes.sort_by_key(|change| std::cmp::Reverse(change.consumer.max(change.producer)));
        let worst = |of: fn(&Change) -> Verdict| changes.iter().map(of).max().unwrap_or_default();
        let verdict = Summary { consumer: worst(|change| change.consumer), producer: worst(|change| change.producer) };
        let compatible = match mode {
            Some(mode) => changes.iter().all(|change| mode.allows(change)),
            None => verdict == Summary::default(),
        };
        Self { verdict, mode: mode.map(Mode::word), compatible, version, changes }
    }
}

/// Adds the changes since an older version that are not known already.
pub(crate) fn extend(changes: &mut Vec<Change>, more: Vec<Change>, since: &str) {
    for change in more {
        let same = |known: &Change| {
            known.element == change.element && known.kind == change.kind && known.effect == change.effect
        };
        if !changes.iter().any(same) {
            changes.push(Change { since: Some(since.to_owned()), ..change });
        }
    }
}

/// Compares the new version with the last of the older ones, and with all of them where the mode is transitive.
/// `olds` are in their order in time, and not empty.
pub fn report(olds: &[Source<'_>], new: Source<'_>, mode: Option<Mode>) -> Report {
    let Some((last, earlier)) = olds.split_last() else {
        return Report::new(Vec::new(), mode, version::versions(None, None, &[]));
    };
    let mut changes = differ::contracts(last.path, last.contract, new.path, new.contract);
    let text = |contract: &Contract| Some(contract.version_text()).filter(|text| !text.is_empty());
    let version = version::versions(text(last.contract), text(new.contract), &changes);
    if mode.is_some_and(Mode::is_transitive) {
        for old in earlier {
            let since_old = differ::contracts(old.path, old.contract, new.path, new.contract);
            extend(&mut changes, since_old, old.path);
        }
    }
    Report::new(changes, mode, version)
}
