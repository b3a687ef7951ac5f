//! Service levels: each word of the standard has a better direction.

use super::change::{Effect, Verdict};
use super::differ::{Differ, join};
use super::pair::{Pair, by, field, matched, text, word};
use crate::compile::duration_seconds;
use crate::syntax::Node;

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

const JUDGED: &[&str] = &["id", "property", "value", "valueExt", "unit", "element", "customProperties"];

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

/// How much is promised.
enum Quantity {
    Seconds(f64),
    Share(f64),
    Number(f64, String),
    Day(String),
}

impl Quantity {
    fn order(&self, other: &Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Self::Seconds(old), Self::Seconds(new)) | (Self::Share(old), Self::Share(new)) => old.partial_cmp(new),
            (Self::Number(old, unit), Self::Number(new, new_unit)) if unit == new_unit => old.partial_cmp(new),
            (Self::Day(old), Self::Day(new)) => Some(old.cmp(new)),
            _ => None,
        }
    }
}

fn quantity(level: Option<&Node>, better: Better) -> Option<Quantity> {
    let value = word(field(level, "value"))?;
    let unit = word(field(level, "unit")).map(|unit| unit.trim().to_lowercase());
    if matches!(better, Better::Earlier | Better::Later) {
        let day: String = value.trim().chars().take(10).collect();
        let is_day = day.len() == 10 && chrono::NaiveDate::parse_from_str(&day, "%Y-%m-%d").is_ok();
        return is_day.then(|| Quantity::Day(value.trim().to_owned()));
    }
    if let Some(share) = value.trim().strip_suffix('%') {
        return share.trim().parse().ok().map(Quantity::Share);
    }
    let number = value.trim().parse::<f64>().ok();
    if let (Some(number), Some("percent" | "%" | "percentage" | "pct")) = (number, unit.as_deref()) {
        return Some(Quantity::Share(number));
    }
    // Durations elsewhere are counted in whole seconds.
    if let Some(milliseconds) = milliseconds(&value, unit.as_deref()) {
        return Some(Quantity::Seconds(milliseconds / 1000.0));
    }
    if let Some(seconds) = duration_seconds(&value, unit.as_deref()) {
        return Some(Quantity::Seconds(seconds as f64));
    }
    number.map(|number| Quantity::Number(number, unit.unwrap_or_default()))
}

fn milliseconds(value: &str, unit: Option<&str>) -> Option<f64> {
    let is_unit = |unit: &str| matches!(unit, "ms" | "msec" | "millisecond" | "milliseconds");
    let value = value.trim();
    let split = value.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(value.len());
    let (number, own) = value.split_at(split);
    let own = own.trim().to_lowercase();
    (is_unit(&own) || (own.is_empty() && unit.is_some_and(is_unit))).then(|| number.parse().ok())?
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
