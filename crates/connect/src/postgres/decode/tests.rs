//! Binary fields, as a server sends them.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

/// Count, weight, sign, scale, digits.
fn number(weight: i16, sign: u16, digits: &[u16]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend((digits.len() as u16).to_be_bytes());
    bytes.extend(weight.to_be_bytes());
    bytes.extend(sign.to_be_bytes());
    bytes.extend(9_u16.to_be_bytes());
    digits.iter().for_each(|digit| bytes.extend(digit.to_be_bytes()));
    bytes
}

#[test]
fn numbers_are_exact_or_none() {
    let read = |weight, sign, digits: &[u16], scale| decimal(&number(weight, sign, digits), scale).unwrap();
    assert_eq!(read(0, 0, &[], 2), Some(0));
    assert_eq!(read(0, 0, &[12], 2), Some(1_200));
    assert_eq!(read(0, 0x4000, &[12, 3_400], 2), Some(-1_234));
    assert_eq!(read(-1, 0, &[1], 4), Some(1));
    assert_eq!(read(-1, 0, &[1], 3), None, "more digits than the column has");
    assert_eq!(read(1, 0, &[5], 0), Some(50_000));
    assert_eq!(read(0, 0xC000, &[], 2), None, "NaN");
    assert_eq!(read(0, 0xD000, &[], 2), None, "infinity");
    assert_eq!(read(20, 0, &[9_999], 0), None, "too large");
    assert!(decimal(&[0, 1], 0).is_err());
}

#[test]
fn arrays_are_lists() {
    let mut bytes = Vec::new();
    for number in [1_i32, 1, 23, 3, 1, 4, 7, -1, 4, 9] {
        bytes.extend(number.to_be_bytes());
    }
    let mut column = Column::new(&DataType::List(Box::new(DataType::Integer { bits: 32, signed: true }))).unwrap();
    assert_eq!(column.push(Some(&bytes)).unwrap(), Ok(()));
    assert_eq!(column.push(None).unwrap(), Ok(()));
    assert_eq!(column.push(Some(&[0; 12])).unwrap(), Ok(()));
    assert!(column.push(Some(&2_i32.to_be_bytes())).unwrap().is_err());
    assert!(column.push(Some(&bytes[..30])).is_err());
    let mut column = Column::new(&DataType::List(Box::new(DataType::Integer { bits: 32, signed: true }))).unwrap();
    for field in [Some(bytes.as_slice()), None, Some(&[0; 12])] {
        column.push(field).unwrap().unwrap();
    }
    let list = column.finish().unwrap();
    assert_eq!(format!("{:?}", list.nulls().unwrap().iter().collect::<Vec<_>>()), "[true, false, true]");
}

#[test]
fn moments_count_from_another_day() {
    let mut column = Column::new(&DataType::Date).unwrap();
    column.push(Some(&0_i32.to_be_bytes())).unwrap().unwrap();
    assert!(column.push(Some(&i32::MAX.to_be_bytes())).unwrap().is_err());
    let array = column.finish().unwrap();
    assert_eq!(arrow::util::display::array_value_to_string(&array, 0).unwrap(), "2000-01-01");
    let mut column = Column::new(&DataType::Timestamp { zoned: true }).unwrap();
    column.push(Some(&1_i64.to_be_bytes())).unwrap().unwrap();
    assert!(column.push(Some(&i64::MIN.to_be_bytes())).unwrap().is_err());
    assert_eq!(
        arrow::util::display::array_value_to_string(&column.finish().unwrap(), 0).unwrap(),
        "2000-01-01T00:00:00.000001Z"
    );
}
