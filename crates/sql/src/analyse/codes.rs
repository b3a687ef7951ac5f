//! Every code that SQL can be blamed with, in one list. The documentation is made from it.

use contract::{CodeInfo, Diagnostic, Level, Span};

/// A finding of this kind in the text of that path.
pub(super) fn blame(code: CodeInfo, path: &str, span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic { path: path.to_owned(), ..code.at(span, message) }
}

macro_rules! codes {
    ($($constant:ident = $code:literal, $name:literal, $level:ident, $about:literal;)*) => {
        $(
            #[doc = $about]
            pub const $constant: CodeInfo = CodeInfo { code: $code, name: $name, level: Level::$level, about: $about };
        )*

        /// All codes of SQL, in order.
        pub fn codes() -> &'static [CodeInfo] {
            &[$($constant),*]
        }
    };
}

codes! {
    SYNTAX = "PL301", "sql-syntax", Error, "The SQL cannot be parsed.";
    NOT_ONE_SELECT = "PL302", "not-one-select", Error, "A model is one SELECT: the text holds another statement, none, or several.";
    UNKNOWN_TABLE = "PL303", "unknown-table", Error, "The SQL names a table that no contract describes.";
    UNKNOWN_COLUMN = "PL304", "unknown-column", Error, "The SQL names a column that its tables do not have.";
    AMBIGUOUS_COLUMN = "PL305", "ambiguous-column", Error, "A column name without its table could mean several columns.";
    UNKNOWN_FUNCTION = "PL306", "unknown-function", Error, "The SQL calls a function that does not exist.";
    TYPE_ERROR = "PL307", "type-error", Error, "An operator or function does not take values of these types, or the query is otherwise inconsistent.";
    NOT_DETERMINISTIC = "PL308", "not-deterministic", Error, "A function gives another result each time it runs, so a retry would make another table.";
    NOT_SUPPORTED = "PL309", "not-supported", Error, "The SQL uses something that the engine does not execute.";
    DUPLICATE_OUTPUT = "PL310", "duplicate-output", Error, "Two columns of the result have one name.";
    MISSING_OUTPUT = "PL311", "missing-output", Error, "The contract has a column that the SQL does not make.";
    EXTRA_OUTPUT = "PL312", "extra-output", Error, "The SQL makes a column that the contract does not have.";
    OUTPUT_TYPE = "PL313", "output-type", Error, "A column of the result has a type that does not become the contract's without loss.";
    OUTPUT_NULLABLE = "PL314", "output-nullable", Warning, "The contract requires a column that may be NULL, as far as the SQL tells; rows with NULL will be refused.";
    OUTPUT_NULL = "PL315", "output-null", Error, "The contract requires a column that is always NULL.";
    LIMIT_WITHOUT_ORDER = "PL316", "limit-without-order", Warning, "LIMIT without ORDER BY takes rows by chance.";
    NOT_ONE_VALUE = "PL317", "not-one-value", Error, "A dataset check is a SELECT of one number: it gives another count of columns, or no number.";
    NOT_A_PREDICATE = "PL318", "not-a-predicate", Error, "A row predicate is one boolean expression over the row's own columns.";
}
