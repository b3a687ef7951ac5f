//! Values with less in them: parts of texts, bands, periods, grids, noise.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, Float64Array, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Float64Type, TimestampMicrosecondType};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike};
use contract::privacy::Period;
use engine::{Error, Kind, Result};

use crate::error;

const DOING: &str = "protecting values";

/// `with` in place of each character but the first and the last ones. What would be shown as a whole, or nearly so, is
/// replaced as a whole: at least half of the characters are hidden.
pub(super) fn partial(value: &str, first: usize, last: usize, with: &str) -> String {
    let characters: Vec<char> = value.chars().collect();
    let count = characters.len();
    let shown = first.saturating_add(last);
    if shown > count / 2 {
        return with.repeat(count);
    }
    let start: String = characters[..first].iter().collect();
    let end: String = characters[count - last..].iter().collect();
    format!("{start}{}{end}", with.repeat(count - shown))
}

/// `30-39` for 34 and a width of 10; a text that is no number is hidden.
pub(super) fn band_text(value: &str, width: f64) -> String {
    let Some(number) = value.trim().parse::<f64>().ok().filter(|number| number.is_finite()) else {
        return "?".to_owned();
    };
    let low = (number / width).floor() * width;
    let whole = width.fract() == 0.0;
    match whole {
        true => format!("{}-{}", low as i64, (low + width - 1.0) as i64),
        false => format!("{low}-{}", low + width),
    }
}

/// Laplace noise from a number between 0 and 1: the inverse of the distribution function.
pub(super) fn laplace(share: f64, scale: f64) -> f64 {
    let centred = share - 0.5;
    -scale * centred.signum() * (1.0 - 2.0 * centred.abs()).ln()
}

/// Each number by way of a double, and back into the column's type; what does not fit there any more is its nearest end.
pub(super) fn numbers(array: &ArrayRef, each: impl Fn(f64) -> f64) -> Result<ArrayRef> {
    let failed = |e| error::arrow(DOING, e);
    let of_type = array.data_type();
    match of_type {
        DataType::Decimal128(precision, scale) => {
            let unit = 10_f64.powi(i32::from(*scale));
            let most = 10_f64.powi(i32::from(*precision)) - 1.0;
            let made: arrow::array::Decimal128Array = array
                .as_primitive::<Decimal128Type>()
                .iter()
                .map(|value| value.map(|value| (each(value as f64 / unit) * unit).round().clamp(-most, most) as i128))
                .collect();
            Ok(Arc::new(made.with_precision_and_scale(*precision, *scale).map_err(failed)?))
        }
        DataType::Float64 | DataType::Float32 => {
            let doubles = arrow::compute::cast(array, &DataType::Float64).map_err(failed)?;
            let made: Float64Array =
                doubles.as_primitive::<Float64Type>().iter().map(|value| value.map(&each)).collect();
            arrow::compute::cast(&(Arc::new(made) as ArrayRef), of_type).map_err(failed)
        }
        _ if of_type.is_integer() => {
            let (least, most) = ends(of_type);
            let whole = arrow::compute::cast(array, &DataType::Float64).map_err(failed)?;
            let made: arrow::array::Decimal128Array = whole
                .as_primitive::<Float64Type>()
                .iter()
                .map(|value| value.map(|value| (each(value).round() as i128).clamp(least, most)))
                .collect();
            let made = made.with_precision_and_scale(38, 0).map_err(failed)?;
            arrow::compute::cast(&(Arc::new(made) as ArrayRef), of_type).map_err(failed)
        }
        other => Err(Error::new(Kind::Input, format!("{DOING}: {other} is not a number that can be made coarser"))),
    }
}

fn ends(of_type: &DataType) -> (i128, i128) {
    match of_type {
        DataType::Int8 => (i8::MIN.into(), i8::MAX.into()),
        DataType::Int16 => (i16::MIN.into(), i16::MAX.into()),
        DataType::Int32 => (i32::MIN.into(), i32::MAX.into()),
        DataType::UInt8 => (0, u8::MAX.into()),
        DataType::UInt16 => (0, u16::MAX.into()),
        DataType::UInt32 => (0, u32::MAX.into()),
        DataType::UInt64 => (0, u64::MAX.into()),
        _ => (i64::MIN.into(), i64::MAX.into()),
    }
}

/// Dates and times at the beginning of their period; instants by the calendar of UTC.
pub(super) fn truncated(array: &ArrayRef, to: Period) -> Result<ArrayRef> {
    let failed = |e| error::arrow(DOING, e);
    match array.data_type() {
        DataType::Date32 => {
            let made: Date32Array = array
                .as_primitive::<Date32Type>()
                .iter()
                .map(|days| {
                    days.and_then(|days| {
                        Some(Date32Type::from_naive_date(begin_day(Date32Type::to_naive_date_opt(days)?, to)?))
                    })
                })
                .collect();
            Ok(Arc::new(made))
        }
        DataType::Timestamp(_, zone) => {
            let micros = arrow::compute::cast(
                array,
                &DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, zone.clone()),
            )
            .map_err(failed)?;
            let made: TimestampMicrosecondArray = micros
                .as_primitive::<TimestampMicrosecondType>()
                .iter()
                .map(|micros| micros.and_then(|micros| begin(DateTime::from_timestamp_micros(micros)?.naive_utc(), to)))
                .collect();
            let made: ArrayRef = Arc::new(made.with_timezone_opt(zone.clone()));
            arrow::compute::cast(&made, array.data_type()).map_err(failed)
        }
        other => Err(Error::new(Kind::Input, format!("{DOING}: {other} is not a date or a timestamp"))),
    }
}

fn begin(moment: NaiveDateTime, to: Period) -> Option<i64> {
    let begun = match to {
        Period::Hour => moment.date().and_hms_opt(moment.hour(), 0, 0)?,
        _ => begin_day(moment.date(), to)?.and_hms_opt(0, 0, 0)?,
    };
    Some(begun.and_utc().timestamp_micros())
}

fn begin_day(day: NaiveDate, to: Period) -> Option<NaiveDate> {
    match to {
        Period::Hour | Period::Day => Some(day),
        Period::Week => day.checked_sub_days(chrono::Days::new(u64::from(day.weekday().num_days_from_monday()))),
        Period::Month => day.with_day(1),
        Period::Quarter => NaiveDate::from_ymd_opt(day.year(), (day.month0() / 3) * 3 + 1, 1),
        Period::Year => NaiveDate::from_ymd_opt(day.year(), 1, 1),
    }
}
