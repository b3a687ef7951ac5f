//! Keys, and what is done with them: keyed hashes, encryption with and without equality, tokens, noise.
//!
//! A key is 32 bytes or more. It is never used itself: for each purpose and domain a key of its own is derived from it
//! (HMAC-SHA-256 over the purpose, the domain and a counter, the counter mode of NIST SP 800-108). Encrypted values say
//! how and with which key they were made:
//!
//! ```text
//!  ps1:<key id>:<domain>:<base64url of SIV and ciphertext>      AES-256-SIV (RFC 5297)
//!  pg1:<key id>:<domain>:<base64url of nonce, ciphertext, tag>   AES-256-GCM, random nonce
//! ```
//!
//! What stands before the last colon is authenticated too.

mod cipher;
mod key;
mod siv;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use contract::Protection;

pub use cipher::{Envelope, Opened, Resealed, Resealer, Sealer};
pub use key::Key;

use crate::error::{Error, Kind, Result};

/// The domain of values that no contract gives another one.
pub const DOMAIN: &str = "default";
/// The domain of the raw forms of dead letters.
pub const DEAD_LETTERS: &str = "dead-letters";
/// The domain of raw forms that are no UTF-8 text.
pub const DEAD_LETTERS_BYTES: &str = "dead-letters-bytes";
/// The domain in which the vault keeps the values of tokens.
pub const VAULT: &str = "vault";

/// The keys of a project, by id.
#[derive(Clone)]
pub struct Keys {
    present: Option<String>,
    /// Each is fetched when it is first needed. One that could not be had stands here with the reason.
    keys: Arc<BTreeMap<String, OnceLock<Result<Key, String>>>>,
    fetch: Arc<Fetch>,
}

/// The key of an id, or why it cannot be had.
type Fetch = dyn Fn(&str) -> Result<Key, String> + Send + Sync;

impl Default for Keys {
    fn default() -> Self {
        Self::new(None, BTreeMap::new())
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("present", &self.present).field("ids", &self.ids().collect::<Vec<_>>()).finish()
    }
}

impl Keys {
    /// `present` is the id of the one that new values are protected with.
    pub fn new(present: Option<String>, keys: BTreeMap<String, Result<Key, String>>) -> Self {
        let ids: Vec<String> = keys.keys().cloned().collect();
        Self::fetched(present, ids, move |id| keys.get(id).cloned().unwrap_or_else(|| Err("nobody has it".to_owned())))
    }

    /// Keys that are fetched by their id, each once, when it is first needed.
    pub fn fetched(
        present: Option<String>,
        ids: impl IntoIterator<Item = String>,
        fetch: impl Fn(&str) -> Result<Key, String> + Send + Sync + 'static,
    ) -> Self {
        let keys = ids.into_iter().map(|id| (id, OnceLock::new())).collect();
        Self { present, keys: Arc::new(keys), fetch: Arc::new(fetch) }
    }

    /// Whether there is one that new values are protected with.
    pub fn has_present(&self) -> bool {
        self.present.as_ref().is_some_and(|id| self.keys.contains_key(id))
    }

    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    pub fn get(&self, id: &str) -> Result<&Key> {
        match self.keys.get(id).map(|key| key.get_or_init(|| (self.fetch)(id))) {
            Some(Ok(key)) => Ok(key),
            Some(Err(why)) => Err(Error::new(Kind::Input, format!("the key `{id}` cannot be had: {why}"))
                .at("plimsoll.toml")
                .help("nothing was read; see [privacy.keys] in plimsoll.toml")),
            None => Err(Error::new(Kind::Input, format!("there is no key `{id}`"))
                .at("plimsoll.toml")
                .help("declare it under [privacy.keys]; a value that it encrypted cannot be read without it")),
        }
    }

    /// The key that new values are protected with.
    pub fn present(&self) -> Result<(&str, &Key)> {
        let id = self.present.as_deref().ok_or_else(|| {
            Error::new(Kind::Input, "the project has no key to protect values with")
                .at("plimsoll.toml")
                .help("declare one under [privacy.keys], for example k1 = { env = \"PLIMSOLL_KEY\" }")
        })?;
        Ok((id, self.get(id)?))
    }

    /// The key that is declared under this id, otherwise the present one.
    pub fn named<'a>(&'a self, id: Option<&'a str>) -> Result<(&'a str, &'a Key)> {
        match id {
            Some(id) => Ok((id, self.get(id)?)),
            None => self.present(),
        }
    }

    /// The key of a protection.
    pub fn of<'a>(&'a self, protection: &'a Protection) -> Result<(&'a str, &'a Key)> {
        self.named(protection.key.as_deref())
    }

    /// The value that an encrypted text stands for; `None` when it is no such text.
    pub fn open(&self, text: &str) -> Result<Option<Opened>> {
        let Some(envelope) = Envelope::of(text) else { return Ok(None) };
        let key = self.get(envelope.key)?;
        envelope.open(key).map(Some).ok_or_else(|| {
            Error::new(Kind::Input, format!("a value encrypted with the key `{}` cannot be read with it", envelope.key))
                .help("the key has the same id and is another one, or the value was changed")
        })
    }
}

#[cfg(test)]
mod tests;
