//! Names and ids as they are given out, and arrays under other names.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow::array::{Array, AsArray, Int32Array, ListArray, MapArray, StringArray, StructArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Int32Type};
use serde_json::json;

use super::*;

/// A row of columns, one of them nested three deep.
fn columns() -> (Vec<ArrayRef>, Schema) {
    let sku = Arc::new(Field::new("sku", DataType::Utf8, true));
    let item = StructArray::from(vec![(sku, Arc::new(StringArray::from(vec!["a", "b"])) as ArrayRef)]);
    let element = Arc::new(Field::new("element", item.data_type().clone(), true));
    let lines = ListArray::new(element, OffsetBuffer::from_lengths([2_usize]), Arc::new(item), None);
    let key = Arc::new(Field::new("key", DataType::Utf8, false));
    let value = Arc::new(Field::new("value", lines.data_type().clone(), true));
    let keys: ArrayRef = Arc::new(StringArray::from(vec!["k"]));
    let entries = StructArray::from(vec![(key, keys), (value, Arc::new(lines) as ArrayRef)]);
    let of = Arc::new(Field::new("key_value", entries.data_type().clone(), false));
    let map = MapArray::new(of, OffsetBuffer::from_lengths([1_usize]), entries, None, false);
    let schema =
        Schema::new(vec![Field::new("id", DataType::Int32, false), Field::new("m", map.data_type().clone(), true)]);
    (vec![Arc::new(Int32Array::from(vec![7])), Arc::new(map)], schema)
}

fn schema() -> Value {
    let field = |name: &str, of: Value| json!({ "name": name, "type": of, "nullable": true, "metadata": {} });
    let item = json!({ "type": "struct", "fields": [field("sku", json!("string"))] });
    let lines = json!({ "type": "array", "elementType": item, "containsNull": true });
    let map = json!({ "type": "map", "keyType": "string", "valueType": lines, "valueContainsNull": true });
    json!({ "type": "struct", "fields": [field("id", json!("integer")), field("m", map)] })
}

fn assigned(named: bool) -> Mapping {
    let mut assigning = Assigning { seed: "s".to_owned(), id_max: 0 };
    let mut schema = schema();
    match named {
        true => assigning.as_named(&mut schema),
        false => assigning.columns(&mut schema, |_| None),
    }
    Mapping { schema, id_max: assigning.id_max }
}

#[test]
fn every_field_has_a_name_and_an_id_and_keeps_them() {
    let named = assigned(true);
    assert_eq!((named.name("id"), named.name("m"), named.id_max), ("id", "m", 3));
    let fresh = assigned(false);
    assert_eq!(fresh, assigned(false), "an attempt that is made again finds the same names");
    assert!(fresh.name("m").starts_with("col-") && fresh.name("m") != fresh.name("id"));
    assert_eq!((fresh.id_max, schema::id_max(&fresh.schema)), (3, 3));
    // Under another name, beside a new column of the old one.
    let mut wanted = schema();
    wanted["fields"][0]["name"] = "number".into();
    wanted["fields"].as_array_mut().unwrap().push(schema()["fields"][0].clone());
    let mut assigning = Assigning { seed: "s".to_owned(), id_max: fresh.id_max };
    assigning.columns(&mut wanted, |name| {
        schema::column(&fresh.schema, if name == "number" { "id" } else { "m" }).filter(|_| name != "id")
    });
    let renamed = Mapping { schema: wanted, id_max: assigning.id_max };
    assert_eq!((renamed.name("number"), renamed.name("m")), (fresh.name("id"), fresh.name("m")));
    assert_eq!(renamed.schema["fields"][1], fresh.schema["fields"][1], "what lies in it is what it was");
    assert_eq!(renamed.id_max, 4);
    assert_ne!(renamed.name("id"), fresh.name("id"));
    let partition = vec![(fresh.name("id").to_owned(), Some("7".to_owned()))];
    assert_eq!(renamed.told(partition), [("number".to_owned(), Some("7".to_owned()))]);
}

#[test]
fn arrays_are_the_same_under_other_names() {
    let (arrays, schema) = columns();
    let mapping = assigned(false);
    let stored = mapping.stored(&schema);
    assert_eq!(stored.field(1).name(), mapping.name("m"));
    assert_eq!(stored.field(1).metadata()["PARQUET:field_id"], "2");
    let batch = Mapping::batch(arrays.clone(), &stored).unwrap();
    assert_eq!(batch.column(0).as_primitive::<Int32Type>().value(0), 7);
    let lines = batch.column(1).as_map().values().as_list::<i32>().values().as_struct().clone();
    assert!(lines.column_names()[0].starts_with("col-"), "{:?}", lines.column_names());
    assert_eq!(lines.column(0).as_string::<i32>().value(1), "b");
    let back = retype::array(batch.column(1), schema.field(1).data_type()).unwrap();
    assert_eq!(&back, &arrays[1]);
}
