//! How a stored type relates to the one that is promised now.

use contract::DataType;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// Holds every value of the old one exactly.
    Wider,
    /// Some values of the old one are values of the new one, and it is clear which.
    Convertible,
    Foreign,
}

pub(super) fn relation(from: &DataType, to: &DataType) -> Relation {
    use DataType as T;
    if is_wider(from, to) {
        return Relation::Wider;
    }
    let is_number = |t: &T| matches!(t, T::Integer { .. } | T::Float { .. } | T::Decimal { .. });
    let is_moment = |t: &T| matches!(t, T::Date | T::Timestamp { .. });
    let is_scalar = |t: &T| !matches!(t, T::List(_) | T::Struct(_) | T::Map(..) | T::Binary);
    match (from, to) {
        // What a wall clock shows is no instant, and an instant is shown by many clocks.
        (T::Timestamp { .. }, T::Timestamp { .. }) => Relation::Foreign,
        (from, to) if is_number(from) && is_number(to) => Relation::Convertible,
        (from, to) if is_moment(from) && is_moment(to) => Relation::Convertible,
        (T::String, to) if is_scalar(to) => Relation::Convertible,
        (from, T::String) if is_scalar(from) => Relation::Convertible,
        _ => Relation::Foreign,
    }
}

/// Whether who reads the one can read the other, given room: both are whole numbers, or both have a point, and so on.
pub(super) fn is_same_kind(from: &DataType, to: &DataType) -> bool {
    match (from, to) {
        (DataType::List(from), DataType::List(to)) => is_same_kind(from, to),
        (from, to) => std::mem::discriminant(from) == std::mem::discriminant(to),
    }
}

fn is_wider(from: &DataType, to: &DataType) -> bool {
    use DataType as T;
    match (from, to) {
        (T::Integer { bits, signed }, T::Integer { bits: wide, signed: sign }) => match (signed, sign) {
            (true, true) | (false, false) => bits < wide,
            (false, true) => bits < wide,
            (true, false) => false,
        },
        (T::Integer { bits, signed }, T::Float { bits: wide }) => {
            let digits = if *signed { bits - 1 } else { *bits };
            digits <= if *wide == 32 { 24 } else { 53 }
        }
        (T::Integer { bits, signed }, T::Decimal { precision, scale }) => {
            let digits = match (bits, signed) {
                (8, _) => 3,
                (16, _) => 5,
                (32, _) => 10,
                (_, true) => 19,
                (_, false) => 20,
            };
            *scale >= 0 && i16::from(*precision) - i16::from(*scale) >= digits
        }
        (T::Float { bits }, T::Float { bits: wide }) => bits < wide,
        (T::Decimal { precision, scale }, T::Decimal { precision: wide, scale: fine }) => {
            let whole = |precision: u8, scale: i8| i16::from(precision) - i16::from(scale);
            fine >= scale && whole(*wide, *fine) >= whole(*precision, *scale)
        }
        (T::Date, T::Timestamp { zoned: false }) => true,
        (T::List(from), T::List(to)) => is_wider(from, to),
        _ => false,
    }
}
