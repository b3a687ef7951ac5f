//! Time zones: whether a time has one, and which is meant when it does not say.

use crate::diff::change::Effect;
use crate::diff::differ::{Differ, join};
use crate::diff::pair::Pair;
use crate::syntax::Node;

pub(super) fn zone(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    let flag = pair.field("timezone");
    let (effect, reason) = match flag.flags() {
        (old, new) if old != new => (Effect::Both, "an instant and a wall-clock time are read in different ways"),
        _ if !flag.is_same() => (Effect::Safe, "false is what it was without saying"),
        _ => (Effect::Safe, ""),
    };
    if !flag.is_same() {
        differ.add(join(element, "timezone"), flag, "time-zone-changed", effect, reason);
    }
    let default = pair.field("defaultTimezone");
    if default.is_same() {
        return;
    }
    let name = |node: Option<&Node>| match node.and_then(Node::as_str).map(str::trim) {
        None | Some("UTC" | "Z" | "Etc/UTC" | "Etc/Zulu" | "Zulu" | "+00:00" | "Etc/UCT" | "GMT" | "Etc/GMT") => {
            "Etc/UTC".to_owned()
        }
        Some(other) => other.to_owned(),
    };
    let (effect, reason) = match name(default.old) == name(default.new) {
        true => (Effect::Safe, "the same zone by another name"),
        false => (Effect::Both, "the same text stands for another instant"),
    };
    differ.add(join(element, "defaultTimezone"), default, "time-zone-changed", effect, reason);
}
