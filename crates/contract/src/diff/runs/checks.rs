//! The checks that run: which are gone, new, milder or stricter.

use serde_json::Value as Json;

use super::rules::{about, moved, plain, refuses_null};
use super::strictness::{self, Strictness};
use super::{Cause, Difference, SettingAt, Sides};
use crate::check::{Check, Rule, Severity};
use crate::dataset::Dataset;
use crate::diff::change::{Effect, Verdict};

/// A check as it is compared: columns by their new names, and the rule in its plainest form.
struct Compared<'a> {
    check: &'a Check,
    rule: Rule,
    about: String,
    id: String,
}

pub(super) fn compare(sides: &Sides<'_>, found: &mut Vec<Difference>) {
    let renamed = |name: &str| {
        let column = top(sides.old, name).unwrap_or(name);
        format!("{}{}", sides.renamed(column), &name[column.len()..])
    };
    let kept = |name: &str| name.to_owned();
    let old = compared(sides.old, &renamed);
    let new = compared(sides.new, &kept);
    let pairs = paired(&old, &new);
    for (index, old) in old.iter().enumerate() {
        match pairs[index] {
            Some(at) => changed(sides, old, &new[at], found),
            None => gone(sides, old, found),
        }
    }
    for (index, new) in new.iter().enumerate() {
        if !pairs.contains(&Some(index)) {
            came(sides, new, found);
        }
    }
}

fn compared<'a>(dataset: &'a Dataset, renamed: &dyn Fn(&str) -> String) -> Vec<Compared<'a>> {
    let of = |check: &'a Check| {
        let rule = plain(&check.rule, renamed);
        let about = format!("{} {}", about(&rule), check.element.as_deref().map(renamed).unwrap_or_default());
        let id = match &check.element {
            Some(element) => check.id.replacen(element.as_str(), &renamed(element), 1),
            None => check.id.clone(),
        };
        Compared { check, about, id, rule }
    };
    dataset.checks.iter().filter(|check| can_refuse(&check.rule)).map(of).collect()
}

/// Whether the rule runs, and some data violates it.
fn can_refuse(rule: &Rule) -> bool {
    !matches!(rule, Rule::NotChecked { .. } | Rule::Length { min: None | Some(0), max: None, .. })
}

/// One way to tell that two checks are one.
type Sameness = dyn Fn(&Compared<'_>, &Compared<'_>) -> bool;

/// For each old check the new one that it is: the very same, the same rule, the same name, the same subject.
fn paired(old: &[Compared<'_>], new: &[Compared<'_>]) -> Vec<Option<usize>> {
    let mut partner: Vec<Option<usize>> = vec![None; old.len()];
    let mut taken = vec![false; new.len()];
    let ways: [&Sameness; 4] = [
        &|one, other| one.rule == other.rule && Strictness::of(one.check) == Strictness::of(other.check),
        &|one, other| one.rule == other.rule && one.about == other.about,
        &|one, other| one.id == other.id && one.rule.kind() == other.rule.kind(),
        &|one, other| one.about == other.about,
    ];
    for is_same in ways {
        for (index, one) in old.iter().enumerate() {
            if partner[index].is_some() {
                continue;
            }
            let found = new.iter().enumerate().position(|(at, other)| !taken[at] && is_same(one, other));
            if let Some(at) = found {
                partner[index] = Some(at);
                taken[at] = true;
            }
        }
    }
    partner
}

fn changed(sides: &Sides<'_>, old: &Compared<'_>, new: &Compared<'_>, found: &mut Vec<Difference>) {
    let is_mild = |of: &Compared<'_>| of.check.severity == Severity::Warning;
    let both_mild = is_mild(old) && is_mild(new);
    let rule = mild(moved(sides, &old.rule, &new.rule), both_mild);
    if rule != Effect::Safe {
        let reason = format!("it expects {}, was {}", new.check.expected, old.check.expected);
        found.push(of_check(sides, new, kind(rule), rule, reason, Some(old), Cause::Element));
    }
    let (strict, reason) = strictness::moved(old.check, new.check);
    let strict = mild(strict, both_mild);
    if strict != Effect::Safe {
        let at = match (&new.rule, &new.check.element) {
            (Rule::Reference { .. }, _) => SettingAt::Relationship,
            (Rule::Freshness { .. }, _) => SettingAt::ServiceLevel,
            _ => SettingAt::Column,
        };
        let reason = format!("`{}`: {reason}", new.check.id);
        found.push(of_check(sides, new, kind(strict), strict, reason, Some(old), Cause::Setting { at }));
    }
}

/// A rule that only warns refuses nothing under either version.
fn mild(effect: Effect, both_mild: bool) -> Effect {
    match effect {
        Effect::Loosens if both_mild => Effect::Felt(Verdict::Warning, Verdict::Safe),
        Effect::Tightens if both_mild => Effect::Felt(Verdict::Safe, Verdict::Warning),
        Effect::Both | Effect::Felt(..) if both_mild => Effect::Felt(Verdict::Warning, Verdict::Warning),
        other => other,
    }
}

fn kind(effect: Effect) -> &'static str {
    match (effect.consumer(), effect.producer()) {
        (Verdict::Safe, _) => "check-tightened",
        (_, Verdict::Safe) => "check-loosened",
        _ => "check-changed",
    }
}

fn gone(sides: &Sides<'_>, old: &Compared<'_>, found: &mut Vec<Difference>) {
    // With its column went its checks.
    let column = old.check.element.as_deref().and_then(|element| top(sides.old, element));
    if column.is_some_and(|column| sides.new.column(sides.renamed(column)).is_none()) {
        return;
    }
    let (effect, reason) = match old.check.severity {
        Severity::Error => (Effect::Loosens, "it does not run any more: data that violated it is published now"),
        Severity::Warning => {
            (Effect::Felt(Verdict::Warning, Verdict::Safe), "it does not run any more: nobody is warned")
        }
    };
    found.push(of_check(sides, old, "check-removed", effect, reason.to_owned(), Some(old), cause(&old.rule)));
}

fn came(sides: &Sides<'_>, new: &Compared<'_>, found: &mut Vec<Difference>) {
    let place = new.check.element.as_deref();
    let is_new = place.is_some_and(|place| !was_there(sides, place));
    let refuses = if is_new { refuses_null(&new.rule) } else { Some(true) };
    let (effect, reason) = match (refuses, new.check.severity) {
        (Some(false), _) => return,
        (Some(true), Severity::Error) if is_new => {
            (Effect::Tightens, "data that was written before lacks the column, and the check refuses NULL")
        }
        (Some(true), Severity::Error) => (Effect::Tightens, "data that violates it was published before"),
        (None, Severity::Error) => {
            let reason =
                "data that was written before lacks the column; whether the check bears NULL cannot be decided";
            (Effect::Unclear, reason)
        }
        (_, Severity::Warning) => {
            (Effect::Felt(Verdict::Safe, Verdict::Warning), "data that violates it is reported now")
        }
    };
    found.push(of_check(sides, new, "check-added", effect, reason.to_owned(), None, cause(&new.rule)));
}

fn cause(rule: &Rule) -> Cause {
    if matches!(rule, Rule::Freshness { .. }) { Cause::ServiceLevel } else { Cause::Element }
}

/// Whether the old version knew a place of the new one.
fn was_there(sides: &Sides<'_>, place: &str) -> bool {
    let Some(column) = top(sides.new, place) else { return true };
    let before = sides.pair.renames.iter().find(|(_, to)| to.as_str() == column).map_or(column, |(from, _)| from);
    sides.old.place(&format!("{before}{}", &place[column.len()..])).is_some()
}

/// The column that a path begins with.
fn top<'p>(dataset: &Dataset, path: &'p str) -> Option<&'p str> {
    let place = dataset.place(path)?;
    path.get(..place.column.name.len())
}

fn of_check(
    sides: &Sides<'_>,
    at: &Compared<'_>,
    kind: &'static str,
    effect: Effect,
    reason: String,
    old: Option<&Compared<'_>>,
    cause: Cause,
) -> Difference {
    let element = at.check.element.as_deref();
    let column = element
        .and_then(|element| top(sides.new, element).or_else(|| top(sides.old, element)))
        .map(|column| sides.renamed(column).to_owned());
    let cause = match (&at.rule, cause) {
        (Rule::Freshness { .. }, Cause::Element) => Cause::ServiceLevel,
        (_, cause) => cause,
    };
    let expected = |of: &Compared<'_>| Json::String(of.check.expected.clone());
    Difference {
        kind,
        column,
        what: format!("checks.{}", at.check.id),
        old: old.map(expected),
        new: (kind != "check-removed").then(|| expected(at)),
        effect,
        reason,
        cause,
    }
}
