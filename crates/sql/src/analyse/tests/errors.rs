//! What is said about SQL that is wrong.

use contract::Diagnostic;

use super::{analyse, catalog, shown};
use crate::analyse::{codes, dataset_sql, inputs, predicate};

fn analysed<const N: usize>(models: [&str; N]) -> String {
    let catalog = catalog();
    let about = |sql: &str| {
        let found = match analyse("models/m.sql", sql, &catalog) {
            Ok(analysis) => analysis.warnings,
            Err(found) => found,
        };
        assert!(found.iter().all(|found| found.path == "models/m.sql"));
        format!("{sql}\n{}", shown(sql, &found))
    };
    models.map(about).join("\n")
}

#[test]
fn syntax() {
    insta::assert_snapshot!(analysed([
        "",
        "  -- nothing\n",
        "SELEC id FROM flights",
        "SELECT id,\n       FROM flights",
        "SELECT id FROM flights\nWHERE (delay > 3",
        "SELECT 'open FROM flights",
        "SELECT id FROM flights;\nSELECT 1",
        "CREATE TABLE x AS SELECT 1",
        "DELETE FROM flights",
        "SELECT id INTO x FROM flights",
    ]));
}

#[test]
fn names() {
    insta::assert_snapshot!(analysed([
        "SELECT id FROM flight",
        "SELECT id\nFROM zebra z\nJOIN airline a ON a.carrier = z.carrier",
        "SELECT id FROM raw.flights",
        "SELECT id FROM \"Flights\"",
        "SELECT carier FROM flights",
        "SELECT f.id,\n       f.nmae\nFROM flights f",
        "SELECT x.id FROM flights f",
        "SELECT carrier FROM flights JOIN airlines ON flights.carrier = airlines.carrier",
        "SELECT id FROM flights WHERE carrier = \"UA\"",
        "SELECT id, ö, delai FROM flights",
        "SELECT STATE FROM orders",
        "SELECT \"orderid\" FROM orders",
        "WITH late AS (SELECT id FROM flights) SELECT delay FROM late",
        "SELECT lenght(carrier), foo(id) FROM flights",
    ]));
}

#[test]
fn types() {
    insta::assert_snapshot!(analysed([
        "SELECT id,\n       carrier + day AS x\nFROM flights",
        "SELECT id FROM flights WHERE day AND delay > 3",
        "SELECT id FROM flights WHERE delay",
        "SELECT sum(carrier) AS s FROM flights",
        "SELECT abs(id, 3) AS s FROM flights",
        "SELECT id, count(*) AS n FROM flights",
        "SELECT id, id FROM flights",
        "SELECT * FROM flights f JOIN airlines a ON f.carrier = a.carrier",
        "SELECT id FROM flights UNION ALL SELECT carrier, name FROM airlines",
        "SELECT CAST(id AS DATE) AS d FROM flights",
        "SELECT id FROM flights WHERE delay > (SELECT delay, id FROM flights)",
        "WITH x AS (SELECT id, upper(carrier, 1) AS u FROM flights) SELECT id, u FROM x",
    ]));
}

#[test]
fn chance() {
    insta::assert_snapshot!(analysed([
        "SELECT id, now() AS at FROM flights",
        "SELECT id FROM flights WHERE day > current_date AND random() < 0.5",
        "WITH x AS (SELECT uuid() AS k FROM flights)\nSELECT k, current_timestamp AS t FROM x",
        "SELECT id FROM flights LIMIT 3",
        "SELECT id FROM flights ORDER BY id LIMIT 3",
    ]));
}

#[test]
fn checks_of_a_dataset() {
    let flights = super::datasets().remove(0);
    let catalog = catalog();
    let cases = [
        "SELECT count(*) FROM flights WHERE at < now()",
        "SELECT max(distance) - min(distance) FROM flights",
        "SELECT count(*) > 0 FROM flights",
        "SELECT count(*) FROM flights f LEFT JOIN airlines a USING (carrier) WHERE a.carrier IS NULL",
        "SELECT count(*), sum(delay) FROM flights",
        "SELECT max(carrier) FROM flights",
        "SELECT count(*) FROM flights GROUP BY carrier",
        "SELECT delay FROM flights LIMIT 1",
        "SELECT count(*) FROM flihgts",
    ]
    .map(|sql| format!("{sql}\n{}", shown(sql, &dataset_sql(sql, &flights, &catalog).err().unwrap_or_default())));
    insta::assert_snapshot!(cases.join("\n"));
}

#[test]
fn predicates_have_places() {
    let flights = super::datasets().remove(0);
    let found = |sql: &str| -> Vec<Diagnostic> { predicate(sql, &flights).err().unwrap_or_default() };
    let sql = "delay >= 0\n  AND carier <> ''";
    insta::assert_snapshot!(shown(sql, &found(sql)));
}

#[test]
fn tables_named() {
    for (sql, expected) in [
        ("SELECT 1", ""),
        ("SELECT * FROM b, A, \"C\" JOIN b AS d ON true", "C a b"),
        ("WITH x AS (SELECT * FROM a), y AS (SELECT * FROM x) SELECT * FROM y WHERE id IN (SELECT id FROM z)", "a z"),
        ("WITH a AS (SELECT * FROM a) SELECT * FROM a", "a"),
        ("SELECT * FROM generate_series(1, 3) AS g(n) CROSS JOIN a", "a"),
        ("SELECT (SELECT max(x) FROM b) AS m FROM a UNION SELECT 1 FROM c", "a b c"),
    ] {
        assert_eq!(inputs(sql).unwrap().join(" "), expected, "{sql}");
    }
    assert_eq!(inputs("SELECT 1 FROM").unwrap_err()[0].code, "PL301");
}

#[test]
fn codes_are_unique_and_sorted() {
    let codes = codes().iter().map(|info| info.code).collect::<Vec<_>>();
    let mut sorted = codes.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(codes, sorted);
}
