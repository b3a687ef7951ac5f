//! Bounds, lengths, patterns, formats, zones and allowed values.

mod allowed;
mod bounds;
mod vector;
mod zone;

use super::change::{Effect, Verdict};
use super::differ::{Differ, join};
use super::language::{Inclusion, includes};
use super::pair::{Pair, word};
use super::types::{Logical, Stored};
use crate::syntax::Node;

pub(super) use allowed::{allowed, canonical, enumerated, listed, said};
pub(super) use zone::is_same_zone;

const JUDGED: &[&str] = &[
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "pattern",
    "format",
    "timezone",
    "defaultTimezone",
    "uniqueItems",
    "required",
    "dimensions",
    "elementType",
    "distanceMetric",
    "embeddingModel",
    "embeddingModelVersion",
    "normalized",
];

/// Judges the options of a logical type that both versions have. `stored` is the type that they and the rest of the property
/// come to.
pub(super) fn options(
    differ: &mut Differ,
    element: &str,
    pair: Pair<'_>,
    logical: Option<Logical>,
    stored: Option<&Stored>,
) {
    for (key, is_lower) in [
        ("minLength", true),
        ("maxLength", false),
        ("minItems", true),
        ("maxItems", false),
        ("minProperties", true),
        ("maxProperties", false),
    ] {
        bounds::count(differ, element, pair.field(key), key, is_lower);
    }
    for is_lower in [true, false] {
        bounds::bound(differ, element, pair, is_lower, logical == Some(Logical::Integer));
    }
    multiple(differ, element, pair.field("multipleOf"));
    pattern(differ, element, pair.field("pattern"));
    match stored.filter(|_| logical.is_some_and(Logical::is_numeric)) {
        Some(stored) => width(differ, element, pair.field("format"), stored),
        None => format(differ, element, pair.field("format")),
    }
    zone::zone(differ, element, pair, stored);
    flag(differ, element, pair.field("uniqueItems"), "uniqueItems");
    required(differ, element, pair.field("required"));
    vector::vector(differ, element, pair);
    differ.rest(element, pair, JUDGED);
}

fn kind(effect: Effect) -> &'static str {
    match effect {
        Effect::Loosens => "constraint-loosened",
        Effect::Tightens => "constraint-tightened",
        Effect::Safe => "constraint-spelled",
        _ => "constraint-changed",
    }
}

fn why(effect: Effect) -> &'static str {
    match effect {
        Effect::Loosens => "values are allowed that readers never had to expect",
        Effect::Tightens => "values that were written before may not be allowed any more",
        Effect::Safe => "the same values are allowed",
        Effect::Unclear => "whether the same values are allowed cannot be decided",
        _ => "some values are allowed that were not, and some are not that were",
    }
}

fn enter(differ: &mut Differ, element: &str, key: &str, pair: Pair<'_>, effect: Effect) {
    differ.add(join(element, key), pair, kind(effect), effect, why(effect));
}

fn multiple(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    if pair.is_same() {
        return;
    }
    let of = |node: Option<&Node>| word(node).and_then(|text| text.trim().parse::<f64>().ok());
    let (effect, reason) = match (of(pair.old), of(pair.new)) {
        (None, Some(_)) => (Effect::Tightens, why(Effect::Tightens)),
        (Some(_), None) => (Effect::Loosens, "values are finer than readers had to expect"),
        (Some(old), Some(new)) => multiples(old, new),
        (None, None) => (Effect::Both, why(Effect::Both)),
    };
    let kind = if matches!(effect, Effect::Felt(..)) { "constraint-tightened" } else { kind(effect) };
    differ.add(join(element, "multipleOf"), pair, kind, effect, reason);
}

/// How the multiples of a number moved.
pub(super) fn multiples(old: f64, new: f64) -> (Effect, &'static str) {
    let divides = |small: f64, large: f64| {
        let times = large / small;
        times.is_finite() && (times - times.round()).abs() < 1e-9 * times.abs().max(1.0)
    };
    match (divides(old, new), divides(new, old)) {
        (true, true) => (Effect::Safe, why(Effect::Safe)),
        (true, false) => {
            let effect = Effect::Felt(Verdict::Warning, Verdict::Breaking);
            (effect, "values are coarser: those that were written before may not fit, readers lose detail")
        }
        (false, true) => (Effect::Loosens, "values are finer than readers had to expect"),
        (false, false) => (Effect::Both, why(Effect::Both)),
    }
}

fn pattern(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    let element = join(element, "pattern");
    let (effect, example) = match pair.texts() {
        (Some(old), Some(new)) if old != new => languages(old, new),
        (None, Some(_)) => (Effect::Tightens, None),
        (Some(_), None) => (Effect::Loosens, None),
        _ => return,
    };
    let mut reason = why(effect).to_owned();
    if let Some(example) = example {
        reason.push_str(&format!(", for example {example:?}"));
    }
    differ.add(element, pair, kind(effect), effect, reason);
}

/// How the texts that a pattern occurs in changed, with one that shows it.
pub(super) fn languages(old: &str, new: &str) -> (Effect, Option<String>) {
    match (includes(new, old), includes(old, new)) {
        (Inclusion::Yes, Inclusion::Yes) => (Effect::Safe, None),
        (Inclusion::Yes, Inclusion::No(example)) => (Effect::Loosens, Some(example)),
        (Inclusion::No(example), Inclusion::Yes) => (Effect::Tightens, Some(example)),
        (Inclusion::No(example), Inclusion::No(_)) => (Effect::Both, Some(example)),
        _ => (Effect::Unclear, None),
    }
}

fn format(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    if pair.is_same() {
        return;
    }
    let (effect, reason) = match (pair.old, pair.new) {
        (None, Some(_)) => (Effect::Tightens, why(Effect::Tightens)),
        (Some(_), None) => (Effect::Loosens, why(Effect::Loosens)),
        _ => (Effect::Both, "texts of one form are not of the other"),
    };
    differ.add(join(element, "format"), pair, "format-changed", effect, reason);
}

/// The format of a number is the width in which it is stored; without one the rest of the property says it.
fn width(differ: &mut Differ, element: &str, pair: Pair<'_>, stored: &Stored) {
    if pair.is_same() {
        return;
    }
    let relation = stored.relation();
    let (kind, reason) = match relation.effect {
        Effect::Safe => ("constraint-spelled", "it is stored in the same width as before"),
        Effect::Widens => ("type-widened", relation.reason),
        _ => ("format-changed", relation.reason),
    };
    differ.add(join(element, "format"), pair, kind, relation.effect, reason);
}

fn flag(differ: &mut Differ, element: &str, pair: Pair<'_>, key: &str) {
    if pair.is_same() {
        return;
    }
    let effect = match pair.flags() {
        (false, true) => Effect::Tightens,
        (true, false) => Effect::Loosens,
        _ => Effect::Safe,
    };
    enter(differ, element, key, pair, effect);
}

/// The fields that an object must have.
fn required(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    let names = |node: Option<&Node>| -> Vec<String> {
        node.map(Node::items).unwrap_or_default().iter().filter_map(Node::as_str).map(str::to_owned).collect()
    };
    let (old, new) = (names(pair.old), names(pair.new));
    let more = new.iter().any(|name| !old.contains(name));
    let fewer = old.iter().any(|name| !new.contains(name));
    let effect = match (more, fewer) {
        (false, false) => return,
        (true, false) => Effect::Tightens,
        (false, true) => Effect::Loosens,
        (true, true) => Effect::Both,
    };
    enter(differ, element, "required", pair, effect);
}
