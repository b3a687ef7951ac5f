//! Whether a migration is taken back: the definition is the one again that the table had before it.

use std::collections::{BTreeMap, BTreeSet};

use super::Reason;
use super::stage::Work;
use crate::decide::Ask;
use crate::migration::{Step, losses};
use crate::project::{DatasetSpec, Made};
use crate::state::{DatasetState, Earlier, Published};
use crate::table::Write;
use crate::terms::Terms;

/// `None` where there is nothing to go back to, or where rows would be lost that way; a reason more says so.
pub(super) fn find(spec: &DatasetSpec, known: &DatasetState, changes: &mut Vec<Reason>) -> Option<Work> {
    let earlier = known.earlier.as_ref().filter(|_| !changes.is_empty())?;
    let published = known.published.as_ref()?;
    let version = earlier.before.version;
    if earlier.replayed {
        changes.push(Reason::ReplayedSince { version });
        return None;
    }
    if must_go_on(spec, published, earlier) {
        return None;
    }
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

/// What was published since could only be made again after the table has gone back, and would be in neither until then.
fn must_go_on(spec: &DatasetSpec, published: &Published, earlier: &Earlier) -> bool {
    match &spec.made {
        Made::Model(_) => published.positions != earlier.before.positions,
        Made::Source(_) => spec.table.write == Write::Overwrite && !earlier.since.is_empty(),
    }
}

/// What is lost by going back. A name or a type that comes back loses nothing, as long as no rows have come since.
pub(super) fn asks(earlier: &Earlier, now: &Terms, then: &Terms) -> Vec<Ask> {
    let doing = format!("Back to version {}", earlier.before.version);
    let is_lost = |step: &Step| match step {
        Step::Drop { .. } | Step::Inside { .. } => true,
        Step::Convert { .. } => !earlier.since.is_empty(),
        step => step.opens(),
    };
    losses(now, then).iter().filter(|step| is_lost(step)).filter_map(|step| step.ask(&doing)).collect()
}
