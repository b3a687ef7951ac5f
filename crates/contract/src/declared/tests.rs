//! Declared types, and stored ones that keep them or do not.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::model::Contract;

fn declared(property: &str) -> Declared {
    let text = format!(
        "apiVersion: v3.2.0\nkind: DataContract\nid: a\nversion: 1.0.0\nschema:\n  - name: t\n    properties:\n      - {{ name: c, {property} }}\n"
    );
    let contract = Contract::read(&text).0.unwrap();
    Declared::of(&contract.document.schema[0].properties[0]).unwrap()
}

fn check(property: &str, stored: &DataType, why: Option<&str>) {
    assert_eq!(declared(property).broken_by(stored).as_deref(), why, "{property} stored as {stored}");
}

const I32: DataType = DataType::Integer { bits: 32, signed: true };
const I64: DataType = DataType::Integer { bits: 64, signed: true };
const F32: DataType = DataType::Float { bits: 32 };
const F64: DataType = DataType::Float { bits: 64 };

#[test]
fn logical_types_ask_for_a_kind_of_value() {
    check("logicalType: integer", &I64, None);
    check("logicalType: integer", &I32, None);
    check("logicalType: integer", &F64, Some("it is stored as f64, which also holds fractions"));
    check("logicalType: integer", &DataType::String, Some("it is stored as string"));
    check("logicalType: number", &I64, None);
    check("logicalType: number", &DataType::Decimal { precision: 10, scale: 2 }, None);
    check("logicalType: string", &I64, Some("it is stored as i64"));
    check(
        "logicalType: date",
        &DataType::Timestamp { zoned: false },
        Some("it is stored as timestamp without time zone"),
    );
    check("logicalType: timestamp", &DataType::Timestamp { zoned: true }, None);
    check(
        "logicalType: timestamp, logicalTypeOptions: { timezone: false }",
        &DataType::Timestamp { zoned: true },
        Some("it is stored as timestamp with time zone"),
    );
}

#[test]
fn physical_types_and_formats_ask_for_a_width() {
    check("logicalType: integer, physicalType: INT", &I32, None);
    check(
        "logicalType: integer, physicalType: INT",
        &I64,
        Some("it is stored as i64, which holds values that i32 does not"),
    );
    check("logicalType: integer, physicalType: BIGINT", &I32, None);
    check(
        "logicalType: integer, logicalTypeOptions: { format: i16 }",
        &I32,
        Some("it is stored as i32, which holds values that i16 does not"),
    );
    check(
        "physicalType: 'decimal(10,2)'",
        &DataType::Decimal { precision: 12, scale: 2 },
        Some("it is stored as decimal(12,2), which holds values that decimal(10,2) does not"),
    );
    check("physicalType: 'decimal(10,2)'", &DataType::Decimal { precision: 8, scale: 2 }, None);
    check("physicalType: double", &F32, None);
    check("logicalType: string, physicalType: 'varchar(10)'", &DataType::String, None);
}

#[test]
fn nested_types_are_looked_into() {
    let list = |item| DataType::List(Box::new(item));
    check("logicalType: array, items: { logicalType: string }", &list(DataType::String), None);
    check("logicalType: array, items: { logicalType: string }", &list(I64), Some("its items: it is stored as i64"));
    check(
        "logicalType: vector, logicalTypeOptions: { dimensions: 3 }",
        &list(F64),
        Some("its elements are stored as f64, not f32"),
    );
    let field = |name: &str, data_type| Field { name: name.to_owned(), data_type, required: false };
    let object = "logicalType: object, properties: [{ name: email, logicalType: string }]";
    check(object, &DataType::Struct(vec![field("email", DataType::String)]), None);
    check(object, &DataType::Struct(vec![field("mail", DataType::String)]), Some("it has no field email"));
    check(object, &DataType::Struct(vec![field("email", I64)]), Some("its field email: it is stored as i64"));
}

#[test]
fn a_property_may_say_nothing_about_its_type() {
    let contract = Contract::read("apiVersion: v3.2.0\nkind: DataContract\nid: a\nversion: 1.0.0\nschema:\n  - name: t\n    properties:\n      - name: c\n        physicalType: weird\n").0.unwrap();
    assert_eq!(Declared::of(&contract.document.schema[0].properties[0]), None);
}
