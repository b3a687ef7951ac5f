//! Where records end, whatever the quotes.

use super::{Records, Scanner, count_lines};

fn last(text: &str) -> Option<usize> {
    Scanner::new(Records::Csv { delimiter: b',', quote: b'"' }).last_end(text.as_bytes())
}

fn first(text: &str) -> Option<usize> {
    Scanner::new(Records::Csv { delimiter: b',', quote: b'"' }).first_end(text.as_bytes())
}

#[test]
fn the_last_record_that_has_ended() {
    assert_eq!(last("a,b\nc,d\ne"), Some(8));
    assert_eq!(last("a,b"), None);
    assert_eq!(last("a,\"x\ny\"\nb"), Some(8));
    assert_eq!(last("a,\"x\ny"), None);
    assert_eq!(last("a,\"x\"\"\n\"\nb"), Some(9));
    // A quote within an unquoted field opens nothing.
    assert_eq!(last("a\"b\nc"), Some(4));
    // A CR in the last place may be half of a line end.
    assert_eq!(last("a\r"), None);
    assert_eq!(last("a\rb"), Some(2));
}

#[test]
fn the_first_record() {
    assert_eq!(first("a,b\r\nc"), Some(5));
    assert_eq!(first("\"a\nb\",c\nd"), Some(8));
}

#[test]
fn lines_are_counted_once() {
    assert_eq!(count_lines(b'\n', b"a\nb\r\nc\rd"), 3);
    assert_eq!(count_lines(b'\r', b"\na"), 0);
}
