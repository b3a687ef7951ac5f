//! Documents, and the lines that they become.

#![allow(clippy::unwrap_used)]

use super::*;

/// The lines that a document gives when it is read in pieces of so many bytes.
fn lines(document: &str, columns: &[&str], piece: usize) -> String {
    struct Pieces(Vec<u8>, usize);
    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0.drain(..count);
            Ok(count)
        }
    }
    let columns = Arc::new(columns.iter().map(|name| (*name).to_owned()).collect());
    let mut text = String::new();
    Lines::new(Box::new(Pieces(document.into(), piece)), columns).read_to_string(&mut text).unwrap();
    text
}

fn check(document: &str, expected: &str) {
    for piece in [1, 2, 3, 1000] {
        assert_eq!(lines(document, &["id", "items"], piece), expected, "{document} in pieces of {piece}");
    }
}

#[test]
fn an_array_gives_its_objects() {
    check("[{\"id\": 1},\n {\"id\": 2}]", "{\"id\":1}\n{\"id\":2}\n");
    check("\u{feff}[\n]\n", "");
    check("[{\"id\": [1, {\"a\": 2}]}]", "{\"id\":[1,{\"a\":2}]}\n");
}

#[test]
fn an_object_is_a_record_or_stands_around_records() {
    check("{\n \"id\": 1\n}", "{\"id\":1}\n");
    check("{\"n\": 2, \"data\": [{\"id\": 1}, {\"id\": 2}], \"next\": [{\"x\": 1}]}", "{\"id\":1}\n{\"id\":2}\n");
    check("{\"id\": 7, \"items\": [{\"sku\": 1}]}", "{\"id\":7,\"items\":[{\"sku\":1}]}\n");
    check("{\"id\": 7, \"tags\": [1, {\"sku\": 1}]}", "{\"id\":7,\"tags\":[1,{\"sku\":1}]}\n");
}

#[test]
fn objects_may_follow_each_other() {
    check("{\"id\":1}\n{\"id\":2}{\"id\":3}", "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n");
}

#[test]
fn texts_hold_brackets_and_quotes() {
    check(r#"[{"id": "a\"]}, "},{"id":"{"}]"#, "{\"id\":\"a\\\"]}, \"}\n{\"id\":\"{\"}\n");
}

#[test]
fn what_is_not_well_formed_reaches_the_reader_of_lines() {
    check("[{\"id\": 1}, {\"id\":", "{\"id\":1}\n{\"id\":");
    check("oops", "oops");
    check("[1, 2]", "1\n2\n");
}
