//! Time zones: whether a time has one, and which is meant when it does not say.

use crate::data_type::DataType;
use crate::diff::change::Effect;
use crate::diff::differ::{Differ, join};
use crate::diff::pair::Pair;
use crate::diff::types::Stored;

pub(super) fn zone(differ: &mut Differ, element: &str, pair: Pair<'_>, stored: Option<&Stored>) {
    let (flag, default) = (pair.field("timezone"), pair.field("defaultTimezone"));
    if flag.is_same() && default.is_same() {
        return;
    }
    let (old, new) = zoned(pair, stored);
    let moved = "an instant and a wall-clock time are read in different ways";
    if !flag.is_same() {
        let (effect, reason) = match old == new {
            false => (Effect::Both, moved),
            true => (Effect::Safe, "it is what it was without saying"),
        };
        differ.add(join(element, "timezone"), flag, "time-zone-changed", effect, reason);
    }
    if default.is_same() {
        return;
    }
    let (then, now) = default.texts();
    let (effect, reason) = match (old, new) {
        (false, false) => (Effect::Safe, "the time has no zone"),
        // A zone that is named makes a time an instant, where `timezone` does not say otherwise.
        _ if old != new => (Effect::Both, moved),
        _ if is_same_zone(then, now) => (Effect::Safe, "the same zone by another name"),
        _ => (Effect::Both, "the same text stands for another instant"),
    };
    differ.add(join(element, "defaultTimezone"), default, "time-zone-changed", effect, reason);
}

/// Whether the two sides are instants. Times of a day are not stored with a zone, so there the words decide.
fn zoned(pair: Pair<'_>, stored: Option<&Stored>) -> (bool, bool) {
    let of = |data_type: &DataType| match data_type {
        DataType::Timestamp { zoned } => Some(*zoned),
        _ => None,
    };
    let words = pair.field("timezone").flags();
    match stored.and_then(|stored| Some((of(&stored.old)?, of(&stored.new)?))) {
        Some(stored) => stored,
        None => words,
    }
}

/// UTC has many names, and is meant where none is said.
pub(in crate::diff) fn is_same_zone(old: Option<&str>, new: Option<&str>) -> bool {
    let name = |zone: Option<&str>| match zone.map(str::trim) {
        None | Some("UTC" | "Z" | "Etc/UTC" | "Etc/Zulu" | "Zulu" | "+00:00" | "Etc/UCT" | "GMT" | "Etc/GMT") => {
            "Etc/UTC".to_owned()
        }
        Some(other) => other.to_owned(),
    };
    name(old) == name(new)
}
