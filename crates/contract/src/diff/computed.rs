//! Columns that are expressions over the dataset, and how values come about.

use super::change::{Effect, Verdict};
use super::differ::{Differ, join};
use super::pair::Pair;
use super::statement::is_same_statement;
use crate::compile::is_computed;
use crate::model::{Property, Record};
use crate::syntax::Node;

/// Judges whether the table holds a column at all, and what is said about its making.
pub(super) fn computed(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    let is_absent = |node: Option<&Node>| node.and_then(Property::read).is_some_and(|it| is_computed(&it));
    let (semantic, logic) = (pair.field("semanticType"), pair.field("transformLogic"));
    let moved = match (is_absent(pair.old), is_absent(pair.new)) {
        (false, true) => Some((
            Effect::Loosens,
            "it is computed by those who read now, and no column of the table: queries that name it fail",
        )),
        (true, false) => Some((Effect::Adds, "it was computed by those who read, and is a column of the table now")),
        _ => None,
    };
    if !semantic.is_same() {
        let (kind, effect, reason) = match moved {
            Some((effect, reason)) => ("semantic-type-changed", effect, reason),
            None => ("description-changed", Effect::Safe, "it only describes; the table holds the column as before"),
        };
        differ.add(join(element, "semanticType"), semantic, kind, effect, reason);
    } else if let Some((effect, reason)) = moved {
        differ.add(join(element, "transformLogic"), logic, "semantic-type-changed", effect, reason);
    }
    transformation(differ, element, pair);
}

/// The contract cannot tell whether the values mean the same after it.
fn transformation(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    for key in ["transformLogic", "transformSourceObjects"] {
        let inner = pair.field(key);
        if inner.is_same() || key == "transformLogic" && is_same_statement(inner.texts()) {
            continue;
        }
        let felt = if inner.old.is_some() { Verdict::Warning } else { Verdict::Safe };
        let reason = "the values are computed in another way and may mean something else";
        differ.add(join(element, key), inner, "transformation-changed", Effect::Felt(felt, Verdict::Safe), reason);
    }
    let described = pair.field("transformDescription");
    if !described.is_same() {
        let reason = "it only describes; no data is read or written by it";
        differ.add(join(element, "transformDescription"), described, "description-changed", Effect::Safe, reason);
    }
}
