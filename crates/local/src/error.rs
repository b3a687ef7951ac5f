//! Errors of the libraries below, told apart by what a caller can do about them.

use datafusion::error::DataFusionError;
use deltalake::DeltaTableError;
use engine::{Error, Kind};

/// An error of DataFusion, with what we were doing.
pub(crate) fn datafusion(doing: &str, error: DataFusionError) -> Error {
    match root(error) {
        Found::Ours(error) => error,
        Found::Store(error) => store(doing, error),
        Found::Other(error) => match error.find_root() {
            DataFusionError::ResourcesExhausted(text) => {
                Error::new(Kind::Refused, format!("{doing}: the memory limit was reached: {}", first_line(text)))
                    .help("raise `memory` in plimsoll.toml, or lower `concurrency`")
            }
            DataFusionError::IoError(io) => io_error(doing, io.kind(), io.to_string()),
            DataFusionError::Internal(_) => {
                Error::new(Kind::Bug, format!("{doing}: {error}")).plainly(format!("{doing}: {}", class(&error)))
            }
            // What is found while planning is about the SQL, not about rows.
            DataFusionError::Plan(_) | DataFusionError::SchemaError(..) | DataFusionError::SQL(..) => {
                Error::new(Kind::Input, format!("{doing}: {}", first_line(&error.strip_backtrace())))
            }
            _ => Error::new(Kind::Input, format!("{doing}: {}", first_line(&error.strip_backtrace())))
                .plainly(format!("{doing}: {}", class(&error))),
        },
    }
}

/// An error of the table format.
pub(crate) fn delta(doing: &str, error: DeltaTableError) -> Error {
    match error {
        DeltaTableError::ObjectStore { source } => store(doing, source),
        DeltaTableError::Transaction { source } => {
            Error::new(Kind::Conflict, format!("{doing}: another writer was faster: {source}"))
                .help("run again; nothing of this attempt was published")
        }
        other => {
            let text = other.to_string();
            let kind = if looks_outside(&text) { Kind::Outside } else { Kind::Refused };
            Error::new(kind, format!("{doing}: {text}"))
        }
    }
}

/// An error of the file or object store.
pub(crate) fn store(doing: &str, error: object_store::Error) -> Error {
    use object_store::Error as E;
    let text = error.to_string();
    match error {
        E::NotFound { path, .. } => Error::new(Kind::Input, format!("{doing}: {path} does not exist")),
        E::PermissionDenied { path, .. } | E::Unauthenticated { path, .. } => {
            Error::new(Kind::Refused, format!("{doing}: no permission for {path}"))
                .help("check the file's owner and mode, or the keys under [store] in plimsoll.toml")
        }
        E::AlreadyExists { path, .. } | E::Precondition { path, .. } => {
            Error::new(Kind::Conflict, format!("{doing}: {path} was written by someone else"))
        }
        E::Generic { .. } => match io_of(&text) {
            Some(kind) => io_error(doing, kind, text),
            None => no_answer(doing, &text),
        },
        _ => no_answer(doing, &text),
    }
}

fn no_answer(doing: &str, text: &str) -> Error {
    Error::new(Kind::Outside, format!("{doing}: the store did not answer: {}", text.trim_end_matches([':', ' '])))
        .help("try again; check that the store can be reached, and what [store] in plimsoll.toml says")
}

pub(crate) fn parquet(doing: &str, error: parquet::errors::ParquetError) -> Error {
    let text = error.to_string();
    match io_of(&text) {
        Some(kind) => io_error(doing, kind, text),
        None => Error::new(Kind::Outside, format!("{doing}: {text}")),
    }
}

pub(crate) fn arrow(doing: &str, error: arrow::error::ArrowError) -> Error {
    let plain = format!("{doing}: {}", class(&DataFusionError::ArrowError(Box::new(copy(&error)), None)));
    Error::new(Kind::Bug, format!("{doing}: {error}")).plainly(plain)
}

/// The variant alone.
fn copy(error: &arrow::error::ArrowError) -> arrow::error::ArrowError {
    use arrow::error::ArrowError as A;
    match error {
        A::CastError(_) => A::CastError(String::new()),
        A::ParseError(_) => A::ParseError(String::new()),
        A::DivideByZero => A::DivideByZero,
        A::ArithmeticOverflow(_) => A::ArithmeticOverflow(String::new()),
        _ => A::ComputeError(String::new()),
    }
}

fn io_error(doing: &str, kind: std::io::ErrorKind, text: String) -> Error {
    use std::io::ErrorKind as K;
    match kind {
        K::StorageFull | K::QuotaExceeded => Error::new(Kind::Refused, format!("{doing}: the disk is full"))
            .help("free space and run again; nothing of this attempt was published"),
        K::PermissionDenied | K::ReadOnlyFilesystem => {
            Error::new(Kind::Refused, format!("{doing}: no permission ({text})"))
        }
        _ => Error::new(Kind::Outside, format!("{doing}: {text}")),
    }
}

/// The operating system's answer, where a library only kept its text.
fn io_of(text: &str) -> Option<std::io::ErrorKind> {
    if text.contains("No space left") || text.contains("os error 28") {
        Some(std::io::ErrorKind::StorageFull)
    } else if text.contains("quota exceeded") {
        Some(std::io::ErrorKind::QuotaExceeded)
    } else if text.contains("Permission denied") {
        Some(std::io::ErrorKind::PermissionDenied)
    } else if text.contains("Read-only file system") {
        Some(std::io::ErrorKind::ReadOnlyFilesystem)
    } else {
        None
    }
}

fn looks_outside(text: &str) -> bool {
    ["503", "500", "502", "504", "timed out", "connection", "dispatch"].iter().any(|word| text.contains(word))
}

enum Found {
    Ours(Error),
    Store(object_store::Error),
    Other(DataFusionError),
}

/// The innermost error: a source's own error travels through DataFusion wrapped as `External`.
fn root(error: DataFusionError) -> Found {
    match error {
        DataFusionError::Context(_, inner) => root(*inner),
        DataFusionError::External(inner) => match inner.downcast::<Error>() {
            Ok(ours) => Found::Ours(*ours),
            Err(inner) => match inner.downcast::<DataFusionError>() {
                Ok(inner) => root(*inner),
                Err(inner) => Found::Other(DataFusionError::External(inner)),
            },
        },
        DataFusionError::Shared(inner) => match std::sync::Arc::try_unwrap(inner) {
            Ok(inner) => root(inner),
            Err(shared) => Found::Other(DataFusionError::Shared(shared)),
        },
        DataFusionError::ObjectStore(inner) => Found::Store(*inner),
        other => Found::Other(other),
    }
}

/// What kind of error it is, without the values that made it.
fn class(error: &DataFusionError) -> String {
    use arrow::error::ArrowError as A;
    let what = match error.find_root() {
        DataFusionError::ArrowError(arrow, _) => match arrow.as_ref() {
            A::CastError(_) | A::ParseError(_) => "a value cannot be read as another type",
            A::DivideByZero => "a division by zero",
            A::ArithmeticOverflow(_) => "a number is too large",
            A::ComputeError(_) | A::InvalidArgumentError(_) => "a value cannot be computed",
            _ => "a value cannot be used",
        },
        DataFusionError::Execution(_) => "a value cannot be computed",
        _ => "an error while rows were computed",
    };
    format!("{what} ({})", contract::MASKED)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
