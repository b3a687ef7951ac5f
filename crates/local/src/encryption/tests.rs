//! Names that say with which key a file is encrypted.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use engine::keys::{Key, Keys};

use super::{Decrypting, TableKey, checks, key_of};

fn key(seed: u8) -> Key {
    let bytes: Vec<String> = (0..32_u8).map(|at| format!("{:02x}", at.wrapping_mul(5).wrapping_add(seed))).collect();
    Key::parse(&bytes.concat()).unwrap()
}

#[test]
fn a_name_says_which_key() {
    for id in ["k1", "2026.k-1_b", "encrypted"] {
        let name = TableKey::new(id, &key(1)).file_name();
        assert_eq!(key_of(&name), Some(id));
        assert_eq!(key_of(&format!("day=2013-11-08/{name}")), Some(id));
    }
    for open in ["part-0199b6b5-6f7a-7c00-8000-000000000000.parquet", "x.encrypted.parquet", "", ".encrypted.parquet"] {
        assert_eq!(key_of(open), None, "{open}");
    }
}

#[test]
fn no_two_files_have_the_same_key_and_the_keeper_of_the_key_finds_each() {
    let table = TableKey::new("k1", &key(1));
    let (one, other) = (table.properties().unwrap(), table.properties().unwrap());
    assert_ne!(one.footer_key(), other.footer_key());
    let keys = Keys::new(Some("k1".into()), BTreeMap::from([("k1".to_owned(), Ok(key(1)))]));
    let decrypting = Decrypting::new(&keys).unwrap();
    for file in [one, other] {
        let metadata = file.footer_key_metadata().unwrap();
        assert_eq!(decrypting.properties.footer_key(Some(metadata)).unwrap().as_ref(), file.footer_key());
    }
    assert!(decrypting.properties.footer_key(Some(b"pm1:k2:00")).is_err());
    assert!(decrypting.properties.footer_key(Some(b"something else")).is_err());
}

#[test]
fn the_property_keeps_what_other_files_were_written_with() {
    let first = TableKey::new("k1", &key(1)).property(None);
    let both = checks(&TableKey::new("k2", &key(2)).property(Some(&first)));
    assert_eq!(both.keys().collect::<Vec<_>>(), ["k1", "k2"]);
    assert_ne!(both["k1"], both["k2"]);
}
