//! Bounds, lengths, patterns, formats, zones and allowed values.

mod allowed;
mod bounds;
mod vector;
mod zone;

use super::change::{Effect, Verdict};
use super::differ::{Differ, join};
use super::language::{Inclusion, includes};
use super::pair::{Pair, word};
use super::types::Logical;
use crate::syntax::Node;

pub(super) use allowed::{allowed, canonical, enumerated, listed, said};

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

/// Judges the options of a logical type that both versions have.
pub(super) fn options(differ: &mut Differ, element: &str, pair: Pair<'_>, logical: Option<Logical>) {
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
    format(differ, element, pair.field("format"), logical);
    zone::zone(differ, element, pair);
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
    let divides = |small: f64, large: f64| {
        let times = large / small;
        times.is_finite() && (times - times.round()).abs() < 1e-9 * times.abs().max(1.0)
    };
    let (effect, reason) = match (of(pair.old), of(pair.new)) {
        (None, Some(_)) => (Effect::Tightens, why(Effect::Tightens)),
        (Some(_), None) => (Effect::Loosens, "values are finer than readers had to expect"),
        (Some(old), Some(new)) if divides(old, new) => {
            let effect = Effect::Felt(Verdict::Warning, Verdict::Breaking);
            (effect, "values are coarser: those that were written before may not fit, readers lose detail")
        }
        (Some(old), Some(new)) if divides(new, old) => (Effect::Loosens, "values are finer than readers had to expect"),
        _ => (Effect::Both, why(Effect::Both)),
    };
    let kind = if matches!(effect, Effect::Felt(..)) { "constraint-tightened" } else { kind(effect) };
    differ.add(join(element, "multipleOf"), pair, kind, effect, reason);
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

fn format(differ: &mut Differ, element: &str, pair: Pair<'_>, logical: Option<Logical>) {
    let of = |node: Option<&Node>| node.and_then(Node::as_str).map(str::to_owned);
    let default = match logical {
        Some(Logical::Integer) => Some("i32"),
        _ => None,
    };
    let (old, new) = (of(pair.old), of(pair.new));
    if old == new {
        return;
    }
    let (effect, reason) = match (old.as_deref().or(default), new.as_deref().or(default)) {
        (Some(old), Some(new)) if old == new => (Effect::Safe, "the default of the standard, spelled out or left out"),
        (Some(old), Some(new)) => match (width(old), width(new)) {
            (Some(old), Some(new)) => widths(old, new),
            _ => (Effect::Both, "texts of one form are not of the other"),
        },
        (None, Some(_)) => (Effect::Tightens, why(Effect::Tightens)),
        (Some(_), None) => (Effect::Loosens, why(Effect::Loosens)),
        (None, None) => return,
    };
    let kind = match effect {
        Effect::Widens => "type-widened",
        Effect::Safe => "constraint-spelled",
        _ => "format-changed",
    };
    differ.add(join(element, "format"), pair, kind, effect, reason);
}

/// `i32` is ('i', 32).
fn width(format: &str) -> Option<(char, u32)> {
    let kind = format.chars().next().filter(|kind| "iuf".contains(*kind))?;
    Some((kind, format.get(1..)?.parse().ok()?))
}

fn widths(old: (char, u32), new: (char, u32)) -> (Effect, &'static str) {
    let wider = |(from, bits): (char, u32), (to, room): (char, u32)| {
        if from == to { bits <= room } else { from == 'u' && to == 'i' && bits < room }
    };
    if wider(old, new) {
        return (Effect::Widens, "every old value fits; readers must have room for the wider ones");
    }
    if wider(new, old) {
        return (Effect::Tightens, "values that were written before may not fit any more");
    }
    (Effect::Both, "values of one type are not values of the other")
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
