//! Roles, support, team and price: access, help, owners and money.

use super::change::{Effect, Verdict};
use super::differ::{Differ, join};
use super::pair::{Pair, by, field, matched, text};
use crate::syntax::Node;

/// Judges the sections that are about people.
pub(super) fn people(differ: &mut Differ, contract: Pair<'_>) {
    roles(differ, "roles", contract.field("roles"));
    support(differ, contract.field("support"));
    team(differ, contract.field("team"));
    price(differ, contract.field("price"));
}

pub(super) fn roles(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    let (old, new) = pair.items();
    for (index, pair) in matched(old, new, &[&by("role"), &by("id")]).into_iter().enumerate() {
        let element = join(element, &name(pair, "role", index));
        match (pair.old, pair.new) {
            (Some(_), None) => {
                let reason = "those who have access by this role lose it";
                differ.add(element, pair, "role-removed", Effect::Felt(Verdict::Breaking, Verdict::Warning), reason);
            }
            (None, Some(_)) => {
                differ.add(element, pair, "role-added", Effect::Adds, "one more way to get access");
            }
            _ => role(differ, &element, pair),
        }
    }
}

fn role(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    for key in ["role", "access"] {
        let inner = pair.field(key);
        if !inner.is_same() {
            let felt = if inner.old.is_some() { Verdict::Warning } else { Verdict::Safe };
            let effect = Effect::Felt(felt, felt);
            differ.add(join(element, key), inner, "role-changed", effect, "the role gives another access");
        }
    }
    for key in ["firstLevelApprovers", "secondLevelApprovers"] {
        let inner = pair.field(key);
        if !inner.is_same() {
            let effect = Effect::Felt(Verdict::Warning, Verdict::Warning);
            let reason = "somebody else decides who gets access, and approves changes of the contract";
            differ.add(join(element, key), inner, "approvers-changed", effect, reason);
        }
    }
    differ.rest(element, pair, &["role", "access", "firstLevelApprovers", "secondLevelApprovers"]);
}

fn support(differ: &mut Differ, pair: Pair<'_>) {
    let (old, new) = pair.items();
    for (index, pair) in matched(old, new, &[&by("channel"), &by("id"), &by("url")]).into_iter().enumerate() {
        let element = join("support", &name(pair, "channel", index));
        match (pair.old, pair.new) {
            (Some(_), None) => {
                let effect = Effect::Felt(Verdict::Warning, Verdict::Safe);
                differ.add(element, pair, "support-removed", effect, "those who ask for help there are not heard");
            }
            (None, Some(_)) => {
                differ.add(element, pair, "support-added", Effect::Adds, "one more place to ask for help");
            }
            _ => {
                let url = pair.field("url");
                if !url.is_same() && url.old.is_some() {
                    let effect = Effect::Felt(Verdict::Warning, Verdict::Safe);
                    let reason = "help is given somewhere else";
                    differ.add(join(&element, "url"), url, "support-changed", effect, reason);
                } else if !url.is_same() {
                    let reason = "where help is given is said now";
                    differ.add(join(&element, "url"), url, "support-changed", Effect::Safe, reason);
                }
                differ.rest(&element, pair, &["url"]);
            }
        }
    }
}

/// A team is a map with members, or in v3.0 the list of members alone.
fn team(differ: &mut Differ, pair: Pair<'_>) {
    let members = |team: Option<&'_ Node>| -> Vec<Node> {
        let Some(team) = team else { return Vec::new() };
        if team.is_seq() {
            team.items().to_vec()
        } else {
            team.get("members").map(Node::items).unwrap_or_default().to_vec()
        }
    };
    let (old, new) = (members(pair.old), members(pair.new));
    for (index, pair) in matched(&old, &new, &[&by("username"), &by("id"), &by("name")]).into_iter().enumerate() {
        let element = join("team", &name(pair, "username", index));
        match (pair.old, pair.new) {
            (Some(_), None) => {
                let effect = match new.is_empty() {
                    true => Effect::Felt(Verdict::Warning, Verdict::Warning),
                    false => Effect::Safe,
                };
                let reason =
                    if new.is_empty() { "nobody keeps the contract any more" } else { "others keep the contract" };
                differ.add(element, pair, "team-changed", effect, reason);
            }
            (None, Some(_)) => {
                differ.add(element, pair, "team-changed", Effect::Safe, "one more person keeps the contract");
            }
            _ => differ.rest(&element, pair, &[]),
        }
    }
    let map = |node: Option<&'_ Node>| node.is_some_and(Node::is_map);
    if map(pair.old) && map(pair.new) {
        differ.rest("team", pair, &["members"]);
    }
}

fn price(differ: &mut Differ, pair: Pair<'_>) {
    match (pair.old, pair.new) {
        (None, Some(_)) => {
            let effect = Effect::Felt(Verdict::Warning, Verdict::Safe);
            differ.add("price", pair, "price-changed", effect, "it was not said that the data costs something");
        }
        (Some(_), None) => {
            differ.add("price", pair, "price-changed", Effect::Safe, "no price is asked any more");
        }
        (Some(_), Some(_)) => {
            for key in ["priceAmount", "priceCurrency", "priceUnit"] {
                price_part(differ, pair.field(key), key);
            }
            differ.rest("price", pair, &["priceAmount", "priceCurrency", "priceUnit"]);
        }
        (None, None) => {}
    }
}

fn price_part(differ: &mut Differ, pair: Pair<'_>, key: &str) {
    if pair.is_same() {
        return;
    }
    let amount = |node: Option<&Node>| node.and_then(Node::as_f64);
    let (effect, reason) = match (amount(pair.old), amount(pair.new)) {
        (Some(old), Some(new)) if new < old => (Effect::Safe, "the data costs less"),
        (Some(_), Some(_)) => (Effect::Felt(Verdict::Warning, Verdict::Safe), "the data costs more"),
        _ => (Effect::Felt(Verdict::Warning, Verdict::Safe), "the data is paid for in another way"),
    };
    differ.add(join("price", key), pair, "price-changed", effect, reason);
}

fn name(pair: Pair<'_>, key: &str, index: usize) -> String {
    let node = pair.new.or(pair.old);
    let named = node.and_then(|node| text(node, key)).or_else(|| field(node, "id").and_then(Node::as_str));
    named.map_or_else(|| format!("[{index}]"), str::to_owned)
}
