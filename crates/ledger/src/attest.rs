//! Whether the ledger's lists say of a publication what was entered of it: what a decision rests on is not taken from a list that
//! somebody may have edited.

use std::collections::BTreeMap;

use engine::{Error, Kind, Result};
use pipeline::Event;
use pipeline::state::Published;

use crate::backend::Backend;
use crate::fold;
use crate::store::{Ledger, noted_head};
use crate::trail::before;
use crate::verify::walk_from;

impl Ledger {
    /// Refuses where the newest publication of one of these datasets is another one than its list says, or where some event since
    /// the oldest of these publications is not as it was appended.
    pub fn attest(&mut self, datasets: &[String]) -> Result<()> {
        self.backend.snapshot(|backend| {
            let listed = listed(backend, datasets)?;
            let Some(first) = listed.values().map(|(seq, _)| *seq).min() else { return Ok(()) };
            let mut entered: BTreeMap<String, (u64, Published)> = BTreeMap::new();
            let before = before(backend, first)?;
            let (head, fault) = walk_from(backend, before, &mut |_, head, _, event| {
                if let Event::StagePublished(event) = event
                    && listed.contains_key(&event.dataset)
                {
                    entered.insert(event.dataset.clone(), (head.seq, Published::from(event.as_ref())));
                }
                Ok(())
            })?;
            if let Some(fault) = fault {
                return Err(changed(&format!("event {}: {}", fault.seq, fault.what)));
            }
            let noted = noted_head(backend)?;
            if noted.seq != head.seq || noted.hash != head.hash {
                return Err(changed(&format!(
                    "event {}: it was removed, and {} were appended",
                    head.seq + 1,
                    noted.seq
                )));
            }
            match listed.iter().find(|(dataset, listed)| entered.get(*dataset) != Some(*listed)) {
                Some((dataset, (seq, _))) => Err(edited(dataset, entered.get(dataset).map_or(*seq, |(seq, _)| *seq))),
                None => Ok(()),
            }
        })
    }
}

/// What the lists say, by dataset; those that were never published are left out.
fn listed(backend: &mut Backend, datasets: &[String]) -> Result<BTreeMap<String, (u64, Published)>> {
    let mut listed = BTreeMap::new();
    for row in backend.query("SELECT name, published_seq, published FROM dataset WHERE published IS NOT NULL", &[])? {
        let name = row.text(0)?;
        if datasets.iter().any(|dataset| dataset == name) {
            let published: Published = fold::parse(row.text(2)?, "a publication")?;
            listed.insert(name.to_owned(), (row.count(1)?, published));
        }
    }
    Ok(listed)
}

fn changed(what: &str) -> Error {
    Error::new(
        Kind::Refused,
        format!("the ledger was changed by another hand, so nothing is published on its word: {what}"),
    )
    .help("see `plimsoll ledger verify`; restore the ledger from a backup")
}

fn edited(dataset: &str, seq: u64) -> Error {
    Error::new(
        Kind::Refused,
        format!(
            "the ledger was changed by another hand, so nothing is published on its word: what its list says of the last \
             publication of {dataset} is not what event {seq} says"
        ),
    )
    .help("see `plimsoll ledger verify`; `plimsoll ledger rebuild` makes the lists anew from the events")
}

#[cfg(test)]
mod tests;
