//! What those who read a table lose when it is built anew in another shape.

use super::types::{self, Relation};
use super::{Step, gone, nested, origin};
use crate::terms::{Term, Terms};

/// The steps that would break readers were it a migration: columns that are gone or have another name, types that are not wider,
/// protections.
pub fn losses(old: &Terms, new: &Terms) -> Vec<Step> {
    let mut steps = Vec::new();
    for column in &new.columns {
        let Some(stored) = origin(old, new, column) else { continue };
        if stored.name != column.name {
            steps.push(Step::Rename { from: stored.name.clone(), to: column.name.clone(), mapped: false });
        }
        steps.extend(retyped(stored, column));
        let word = |term: &Term| term.protection.as_ref().map(|protection| protection.method.word().to_owned());
        let (from, to) = (word(stored), word(column));
        if from != to {
            steps.push(Step::Protect { column: column.name.clone(), from, to });
        }
    }
    steps.extend(gone(old, new).map(|stored| Step::Drop { column: stored.name.clone(), because: None, mapped: false }));
    steps.retain(|step| step.breaks().is_some());
    steps
}

fn retyped(stored: &Term, column: &Term) -> Option<Step> {
    let (from, to) = (&stored.data_type, &column.data_type);
    if from == to || types::relation(from, to) == Relation::Wider {
        return None;
    }
    match nested::replaced(&column.name, from, to) {
        Some(nested::Fields { added, dropped, widened, moved }) => {
            Some(Step::Inside { column: column.name.clone(), added, dropped, widened, moved })
        }
        None => Some(Step::Convert { column: column.name.clone(), from: from.to_string(), to: to.to_string() }),
    }
}
