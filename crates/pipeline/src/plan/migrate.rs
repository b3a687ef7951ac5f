//! Whether the stored table is migrated where what is promised of it changed.

use std::collections::BTreeMap;

use super::Reason;
use super::stage::Work;
use crate::migration::{Migration, Rebuild, migration};
use crate::project::{DatasetSpec, Made};
use crate::state::DatasetState;
use crate::terms::Terms;

/// `None` where the stage goes its own way; a reason more says why the table is built anew all the same.
pub(super) fn find(spec: &DatasetSpec, known: &DatasetState, changes: &mut Vec<Reason>) -> Option<Work> {
    let published = known.published.as_ref()?;
    let promised =
        |reason: &Reason| matches!(reason, Reason::ContractChanged | Reason::TableChanged | Reason::NotRestored { .. });
    if changes.is_empty() || !changes.iter().all(promised) {
        return None;
    }
    let Some(before) = &published.terms else {
        let why = "the version of Plimsoll that published it did not note what was in force".to_owned();
        changes.push(Reason::NotMigrated { why });
        return None;
    };
    match migration(before, &Terms::of(spec), matches!(spec.made, Made::Model(_))) {
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
