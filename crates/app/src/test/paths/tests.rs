//! Formats by names and words.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

fn of(path: &str, format: Option<&str>, delimiter: Option<&str>) -> String {
    let at =
        FilesAt { format: format.map(str::to_owned), delimiter: delimiter.map(str::to_owned), ..FilesAt::default() };
    match super::format(&at, path) {
        Ok(Format::Csv { options, sniff }) => format!("csv {:?} {sniff}", char::from(options.delimiter)),
        Ok(other) => format!("{other:?}"),
        Err(error) => error.message,
    }
}

#[test]
fn formats_are_told_by_endings_and_words() {
    assert_eq!(of("a/b.csv.gz", None, None), "csv ',' true");
    assert_eq!(of("b.tsv", None, None), "csv '\\t' false");
    assert_eq!(of("b.csv", None, Some(";")), "csv ';' false");
    assert_eq!(of("b.json", Some("json"), Some("array")), "Json");
    assert_eq!(of("b.json", Some("json"), Some("new_line")), "Ndjson");
    assert_eq!(of("b.jsonl.zst", None, None), "Ndjson");
    assert_eq!(of("b.parquet", None, None), "Parquet");
    assert_eq!(of("data", Some("avro"), None), "Avro");
    assert_eq!(of("b.xlsx", None, None), "the format of `b.xlsx` is not known: `xlsx` is none that is read");
    assert_eq!(of("b", None, None), "the format of `b` is not known: its name has no ending");
}
