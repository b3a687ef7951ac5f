//! Rules about text: length, pattern, format.

use contract::{DataType, Format, Pattern};
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::datatypes::DataType as ArrowType;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::Expr;

use super::column::Found;
use super::format;
use super::test::{Test, call};

/// True for text of `min` to `max` Unicode characters, and for so many bytes of a binary column.
pub(super) fn length(column: &Found, min: Option<u64>, max: Option<u64>) -> Result<Expr, String> {
    let (min, max) = (min.unwrap_or(0), max.unwrap_or(u64::MAX));
    let name = format!("length_within_{min}_{max}");
    match column.data_type {
        DataType::String => Ok(call(name, LengthTest { min, max }, column.expr.clone())),
        DataType::Binary => Ok(call(name, BinaryTest { min, max }, column.expr.clone())),
        _ => Err(column.not_for_type("a length", "text and bytes")),
    }
}

/// True for text in which the pattern occurs.
pub(super) fn pattern(column: &Found, pattern: &str) -> Result<Expr, String> {
    if *column.data_type != DataType::String {
        return Err(column.not_for_type("a pattern", "text"));
    }
    let regex = Pattern::new(pattern).map_err(|problem| format!("pattern `{pattern}`: {problem}"))?;
    Ok(call(format!("matches /{pattern}/"), PatternTest { regex }, column.expr.clone()))
}

/// True for text of this form.
pub(super) fn format(column: &Found, form: Format) -> Result<Expr, String> {
    if *column.data_type != DataType::String {
        return Err(column.not_for_type("a format", "text"));
    }
    let (name, test): (_, fn(&str) -> bool) = match form {
        Format::Email => ("is_email", format::email),
        Format::Uuid => ("is_uuid", format::uuid),
        Format::Uri => ("is_uri", format::uri),
        Format::Hostname => ("is_hostname", format::hostname),
        Format::Ipv4 => ("is_ipv4", format::ipv4),
        Format::Ipv6 => ("is_ipv6", format::ipv6),
        Format::Byte => ("is_base64", format::base64),
    };
    Ok(text(name.to_owned(), column, test))
}

/// A character takes one to four bytes, so most texts are decided without counting.
fn characters_within(value: &str, min: u64, max: u64) -> bool {
    let bytes = value.len() as u64;
    let surely = bytes.div_ceil(4) >= min && bytes <= max;
    let possibly = bytes >= min && bytes.div_ceil(4) <= max;
    surely || (possibly && (min..=max).contains(&characters(value)))
}

/// Most text is ASCII, where bytes are characters.
fn characters(value: &str) -> u64 {
    if value.is_ascii() { value.len() as u64 } else { value.chars().count() as u64 }
}

fn text(name: String, column: &Found, holds: impl Fn(&str) -> bool + Send + Sync + 'static) -> Expr {
    call(name, TextTest { holds }, column.expr.clone())
}

struct TextTest<F> {
    holds: F,
}

impl<F: Fn(&str) -> bool + Send + Sync> Test for TextTest<F> {
    fn holds(&self, array: &dyn Array) -> Result<BooleanBuffer> {
        each_text(array, &self.holds)
    }
}

struct PatternTest {
    regex: Pattern,
}

impl Test for PatternTest {
    fn holds(&self, array: &dyn Array) -> Result<BooleanBuffer> {
        // A regex that several threads share hands its scratch memory around for every value; a clone has its own.
        let regex = self.regex.clone();
        each_text(array, |value| regex.is_match(value))
    }
}

struct LengthTest {
    min: u64,
    max: u64,
}

impl LengthTest {
    fn holds_for(&self, value: &str) -> bool {
        characters_within(value, self.min, self.max)
    }
}

impl Test for LengthTest {
    fn holds(&self, array: &dyn Array) -> Result<BooleanBuffer> {
        let ArrowType::Utf8View = array.data_type() else { return each_text(array, |value| self.holds_for(value)) };
        let array = array.as_string_view();
        let views = array.views();
        Ok(BooleanBuffer::collect_bool(array.len(), |row| match ascii_length(views[row]) {
            Some(length) => (self.min..=self.max).contains(&length),
            None => array.is_null(row) || self.holds_for(array.value(row)),
        }))
    }
}

/// The length of a text that its view holds itself, where all of it is ASCII: Arrow puts four bytes of length before up to twelve of
/// text, and zeros behind it.
fn ascii_length(view: u128) -> Option<u64> {
    const INLINE_MAX: u128 = 12;
    const BEYOND_ASCII: u128 = 0x8080_8080_8080_8080_8080_8080_0000_0000;
    let length = view & u128::from(u32::MAX);
    (length <= INLINE_MAX && view & BEYOND_ASCII == 0).then_some(length as u64)
}

/// NULL holds.
pub(super) fn each_text(array: &dyn Array, holds: impl Fn(&str) -> bool) -> Result<BooleanBuffer> {
    let rows = array.len();
    Ok(match array.data_type() {
        ArrowType::Utf8View => {
            let array = array.as_string_view();
            BooleanBuffer::collect_bool(rows, |row| array.is_null(row) || holds(array.value(row)))
        }
        ArrowType::Utf8 => {
            let array = array.as_string::<i32>();
            BooleanBuffer::collect_bool(rows, |row| array.is_null(row) || holds(array.value(row)))
        }
        ArrowType::LargeUtf8 => {
            let array = array.as_string::<i64>();
            BooleanBuffer::collect_bool(rows, |row| array.is_null(row) || holds(array.value(row)))
        }
        other => return exec_err!("a text rule met a column of type {other}"),
    })
}

struct BinaryTest {
    min: u64,
    max: u64,
}

impl Test for BinaryTest {
    fn holds(&self, array: &dyn Array) -> Result<BooleanBuffer> {
        let within = |length: usize| (self.min..=self.max).contains(&(length as u64));
        let rows = array.len();
        Ok(match array.data_type() {
            ArrowType::BinaryView => {
                let array = array.as_binary_view();
                BooleanBuffer::collect_bool(rows, |row| within(array.value(row).len()))
            }
            ArrowType::Binary => {
                let array = array.as_binary::<i32>();
                BooleanBuffer::collect_bool(rows, |row| within(array.value(row).len()))
            }
            other => return exec_err!("a length met a column of type {other}"),
        })
    }
}
