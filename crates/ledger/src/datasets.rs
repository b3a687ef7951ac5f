//! What the ledger knows of datasets: what is published, which gate stands, which files were read.

use std::collections::BTreeMap;

use engine::Result;
use pipeline::event::StagePublished;
use pipeline::origin::{History, Publication};
use pipeline::state::{GateState, GateStatus, Published};
use pipeline::{Counts, Event, FileRef};
use serde::Deserialize;

use crate::events::{Recorded, recorded};
use crate::store::Ledger;
use crate::{files, fold};

/// A dataset that was ever published or held.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LedgerDataset {
    /// `version_now` equals `version`: only who looks at the table knows whether someone else has written to it since.
    pub published: Option<Published>,
    /// The gate that was asked, and neither published nor superseded.
    pub gate: Option<GateState>,
}

/// What one publication came to.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct PublishedCounts {
    pub dataset: String,
    pub run: String,
    pub version: i64,
    pub counts: Counts,
}

impl Ledger {
    /// All datasets, in one query.
    pub fn state(&mut self) -> Result<BTreeMap<String, LedgerDataset>> {
        let rows = self.backend.query(
            "SELECT d.name, d.published, g.state, g.question FROM dataset d LEFT JOIN gate g ON g.id = d.gate",
            &[],
        )?;
        let mut datasets = BTreeMap::new();
        for row in rows {
            let published = row.optional_text(1)?.map(|text| fold::parse(text, "a publication")).transpose()?;
            let gate = match (row.optional_text(2)?, row.optional_text(3)?) {
                (Some(state), Some(question)) => standing_gate(state, question)?,
                _ => None,
            };
            datasets.insert(row.text(0)?.to_owned(), LedgerDataset { published, gate });
        }
        Ok(datasets)
    }

    /// All files that the dataset has read, sorted by path.
    pub fn files(&mut self, dataset: &str) -> Result<Vec<FileRef>> {
        let rows =
            self.backend.query("SELECT body FROM file_chunk WHERE dataset = $1 ORDER BY part", &[dataset.into()])?;
        let mut read = Vec::new();
        for row in &rows {
            files::decode(row.text(0)?, &mut read)?;
        }
        files::merge(&mut read);
        Ok(read)
    }

    /// The files of all datasets that have read any, sorted by path.
    pub fn files_all(&mut self) -> Result<BTreeMap<String, Vec<FileRef>>> {
        let rows = self.backend.query("SELECT dataset, body FROM file_chunk ORDER BY dataset, part", &[])?;
        let mut datasets = BTreeMap::<String, Vec<FileRef>>::new();
        for row in &rows {
            files::decode(row.text(1)?, datasets.entry(row.text(0)?.to_owned()).or_default())?;
        }
        datasets.values_mut().for_each(files::merge);
        Ok(datasets)
    }

    /// The newest publication of each dataset, with its counts and verdicts: a `StagePublished` by dataset.
    pub fn publications(&mut self) -> Result<BTreeMap<String, Recorded>> {
        let rows = self.backend.query(
            "SELECT e.seq, e.time_ms, e.hash, e.body, d.name FROM dataset d JOIN event e ON e.seq = d.published_seq",
            &[],
        )?;
        rows.iter().map(|row| Ok((row.text(4)?.to_owned(), recorded(row)?))).collect()
    }

    /// How many rows came of the newest publication of each dataset; nothing else of what was published is read.
    pub fn published_counts(&mut self) -> Result<Vec<PublishedCounts>> {
        let rows = self
            .backend
            .query("SELECT e.body FROM dataset d JOIN event e ON e.seq = d.published_seq ORDER BY e.seq", &[])?;
        rows.iter().map(|row| fold::parse(row.text(0)?, "a publication")).collect()
    }

    /// Every publication of one dataset, in the order they happened.
    pub fn publications_of(&mut self, dataset: &str) -> Result<Vec<StagePublished>> {
        let rows = self.backend.query(
            "SELECT seq, time_ms, hash, body FROM event WHERE body LIKE '{\"event\":\"stage_published\"%' AND dataset = $1 ORDER BY seq",
            &[dataset.into()],
        )?;
        let mut publications = Vec::with_capacity(rows.len());
        for row in &rows {
            if let Event::StagePublished(event) = recorded(row)?.event {
                publications.push(*event);
            }
        }
        Ok(publications)
    }

    /// Every publication there was, in the order they happened.
    pub fn history(&mut self) -> Result<History> {
        // The folds do not keep old publications; the events do, and their bodies begin with their kind.
        let rows = self.backend.query(
            "SELECT seq, time_ms, hash, body FROM event WHERE body LIKE '{\"event\":\"stage_published\"%' ORDER BY seq",
            &[],
        )?;
        let mut publications = Vec::with_capacity(rows.len());
        for row in &rows {
            let Recorded { time_ms, event, .. } = recorded(row)?;
            if let Event::StagePublished(event) = event {
                publications.push(Publication { time_ms, event: *event });
            }
        }
        Ok(History::new(publications))
    }
}

fn standing_gate(state: &str, question: &str) -> Result<Option<GateState>> {
    let status = match state {
        "waiting" => GateStatus::Waiting,
        "approved" => GateStatus::Approved,
        "rejected" => GateStatus::Rejected,
        _ => return Ok(None),
    };
    let gate: GateState = fold::parse(question, "a gate's question")?;
    Ok(Some(GateState { state: status, ..gate }))
}
