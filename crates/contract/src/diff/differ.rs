//! Walks two contracts side by side and collects their differences.

use super::change::{Change, Effect, Place};
use super::pair::{Pair, field};
use super::types::Dialect;
use super::{keys, people, relationships, runs, schema, servers, service_levels, terms};
use crate::model::Contract;
use crate::syntax::Node;

/// Collects changes; knows how the two files are called.
#[derive(Debug, Default)]
pub(super) struct Differ {
    old_path: String,
    new_path: String,
    /// Of the databases that read the names of types.
    pub dialects: Vec<Dialect>,
    pub changes: Vec<Change>,
}

impl Differ {
    /// Enters one difference; the returned one may be completed.
    pub fn add(
        &mut self,
        element: impl Into<String>,
        pair: Pair<'_>,
        kind: &'static str,
        effect: Effect,
        reason: impl Into<String>,
    ) -> &mut Change {
        let at = self.changes.len();
        self.changes.push(Change {
            element: element.into(),
            kind,
            old: pair.old.map(Node::to_json),
            new: pair.new.map(Node::to_json),
            consumer: effect.consumer(),
            producer: effect.producer(),
            reason: reason.into(),
            rename_of: None,
            old_place: pair.old.map(|node| Place::new(&self.old_path, node.span)),
            new_place: pair.new.map(|node| Place::new(&self.new_path, node.span)),
            since: None,
            effect,
        });
        &mut self.changes[at]
    }

    /// Enters what differs in fields that no rule has judged: nobody reads data by them.
    pub fn rest(&mut self, element: &str, pair: Pair<'_>, judged: &[&str]) {
        let entries = |node: Option<&Node>| -> Vec<String> {
            node.map(Node::entries).unwrap_or_default().iter().map(|entry| entry.key.clone()).collect()
        };
        let mut names = entries(pair.old);
        names.extend(entries(pair.new).into_iter().filter(|name| field(pair.old, name).is_none()));
        names.dedup();
        for name in names.iter().filter(|name| !judged.contains(&name.as_str())) {
            let inner = pair.field(name);
            if !inner.is_same() {
                let reason = "it only describes; no data is read or written by it";
                self.add(join(element, name), inner, "description-changed", Effect::Safe, reason);
            }
        }
    }
}

/// The path of a part.
pub(super) fn join(element: &str, part: &str) -> String {
    if element.is_empty() { part.to_owned() } else { format!("{element}.{part}") }
}

/// All differences between two versions of a contract, in the order of the standard's sections.
pub fn contracts(old_path: &str, old: &Contract, new_path: &str, new: &Contract) -> Vec<Change> {
    let mut differ = Differ { old_path: old_path.to_owned(), new_path: new_path.to_owned(), ..Differ::default() };
    let pair = Pair::new(Some(old.tree()), Some(new.tree()));
    let (before, after) = pair.field("servers").items();
    Dialect::of_servers(before, &mut differ.dialects);
    Dialect::of_servers(after, &mut differ.dialects);
    terms::terms(&mut differ, pair);
    let datasets = schema::datasets(&mut differ, pair.field("schema"));
    for dataset in &datasets {
        keys::keys(&mut differ, dataset);
        relationships::relationships(&mut differ, dataset);
    }
    service_levels::service_levels(&mut differ, pair);
    servers::servers(&mut differ, pair.field("servers"));
    people::people(&mut differ, pair);
    terms::annotations(&mut differ, pair);
    runs::runs(&mut differ, old, new, &datasets);
    differ.changes
}
