//! Limits on counts and on values.

use super::enter;
use crate::diff::change::Effect;
use crate::diff::differ::Differ;
use crate::diff::pair::{Pair, field};
use crate::diff::range::{End, highs, lows};
use crate::syntax::Node;

/// A limit on a count, which cannot be negative.
pub(super) fn count(differ: &mut Differ, element: &str, pair: Pair<'_>, key: &str, is_lower: bool) {
    if pair.is_same() {
        return;
    }
    let of = |node: Option<&Node>| node.and_then(Node::as_f64);
    let (old, new) = match is_lower {
        true => (of(pair.old).unwrap_or(0.0), of(pair.new).unwrap_or(0.0)),
        false => (of(pair.old).unwrap_or(f64::INFINITY), of(pair.new).unwrap_or(f64::INFINITY)),
    };
    let effect = match (new == old, (new > old) == is_lower) {
        (true, _) => Effect::Safe,
        (_, true) => Effect::Tightens,
        (_, false) => Effect::Loosens,
    };
    enter(differ, element, key, pair, effect);
}

/// A bound on values: the stricter of the inclusive and the exclusive one.
pub(super) fn bound(differ: &mut Differ, element: &str, pair: Pair<'_>, is_lower: bool, is_integer: bool) {
    let (inclusive, exclusive) =
        if is_lower { ("minimum", "exclusiveMinimum") } else { ("maximum", "exclusiveMaximum") };
    let (plain, strict) = (pair.field(inclusive), pair.field(exclusive));
    if plain.is_same() && strict.is_same() {
        return;
    }
    let effect = numeric(pair, inclusive, exclusive, is_lower, is_integer)
        .or_else(|| temporal(plain, strict, is_lower))
        .unwrap_or(Effect::Unclear);
    let key = if plain.is_same() { exclusive } else { inclusive };
    let pair = match plain.is_same() {
        true => strict,
        false => Pair::new(plain.old.or(strict.old), plain.new.or(strict.new)),
    };
    enter(differ, element, key, pair, effect);
}

fn numeric(pair: Pair<'_>, inclusive: &str, exclusive: &str, is_lower: bool, is_integer: bool) -> Option<Effect> {
    let end = |node: Option<&Node>| end(node, inclusive, exclusive, is_lower, is_integer);
    let (old, new) = (end(pair.old)?, end(pair.new)?);
    let order = if is_lower { lows(old, new) } else { highs(new, old) };
    Some(match order {
        std::cmp::Ordering::Equal => Effect::Safe,
        std::cmp::Ordering::Less => Effect::Tightens,
        std::cmp::Ordering::Greater => Effect::Loosens,
    })
}

/// `None` when a bound is not a number; `Some(None)` when there is none.
fn end(node: Option<&Node>, inclusive: &str, exclusive: &str, is_lower: bool, is_integer: bool) -> Option<Option<End>> {
    let plain = field(node, inclusive).map(Node::as_f64);
    let strict = field(node, exclusive);
    let is_strict_flag = strict.and_then(Node::as_bool);
    let mut ends = Vec::new();
    if let Some(value) = plain {
        ends.push(End { value: value?, inclusive: is_strict_flag != Some(true) });
    }
    if let Some(strict) = strict.filter(|_| is_strict_flag.is_none()) {
        ends.push(End { value: strict.as_f64()?, inclusive: false });
    }
    for end in &mut ends {
        if is_integer {
            *end = whole(*end, is_lower);
        }
    }
    Some(ends.into_iter().reduce(|one, other| {
        let first = if is_lower { lows(Some(one), Some(other)).is_ge() } else { highs(Some(one), Some(other)).is_le() };
        if first { one } else { other }
    }))
}

/// Among whole numbers every bound can be said inclusively.
fn whole(end: End, is_lower: bool) -> End {
    let value = match (is_lower, end.inclusive) {
        (true, true) => end.value.ceil(),
        (true, false) => end.value.floor() + 1.0,
        (false, true) => end.value.floor(),
        (false, false) => end.value.ceil() - 1.0,
    };
    End { value, inclusive: true }
}

/// Dates and times of one form order as their texts do.
fn temporal(plain: Pair<'_>, strict: Pair<'_>, is_lower: bool) -> Option<Effect> {
    let pair = match (strict.old, strict.new, plain.old, plain.new) {
        (None, None, _, _) => plain,
        (_, _, None, None) => strict,
        _ => return None,
    };
    let is_temporal = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    match pair.texts() {
        (Some(old), Some(new)) => {
            let shape = |text: &str| text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect::<String>();
            if !is_temporal(old) || shape(old) != shape(new) {
                return None;
            }
            Some(if (new > old) == is_lower { Effect::Tightens } else { Effect::Loosens })
        }
        (None, Some(new)) if is_temporal(new) => Some(Effect::Tightens),
        (Some(old), None) if is_temporal(old) => Some(Effect::Loosens),
        _ => None,
    }
}
