//! Any path and hash survives the text form; of equal paths the newest stays.
#![allow(clippy::unwrap_used)]

use pipeline::FileRef;

use super::{decode, encode, merge};

fn file(path: &str, size: u64, hash: Option<&str>) -> FileRef {
    FileRef { path: path.to_owned(), size, modified_ms: -1, hash: hash.map(str::to_owned) }
}

#[test]
fn text_and_back() {
    let hashes = [None, Some(""), Some("-"), Some("xxh3:0"), Some("\"an etag-1\""), Some("a \\ b\n")];
    let paths =
        ["", "a", "with space ", "line\nfeed", "end\r", "back\\slash\\n", "nul\0", "日本.csv", "-", "s3://b/k?x=1"];
    let mut files = Vec::new();
    for hash in hashes {
        files.extend(paths.map(|path| file(path, u64::MAX, hash)));
    }
    let mut read = Vec::new();
    let text = encode(&files);
    decode(&text, &mut read).unwrap();
    assert_eq!(read, files);
    assert!(!text.contains(['\0', '\r']));
}

#[test]
fn what_is_not_a_list_is_refused() {
    for text in ["nonsense", "1 2 -", "x 2 - path", "1 2 - bad\\escape"] {
        decode(text, &mut Vec::new()).unwrap_err();
    }
}

#[test]
fn the_newest_of_equal_paths_stays() {
    let mut files =
        vec![file("b", 1, None), file("c", 1, None), file("a", 2, None), file("c", 2, None), file("c", 3, None)];
    merge(&mut files);
    assert_eq!(files, [file("a", 2, None), file("b", 1, None), file("c", 3, None)]);
}
