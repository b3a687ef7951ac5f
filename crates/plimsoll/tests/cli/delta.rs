//! Reads a Delta table by hand, from its log and its Parquet files: what a test believes must not come from the code under test.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use arrow::json::writer::{JsonArray, WriterBuilder};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Map, Value};

/// One version of a table.
pub struct Table {
    root: PathBuf,
    pub version: i64,
    /// Live data files by path, with their partition values.
    adds: BTreeMap<String, Map<String, Value>>,
    /// The columns of the newest metadata, in their order.
    fields: Vec<Value>,
    /// The properties of the newest metadata.
    pub properties: Map<String, Value>,
    /// The newest protocol.
    pub protocol: Value,
    /// The actions of the newest commit.
    pub newest: Vec<Value>,
}

impl Table {
    /// The newest version; a table that is not there has version -1 and no rows.
    pub fn open(root: &Path) -> Self {
        Self::at(root, i64::MAX)
    }

    pub fn at(root: &Path, version: i64) -> Self {
        let mut table = Self {
            root: root.to_owned(),
            version: -1,
            adds: BTreeMap::new(),
            fields: Vec::new(),
            properties: Map::new(),
            protocol: Value::Null,
            newest: Vec::new(),
        };
        while table.version < version {
            let next = root.join("_delta_log").join(format!("{:020}.json", table.version + 1));
            let Ok(text) = std::fs::read_to_string(next) else { break };
            table.version += 1;
            table.newest = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            table.apply();
        }
        table
    }

    fn apply(&mut self) {
        for action in &self.newest {
            let path = |action: &Value| action["path"].as_str().unwrap().to_owned();
            if let Some(remove) = action.get("remove") {
                self.adds.remove(&path(remove));
            }
            if let Some(metadata) = action.get("metaData") {
                let schema: Value = serde_json::from_str(metadata["schemaString"].as_str().unwrap()).unwrap();
                self.fields = schema["fields"].as_array().unwrap().clone();
                self.properties = metadata["configuration"].as_object().unwrap().clone();
            }
            if let Some(protocol) = action.get("protocol") {
                self.protocol = protocol.clone();
            }
        }
        for add in self.newest.iter().filter_map(|action| action.get("add")) {
            assert!(add.get("deletionVector").is_none_or(Value::is_null), "deletion vectors are not read here");
            let values = add["partitionValues"].as_object().unwrap().clone();
            self.adds.insert(add["path"].as_str().unwrap().to_owned(), values);
        }
    }

    /// Columns with the names that files know them by, and their ids.
    pub fn mapping(&self) -> Vec<(String, String, Option<i64>)> {
        let id = |field: &Value| field["metadata"]["delta.columnMapping.id"].as_i64();
        self.fields.iter().map(|field| (text(&field["name"]), self.known(field), id(field))).collect()
    }

    /// The name that files know a column by, or a field in one.
    fn known(&self, field: &Value) -> String {
        match self.properties.get("delta.columnMapping.mode").and_then(Value::as_str) {
            Some("name") => text(&field["metadata"]["delta.columnMapping.physicalName"]),
            _ => text(&field["name"]),
        }
    }

    /// A value under the table's names.
    fn named(&self, value: Value, of: &Value) -> Value {
        match (of["type"].as_str(), value) {
            (Some("struct"), Value::Object(mut parts)) => {
                let fields = of["fields"].as_array().unwrap().iter();
                let named = fields.map(|field| {
                    let part = parts.remove(&self.known(field)).unwrap_or(Value::Null);
                    (text(&field["name"]), self.named(part, &field["type"]))
                });
                Value::Object(named.collect())
            }
            (Some("array"), Value::Array(items)) => {
                Value::Array(items.into_iter().map(|item| self.named(item, &of["elementType"])).collect())
            }
            (Some("map"), Value::Object(entries)) => {
                let named = entries.into_iter().map(|(key, value)| (key, self.named(value, &of["valueType"])));
                Value::Object(named.collect())
            }
            (_, value) => value,
        }
    }

    /// Paths of the live data files in the table's folder, sorted, with their percent-encoding undone.
    pub fn files(&self) -> Vec<String> {
        self.adds.keys().map(|path| decoded(path)).collect()
    }

    /// Partition values of the live files, as `column=value`, each once.
    pub fn partitions(&self) -> Vec<String> {
        let value = |value: &Value| value.as_str().map_or("NULL".to_owned(), str::to_owned);
        let called = |known: &String| {
            let field = self.fields.iter().find(|field| self.known(field) == *known);
            text(&field.unwrap_or_else(|| panic!("no column is known as {known}"))["name"])
        };
        let told = |values: &Map<String, Value>| {
            let mut parts: Vec<String> =
                values.iter().map(|(name, part)| format!("{}={}", called(name), value(part))).collect();
            parts.sort();
            parts.join("/")
        };
        let mut partitions: Vec<String> = self.adds.values().map(told).collect();
        partitions.sort();
        partitions.dedup();
        partitions
    }

    /// Rows by the footers of the files.
    pub fn count(&self) -> u64 {
        let rows = |path: &String| open(&self.root.join(decoded(path))).metadata().file_metadata().num_rows();
        u64::try_from(self.adds.keys().map(rows).sum::<i64>()).unwrap()
    }

    /// One JSON object per row, NULL spelled out, columns in the table's order, sorted.
    pub fn rows(&self) -> Vec<String> {
        let mut rows: Vec<String> = self.objects().iter().map(|row| Value::Object(row.clone()).to_string()).collect();
        rows.sort();
        rows
    }

    /// The rows as they lie in the files, with the text of their partition values.
    pub fn objects(&self) -> Vec<Map<String, Value>> {
        let mut rows = Vec::new();
        for (path, partition) in &self.adds {
            for mut row in read(&self.root.join(decoded(path))) {
                row.extend(partition.clone());
                let ordered = self.fields.iter().map(|field| {
                    let value = row.remove(&self.known(field)).unwrap_or(Value::Null);
                    (text(&field["name"]), self.named(value, &field["type"]))
                });
                rows.push(ordered.collect());
            }
        }
        rows
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn open(path: &Path) -> ParquetRecordBatchReaderBuilder<File> {
    let file = File::open(path).unwrap_or_else(|error| panic!("{} is in the log but: {error}", path.display()));
    ParquetRecordBatchReaderBuilder::try_new(file).unwrap()
}

fn read(path: &Path) -> Vec<Map<String, Value>> {
    let reader = open(path).build().unwrap();
    let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, JsonArray>(Vec::new());
    for batch in reader {
        writer.write(&exact(&batch.unwrap())).unwrap();
    }
    writer.finish().unwrap();
    match writer.into_inner() {
        text if text.is_empty() => Vec::new(),
        text => serde_json::from_slice(&text).unwrap(),
    }
}

/// Decimals as texts: as JSON numbers they would lose their last digits.
fn exact(batch: &RecordBatch) -> RecordBatch {
    let columns = batch
        .schema()
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, column)| {
            let column = match field.data_type() {
                DataType::Decimal128(..) => arrow::compute::cast(column, &DataType::Utf8).unwrap(),
                _ => column.clone(),
            };
            (field.name().clone(), column, true)
        })
        .collect::<Vec<_>>();
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

/// Paths in the log are percent-encoded.
fn decoded(path: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits: String = rest.by_ref().take(2).map(char::from).collect();
            bytes.push(u8::from_str_radix(&digits, 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}
