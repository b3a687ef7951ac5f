//! What a source has to read: the difference between the files there and the files read.

use std::collections::BTreeMap;

use super::Reason;
use super::stage::{Finding, Work};
use crate::position::{FILES, FileRef, Increment};
use crate::project::{SourceSpec, Vanished};
use crate::state::Available;
use crate::table::Write;

pub(super) fn find(source: &SourceSpec, write: Write, available: &Available, changes: Vec<Reason>) -> Finding {
    if let Some(why) = &available.unreachable {
        return Finding::Blocked(vec![Reason::SourceUnreachable(why.clone())]);
    }
    if changes.is_empty() { increment(source.vanished, write, available) } else { rebuild(write, available, changes) }
}

/// Reads everything. Refuses when the table holds rows that could not be read again.
fn rebuild(write: Write, available: &Available, mut changes: Vec<Reason>) -> Finding {
    if available.files_all.is_empty() {
        changes.push(Reason::FilesMissing);
        return Finding::Blocked(changes);
    }
    if write != Write::Overwrite && !available.files_vanished.is_empty() {
        changes.push(vanished(available));
        return Finding::Blocked(changes);
    }
    Finding::Run(read(available.files_all.clone(), changes, true))
}

fn increment(when_vanished: Vanished, write: Write, available: &Available) -> Finding {
    let reasons = reasons(available);
    if reasons.is_empty() {
        return Finding::Nothing(vec![Reason::UpToDate]);
    }
    let changed = !available.files_changed.is_empty();
    // An overwritten table has the rows of the files that are there, and no others.
    let keeps = match write {
        Write::ReplacePartitions => true,
        Write::Append | Write::Merge => when_vanished == Vanished::Keep,
        Write::Overwrite => false,
    };
    let vanished = !available.files_vanished.is_empty() && !keeps;
    match write {
        Write::Overwrite if available.files_all.is_empty() => {
            Finding::Blocked(reasons.into_iter().chain([Reason::FilesMissing]).collect())
        }
        Write::Overwrite => Finding::Run(read(available.files_all.clone(), reasons, false)),
        Write::Append if changed || vanished => Finding::Blocked(reasons),
        Write::Merge if vanished => Finding::Blocked(reasons),
        // Rows of vanished files stay as they are: landing areas are cleaned up.
        _ if keeps && !changed && available.files_new.is_empty() => {
            Finding::Nothing([Reason::UpToDate].into_iter().chain(reasons).collect())
        }
        Write::Append | Write::Merge | Write::ReplacePartitions => {
            let mut files = available.files_new.clone();
            files.extend(available.files_changed.iter().cloned());
            Finding::Run(read(files, reasons, false))
        }
    }
}

fn reasons(available: &Available) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if !available.files_new.is_empty() {
        let count = u64::try_from(available.files_new.len()).unwrap_or(u64::MAX);
        let bytes = available.files_new.iter().fold(0u64, |sum, file| sum.saturating_add(file.size));
        reasons.push(Reason::FilesNew { count, bytes });
    }
    if !available.files_changed.is_empty() {
        reasons.push(Reason::FilesChanged { paths: paths(&available.files_changed) });
    }
    if !available.files_vanished.is_empty() {
        reasons.push(vanished(available));
    }
    reasons
}

fn vanished(available: &Available) -> Reason {
    Reason::FilesVanished { paths: paths(&available.files_vanished) }
}

fn paths(files: &[FileRef]) -> Vec<String> {
    let mut paths: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
    paths.sort();
    paths
}

fn read(mut files: Vec<FileRef>, reasons: Vec<Reason>, rebuild: bool) -> Work {
    files.sort();
    let inputs = BTreeMap::from([(FILES.to_owned(), Increment::Files { files })]);
    Work::of(inputs, reasons, rebuild)
}
