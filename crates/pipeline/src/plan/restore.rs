//! Whether a migration is taken back: the definition is the one again that the table had before it.

use std::collections::{BTreeMap, BTreeSet};

use super::Reason;
use super::stage::Work;
use crate::project::{DatasetSpec, Made};
use crate::state::DatasetState;

/// `None` where there is nothing to go back to, or where rows would be lost that way; a reason more says so.
pub(super) fn find(spec: &DatasetSpec, known: &DatasetState, changes: &mut Vec<Reason>) -> Option<Work> {
    let earlier = known.earlier.as_ref().filter(|_| !changes.is_empty() && known.published.is_some())?;
    let version = earlier.before.version;
    if matches!(spec.made, Made::Source(_)) {
        let available = &known.available;
        let changed: BTreeSet<&String> = available.files_changed.iter().map(|file| &file.path).collect();
        let there: BTreeSet<&String> = available.files_all.iter().map(|file| &file.path).collect();
        let is_lost = |path: &String| !there.contains(path) || changed.contains(path) || earlier.unfit.contains(path);
        let lost: Vec<String> = earlier.since.iter().map(|file| file.path.clone()).filter(is_lost).collect();
        if !lost.is_empty() {
            changes.push(Reason::NotRestored { version, paths: lost });
            return None;
        }
    }
    let reasons = vec![Reason::RolledBack { version }];
    Some(Work { restore: Some(earlier.clone()), ..Work::of(BTreeMap::new(), reasons, false) })
}
