//! The same rows in every typed format, whole, packed and cut off.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;
use engine::Progress;
use engine::probe::{Data, Format, Look};
use engine::{Probe, Result};
use futures::StreamExt;

use crate::Files;

const CONTRACT: &str = "apiVersion: v3.2.0
kind: DataContract
id: a
version: 1.0.0
schema:
  - name: t
    properties:
      - { name: id, logicalType: integer }
      - { name: name, logicalType: string }
      - { name: absent, logicalType: string }
";

fn rows() -> RecordBatch {
    let id: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let name: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("c")]));
    RecordBatch::try_from_iter_with_nullable([("id", id.clone(), false), ("name", name, true), ("extra", id, false)])
        .unwrap()
}

fn write(path: &Path, format: &Format, stream: bool) {
    let (batch, file) = (rows(), File::create(path).unwrap());
    match format {
        Format::Parquet => {
            let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
            writer.write(&batch).unwrap();
            writer.close().unwrap();
        }
        Format::Arrow if stream => {
            let mut writer = arrow_ipc::writer::StreamWriter::try_new(file, &batch.schema()).unwrap();
            writer.write(&batch).unwrap();
            writer.finish().unwrap();
        }
        Format::Arrow => {
            let mut writer = arrow_ipc::writer::FileWriter::try_new(file, &batch.schema()).unwrap();
            writer.write(&batch).unwrap();
            writer.finish().unwrap();
        }
        _ => {
            let schema = batch.schema().as_ref().clone();
            let mut writer = arrow_avro::writer::AvroWriter::new(file, schema).unwrap();
            writer.write(&batch).unwrap();
            writer.finish().unwrap();
        }
    }
}

async fn open(folder: &Path, name: &str, format: &Format) -> Result<Arc<dyn Data>> {
    let files = Files::new(folder, &BTreeMap::new(), &|_| None);
    let dataset = contract::load("c.yaml", CONTRACT).datasets.remove(0);
    let look = Look {
        dataset: Arc::new(dataset),
        files: files.files(name).await?,
        format: format.clone(),
        partitions: 2,
        batch_rows: 2,
        progress: Arc::new(Progress::default()),
    };
    files.open(look).await
}

/// The rows' numbers and ids, in the order of the file.
async fn ids(data: &dyn Data) -> Result<Vec<(u64, i64)>> {
    let mut found = Vec::new();
    for mut stream in data.read(&[0, 2]).await? {
        while let Some(slice) = stream.next().await {
            let slice = slice?;
            assert_eq!(slice.batch.column(1).logical_null_count(), slice.batch.num_rows());
            let values = slice.batch.column(0).as_primitive::<Int64Type>().clone();
            found.extend(values.values().iter().enumerate().map(|(row, id)| (slice.rows.at(row), *id)));
        }
    }
    found.sort_unstable();
    Ok(found)
}

#[tokio::test]
async fn typed_formats_tell_what_they_hold() {
    let formats = [(Format::Parquet, false), (Format::Arrow, false), (Format::Arrow, true), (Format::Avro, false)];
    for (format, stream) in formats {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("data"), &format, stream);
        let data = open(folder.path(), "data", &format).await.unwrap();
        let facts = data.facts();
        let shown = |at: usize| facts.columns[at].as_ref().map(|found| found.types.clone().unwrap().shown);
        assert_eq!(
            (shown(0).as_deref(), shown(1).as_deref(), shown(2)),
            (Some("i64"), Some("string"), None),
            "{format:?}"
        );
        assert_eq!(facts.extra, [("extra".to_owned(), Some("i64".to_owned()))], "{format:?}");
        assert_eq!(ids(data.as_ref()).await.unwrap(), [(1, 1), (2, 2), (3, 3)], "{format:?}");
        // What was read once can be read again.
        assert_eq!(ids(data.as_ref()).await.unwrap().len(), 3, "{format:?}");
    }
}

#[tokio::test]
async fn parquet_tells_nulls_and_extremes_without_being_read() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("data"), &Format::Parquet, false);
    let data = open(folder.path(), "data", &Format::Parquet).await.unwrap();
    let statistics = |at: usize| data.facts().columns[at].as_ref().unwrap().statistics.clone();
    assert_eq!((statistics(0).nulls, statistics(1).nulls), (Some(0), Some(1)));
    assert_eq!(statistics(0).ends.unwrap().as_primitive::<Int64Type>().values(), &[1, 3]);
    assert!(statistics(1).ends.is_none(), "the ends of texts may be cut");
    assert_eq!(data.facts().rows, Some(3));
}

#[tokio::test]
async fn files_that_were_cut_off_are_told() {
    for format in [Format::Parquet, Format::Arrow, Format::Avro] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        write(&path, &format, false);
        let bytes = std::fs::read(&path).unwrap();
        for length in [0, 3, bytes.len() / 2, bytes.len() - 3] {
            std::fs::write(&path, &bytes[..length]).unwrap();
            let read = match open(folder.path(), "data", &format).await {
                Ok(data) => ids(data.as_ref()).await.map(|_| ()),
                Err(error) => Err(error),
            };
            let error = read.expect_err(&format!("{format:?} of {length} bytes was read"));
            assert_eq!(error.kind, engine::Kind::Input, "{format:?} {length}: {error}");
            assert!(error.message.contains("data"), "{error}");
        }
    }
}

#[tokio::test]
async fn packed_text_is_the_same_text() {
    let text = b"{\"id\": 1}\n{\"id\": 2}\n".as_slice();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, text).unwrap();
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    std::io::Write::write_all(&mut bzip2, text).unwrap();
    let packed = [
        ("a.ndjson", text.to_vec()),
        ("a.ndjson.gz", gzip.finish().unwrap()),
        ("a.ndjson.bz2", bzip2.finish().unwrap()),
        ("a.ndjson.zst", zstd::encode_all(text, 3).unwrap()),
    ];
    for (name, bytes) in packed {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), &bytes).unwrap();
        let data = open(folder.path(), name, &Format::Ndjson).await.unwrap();
        assert_eq!(ids(data.as_ref()).await.unwrap(), [(1, 1), (2, 2)], "{name}");
        assert_eq!(data.seen(), Some(vec![true, false, false]), "{name}");
        if name != "a.ndjson" {
            std::fs::write(folder.path().join(name), &bytes[..bytes.len() / 2]).unwrap();
            let cut = match open(folder.path(), name, &Format::Ndjson).await {
                Ok(data) => ids(data.as_ref()).await.map(|_| ()),
                Err(error) => Err(error),
            };
            assert!(cut.is_err(), "{name} was cut off");
        }
    }
}
