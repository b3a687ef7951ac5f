//! Addresses are read, and never shown with a password.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use engine::Kind;

use crate::{Ledger, Location};

#[test]
fn addresses() {
    let cases = [
        ("sqlite:.plimsoll/ledger.db", "sqlite:/project/.plimsoll/ledger.db"),
        ("sqlite:/var/ledger.db", "sqlite:/var/ledger.db"),
        ("sqlite:///var/ledger.db", "sqlite:/var/ledger.db"),
        ("postgres://ada:s3cret@db.example.org:5433/prod", "postgres://ada@db.example.org:5433/prod"),
        ("postgresql://ada@db/prod?password=s3cret", "postgres://ada@db:5432/prod"),
    ];
    for (url, shown) in cases {
        let location = Location::parse(url, Path::new("/project")).unwrap();
        assert_eq!(location.to_string(), shown);
        assert_eq!(format!("{location:?}"), format!("Location({shown})"));
    }
}

#[test]
fn no_error_tells_a_password() {
    let urls = [
        "mysql://ada:s3cret@db/prod",
        "postgres://ada:s3cret@db:port/prod",
        "postgres://ada:s3cret@db/prod?sslmode=require",
        "postgres://ada:s3cret@127.0.0.1:1/prod",
        "postgres://ada:s3cret@127.0.0.1:1/prod?nonsense=s3cret",
        "ada:s3cret",
        "sqlite:",
    ];
    for url in urls {
        let error = Ledger::open(url, Path::new("")).err().unwrap();
        let told = format!("{error} {error:?} {:?} {:?}", error.place, error.help);
        assert!(!told.contains("s3cret"), "{told}");
        let due = if url.ends_with(":1/prod") { Kind::Outside } else { Kind::Input };
        assert_eq!(error.kind, due, "{told}");
    }
}
