//! Stored columns as the contract's types: widened or narrowed value by value, never guessed, never rounded.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, make_array};
use arrow::compute::kernels::cmp::not_distinct;
use arrow::compute::{CastOptions, can_cast_types, cast_with_options, nullif};
use arrow::datatypes::{DataType as ArrowType, Field, TimeUnit, TimestampMicrosecondType};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono_tz::Tz;
use contract::{Column, DataType};
use engine::{Error, Kind, Result};

use crate::files::shape::{Conform, arrow_type, bug};
use crate::files::value::{clip, local_to_utc};

pub struct Conversion {
    /// In the file.
    pub name: String,
    wanted: ArrowType,
    shown: String,
    /// Values can be lost, so each is compared with what comes back.
    narrow: bool,
    /// The zone of stored wall-clock times in a zoned column.
    zone: Option<Tz>,
}

impl Conversion {
    /// A type that cannot be read as the contract's is drift.
    pub fn new(column: &Column, field: &Field, file: &str) -> Result<Self> {
        let stored = stored_type(field.data_type());
        let wanted = arrow_type(&column.data_type);
        let Some(narrow) = fit(stored, &column.data_type).filter(|_| can_cast_types(field.data_type(), &wanted)) else {
            return Err(Error::new(
                Kind::Drift,
                format!("`{file}` has column `{}` as {stored}, which is not {}", field.name(), column.data_type),
            )
            .at(file)
            .help("change the contract's type, or write the file with the contract's"));
        };
        let zone = match (stored, &column.data_type, column.time_zone.as_deref()) {
            (ArrowType::Timestamp(_, None), DataType::Timestamp { zoned: true }, Some(name)) => {
                let unknown = || {
                    Error::new(Kind::Input, format!("`{name}` is not a time zone"))
                        .at(format!("column `{}`", column.name))
                };
                Some(name.parse().map_err(|_| unknown())?)
            }
            _ => None,
        };
        Ok(Self { name: field.name().clone(), wanted, shown: column.data_type.to_string(), narrow, zone })
    }

    pub fn convert(&self, stored: &ArrayRef, column: usize, conform: &mut Conform) -> Result<ArrayRef> {
        if stored.data_type() == &self.wanted {
            return Ok(stored.clone());
        }
        if matches!(self.wanted, ArrowType::Timestamp(..)) {
            return self.timestamps(stored, column, conform);
        }
        let options = CastOptions { safe: true, format_options: FormatOptions::default() };
        let mut cast = cast_with_options(stored, &self.wanted, &options).map_err(bug)?;
        if self.narrow {
            let back = cast_with_options(&cast, stored.data_type(), &options).map_err(bug)?;
            let same = not_distinct(&back, stored).map_err(bug)?;
            let lost = BooleanArray::new(!same.values(), None);
            cast = nullif(&cast, &lost).map_err(bug)?;
        }
        if cast.null_count() > stored.logical_null_count() {
            self.report(stored, &cast, column, conform)?;
        }
        Ok(cast)
    }

    /// Instants are stored as UTC whatever zone the file names, so only the unit and wall-clock times are converted.
    fn timestamps(&self, stored: &ArrayRef, column: usize, conform: &mut Conform) -> Result<ArrayRef> {
        let mut plain = Arc::clone(stored);
        if let ArrowType::Timestamp(unit, Some(_)) = stored.data_type() {
            let data = stored.to_data().into_builder().data_type(ArrowType::Timestamp(*unit, None));
            plain = make_array(data.build().map_err(bug)?);
        }
        let options = CastOptions { safe: true, format_options: FormatOptions::default() };
        let micros =
            cast_with_options(&plain, &ArrowType::Timestamp(TimeUnit::Microsecond, None), &options).map_err(bug)?;
        let mut micros = micros.as_primitive::<TimestampMicrosecondType>().clone();
        if let Some(zone) = self.zone.filter(|zone| *zone != Tz::UTC) {
            micros = micros.unary_opt(|wall| local_to_utc(wall, zone).ok());
        }
        let cast: ArrayRef = Arc::new(micros.with_data_type(self.wanted.clone()));
        if cast.null_count() > stored.logical_null_count() {
            self.report(&plain, &cast, column, conform)?;
        }
        Ok(cast)
    }

    fn report(&self, stored: &ArrayRef, cast: &ArrayRef, column: usize, conform: &mut Conform) -> Result<()> {
        let options = FormatOptions::default();
        let shown = ArrayFormatter::try_new(stored, &options).map_err(bug)?;
        let nulls = stored.logical_nulls();
        for row in 0..stored.len() {
            if cast.is_null(row) && nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
                conform.value(
                    row,
                    column,
                    format!("'{}' does not fit {}", clip(&shown.value(row).to_string()), self.shown),
                );
            }
        }
        Ok(())
    }
}

/// The type of the values, not of their encoding.
fn stored_type(data_type: &ArrowType) -> &ArrowType {
    match data_type {
        ArrowType::Dictionary(_, value) => value,
        other => other,
    }
}

/// Whether values of the stored type can be read as the contract's: `Some(true)` when some may not fit.
fn fit(stored: &ArrowType, wanted: &DataType) -> Option<bool> {
    use ArrowType as A;
    use DataType as D;
    match (stored, wanted) {
        (A::Null, _) => Some(false),
        (A::Boolean, D::Boolean) => Some(false),
        (stored, D::Integer { .. }) if stored.is_integer() => Some(true),
        (stored, D::Float { .. }) if stored.is_integer() => Some(true),
        (stored, D::Decimal { .. }) if stored.is_integer() => Some(true),
        (A::Float16 | A::Float32, D::Float { .. }) => Some(false),
        (A::Float64, D::Float { bits: 64 }) => Some(false),
        (A::Float64, D::Float { .. }) => Some(true),
        (A::Decimal32(..) | A::Decimal64(..) | A::Decimal128(..) | A::Decimal256(..), D::Decimal { .. }) => Some(true),
        (A::Utf8 | A::LargeUtf8 | A::Utf8View, D::String) => Some(false),
        (A::Binary | A::LargeBinary | A::BinaryView | A::FixedSizeBinary(_), D::Binary) => Some(false),
        (A::Date32 | A::Date64, D::Date) => Some(false),
        (A::Time32(_) | A::Time64(_), D::Time) => Some(false),
        (A::Timestamp(..), D::Timestamp { .. }) => Some(false),
        (A::List(item) | A::LargeList(item) | A::FixedSizeList(item, _), D::List(wanted)) => {
            fit(stored_type(item.data_type()), wanted).map(|_| false)
        }
        (A::Struct(fields), D::Struct(wanted)) => {
            let each = wanted.iter().all(|wanted| {
                let field = fields.iter().find(|field| field.name() == &wanted.name);
                field.is_some_and(|field| fit(stored_type(field.data_type()), &wanted.data_type).is_some())
            });
            each.then_some(false)
        }
        (A::Map(entry, _), D::Map(key, value)) => match entry.data_type() {
            A::Struct(fields) if fields.len() == 2 => fit(stored_type(fields[0].data_type()), key)
                .and(fit(stored_type(fields[1].data_type()), value))
                .map(|_| false),
            _ => None,
        },
        _ => None,
    }
}
