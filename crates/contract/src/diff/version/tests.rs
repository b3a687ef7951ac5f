//! Versions are raised in their own spelling.

use super::super::Bump::{Major, Minor, None as Nothing, Patch};
use super::raised;

#[test]
fn versions_are_raised() {
    for (old, needed, expected) in [
        ("1.2.3", Major, Some("2.0.0")),
        ("1.2.3", Minor, Some("1.3.0")),
        ("1.2.3", Patch, Some("1.2.4")),
        ("1.2.3", Nothing, None),
        ("1.2", Major, Some("2.0")),
        ("1.2", Minor, Some("1.3")),
        ("1.2", Patch, Some("1.2.1")),
        ("1", Major, Some("2")),
        ("v1.2.3", Minor, Some("v1.3.0")),
        ("0.4.1", Major, Some("0.5.0")),
        ("1.3.0-rc.1", Patch, Some("1.3.0")),
        ("banana", Major, None),
    ] {
        assert_eq!(raised(old, needed).as_deref(), expected, "{old} {needed:?}");
    }
}
