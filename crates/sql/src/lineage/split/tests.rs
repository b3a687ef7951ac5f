//! Tests of `split`.

use super::{Dialect, pieces};

fn check(dialect: Dialect, sql: &str, expected: &[(&str, usize)]) {
    let found: Vec<(&str, usize)> = pieces(sql, dialect).iter().map(|piece| (piece.text, piece.line)).collect();
    assert_eq!(found, expected, "{sql}");
}

#[test]
fn cuts_at_semicolons_outside_of_quotes_and_comments() {
    check(Dialect::Generic, "a; b -- ;\n;;\n c", &[("a", 1), ("b -- ;", 1), ("c", 3)]);
    check(Dialect::Generic, "select ';' , \";\"; x /* ; */", &[("select ';' , \";\"", 1), ("x /* ; */", 1)]);
    check(Dialect::Postgres, "do $a$ ; $a$; y", &[("do $a$ ; $a$", 1), ("y", 1)]);
    check(Dialect::MySql, r"select '\';'; y", &[(r"select '\';'", 1), ("y", 1)]);
    check(Dialect::Generic, "", &[]);
    check(Dialect::Generic, " ;; ", &[]);
}

#[test]
fn keeps_blocks_whole() {
    check(
        Dialect::BigQuery,
        "CREATE PROCEDURE p() BEGIN IF a THEN SELECT 1; END IF; SELECT CASE WHEN b THEN 1 END; END; SELECT 2",
        &[
            ("CREATE PROCEDURE p() BEGIN IF a THEN SELECT 1; END IF; SELECT CASE WHEN b THEN 1 END; END", 1),
            ("SELECT 2", 1),
        ],
    );
    check(
        Dialect::Oracle,
        "CREATE PROCEDURE p AS v NUMBER := 0; BEGIN SELECT 1; END;\n/\nSELECT 2",
        &[("CREATE PROCEDURE p AS v NUMBER := 0; BEGIN SELECT 1; END", 1), ("SELECT 2", 3)],
    );
    check(Dialect::Postgres, "BEGIN; SELECT 1; COMMIT", &[("BEGIN", 1), ("SELECT 1", 1), ("COMMIT", 1)]);
    check(Dialect::TSql, "SELECT 1\nGO\nSELECT 2", &[("SELECT 1", 1), ("SELECT 2", 3)]);
    check(
        Dialect::MySql,
        "DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END//\nDELIMITER ;\nSELECT 2;",
        &[("CREATE PROCEDURE p() BEGIN SELECT 1; END", 2), ("SELECT 2", 4)],
    );
}
