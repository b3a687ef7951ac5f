//! Lists, structs and maps from JSON text.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListArray, MapArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType as ArrowType, Fields};
use contract::{Column, DataType};
use engine::{Error, Kind, Result};
use serde_json::Value;

use super::{Block, ColumnBuilder, Field, Nulls, builder, clip};
use crate::files::shape::{Conform, arrow_type, bug};

/// JSON inside JSON deeper than this is refused by its parser already.
const DEPTH_MAX: usize = 64;

/// Holds a batch's values as JSON until the batch is finished.
pub struct Nested {
    column: Column,
    values: Vec<Value>,
}

impl Nested {
    pub fn new(column: &Column) -> Result<Self> {
        Ok(Self { column: column.clone(), values: Vec::new() })
    }
}

impl ColumnBuilder for Nested {
    fn append(&mut self, block: &Block<'_>, column: usize, row: usize, conform: &mut Conform) -> Result<()> {
        for at in 0..block.rows {
            let Some(text) = block.value(at, column) else {
                self.values.push(Value::Null);
                continue;
            };
            let value = serde_json::from_str::<Value>(text).map_err(|error| format!("it is not JSON: {error}"));
            let checked = value.and_then(|value| check(&value, &self.column.data_type, 0).map(|()| value));
            self.values.push(checked.unwrap_or_else(|why| {
                conform.value(row + at, column, format!("'{}' is not {}: {why}", clip(text), self.column.data_type));
                Value::Null
            }));
        }
        Ok(())
    }

    fn append_null(&mut self) {
        self.values.push(Value::Null);
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let values = std::mem::take(&mut self.values);
        build(&values.iter().collect::<Vec<_>>(), &self.column.data_type)
    }
}

/// Whether the value is of the type, at every depth; the error says where it is not.
fn check(value: &Value, data_type: &DataType, depth: usize) -> Result<(), String> {
    if depth > DEPTH_MAX {
        return Err("it is nested too deeply".into());
    }
    match (data_type, value) {
        (_, Value::Null) => Ok(()),
        (DataType::List(item), Value::Array(values)) => values
            .iter()
            .enumerate()
            .try_for_each(|(at, value)| check(value, item, depth + 1).map_err(|why| format!("item {}: {why}", at + 1))),
        (DataType::Struct(fields), Value::Object(object)) => fields.iter().try_for_each(|field| {
            // A field that is missing is NULL; whether it may be, a check says.
            let value = object.get(&field.name).unwrap_or(&Value::Null);
            check(value, &field.data_type, depth + 1).map_err(|why| format!("`{}`: {why}", field.name))
        }),
        (DataType::Map(key, item), Value::Object(object)) => object.iter().try_for_each(|(name, value)| {
            check(&Value::String(name.clone()), key, depth + 1).map_err(|why| format!("key `{name}`: {why}"))?;
            check(value, item, depth + 1).map_err(|why| format!("`{name}`: {why}"))
        }),
        (DataType::List(_) | DataType::Struct(_) | DataType::Map(..), other) => {
            Err(format!("`{}` is not {data_type}", clip(&other.to_string())))
        }
        (leaf, value) => {
            let mut conform = Conform::default();
            leaves(&[value], leaf, &mut conform).map_err(|error| error.to_string())?;
            conform.first_reason().map_or(Ok(()), Err)
        }
    }
}

/// Builds values that `check` has let pass.
fn build(values: &[&Value], data_type: &DataType) -> Result<ArrayRef> {
    let nulls = NullBuffer::from(values.iter().map(|value| !value.is_null()).collect::<Vec<_>>());
    match (data_type, arrow_type(data_type)) {
        (DataType::List(item), ArrowType::List(field)) => {
            let lengths = values.iter().map(|value| value.as_array().map_or(0, Vec::len));
            let offsets = OffsetBuffer::from_lengths(lengths);
            let items: Vec<&Value> = values.iter().filter_map(|value| value.as_array()).flatten().collect();
            let array = ListArray::try_new(field, offsets, build(&items, item)?, Some(nulls)).map_err(bug)?;
            Ok(Arc::new(array))
        }
        (DataType::Struct(fields), ArrowType::Struct(arrow_fields)) => {
            let children = fields.iter().map(|field| {
                let values: Vec<&Value> =
                    values.iter().map(|value| value.get(&field.name).unwrap_or(&Value::Null)).collect();
                build(&values, &field.data_type)
            });
            let children = children.collect::<Result<Vec<_>>>()?;
            let array =
                StructArray::try_new_with_length(arrow_fields, children, Some(nulls), values.len()).map_err(bug)?;
            Ok(Arc::new(array))
        }
        (DataType::Map(key, item), ArrowType::Map(field, sorted)) => {
            let lengths = values.iter().map(|value| value.as_object().map_or(0, serde_json::Map::len));
            let offsets = OffsetBuffer::from_lengths(lengths);
            let entries = || values.iter().filter_map(|value| value.as_object()).flatten();
            let keys: Vec<Value> = entries().map(|(name, _)| Value::String(name.clone())).collect();
            let items: Vec<&Value> = entries().map(|(_, value)| value).collect();
            let ArrowType::Struct(entry_fields) = field.data_type().clone() else { return Err(unexpected()) };
            let entry = entry(entry_fields, build(&keys.iter().collect::<Vec<_>>(), key)?, build(&items, item)?)?;
            Ok(Arc::new(MapArray::try_new(field, offsets, entry, Some(nulls), sorted).map_err(bug)?))
        }
        _ => leaves(values, data_type, &mut Conform::default()),
    }
}

fn entry(fields: Fields, keys: ArrayRef, values: ArrayRef) -> Result<StructArray> {
    StructArray::try_new(fields, vec![keys, values], None).map_err(bug)
}

/// Values that are not nested, through the same builders as fields of a record.
fn leaves(values: &[&Value], data_type: &DataType, conform: &mut Conform) -> Result<ArrayRef> {
    let column = Column::plain("", data_type.clone());
    let mut builder = builder(&column)?;
    let mut side = String::new();
    let mut fields = Vec::with_capacity(values.len());
    for (row, value) in values.iter().enumerate() {
        let start = side.len();
        match value {
            Value::String(text) if reads_string(text, data_type) => side.push_str(text),
            Value::Bool(_) if *data_type == DataType::Boolean => side.push_str(&value.to_string()),
            Value::Number(number) if reads_numbers(data_type) => side.push_str(&number.to_string()),
            Value::Null => {}
            other => conform.value(row, 0, format!("`{}` is not {data_type}", clip(&other.to_string()))),
        }
        let is_text = matches!(value, Value::String(_)) && *data_type == DataType::String;
        let field = Field::plain(start, side.len()).explicit().in_side();
        fields.push(if is_text || side.len() > start { field } else { Field::null() });
    }
    let empty = arrow::buffer::Buffer::from_vec(Vec::<u8>::new());
    let block = Block {
        text: "",
        buffer: &empty,
        side: &side,
        fields: &fields,
        width: 1,
        rows: values.len(),
        places: &[Some(0)],
        nulls: &Nulls::default(),
    };
    builder.append(&block, 0, 0, conform)?;
    builder.finish()
}

/// Types that JSON writes as a string. A decimal may be one, because a JSON number may already have lost digits.
pub fn reads_strings(data_type: &DataType) -> bool {
    use DataType as T;
    matches!(data_type, T::String | T::Binary | T::Date | T::Time | T::Timestamp { .. } | T::Decimal { .. })
}

/// Only a text can be empty.
fn reads_string(text: &str, data_type: &DataType) -> bool {
    reads_strings(data_type) && (!text.is_empty() || *data_type == DataType::String)
}

pub fn reads_numbers(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Integer { .. } | DataType::Float { .. } | DataType::Decimal { .. })
}

fn unexpected() -> Error {
    Error::new(Kind::Bug, "a map's entries are not a struct")
}
