//! What each protection makes of values, and what it must never do to NULL and to types.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use arrow::array::{
    Array, AsArray, Date32Array, Decimal128Array, Float64Array, Int8Array, Int32Array, StringViewArray,
    TimestampMicrosecondArray, UInt64Array,
};
use arrow::datatypes::{Date32Type, Float64Type, Int8Type, Int32Type};
use contract::privacy::{Period, Protection};
use contract::{Column, DataType};
use engine::keys::Key;

use super::*;

fn key() -> Key {
    Key::parse("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f").unwrap()
}

fn protector(method: Method) -> ColumnProtector {
    let protection = Protection { method, key: None, domain: None, leaves: None };
    let column = Column::plain("c", DataType::String);
    let tokens = Arc::new(Mutex::new(BTreeMap::new()));
    ColumnProtector::new(0, &column, &protection, Some(("k1", &key())), tokens)
}

fn texts(method: Method, values: &[Option<&str>]) -> Vec<Option<String>> {
    let array: ArrayRef = Arc::new(StringViewArray::from(values.to_vec()));
    let made = protector(method).apply(&array).unwrap();
    assert_eq!(made.data_type(), array.data_type());
    made.as_string_view().iter().map(|value| value.map(str::to_owned)).collect()
}

fn partial(first: u32, last: u32) -> Method {
    Method::Partial { first, last, with: "*".into() }
}

#[test]
fn null_stays_null() {
    for method in [
        Method::Hash,
        Method::Encrypt,
        Method::EncryptRandom,
        Method::Token,
        Method::Redact { with: "x".into() },
        partial(0, 4),
        Method::Null,
        Method::Band { width: 10.0 },
    ] {
        assert_eq!(texts(method.clone(), &[None, Some("12345678")])[0], None, "{method:?}");
    }
    assert_eq!(texts(Method::Null, &[Some("a")]), [None]);
}

#[test]
fn equal_values_stay_equal_where_they_should() {
    for (method, equal) in
        [(Method::Hash, true), (Method::Encrypt, true), (Method::Token, true), (Method::EncryptRandom, false)]
    {
        let made = texts(method.clone(), &[Some("ada"), Some("bob"), Some("ada")]);
        assert_eq!(made[0] == made[2], equal, "{method:?}");
        assert_ne!(made[0], made[1], "{method:?}");
        assert_eq!(equal, method.keeps_equality());
    }
}

#[test]
fn a_part_never_shows_most_of_a_value() {
    let shown = |method: Method, value: &str| texts(method, &[Some(value)])[0].clone().unwrap();
    assert_eq!(shown(partial(0, 4), "4929557128803344"), "************3344");
    assert_eq!(shown(partial(2, 2), "Grüße an Zoë"), "Gr********oë");
    assert_eq!(shown(partial(0, 4), "12345"), "*****");
    assert_eq!(shown(partial(0, 4), ""), "");
    assert_eq!(shown(partial(1000, 1000), "abcdefgh"), "********");
}

#[test]
fn numbers_become_coarser_and_keep_their_type() {
    let whole: ArrayRef = Arc::new(Int32Array::from(vec![Some(31), Some(-1), None, Some(i32::MIN), Some(i32::MAX)]));
    let made = protector(Method::Band { width: 10.0 }).apply(&whole).unwrap();
    let made = made.as_primitive::<Int32Type>();
    assert_eq!((made.value(0), made.value(1), made.is_null(2)), (30, -10, true));
    // What does not fit any more is the nearest end.
    assert_eq!((made.value(3), made.value(4)), (i32::MIN, 2_147_483_640));
    let small: ArrayRef = Arc::new(Int8Array::from(vec![127, -128]));
    let made = protector(Method::Grid { size: 100.0 }).apply(&small).unwrap();
    assert_eq!(made.as_primitive::<Int8Type>().values(), &[100, -100]);
    let unsigned: ArrayRef = Arc::new(UInt64Array::from(vec![7, u64::MAX]));
    assert!(protector(Method::Noise { scale: 1e6 }).apply(&unsigned).unwrap().null_count() == 0);
    let degrees: ArrayRef = Arc::new(Float64Array::from(vec![Some(71.30948), Some(f64::NAN), None]));
    let made = protector(Method::Grid { size: 0.5 }).apply(&degrees).unwrap();
    let made = made.as_primitive::<Float64Type>();
    assert!((made.value(0) - 71.5).abs() < 1e-9 && made.value(1).is_nan() && made.is_null(2));
    let money = Decimal128Array::from(vec![Some(12_345), Some(-1)]).with_precision_and_scale(10, 2).unwrap();
    let made = protector(Method::Band { width: 100.0 }).apply(&(Arc::new(money) as ArrayRef)).unwrap();
    assert_eq!(made.as_primitive::<arrow::datatypes::Decimal128Type>().values(), &[10_000, -10_000]);
    assert_eq!(
        texts(Method::Band { width: 10.0 }, &[Some("34"), Some("x"), Some("-1"), Some("1e999")]),
        [Some("30-39".into()), Some("?".into()), Some("-10--1".into()), Some("?".into())]
    );
}

#[test]
fn noise_is_the_same_for_the_same_value_and_lies_around_it() {
    let values: ArrayRef = Arc::new(Float64Array::from((0..2000).map(f64::from).collect::<Vec<_>>()));
    let noise = protector(Method::Noise { scale: 5.0 });
    let (once, again) = (noise.apply(&values).unwrap(), noise.apply(&values).unwrap());
    assert_eq!(&once, &again);
    let errors: Vec<f64> =
        once.as_primitive::<Float64Type>().values().iter().enumerate().map(|(at, made)| made - at as f64).collect();
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    let spread = errors.iter().map(|error| error.abs()).sum::<f64>() / errors.len() as f64;
    assert!(mean.abs() < 0.7, "{mean}");
    // The mean distance of Laplace noise is its scale.
    assert!((spread - 5.0).abs() < 0.7, "{spread}");
    assert!(errors.iter().all(|error| *error != 0.0));
}

#[test]
fn dates_and_moments_are_those_of_their_period() {
    let day = |text: &str| Date32Type::from_naive_date(text.parse().unwrap());
    let days: ArrayRef = Arc::new(Date32Array::from(vec![Some(day("2024-02-29")), None, Some(day("1969-12-31"))]));
    for (to, wanted) in [
        (Period::Day, "2024-02-29"),
        (Period::Week, "2024-02-26"),
        (Period::Month, "2024-02-01"),
        (Period::Quarter, "2024-01-01"),
        (Period::Year, "2024-01-01"),
    ] {
        let made = protector(Method::Truncate { to }).apply(&days).unwrap();
        let made = made.as_primitive::<Date32Type>();
        assert_eq!(made.value(0), day(wanted), "{to:?}");
        assert!(made.is_null(1));
    }
    let micros = |text: &str| text.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp_micros();
    let moments =
        TimestampMicrosecondArray::from(vec![micros("2024-02-29T13:59:58.5Z"), micros("1960-05-05T23:00:00Z")])
            .with_timezone("UTC");
    let moments: ArrayRef = Arc::new(moments);
    let made = protector(Method::Truncate { to: Period::Hour }).apply(&moments).unwrap();
    assert_eq!(made.data_type(), moments.data_type());
    let made = made.as_primitive::<arrow::datatypes::TimestampMicrosecondType>();
    assert_eq!(made.values(), &[micros("2024-02-29T13:00:00Z"), micros("1960-05-05T23:00:00Z")]);
}

#[test]
fn tokens_are_kept_for_the_vault() {
    let protector = protector(Method::Token);
    let array: ArrayRef = Arc::new(StringViewArray::from(vec!["a", "b", "a"]));
    let made = protector.apply(&array).unwrap();
    assert!(made.as_string_view().iter().flatten().all(|token| token.starts_with("tok_")));
    let keys = Keys::new(Some("k1".into()), BTreeMap::from([("k1".to_owned(), Ok(key()))]));
    let tokens = protector.tokens_for_test();
    assert_eq!(tokens.len(), 2);
    let mut opened: Vec<Vec<u8>> = tokens.values().map(|sealed| keys.open(sealed).unwrap().unwrap().value).collect();
    opened.sort();
    assert_eq!(opened, [b"a".to_vec(), b"b".to_vec()]);
}
