//! Records, headers, encodings: what comes out of a CSV file, case by case and against csv-core.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;

use contract::{DataType, DriftPolicy};
use engine::Kind;
use flate2::Compression;
use flate2::write::GzEncoder;
use pipeline::project::{CsvOptions, Encoding, FileFormat};
use proptest::prelude::*;

use crate::files::scan::is_line_end;
use crate::files::tests::{Outcome, Setting, column, csv, dataset, read, show, texts};

fn with(change: impl FnOnce(&mut CsvOptions)) -> FileFormat {
    let mut options = CsvOptions::default();
    change(&mut options);
    FileFormat::Csv(options)
}

fn read_one(text: &[u8], setting: &Setting) -> Outcome {
    read(&[("a.csv", text)], setting).unwrap()
}

fn check(text: &str, expected: &str) {
    let outcome = read_one(text.as_bytes(), &Setting::new(texts(&["a", "b"]), csv()));
    assert_eq!(show(&outcome.rows), expected, "{text:?}");
}

#[test]
fn records() {
    let cases = [
        ("a,b\n1,2\n", "2 | \"1\" | \"2\"\n"),
        ("a,b\r\n1,2\r\n3,4", "2 | \"1\" | \"2\"\n3 | \"3\" | \"4\"\n"),
        ("a,b\r1,2\r", "2 | \"1\" | \"2\"\n"),
        ("\u{feff}a,b\n1,2\n", "2 | \"1\" | \"2\"\n"),
        ("\n\na,b\n\n\n1,2\n\n", "6 | \"1\" | \"2\"\n"),
        ("b,A\n1,2\n", "2 | \"2\" | \"1\"\n"),
        ("a,b\n\"x\ny\",\"1\"\"2\"\n3,4\n", "2 | \"x\\ny\" | \"1\\\"2\"\n4 | \"3\" | \"4\"\n"),
        ("a,b\nx\"y,\"p\"q\n", "2 | \"x\\\"y\" | \"pq\"\n"),
        ("a,b\n,\"\"\n", "2 | - | \"\"\n"),
        (
            "a,b\n1\n1,2,3\n1,2\n",
            "2 | - | - ! record.shape: it has 1 fields instead of 2\n3 | - | - ! record.shape: it has 3 fields instead of 2\n4 | \"1\" | \"2\"\n",
        ),
        ("a,b\n1,\"2\n3,4\n", "2 | - | - ! record.shape: a quoted field does not end before the file does\n"),
        ("a,b\n", ""),
        ("a,b", ""),
        ("\"a\",\"b\"\n1,2", "2 | \"1\" | \"2\"\n"),
    ];
    for (text, expected) in cases {
        check(text, expected);
    }
}

#[test]
fn null_texts_hold_for_unquoted_fields_only() {
    let format = with(|options| options.null = vec!["NA".into()]);
    let columns = vec![column("a", DataType::String), column("n", DataType::Integer { bits: 32, signed: true })];
    let outcome = read_one(b"a,n\nNA,NA\n\"NA\",\n,7\nna,na\n", &Setting::new(dataset(columns), format));
    let expected = "2 | - | -\n3 | \"NA\" | -\n4 | \"\" | \"7\"\n5 | \"na\" | - ! n.type: 'na' is not an integer\n";
    assert_eq!(show(&outcome.rows), expected);
}

#[test]
fn raw_text_is_what_stood_there() {
    let outcome = read_one(b"a,b\r\n\"1\n\",2\r\nx\r\n", &Setting::new(texts(&["a", "b"]), csv()));
    let raw: Vec<_> = outcome.rows.iter().map(|row| row.raw.clone().unwrap()).collect();
    assert_eq!(raw, [b"\"1\n\",2".to_vec(), b"x".to_vec()]);
    assert_eq!(outcome.headers, [Some("a,b".to_owned())]);
}

#[test]
fn bytes_that_are_no_text_refuse_their_record_only() {
    let outcome = read_one(b"a,b\n1,2\n3,\xFF4\n5,6\n", &Setting::new(texts(&["a", "b"]), csv()));
    let expected = "2 | \"1\" | \"2\"\n3 | - | - ! record.encoding: byte 3 of the record is not valid in the file's encoding\n4 | \"5\" | \"6\"\n";
    assert_eq!(show(&outcome.rows), expected);
    assert_eq!(outcome.rows[1].raw.as_deref(), Some(b"3,\xFF4".as_slice()));
}

#[test]
fn encodings() {
    let expected = "2 | \"é\" | \"😀\"\n";
    let utf16 = |big: bool| {
        let units = "\u{feff}a,b\né,😀\n".encode_utf16();
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect::<Vec<u8>>()
    };
    for big in [true, false] {
        let format = with(|options| options.encoding = Encoding::Utf16);
        let outcome = read_one(&utf16(big), &Setting::new(texts(&["a", "b"]), format));
        assert_eq!(show(&outcome.rows), expected);
    }
    let format = with(|options| options.encoding = Encoding::Latin1);
    let outcome = read_one(b"a,b\n\xE9,\xDF\n", &Setting::new(texts(&["a", "b"]), format));
    assert_eq!(show(&outcome.rows), "2 | \"é\" | \"ß\"\n");
    let error = read(&[("a.csv", &utf16(false))], &Setting::new(texts(&["a", "b"]), csv())).err().unwrap();
    assert!(error.message.contains("UTF-16"), "{error}");
}

#[test]
fn long_records_are_refused_without_being_held() {
    let long = "x".repeat(40_000);
    let text = format!("a,b\n1,2\n{long},3\r\n4,5\n\"{long}\n\"\"{long}\",6\n7,8\n");
    for chunk_bytes in [100, 4096, 1 << 20] {
        let format = with(|options| options.record_bytes_max = 2000);
        let setting = Setting { chunk_bytes, ..Setting::new(texts(&["a", "b"]), format) };
        let outcome = read_one(text.as_bytes(), &setting);
        let expected = "2 | \"1\" | \"2\"\n\
            3 | - | - ! record.length: the record has 40002 bytes, more than the 2000 allowed\n\
            4 | \"4\" | \"5\"\n\
            5 | - | - ! record.length: the record has 80007 bytes, more than the 2000 allowed\n\
            7 | \"7\" | \"8\"\n";
        assert_eq!(show(&outcome.rows), expected, "chunks of {chunk_bytes}");
        assert_eq!(outcome.rows[1].raw.as_ref().unwrap().len(), 1024);
    }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn gzip_is_unpacked_and_checked() {
    let text: String =
        std::iter::once("a,b\n".to_owned()).chain((0..5000).map(|n| format!("{n},{}\n", n * 7919))).collect();
    let packed = gzip(text.as_bytes());
    let setting = Setting::new(texts(&["a", "b"]), csv());
    let outcome = read(&[("a.csv.gz", &packed)], &setting).unwrap();
    assert_eq!(outcome.rows.len(), 5000);
    assert_eq!(outcome.hashes[0], Some(format!("xxh3:{:016x}", xxhash_rust::xxh3::xxh3_64(&packed))));
    let twice = [gzip(b"a,b\n1,2\n"), gzip(b"3,4\n")].concat();
    assert_eq!(read(&[("a.csv.gz", &twice)], &setting).unwrap().rows.len(), 2);
    for (bytes, wanted) in
        [(&packed[..packed.len() / 2], "ends in the middle"), (b"a,b\n1,2\n3,4 and more".as_slice(), "not intact gzip")]
    {
        let error = read(&[("a.csv.gz", bytes)], &setting).err().unwrap();
        assert_eq!(error.kind, Kind::Input);
        assert!(error.message.contains(wanted), "{error}");
    }
}

#[test]
fn headers_that_are_not_the_contracts() {
    let cases: [(&[u8], DriftPolicy, Kind, &str); 6] = [
        (b"", DriftPolicy::IgnoreExtra, Kind::Drift, "is empty"),
        (b"a\n", DriftPolicy::IgnoreExtra, Kind::Drift, "lacks columns of the contract of `d`: `carrier`"),
        (b"a,carier\n", DriftPolicy::IgnoreExtra, Kind::Drift, "did you mean `carier` for `carrier`?"),
        (b"a,carrier,a\n", DriftPolicy::IgnoreExtra, Kind::Input, "`a` twice: as column 1 and as column 3"),
        (b"a,Carrier,CARRIER\n", DriftPolicy::IgnoreExtra, Kind::Input, "could be `carrier`"),
        (b"a,carrier,x\n", DriftPolicy::Fail, Kind::Drift, "does not know: `x`"),
    ];
    for (text, drift, kind, wanted) in cases {
        let mut contract = texts(&["a", "carrier"]);
        contract.drift = drift;
        let error = read(&[("f.csv", text)], &Setting::new(contract, csv())).err().unwrap();
        let told = format!("{} / {}", error.message, error.help.clone().unwrap_or_default());
        assert_eq!(error.kind, kind, "{told}");
        assert!(told.contains(wanted) && told.contains("f.csv"), "{told}");
    }
    let outcome = read(&[("f.csv", b"x,a,b\n1,2,3\n")], &Setting::new(texts(&["a", "b"]), csv())).unwrap();
    assert_eq!((outcome.drift[0].column.as_str(), outcome.drift[0].kind.as_str()), ("x", "extra"));
    assert_eq!(show(&outcome.rows), "2 | \"2\" | \"3\"\n");
}

#[test]
fn many_small_files_on_few_streams() {
    let files: Vec<(String, String)> = (0..100).map(|n| (format!("{n:03}.csv"), format!("a,b\n{n},x\n"))).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    let outcome = read(&files, &Setting::new(texts(&["a", "b"]), csv())).unwrap();
    let found: Vec<_> = outcome.rows.iter().map(|row| (row.file.to_string(), row.values[0].clone().unwrap())).collect();
    assert!(found.len() == 100 && found.iter().all(|(file, value)| file == value));
    assert!(outcome.hashes.iter().all(Option::is_some));
}

/// What csv-core reads, byte by byte: line, raw text, fields.
fn reference(bytes: &[u8]) -> Vec<(u64, Vec<u8>, Vec<String>)> {
    let mut reader = csv_core::Reader::new();
    let (mut output, mut ends) = (vec![0; bytes.len() + 1], vec![0; bytes.len() + 2]);
    let (mut written, mut fields, mut line, mut start) = (0, 0, 1, None);
    let mut records = Vec::new();
    for at in 0..=bytes.len() {
        let byte = bytes.get(at..at + 1).unwrap_or_default();
        if start.is_none() && byte.first().is_some_and(|byte| !is_line_end(*byte)) {
            start = Some((at, line));
        }
        let (result, _, out, count) = reader.read_record(byte, &mut output[written..], &mut ends[fields..]);
        written += out;
        fields += count;
        if result == csv_core::ReadRecordResult::Record {
            let (from, line) = start.take().unwrap();
            let starts = std::iter::once(0).chain(ends.iter().copied());
            let texts =
                starts.zip(&ends[..fields]).map(|(from, to)| String::from_utf8_lossy(&output[from..*to]).into_owned());
            records.push((line, bytes[from..at].to_vec(), texts.collect()));
            (written, fields) = (0, 0);
        }
        let half = byte == b"\r" && bytes.get(at + 1) == Some(&b'\n');
        line += u64::from(byte.first().is_some_and(|byte| is_line_end(*byte)) && !half);
    }
    records
}

fn check_against_reference(bytes: &[u8], chunk_bytes: usize) {
    let format = with(|options| {
        options.header = false;
        options.null = Vec::new();
    });
    let setting = Setting { chunk_bytes, batch_rows: 3, ..Setting::new(texts(&["a", "b"]), format) };
    let outcome = read_one(bytes, &setting);
    let expected = reference(bytes);
    assert_eq!(outcome.rows.len(), expected.len(), "records of {bytes:?}");
    let last = expected.len().saturating_sub(1);
    for (at, (row, (line, raw, fields))) in outcome.rows.iter().zip(&expected).enumerate() {
        assert_eq!((row.line, row.raw.as_ref()), (*line, Some(raw)), "{bytes:?}");
        match row.refused.as_slice() {
            [] => {
                let values: Vec<_> = row.values.iter().flatten().cloned().collect();
                assert_eq!(&values, fields, "{bytes:?}");
            }
            [reason] if reason.contains("quoted field") => assert!(at == last && raw.contains(&b'"'), "{bytes:?}"),
            [reason] if reason.starts_with("record.encoding") => assert!(std::str::from_utf8(raw).is_err()),
            [reason] => {
                assert_eq!(reason, &format!("record.shape: it has {} fields instead of 2", fields.len()), "{bytes:?}")
            }
            _ => panic!("refused twice: {row:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_in_any_chunks_reads_as_csv_core_reads_it(
        bytes in prop::collection::vec(prop::sample::select(b"ab,,\"\"\n\n\r".to_vec()), 0..80),
        chunk_bytes in 3_usize..90,
    ) {
        check_against_reference(&bytes, chunk_bytes);
    }

    #[test]
    fn any_bytes_are_accounted_for(bytes in prop::collection::vec(any::<u8>(), 0..300), chunk_bytes in 3_usize..90) {
        prop_assume!(!bytes.starts_with(b"\xFF\xFE") && !bytes.starts_with(b"\xFE\xFF") && !bytes.starts_with(b"\xEF\xBB\xBF"));
        check_against_reference(&bytes, chunk_bytes);
    }
}
