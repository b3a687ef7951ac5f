//! How one type stands to another: the same, wider, narrower, or another kind.

use super::dialect::Dialect;
use super::physical::{Physical, parse, text_fits};
use crate::data_type::DataType;
use crate::diff::change::{Effect, Verdict};

/// How a type moved, in a word, for both sides, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::diff) struct Relation {
    pub kind: &'static str,
    pub effect: Effect,
    pub reason: &'static str,
}

pub(super) const SAME: Relation = Relation::spelled("the same type by another spelling");

impl Relation {
    pub const fn spelled(reason: &'static str) -> Self {
        Self { kind: "type-spelled", effect: Effect::Safe, reason }
    }

    const fn new(kind: &'static str, effect: Effect, reason: &'static str) -> Self {
        Self { kind, effect, reason }
    }

    /// Of two parts of one type.
    fn and(self, other: Self) -> Self {
        let worst = |relation: Self| relation.effect.consumer().max(relation.effect.producer());
        let lead = if worst(other) > worst(self) || self.effect == Effect::Safe { other } else { self };
        let effect = self.effect.and(other.effect);
        let kind = if effect == lead.effect { lead.kind } else { "type-changed" };
        Self { kind, effect, reason: lead.reason }
    }
}

/// Of the types that the engine stores.
pub(in crate::diff) fn stored_as(old: &DataType, new: &DataType) -> Relation {
    match (old, new) {
        _ if old == new => SAME,
        (DataType::Integer { bits: 64, .. }, DataType::Float { bits: 64 }) => {
            let effect = Effect::Felt(Verdict::Breaking, Verdict::Warning);
            let reason = "readers meet fractions, and whole numbers of more than 15 digits are rounded";
            Relation::new("type-loosened", effect, reason)
        }
        _ => related(&Physical::of(old), &Physical::of(new)),
    }
}

/// Of names of types in the databases of a contract. Where it is not known which database reads the names, and one of them
/// reads them as different types, nobody can tell.
pub(super) fn named(dialects: &[Dialect], old: &str, new: &str) -> Relation {
    let read = |dialect: Dialect| related(&parse(old, dialect), &parse(new, dialect));
    let is_safe = |relation: Relation| relation.effect == Effect::Safe;
    match dialects {
        [] => {
            let usual = read(Dialect::Usual);
            if is_safe(usual) && !Dialect::ALL.into_iter().all(|dialect| is_safe(read(dialect))) {
                let reason = "these names mean one type in some databases and two in others: \
                              a server with its `type` would tell which";
                return Relation::new("type-changed", Effect::Unclear, reason);
            }
            usual
        }
        [first, more @ ..] => more.iter().fold(read(*first), |worst, dialect| {
            let other = read(*dialect);
            if worst.effect == other.effect {
                worst
            } else {
                worst.and(Relation { effect: felt(other.effect), ..other })
            }
        }),
    }
}

/// The verdicts alone, so that those of several databases add up.
fn felt(effect: Effect) -> Effect {
    Effect::Felt(effect.consumer(), effect.producer())
}

pub(super) fn related(old: &Physical, new: &Physical) -> Relation {
    match (old, new) {
        _ if old == new => SAME,
        (Physical::List(old), Physical::List(new)) => related(old, new),
        (Physical::Map(old_key, old), Physical::Map(new_key, new)) => related(old_key, new_key).and(related(old, new)),
        (Physical::Struct(old), Physical::Struct(new)) => fields(old, new),
        _ => scalars(old, new),
    }
}

/// Fields are known by their names; their order means nothing.
fn fields(old: &[(String, Physical)], new: &[(String, Physical)]) -> Relation {
    let find = |fields: &[(String, Physical)], name: &str| {
        fields.iter().find(|(other, _)| other == name).map(|(_, of)| of.clone())
    };
    let mut found = SAME;
    for (name, was) in old {
        found = found.and(match find(new, name) {
            Some(is) => related(was, &is),
            None => Relation::new("type-loosened", Effect::Loosens, "a field is gone: queries that name it fail"),
        });
    }
    if new.iter().any(|(name, _)| find(old, name).is_none()) {
        found = found.and(Relation::new("type-widened", Effect::Adds, "it has one more field"));
    }
    found
}

fn scalars(old: &Physical, new: &Physical) -> Relation {
    if let (Physical::Text { fixed: false, .. }, Physical::Text { fixed: true, .. }) = (old, new)
        && text_fits(old, new)
    {
        let reason = "shorter values are filled with blanks, which readers meet; blanks at the end of a value are lost";
        return Relation::new("type-changed", Effect::Felt(Verdict::Breaking, Verdict::Warning), reason);
    }
    if new.widens(old) {
        let reason = "every old value fits; readers must have room for the wider ones";
        return Relation::new("type-widened", Effect::Widens, reason);
    }
    if old.widens(new) && !pads(old, new) {
        let reason = "values that were written before may not fit any more";
        return Relation::new("type-narrowed", Effect::Tightens, reason);
    }
    if new.holds(old) {
        let reason = "every old value can be held, but readers meet another kind of type";
        return Relation::new("type-loosened", Effect::Loosens, reason);
    }
    if old.holds(new) {
        let reason = "values that were written before may not fit the new kind of type";
        return Relation::new("type-tightened", Effect::Both, reason);
    }
    Relation::new("type-changed", Effect::Both, "values of one type are not values of the other")
}

/// Whether values become padded that were not.
fn pads(old: &Physical, new: &Physical) -> bool {
    matches!((old, new), (Physical::Text { fixed: false, .. }, Physical::Text { fixed: true, .. }))
}
