//! The protocol that a table asks of its readers and writers: the least that it needs, and never less than it asks already.
//! <https://github.com/delta-io/delta/blob/master/PROTOCOL.md#table-features>

use std::collections::BTreeSet;

use deltalake::kernel::{Protocol, StructType};
use engine::{Error, Kind, Result};
use serde_json::{Value, json};

const MAPPING: &str = "columnMapping";
const WALL_CLOCK: &str = "timestampNtz";
/// Versions that say by features what they ask.
const READER_FEATURES: i64 = 3;
const WRITER_FEATURES: i64 = 7;
/// What writers are asked by their version alone, the version first.
const IMPLIED: [(i64, &str); 6] = [
    (2, "appendOnly"),
    (2, "invariants"),
    (3, "checkConstraints"),
    (4, "changeDataFeed"),
    (4, "generatedColumns"),
    (5, MAPPING),
];

/// Wall-clock timestamps are a table feature; so is column mapping, which has versions of its own, too.
pub(super) fn needed(schema: &StructType, mapped: bool, now: Option<&Protocol>) -> Result<Protocol> {
    let wrong = |e: serde_json::Error| Error::new(Kind::Bug, format!("no such table protocol: {e}"));
    let now = now.map(serde_json::to_value).transpose().map_err(wrong)?.unwrap_or(Value::Null);
    let text = serde_json::to_string(schema).map_err(wrong)?;
    let wall_clock = text.contains("\"timestamp_ntz\"");
    let version = |name: &str, least: i64| now[name].as_i64().unwrap_or(0).max(least);
    let (reader, writer) = match mapped {
        true => (version("minReaderVersion", 2), version("minWriterVersion", 5)),
        false => (version("minReaderVersion", 1), version("minWriterVersion", 2)),
    };
    if !wall_clock && reader < READER_FEATURES && writer < WRITER_FEATURES {
        return serde_json::from_value(json!({ "minReaderVersion": reader, "minWriterVersion": writer }))
            .map_err(wrong);
    }
    let known = |name: &str| -> BTreeSet<String> {
        let listed = now[name].as_array().into_iter().flatten();
        listed.filter_map(|feature| feature.as_str().map(str::to_owned)).collect()
    };
    let (mut readers, mut writers) = (known("readerFeatures"), known("writerFeatures"));
    // What a lower version asked without a word must be said from now on.
    let before = now["minWriterVersion"].as_i64().unwrap_or(0);
    if before < WRITER_FEATURES {
        writers.extend(IMPLIED.iter().filter(|(from, _)| *from <= before).map(|(_, feature)| (*feature).to_owned()));
    }
    if now["minReaderVersion"].as_i64() == Some(2) || mapped {
        readers.insert(MAPPING.to_owned());
        writers.insert(MAPPING.to_owned());
    }
    if wall_clock {
        readers.insert(WALL_CLOCK.to_owned());
        writers.insert(WALL_CLOCK.to_owned());
    }
    let protocol = match wall_clock || reader == READER_FEATURES || mapped {
        true => json!({
            "minReaderVersion": READER_FEATURES, "minWriterVersion": WRITER_FEATURES,
            "readerFeatures": readers, "writerFeatures": writers
        }),
        // Features of writers alone leave readers alone.
        false => json!({ "minReaderVersion": reader, "minWriterVersion": WRITER_FEATURES, "writerFeatures": writers }),
    };
    serde_json::from_value(protocol).map_err(wrong)
}

#[cfg(test)]
mod tests;
