//! Logical types: what the numbers and texts of the data stand for, beyond how they are written.

use serde_json::Value as Json;

use super::names::Type;

/// How two logical types differ.
pub(super) struct Difference {
    pub kind: &'static str,
    pub reason: String,
    /// Every value would be taken for another one. Otherwise the values are the same, and whoever reads them is told something else.
    pub is_certain: bool,
}

/// `None` where values mean the same on both sides.
pub(super) fn difference(writer: Type<'_, '_>, reader: Type<'_, '_>) -> Option<Difference> {
    let (written, read) = (known(writer), known(reader));
    if let (Some("decimal"), Some("decimal")) = (written, read) {
        let reason = "decimals match by precision and scale".to_owned();
        let is_same = digits(writer) == digits(reader);
        return (!is_same).then_some(Difference { kind: "decimal-changed", reason, is_certain: true });
    }
    if written == read {
        return None;
    }
    let reason = match (written.map(counts), read.map(counts)) {
        (Some(Some(old)), Some(Some(new))) => format!("the numbers of the data are {old}, and would be read as {new}"),
        _ => {
            let word = |of: Option<&str>, kind: &str| of.unwrap_or(kind).to_owned();
            format!(
                "values are a {} for one, and a {} for the other",
                word(written, writer.kind()),
                word(read, reader.kind())
            )
        }
    };
    let is_certain = written.and_then(counts).is_some() && read.and_then(counts).is_some();
    Some(Difference { kind: "logical-type-changed", reason, is_certain })
}

/// The logical type where it is one of the specification's, on a type that can have it; others are to be passed over.
fn known<'a>(side: Type<'_, 'a>) -> Option<&'a str> {
    let word = side.value.get("logicalType").and_then(Json::as_str)?;
    let fits = match word {
        "date" | "time-millis" => side.kind() == "int",
        "decimal" => matches!(side.kind(), "bytes" | "fixed"),
        "uuid" => matches!(side.kind(), "string" | "fixed"),
        "duration" => side.kind() == "fixed",
        other => side.kind() == "long" && counts(other).is_some(),
    };
    fits.then_some(word)
}

/// What the numbers of a date or time count.
fn counts(word: &str) -> Option<&'static str> {
    Some(match word {
        "date" => "days",
        "time-millis" => "milliseconds of a day",
        "time-micros" => "microseconds of a day",
        "timestamp-millis" => "instants in milliseconds",
        "timestamp-micros" => "instants in microseconds",
        "timestamp-nanos" => "instants in nanoseconds",
        "local-timestamp-millis" => "local times in milliseconds",
        "local-timestamp-micros" => "local times in microseconds",
        "local-timestamp-nanos" => "local times in nanoseconds",
        _ => return None,
    })
}

/// Precision and scale of a decimal.
fn digits(side: Type<'_, '_>) -> (Option<i64>, i64) {
    let number = |key: &str| side.value.get(key).and_then(Json::as_i64);
    (number("precision"), number("scale").unwrap_or(0))
}
