//! The columns of the table: there or not, and of which type.

use super::{Cause, Difference, Sides};
use crate::dataset::Column;
use crate::diff::change::{Effect, Verdict};
use crate::diff::options::is_same_zone;
use crate::diff::types::stored_as;

pub(super) fn compare(sides: &Sides<'_>, found: &mut Vec<Difference>) {
    for old in &sides.old.columns {
        match sides.new.column(sides.renamed(&old.name)) {
            Some(new) => column(old, new, found),
            None => found.push(difference(
                sides.renamed(&old.name),
                ("column-gone", ""),
                (Some(old.data_type.to_string()), None),
                Effect::Loosens,
                "it is no column of the table any more: queries that name it fail",
            )),
        }
    }
    for new in &sides.new.columns {
        if sides.old.columns.iter().all(|old| sides.renamed(&old.name) != new.name) {
            let (effect, reason) = match new.required {
                true => (Effect::Tightens, "data that was written before lacks it, and it must be given"),
                false => (Effect::Adds, "it is a column of the table now"),
            };
            let shown = (None, Some(new.data_type.to_string()));
            found.push(difference(&new.name, ("column-new", ""), shown, effect, reason));
        }
    }
}

fn column(old: &Column, new: &Column, found: &mut Vec<Difference>) {
    let relation = stored_as(&old.data_type, &new.data_type);
    if relation.effect != Effect::Safe {
        let shown = (Some(old.data_type.to_string()), Some(new.data_type.to_string()));
        found.push(difference(&new.name, (relation.kind, "type"), shown, relation.effect, relation.reason));
    }
    let is_zone_kept = match (&old.time_zone, &new.time_zone) {
        (Some(old), Some(new)) => is_same_zone(Some(old), Some(new)),
        // Told of the type.
        _ => true,
    };
    if !is_zone_kept {
        let shown = (old.time_zone.clone(), new.time_zone.clone());
        let reason = "the same text stands for another instant";
        found.push(difference(&new.name, ("time-zone-changed", "timeZone"), shown, Effect::Both, reason));
    }
    if old.format != new.format {
        let shown = (old.format.clone(), new.format.clone());
        let effect = Effect::Felt(Verdict::Safe, Verdict::Breaking);
        let reason = "texts of one form are not read as those of the other";
        found.push(difference(&new.name, ("format-changed", "format"), shown, effect, reason));
    }
}

fn difference(
    column: &str,
    (kind, what): (&'static str, &str),
    (old, new): (Option<String>, Option<String>),
    effect: Effect,
    reason: &str,
) -> Difference {
    Difference {
        kind,
        column: Some(column.to_owned()),
        what: what.to_owned(),
        old: old.map(Into::into),
        new: new.map(Into::into),
        effect,
        reason: reason.to_owned(),
        cause: Cause::Element,
    }
}
