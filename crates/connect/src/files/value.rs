//! Texts as typed columns: exactly, or not at all.
//!
//! What each type reads (nothing is trimmed, nothing is rounded but times finer than a microsecond, which are cut off):
//!
//! | type | text |
//! | --- | --- |
//! | boolean | true/false, t/f, yes/no, y/n, 1/0, in any case |
//! | integer | digits with an optional sign |
//! | float | decimal or scientific notation; not NaN, not infinity, nor what overflows to it |
//! | decimal | digits, optionally a sign, a point and an exponent; refused when digits other than 0 would be lost |
//! | date, time, timestamp | ISO 8601, or the column's pattern; see `temporal` |
//! | binary | Base64 |
//! | list, struct, map | JSON |
//!
//! An empty field of any type but string is NULL.

use std::sync::Arc;

use arrow::array::BinaryViewBuilder;
use arrow::array::{ArrayRef, ArrowPrimitiveType, BooleanBuilder, PrimitiveBuilder, StringViewBuilder};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time64MicrosecondType, TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use contract::{Column, DataType};
use engine::{Error, Kind, Result};

use super::shape::{Conform, arrow_type, bug};

mod base64;
mod block;
mod nested;
mod number;
mod temporal;

pub use block::{Block, CHUNK_BYTES_MAX, Field, Nulls};
pub use nested::{reads_numbers, reads_strings};
pub use temporal::local_to_utc;

/// Characters of a raw value that a reason repeats.
const SHOWN_CHARS: usize = 100;

/// Collects one column of a batch.
pub trait ColumnBuilder: Send {
    /// Appends the column's value of every record of the block; `row` is the batch's row of the block's first record.
    fn append(&mut self, block: &Block<'_>, column: usize, row: usize, conform: &mut Conform) -> Result<()>;

    fn append_null(&mut self);

    /// The batch's column; the builder is empty again.
    fn finish(&mut self) -> Result<ArrayRef>;
}

/// A builder per column of the contract.
pub fn builders(columns: &[Column]) -> Result<Vec<Box<dyn ColumnBuilder>>> {
    columns.iter().map(builder).collect()
}

fn builder(column: &Column) -> Result<Box<dyn ColumnBuilder>> {
    let data_type = &column.data_type;
    Ok(match data_type {
        DataType::Boolean => Box::new(Booleans(BooleanBuilder::new())),
        DataType::Integer { bits, signed } => integers(*bits, *signed, data_type),
        DataType::Float { bits: 32 } => typed::<Float32Type, _>(number::Float, data_type),
        DataType::Float { .. } => typed::<Float64Type, _>(number::Float, data_type),
        DataType::Decimal { precision, scale } => {
            let decimal = number::Decimal { precision: *precision, scale: *scale };
            if *precision <= 38 {
                typed::<Decimal128Type, _>(decimal, data_type)
            } else {
                typed::<Decimal256Type, _>(decimal, data_type)
            }
        }
        DataType::String => Box::new(Texts { builder: StringViewBuilder::new(), block: None }),
        DataType::Binary => Box::new(Bytes(BinaryViewBuilder::new())),
        DataType::Date => typed::<Date32Type, _>(temporal::Dates::new(column)?, data_type),
        DataType::Time => typed::<Time64MicrosecondType, _>(temporal::Times::new(column)?, data_type),
        DataType::Timestamp { .. } => {
            typed::<TimestampMicrosecondType, _>(temporal::Timestamps::new(column)?, data_type)
        }
        DataType::List(_) | DataType::Struct(_) | DataType::Map(..) => Box::new(nested::Nested::new(column)?),
    })
}

fn integers(bits: u8, signed: bool, data_type: &DataType) -> Box<dyn ColumnBuilder> {
    match (bits, signed) {
        (8, true) => typed::<Int8Type, _>(number::Integer, data_type),
        (16, true) => typed::<Int16Type, _>(number::Integer, data_type),
        (32, true) => typed::<Int32Type, _>(number::Integer, data_type),
        (_, true) => typed::<Int64Type, _>(number::Integer, data_type),
        (8, false) => typed::<UInt8Type, _>(number::Integer, data_type),
        (16, false) => typed::<UInt16Type, _>(number::Integer, data_type),
        (32, false) => typed::<UInt32Type, _>(number::Integer, data_type),
        (_, false) => typed::<UInt64Type, _>(number::Integer, data_type),
    }
}

/// Reads one text as one value of a primitive type.
trait Parse<N>: Send {
    fn parse(&self, text: &str) -> Result<N, Why>;

    /// What the text should have been, with its article: `an integer`.
    fn expected(&self) -> String;
}

/// Why a text is no value.
#[derive(Debug, PartialEq)]
pub enum Why {
    /// It is something else.
    Other,
    /// It is a number that the type cannot hold.
    TooLarge,
    /// It is the right kind of thing, and impossible.
    Because(&'static str),
}

struct Typed<T: ArrowPrimitiveType, P> {
    parser: P,
    builder: PrimitiveBuilder<T>,
    data_type: DataType,
}

fn typed<T, P>(parser: P, data_type: &DataType) -> Box<dyn ColumnBuilder>
where
    T: ArrowPrimitiveType,
    P: Parse<T::Native> + 'static,
{
    let builder = PrimitiveBuilder::<T>::new().with_data_type(arrow_type(data_type));
    Box::new(Typed { parser, builder, data_type: data_type.clone() })
}

impl<T: ArrowPrimitiveType, P: Parse<T::Native>> ColumnBuilder for Typed<T, P> {
    fn append(&mut self, block: &Block<'_>, column: usize, row: usize, conform: &mut Conform) -> Result<()> {
        for at in 0..block.rows {
            let Some(text) = block.value(at, column) else {
                self.builder.append_null();
                continue;
            };
            match self.parser.parse(text) {
                Ok(value) => self.builder.append_value(value),
                Err(why) => {
                    self.builder.append_null();
                    conform.value(row + at, column, reason(text, &why, &self.parser.expected(), &self.data_type));
                }
            }
        }
        Ok(())
    }

    fn append_null(&mut self) {
        self.builder.append_null();
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        Ok(Arc::new(self.builder.finish()))
    }
}

struct Booleans(BooleanBuilder);

impl ColumnBuilder for Booleans {
    fn append(&mut self, block: &Block<'_>, column: usize, row: usize, conform: &mut Conform) -> Result<()> {
        for at in 0..block.rows {
            let text = block.value(at, column);
            let value = text.and_then(boolean);
            if let (Some(text), None) = (text, value) {
                conform.value(row + at, column, reason(text, &Why::Other, "a boolean", &DataType::Boolean));
            }
            self.0.append_option(value);
        }
        Ok(())
    }

    fn append_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        Ok(Arc::new(self.0.finish()))
    }
}

fn boolean(text: &str) -> Option<bool> {
    const TRUE: [&str; 5] = ["true", "1", "t", "yes", "y"];
    const FALSE: [&str; 5] = ["false", "0", "f", "no", "n"];
    if TRUE.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Some(true);
    }
    FALSE.iter().any(|word| text.eq_ignore_ascii_case(word)).then_some(false)
}

/// Longer texts are views into the chunk, so they cost no copy.
struct Texts {
    builder: StringViewBuilder,
    /// The builder's number for the chunk's buffer, once a view into it was needed. A batch is made from one chunk.
    block: Option<u32>,
}

/// Texts up to this length live in the view itself.
const INLINE_BYTES: usize = 12;

impl ColumnBuilder for Texts {
    fn append(&mut self, block: &Block<'_>, column: usize, _row: usize, _conform: &mut Conform) -> Result<()> {
        for at in 0..block.rows {
            let Some((text, offset)) = block.text(at, column) else {
                self.builder.append_null();
                continue;
            };
            match offset {
                Some(offset) if text.len() > INLINE_BYTES => {
                    let buffer = *self.block.get_or_insert_with(|| self.builder.append_block(block.buffer.clone()));
                    self.builder.try_append_view(buffer, offset, text.len() as u32).map_err(bug)?;
                }
                _ => self.builder.try_append_value(text).map_err(bug)?,
            }
        }
        Ok(())
    }

    fn append_null(&mut self) {
        self.builder.append_null();
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        self.block = None;
        Ok(Arc::new(self.builder.finish()))
    }
}

struct Bytes(BinaryViewBuilder);

impl ColumnBuilder for Bytes {
    fn append(&mut self, block: &Block<'_>, column: usize, row: usize, conform: &mut Conform) -> Result<()> {
        for at in 0..block.rows {
            let text = block.value(at, column);
            let value = text.and_then(base64::decode);
            if let (Some(text), None) = (text, &value) {
                conform.value(row + at, column, reason(text, &Why::Other, "Base64", &DataType::Binary));
            }
            self.0.append_option(value);
        }
        Ok(())
    }

    fn append_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        Ok(Arc::new(self.0.finish()))
    }
}

/// `'NA' is not an integer`
fn reason(text: &str, why: &Why, expected: &str, data_type: &DataType) -> String {
    let text = clip(text);
    match why {
        Why::Other if text.trim() != text => format!("'{text}' is not {expected}: it has spaces around it"),
        Why::Other => format!("'{text}' is not {expected}"),
        Why::TooLarge => format!("'{text}' does not fit {data_type}"),
        Why::Because(why) => format!("'{text}' is not {expected}: {why}"),
    }
}

/// The first characters of a raw value, for a reason.
pub fn clip(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The contract asks for what this reader cannot do.
fn unsupported(column: &Column, message: String, help: &str) -> Error {
    Error::new(Kind::Input, message).at(format!("column `{}`", column.name)).help(help)
}

#[cfg(test)]
mod tests;
