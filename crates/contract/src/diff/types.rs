//! The lattice of types: which is the same by another name, which is wider, which is another.

mod physical;

use super::change::{Effect, Verdict};
use super::differ::{Differ, join};
use super::pair::{Pair, text};
use crate::syntax::Node;

use physical::Physical;

/// A logical type of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logical {
    String,
    Integer,
    Number,
    Boolean,
    Date,
    Time,
    Timestamp,
    Object,
    Array,
    Map,
    Vector,
}

impl Logical {
    fn parse(text: &str) -> Option<Self> {
        Some(match text.trim().to_ascii_lowercase().as_str() {
            "string" | "text" => Self::String,
            "integer" | "int" => Self::Integer,
            "number" => Self::Number,
            "boolean" | "bool" => Self::Boolean,
            "date" => Self::Date,
            "time" => Self::Time,
            "timestamp" => Self::Timestamp,
            "object" => Self::Object,
            "array" => Self::Array,
            "map" => Self::Map,
            "vector" => Self::Vector,
            _ => return None,
        })
    }
}

/// The logical type of a property: as declared, otherwise as its physical type or its parts say.
pub(super) fn logical(node: Option<&Node>) -> Option<Logical> {
    let node = node?;
    let physical = physical_of(node);
    let from_physical = physical.as_ref().and_then(Physical::logical);
    match text(node, "logicalType").and_then(Logical::parse) {
        // v3.0 of the standard had no other word for a point in time than `date`.
        Some(Logical::Date) => match from_physical {
            Some(precise @ (Logical::Timestamp | Logical::Time)) => Some(precise),
            _ => Some(Logical::Date),
        },
        Some(logical) => Some(logical),
        None if node.get("properties").is_some() => Some(Logical::Object),
        None if node.get("items").is_some() => Some(Logical::Array),
        None if node.get("map").is_some() => Some(Logical::Map),
        None => from_physical,
    }
}

fn physical_of(node: &Node) -> Option<Physical> {
    text(node, "physicalType").map(physical::parse)
}

/// Whether two properties hold the same type, however it is written.
pub(super) fn is_same_type(old: &Node, new: &Node) -> bool {
    logical(Some(old)) == logical(Some(new)) && physical_of(old) == physical_of(new)
}

/// Judges the type of a property, and says whether its options can still be compared.
pub(super) fn types(differ: &mut Differ, element: &str, pair: Pair<'_>) -> bool {
    let (old, new) = (logical(pair.old), logical(pair.new));
    let declared = pair.field("logicalType");
    let logical_element = join(element, "logicalType");
    let physical = pair.field("physicalType");
    let shown = if declared.is_same() { physical } else { declared };
    let comparable = match (old, new) {
        (Some(old), Some(new)) if old == new => {
            if !declared.is_same() {
                let reason = "the same type in other words";
                differ.add(logical_element, declared, "type-spelled", Effect::Safe, reason);
            }
            true
        }
        (Some(old), Some(new)) => {
            let (effect, kind, reason) = between(old, new);
            if !declared.is_same() || physical.is_same() {
                differ.add(logical_element, shown, kind, effect, reason);
            }
            matches!(effect, Effect::Loosens | Effect::Tightens)
        }
        (None, Some(_)) if !declared.is_same() => {
            let reason = "the type was not fixed: data that was written before may hold something else";
            differ.add(logical_element, declared, "type-declared", Effect::Tightens, reason);
            true
        }
        (Some(_), None) if !declared.is_same() => {
            let reason = "the type is no longer promised";
            differ.add(logical_element, declared, "type-undeclared", Effect::Loosens, reason);
            true
        }
        _ => {
            if !declared.is_same() {
                let reason = "types that are not the standard's cannot be compared";
                differ.add(logical_element, declared, "type-changed", Effect::Both, reason);
            }
            true
        }
    };
    physical_types(differ, element, physical);
    comparable
}

fn between(old: Logical, new: Logical) -> (Effect, &'static str, &'static str) {
    match (old, new) {
        (Logical::Integer, Logical::Number) => {
            (Effect::Loosens, "type-loosened", "whole numbers are still fine to write, but readers meet fractions")
        }
        (Logical::Number, Logical::Integer) => {
            (Effect::Tightens, "type-tightened", "fractions that were written before do not fit any more")
        }
        _ => (Effect::Both, "type-changed", "values of one type are not values of the other"),
    }
}

fn physical_types(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    if pair.is_same() {
        return;
    }
    let element = join(element, "physicalType");
    let (kind, effect, reason) = match pair.texts() {
        (Some(old), Some(new)) => related(&physical::parse(old), &physical::parse(new)),
        (None, Some(_)) => {
            let reason = "the type in the source was not fixed: writers should see that they write it";
            ("type-declared", Effect::Felt(Verdict::Safe, Verdict::Warning), reason)
        }
        (Some(_), None) => {
            let reason = "the type in the source is no longer promised: readers should see what they get";
            ("type-undeclared", Effect::Felt(Verdict::Warning, Verdict::Safe), reason)
        }
        (None, None) => ("type-changed", Effect::Unclear, "one of the types is not a text"),
    };
    differ.add(element, pair, kind, effect, reason);
}

fn related(old: &Physical, new: &Physical) -> (&'static str, Effect, &'static str) {
    if old == new {
        return ("type-spelled", Effect::Safe, "the same type by another spelling");
    }
    if new.widens(old) {
        let reason = "every old value fits; readers must have room for the wider ones";
        return ("type-widened", Effect::Widens, reason);
    }
    if old.widens(new) {
        return ("type-narrowed", Effect::Tightens, "values that were written before may not fit any more");
    }
    if new.holds(old) {
        let reason = "every old value can be held, but readers meet another kind of type";
        return ("type-loosened", Effect::Loosens, reason);
    }
    if old.holds(new) {
        let reason = "values that were written before may not fit the new kind of type";
        return ("type-tightened", Effect::Both, reason);
    }
    ("type-changed", Effect::Both, "values of one type are not values of the other")
}
