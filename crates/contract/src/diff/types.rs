//! The lattice of types: which is the same by another name, which is wider, which is another.

mod dialect;
mod lattice;
mod physical;

use super::change::{Effect, Verdict};
use super::differ::{Differ, join};
use super::pair::{Pair, text};
use crate::data_type::DataType;
use crate::model::{Property, Record};
use crate::syntax::Node;

pub(super) use dialect::Dialect;
use lattice::named;
pub(super) use lattice::{Relation, stored_as};
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

    pub fn is_numeric(self) -> bool {
        matches!(self, Self::Integer | Self::Number)
    }
}

/// The type of a property as the engine stores it, in both versions.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub old: DataType,
    pub new: DataType,
}

impl Stored {
    /// `None` where one side cannot be read.
    pub fn of(pair: Pair<'_>) -> Option<Self> {
        let data_type = |node: Option<&Node>| Property::read(node?).map(|it| crate::compile::data_type(&it).data_type);
        Some(Self { old: data_type(pair.old)?, new: data_type(pair.new)? })
    }

    pub fn relation(&self) -> Relation {
        stored_as(&self.old, &self.new)
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
    text(node, "physicalType").map(|text| physical::parse(text, Dialect::Usual))
}

/// Whether two properties hold the same type, however it is written.
pub(super) fn is_same_type(old: &Node, new: &Node) -> bool {
    logical(Some(old)) == logical(Some(new)) && physical_of(old) == physical_of(new)
}

/// Judges the type of a property, and says whether its options can still be compared.
pub(super) fn types(differ: &mut Differ, element: &str, pair: Pair<'_>, stored: Option<&Stored>) -> bool {
    let declared = pair.field("logicalType");
    let physical = pair.field("physicalType");
    let relation = stored.map_or(lattice::SAME, Stored::relation);
    let comparable = logical_types(differ, element, pair, relation);
    physical_types(differ, element, physical, if declared.is_same() { relation } else { lattice::SAME });
    comparable
}

fn logical_types(differ: &mut Differ, element: &str, pair: Pair<'_>, stored: Relation) -> bool {
    let (old, new) = (logical(pair.old), logical(pair.new));
    let declared = pair.field("logicalType");
    let element = join(element, "logicalType");
    let is_stored_alike = stored.effect == Effect::Safe;
    match (old, new) {
        (Some(old), Some(new)) if old == new => {
            if !declared.is_same() {
                let relation = if is_stored_alike { Relation::spelled("the same type in other words") } else { stored };
                differ.add(element, declared, relation.kind, relation.effect, relation.reason);
            }
            true
        }
        (Some(old), Some(new)) => {
            let relation = if is_stored_alike { between(old, new) } else { stored };
            let physical = pair.field("physicalType");
            if !declared.is_same() || physical.is_same() {
                let shown = if declared.is_same() { physical } else { declared };
                differ.add(element, shown, relation.kind, relation.effect, relation.reason);
            }
            old.is_numeric() && new.is_numeric()
        }
        (None, Some(_)) if !declared.is_same() => {
            let reason = "the type was not fixed: data that was written before may hold something else";
            let effect = if is_stored_alike { Effect::Tightens } else { stored.effect };
            differ.add(element, declared, "type-declared", effect, reason);
            true
        }
        (Some(_), None) if !declared.is_same() => {
            let effect = if is_stored_alike { Effect::Loosens } else { stored.effect };
            differ.add(element, declared, "type-undeclared", effect, "the type is no longer promised");
            true
        }
        _ => {
            if !declared.is_same() {
                let reason = "types that are not the standard's cannot be compared";
                differ.add(element, declared, "type-changed", Effect::Both, reason);
            }
            true
        }
    }
}

/// Of types that the engine stores alike.
fn between(old: Logical, new: Logical) -> Relation {
    let relation = |kind, effect, reason| Relation { kind, effect, reason };
    match (old, new) {
        (Logical::Integer, Logical::Number) => {
            let reason = "whole numbers are still fine to write, but readers meet fractions";
            relation("type-loosened", Effect::Loosens, reason)
        }
        (Logical::Number, Logical::Integer) => {
            let reason = "fractions that were written before do not fit any more";
            relation("type-tightened", Effect::Tightens, reason)
        }
        _ => relation("type-changed", Effect::Both, "values of one type are not values of the other"),
    }
}

fn physical_types(differ: &mut Differ, element: &str, pair: Pair<'_>, stored: Relation) {
    if pair.is_same() {
        return;
    }
    let element = join(element, "physicalType");
    let relation = |kind, effect, reason| Relation { kind, effect, reason };
    let found = match pair.texts() {
        (Some(old), Some(new)) => named(&differ.dialects, old, new),
        (None, Some(_)) if stored.effect != Effect::Safe => Relation { kind: "type-declared", ..stored },
        (Some(_), None) if stored.effect != Effect::Safe => Relation { kind: "type-undeclared", ..stored },
        (None, Some(_)) => {
            let reason = "the type in the source was not fixed: writers should see that they write it";
            relation("type-declared", Effect::Felt(Verdict::Safe, Verdict::Warning), reason)
        }
        (Some(_), None) => {
            let reason = "the type in the source is no longer promised: readers should see what they get";
            relation("type-undeclared", Effect::Felt(Verdict::Warning, Verdict::Safe), reason)
        }
        (None, None) => relation("type-changed", Effect::Unclear, "one of the types is not a text"),
    };
    differ.add(element, pair, found.kind, found.effect, found.reason);
}
