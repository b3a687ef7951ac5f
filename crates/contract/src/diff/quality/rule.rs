//! What a quality rule allows, in a form that can be compared.

use serde_json::Value as Json;

use crate::check::Severity;
use crate::compile::severity_of_rule;
use crate::diff::change::{Effect, Verdict};
use crate::diff::options::{canonical, enumerated, languages, listed, said};
use crate::diff::pair::{Pair, field, same, text};
use crate::diff::range::{End, Interval, Set, moved};
use crate::diff::statement::{is_same_statement, words};
use crate::model::OPERATORS;
use crate::syntax::Node;

/// A rule in parts.
pub(super) struct Rule<'a> {
    node: &'a Node,
    kind: &'a str,
    metric: Option<&'a str>,
    allowed: Option<Set>,
    is_percent: bool,
    is_mild: bool,
}

impl<'a> Rule<'a> {
    pub fn read(node: &'a Node) -> Self {
        let metric = text(node, "metric").or_else(|| text(node, "rule"));
        let kind = text(node, "type").unwrap_or(match (metric, node.get("query"), node.get("implementation")) {
            (None, Some(_), _) => "sql",
            (None, None, Some(_)) => "custom",
            (None, None, None) if node.get("description").is_some() && allowed(node).is_none() => "text",
            _ => "library",
        });
        let unit = text(node, "unit").unwrap_or_default().trim().to_ascii_lowercase();
        Self {
            node,
            kind,
            metric,
            allowed: allowed(node),
            is_percent: matches!(unit.as_str(), "percent" | "%" | "percentage" | "pct"),
            is_mild: is_mild(node),
        }
    }

    pub fn is_text(&self) -> bool {
        self.kind == "text"
    }

    /// Whether a violation is only reported.
    pub fn is_mild(&self) -> bool {
        self.is_mild
    }
}

/// As the rule is compiled: its own word decides, then Plimsoll's setting.
fn is_mild(node: &Node) -> bool {
    let own =
        field(Some(node), "customProperties").map(Node::items).unwrap_or_default().iter().find(|setting| {
            text(setting, "vendor") == Some("plimsoll") && text(setting, "property") == Some("severity")
        });
    let criticality = || node.get("implementation").and_then(|it| text(it, "criticality"));
    match text(node, "severity").or_else(criticality) {
        Some(word) => severity_of_rule(word) == Severity::Warning,
        None => own.and_then(|setting| text(setting, "value")) == Some("warning"),
    }
}

/// What the rule is about, without its threshold: nameless rules find each other by it.
pub(super) fn about(node: &Node) -> Option<String> {
    let rule = Rule::read(node);
    let what = match rule.kind {
        "sql" => field(Some(node), "query").and_then(Node::as_str).map(|query| words(query).concat()),
        "custom" => text(node, "engine").map(str::to_owned),
        "text" => text(node, "description").map(str::to_owned),
        _ => rule.metric.map(str::to_owned),
    };
    what.map(|what: String| format!("{} {what}", rule.kind))
}

/// All that the rule says but its name.
pub(super) fn content(node: &Node) -> String {
    let mut json = node.to_json();
    if let Json::Object(map) = &mut json {
        for key in ["id", "name", "description", "tags"] {
            map.remove(key);
        }
        map.sort_keys();
    }
    format!("{} {json}", about(node).unwrap_or_default())
}

/// The values that the comparison lets pass; `None` without one, or with one that is not about numbers.
fn allowed(node: &Node) -> Option<Set> {
    let number = |key: &str| field(Some(node), key).and_then(Node::as_f64);
    let pair = |key: &str| -> Option<(f64, f64)> {
        let [low, high] = field(Some(node), key)?.items() else { return None };
        Some((low.as_f64()?, high.as_f64()?))
    };
    let closed = |low: f64, high: f64| {
        Set::new(vec![Interval {
            low: Some(End { value: low, inclusive: true }),
            high: Some(End { value: high, inclusive: true }),
        }])
    };
    let above = |value, inclusive| Set::new(vec![Interval { low: Some(End { value, inclusive }), high: None }]);
    let below = |value, inclusive| Set::new(vec![Interval { low: None, high: Some(End { value, inclusive }) }]);
    number("mustBe")
        .map(Set::point)
        .or_else(|| number("mustNotBe").map(|value| Set::point(value).complement()))
        .or_else(|| number("mustBeGreaterThan").map(|value| above(value, false)))
        .or_else(|| number("mustBeGreaterOrEqualTo").map(|value| above(value, true)))
        .or_else(|| number("mustBeLessThan").map(|value| below(value, false)))
        .or_else(|| number("mustBeLessOrEqualTo").map(|value| below(value, true)))
        .or_else(|| pair("mustBeBetween").map(|(low, high)| closed(low, high)))
        .or_else(|| pair("mustNotBeBetween").map(|(low, high)| closed(low, high).complement()))
}

/// How the data that passes the rule changed, and why.
pub(super) fn compare(old: &Rule<'_>, new: &Rule<'_>) -> (Effect, String) {
    if old.kind != new.kind {
        return (Effect::Both, format!("it was a rule of type {}, now of type {}", old.kind, new.kind));
    }
    match old.kind {
        "text" => said_in_words(old, new),
        "custom" => custom(old, new),
        "sql" => {
            let query = Pair::new(old.node.get("query"), new.node.get("query"));
            if !query.is_same() && !is_same_statement(query.texts()) {
                return (Effect::Unclear, "another query may count something else".to_owned());
            }
            threshold(old, new)
        }
        _ => library(old, new),
    }
}

/// The text is the rule; white space does not tell texts apart.
fn said_in_words(old: &Rule<'_>, new: &Rule<'_>) -> (Effect, String) {
    let words = |rule: &Rule<'_>| {
        let said = text(rule.node, "description").unwrap_or_default();
        said.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    match words(old) == words(new) {
        true => (Effect::Safe, String::new()),
        false => (Effect::Felt(Verdict::Warning, Verdict::Warning), "it says something else, in words".to_owned()),
    }
}

fn custom(old: &Rule<'_>, new: &Rule<'_>) -> (Effect, String) {
    let part = |key: &str| Pair::new(old.node.get(key), new.node.get(key));
    if part("engine").is_same() && part("implementation").is_same() {
        return threshold(old, new);
    }
    (Effect::Unclear, "only its engine knows what the rule means".to_owned())
}

fn library(old: &Rule<'_>, new: &Rule<'_>) -> (Effect, String) {
    let (counted, reason) = counted(old, new);
    let (allowed, threshold_reason) = threshold(old, new);
    let Some(counted) = counted else { return (Effect::Both, reason) };
    // The count moved: whether that loosens depends on the side that the comparison bounds.
    let set = |rule: &Rule<'_>| rule.allowed.clone();
    let effect = match counted {
        Counted::Same => return (allowed, threshold_reason),
        Counted::Unclear => Effect::Unclear,
        Counted::Fewer | Counted::More => match (set(old), set(new)) {
            (Some(old), Some(new)) => {
                let upper = old.is_upper_bound() && new.is_upper_bound();
                let lower = old.is_lower_bound() && new.is_lower_bound();
                match (upper, lower, counted) {
                    (true, true, _) => Effect::Safe,
                    (true, _, Counted::Fewer) | (_, true, Counted::More) => Effect::Loosens,
                    (true, ..) | (_, true, _) => Effect::Tightens,
                    _ => Effect::Both,
                }
            }
            _ => Effect::Unclear,
        },
    };
    (effect.and(allowed), if allowed == Effect::Safe { reason } else { format!("{reason}; {threshold_reason}") })
}

/// How a count moved on the same data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    Same,
    Fewer,
    More,
    Unclear,
}

/// `None` for metrics that have nothing to do with each other.
fn counted(old: &Rule<'_>, new: &Rule<'_>) -> (Option<Counted>, String) {
    let (Some(old_metric), Some(new_metric)) = (old.metric, new.metric) else {
        let is_same = old.metric.is_none() && new.metric.is_none();
        return (is_same.then_some(Counted::Same), "it counts something else".to_owned());
    };
    let arguments = (old.node.get("arguments"), new.node.get("arguments"));
    match (old_metric, new_metric) {
        // What is missing is NULL and some values more.
        ("nullValues", "missingValues") => {
            (Some(Counted::More), "missing values are counted, not only NULL".to_owned())
        }
        ("missingValues", "nullValues") => {
            (Some(Counted::Fewer), "only NULL is counted, not all missing values".to_owned())
        }
        (old_metric, new_metric) if old_metric != new_metric => {
            (None, format!("it counted {old_metric}, now {new_metric}"))
        }
        ("missingValues", _) => lists(arguments, "missingValues", Counted::More),
        ("invalidValues", _) => {
            let (values, reason) = lists(arguments, "validValues", Counted::Fewer);
            let (pattern, pattern_reason) = patterns(arguments);
            match (values, pattern) {
                (values, Some(Counted::Same)) => (values, reason),
                (Some(Counted::Same), pattern) => (pattern, pattern_reason),
                (values, pattern) if values == pattern => (values, reason),
                _ => (Some(Counted::Unclear), "the valid values and the pattern changed".to_owned()),
            }
        }
        ("duplicateValues", _) => lists(arguments, "properties", Counted::Fewer),
        _ => match Pair::new(arguments.0, arguments.1).is_same() {
            true => (Some(Counted::Same), String::new()),
            false => (Some(Counted::Unclear), "its arguments changed".to_owned()),
        },
    }
}

type Arguments<'a> = (Option<&'a Node>, Option<&'a Node>);

/// What a longer list does to the count is given.
fn lists(arguments: Arguments<'_>, key: &str, longer: Counted) -> (Option<Counted>, String) {
    let (old, new) = (listed(arguments.0, key), listed(arguments.1, key));
    let shorter = if longer == Counted::More { Counted::Fewer } else { Counted::More };
    if old.is_empty() != new.is_empty() && key == "validValues" {
        // Without a list every value is valid.
        let counted = if old.is_empty() { Counted::More } else { Counted::Fewer };
        return (Some(counted), format!("`{key}` came or went"));
    }
    let (effect, _) = enumerated(&old, &new);
    let names = |values: &[(String, Json)]| values.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>().join(", ");
    let reason = format!("`{key}` was {}, now {}", names(&old), names(&new));
    let counted = match effect {
        Effect::Safe => Counted::Same,
        Effect::Loosens => longer,
        Effect::Tightens => shorter,
        _ => return (None, reason),
    };
    (Some(counted), reason)
}

fn patterns(arguments: Arguments<'_>) -> (Option<Counted>, String) {
    let reason = "the pattern of valid values changed".to_owned();
    let counted = match (said(arguments.0, "pattern"), said(arguments.1, "pattern")) {
        (None, None) => Counted::Same,
        (None, Some(_)) => Counted::More,
        (Some(_), None) => Counted::Fewer,
        (Some(old), Some(new)) => match languages(old, new).0 {
            Effect::Safe => Counted::Same,
            Effect::Loosens => Counted::Fewer,
            Effect::Tightens => Counted::More,
            Effect::Both => return (None, reason),
            _ => Counted::Unclear,
        },
    };
    (Some(counted), reason)
}

fn threshold(old: &Rule<'_>, new: &Rule<'_>) -> (Effect, String) {
    let reason = format!("it must be {}, was {}", shown(new.node), shown(old.node));
    match (&old.allowed, &new.allowed) {
        (Some(was), Some(is)) => {
            let zero = Set::point(0.0);
            // No row and no percent of the rows are the same.
            let is_zero = *was == zero && *is == zero;
            if old.is_percent != new.is_percent && !is_zero {
                return (Effect::Unclear, "rows and percent compare only when the number of rows is known".to_owned());
            }
            (moved(was, is), reason)
        }
        (None, None) => {
            let is_same = OPERATORS.iter().all(|key| match (field(Some(old.node), key), field(Some(new.node), key)) {
                (Some(old), Some(new)) => same(old, new),
                (old, new) => old.is_none() && new.is_none(),
            });
            (if is_same { Effect::Safe } else { Effect::Both }, reason)
        }
        (None, Some(_)) => (Effect::Tightens, "it compares now, it did not before".to_owned()),
        (Some(_), None) => (Effect::Loosens, "it no longer compares with anything".to_owned()),
    }
}

/// The comparison in words: `less than 5`.
fn shown(node: &Node) -> String {
    let words = [
        ("mustBe", "exactly"),
        ("mustNotBe", "not"),
        ("mustBeGreaterThan", "greater than"),
        ("mustBeGreaterOrEqualTo", "at least"),
        ("mustBeLessThan", "less than"),
        ("mustBeLessOrEqualTo", "at most"),
        ("mustBeBetween", "between"),
        ("mustNotBeBetween", "not between"),
    ];
    for (key, word) in words {
        if let Some(value) = field(Some(node), key) {
            let value = match value.items() {
                [low, high] => format!("{} and {}", canonical(&low.to_json()), canonical(&high.to_json())),
                _ => canonical(&value.to_json()),
            };
            let unit =
                text(node, "unit").filter(|unit| *unit != "rows").map(|unit| format!(" {unit}")).unwrap_or_default();
            return format!("{word} {value}{unit}");
        }
    }
    "anything".to_owned()
}
