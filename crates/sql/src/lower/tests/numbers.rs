//! Required, lists, ranges and multiples of numbers.

use std::sync::Arc;

use contract::{DataType, Rule};
use datafusion::arrow::array::{
    Decimal128Array, Float32Array, Float64Array, Int8Array, Int32Array, Int64Array, UInt64Array,
};

use super::{F64, I32, I64, at, beyond, c, check, number, range, refused, text};

const NAN: f64 = f64::NAN;
const INFINITY: f64 = f64::INFINITY;

fn multiple(divisor: &str) -> Rule {
    Rule::MultipleOf { column: c(), divisor: divisor.into() }
}

#[test]
fn required() {
    check(Rule::Required { column: c() }, I32, Arc::new(Int32Array::from(vec![Some(1), None, Some(0)])), ".x.");
}

#[test]
fn integers_in_a_range() {
    let values =
        || Arc::new(Int32Array::from(vec![Some(i32::MIN), Some(-1), Some(0), Some(5), Some(9), Some(i32::MAX), None]));
    for (lower, upper, expected) in [
        (at(number("0")), at(number("5")), "xx..xx."),
        (beyond(number("0")), beyond(number("9")), "xxx.xx."),
        (at(text("0")), None, "xx....."),
        // Between two integers, the inner one counts.
        (at(number("-0.5")), at(number("5.5")), "xx..xx."),
        (beyond(number("4.9")), None, "xxx...."),
        (at(number("1e3")), None, "xxxxx.."),
        // Beyond what the type can hold, all rows are alike.
        (at(number("-1e20")), at(number("1e20")), "......."),
        (at(number("1e20")), None, "xxxxxx."),
        (None, at(number("-3e9")), "xxxxxx."),
    ] {
        check(range(lower, upper), I32, values(), expected);
    }
}

#[test]
fn ends_of_64_bits() {
    let signed = Arc::new(Int64Array::from(vec![i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX]));
    let (low, high) = (number("-9223372036854775807"), number("9223372036854775806"));
    check(range(at(low), at(high)), I64, signed, "x..x");
    let unsigned = Arc::new(UInt64Array::from(vec![0, u64::MAX - 1, u64::MAX]));
    let u64_type = DataType::Integer { bits: 64, signed: false };
    check(range(at(number("-1")), beyond(number("18446744073709551615"))), u64_type, unsigned, "..x");
}

#[test]
fn floats_in_a_range() {
    let values = || {
        Arc::new(Float64Array::from(vec![
            Some(-0.0),
            Some(0.0),
            Some(0.1),
            Some(NAN),
            Some(-NAN),
            Some(INFINITY),
            None,
        ]))
    };
    for (lower, upper, expected) in [
        (at(number("0")), None, "...xx.."),
        (beyond(number("0")), None, "xx.xx.."),
        (None, at(number("0")), "..xxxx."),
        (None, beyond(number("0.0")), "xxxxxx."),
        (at(number("0")), at(number("0.1")), "...xxx."),
    ] {
        check(range(lower, upper), F64, values(), expected);
    }
    // 0.1 is rounded to the column's width, like the data was.
    let narrow = Arc::new(Float32Array::from(vec![0.1f32, 0.100_000_01]));
    check(range(None, at(number("0.1"))), DataType::Float { bits: 32 }, narrow, ".x");
}

#[test]
fn decimals_in_a_range() {
    let decimal = DataType::Decimal { precision: 5, scale: 2 };
    let values = || {
        let unscaled = vec![Some(-99999), Some(0), Some(10), Some(1999), Some(2000), Some(99999), None];
        Arc::new(Decimal128Array::from(unscaled).with_precision_and_scale(5, 2).unwrap())
    };
    for (lower, upper, expected) in [
        (at(number("0.10")), beyond(text("20.00")), "xx..xx."),
        (at(text("0.101")), at(text("19.999")), "xxx.xx."),
        (at(number("-1000")), at(number("1000")), "......."),
        (at(text("-0.001")), None, "x......"),
    ] {
        check(range(lower, upper), decimal.clone(), values(), expected);
    }
}

#[test]
fn numbers_in_a_list() {
    let list = |values: &[&str]| Rule::Enum { column: c(), values: values.iter().map(|value| number(value)).collect() };
    check(list(&["1", "2"]), I32, Arc::new(Int32Array::from(vec![Some(1), Some(3), None])), ".x.");
    let floats = Arc::new(Float64Array::from(vec![Some(0.0), Some(-0.0), Some(NAN), Some(1.5), None]));
    check(list(&["0", "2.5"]), F64, floats, "..xx.");
    let nothing = Rule::Enum { column: c(), values: vec![contract::Literal::Null] };
    check(nothing, I32, Arc::new(Int32Array::from(vec![Some(1), None])), "x.");
    let decimal = DataType::Decimal { precision: 5, scale: 2 };
    let values = Decimal128Array::from(vec![150, 151]).with_precision_and_scale(5, 2).unwrap();
    check(list(&["1.5"]), decimal, Arc::new(values), ".x");
}

#[test]
fn multiples() {
    let integers = || {
        Arc::new(Int64Array::from(vec![Some(i64::MIN), Some(-10), Some(0), Some(5), Some(15), Some(i64::MAX), None]))
    };
    check(multiple("5"), I64, integers(), "x....x.");
    check(multiple("2.5"), I64, integers(), "x....x.");
    check(multiple("0.5"), I64, integers(), ".......");
    check(multiple("1e30"), I64, integers(), "xx.xxx.");
    check(multiple("9223372036854775808"), I64, integers(), ".x.xxx.");
    let bytes = Arc::new(Int8Array::from(vec![-128, 127, 0]));
    check(multiple("128"), DataType::Integer { bits: 8, signed: true }, bytes, ".x.");
}

#[test]
fn multiples_in_decimal_arithmetic() {
    let floats =
        vec![Some(0.3), Some(0.7), Some(1.1), Some(0.35), Some(-0.0), Some(NAN), Some(INFINITY), Some(1e22), None];
    check(multiple("0.1"), F64, Arc::new(Float64Array::from(floats)), "...x.xx..");
    let money = Arc::new(Float64Array::from(vec![19.99, 4.35, 1.005, 123_456_789_012.34, 0.1 + 0.2]));
    check(multiple("0.01"), F64, money, "..x.x");
    check(multiple("0.1"), DataType::Float { bits: 32 }, Arc::new(Float32Array::from(vec![0.3f32, 0.25])), ".x");
    let decimal = DataType::Decimal { precision: 10, scale: 3 };
    let values = Decimal128Array::from(vec![1250, 1255, -500, 0]).with_precision_and_scale(10, 3).unwrap();
    check(multiple("0.25"), decimal.clone(), Arc::new(values.clone()), ".x..");
    check(multiple("0.0002"), decimal, Arc::new(values), "....");
}

#[test]
fn the_text_of_a_bound_must_fit() {
    let found = [
        refused(range(at(text("ten")), None), I32),
        refused(Rule::Enum { column: c(), values: vec![number("0.5")] }, I32),
        refused(Rule::Enum { column: c(), values: vec![number("3000000000")] }, I32),
        refused(range(at(text("NaN")), None), F64),
        refused(range(at(number("0")), None), DataType::Boolean),
        refused(multiple("0"), I32),
        refused(multiple("3"), DataType::String),
        refused(Rule::Required { column: "d".into() }, I32),
    ];
    insta::assert_snapshot!(found.join("\n"));
}
