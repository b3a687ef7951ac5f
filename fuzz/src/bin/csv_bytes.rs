//! The bytes of a CSV file: in chunks of any size, on one stream or two, the same rows come out, and none is lost.
#![no_main]

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::UInt64Type;
use connect::Files;
use engine::{FileRef, Progress, ReadRequest, Source};
use futures::StreamExt;
use pipeline::SourceSpec;
use pipeline::project::{CsvOptions, FileFormat, Vanished};

const CONTRACT: &str = "apiVersion: v3.1.0\nkind: DataContract\nid: a\nname: a\nversion: 1.0.0\nstatus: active\nschema:\n\
    \x20 - name: a\n    properties:\n      - { name: a, logicalType: string }\n      - { name: b, logicalType: integer }\n\
    \x20     - { name: c, logicalType: number }\n      - { name: d, logicalType: date }\n\
    \x20     - { name: e, logicalType: timestamp }\n      - { name: f, logicalType: boolean }\n";
const HEADER: &[u8] = b"a,b,c,d,e,f\n";

struct World {
    folder: tempfile::TempDir,
    dataset: Arc<contract::Dataset>,
    runtime: tokio::runtime::Runtime,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World {
        folder: tempfile::tempdir().expect("a folder"),
        dataset: Arc::new(contract::load("a", CONTRACT).datasets.remove(0)),
        runtime: tokio::runtime::Builder::new_current_thread().build().expect("a runtime"),
    })
}

/// What is read: per row its line, its raw form, what is wrong with it, and its values; sorted, since streams end in any order.
fn rows(bytes: &[u8], chunk_bytes: usize, partitions: usize) -> Result<Vec<String>, String> {
    let world = world();
    let path = world.folder.path().join("a.csv");
    std::fs::write(&path, bytes).expect("written");
    let source = Files::new(world.folder.path(), &BTreeMap::new(), &|_| None).with_chunk_bytes(chunk_bytes);
    let options = CsvOptions { record_bytes_max: 4096, ..CsvOptions::default() };
    let request = ReadRequest {
        dataset: world.dataset.clone(),
        spec: SourceSpec { files: "a.csv".into(), format: FileFormat::Csv(options), vanished: Vanished::Block },
        files: vec![FileRef { path: "a.csv".into(), size: bytes.len() as u64, modified_ms: 0, hash: None }],
        partitions,
        batch_rows: 7,
        progress: Arc::new(Progress::default()),
    };
    world.runtime.block_on(async {
        let read = source.read(request).await.map_err(|error| error.message)?;
        let mut rows = Vec::new();
        for mut stream in read.streams {
            while let Some(batch) = stream.next().await {
                tell(&batch.map_err(|error| error.message)?, &mut rows);
            }
        }
        rows.sort();
        Ok(rows)
    })
}

fn tell(batch: &RecordBatch, rows: &mut Vec<String>) {
    let line = batch.column_by_name(engine::source::ROW).expect("a row number").as_primitive::<UInt64Type>();
    let raw = batch.column_by_name(engine::source::RAW).expect("a raw form").as_binary_view();
    for row in 0..batch.num_rows() {
        let values: Vec<String> = batch
            .columns()
            .iter()
            .take(6)
            .map(|column| arrow::util::display::array_value_to_string(column, row).unwrap_or_default())
            .collect();
        rows.push(format!("{:08} {:?} {values:?}", line.value(row), raw.is_valid(row).then(|| raw.value(row))));
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let text = [HEADER, bytes].concat();
    let whole = rows(&text, 1 << 20, 1);
    for (chunk_bytes, partitions) in [(64, 1), (97, 2)] {
        let cut = rows(&text, chunk_bytes, partitions);
        match (&whole, &cut) {
            (Ok(whole), Ok(cut)) => assert_eq!(whole, cut, "chunks of {chunk_bytes}"),
            (Err(_), Err(_)) => {}
            other => panic!("one reading fails and the other does not: {other:?}"),
        }
    }
});
