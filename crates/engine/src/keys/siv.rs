//! AES-256-SIV (RFC 5297): the same value, key and header always give the same ciphertext, and nothing else is given away.

use aes::Aes256;
use aes::cipher::KeyInit;
use cmac::{Cmac, Mac};
use ctr::CtrCore;
use ctr::cipher::{InnerIvInit, StreamCipher, StreamCipherCoreWrapper};
use ctr::flavors::Ctr128BE;

const BLOCK: usize = 16;

/// The two halves of a key of 64 bytes, ready for use: for the synthetic initialisation vector, and for the counter mode.
pub(super) struct Siv {
    authenticating: Cmac<Aes256>,
    encrypting: Aes256,
    /// What S2V begins with, doubled: the same for every value.
    start: [u8; BLOCK],
}

impl Siv {
    pub fn new(key: [u8; 64]) -> Self {
        let (mut authenticating, mut encrypting) = ([0; 32], [0; 32]);
        authenticating.copy_from_slice(&key[..32]);
        encrypting.copy_from_slice(&key[32..]);
        let authenticating = <Cmac<Aes256> as Mac>::new(&authenticating.into());
        let start = doubled(mac(&authenticating, &[&[0; BLOCK]]));
        Self { authenticating, encrypting: Aes256::new(&encrypting.into()), start }
    }

    /// The vector, then the ciphertext.
    pub fn encrypt(&self, header: &[u8], value: &[u8]) -> Vec<u8> {
        let vector = self.vector(header, value);
        let mut sealed = Vec::with_capacity(BLOCK + value.len());
        sealed.extend_from_slice(&vector);
        sealed.extend_from_slice(value);
        self.count(&vector, &mut sealed[BLOCK..]);
        sealed
    }

    /// `None` when anything was changed.
    pub fn decrypt(&self, header: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (given, ciphertext) = sealed.split_at_checked(BLOCK)?;
        let mut vector = [0; BLOCK];
        vector.copy_from_slice(given);
        let mut value = ciphertext.to_vec();
        self.count(&vector, &mut value);
        let wanted = self.vector(header, &value);
        // All bytes are looked at, whichever differ.
        let differs = wanted.iter().zip(&vector).fold(0, |differs, (a, b)| differs | (a ^ b));
        (differs == 0).then_some(value)
    }

    /// S2V of one header and the value.
    fn vector(&self, header: &[u8], value: &[u8]) -> [u8; BLOCK] {
        let mut sum = self.start;
        xor(&mut sum, &self.mac(&[header]));
        match value.len().checked_sub(BLOCK) {
            Some(before) => {
                let mut last = [0; BLOCK];
                last.copy_from_slice(&value[before..]);
                xor(&mut last, &sum);
                self.mac(&[&value[..before], &last])
            }
            None => {
                let mut last = [0; BLOCK];
                last[..value.len()].copy_from_slice(value);
                last[value.len()] = 0x80;
                xor(&mut last, &doubled(sum));
                self.mac(&[&last])
            }
        }
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; BLOCK] {
        mac(&self.authenticating, parts)
    }

    fn count(&self, vector: &[u8; BLOCK], bytes: &mut [u8]) {
        let mut start = *vector;
        start[8] &= 0x7f;
        start[12] &= 0x7f;
        let core = CtrCore::<_, Ctr128BE>::inner_iv_init(self.encrypting.clone(), &start.into());
        StreamCipherCoreWrapper::from_core(core).apply_keystream(bytes);
    }
}

/// The key's schedule is made once; a value takes a copy of it.
fn mac(ready: &Cmac<Aes256>, parts: &[&[u8]]) -> [u8; BLOCK] {
    let mut mac = ready.clone();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// Times x in GF(2^128).
fn doubled(block: [u8; BLOCK]) -> [u8; BLOCK] {
    let number = u128::from_be_bytes(block);
    let carried = if number >> 127 == 1 { 0x87 } else { 0 };
    ((number << 1) ^ carried).to_be_bytes()
}

fn xor(sum: &mut [u8; BLOCK], other: &[u8; BLOCK]) {
    sum.iter_mut().zip(other).for_each(|(a, b)| *a ^= b);
}
