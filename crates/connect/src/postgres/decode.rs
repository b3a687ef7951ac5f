//! Binary fields of PostgreSQL as columns of Arrow.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryViewBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder, Float64Builder,
    Int16Builder, Int32Builder, Int64Builder, ListArray, NullBufferBuilder, StringViewBuilder,
    Time64MicrosecondBuilder, TimestampMicrosecondBuilder,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::Field;
use contract::DataType;
use engine::{Error, Kind, Result};

use crate::files::shape::arrow_type;

/// Days and microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL begins to count.
const EPOCH_DAYS: i32 = 10_957;
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// A column that is being filled.
pub enum Column {
    Boolean(BooleanBuilder),
    Int16(Int16Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    Decimal(Decimal128Builder, i32),
    Text(StringViewBuilder),
    Bytes(BinaryViewBuilder),
    Date(Date32Builder),
    Time(Time64MicrosecondBuilder),
    Timestamp(TimestampMicrosecondBuilder),
    List { item: Box<Column>, item_type: DataType, lengths: Vec<usize>, nulls: NullBufferBuilder },
}

/// Why a value is none of its column's type; it is NULL then.
pub type Unfit = &'static str;

impl Column {
    pub fn new(data_type: &DataType) -> Result<Self> {
        Ok(match data_type {
            DataType::Boolean => Self::Boolean(BooleanBuilder::new()),
            DataType::Integer { bits: 16, .. } => Self::Int16(Int16Builder::new()),
            DataType::Integer { bits: 32, .. } => Self::Int32(Int32Builder::new()),
            DataType::Integer { .. } => Self::Int64(Int64Builder::new()),
            DataType::Float { bits: 32 } => Self::Float32(Float32Builder::new()),
            DataType::Float { .. } => Self::Float64(Float64Builder::new()),
            DataType::Decimal { scale, .. } => {
                let builder = Decimal128Builder::new().with_data_type(arrow_type(data_type));
                Self::Decimal(builder, i32::from(*scale))
            }
            DataType::String => Self::Text(StringViewBuilder::new()),
            DataType::Binary => Self::Bytes(BinaryViewBuilder::new()),
            DataType::Date => Self::Date(Date32Builder::new()),
            DataType::Time => Self::Time(Time64MicrosecondBuilder::new()),
            DataType::Timestamp { .. } => {
                Self::Timestamp(TimestampMicrosecondBuilder::new().with_data_type(arrow_type(data_type)))
            }
            DataType::List(item) => Self::List {
                item: Box::new(Self::new(item)?),
                item_type: item.as_ref().clone(),
                lengths: Vec::new(),
                nulls: NullBufferBuilder::new(0),
            },
            other => return Err(Error::new(Kind::Bug, format!("a database's column is no {other}"))),
        })
    }

    /// Appends a field; the inner error says why it is NULL although it is not.
    pub fn push(&mut self, field: Option<&[u8]>) -> Result<std::result::Result<(), Unfit>> {
        let Some(bytes) = field else {
            self.null();
            return Ok(Ok(()));
        };
        match self {
            Self::Boolean(builder) => builder.append_value(array::<1>(bytes)? != [0]),
            Self::Int16(builder) => builder.append_value(i16::from_be_bytes(array(bytes)?)),
            Self::Int32(builder) => builder.append_value(i32::from_be_bytes(array(bytes)?)),
            Self::Int64(builder) => builder.append_value(i64::from_be_bytes(array(bytes)?)),
            Self::Float32(builder) => builder.append_value(f32::from_be_bytes(array(bytes)?)),
            Self::Float64(builder) => builder.append_value(f64::from_be_bytes(array(bytes)?)),
            Self::Text(builder) => match std::str::from_utf8(bytes) {
                Ok(text) => builder.append_value(text),
                Err(_) => return Err(unreadable("a text that is not UTF-8")),
            },
            Self::Bytes(builder) => builder.append_value(bytes),
            Self::Time(builder) => builder.append_value(i64::from_be_bytes(array(bytes)?)),
            Self::Decimal(builder, scale) => match decimal(bytes, *scale)? {
                Some(value) => builder.append_value(value),
                None => {
                    builder.append_null();
                    return Ok(Err("it is no finite number of the column's digits"));
                }
            },
            Self::Date(builder) => {
                let days = i32::from_be_bytes(array(bytes)?);
                match days.checked_add(EPOCH_DAYS).filter(|_| days != i32::MAX && days != i32::MIN) {
                    Some(days) => builder.append_value(days),
                    None => {
                        builder.append_null();
                        return Ok(Err("it is infinite, which no date is"));
                    }
                }
            }
            Self::Timestamp(builder) => {
                let micros = i64::from_be_bytes(array(bytes)?);
                match micros.checked_add(EPOCH_MICROS).filter(|_| micros != i64::MAX && micros != i64::MIN) {
                    Some(micros) => builder.append_value(micros),
                    None => {
                        builder.append_null();
                        return Ok(Err("it is infinite, which no timestamp is"));
                    }
                }
            }
            Self::List { item, lengths, nulls, .. } => {
                let count = items(bytes, item)?;
                lengths.push(count.unwrap_or(0));
                nulls.append(count.is_some());
                if count.is_none() {
                    return Ok(Err("it is an array of several dimensions"));
                }
            }
        }
        Ok(Ok(()))
    }

    fn null(&mut self) {
        match self {
            Self::Boolean(builder) => builder.append_null(),
            Self::Int16(builder) => builder.append_null(),
            Self::Int32(builder) => builder.append_null(),
            Self::Int64(builder) => builder.append_null(),
            Self::Float32(builder) => builder.append_null(),
            Self::Float64(builder) => builder.append_null(),
            Self::Decimal(builder, _) => builder.append_null(),
            Self::Text(builder) => builder.append_null(),
            Self::Bytes(builder) => builder.append_null(),
            Self::Date(builder) => builder.append_null(),
            Self::Time(builder) => builder.append_null(),
            Self::Timestamp(builder) => builder.append_null(),
            Self::List { lengths, nulls, .. } => {
                lengths.push(0);
                nulls.append_null();
            }
        }
    }

    /// What was appended, and the column empty again.
    pub fn finish(&mut self) -> Result<ArrayRef> {
        Ok(match self {
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Int16(builder) => Arc::new(builder.finish()),
            Self::Int32(builder) => Arc::new(builder.finish()),
            Self::Int64(builder) => Arc::new(builder.finish()),
            Self::Float32(builder) => Arc::new(builder.finish()),
            Self::Float64(builder) => Arc::new(builder.finish()),
            Self::Decimal(builder, _) => Arc::new(builder.finish()),
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Bytes(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Time(builder) => Arc::new(builder.finish()),
            Self::Timestamp(builder) => Arc::new(builder.finish()),
            Self::List { item, item_type, lengths, nulls } => {
                let field = Arc::new(Field::new("element", arrow_type(item_type), true));
                let offsets = OffsetBuffer::from_lengths(std::mem::take(lengths));
                let list = ListArray::try_new(field, offsets, item.finish()?, nulls.finish());
                Arc::new(list.map_err(|e| Error::new(Kind::Bug, "an array was not put together").because(e))?)
            }
        })
    }
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| unreadable("a field of another length than its type has"))
}

fn unreadable(what: &str) -> Error {
    Error::new(Kind::Input, format!("the database sent {what}")).help("test the data from a file that was exported")
}

/// Dimensions, flags, type, then per dimension its length and first index, then the items. `None` for several dimensions.
fn items(bytes: &[u8], item: &mut Column) -> Result<Option<usize>> {
    let number = |at: usize| -> Result<i32> {
        let four = bytes.get(at..at + 4).ok_or_else(|| unreadable("an array that is cut off"))?;
        Ok(i32::from_be_bytes(array(four)?))
    };
    match number(0)? {
        0 => return Ok(Some(0)),
        1 => {}
        _ => return Ok(None),
    }
    let count = usize::try_from(number(12)?).map_err(|_| unreadable("an array without a length"))?;
    let mut at = 20;
    for _ in 0..count {
        let length = number(at)?;
        at += 4;
        let field = match usize::try_from(length) {
            Ok(length) => {
                let field = bytes.get(at..at + length).ok_or_else(|| unreadable("an array that is cut off"))?;
                at += length;
                Some(field)
            }
            Err(_) => None,
        };
        // An infinite day in an array is NULL there.
        let _ = item.push(field)?;
    }
    Ok(Some(count))
}

/// Digits of base ten thousand: their count, the power of the first, the sign, the scale that is shown, and they themselves.
fn decimal(bytes: &[u8], scale: i32) -> Result<Option<i128>> {
    const NEGATIVE: u16 = 0x4000;
    const SPECIAL: u16 = 0xC000;
    let word = |at: usize| -> Result<u16> {
        let two = bytes.get(at..at + 2).ok_or_else(|| unreadable("a number that is cut off"))?;
        Ok(u16::from_be_bytes(array(two)?))
    };
    let (count, weight, sign) = (usize::from(word(0)?), i32::from(word(2)?.cast_signed()), word(4)?);
    if sign & SPECIAL == SPECIAL {
        return Ok(None);
    }
    let mut value: i128 = 0;
    for digit in 0..count {
        let next = value.checked_mul(10_000).and_then(|value| value.checked_add(i128::from(word(8 + digit * 2).ok()?)));
        let Some(next) = next else { return Ok(None) };
        value = next;
    }
    // The last digit counts ten thousand to the power of this.
    let last = weight - i32::try_from(count).unwrap_or(i32::MAX) + 1;
    let shift = last * 4 + scale;
    let power = |by: u32| 10_i128.checked_pow(by);
    let value = match u32::try_from(shift) {
        _ if value == 0 => Some(0),
        Ok(shift) => power(shift).and_then(|power| value.checked_mul(power)),
        Err(_) => power(shift.unsigned_abs()).filter(|power| value % power == 0).map(|power| value / power),
    };
    Ok(value.map(|value| if sign == NEGATIVE { -value } else { value }))
}

#[cfg(test)]
mod tests;
