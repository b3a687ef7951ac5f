//! The keys, words and bounds that the readers know, for the schemas.

pub(crate) use super::gates::{KEYS as GATES, KIND_KEYS as GATE_KIND};
pub(crate) use super::openlineage::KEYS as OPENLINEAGE;
pub(crate) use super::pipeline::{
    ATTEMPTS_MAX, DATASET_KEYS as DATASET, INCREMENTAL_KEYS as INCREMENTAL, KEYS as PIPELINE, RETRY_KEYS as RETRY,
    SOURCE_KEYS as SOURCE, VIOLATION_KEYS as VIOLATION,
};
pub(crate) use super::privacy::KEYS as PRIVACY;
pub(crate) use super::settings::{
    APPROVALS_MAX, CHANGES_KEYS as CHANGES, CONCURRENCY_MAX, KEYS as SETTINGS, MEMORY_MIN,
};
pub(crate) use super::table::{BUCKETS_MAX, BUCKETS_MIN, TABLE_KEYS as TABLE, TRANSFORMS};

pub(crate) fn formats() -> Vec<&'static str> {
    super::pipeline::FORMATS.iter().map(|(word, _)| *word).collect()
}

pub(crate) fn encodings() -> Vec<&'static str> {
    super::pipeline::ENCODINGS.iter().map(|(word, _)| *word).collect()
}

pub(crate) fn vanished() -> Vec<&'static str> {
    super::pipeline::VANISHED.iter().map(|(word, _)| *word).collect()
}

pub(crate) fn rows() -> Vec<&'static str> {
    super::pipeline::ROWS.iter().map(|(word, _)| *word).collect()
}

pub(crate) fn then() -> Vec<&'static str> {
    super::pipeline::THEN.iter().map(|(word, _)| *word).collect()
}

pub(crate) fn writes() -> Vec<&'static str> {
    super::table::WRITES.iter().map(|(word, _)| *word).collect()
}

pub(crate) fn environments() -> Vec<&'static str> {
    super::settings::ENVIRONMENTS.iter().map(|(word, _)| *word).collect()
}

pub(crate) fn unapproved() -> Vec<&'static str> {
    super::settings::UNAPPROVED.iter().map(|(word, _)| *word).collect()
}
