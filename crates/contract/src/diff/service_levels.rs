//! Service levels: each word of the standard has a better direction.

mod quantity;

use super::change::{Effect, Verdict};
use super::differ::{Differ, join};
use super::pair::{Pair, by, field, matched, text, word};
use crate::syntax::Node;

use quantity::quantity;

/// Which way a promise is better for those who read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Better {
    Smaller,
    Larger,
    Earlier,
    Later,
    /// The word is not the standard's.
    Unknown,
}

const JUDGED: &[&str] =
    &["id", "property", "value", "valueExt", "unit", "element", "customProperties", "scheduler", "schedule"];

/// Judges all service levels of a contract.
pub(super) fn service_levels(differ: &mut Differ, contract: Pair<'_>) {
    let (old, new) = contract.field("slaProperties").items();
    let full = |item: &Node| Some(format!("{} {}", canonical(item), text(item, "element").unwrap_or_default()));
    let short = |item: &Node| Some(canonical(item));
    for (index, pair) in matched(old, new, &[&by("id"), &full, &short]).into_iter().enumerate() {
        let named = pair.new.or(pair.old).and_then(|node| text(node, "id").or_else(|| text(node, "property")));
        let element = format!("slaProperties.{}", named.map_or_else(|| format!("[{index}]"), str::to_owned));
        match (pair.old, pair.new) {
            (Some(_), None) => {
                differ.add(element, pair, "service-level-removed", Effect::Loosens, "it is no longer promised");
            }
            (None, Some(_)) => {
                let reason = "it was not promised before: those who write must keep it";
                differ.add(element, pair, "service-level-added", Effect::Tightens, reason);
            }
            _ => level(differ, &element, pair),
        }
    }
    let default = contract.field("slaDefaultElement");
    if !default.is_same() {
        let is_used = |items: &[Node]| items.iter().any(|item| field(Some(item), "element").is_none());
        let effect = if is_used(old) || is_used(new) { Effect::Both } else { Effect::Safe };
        let reason = "service levels that name no element are about this one";
        differ.add("slaDefaultElement", default, "service-level-changed", effect, reason);
    }
}

fn level(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    let property = pair.field("property");
    let same_word = pair.old.map(canonical) == pair.new.map(canonical);
    if !same_word {
        let reason = "it promises something else";
        differ.add(join(element, "property"), property, "service-level-changed", Effect::Both, reason);
    } else {
        value(differ, element, pair);
    }
    let about = pair.field("element");
    if !about.is_same() {
        let (effect, reason) = match (about.old, about.new) {
            (Some(_), Some(_)) => (Effect::Both, "it is promised about another element"),
            (None, Some(_)) => {
                (Effect::Felt(Verdict::Warning, Verdict::Warning), "it is promised about this element alone now")
            }
            _ => (Effect::Felt(Verdict::Warning, Verdict::Warning), "what it is promised about is no longer said"),
        };
        differ.add(join(element, "element"), about, "service-level-changed", effect, reason);
    }
    super::terms::settings(differ, element, pair.field("customProperties"));
    for key in ["scheduler", "schedule"] {
        let inner = pair.field(key);
        if !inner.is_same() {
            let effect = Effect::Felt(Verdict::Warning, Verdict::Safe);
            let reason = "it is looked at, at other times: what misses it may be found later";
            differ.add(join(element, key), inner, "schedule-changed", effect, reason);
        }
    }
    differ.rest(element, pair, JUDGED);
}

fn value(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    let (value, unit, other) = (pair.field("value"), pair.field("unit"), pair.field("valueExt"));
    if value.is_same() && unit.is_same() && other.is_same() {
        return;
    }
    let better = pair.new.map_or(Better::Unknown, |node| better(&canonical(node)));
    let compared = quantity(pair.old, better).zip(quantity(pair.new, better)).and_then(|(old, new)| old.order(&new));
    let (effect, reason) = match (compared, better) {
        (Some(std::cmp::Ordering::Equal), _) if other.is_same() => (Effect::Safe, "the same promise in other words"),
        (None | Some(std::cmp::Ordering::Equal), _) | (_, Better::Unknown) => {
            (Effect::Unclear, "which of the two is better cannot be told")
        }
        (Some(order), better) => {
            let grew = order == std::cmp::Ordering::Less;
            match grew == matches!(better, Better::Larger | Better::Later) {
                true => (Effect::Tightens, "more is promised: those who write must keep it"),
                false => (Effect::Loosens, "less is promised than before"),
            }
        }
    };
    let kind = match effect {
        Effect::Safe => "service-level-spelled",
        Effect::Tightens => "service-level-tightened",
        Effect::Loosens => "service-level-loosened",
        _ => "service-level-changed",
    };
    let shown = |node: Option<&Node>| {
        let value = word(field(node, "value"))?;
        let unit = word(field(node, "unit")).map(|unit| format!(" {unit}")).unwrap_or_default();
        Some(serde_json::Value::String(format!("{value}{unit}")))
    };
    let (key, at) = if value.is_same() && !unit.is_same() { ("unit", unit) } else { ("value", value) };
    let change = differ.add(join(element, key), at, kind, effect, reason);
    change.old = shown(pair.old);
    change.new = shown(pair.new);
}

/// The standard's long word for a short one, without case and separators.
fn canonical(level: &Node) -> String {
    let word = text(level, "property").unwrap_or_default();
    let plain: String = word.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let long = match plain.as_str() {
        "av" => "availability",
        "th" => "throughput",
        "er" => "errorrate",
        "ga" => "generalavailability",
        "es" => "endofsupport",
        "el" => "endoflife",
        "re" => "retention",
        "fy" => "frequency",
        // The standard prefers latency to the word that people write.
        "ly" | "freshness" => "latency",
        "td" => "timetodetect",
        "tn" => "timetonotify",
        "tr" => "timetorepair",
        _ => return plain,
    };
    long.to_owned()
}

/// `word` as `canonical` gives it.
fn better(word: &str) -> Better {
    match word {
        "latency"
        | "errorrate"
        | "timetodetect"
        | "timetonotify"
        | "timetorepair"
        | "frequency"
        | "responsetime"
        | "delay"
        | "interval"
        | "supportresponsetime"
        | "recoverytime"
        | "recoverypoint" => Better::Smaller,
        "availability" | "throughput" | "retention" | "uptime" | "completeness" | "accuracy" => Better::Larger,
        "generalavailability" => Better::Earlier,
        "endofsupport" | "endoflife" => Better::Later,
        _ => Better::Unknown,
    }
}
