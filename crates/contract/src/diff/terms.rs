//! The terms of the contract: identity, status, limitations, settings; and what only describes.

use super::change::{Effect, Verdict};
use super::differ::{Differ, join};
use super::pair::{Pair, field, matched, text};
use super::{privacy, runs, version};
use crate::syntax::Node;

const JUDGED: &[&str] = &[
    "id",
    "version",
    "status",
    "description",
    "schema",
    "servers",
    "support",
    "price",
    "team",
    "roles",
    "slaProperties",
    "slaDefaultElement",
    "customProperties",
    "kind",
    "apiVersion",
    "tenant",
    "domain",
    "dataProduct",
];

/// Judges what stands at the head of a contract.
pub(super) fn terms(differ: &mut Differ, contract: Pair<'_>) {
    let id = contract.field("id");
    if !id.is_same() {
        let effect = Effect::Felt(Verdict::Warning, Verdict::Warning);
        differ.add("id", id, "contract-id-changed", effect, "by its id this is another contract");
    }
    version::judge(differ, contract.field("version"));
    status(differ, contract.field("status"));
    let limitations = contract.field("description").field("limitations");
    if !limitations.is_same() {
        let felt = if limitations.new.is_some() { Verdict::Warning } else { Verdict::Safe };
        let reason = "what the data must not be used for changed";
        let effect = Effect::Felt(felt, Verdict::Safe);
        differ.add("description.limitations", limitations, "limitations-changed", effect, reason);
    }
    settings(differ, "", contract.field("customProperties"));
}

/// Enters what only describes the contract.
pub(super) fn annotations(differ: &mut Differ, contract: Pair<'_>) {
    for key in ["apiVersion", "kind", "tenant", "domain", "dataProduct"] {
        let pair = contract.field(key);
        if !pair.is_same() {
            let reason = "it says where the contract belongs; no data is read or written by it";
            differ.add(key, pair, "description-changed", Effect::Safe, reason);
        }
    }
    let description = contract.field("description");
    match (description.old, description.new) {
        (Some(old), Some(new)) if old.is_map() && new.is_map() => {
            differ.rest("description", description, &["limitations"]);
        }
        (old, new) => {
            let pair = Pair::new(old, new);
            if !pair.is_same() {
                let reason = "it only describes; no data is read or written by it";
                differ.add("description", pair, "description-changed", Effect::Safe, reason);
            }
        }
    }
    differ.rest("", contract, JUDGED);
}

/// How far a contract has come; what is not one of the standard's words cannot be told.
fn rank(status: &str) -> Option<u8> {
    Some(match status.trim().to_ascii_lowercase().as_str() {
        "proposed" => 0,
        "draft" | "in development" | "development" => 1,
        "active" | "production" => 2,
        "deprecated" => 3,
        "retired" => 4,
        _ => return None,
    })
}

fn status(differ: &mut Differ, pair: Pair<'_>) {
    use Verdict::{Breaking, Safe, Warning};
    if pair.is_same() {
        return;
    }
    if super::schema::same_word(pair.texts()) && pair.old.is_some() {
        differ.add("status", pair, "status-spelled", Effect::Safe, "the same status by another spelling");
        return;
    }
    let (old, new) = pair.texts();
    let (effect, reason) = match (old.and_then(rank), new.and_then(rank)) {
        (_, Some(4)) => (Effect::Felt(Breaking, Breaking), "the data is retired: nobody may count on it"),
        (_, Some(3)) => (Effect::Felt(Warning, Safe), "those who read it should stop doing so"),
        (None, Some(_)) if old.is_none() => (Effect::Safe, "the status is said now"),
        (_, Some(2)) => (Effect::Safe, "the promise holds now"),
        (Some(2..), Some(_)) => (Effect::Felt(Breaking, Warning), "what was promised is only a draft now"),
        (Some(_), Some(_)) => (Effect::Safe, "it was no promise before, and is none now"),
        (_, None) if new.is_none() => (Effect::Felt(Warning, Warning), "whether the promise holds is no longer said"),
        _ => (Effect::Felt(Warning, Warning), "the status is not one of the standard's words"),
    };
    differ.add("status", pair, "status-changed", effect, reason);
}

/// Judges settings that the standard does not know. Plimsoll's own decide what happens to data; nobody knows the others.
pub(super) fn settings(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    let (old, new) = pair.items();
    let key = |item: &Node| {
        let name = text(item, "property")?;
        Some(format!("{} {name}", text(item, "vendor").unwrap_or_default()))
    };
    for (index, pair) in matched(old, new, &[&key]).into_iter().enumerate() {
        let either = pair.new.or(pair.old);
        let name = either.and_then(|node| text(node, "property")).map_or_else(|| format!("[{index}]"), str::to_owned);
        let element = join(element, &format!("customProperties.{name}"));
        let is_own = either.and_then(|node| text(node, "vendor")) == Some("plimsoll");
        let value = pair.field("value");
        if is_own && privacy::setting(differ, &element, &name, pair) {
            continue;
        }
        if !value.is_same() && is_own && runs::OF_CHECKS.contains(&name.as_str()) {
            let reason = "no check that runs under both versions is changed by it";
            differ.add(element, value, "setting-changed", Effect::Safe, reason);
        } else if !value.is_same() && is_own {
            let effect = Effect::Felt(Verdict::Warning, Verdict::Warning);
            let reason = "which data is refused or held depends on this setting";
            differ.add(element, pair, "setting-changed", effect, reason);
        } else if !pair.is_same() {
            let reason = "a setting of another tool; what it means is not part of the standard";
            differ.add(element, pair, "setting-changed", Effect::Safe, reason);
        }
    }
    // Whatever is not a list of settings is still a difference.
    if field(pair.old, "").is_none() && old.is_empty() && new.is_empty() && !pair.is_same() {
        let reason = "it only describes; no data is read or written by it";
        differ.add(join(element, "customProperties"), pair, "description-changed", Effect::Safe, reason);
    }
}
