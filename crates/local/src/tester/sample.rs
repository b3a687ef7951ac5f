//! Rows as people and machines see them: a few columns, where they stand, and never a classified value.

use arrow::array::RecordBatch;
use arrow::json::writer::{JsonArray, WriterBuilder};
use engine::probe::Slice;
use serde_json::{Map, Value, json};

use super::pass::{At, Ground};

/// Characters of a text that a sample shows.
const TEXT_MAX: usize = 200;

/// Some columns of a row, and the primary key's where they were read.
pub(super) fn row(ground: &Ground, slice: &Slice, row: usize, columns: &[usize]) -> Value {
    let schema = slice.batch.schema_ref();
    let is_key = |at: &usize| ground.stored.primary_key.iter().any(|key| key == schema.field(*at).name());
    let mut shown: Vec<usize> = (0..schema.fields().len()).filter(|at| is_key(at) && !columns.contains(at)).collect();
    shown.extend(columns.iter().copied().filter(|at| *at < schema.fields().len()));
    let mut object = place(ground, slice.file, slice.rows.at(row));
    if let Ok(narrowed) = slice.batch.project(&shown) {
        object.extend(values(ground, &narrowed, row));
    }
    Value::Object(object)
}

/// A row of which only the place and what is wrong can be shown.
pub(super) fn bare(ground: &Ground, slice: &Slice, at: At, reason: &str) -> Value {
    let mut object = place(ground, slice.file, at.1);
    object.insert("_why".to_owned(), json!(reason));
    Value::Object(object)
}

fn place(ground: &Ground, file: u32, row: u64) -> Map<String, Value> {
    let mut object = Map::new();
    if ground.files.len() > 1
        && let Some(path) = ground.files.get(file as usize)
    {
        object.insert("_file".to_owned(), json!(path));
    }
    if row > 0 {
        object.insert("_row".to_owned(), json!(row));
    }
    object
}

/// All values of a row, masked where they are classified.
pub(super) fn values(ground: &Ground, batch: &RecordBatch, row: usize) -> Map<String, Value> {
    let mut values = plain(&batch.slice(row, 1));
    for (name, value) in &mut values {
        if ground.mask.hides(name) && !value.is_null() {
            *value = json!(contract::MASKED);
        }
        shorten(value);
    }
    values
}

fn plain(batch: &RecordBatch) -> Map<String, Value> {
    let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, JsonArray>(Vec::new());
    if writer.write(batch).and_then(|()| writer.finish()).is_err() {
        return Map::new();
    }
    match serde_json::from_slice::<Vec<Map<String, Value>>>(&writer.into_inner()) {
        Ok(rows) => rows.into_iter().next().unwrap_or_default(),
        Err(_) => Map::new(),
    }
}

fn shorten(value: &mut Value) {
    if let Value::String(text) = value
        && let Some((end, _)) = text.char_indices().nth(TEXT_MAX)
    {
        *text = format!("{}…", &text[..end]);
    }
}

/// Why a value could not be read, without the value where that is classified. Of a whole record that could not be read
/// nobody knows which of its texts are.
pub(super) fn reason(ground: &Ground, column: Option<&str>, reason: &str) -> String {
    match column {
        Some(column) if ground.mask.hides(column) => {
            let known = ground.stored.columns.iter().find(|known| known.name == column);
            let data_type = known.map(|known| known.data_type.to_string()).unwrap_or_default();
            format!("{} is not {data_type}", contract::MASKED)
        }
        _ => reason.to_owned(),
    }
}
