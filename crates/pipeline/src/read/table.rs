//! `table:` of a dataset: write mode, key, partitions, held against the contract's columns.

use std::collections::BTreeSet;

use contract::syntax::Entry;
use contract::{Column, DataType, Dataset};

use super::fields::{At, Reader, suggest};
use super::privacy::is_date;
use super::{Place, codes};
use crate::table::{PartitionBy, TableSpec, Transform, Write};

pub(crate) const TABLE_KEYS: [&str; 5] = ["write", "key", "partition_by", "column_mapping", "keep_previous"];
pub(crate) const WRITES: [(&str, Write); 4] = [
    ("overwrite", Write::Overwrite),
    ("append", Write::Append),
    ("merge", Write::Merge),
    ("replace_partitions", Write::ReplacePartitions),
];
pub(crate) const TRANSFORMS: [&str; 7] = ["identity", "hour", "day", "month", "year", "bucket", "range"];
pub(crate) const BUCKETS_MIN: u64 = 2;
pub(crate) const BUCKETS_MAX: u64 = 4096;

/// `write` is the mode when none is given. Without a contract the columns cannot be judged and only their names are read.
pub(super) fn read(
    reader: &mut Reader<'_>,
    dataset: &At<'_>,
    contract: Option<&Dataset>,
    write: Write,
    place: Option<&mut Place>,
) -> TableSpec {
    let mut spec =
        TableSpec { write, key: Vec::new(), partition_by: Vec::new(), column_mapping: false, keep_previous: None };
    let Some(at) = dataset.get("table") else { return spec };
    if !reader.map(&at, &TABLE_KEYS) {
        return spec;
    }
    let write_at = at.get("write");
    if let Some(write) = write_at.as_ref().and_then(|at| reader.word(at, &WRITES)) {
        spec.write = write;
    }
    if let Some(key) = at.get("key") {
        spec.key = columns(reader, &key, contract);
        if spec.write == Write::Merge {
            required(reader, &key, &spec.key, contract);
        }
        if spec.write != Write::Merge {
            let help = "write: merge replaces rows by their key; otherwise leave it out";
            reader.blame(&codes::KEY_UNUSED, &key, "a key is used by `merge` only".to_owned(), help);
        }
    } else if spec.write == Write::Merge {
        let key = contract.map(|contract| contract.primary_key.join(", ")).filter(|key| !key.is_empty());
        let help = format!("add key: [{}]", key.as_deref().unwrap_or("<columns>"));
        reader.blame(&codes::KEY_MISSING, write_at.as_ref().unwrap_or(&at), "`merge` needs a key".to_owned(), help);
    }
    if let Some(partitions) = at.get("partition_by") {
        spec.partition_by = partition_by(reader, &partitions, contract);
        if let Some(place) = place {
            place.partition_by = Some(partitions.span());
        }
    }
    if let Some(mapped) = at.get("column_mapping").and_then(|at| reader.truth(&at)) {
        spec.column_mapping = mapped;
    }
    if let Some((until, at)) = at.get("keep_previous").and_then(|at| reader.text(&at).map(|text| (text, at))) {
        match is_date(&until) {
            true => spec.keep_previous = Some(until),
            false => {
                let message = format!("`{until}` is not a date");
                reader.blame(&codes::BAD_VALUE, &at, message, "write the last day as YYYY-MM-DD");
            }
        }
    }
    if spec.write == Write::ReplacePartitions && at.get("partition_by").is_none() {
        let help = "add partition_by: [{ day: <column> }], or choose another way to write";
        let message = "`replace_partitions` needs `partition_by`".to_owned();
        reader.blame(&codes::PARTITION_MISSING, write_at.as_ref().unwrap_or(&at), message, help);
    }
    spec
}

fn columns(reader: &mut Reader<'_>, at: &At<'_>, contract: Option<&Dataset>) -> Vec<String> {
    let mut names = Vec::new();
    for (name, item) in reader.texts(at) {
        column(reader, &item, &name, contract);
        if names.contains(&name) {
            reader.blame(&codes::COLUMN_TWICE, &item, format!("`{name}` is listed twice"), "remove one");
        } else {
            names.push(name);
        }
    }
    if names.is_empty() && at.node.is_seq() && at.node.items().is_empty() {
        reader.blame(&codes::BAD_VALUE, at, "the key has no columns".to_owned(), "name at least one column");
    }
    names
}

/// A NULL equals nothing: a row without its key would be added again each time that it is read.
fn required(reader: &mut Reader<'_>, at: &At<'_>, key: &[String], contract: Option<&Dataset>) {
    let Some(contract) = contract else { return };
    for column in key.iter().filter_map(|name| contract.column(name)).filter(|column| !column.required) {
        let message =
            format!("the key column `{}` may be NULL, and such a row would be added again each time", column.name);
        reader.blame(&codes::KEY_NULLABLE, at, message, "set `required: true` for it in the contract");
    }
}

fn column<'c>(reader: &mut Reader<'_>, at: &At<'_>, name: &str, contract: Option<&'c Dataset>) -> Option<&'c Column> {
    let contract = contract?;
    let column = contract.column(name);
    if column.is_none() {
        let message = format!("the contract of `{}` has no column `{name}`", contract.name);
        let help = suggest(name, contract.columns.iter().map(|column| column.name.as_str()));
        reader.blame(&codes::COLUMN_UNKNOWN, at, message, help);
    }
    column
}

fn partition_by(reader: &mut Reader<'_>, at: &At<'_>, contract: Option<&Dataset>) -> Vec<PartitionBy> {
    if !at.node.is_seq() {
        reader.wrong_type(at, "a list", "for example [{ day: ordered_at }, country]");
        return Vec::new();
    }
    let mut partitions: Vec<PartitionBy> = Vec::new();
    for item in at.items() {
        let Some(partition) = partition(reader, &item, contract) else { continue };
        let name = partition.name();
        if partitions.iter().any(|other| other.name() == name) {
            let message = format!("the partition column `{name}` is there twice");
            reader.blame(&codes::COLUMN_TWICE, &item, message, "remove one");
            continue;
        }
        let taken = contract.is_some_and(|contract| contract.column(&name).is_some());
        if taken && partition.transform != Transform::Identity {
            let message = format!("the partition column would be called `{name}`, like a column of the contract");
            reader.blame(&codes::PARTITION_NAME, &item, message, "partition by that column itself, or rename it");
        }
        partitions.push(partition);
    }
    if at.node.items().is_empty() {
        reader.blame(
            &codes::BAD_VALUE,
            at,
            "`partition_by` is empty".to_owned(),
            "name a column, or leave the key out",
        );
    }
    leaves_columns(reader, at, &partitions, contract);
    partitions
}

/// A Delta table needs a column that is not a partition column.
fn leaves_columns(reader: &mut Reader<'_>, at: &At<'_>, partitions: &[PartitionBy], contract: Option<&Dataset>) {
    let Some(contract) = contract.filter(|contract| !contract.columns.is_empty()) else { return };
    let taken: BTreeSet<&str> = partitions
        .iter()
        .filter(|partition| partition.transform == Transform::Identity)
        .map(|partition| partition.column.as_str())
        .collect();
    if contract.columns.iter().all(|column| taken.contains(column.name.as_str())) {
        let message = "every column of the contract is a partition column".to_owned();
        reader.blame(&codes::PARTITION_ALL, at, message, "leave at least one column for the data");
    }
}

fn partition(reader: &mut Reader<'_>, at: &At<'_>, contract: Option<&Dataset>) -> Option<PartitionBy> {
    let (name_at, name, transform) =
        if at.node.is_map() { derived(reader, at)? } else { (at.clone(), reader.text(at)?, Transform::Identity) };
    let column = column(reader, &name_at, &name, contract);
    if contract.is_some() && column.is_none() {
        return None;
    }
    if let Some(column) = column
        && let Some(wanted) = wrong_for(&transform, &column.data_type)
    {
        let message = format!("`{name}` is {}, and this way of partitioning needs {wanted}", column.data_type);
        reader.blame(
            &codes::PARTITION_TYPE,
            &name_at,
            message,
            "choose another column, or another way of partitioning",
        );
        return None;
    }
    Some(PartitionBy { column: name, transform })
}

/// `{ month: time_hour }`, `{ bucket: id, count: 8 }`, `{ range: distance, at: [500, 1000] }`.
fn derived<'n>(reader: &mut Reader<'_>, at: &At<'n>) -> Option<(At<'n>, String, Transform)> {
    let named: Vec<&Entry> =
        at.node.entries().iter().filter(|entry| TRANSFORMS.contains(&entry.key.as_str())).collect();
    let [entry] = named.as_slice() else {
        let wrong = at.node.entries().first().map(|entry| entry.key.clone()).unwrap_or_default();
        let help = suggest(&wrong, TRANSFORMS.into_iter());
        let message = "a partition names exactly one way of partitioning and its column".to_owned();
        reader.blame(&codes::UNKNOWN_WORD, at, message, help);
        return None;
    };
    let kind = entry.key.as_str();
    let keys: &[&str] = match kind {
        "bucket" => &["bucket", "count"],
        "range" => &["range", "at"],
        _ => std::slice::from_ref(TRANSFORMS.iter().find(|word| **word == kind)?),
    };
    reader.map(at, keys);
    let name_at = at.get(kind)?;
    let name = reader.text(&name_at)?;
    let transform = match kind {
        "hour" => Transform::Hour,
        "day" => Transform::Day,
        "month" => Transform::Month,
        "year" => Transform::Year,
        "bucket" => Transform::Bucket(buckets(reader, at)?),
        "range" => Transform::Range(bounds(reader, at)?),
        _ => Transform::Identity,
    };
    Some((name_at, name, transform))
}

fn buckets(reader: &mut Reader<'_>, at: &At<'_>) -> Option<u32> {
    let Some(count) = at.get("count") else {
        let help = format!("add count: a number from {BUCKETS_MIN} to {BUCKETS_MAX}");
        reader.blame(&codes::MISSING_KEY, at, "`bucket` needs `count`".to_owned(), help);
        return None;
    };
    u32::try_from(reader.count(&count, BUCKETS_MIN, BUCKETS_MAX)?).ok()
}

fn bounds(reader: &mut Reader<'_>, at: &At<'_>) -> Option<Vec<i64>> {
    const HELP: &str = "list whole numbers in ascending order, for example at: [500, 1000]";
    let Some(list) = at.get("at") else {
        reader.blame(&codes::MISSING_KEY, at, "`range` needs `at`".to_owned(), HELP);
        return None;
    };
    let bounds: Option<Vec<i64>> = list.node.items().iter().map(contract::syntax::Node::as_i64).collect();
    let good = bounds.filter(|bounds| !bounds.is_empty() && bounds.is_sorted_by(|left, right| left < right));
    if good.is_none() {
        reader.blame(&codes::BAD_VALUE, &list, "`at` does not divide the numbers into ranges".to_owned(), HELP);
    }
    good
}

/// What the transform needs instead of this type; `None` when they go together.
fn wrong_for(transform: &Transform, data_type: &DataType) -> Option<&'static str> {
    let date = matches!(data_type, DataType::Date);
    let timestamp = matches!(data_type, DataType::Timestamp { .. });
    let number = matches!(data_type, DataType::Integer { .. } | DataType::Float { .. } | DataType::Decimal { .. });
    let nested = matches!(data_type, DataType::List(_) | DataType::Struct(_) | DataType::Map(..));
    match transform {
        Transform::Day | Transform::Month | Transform::Year => (!date && !timestamp).then_some("a date or a timestamp"),
        Transform::Hour => (!timestamp).then_some("a timestamp"),
        Transform::Range(_) => (!number).then_some("a number"),
        Transform::Bucket(_) => nested.then_some("a single value"),
        Transform::Identity => {
            (nested || matches!(data_type, DataType::Binary)).then_some("a single value that can be part of a path")
        }
    }
}
