//! Differences between a table and its contract that are a migration which is still to come.

use std::cmp::Reverse;

use pipeline::drift::{Item, Kind, Look, Severity};
use pipeline::{DatasetSpec, PartitionBy, Terms};

/// Says so of them, so that nobody looks for somebody else who did it. `stored` is what was in force when the table was published.
pub(super) fn told(look: &mut Look, spec: &DatasetSpec, stored: &Terms) {
    let lacking = Terms::of(spec).lacking(stored);
    for item in look.items.iter_mut().filter(|item| is_pending(item, &lacking, stored)) {
        let what = match (item.kind, &item.column) {
            (Kind::New, Some(column)) => format!("the contract does not know `{column}` any more"),
            (Kind::Missing | Kind::Renamed, Some(column)) => format!("`{column}` is not there yet"),
            _ => std::mem::take(&mut item.detail),
        };
        item.detail = format!("{what}: the table is still to be migrated, see `plimsoll plan`");
        item.severity = Severity::Note;
    }
    look.items.sort_by_key(|item| (Reverse(item.severity), item.kind, item.column.clone()));
}

fn is_pending(item: &Item, lacking: &[String], stored: &Terms) -> bool {
    match (item.kind, &item.column) {
        (Kind::New, Some(column)) => stored.column(column).is_some(),
        (Kind::Missing | Kind::Renamed | Kind::Retyped, Some(column)) => lacking.contains(column),
        (Kind::Partitioning, _) => {
            stored.table.partition_by.iter().map(PartitionBy::name).eq(item.found.iter().cloned())
        }
        (Kind::Nullability, _) => {
            item.found.iter().all(|column| !stored.column(column).is_some_and(|column| column.required))
        }
        _ => false,
    }
}
