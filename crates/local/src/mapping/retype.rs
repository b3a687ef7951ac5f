//! The same arrays under other names of the fields in them: no value is touched.

use std::sync::Arc;

use arrow::array::{Array, ArrayData, ArrayRef, make_array};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema};
use arrow::error::ArrowError;
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarUDF, Signature, SimpleScalarUDF, Volatility, ident};
use parquet::arrow::PARQUET_FIELD_ID_META_KEY;
use serde_json::Value;

use super::schema;

/// Fields as files have them, with their ids; `of` is a schema, or the type that they lie in.
pub(super) fn stored(fields: &Fields, of: &Value) -> Vec<Field> {
    fields
        .iter()
        .map(|field| match schema::column(of, field.name()) {
            Some(known) => {
                let name = schema::physical_name(known).unwrap_or(field.name());
                let renamed = Field::new(name, inner(field.data_type(), &known["type"]), field.is_nullable());
                match schema::id(known) {
                    Some(id) => renamed.with_metadata([(PARQUET_FIELD_ID_META_KEY.to_owned(), id.to_string())].into()),
                    None => renamed,
                }
            }
            None => field.as_ref().clone(),
        })
        .collect()
}

fn inner(data_type: &DataType, of: &Value) -> DataType {
    let item =
        |field: &FieldRef, of: &Value| Arc::new(field.as_ref().clone().with_data_type(inner(field.data_type(), of)));
    match data_type {
        DataType::Struct(fields) => DataType::Struct(stored(fields, of).into()),
        DataType::List(field) => DataType::List(item(field, &of["elementType"])),
        DataType::Map(entries, sorted) => {
            let DataType::Struct(parts) = entries.data_type() else { return data_type.clone() };
            let types = [&of["keyType"], &of["valueType"]];
            let parts: Fields = parts.iter().zip(types).map(|(part, of)| item(part, of)).collect();
            DataType::Map(Arc::new(entries.as_ref().clone().with_data_type(DataType::Struct(parts))), *sorted)
        }
        other => other.clone(),
    }
}

pub(super) fn array(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    if array.data_type() == to {
        return Ok(array.clone());
    }
    Ok(make_array(data(array.to_data(), to)?))
}

fn data(data_of: ArrayData, to: &DataType) -> Result<ArrayData, ArrowError> {
    let types: Vec<&DataType> = match to {
        DataType::Struct(fields) => fields.iter().map(|field| field.data_type()).collect(),
        DataType::List(field) | DataType::Map(field, _) => vec![field.data_type()],
        _ => Vec::new(),
    };
    let children = data_of.child_data().iter().zip(types).map(|(child, to)| data(child.clone(), to));
    let children = children.collect::<Result<Vec<_>, _>>()?;
    data_of.into_builder().data_type(to.clone()).child_data(children).build()
}

/// The column `name` of `columns`, taken from a file that knows it as `known`.
pub(super) fn column(columns: &Schema, files: &Schema, name: &str, known: &str) -> Expr {
    let types = columns.field_with_name(name).and_then(|to| Ok((files.field_with_name(known)?, to)));
    match types {
        Ok((from, to)) if from.data_type() != to.data_type() => renaming(to.data_type()).call(vec![ident(known)]),
        _ => ident(known),
    }
}

fn renaming(to: &DataType) -> ScalarUDF {
    let wanted = to.clone();
    let run = move |arguments: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        Ok(ColumnarValue::Array(array(&arrays[0], &wanted)?))
    };
    let signature = Signature::any(1, Volatility::Immutable);
    SimpleScalarUDF::new_with_signature("plimsoll_named", signature, to.clone(), Arc::new(run)).into()
}
