//! Lines of JSON and the rows that they are.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contract::{DataType, Dataset, DriftPolicy};
use engine::Kind;
use pipeline::project::FileFormat;
use proptest::prelude::*;

use crate::files::tests::{Setting, column, dataset, read, show};

fn contract() -> Dataset {
    dataset(vec![
        column("id", DataType::Integer { bits: 64, signed: true }),
        column("name", DataType::String),
        column("at", DataType::Date),
        column("ok", DataType::Boolean),
    ])
}

#[test]
fn lines() {
    let text = concat!(
        "{\"id\": 1, \"name\": \"x\", \"at\": \"2024-01-31\", \"ok\": true, \"more\": 1}\r\n",
        "\n",
        "{\"NAME\": \"a\\n\\u00e9\", \"id\": null}\n",
        "{\"id\": \"1\", \"name\": 2, \"at\": \"\", \"ok\": \"true\"}\n",
        "{\"id\": 1, \"id\": 2}\n",
        "{\"id\": 1\n",
        "[1]\n",
        "{\"id\": 99999999999999999999, \"name\": \"\"}",
    );
    let outcome = read(&[("a.ndjson", text.as_bytes())], &Setting::new(contract(), FileFormat::Ndjson)).unwrap();
    let expected = "1 | \"1\" | \"x\" | \"2024-01-31\" | \"true\"\n\
        3 | - | \"a\\né\" | - | -\n\
        4 | - | - | - | - ! id.type: \"1\" is not i64 ! name.type: 2 is not string ! at.type: \"\" is not date ! ok.type: \"true\" is not boolean\n\
        5 | - | - | - | - ! record.shape: it is not one JSON object: the key `id` occurs twice at character 18\n\
        6 | - | - | - | - ! record.shape: it is not one JSON object: EOF while parsing an object at character 8\n\
        7 | - | - | - | - ! record.shape: it is not one JSON object: invalid type: sequence, expected an object at character 0\n\
        8 | - | \"\" | - | - ! id.type: '99999999999999999999' does not fit i64\n";
    assert_eq!(show(&outcome.rows), expected);
    assert_eq!(outcome.drift.len(), 1);
    assert_eq!(outcome.drift[0].column, "more");
}

#[test]
fn an_extra_key_stops_the_read_when_the_contract_says_so() {
    let late = format!("{}{}", "{\"id\": 1}\n".repeat(20_000), "{\"id\": 1, \"more\": 2}\n");
    for text in ["{\"more\": 1}\n", &late] {
        let mut strict = contract();
        strict.drift = DriftPolicy::Fail;
        let error = read(&[("a.ndjson", text.as_bytes())], &Setting::new(strict, FileFormat::Ndjson)).err().unwrap();
        assert_eq!(error.kind, Kind::Drift);
        assert!(error.message.contains("`more`"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_line_is_accounted_for(bytes in prop::collection::vec(any::<u8>(), 0..200), chunk_bytes in 3_usize..60) {
        prop_assume!(!bytes.starts_with(b"\xFF\xFE") && !bytes.starts_with(b"\xFE\xFF") && !bytes.starts_with(b"\xEF\xBB\xBF"));
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count();
        let setting = Setting { chunk_bytes, ..Setting::new(contract(), FileFormat::Ndjson) };
        prop_assert_eq!(read(&[("a.ndjson", &bytes)], &setting).unwrap().rows.len(), lines);
    }
}
