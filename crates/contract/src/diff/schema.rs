//! Datasets: added, removed, renamed, moved.

use super::change::{Effect, Verdict};
use super::differ::{Differ, join};
use super::keys::KeySize;
use super::pair::{Pair, by, matched, text};
use super::properties::{self, Renames};
use super::quality;
use crate::syntax::Node;

/// A dataset that both versions have.
pub(super) struct DatasetPair<'a> {
    pub element: String,
    pub pair: Pair<'a>,
    /// New names of columns that are the same by their `id`.
    pub renames: Renames,
}

const JUDGED: &[&str] = &[
    "id",
    "name",
    "physicalName",
    "physicalType",
    "logicalType",
    "deprecated",
    "properties",
    "relationships",
    "quality",
    "dataGranularityDescription",
    "customProperties",
];

/// Judges the datasets alone, and returns those that both versions have.
pub(super) fn datasets<'a>(differ: &mut Differ, pair: Pair<'a>) -> Vec<DatasetPair<'a>> {
    let (old, new) = pair.items();
    let mut both = Vec::new();
    for (index, pair) in matched(old, new, &[&by("id"), &by("name")]).into_iter().enumerate() {
        let named = pair.new.or(pair.old).and_then(|node| text(node, "name"));
        let element = format!("schema.{}", named.map_or_else(|| format!("[{index}]"), str::to_owned));
        match (pair.old, pair.new) {
            (Some(_), None) => {
                differ.add(element, pair, "dataset-removed", Effect::Loosens, "those who read the dataset lose it");
            }
            (None, Some(_)) => {
                let effect = Effect::Felt(Verdict::Safe, Verdict::Warning);
                let reason = "those who write must provide one more dataset; nobody has to read it";
                differ.add(element, pair, "dataset-added", effect, reason);
            }
            _ => both.push(dataset(differ, element, pair)),
        }
    }
    both
}

fn dataset<'a>(differ: &mut Differ, element: String, pair: Pair<'a>) -> DatasetPair<'a> {
    name(differ, &element, pair, "dataset-renamed", "dataset");
    physical_name(differ, &element, pair);
    let kind = pair.field("physicalType");
    if !same_word(kind.texts()) && kind.old.is_some() {
        let reason = "it is another kind of thing in the source now: grants, refreshes and costs differ";
        let effect = Effect::Felt(Verdict::Warning, Verdict::Warning);
        differ.add(join(&element, "physicalType"), kind, "physical-type-changed", effect, reason);
    } else if !kind.is_same() {
        let reason = "it only says what the dataset is in the source";
        differ.add(join(&element, "physicalType"), kind, "physical-type-changed", Effect::Safe, reason);
    }
    let logical = pair.field("logicalType");
    let is_blob = |node: Option<&Node>| node.and_then(Node::as_str) == Some("blob");
    if is_blob(logical.old) != is_blob(logical.new) {
        let reason = "rows and opaque files are read in different ways";
        differ.add(join(&element, "logicalType"), logical, "type-changed", Effect::Both, reason);
    }
    deprecated(differ, &element, pair);
    let grain = pair.field("dataGranularityDescription");
    if !grain.is_same() {
        let reason = "one row may stand for something else now: counts and sums may change";
        let felt = if grain.old.is_some() { Verdict::Warning } else { Verdict::Safe };
        let effect = Effect::Felt(felt, felt);
        differ.add(join(&element, "dataGranularityDescription"), grain, "granularity-changed", effect, reason);
    }
    let columns = pair.field("properties");
    let renames = properties::properties(differ, &join(&element, "properties"), columns, KeySize::of(columns));
    quality::rules(differ, &join(&element, "quality"), pair.field("quality"));
    super::terms::settings(differ, &element, pair.field("customProperties"));
    differ.rest(&element, pair, JUDGED);
    DatasetPair { element, pair, renames }
}

/// The name by which SQL and pipelines know an element that both versions have.
pub(super) fn name(differ: &mut Differ, element: &str, pair: Pair<'_>, kind: &'static str, what: &str) {
    let names = pair.field("name");
    if let (Some(old), Some(new)) = names.texts()
        && old != new
    {
        let reason = format!("the {what} keeps its id and has another name: queries that say `{old}` fail");
        differ.add(element, names, kind, Effect::Both, reason).rename_of = Some(old.to_owned());
    }
    let ids = pair.field("id");
    if !ids.is_same() {
        let (felt, reason) = match (ids.old, ids.new) {
            (Some(_), Some(_)) => (Verdict::Warning, format!("by its id this is another {what} under the same name")),
            _ => (Verdict::Safe, format!("only those that follow a {what} across names look at its id")),
        };
        differ.add(join(element, "id"), ids, "id-changed", Effect::Felt(felt, felt), reason);
    }
}

/// The name in the source; that of the element when it is not given.
pub(super) fn physical_name(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    let names = pair.field("physicalName");
    let of = |node: Option<&Node>| {
        node.and_then(|node| text(node, "physicalName").or_else(|| text(node, "name")).map(str::to_owned))
    };
    let (old, new) = (of(pair.old), of(pair.new));
    let element = join(element, "physicalName");
    if names.is_same() {
        return;
    }
    if old == new {
        let reason = "the physical name was the same before, it is only spelled out or left out";
        differ.add(element, names, "physical-name-spelled", Effect::Safe, reason);
        return;
    }
    let shown = |name: &Option<String>| name.clone().unwrap_or_default();
    let reason = format!("in the source it is `{}`, no longer `{}`", shown(&new), shown(&old));
    differ.add(element, names, "physical-name-changed", Effect::Both, reason);
}

pub(super) fn deprecated(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    let flag = pair.field("deprecated");
    let (effect, reason) = match flag.flags() {
        (false, true) => (Effect::Felt(Verdict::Warning, Verdict::Safe), "those who read it should stop doing so"),
        (true, false) => (Effect::Safe, "it may be used again"),
        _ => return,
    };
    differ.add(join(element, "deprecated"), flag, "deprecation-changed", effect, reason);
}

/// Case does not tell words apart.
pub(super) fn same_word(pair: (Option<&str>, Option<&str>)) -> bool {
    match pair {
        (Some(old), Some(new)) => old.trim().eq_ignore_ascii_case(new.trim()),
        (old, new) => old == new,
    }
}
