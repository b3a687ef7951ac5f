//! Encryption of values, and the texts that encrypted values are.

use std::collections::HashMap;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng;

use super::Key;
use super::siv::Siv;

const SIV: &str = "ps1";
const GCM: &str = "pg1";
const NONCE_BYTES: usize = 12;

/// Encrypts the values of one domain with one key.
pub struct Sealer {
    header: String,
    cipher: Cipher,
}

enum Cipher {
    Siv(Box<Siv>),
    Gcm(Box<Aes256Gcm>),
}

impl Sealer {
    /// Equal values become equal texts.
    pub fn equal(id: &str, key: &Key, domain: &str) -> Self {
        Self { header: format!("{SIV}:{id}:{domain}"), cipher: siv(key, domain) }
    }

    /// Each value becomes another text every time.
    pub fn random(id: &str, key: &Key, domain: &str) -> Self {
        Self { header: format!("{GCM}:{id}:{domain}"), cipher: gcm(key, domain) }
    }

    /// `None` only for a value that is too long for the cipher.
    pub fn seal(&self, value: &[u8]) -> Option<String> {
        let body = match &self.cipher {
            Cipher::Siv(cipher) => cipher.encrypt(self.header.as_bytes(), value),
            Cipher::Gcm(cipher) => {
                let nonce: [u8; NONCE_BYTES] = rand::rng().random();
                let payload = Payload { msg: value, aad: self.header.as_bytes() };
                let sealed = cipher.encrypt(Nonce::from_slice(&nonce), payload).ok()?;
                [nonce.as_slice(), &sealed].concat()
            }
        };
        let mut text = String::with_capacity(self.header.len() + 1 + body.len() * 4 / 3 + 4);
        text.push_str(&self.header);
        text.push(':');
        URL_SAFE_NO_PAD.encode_string(body, &mut text);
        Some(text)
    }
}

/// An encrypted value as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope<'t> {
    pub key: &'t str,
    pub domain: &'t str,
    /// Whether equal values are equal texts.
    pub is_equal: bool,
    header: &'t str,
    body: &'t str,
}

/// A value that was encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub domain: String,
    pub value: Vec<u8>,
}

impl<'t> Envelope<'t> {
    pub fn of(text: &'t str) -> Option<Self> {
        let is_equal = match text.get(..4)? {
            "ps1:" => true,
            "pg1:" => false,
            _ => return None,
        };
        let (header, body) = text.rsplit_once(':')?;
        let mut parts = header.splitn(3, ':').skip(1);
        let (key, domain) = (parts.next()?, parts.next()?);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        (!body.is_empty() && body.bytes().all(plain) && !domain.contains(':')).then_some(Self {
            key,
            domain,
            is_equal,
            header,
            body,
        })
    }

    /// `None` when the key is another one, or the text was changed.
    pub fn open(&self, key: &Key) -> Option<Opened> {
        self.open_with(&self.cipher(key))
    }

    fn cipher(&self, key: &Key) -> Cipher {
        if self.is_equal { siv(key, self.domain) } else { gcm(key, self.domain) }
    }

    fn open_with(&self, cipher: &Cipher) -> Option<Opened> {
        let body = URL_SAFE_NO_PAD.decode(self.body).ok()?;
        let value = match cipher {
            Cipher::Siv(cipher) => cipher.decrypt(self.header.as_bytes(), &body)?,
            Cipher::Gcm(cipher) => {
                let (nonce, sealed) = body.split_at_checked(NONCE_BYTES)?;
                let payload = Payload { msg: sealed, aad: self.header.as_bytes() };
                cipher.decrypt(Nonce::from_slice(nonce), payload).ok()?
            }
        };
        Some(Opened { domain: self.domain.to_owned(), value })
    }
}

/// Takes values from one key to another. The ciphers of each domain are made once.
pub struct Resealer<'k> {
    from: (&'k str, &'k Key),
    to: (&'k str, &'k Key),
    ciphers: HashMap<(bool, String), (Cipher, Sealer)>,
}

/// What became of a text.
#[derive(Debug, PartialEq, Eq)]
pub enum Resealed {
    Sealed(String),
    /// It is not encrypted with the key.
    Other,
    /// It says that it is, and cannot be opened with it.
    Unreadable,
}

impl<'k> Resealer<'k> {
    pub fn new(from: (&'k str, &'k Key), to: (&'k str, &'k Key)) -> Self {
        Self { from, to, ciphers: HashMap::new() }
    }

    pub fn reseal(&mut self, text: &str) -> Resealed {
        let Some(envelope) = Envelope::of(text).filter(|envelope| envelope.key == self.from.0) else {
            return Resealed::Other;
        };
        let (is_equal, domain) = (envelope.is_equal, envelope.domain);
        let (cipher, sealer) = self.ciphers.entry((is_equal, domain.to_owned())).or_insert_with(|| {
            let (id, key) = self.to;
            let sealer = if is_equal { Sealer::equal(id, key, domain) } else { Sealer::random(id, key, domain) };
            (envelope.cipher(self.from.1), sealer)
        });
        let sealed = envelope.open_with(cipher).and_then(|opened| sealer.seal(&opened.value));
        sealed.map_or(Resealed::Unreadable, Resealed::Sealed)
    }
}

fn siv(key: &Key, domain: &str) -> Cipher {
    Cipher::Siv(Box::new(Siv::new(key.derived::<64>("siv", domain))))
}

fn gcm(key: &Key, domain: &str) -> Cipher {
    Cipher::Gcm(Box::new(Aes256Gcm::new(&key.derived::<32>("gcm", domain).into())))
}
