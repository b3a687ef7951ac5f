//! Files looked at where they lie: [`engine::Probe`] for every format.
//!
//! Nothing about the columns stops a look: what is missing, unknown or of another type is a fact that the caller judges.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use contract::{Dataset, DriftPolicy};
use engine::probe::{Data, Facts, Format, Look, Stored, TableLook};
use engine::{Drift, Error, Kind, Probe, Result};
use pipeline::FileRef;

use super::{Files, arrow_ipc, avro, list, parquet, typed};

mod text;

#[async_trait]
impl Probe for Files {
    async fn files(&self, pattern: &str) -> Result<Vec<FileRef>> {
        list::list(&self.stores, pattern).await
    }

    async fn open(&self, look: Look) -> Result<Arc<dyn Data>> {
        if look.partitions == 0 || look.batch_rows == 0 {
            return Err(Error::new(Kind::Bug, "a look needs at least one stream and one row per batch"));
        }
        let total = look.files.iter().map(|file| file.size).sum();
        look.progress.bytes_total.fetch_add(total, Ordering::Relaxed);
        let look = Look { dataset: Arc::new(open_minded(&look.dataset)), ..look };
        match &look.format {
            Format::Csv { .. } | Format::Ndjson | Format::Json => text::open(self, look).await,
            Format::Parquet => parquet::probe::open(Arc::clone(&self.stores), look).await,
            Format::Arrow => typed::open::<arrow_ipc::Ipc>(Arc::clone(&self.stores), look).await,
            Format::Avro => typed::open::<avro::Avro>(Arc::clone(&self.stores), look).await,
        }
    }

    async fn open_table(&self, look: TableLook) -> Result<Arc<dyn Data>> {
        crate::postgres::open(Arc::clone(&self.databases), look).await
    }
}

/// The dataset with the one policy that lets every difference pass and tells it.
fn open_minded(dataset: &Dataset) -> Dataset {
    Dataset { drift: DriftPolicy::Gate, ..dataset.clone() }
}

/// What the files' differences from the contract say about its columns. `types` says nothing yet.
pub(super) fn facts(dataset: &Dataset, files: &[FileRef], drift: &[Drift]) -> Facts {
    let columns = dataset.columns.iter().map(|column| {
        let missing_in: Vec<String> = drift
            .iter()
            .filter(|drift| drift.kind == "missing" && drift.column == column.name)
            .map(|drift| drift.file.clone())
            .collect();
        let everywhere = missing_in.len() >= files.len() && !files.is_empty();
        (!everywhere).then(|| Stored {
            name: column.source_name.clone(),
            types: None,
            statistics: Default::default(),
            missing_in,
        })
    });
    let mut extra: Vec<(String, Option<String>)> = Vec::new();
    for found in drift.iter().filter(|drift| drift.kind == "extra") {
        if extra.iter().all(|(name, _)| *name != found.column) {
            extra.push((found.column.clone(), None));
        }
    }
    Facts {
        columns: columns.collect(),
        extra,
        rows: None,
        files: files.iter().map(|file| file.path.clone()).collect(),
        order: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
