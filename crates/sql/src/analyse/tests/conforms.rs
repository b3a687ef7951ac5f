//! Whether models keep their contracts.

use contract::DataType;

use super::{F64, I32, I64, INSTANT, MONEY, analyse, catalog, dataset, shown};
use crate::analyse::{conforms, outputs};

#[test]
fn differences() {
    let delays = dataset(
        "delays",
        [
            ("carrier!", DataType::String),
            ("name!", DataType::String),
            ("flights!", I32),
            ("delay", F64),
            ("day", DataType::Date),
        ],
    );
    let cases = [
        "SELECT carrier, carrier AS name, CAST(delay AS INT) AS flights, delay, day FROM flights WHERE delay > 0",
        "SELECT carrier, 'x' AS name, count(*) AS flights, sum(delay) AS delay, max(day) AS day\nFROM flights GROUP BY carrier",
        "SELECT f.carrier, a.name, 1::int AS flights, delay, day\nFROM flights f LEFT JOIN airlines a ON f.carrier = a.carrier",
        "SELECT carrier, NULL AS name, 1::int AS flights, NULL AS delay, date_trunc('month', day) AS day FROM flights",
        "SELECT Carrier, carrier AS nam, 1::int AS flights, delay,\n       day, origin, distance * 2\nFROM flights",
    ];
    let catalog = catalog();
    let found = cases.map(|sql| {
        let analysis = analyse("m.sql", sql, &catalog).unwrap();
        format!("{sql}\n{}", shown(sql, &conforms("m.sql", sql, &analysis, &delays)))
    });
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn names_may_differ_in_case() {
    let wanted = dataset(
        "made",
        [("FlightId", I64), ("Carrier", DataType::String), ("carrier", DataType::String), ("missing", I32)],
    );
    let analysis = analyse("m.sql", "SELECT day, carrier, id AS flightid FROM flights", &catalog()).unwrap();
    assert_eq!(outputs(&analysis, &wanted), [Some(2), None, Some(1), None]);
}

/// Types that a model may make for a column, and those it may not.
#[test]
fn widening() {
    let decimal = |precision, scale| DataType::Decimal { precision, scale };
    let zoneless = DataType::Timestamp { zoned: false };
    let cases = [
        (
            "1::smallint",
            vec![I32, I64, F64, DataType::Float { bits: 32 }, decimal(5, 0)],
            vec![
                DataType::Integer { bits: 8, signed: true },
                decimal(5, 1),
                DataType::Integer { bits: 64, signed: false },
            ],
        ),
        (
            "1::int",
            vec![I32, I64, F64, decimal(12, 2)],
            vec![MONEY.clone(), DataType::Float { bits: 32 }, DataType::String],
        ),
        ("count(*)", vec![I64, decimal(19, 0)], vec![I32, F64, decimal(18, 0), DataType::Boolean]),
        ("1::int unsigned", vec![I64, F64], vec![I32]),
        ("1.5::real", vec![F64], vec![decimal(38, 10)]),
        ("1.5::double", vec![F64], vec![DataType::Float { bits: 32 }, I64]),
        (
            "1.5::decimal(10, 2)",
            vec![MONEY.clone(), decimal(12, 2), decimal(11, 3)],
            vec![decimal(10, 3), decimal(9, 2), decimal(12, 1), F64],
        ),
        ("'x'", vec![DataType::String], vec![DataType::Binary, DataType::Date]),
        ("date '2020-01-01'", vec![DataType::Date], vec![zoneless.clone(), INSTANT, DataType::String]),
        ("timestamp '2020-01-01 00:00:00'", vec![zoneless.clone()], vec![INSTANT, DataType::Date]),
        ("timestamp '2020-01-01 00:00:00' AT TIME ZONE 'Europe/Berlin'", vec![INSTANT], vec![zoneless]),
        (
            "[1, 2]",
            vec![DataType::List(Box::new(I64)), DataType::List(Box::new(decimal(20, 0)))],
            vec![DataType::List(Box::new(I32)), I64],
        ),
        ("true", vec![DataType::Boolean], vec![I32]),
        ("NULL", vec![I32, DataType::String], vec![]),
    ];
    let catalog = catalog();
    for (sql, good, bad) in cases {
        let sql = format!("SELECT {sql} AS c");
        let analysis =
            analyse("m.sql", &sql, &catalog).unwrap_or_else(|found| panic!("{sql}\n{}", shown(&sql, &found)));
        for (wanted, expected) in
            good.into_iter().map(|good| (good, true)).chain(bad.into_iter().map(|bad| (bad, false)))
        {
            let found = conforms("m.sql", &sql, &analysis, &dataset("d", [("c", wanted.clone())]));
            assert_eq!(found.is_empty(), expected, "{sql} ({:?}) as {wanted}", analysis.output[0].data_type);
        }
    }
}
