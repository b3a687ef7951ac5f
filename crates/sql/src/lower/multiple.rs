//! Multiples, in decimal arithmetic: 0.3 is a multiple of 0.1.
//!
//! A float stands for the shortest decimal that reads as it, which is what its text was or would be.

use contract::DataType;
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::datatypes::{
    ArrowPrimitiveType, DataType as ArrowType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::Expr;

use super::column::Found;
use super::number::{Number, power};
use super::test::{Test, call};

/// True for exact multiples of the divisor.
pub(super) fn of(column: &Found, divisor: &str) -> Result<Expr, String> {
    let number = Number::parse(divisor).filter(|number| number.mantissa > 0);
    let number = number.ok_or_else(|| format!("`{divisor}` is no divisor: a positive number is needed"))?;
    match column.data_type {
        DataType::Integer { .. } | DataType::Float { .. } => {}
        DataType::Decimal { precision, .. } if *precision <= 38 => {}
        _ => return Err(column.not_for_type("a multiple", "numbers of at most 38 digits")),
    }
    Ok(call(format!("is_multiple_of_{divisor}"), MultipleOf { divisor: number }, column.expr.clone()))
}

struct MultipleOf {
    divisor: Number,
}

impl Test for MultipleOf {
    fn holds(&self, array: &dyn Array) -> Result<BooleanBuffer> {
        match array.data_type() {
            ArrowType::Int8 => Ok(self.integers::<Int8Type>(array)),
            ArrowType::Int16 => Ok(self.integers::<Int16Type>(array)),
            ArrowType::Int32 => Ok(self.integers::<Int32Type>(array)),
            ArrowType::Int64 => Ok(self.integers::<Int64Type>(array)),
            ArrowType::UInt8 => Ok(self.integers::<UInt8Type>(array)),
            ArrowType::UInt16 => Ok(self.integers::<UInt16Type>(array)),
            ArrowType::UInt32 => Ok(self.integers::<UInt32Type>(array)),
            ArrowType::UInt64 => Ok(self.integers::<UInt64Type>(array)),
            ArrowType::Decimal128(_, scale) => Ok(self.unscaled::<Decimal128Type>(array, i32::from(*scale))),
            ArrowType::Float32 => Ok(each::<Float32Type>(array, |value| self.float(value.into(), &value))),
            ArrowType::Float64 => {
                Ok(each::<Float64Type>(array, |value| self.short(value).unwrap_or_else(|| self.float(value, &value))))
            }
            other => exec_err!("a multiple met a column of type {other}"),
        }
    }
}

impl MultipleOf {
    fn integers<T: ArrowPrimitiveType>(&self, array: &dyn Array) -> BooleanBuffer
    where
        T::Native: Into<i128>,
    {
        self.unscaled::<T>(array, 0)
    }

    fn unscaled<T: ArrowPrimitiveType>(&self, array: &dyn Array, scale: i32) -> BooleanBuffer
    where
        T::Native: Into<i128>,
    {
        match self.at(scale) {
            // Most divisors and values fit 64 bits, where a remainder takes a tenth of the time.
            Some(divisor) => match i64::try_from(divisor) {
                Ok(small) => each::<T>(array, |value| match i64::try_from(value.into()) {
                    Ok(value) => value.unsigned_abs().is_multiple_of(small.unsigned_abs()),
                    Err(_) => value.into() % divisor == 0,
                }),
                Err(_) => each::<T>(array, |value| value.into() % divisor == 0),
            },
            None => each::<T>(array, |value| value.into() == 0),
        }
    }

    /// `v / 10^scale` is a multiple exactly when `v` is a multiple of this; `None`: only zero is.
    fn at(&self, scale: i32) -> Option<i128> {
        let Number { mantissa, scale: own } = self.divisor;
        if scale >= own {
            return mantissa.checked_mul(power(scale - own)?);
        }
        // v * 10^(own - scale) % mantissa == 0, without what both have in common.
        let mut rest = mantissa;
        for _ in 0..(own - scale) {
            for factor in [2, 5] {
                if rest % factor == 0 {
                    rest /= factor;
                }
            }
        }
        Some(rest)
    }

    /// Decides values of up to 15 digits without writing them out: no two decimals of so many digits are one float, so a
    /// value is `units / 10^scale` in decimal exactly when it is in binary. `None`: it must be written out.
    fn short(&self, value: f64) -> Option<bool> {
        const DIGITS_MAX: f64 = 1e15;
        let scale = self.divisor.scale.max(0);
        // Powers of ten up to this one are exact.
        let unit = (scale <= 22).then(|| 10f64.powi(scale))?;
        let units = (value * unit).round();
        if units.is_nan() || units.abs() >= DIGITS_MAX {
            return None;
        }
        if units / unit != value {
            return Some(false);
        }
        let divisor = i64::try_from(self.at(scale)?).ok()?;
        Some((units as i64).unsigned_abs().is_multiple_of(divisor.unsigned_abs()))
    }

    /// `exact` is the same value in its own width: its shortest text differs from the wider one's.
    fn float(&self, value: f64, exact: &dyn std::fmt::LowerExp) -> bool {
        if value == 0.0 {
            return true;
        }
        if !value.is_finite() {
            return false;
        }
        let Some(number) = Number::parse(&format!("{exact:e}")) else { return false };
        self.at(number.scale).is_some_and(|divisor| number.mantissa % divisor == 0)
    }
}

fn each<T: ArrowPrimitiveType>(array: &dyn Array, holds: impl Fn(T::Native) -> bool) -> BooleanBuffer {
    let values = array.as_primitive::<T>().values();
    BooleanBuffer::collect_bool(values.len(), |row| holds(values[row]))
}
