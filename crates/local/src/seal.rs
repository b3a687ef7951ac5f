//! Digests of unpublished files, so that others in their place are found out before they are published.

use engine::{Error, Kind, Result, Staged};
use futures::TryStreamExt;
use object_store::ObjectStoreExt;
use pipeline::gate::HeldFile;
use sha2::{Digest, Sha256};

use crate::{Local, error, publish};

/// Sorted by path; those of dead letters begin with `_dead_letters/`. An error when a file is gone.
pub(crate) async fn seal(local: &Local, staged: &Staged) -> Result<Vec<HeldFile>> {
    let mut sealed = Vec::new();
    for ((table, adds), folder) in publish::held(staged)?.into_iter().zip(["", "_dead_letters/"]) {
        let store = local.tables.log_store(&table)?.object_store(None);
        for add in adds {
            let failed = |e| match e {
                object_store::Error::NotFound { .. } => {
                    Error::new(Kind::Refused, format!("what a gate holds is gone: {}", add.path)).at(&table.url)
                }
                e => error::store("reading what a gate holds", e).at(&table.url),
            };
            let read = store.get(&object_store::path::Path::from(add.path.as_str())).await.map_err(failed)?;
            let (mut hasher, mut bytes) = (Sha256::new(), 0u64);
            let mut chunks = read.into_stream();
            while let Some(chunk) = chunks.try_next().await.map_err(failed)? {
                hasher.update(&chunk);
                bytes += chunk.len() as u64;
            }
            let sha256 = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            sealed.push(HeldFile { path: format!("{folder}{}", add.path), bytes, sha256 });
        }
    }
    sealed.sort();
    Ok(sealed)
}
