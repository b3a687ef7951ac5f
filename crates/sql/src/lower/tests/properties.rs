//! Random rules on random data: each check says of each row what a naive evaluator says, which was written from the guide's
//! page on checks. However the rows are split, the answers are the same.
#![allow(clippy::type_complexity, reason = "a table of cases says its own type once")]

use std::sync::Arc;

use contract::{Bound, DataType, Field, Literal, Metric, Operator, Rule, Unit};
use datafusion::arrow::array::{Array, ArrayRef, ListArray, MapArray, StructArray};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::datatypes::DataType as ArrowType;
use datafusion::common::ScalarValue;

use super::{a_check, execute, one_column};
use crate::lower::{Lowered, MetricPlan, metric, violated};
use crate::types::arrow_type;

/// Rounds, each with rules and rows of its own.
const ROUNDS: u64 = 4000;

/// A small generator: the same seed gives the same round, and a failure names it.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        // xorshift64*, Marsaglia 2003 and Vigna 2016.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 33) as usize % limit
    }

    fn chance(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

/// A value as a person would write it down.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Null,
    Boolean(bool),
    /// An integer, or a decimal times a power of ten.
    Exact(i128, u32),
    Float(f64, bool),
    Text(String),
    /// Days, or microseconds.
    Moment(i64),
    List(Vec<Value>),
    Fields(Vec<Value>),
    Entries(Vec<(Value, Value)>),
}

fn scalar_types() -> Vec<DataType> {
    vec![
        DataType::Integer { bits: 8, signed: true },
        DataType::Integer { bits: 32, signed: true },
        DataType::Integer { bits: 64, signed: true },
        DataType::Integer { bits: 64, signed: false },
        DataType::Float { bits: 32 },
        DataType::Float { bits: 64 },
        DataType::Decimal { precision: 10, scale: 2 },
        DataType::String,
        DataType::Boolean,
        DataType::Date,
        DataType::Time,
        DataType::Timestamp { zoned: false },
        DataType::Timestamp { zoned: true },
    ]
}

const NUMBERS: [&str; 14] =
    ["0", "1", "-1", "0.5", "0.3", "0.1", "2.5", "5", "-0.01", "100", "127", "-128", "1.05", "0.30000000000000004"];
const TEXTS: [&str; 12] =
    ["", "a", "ab", "abc", "ä", "🙂", "e\u{301}", "A", " a", "1", "null", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa"];
const DAYS: [(i64, &str); 5] =
    [(-1, "1969-12-31"), (0, "1970-01-01"), (19782, "2024-02-29"), (19783, "2024-03-01"), (2_932_896, "9999-12-31")];
const CLOCKS: [(i64, &str); 4] =
    [(0, "00:00:00"), (1, "00:00:00.000001"), (26_100_000_000, "07:15"), (86_399_999_999, "23:59:59.999999")];

/// A value of the type; NULL one time in six.
fn value(random: &mut Random, data_type: &DataType) -> Value {
    if random.chance(6) {
        return Value::Null;
    }
    match data_type {
        DataType::Boolean => Value::Boolean(random.chance(2)),
        DataType::Integer { bits, signed } => {
            let (low, high) = limits(*bits, *signed);
            let near = [0, 1, 2, 5, 7, 100, low, low + 1, high - 1, high, -1, -5];
            Value::Exact(random.pick(&near).clamp(low, high), 0)
        }
        DataType::Decimal { .. } => Value::Exact(random.pick(&[0, 1, -1, 10, 30, 50, 105, 250, 500, 9_999_999_999]), 2),
        DataType::Float { bits } => {
            let near = [
                0.0,
                -0.0,
                0.1,
                0.3,
                0.5,
                1.0,
                -1.0,
                2.5,
                5.0,
                0.1 + 0.2,
                1e300,
                f64::NAN,
                f64::INFINITY,
                -f64::INFINITY,
            ];
            let found = random.pick(&near);
            if *bits == 32 { Value::Float(f64::from(found as f32), true) } else { Value::Float(found, false) }
        }
        DataType::String => Value::Text(random.pick(&TEXTS).to_owned()),
        DataType::Date => Value::Moment(random.pick(&DAYS).0),
        DataType::Time => Value::Moment(random.pick(&CLOCKS).0),
        DataType::Timestamp { .. } => {
            Value::Moment(random.pick(&DAYS[..4]).0 * 86_400_000_000 + random.pick(&CLOCKS).0)
        }
        DataType::List(item) => {
            let count = random.below(4);
            Value::List((0..count).map(|_| value(random, item)).collect())
        }
        DataType::Struct(fields) => Value::Fields(fields.iter().map(|field| value(random, &field.data_type)).collect()),
        DataType::Map(_, item) => {
            let count = random.below(3);
            let key = |at: usize| Value::Text(TEXTS[at + 1].to_owned());
            Value::Entries((0..count).map(|at| (key(at), value(random, item))).collect())
        }
        DataType::Binary => Value::Null,
    }
}

fn limits(bits: u8, signed: bool) -> (i128, i128) {
    let whole = 1_i128 << bits;
    if signed { (-whole / 2, whole / 2 - 1) } else { (0, whole - 1) }
}

// --- arrays from values

fn array(values: &[Value], data_type: &DataType) -> ArrayRef {
    let wanted = arrow_type(data_type);
    let nulls = || NullBuffer::from_iter(values.iter().map(|value| *value != Value::Null));
    match (data_type, &wanted) {
        (DataType::List(inner), ArrowType::List(field)) => {
            let items = |value: &Value| if let Value::List(items) = value { items.clone() } else { Vec::new() };
            let offsets = OffsetBuffer::from_lengths(values.iter().map(|value| items(value).len()));
            let flat: Vec<Value> = values.iter().flat_map(items).collect();
            Arc::new(ListArray::new(field.clone(), offsets, array(&flat, inner), Some(nulls())))
        }
        (DataType::Struct(fields), ArrowType::Struct(arrow)) => {
            let of = |at: usize| -> Vec<Value> {
                let field =
                    |value: &Value| if let Value::Fields(fields) = value { fields[at].clone() } else { Value::Null };
                values.iter().map(field).collect()
            };
            let columns = fields.iter().enumerate().map(|(at, field)| array(&of(at), &field.data_type)).collect();
            Arc::new(StructArray::new(arrow.clone(), columns, Some(nulls())))
        }
        (DataType::Map(key, item), ArrowType::Map(entry, sorted)) => {
            let entries =
                |value: &Value| if let Value::Entries(entries) = value { entries.clone() } else { Vec::new() };
            let offsets = OffsetBuffer::from_lengths(values.iter().map(|value| entries(value).len()));
            let (keys, items): (Vec<Value>, Vec<Value>) = values.iter().flat_map(entries).unzip();
            let ArrowType::Struct(fields) = entry.data_type() else { panic!() };
            let inner = StructArray::new(fields.clone(), vec![array(&keys, key), array(&items, item)], None);
            Arc::new(MapArray::new(entry.clone(), offsets, inner, Some(nulls()), *sorted))
        }
        _ if values.is_empty() => datafusion::arrow::array::new_empty_array(&wanted),
        _ => ScalarValue::iter_to_array(values.iter().map(|value| scalar(value, &wanted))).unwrap(),
    }
}

fn scalar(value: &Value, wanted: &ArrowType) -> ScalarValue {
    let plain = match value {
        Value::Null => return ScalarValue::try_from(wanted).unwrap(),
        Value::Boolean(value) => ScalarValue::Boolean(Some(*value)),
        Value::Exact(value, scale) => match wanted {
            ArrowType::Decimal128(precision, _) => ScalarValue::Decimal128(Some(*value), *precision, *scale as i8),
            ArrowType::UInt64 => ScalarValue::UInt64(Some(u64::try_from(*value).unwrap())),
            _ => ScalarValue::Int64(Some(i64::try_from(*value).unwrap())),
        },
        Value::Float(value, true) => ScalarValue::Float32(Some(*value as f32)),
        Value::Float(value, false) => ScalarValue::Float64(Some(*value)),
        Value::Text(text) => ScalarValue::Utf8View(Some(text.clone())),
        Value::Moment(value) => match wanted {
            ArrowType::Date32 => ScalarValue::Date32(Some(i32::try_from(*value).unwrap())),
            ArrowType::Time64(_) => ScalarValue::Time64Microsecond(Some(*value)),
            _ => ScalarValue::TimestampMicrosecond(Some(*value), None),
        },
        other => panic!("{other:?} is no scalar"),
    };
    if let (ScalarValue::TimestampMicrosecond(micros, _), ArrowType::Timestamp(_, zone)) = (&plain, wanted) {
        return ScalarValue::TimestampMicrosecond(*micros, zone.clone());
    }
    plain.cast_to(wanted).unwrap()
}

// --- what the contract writes

/// A literal that the type can have, and the value that it stands for.
fn literal(random: &mut Random, data_type: &DataType) -> (Literal, Value) {
    let number = |text: &str| Literal::Number(serde_json::from_str(text).unwrap());
    match data_type {
        DataType::Boolean => {
            let value = random.chance(2);
            (Literal::Boolean(value), Value::Boolean(value))
        }
        DataType::Integer { .. } => {
            let text = random.pick(&["0", "1", "-1", "5", "7", "100"]);
            let text = if matches!(data_type, DataType::Integer { signed: false, .. }) {
                text.trim_start_matches('-')
            } else {
                text
            };
            (number(text), decimal(text))
        }
        DataType::Decimal { .. } => {
            let text = random.pick(&["0", "0.1", "0.30", "0.5", "1.05", "-0.01"]);
            (number(text), decimal(text))
        }
        DataType::Float { bits } => {
            let text = random.pick(&NUMBERS);
            let exact: f64 = text.parse().unwrap();
            let value = if *bits == 32 { f64::from(text.parse::<f32>().unwrap()) } else { exact };
            (number(text), Value::Float(value, *bits == 32))
        }
        DataType::String => {
            let text = random.pick(&TEXTS);
            (Literal::Text(text.to_owned()), Value::Text(text.to_owned()))
        }
        DataType::Date => {
            let (days, text) = random.pick(&DAYS);
            (Literal::Text(text.to_owned()), Value::Moment(days))
        }
        DataType::Time => {
            let (micros, text) = random.pick(&CLOCKS);
            (Literal::Text(text.to_owned()), Value::Moment(micros))
        }
        DataType::Timestamp { zoned } => {
            let ((days, day), (micros, clock)) = (random.pick(&DAYS[..4]), random.pick(&CLOCKS));
            let offset = if *zoned { "Z" } else { "" };
            (Literal::Text(format!("{day}T{clock}{offset}")), Value::Moment(days * 86_400_000_000 + micros))
        }
        other => panic!("{other} has no literals"),
    }
}

fn decimal(text: &str) -> Value {
    let scale = text.split_once('.').map_or(0, |(_, fraction)| fraction.len() as u32);
    Value::Exact(text.replace('.', "").parse().unwrap(), scale)
}

// --- the naive evaluator

/// Less, equal, greater; `None` where NaN is one of them.
fn compare(left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
    match (left, right) {
        (Value::Exact(left, left_scale), Value::Exact(right, right_scale)) => {
            let scale = (*left_scale).max(*right_scale);
            let up = |value: &i128, own: u32| value * 10_i128.pow(scale - own);
            Some(up(left, *left_scale).cmp(&up(right, *right_scale)))
        }
        (Value::Float(left, _), Value::Float(right, _)) => left.partial_cmp(right),
        (Value::Moment(left), Value::Moment(right)) => Some(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Boolean(left), Value::Boolean(right)) => Some(left.cmp(right)),
        other => panic!("{other:?} are not compared"),
    }
}

fn equal(left: &Value, right: &Value) -> bool {
    compare(left, right) == Some(std::cmp::Ordering::Equal)
}

/// The shortest decimal that reads as the float.
fn written(value: &Value) -> Option<Value> {
    let (float, narrow) = match value {
        Value::Exact(..) => return Some(value.clone()),
        Value::Float(float, narrow) if float.is_finite() => (*float, *narrow),
        _ => return None,
    };
    let text = if narrow { format!("{}", float as f32) } else { format!("{float}") };
    // What is as long as this is a multiple of nothing that is tried here.
    (text.len() < 25).then(|| decimal(&text))
}

fn is_multiple(value: &Value, divisor: &Value) -> bool {
    let (Some(Value::Exact(value, own)), Value::Exact(divisor, scale)) = (written(value), divisor) else {
        // 1e300 is the one value beyond: a multiple of whatever has no factor but 2 and 5.
        let plain = matches!(divisor, Value::Exact(mantissa, _) if mantissa % 3 != 0);
        return plain && matches!(value, Value::Float(float, _) if float.is_finite() && float.abs() > 1e200);
    };
    let common = own.max(*scale);
    (value * 10_i128.pow(common - own)) % (divisor * 10_i128.pow(common - scale)) == 0
}

type Holds = Box<dyn Fn(&Value) -> bool>;

/// A rule for values of the type at this path, and whether one value that is not NULL holds.
fn rule(random: &mut Random, data_type: &DataType, path: &str) -> (Rule, Holds) {
    let column = path.to_owned();
    let choices: &[&str] = match data_type {
        DataType::List(_) => &["items", "required"],
        DataType::Struct(_) => &["fields", "required"],
        DataType::Map(..) => &["required"],
        DataType::String => &["enum", "length", "pattern", "required"],
        DataType::Boolean => &["enum", "required"],
        DataType::Integer { .. } | DataType::Float { .. } | DataType::Decimal { .. } => {
            &["enum", "range", "range", "multiple", "required"]
        }
        _ => &["enum", "range", "required"],
    };
    match random.pick(choices) {
        "required" => (Rule::Required { column }, Box::new(|_| true)),
        "enum" => {
            let listed: Vec<(Literal, Value)> = (0..1 + random.below(3)).map(|_| literal(random, data_type)).collect();
            let (values, wanted): (Vec<Literal>, Vec<Value>) = listed.into_iter().unzip();
            (Rule::Enum { column, values }, Box::new(move |value| wanted.iter().any(|one| equal(value, one))))
        }
        "range" => range(random, data_type, column),
        "multiple" => {
            let text = random.pick(&["1", "5", "0.5", "0.1", "0.01", "2.5", "0.3"]);
            let divisor = decimal(text);
            (Rule::MultipleOf { column, divisor: text.to_owned() }, Box::new(move |value| is_multiple(value, &divisor)))
        }
        "length" => {
            let (min, max) = counts(random);
            let within =
                move |value: &Value| matches!(value, Value::Text(text) if inside(text.chars().count(), min, max));
            (Rule::Length { column, min, max }, Box::new(within))
        }
        "pattern" => {
            let patterns: [(&str, fn(&str) -> bool); 4] = [
                ("^a", |text| text.starts_with('a')),
                ("b$", |text| text.ends_with('b')),
                ("^.$", |text| text.chars().count() == 1),
                (r"^\w*$", |text| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')),
            ];
            let (pattern, holds) = random.pick(&patterns);
            let holds = move |value: &Value| matches!(value, Value::Text(text) if holds(text));
            (Rule::Pattern { column, pattern: pattern.to_owned() }, Box::new(holds))
        }
        "items" => {
            let ((min, max), unique) = (counts(random), random.chance(2));
            let holds = move |value: &Value| {
                let Value::List(items) = value else { return false };
                inside(items.len(), min, max) && !(unique && repeats(items))
            };
            (Rule::Items { column, min, max, unique }, Box::new(holds))
        }
        _ => {
            let (min, max) = counts(random);
            let required = if random.chance(2) { vec!["x".to_owned()] } else { Vec::new() };
            let first = !required.is_empty();
            let holds = move |value: &Value| {
                let Value::Fields(fields) = value else { return false };
                let present = fields.iter().filter(|field| **field != Value::Null).count();
                inside(present, min, max) && !(first && fields[0] == Value::Null)
            };
            (Rule::Fields { column, min, max, required }, Box::new(holds))
        }
    }
}

fn range(random: &mut Random, data_type: &DataType, column: String) -> (Rule, Holds) {
    let side = |random: &mut Random| {
        (!random.chance(3)).then(|| {
            let (value, wanted) = literal(random, data_type);
            (Bound { value, inclusive: random.chance(2) }, wanted)
        })
    };
    let (lower, upper) = (side(random), side(random));
    let rule = Rule::Range {
        column,
        lower: lower.as_ref().map(|(bound, _)| bound.clone()),
        upper: upper.as_ref().map(|(bound, _)| bound.clone()),
    };
    let holds = move |value: &Value| {
        if matches!(value, Value::Float(float, _) if float.is_nan()) {
            return false;
        }
        let beyond = |(bound, wanted): &(Bound, Value), wrong: std::cmp::Ordering| {
            let found = compare(value, wanted).unwrap();
            found == wrong || (found == std::cmp::Ordering::Equal && !bound.inclusive)
        };
        !lower.as_ref().is_some_and(|side| beyond(side, std::cmp::Ordering::Less))
            && !upper.as_ref().is_some_and(|side| beyond(side, std::cmp::Ordering::Greater))
    };
    (rule, Box::new(holds))
}

fn counts(random: &mut Random) -> (Option<u64>, Option<u64>) {
    let one = |random: &mut Random| (!random.chance(3)).then(|| random.below(4) as u64);
    (one(random), one(random))
}

fn inside(count: usize, min: Option<u64>, max: Option<u64>) -> bool {
    min.is_none_or(|min| count as u64 >= min) && max.is_none_or(|max| count as u64 <= max)
}

/// NULL equals NULL here, NaN itself, and 0 is not -0: items are compared as they are stored.
fn repeats(items: &[Value]) -> bool {
    let same = |left: &Value, right: &Value| match (left, right) {
        (Value::Float(left, _), Value::Float(right, _)) => left.to_bits() == right.to_bits(),
        (left, right) => left == right,
    };
    items.iter().enumerate().any(|(at, item)| items[..at].iter().any(|before| same(before, item)))
}

// --- the property

/// The values at the rule's place within one row's value.
fn places(value: &Value, steps: &[&str]) -> Vec<Value> {
    let Some((step, rest)) = steps.split_first() else { return vec![value.clone()] };
    let next: Vec<Value> = match (*step, value) {
        (_, Value::Null) => Vec::new(),
        ("[]", Value::List(items)) => items.clone(),
        (".x", Value::Fields(fields)) => vec![fields[0].clone()],
        (".value", Value::Entries(entries)) => entries.iter().map(|(_, item)| item.clone()).collect(),
        other => panic!("{other:?}"),
    };
    next.iter().flat_map(|value| places(value, rest)).collect()
}

/// A type around `inner`, and the steps into it.
fn wrapped(random: &mut Random, inner: DataType) -> (DataType, Vec<&'static str>) {
    let field = |name: &str, data_type: DataType| Field { name: name.into(), data_type, required: false };
    let object = |inner: DataType| DataType::Struct(vec![field("x", inner), field("y", DataType::String)]);
    match random.below(7) {
        0 => (DataType::List(Box::new(inner)), vec!["[]"]),
        1 => (object(inner), vec![".x"]),
        2 => (DataType::Map(Box::new(DataType::String), Box::new(inner)), vec![".value"]),
        3 => (DataType::List(Box::new(object(inner))), vec!["[]", ".x"]),
        _ => (inner, Vec::new()),
    }
}

fn marks(rule: &Rule, data_type: &DataType, values: ArrayRef) -> String {
    let dataset = one_column(data_type.clone());
    match violated(&a_check(rule.clone()), &dataset) {
        Lowered::Row(expr) => execute(expr, &dataset, vec![values]),
        other => panic!("{rule:?}: {other:?}"),
    }
}

#[test]
fn checks_say_what_a_naive_evaluator_says() {
    for round in 1..=ROUNDS {
        let mut random = Random(round.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let inner = if random.chance(8) {
            DataType::List(Box::new(DataType::Integer { bits: 32, signed: true }))
        } else {
            random.pick(&scalar_types())
        };
        let (mut data_type, mut steps) = wrapped(&mut random, inner.clone());
        let mut of = inner;
        if !steps.is_empty() && random.chance(3) {
            // A rule about the container itself.
            (of, steps) = (data_type.clone(), Vec::new());
        }
        if matches!(data_type, DataType::Map(..)) && steps.is_empty() {
            (data_type, of) = (DataType::Boolean, DataType::Boolean);
        }
        let path = format!("c{}", steps.concat());
        let (rule, holds) = rule(&mut random, &of, &path);
        let rows: Vec<Value> = (0..random.below(24)).map(|_| value(&mut random, &data_type)).collect();
        let is_required = matches!(rule, Rule::Required { .. });
        let expected: String = rows
            .iter()
            .map(|row| {
                let bad = |value: &Value| if *value == Value::Null { is_required } else { !holds(value) };
                if places(row, &steps).iter().any(bad) { 'x' } else { '.' }
            })
            .collect();
        let values = array(&rows, &data_type);
        let found = marks(&rule, &data_type, values.clone());
        assert_eq!(found, expected, "round {round}: {rule:?} on {data_type}: {rows:?}");
        // Any split gives the same.
        let cut = random.below(rows.len() + 1);
        let parts = [values.slice(0, cut), values.slice(cut, rows.len() - cut)];
        let split: String = parts.into_iter().map(|part| marks(&rule, &data_type, part)).collect();
        assert_eq!(split, expected, "round {round}, cut at {cut}: {rule:?} on {data_type}: {rows:?}");
        metrics(&mut random, &data_type, &of, &steps, &path, &rows, values);
    }
}

/// Rows with a NULL, a missing or an invalid value at the place.
fn metrics(
    random: &mut Random,
    data_type: &DataType,
    of: &DataType,
    steps: &[&str],
    path: &str,
    rows: &[Value],
    values: ArrayRef,
) {
    if matches!(of, DataType::List(_) | DataType::Struct(_) | DataType::Map(..)) {
        return;
    }
    let listed: Vec<(Literal, Value)> = (0..random.below(3)).map(|_| literal(random, of)).collect();
    let (literals, wanted): (Vec<Literal>, Vec<Value>) = listed.into_iter().unzip();
    let among = |value: &Value| wanted.iter().any(|one| equal(value, one));
    let column = path.to_owned();
    let cases: [(Metric, Box<dyn Fn(&Value) -> bool + '_>); 3] = [
        (Metric::NullValues { column: column.clone() }, Box::new(|value| *value == Value::Null)),
        (
            Metric::MissingValues { column: column.clone(), missing: literals.clone() },
            Box::new(|value| *value == Value::Null || among(value)),
        ),
        (
            Metric::InvalidValues { column, valid: Some(literals), pattern: None },
            Box::new(|value| *value != Value::Null && !among(value)),
        ),
    ];
    for (measured, counts) in cases {
        let rule = Rule::Metric { metric: measured, filter: None, operator: Operator::MustBe(0.0), unit: Unit::Rows };
        let dataset = one_column(data_type.clone());
        let Some(MetricPlan::Count(Some(filter))) = metric(&a_check(rule.clone()), &dataset) else {
            panic!("{rule:?}")
        };
        let expected: String =
            rows.iter().map(|row| if places(row, steps).iter().any(&counts) { 'x' } else { '.' }).collect();
        assert_eq!(execute(filter, &dataset, vec![values.clone()]), expected, "{rule:?} on {data_type}: {rows:?}");
    }
}
