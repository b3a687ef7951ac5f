//! Texts and what they are as each type: `Ok` as Arrow shows it, `Err` with the reason.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contract::{Column, DataType, Field};

use crate::files::tests::{Setting, column, csv, dataset, read};

fn check_column(column: Column, cases: &[(&str, Result<&str, &str>)]) {
    let mut text = format!("{}\n", column.name);
    for (value, _) in cases {
        text.push_str(&format!("\"{}\"\n", value.replace('"', "\"\"")));
    }
    let outcome = read(&[("v.csv", text.as_bytes())], &Setting::new(dataset(vec![column.clone()]), csv())).unwrap();
    assert_eq!(outcome.rows.len(), cases.len());
    for (row, (text, expected)) in outcome.rows.iter().zip(cases) {
        let found = match row.refused.as_slice() {
            [] => Ok(row.values[0].clone().unwrap_or_else(|| "NULL".into())),
            [reason] => Err(reason.strip_prefix("v.type: ").unwrap().to_owned()),
            _ => panic!("refused twice: {row:?}"),
        };
        let expected = expected.map(str::to_owned).map_err(|why| format!("'{text}' {why}"));
        assert_eq!(found, expected, "{text:?} as {}", column.data_type);
    }
}

fn check(data_type: DataType, cases: &[(&str, Result<&str, &str>)]) {
    check_column(column("v", data_type), cases);
}

#[test]
fn integers() {
    let not = Err("is not an integer");
    check(
        DataType::Integer { bits: 8, signed: true },
        &[
            ("127", Ok("127")),
            ("-128", Ok("-128")),
            ("+5", Ok("5")),
            ("007", Ok("7")),
            ("128", Err("does not fit i8")),
            ("1.0", not),
            ("1e3", not),
            ("-", not),
            ("x", not),
            ("", Ok("NULL")),
            (" 1", Err("is not an integer: it has spaces around it")),
        ],
    );
    check(
        DataType::Integer { bits: 64, signed: true },
        &[
            ("9223372036854775807", Ok("9223372036854775807")),
            ("-9223372036854775808", Ok("-9223372036854775808")),
            ("9223372036854775808", Err("does not fit i64")),
            ("99999999999999999999999", Err("does not fit i64")),
            ("99999999999999999999999x", not),
        ],
    );
    check(
        DataType::Integer { bits: 64, signed: false },
        &[("18446744073709551615", Ok("18446744073709551615")), ("-1", Err("does not fit u64"))],
    );
}

#[test]
fn floats() {
    let not = Err("is not a number");
    check(
        DataType::Float { bits: 64 },
        &[
            ("1.5", Ok("1.5")),
            ("-2e3", Ok("-2000.0")),
            ("7", Ok("7.0")),
            ("NaN", not),
            ("inf", not),
            ("-Infinity", not),
            ("1e999", Err("does not fit f64")),
            ("1,5", not),
            ("0x10", not),
        ],
    );
    check(DataType::Float { bits: 32 }, &[("1e39", Err("does not fit f32")), ("0.5", Ok("0.5"))]);
}

#[test]
fn decimals() {
    let not = Err("is not a decimal number with up to 5 digits, 2 of them after the point");
    let digits = Err(
        "is not a decimal number with up to 5 digits, 2 of them after the point: it has more fraction digits than the type keeps",
    );
    let large = Err("does not fit decimal(5,2)");
    check(
        DataType::Decimal { precision: 5, scale: 2 },
        &[
            ("1.5", Ok("1.50")),
            ("-999.99", Ok("-999.99")),
            ("1000", large),
            ("1.005", digits),
            ("1.500", Ok("1.50")),
            ("1.5e2", Ok("150.00")),
            ("15e-1", Ok("1.50")),
            ("1e400", large),
            ("", Ok("NULL")),
            (".5", Ok("0.50")),
            ("5.", Ok("5.00")),
            (".", not),
            ("1.2.3", not),
            ("abc", not),
            ("0.000000000000000000000000", Ok("0.00")),
            ("1e-9", digits),
        ],
    );
    check(
        DataType::Decimal { precision: 38, scale: 0 },
        &[
            ("12345678901234567890123456789012345678", Ok("12345678901234567890123456789012345678")),
            ("123456789012345678901234567890123456789", Err("does not fit decimal(38,0)")),
        ],
    );
    check(
        DataType::Decimal { precision: 40, scale: 1 },
        &[("-123456789012345678901234567890123456789.5", Ok("-123456789012345678901234567890123456789.5"))],
    );
}

#[test]
fn booleans_and_bytes() {
    check(
        DataType::Boolean,
        &[
            ("true", Ok("true")),
            ("F", Ok("false")),
            ("YES", Ok("true")),
            ("0", Ok("false")),
            ("2", Err("is not a boolean")),
            ("", Ok("NULL")),
        ],
    );
    check(
        DataType::Binary,
        &[
            ("AAEC", Ok("000102")),
            ("/w==", Ok("ff")),
            ("//8=", Ok("ffff")),
            ("A", Err("is not Base64")),
            ("====", Err("is not Base64")),
            ("A===", Err("is not Base64")),
        ],
    );
}

#[test]
fn dates_and_times() {
    let day = Err("is not a date (YYYY-MM-DD): there is no such day");
    check(
        DataType::Date,
        &[
            ("2024-02-29", Ok("2024-02-29")),
            ("2023-02-29", day),
            ("2023-13-01", day),
            ("1969-12-31", Ok("1969-12-31")),
            ("2023-1-1", Err("is not a date (YYYY-MM-DD)")),
            ("2023-01-01T00:00:00", Err("is not a date (YYYY-MM-DD)")),
        ],
    );
    check(
        DataType::Time,
        &[
            ("07:15", Ok("07:15:00")),
            ("23:59:59.25", Ok("23:59:59.250")),
            ("24:00:00", Err("is not a time (HH:MM:SS): there is no such time")),
            ("7:15", Err("is not a time (HH:MM:SS)")),
        ],
    );
}

#[test]
fn timestamps() {
    let not = Err("is not a timestamp (YYYY-MM-DDTHH:MM:SS)");
    check(
        DataType::Timestamp { zoned: false },
        &[
            ("2013-01-01T10:00:00", Ok("2013-01-01T10:00:00")),
            ("2013-01-01 10:00", Ok("2013-01-01T10:00:00")),
            ("2013-01-01", Ok("2013-01-01T00:00:00")),
            ("2013-01-01T10:00:00Z", Ok("2013-01-01T10:00:00")),
            ("2013-01-01T10:00:00.123456789", Ok("2013-01-01T10:00:00.123456")),
            ("2013-01-01T25:00:00", Err("is not a timestamp (YYYY-MM-DDTHH:MM:SS): there is no such time")),
            ("yesterday!", not),
            ("é", not),
        ],
    );
    let mut berlin = column("v", DataType::Timestamp { zoned: true });
    berlin.time_zone = Some("Europe/Berlin".into());
    let skipped = "is not a timestamp (YYYY-MM-DDTHH:MM:SS): clocks in its time zone were set forward over it";
    check_column(
        berlin,
        &[
            ("2024-07-01T12:00:00", Ok("2024-07-01T10:00:00")),
            ("2024-10-27T02:30:00", Ok("2024-10-27T00:30:00")),
            ("2024-03-31T02:30:00", Err(skipped)),
            ("2024-07-01T12:00:00-05:00", Ok("2024-07-01T17:00:00")),
            ("2024-07-01T12:00:00+0200", Ok("2024-07-01T10:00:00")),
        ],
    );
}

#[test]
fn patterns() {
    let with = |data_type: DataType, format: &str| Column { format: Some(format.into()), ..column("v", data_type) };
    check_column(
        with(DataType::Date, "dd.MM.yyyy"),
        &[
            ("31.01.2024", Ok("2024-01-31")),
            ("31.02.2024", Err("is not a date like dd.MM.yyyy: there is no such day")),
            ("2024-01-31", Err("is not a date like dd.MM.yyyy")),
        ],
    );
    check_column(with(DataType::Date, "d MMM yy"), &[("1 feb 24", Ok("2024-02-01")), ("11 Mar 24", Ok("2024-03-11"))]);
    check_column(with(DataType::Date, "yyyyMMdd"), &[("20240131", Ok("2024-01-31"))]);
    check_column(
        with(DataType::Timestamp { zoned: false }, "yyyy-MM-dd'T'HH:mm:ss[.SSS]"),
        &[
            ("2024-01-31T01:02:03", Ok("2024-01-31T01:02:03")),
            ("2024-01-31T01:02:03.250", Ok("2024-01-31T01:02:03.250")),
        ],
    );
    check_column(
        with(DataType::Timestamp { zoned: true }, "MM/dd/yyyy hh:mm a XXX"),
        &[
            ("01/31/2024 12:30 AM +01:00", Ok("2024-01-30T23:30:00")),
            ("01/31/2024 01:30 pm Z", Ok("2024-01-31T13:30:00")),
        ],
    );
    let unknown = with(DataType::Date, "yyyy-QQ");
    let error = read(&[("v.csv", b"v\n")], &Setting::new(dataset(vec![unknown]), csv())).err().unwrap();
    assert!(error.message.contains("`QQ` is not supported"), "{error}");
}

#[test]
fn nested() {
    let number = DataType::Integer { bits: 32, signed: true };
    check(
        DataType::List(Box::new(number.clone())),
        &[
            ("[1, null, 3]", Ok("[1, , 3]")),
            ("[]", Ok("[]")),
            ("", Ok("NULL")),
            ("[1, \"x\"]", Err("is not list<i32>: item 2: `\"x\"` is not i32")),
            ("[5000000000]", Err("is not list<i32>: item 1: '5000000000' does not fit i32")),
            ("{}", Err("is not list<i32>: `{}` is not list<i32>")),
        ],
    );
    let fields = vec![
        Field { name: "a".into(), data_type: number.clone(), required: true },
        Field { name: "b".into(), data_type: DataType::Date, required: false },
    ];
    check(
        DataType::Struct(fields),
        &[
            ("{\"a\": 1, \"b\": \"2024-01-31\", \"c\": 0}", Ok("{a: 1, b: 2024-01-31}")),
            // A missing field is NULL, also where the contract requires it: a check says so.
            ("{\"b\": null}", Ok("{a: , b: }")),
            ("{\"a\": 1, \"b\": \"\"}", Err("is not struct<a: i32, b: date>: `b`: `\"\"` is not date")),
        ],
    );
    check(
        DataType::Map(Box::new(DataType::String), Box::new(number)),
        &[("{\"x\": 1, \"y\": null}", Ok("{x: 1, y: }"))],
    );
}
