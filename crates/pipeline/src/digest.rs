//! SHA-256 over a value's JSON: the one way in which this crate makes definitions, positions and fingerprints comparable.

use std::io;

use serde::Serialize;
use sha2::{Digest, Sha256};

/// `sha256:` and 64 hex digits. Fields count in the order of their declaration; maps must be ordered ones.
pub(crate) fn of(value: &impl Serialize) -> String {
    let mut hasher = Hasher(Sha256::new());
    if let Err(error) = serde_json::to_writer(&mut hasher, value) {
        // Only a map whose keys are not texts could fail here, and none of the values that are hashed has one.
        hasher.0.update(error.to_string());
    }
    finish(hasher.0)
}

pub(crate) fn finish(hasher: Sha256) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(71);
    text.push_str("sha256:");
    for byte in hasher.finalize() {
        text.push(char::from(HEX[usize::from(byte >> 4)]));
        text.push(char::from(HEX[usize::from(byte & 15)]));
    }
    text
}

struct Hasher(Sha256);

impl io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
