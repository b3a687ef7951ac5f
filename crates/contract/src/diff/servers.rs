//! Where the data is: those who read and those who write both have to know.

use super::change::{Effect, Verdict};
use super::differ::{Differ, join};
use super::pair::{Pair, by, matched, text, word};
use crate::syntax::Node;

/// Fields that only describe a server, or that are judged elsewhere.
const DESCRIBES: &[&str] = &["id", "server", "description", "environment", "roles", "customProperties", "tags"];

/// Judges all servers of a contract.
pub(super) fn servers(differ: &mut Differ, pair: Pair<'_>) {
    let (old, new) = pair.items();
    let location = |item: &Node| location(item);
    for (index, pair) in matched(old, new, &[&by("id"), &by("server"), &location]).into_iter().enumerate() {
        let named = pair.new.or(pair.old).and_then(|node| text(node, "server"));
        let element = format!("servers.{}", named.map_or_else(|| format!("[{index}]"), str::to_owned));
        match (pair.old, pair.new) {
            (Some(_), None) => {
                let reason = "those who read or write the data there find it no longer";
                differ.add(element, pair, "server-removed", Effect::Both, reason);
            }
            (None, Some(_)) => {
                differ.add(element, pair, "server-added", Effect::Adds, "one more place, nobody has to use it");
            }
            _ => server(differ, &element, pair),
        }
    }
}

fn server(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    let name = pair.field("server");
    if !name.is_same() {
        let effect = Effect::Felt(Verdict::Warning, Verdict::Warning);
        let reason = "the same place has another name: settings that name it must follow";
        differ.add(element, name, "server-renamed", effect, reason).rename_of = name.texts().0.map(str::to_owned);
    }
    let environment = pair.field("environment");
    if !environment.is_same() {
        let felt = if environment.old.is_some() { Verdict::Warning } else { Verdict::Safe };
        let reason = "the place serves another purpose now";
        let effect = Effect::Felt(felt, felt);
        differ.add(join(element, "environment"), environment, "server-changed", effect, reason);
    }
    for key in located_by(pair) {
        let inner = pair.field(&key);
        if inner.is_same() || word(inner.old).is_some() && word(inner.old) == word(inner.new) {
            continue;
        }
        if key == "type" && kind(inner.old) == kind(inner.new) {
            differ.add(
                join(element, &key),
                inner,
                "server-spelled",
                Effect::Safe,
                "the same kind of server by another name",
            );
            continue;
        }
        let (kind, effect, reason) = match (key.as_str(), inner.old.is_some()) {
            ("format" | "encoding" | "delimiter", true) => {
                ("server-changed", Effect::Both, "files are written in another way")
            }
            (_, true) if inner.new.is_some() => ("server-moved", Effect::Both, "the data is somewhere else"),
            (_, true) => ("server-moved", Effect::Both, "where the data is is no longer said"),
            // It may only say what was meant before.
            _ => {
                let effect = Effect::Felt(Verdict::Warning, Verdict::Warning);
                ("server-changed", effect, "the place is described more exactly, it may be another one")
            }
        };
        differ.add(join(element, &key), inner, kind, effect, reason);
    }
    super::people::roles(differ, &join(element, "roles"), pair.field("roles"));
    super::terms::settings(differ, element, pair.field("customProperties"));
    let mut judged = located_by(pair);
    judged.extend(["server", "environment", "roles", "customProperties"].map(str::to_owned));
    let judged: Vec<&str> = judged.iter().map(String::as_str).collect();
    differ.rest(element, pair, &judged);
}

/// The kind of a server, by one of its names.
fn kind(node: Option<&Node>) -> Option<String> {
    let kind = word(node)?.trim().to_ascii_lowercase();
    Some(if kind == "postgresql" { "postgres".to_owned() } else { kind })
}

/// The fields that say where the data is and in which form.
fn located_by(pair: Pair<'_>) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for node in [pair.old, pair.new].into_iter().flatten() {
        for entry in node.entries() {
            if !DESCRIBES.contains(&entry.key.as_str()) && !keys.contains(&entry.key) {
                keys.push(entry.key.clone());
            }
        }
    }
    keys
}

/// All that says where a server is; equal for one that only changed its name.
fn location(server: &Node) -> Option<String> {
    let mut parts: Vec<String> = server
        .entries()
        .iter()
        .filter(|entry| !DESCRIBES.contains(&entry.key.as_str()))
        .map(|entry| match (entry.key.as_str(), kind(Some(&entry.value))) {
            ("type", Some(kind)) => format!("type={kind}"),
            (key, _) => format!("{key}={}", entry.value.to_json()),
        })
        .collect();
    parts.sort();
    (parts.len() > 1).then(|| parts.join(" "))
}
