//! Rules about which fields an object has. A field that is NULL is not there: columns cannot tell the two apart.

use contract::DataType;
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType as ArrowType;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::Expr;
use serde_json::Value as Json;

use super::column::Found;
use super::test::{Test, call};

/// True for objects with `min` to `max` fields, and with all the `required` ones.
pub(super) fn hold(column: &Found, min: Option<u64>, max: Option<u64>, required: &[String]) -> Result<Expr, String> {
    match column.data_type {
        DataType::Struct(fields) => {
            if let Some(unknown) = required.iter().find(|name| fields.iter().all(|field| field.name != **name)) {
                return Err(format!("`{}` does not declare the field `{unknown}`, so it is not read", column.name));
            }
        }
        // An object whose fields the contract does not say is held as JSON text.
        DataType::String => {}
        _ => return Err(column.not_for_type("a rule about fields", "objects")),
    }
    let (min, max) = (min.unwrap_or(0), max.unwrap_or(u64::MAX));
    let name = format!("fields_within_{min}_{max}{required:?}");
    Ok(call(name, Fields { min, max, required: required.to_vec() }, column.expr.clone()))
}

struct Fields {
    min: u64,
    max: u64,
    required: Vec<String>,
}

impl Test for Fields {
    fn holds(&self, array: &dyn Array) -> Result<BooleanBuffer> {
        let rows = array.len();
        match array.data_type() {
            ArrowType::Struct(_) => {
                let object = array.as_struct();
                let required: Vec<_> = self.required.iter().filter_map(|name| object.column_by_name(name)).collect();
                Ok(BooleanBuffer::collect_bool(rows, |row| {
                    let present = object.columns().iter().filter(|field| field.is_valid(row)).count() as u64;
                    self.within(present) && required.iter().all(|field| field.is_valid(row))
                }))
            }
            ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View => {
                let texts = cast(array, &ArrowType::Utf8View)?;
                let texts = texts.as_string_view();
                Ok(BooleanBuffer::collect_bool(rows, |row| texts.is_null(row) || self.text(texts.value(row))))
            }
            other => exec_err!("a rule about fields met a column of type {other}"),
        }
    }
}

impl Fields {
    fn within(&self, count: u64) -> bool {
        (self.min..=self.max).contains(&count)
    }

    /// JSON text that is no object has no fields.
    fn text(&self, text: &str) -> bool {
        let Ok(Json::Object(fields)) = serde_json::from_str::<Json>(text) else { return false };
        let present = |name: &String| fields.get(name).is_some_and(|value| !value.is_null());
        let count = fields.values().filter(|value| !value.is_null()).count() as u64;
        self.within(count) && self.required.iter().all(present)
    }
}
