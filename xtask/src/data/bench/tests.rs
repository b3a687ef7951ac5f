//! The generated files: shape, share of bad rows, and sameness.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

fn generated(name: &str, rows: u64) -> (String, Tally) {
    let path = std::env::temp_dir().join(format!("plimsoll-xtask-{}-{name}.csv", std::process::id()));
    let tally = Generator::new(SEED).write(&path, rows, YEAR_START, 366 * DAY_SECONDS).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    (text, tally)
}

#[test]
fn equal_seeds_give_equal_files() {
    assert_eq!(generated("a", 2000), generated("b", 2000));
}

#[test]
fn one_row_in_a_hundred_is_bad_in_every_way() {
    let (text, tally) = generated("c", 100_000);
    assert_eq!(text.lines().count() as u64, 1 + tally.rows);
    assert!(tally.bad.iter().all(|count| (100..250).contains(count)), "{tally:?}");
    assert_eq!(text.matches(",ZZ,").count() as u64, tally.bad[2]);
    assert_eq!(text.matches(",2024-13-").count() as u64, tally.bad[4]);
}

#[test]
fn the_first_row_looks_like_an_order() {
    let (text, _) = generated("d", 1);
    let row = text.lines().nth(1).unwrap();
    let fields: Vec<&str> = row.splitn(10, ',').collect();
    assert_eq!((fields.len(), fields[0]), (10, "1"));
    assert!(fields[7].starts_with("2024-") && fields[7].ends_with('Z'), "{row}");
}

#[test]
fn days_follow_the_calendar_of_a_leap_year() {
    assert_eq!([0, 59, 60, 365].map(orders::date), ["2024-01-01", "2024-02-29", "2024-03-01", "2024-12-31"]);
}
