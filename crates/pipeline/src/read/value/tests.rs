//! Units, in and out of bounds.

use super::*;

#[test]
fn sizes() {
    let cases = [
        ("512 MiB", Some(512 << 20)),
        ("512MiB", Some(512 << 20)),
        ("1.5 GiB", Some(3 << 29)),
        ("2 GB", Some(2_000_000_000)),
        ("100", Some(100)),
        ("100 b", Some(100)),
        ("many", None),
        ("-1 MiB", None),
        ("1e3 MiB", None),
        ("12 parsecs", None),
        ("1.2.3 MiB", None),
        ("99999999999 TiB", None),
        ("", None),
    ];
    for (text, expected) in cases {
        assert_eq!(bytes(text), expected, "{text}");
    }
}

#[test]
fn durations() {
    let cases = [
        ("200ms", Some(200)),
        ("3s", Some(3_000)),
        ("0.5s", Some(500)),
        ("2 min", Some(120_000)),
        ("1h", Some(3_600_000)),
        ("3d", Some(259_200_000)),
        ("3", None),
        ("s", None),
        ("3 weeks", None),
    ];
    for (text, expected) in cases {
        assert_eq!(milliseconds(text), expected, "{text}");
    }
}

#[test]
fn shares() {
    let cases = [
        ("5%", Some(0.05)),
        ("0 %", Some(0.0)),
        ("100%", Some(1.0)),
        ("101%", None),
        ("5", None),
        ("-1%", None),
        ("%", None),
    ];
    for (text, expected) in cases {
        assert_eq!(percent(text), expected, "{text}");
    }
}
