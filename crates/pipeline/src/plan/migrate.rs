//! Whether the stored table is migrated where what is promised of it changed.

use std::collections::BTreeMap;

use super::Reason;
use super::stage::Work;
use crate::migration::{Made as Source, Migration, Rebuild, migration};
use crate::project::{DatasetSpec, Made};
use crate::state::DatasetState;
use crate::terms::Terms;

/// `None` where the stage goes its own way; a reason more says why the table is built anew all the same.
pub(super) fn find(spec: &DatasetSpec, known: &DatasetState, changes: &mut Vec<Reason>) -> Option<Work> {
    let published = known.published.as_ref()?;
    let promised = |reason: &Reason| {
        let stays = matches!(reason, Reason::NotRestored { .. } | Reason::ReplayedSince { .. });
        stays || matches!(reason, Reason::ContractChanged | Reason::TableChanged)
    };
    if changes.is_empty() || !changes.iter().all(promised) {
        return None;
    }
    let Some(before) = &published.terms else {
        let why = "the version of Plimsoll that published it did not note what was in force".to_owned();
        changes.push(Reason::NotMigrated { why });
        return None;
    };
    match migration(before, &Terms::of(spec), matches!(spec.made, Made::Model(_))) {
        Ok(found) if let Some(column) = lost(spec, known, &found, changes) => {
            let why = format!("`{column}` was there before, and what it held lies in the files");
            changes.push(Reason::NotMigrated { why });
            None
        }
        Ok(found) => {
            let asks = found.asks();
            let migration = Some(Box::new(Migration { size: known.size, ..found }));
            Some(Work { migration, asks, ..Work::of(BTreeMap::new(), changes.clone(), false) })
        }
        Err(Rebuild(why)) => {
            changes.push(Reason::NotMigrated { why });
            None
        }
    }
}

/// A column that the migration would make NULL although its values can be read again.
fn lost(spec: &DatasetSpec, known: &DatasetState, found: &Migration, changes: &[Reason]) -> Option<String> {
    let available = &known.available;
    let is_whole = available.files_vanished.is_empty() && available.files_changed.is_empty();
    let readable = is_whole && !available.files_all.is_empty() && available.unreachable.is_none();
    // What cannot be read under this contract was found out before.
    let unread = changes.iter().any(|reason| matches!(reason, Reason::NotRestored { .. }));
    if !matches!(spec.made, Made::Source(_)) || !readable || unread {
        return None;
    }
    let null = found.targets.iter().filter(|target| target.made == Source::Null);
    null.map(|target| target.column.clone()).find(|column| known.had.contains(column))
}
