//! Keys and ciphers: what goes in comes out, and with nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn key(seed: u8) -> Key {
    let bytes: Vec<String> = (0..32_u8).map(|at| format!("{:02x}", at.wrapping_mul(7).wrapping_add(seed))).collect();
    Key::parse(&bytes.concat()).unwrap()
}

fn keys() -> Keys {
    let all = [("k1", Ok(key(1))), ("k2", Ok(key(2))), ("k3", Err("the variable K3 is not set".to_owned()))];
    Keys::new(Some("k1".into()), all.into_iter().map(|(id, key)| (id.to_owned(), key)).collect())
}

#[test]
fn a_key_is_fetched_when_it_is_needed_and_once() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let fetched = Arc::new(AtomicUsize::new(0));
    let count = fetched.clone();
    let ids = ["k1".to_owned(), "k2".to_owned()];
    let keys = Keys::fetched(Some("k1".into()), ids, move |id| {
        count.fetch_add(1, Ordering::Relaxed);
        if id == "k1" { Ok(key(1)) } else { Err("not today".to_owned()) }
    });
    assert_eq!(keys.ids().collect::<Vec<_>>(), ["k1", "k2"]);
    assert_eq!(fetched.load(Ordering::Relaxed), 0);
    for keys in [keys.clone(), keys] {
        assert_eq!(keys.present().unwrap().0, "k1");
        assert!(keys.get("k2").unwrap_err().to_string().contains("not today"));
    }
    assert_eq!(fetched.load(Ordering::Relaxed), 2);
}

#[test]
fn a_key_is_hex_or_base64_and_long_enough() {
    let hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let base64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    assert_eq!(Key::parse(hex), Key::parse(base64));
    assert_eq!(Key::parse(&format!(" {base64}\n")), Key::parse(hex));
    for (text, wanted) in [
        ("", "empty"),
        ("deadbeef", "4 bytes"),
        ("not a key!", "neither"),
        (&"00".repeat(32), "the same"),
        (&hex.repeat(40), "longer"),
    ] {
        assert!(Key::parse(text).unwrap_err().contains(wanted), "{text}");
    }
    assert_eq!(format!("{:?}", key(1)), "Key(…)");
}

#[test]
fn hashes_depend_on_key_domain_and_value() {
    let hash = key(1).hash("a", b"ada");
    assert_eq!(hash.len(), 64);
    assert_eq!(hash, key(1).hash("a", b"ada"));
    let others = [key(2).hash("a", b"ada"), key(1).hash("b", b"ada"), key(1).hash("a", b"adb")];
    assert!(others.iter().all(|other| *other != hash));
    assert!(key(1).token("a", b"ada").starts_with("tok_"));
    assert!(!hash.contains(&key(1).token("a", b"ada")[4..]));
    assert_ne!(key(1).check(), key(2).check());
    let shares: Vec<f64> = (0..1000_u32).map(|at| key(1).shares("a")(&at.to_le_bytes())).collect();
    assert!(shares.iter().all(|share| *share > 0.0 && *share < 1.0));
    assert!((shares.iter().sum::<f64>() / 1000.0 - 0.5).abs() < 0.05);
}

/// RFC 4231, test case 2, to hold the construction to the standard.
#[test]
fn hmac_is_that_of_the_standard() {
    use hmac::{Hmac, Mac};
    let mut mac = <Hmac<sha2::Sha256> as Mac>::new_from_slice(b"Jefe").unwrap();
    mac.update(b"what do ya want for nothing?");
    let text = super::key::hex_text(&mac.finalize().into_bytes());
    assert_eq!(text, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

#[test]
fn sealed_values_open_with_their_key_alone() {
    let keys = keys();
    for random in [false, true] {
        let sealed = |id: &str, domain: &str, value: &[u8]| {
            let key = keys.get(id).unwrap();
            let sealer = if random { Sealer::random(id, key, domain) } else { Sealer::equal(id, key, domain) };
            sealer.seal(value).unwrap()
        };
        for value in [&b""[..], b"a", "Zo\u{eb} \u{1f600}".as_bytes(), &[0xff; 1000]] {
            let text = sealed("k1", "d", value);
            assert_eq!(keys.open(&text).unwrap().unwrap(), Opened { domain: "d".into(), value: value.to_vec() });
        }
        let text = sealed("k1", "d", b"ada");
        assert_eq!(text == sealed("k1", "d", b"ada"), !random);
        // Another key under the same id, another domain, a changed text.
        assert!(Envelope::of(&text).unwrap().open(&key(9)).is_none());
        assert!(keys.open(&text.replace(":d:", ":e:")).is_err());
        assert!(keys.open(&text.replace(":k1:", ":k2:")).is_err());
        let mut bytes = text.clone().into_bytes();
        let middle = text.len() - 5;
        bytes[middle] = if bytes[middle] == b'A' { b'B' } else { b'A' };
        assert!(keys.open(&String::from_utf8(bytes).unwrap()).is_err());
        assert!(
            keys.open(&sealed("k1", "d", b"ada").replace(":k1:", ":k9:")).unwrap_err().message.contains("no key `k9`")
        );
    }
    for text in
        ["", "ada", "ps1:", "ps1:k1", "ps1:k1:d", "ps1:k1:d:", "ps1:k1:d:a b", "ps1:k1:d:e:AAAA", "\u{e9}s1:k:d:x"]
    {
        assert!(keys.open(text).unwrap().is_none(), "{text}");
    }
}

#[test]
fn a_missing_key_says_why() {
    assert!(keys().get("k3").unwrap_err().message.contains("K3 is not set"));
    assert!(Keys::default().present().unwrap_err().help.unwrap().contains("[privacy.keys]"));
}

/// Made with another implementation, with the key 00 01 … 3f.
#[test]
fn siv_is_that_of_the_standard() {
    let key: [u8; 64] = std::array::from_fn(|at| at as u8);
    let siv = super::siv::Siv::new(key);
    let long = b"a value that is longer than one block of the cipher";
    let cases: [(&[u8], &[u8], &str); 4] = [
        (b"header", b"Ada", "990ae0508c11cc42c65433a751436ac4f60266"),
        (b"", b"0123456789abcdef", "8ba03311101c886db60895317baa3c19da4ec84035679393050180b7899f3fdd"),
        (
            b"ps1:k1:d",
            long,
            "db0d43aa9f2c46b03b8fc81728750d07d798acdc5b94c341e83348b35b4cfffc27a7ec714a106943a52e663b79e5dbff9bf5171da1d1\
             e3908915481cb6f50edffe0aa4",
        ),
        (b"h", &[b'x'; 15], "4b6aac0798feb7d84e295ebf71d79b5a523d9309d8ed00d121f49cea45166a"),
    ];
    for (header, value, wanted) in cases {
        let sealed = siv.encrypt(header, value);
        assert_eq!(super::key::hex_text(&sealed), wanted);
        assert_eq!(siv.decrypt(header, &sealed).as_deref(), Some(value));
        assert_eq!(siv.decrypt(b"other", &sealed), None);
        assert_eq!(siv.decrypt(header, &sealed[..15]), None);
    }
}
