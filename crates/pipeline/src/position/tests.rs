//! Positions of files: what moves them and what does not.

use super::*;

fn file(path: &str, size: u64, modified_ms: i64, hash: Option<&str>) -> FileRef {
    FileRef { path: path.into(), size, modified_ms, hash: hash.map(str::to_owned) }
}

#[test]
fn order_and_hash_do_not_count() {
    let (a, b) = (file("a", 1, 1, None), file("b", 2, 2, None));
    let read = [file("b", 2, 2, Some("xxh3:1")), file("a", 1, 1, Some("xxh3:2"))];
    assert_eq!(Position::after_files(None, &[a, b]), Position::after_files(None, &read));
}

#[test]
fn path_size_time_and_past_count() {
    let base = Position::after_files(None, &[file("a", 1, 1, None)]);
    for other in [file("b", 1, 1, None), file("a", 2, 1, None), file("a", 1, 2, None)] {
        assert_ne!(base, Position::after_files(None, &[other]));
    }
    let after = Position::after_files(Some(&base), &[file("a", 1, 1, None)]);
    assert_ne!(base, after);
    assert!(matches!(after, Position::Files { count: 2, .. }));
}
