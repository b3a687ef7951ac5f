//! A table that is written to while it is tested.
#![allow(clippy::unwrap_used, clippy::panic)]

use arrow::array::{AsArray, Int64Array};
use arrow::datatypes::Int64Type;
use futures::TryStreamExt;
use parquet::arrow::ArrowWriter;

use super::*;

fn file(folder: &Path, name: &str, values: Vec<i64>) -> String {
    let array: ArrayRef = Arc::new(Int64Array::from(values));
    let batch = RecordBatch::try_from_iter([("id", array)]).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let bytes = writer.into_inner().unwrap();
    let size = bytes.len();
    std::fs::write(folder.join(name), bytes).unwrap();
    format!(
        r#"{{"add":{{"path":"{name}","partitionValues":{{}},"size":{size},"modificationTime":0,"dataChange":true}}}}"#
    )
}

fn commit(folder: &Path, version: u64, lines: &[String]) {
    std::fs::create_dir_all(folder.join("_delta_log")).unwrap();
    std::fs::write(folder.join(format!("_delta_log/{version:020}.json")), lines.join("\n")).unwrap();
}

fn dataset() -> Dataset {
    let text = "apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: 1.0.0\nstatus: active\nschema:\n  \
        - { name: a, properties: [{ name: id, logicalType: integer }, { name: gone, logicalType: string }] }\n";
    contract::load("c.yaml", text).datasets.remove(0)
}

async fn ids(data: &dyn Data) -> Vec<i64> {
    let mut ids = Vec::new();
    for stream in data.read(&[1, 0]).await.unwrap() {
        for slice in stream.try_collect::<Vec<Slice>>().await.unwrap() {
            assert_eq!(slice.batch.column(0).null_count(), slice.batch.num_rows());
            ids.extend(slice.batch.column(1).as_primitive::<Int64Type>().values());
        }
    }
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn the_version_stays_the_one_that_was_opened() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let protocol = r#"{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}"#.to_owned();
    let schema =
        r#"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}}]}"#;
    let metadata = format!(
        r#"{{"metaData":{{"id":"t","format":{{"provider":"parquet","options":{{}}}},"schemaString":"{schema}","partitionColumns":[],"configuration":{{}},"createdTime":0}}}}"#
    );
    commit(root, 0, &[protocol, metadata, file(root, "a.parquet", vec![1, 2, 3])]);
    let options = TesterOptions {
        memory: 64 << 20,
        partitions: 2,
        spill: root.to_path_buf(),
        store: Default::default(),
        keys: Default::default(),
    };
    let place = root.display().to_string();
    let data = open(&place, &dataset(), &options, &Arc::default()).await.unwrap();
    let remove = r#"{"remove":{"path":"a.parquet","deletionTimestamp":0,"dataChange":true}}"#.to_owned();
    commit(root, 1, &[remove, file(root, "b.parquet", vec![7])]);
    assert_eq!(ids(data.as_ref()).await, [1, 2, 3]);
    assert_eq!(data.facts().files, [format!("{place} version 0")]);
    let newer = open(&place, &dataset(), &options, &Arc::default()).await.unwrap();
    assert_eq!(ids(newer.as_ref()).await, [7]);
    std::fs::remove_file(root.join("b.parquet")).unwrap();
    let error = newer.read(&[0]).await.unwrap().remove(0).try_collect::<Vec<Slice>>().await.err().unwrap();
    assert!(error.message.contains("b.parquet") && error.help.unwrap().contains("vacuum"), "{}", error.message);
}
