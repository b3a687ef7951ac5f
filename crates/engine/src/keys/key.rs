//! One key: its text form, and what is derived from it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Bytes that a key has at least.
const BYTES_MIN: usize = 32;
const BYTES_MAX: usize = 1024;

/// Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Vec<u8>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// From 32 bytes or more, as hex digits or base64; white space around it does not count.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        let bytes = hex(text).or_else(|| {
            [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].iter().find_map(|engine| engine.decode(text).ok())
        });
        match bytes {
            None => Err("it is neither hex digits nor base64".to_owned()),
            Some(bytes) if bytes.len() < BYTES_MIN => {
                Err(format!("it has {} bytes, and a key has at least {BYTES_MIN}", bytes.len()))
            }
            Some(bytes) if bytes.len() > BYTES_MAX => Err(format!("it is longer than {BYTES_MAX} bytes")),
            Some(bytes) if bytes.iter().all(|byte| *byte == bytes[0]) => Err("all its bytes are the same".to_owned()),
            Some(bytes) => Ok(Self(bytes)),
        }
    }

    /// A key that nobody has, as text: 32 bytes from the system's generator.
    pub fn fresh() -> String {
        use rand::Rng;
        hex_text(&rand::rng().random::<[u8; 32]>())
    }

    /// Eight hex digits by which a table remembers which key it was written with.
    pub fn check(&self) -> String {
        hex_text(&self.derived::<32>("check", "")[..4])
    }

    /// Of a single value.
    pub fn hash(&self, domain: &str, value: &[u8]) -> String {
        self.hashes(domain)(value)
    }

    /// Of a single value.
    pub fn token(&self, domain: &str, value: &[u8]) -> String {
        self.tokens(domain)(value)
    }

    /// HMAC-SHA-256 of values as 64 hex digits.
    pub fn hashes(&self, domain: &str) -> impl Fn(&[u8]) -> String + use<> {
        let hasher = Hasher::new(self, "hash", domain);
        move |value| hex_text(&hasher.of(value))
    }

    /// `tok_` and 32 hex digits. The same value always has the same token, so that two stages need not agree on one.
    pub fn tokens(&self, domain: &str) -> impl Fn(&[u8]) -> String + use<> {
        let hasher = Hasher::new(self, "token", domain);
        move |value| format!("tok_{}", hex_text(&hasher.of(value)[..16]))
    }

    /// Numbers between 0 and 1, both exclusive, that only the key and the value decide.
    pub fn shares(&self, domain: &str) -> impl Fn(&[u8]) -> f64 + use<> {
        let hasher = Hasher::new(self, "noise", domain);
        move |value| {
            let hash = hasher.of(value);
            let mut eight = [0; 8];
            eight.copy_from_slice(&hash[..8]);
            // 53 bits are what a double holds.
            ((u64::from_le_bytes(eight) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
        }
    }

    /// The key of one file of a table that is encrypted as a whole; `salt` stands in the file.
    pub fn of_file(&self, salt: &str) -> [u8; 32] {
        self.derived::<32>("parquet", salt)
    }

    /// Bytes for one purpose.
    pub(super) fn derived<const N: usize>(&self, purpose: &str, domain: &str) -> [u8; N] {
        let mut out = [0; N];
        for (counter, block) in out.chunks_mut(32).enumerate() {
            let mut mac = mac(&self.0);
            mac.update(&u32::try_from(counter).unwrap_or(u32::MAX).to_be_bytes());
            mac.update(format!("plimsoll/1/{purpose}/{domain}").as_bytes());
            block.copy_from_slice(&mac.finalize().into_bytes()[..block.len()]);
        }
        out
    }
}

/// HMAC-SHA-256 under a derived key.
struct Hasher(Hmac<Sha256>);

impl Hasher {
    fn new(key: &Key, purpose: &str, domain: &str) -> Self {
        Self(mac(&key.derived::<32>(purpose, domain)))
    }

    fn of(&self, value: &[u8]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(value);
        mac.finalize().into_bytes().into()
    }
}

/// HMAC takes keys of any length.
fn mac(key: &[u8]) -> Hmac<Sha256> {
    <Hmac<Sha256> as Mac>::new_from_slice(key).unwrap_or_else(|_| <Hmac<Sha256> as Mac>::new(&[0; 64].into()))
}

fn hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

pub(super) fn hex_text(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}
