//! The hash chain: every event's hash covers the hash before it, so a change anywhere is found out from there on.

use sha2::{Digest, Sha256};

/// The hash before the first event.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The hash of one event, as 64 hex digits. `body` is the event's JSON exactly as it is stored; it comes last, and nothing before
/// it can hold a line end, so no two events have the same hashed text.
pub fn link(previous: &str, seq: u64, time_ms: i64, body: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(format!("{previous}\n{seq}\n{time_ms}\n"));
    hasher.update(body);
    hex(&hasher.finalize())
}

/// As 64 hex digits.
pub fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}
