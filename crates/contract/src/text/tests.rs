//! No line is longer than asked, and no word is lost.

use super::wrapped;

#[test]
fn lines_are_broken_at_spaces() {
    assert_eq!(wrapped("a bb ccc dddd", 6), ["a bb", "ccc", "dddd"]);
    assert_eq!(wrapped("a bb ccc", 8), ["a bb ccc"]);
    assert_eq!(wrapped("a-word-too-long b", 4), ["a-word-too-long", "b"]);
    assert_eq!(wrapped("", 4), Vec::<String>::new());
}
