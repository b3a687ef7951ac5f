//! Quality rules: added, removed, loosened, tightened.

mod rule;

use super::change::{Effect, Verdict};
use super::differ::{Differ, join};
use super::pair::{Pair, by, matched};
use crate::model::OPERATORS;
use crate::syntax::Node;

use rule::Rule;

/// Fields of a rule that its meaning is made of, beside the comparisons; the others describe.
const JUDGED: &[&str] = &[
    "id",
    "type",
    "metric",
    "rule",
    "arguments",
    "query",
    "engine",
    "implementation",
    "unit",
    "severity",
    "customProperties",
];

/// Judges the rules of a dataset or a column.
pub(super) fn rules(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    let (old, new) = pair.items();
    let content = |item: &Node| Some(rule::content(item));
    let about = |item: &Node| rule::about(item);
    for (index, pair) in matched(old, new, &[&by("id"), &by("name"), &content, &about]).into_iter().enumerate() {
        let name = pair.new.or(pair.old).and_then(|node| by("id")(node).or_else(|| by("name")(node)));
        let element = join(element, &name.unwrap_or_else(|| format!("[{index}]")));
        match (pair.old.map(Rule::read), pair.new.map(Rule::read)) {
            (Some(old), None) => removed(differ, element, pair, &old),
            (None, Some(new)) => added(differ, element, pair, &new),
            (Some(old), Some(new)) => changed(differ, &element, pair, &old, &new),
            (None, None) => {}
        }
    }
}

fn removed(differ: &mut Differ, element: String, pair: Pair<'_>, rule: &Rule<'_>) {
    let (effect, reason) = match (rule.is_text(), rule.is_mild()) {
        (true, _) => (Effect::Felt(Verdict::Warning, Verdict::Safe), "what it said in words is no longer promised"),
        (_, true) => (Effect::Felt(Verdict::Warning, Verdict::Safe), "nobody is warned any more when it is violated"),
        _ => (Effect::Loosens, "data that violated it is published now"),
    };
    differ.add(element, pair, "rule-removed", effect, reason);
}

fn added(differ: &mut Differ, element: String, pair: Pair<'_>, rule: &Rule<'_>) {
    let (effect, reason) = match (rule.is_text(), rule.is_mild()) {
        (true, _) => (Effect::Adds, "it is said in words, nothing is refused by it"),
        (_, true) => (Effect::Felt(Verdict::Safe, Verdict::Warning), "data that violates it is reported"),
        _ => (Effect::Tightens, "data that violates it was published before"),
    };
    differ.add(element, pair, "rule-added", effect, reason);
}

fn changed(differ: &mut Differ, element: &str, pair: Pair<'_>, old: &Rule<'_>, new: &Rule<'_>) {
    let (threshold, threshold_reason) = rule::compare(old, new);
    let severity = match (old.is_mild(), new.is_mild()) {
        (false, true) => Effect::Loosens,
        (true, false) => Effect::Tightens,
        _ => Effect::Safe,
    };
    let effect = threshold.and(severity);
    let judged: Vec<&str> = JUDGED.iter().chain(&OPERATORS).copied().collect();
    // Of a rule in words, the description is the rule.
    let told = (effect != Effect::Safe && old.is_text() && new.is_text()).then_some("description");
    let is_respelled = judged.iter().all(|key| pair.field(key).is_same());
    if effect != Effect::Safe {
        let reason = match (threshold, severity) {
            (Effect::Safe, Effect::Loosens) => "data that violates it is only reported now, it was refused".to_owned(),
            (Effect::Safe, Effect::Tightens) => "data that violates it is refused now, it was only reported".to_owned(),
            _ => threshold_reason,
        };
        // A rule that only warns refuses nothing under either version.
        let effect = match effect {
            Effect::Loosens if new.is_mild() && old.is_mild() => Effect::Felt(Verdict::Warning, Verdict::Safe),
            Effect::Tightens if new.is_mild() => Effect::Felt(Verdict::Safe, Verdict::Warning),
            Effect::Both if new.is_mild() && old.is_mild() => Effect::Felt(Verdict::Warning, Verdict::Warning),
            other => other,
        };
        let kind = match effect {
            Effect::Loosens | Effect::Felt(Verdict::Warning, Verdict::Safe) => "rule-loosened",
            Effect::Tightens | Effect::Felt(Verdict::Safe, Verdict::Warning) => "rule-tightened",
            _ => "rule-changed",
        };
        differ.add(element, pair, kind, effect, reason);
    } else if !is_respelled {
        differ.add(element, pair, "rule-spelled", Effect::Safe, "the rule means the same");
    }
    super::terms::settings(differ, element, pair.field("customProperties"));
    for key in ["scheduler", "schedule"] {
        let inner = pair.field(key);
        if !inner.is_same() {
            let effect = Effect::Felt(Verdict::Warning, Verdict::Safe);
            let reason = "it runs at other times: what violates it may be found later";
            differ.add(join(element, key), inner, "schedule-changed", effect, reason);
        }
    }
    let judged: Vec<&str> = judged.into_iter().chain(["scheduler", "schedule"]).chain(told).collect();
    differ.rest(element, pair, &judged);
}
