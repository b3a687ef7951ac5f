//! Raw forms of refused rows, encrypted: a record that could not be read may have a protected value anywhere, so each is sealed
//! as a whole.

use std::sync::Arc;

use contract::Dataset;
use contract::privacy::Care;
use engine::Result;
use engine::keys::{DEAD_LETTERS, DEAD_LETTERS_BYTES, Key, Keys, Sealer};

use crate::protect;

/// Seals the dead letters of one dataset with the project's present key.
pub(crate) struct Seal {
    key: Key,
    texts: Sealer,
    bytes: Sealer,
}

impl Seal {
    /// Of a dataset with protected columns there must be a key. One whose columns are only classified is sealed where there is
    /// one: its table holds their values in the clear, for those who may see it, but whoever mends rows need not be one of them.
    pub fn of(dataset: &Dataset, keys: &Keys) -> Result<Option<Arc<Self>>> {
        let privacy = || dataset.columns.iter().map(|column| &column.privacy);
        let is_protected = dataset.encryption.is_some() || privacy().any(|privacy| privacy.protection.is_some());
        let is_sealed = privacy().any(|privacy| privacy.care == Some(Care::Sealed));
        if !(is_protected || is_sealed && keys.has_present()) {
            return Ok(None);
        }
        let (id, key) = keys.present().map_err(|e| e.at(dataset.name.clone()))?;
        let sealer = |domain| Sealer::random(id, key, domain);
        Ok(Some(Arc::new(Self { key: key.clone(), texts: sealer(DEAD_LETTERS), bytes: sealer(DEAD_LETTERS_BYTES) })))
    }

    /// The raw form as it is kept.
    pub fn raw(&self, raw: &[u8]) -> Result<String> {
        let sealer = if std::str::from_utf8(raw).is_ok() { &self.texts } else { &self.bytes };
        protect::seal(sealer, raw)
    }

    /// Sixteen hex digits that only the holder of the key can try out.
    pub fn identity(&self, bytes: &[u8]) -> String {
        self.key.hash(DEAD_LETTERS, bytes).chars().take(16).collect()
    }
}
