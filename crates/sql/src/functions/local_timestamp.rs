//! `local_timestamp(date, hhmm, zone)`: the instant at which clocks of a zone showed a time.
//!
//! Timetables write 517 for 05:17 and 2400 for the midnight that ends the day. Where clocks go back and a time comes twice,
//! the earlier instant is meant. Where they go forward and skip it, the instant is the one that a clock which was not set
//! would show: 02:30 becomes 03:30. NULL for NULL and for what is no time of day, such as 1260.

use std::sync::Arc;

use chrono::{Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, TimestampMicrosecondArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Date32Type, Int64Type, TimeUnit};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err, exec_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use crate::types::UTC;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct LocalTimestamp {
    signature: Signature,
}

impl Default for LocalTimestamp {
    fn default() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for LocalTimestamp {
    fn name(&self) -> &str {
        "local_timestamp"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())))
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        let [date, hhmm, zone] = arguments else {
            return plan_err!("local_timestamp takes a date, a time as the integer hhmm, and a time zone");
        };
        let dated = date.is_null()
            || date.is_string()
            || matches!(date, DataType::Date32 | DataType::Date64 | DataType::Timestamp(..));
        if !dated {
            return plan_err!("local_timestamp: the first argument is a date, not {date}");
        }
        if !(hhmm.is_null() || hhmm.is_integer()) {
            return plan_err!("local_timestamp: the second argument is an integer such as 517 for 05:17, not {hhmm}");
        }
        if !(zone.is_null() || zone.is_string()) {
            return plan_err!("local_timestamp: the third argument is the name of a time zone, not {zone}");
        }
        Ok(vec![DataType::Date32, DataType::Int64, DataType::Utf8View])
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [date, hhmm, zone] = arguments.args.as_slice() else {
            return exec_err!("local_timestamp takes three arguments");
        };
        let rows = arguments.number_rows;
        let dates = as_type(date, rows, &DataType::Date32)?;
        let times = as_type(hhmm, rows, &DataType::Int64)?;
        let (dates, times) = (dates.as_primitive::<Date32Type>(), times.as_primitive::<Int64Type>());
        let zones = Zones::of(zone, rows)?;
        let instant = |row: usize| -> Result<Option<i64>> {
            if dates.is_null(row) || times.is_null(row) {
                return Ok(None);
            }
            let Some(zone) = zones.at(row)? else { return Ok(None) };
            Ok(instant(dates.value(row), times.value(row), zone))
        };
        let instants = (0..rows).map(instant).collect::<Result<TimestampMicrosecondArray>>()?;
        Ok(ColumnarValue::Array(Arc::new(instants.with_timezone(UTC))))
    }
}

fn as_type(value: &ColumnarValue, rows: usize, data_type: &DataType) -> Result<ArrayRef> {
    let array = value.to_array(rows)?;
    Ok(if array.data_type() == data_type { array } else { cast(&array, data_type)? })
}

/// Nearly always one zone for all rows, or a column of few.
enum Zones {
    One(Option<Tz>),
    Each(ArrayRef),
}

impl Zones {
    fn of(zone: &ColumnarValue, rows: usize) -> Result<Self> {
        if let ColumnarValue::Scalar(ScalarValue::Utf8View(name) | ScalarValue::Utf8(name)) = zone {
            return Ok(Self::One(name.as_deref().map(parse).transpose()?));
        }
        Ok(Self::Each(as_type(zone, rows, &DataType::Utf8View)?))
    }

    fn at(&self, row: usize) -> Result<Option<Tz>> {
        match self {
            Self::One(zone) => Ok(*zone),
            Self::Each(names) if names.is_null(row) => Ok(None),
            Self::Each(names) => parse(names.as_string_view().value(row)).map(Some),
        }
    }
}

fn parse(name: &str) -> Result<Tz> {
    name.parse().map_err(|_| exec_datafusion_err!("`{name}` is no time zone; write one such as America/New_York"))
}

/// Microseconds since the epoch.
fn instant(days: i32, hhmm: i64, zone: Tz) -> Option<i64> {
    let date = Date32Type::to_naive_date_opt(days)?;
    let wall = wall(date, hhmm)?;
    let instant = match zone.from_local_datetime(&wall) {
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => instant.to_utc(),
        LocalResult::None => {
            // Zones never skip more than a day, so the offset of the day before is the one that was not yet changed.
            let before = zone.from_local_datetime(&wall.checked_sub_signed(TimeDelta::days(1))?).earliest()?;
            wall.checked_sub_offset(before.offset().fix())?.and_utc()
        }
    };
    Some(instant.timestamp_micros())
}

fn wall(date: NaiveDate, hhmm: i64) -> Option<NaiveDateTime> {
    if hhmm == 2400 {
        return Some(date.checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN));
    }
    let hhmm = u32::try_from(hhmm).ok()?;
    date.and_hms_opt(hhmm / 100, hhmm % 100, 0)
}
