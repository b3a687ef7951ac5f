//! Crates with one error type and with two.

use super::check;
use crate::tidy::tree::assert_finds;

#[test]
fn a_second_error_type_is_found() {
    let files = [
        ("crates/engine/src/error.rs", "impl std::error::Error for Error {\n"),
        ("crates/sql/src/error.rs", "impl std::error::Error for Error {}\nimpl From<Error> for String {\n"),
        ("crates/sql/src/parse.rs", "\nimpl<T> Error for ParseError<T> {}\n"),
        ("crates/sql/src/parse/tests.rs", "impl Error for Fake {}\n"),
    ];
    assert_finds(check, &files, &["crates/sql/src/parse.rs:2"]);
}
