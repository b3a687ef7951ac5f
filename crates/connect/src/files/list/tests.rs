//! Globs and what they name; two listings and what changed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;

use engine::Kind;
use pipeline::FileRef;

use super::{Comparison, compare, list};
use crate::files::store::Stores;

#[tokio::test]
async fn globs() {
    let folder = tempfile::tempdir().unwrap();
    let names = [
        "a.csv",
        "b.csv.gz",
        ".hidden.csv",
        "_part.csv",
        "c.csv.tmp",
        "deep/d.csv",
        "deep/er/e.csv",
        "_log/f.csv",
        "w[1].csv",
    ];
    for name in names {
        let path = folder.path().join("in").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
    let stores = Stores::new(folder.path(), &BTreeMap::new(), &|_| None);
    let cases: [(&str, &[&str]); 8] = [
        ("in/*.csv", &["in/a.csv", "in/w[1].csv"]),
        ("./in/*", &["in/a.csv", "in/b.csv.gz", "in/w[1].csv"]),
        ("in/**/*.csv", &["in/a.csv", "in/deep/d.csv", "in/deep/er/e.csv", "in/w[1].csv"]),
        ("in/*/*.csv", &["in/deep/d.csv"]),
        ("in/{a.csv,b.csv.gz}", &["in/a.csv", "in/b.csv.gz"]),
        ("in/w[1].csv", &["in/w[1].csv"]),
        ("in/a.csv", &["in/a.csv"]),
        ("nowhere/*.csv", &[]),
    ];
    for (pattern, expected) in cases {
        let found: Vec<String> = list(&stores, pattern).await.unwrap().into_iter().map(|file| file.path).collect();
        assert_eq!(found, expected, "{pattern}");
    }
    let cases = [
        ("in/none.csv", Kind::Refused),
        ("in/deep", Kind::Input),
        ("in/[.csv", Kind::Input),
        ("ftp://x/*.csv", Kind::Input),
    ];
    for (pattern, kind) in cases {
        let error = list(&stores, pattern).await.err().unwrap();
        assert!(error.kind == kind && error.help.is_some(), "{pattern}: {error}");
    }
}

#[test]
fn comparisons() {
    let file = |path: &str, size, modified_ms, hash: Option<&str>| FileRef {
        path: path.into(),
        size,
        modified_ms,
        hash: hash.map(Into::into),
    };
    let before = [
        file("a", 1, 1, None),
        file("b", 1, 1, None),
        file("c", 1, 1, None),
        file("d", 1, 1, Some("x")),
        file("e", 1, 1, Some("x")),
    ];
    let now = [
        file("a", 1, 1, None),
        file("b", 1, 2, None),
        file("d", 1, 9, Some("x")),
        file("e", 1, 1, Some("y")),
        file("f", 1, 1, None),
    ];
    let expected = Comparison {
        new: vec![now[4].clone()],
        candidates: vec![now[1].clone(), now[3].clone()],
        vanished: vec![before[2].clone()],
    };
    assert_eq!(compare(&before, &now), expected);
}
