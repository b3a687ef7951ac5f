//! Data looked at without a contract: which columns it has, and their values as text.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::Array;
use contract::{Column, ContractRef, DataType, Dataset, DriftPolicy, Privacy};
use engine::probe::Data;
use engine::tester::{Looked, Place};
use engine::{EachValue, Progress, Result};
use futures::StreamExt;

use super::DataTester;

/// As what values of formats without types are read, one after the other, until a column has shown some.
const READ_AS: [DataType; 4] =
    [DataType::String, DataType::Integer { bits: 64, signed: true }, DataType::Float { bits: 64 }, DataType::Boolean];

pub(super) async fn columns(tester: &DataTester, place: &Place) -> Result<Vec<String>> {
    let data = opened(tester, place, &[], &DataType::String).await?;
    let facts = data.facts();
    let extra = facts.extra.iter().map(|(name, _)| name.clone());
    let ordered = facts.order.iter().filter(|name| facts.extra.iter().any(|(extra, _)| extra == *name)).cloned();
    let mut seen = BTreeSet::new();
    Ok(ordered.chain(extra).filter(|name| seen.insert(name.clone())).collect())
}

pub(super) async fn look(
    tester: &DataTester,
    place: &Place,
    columns: &[String],
    rows: usize,
    each: &mut EachValue<'_>,
) -> Result<Looked> {
    let mut looked = Looked::default();
    let mut left: Vec<String> = columns.to_vec();
    for data_type in READ_AS {
        if left.is_empty() {
            break;
        }
        let data = opened(tester, place, &left, &data_type).await?;
        let found = values(data.as_ref(), &left, rows, each).await?;
        looked.rows = looked.rows.max(found.rows);
        // Typed data is read as what it is, the first time already.
        let typed = data.facts().columns.iter().flatten().any(|column| column.types.is_some());
        left.retain(|name| found.empty.contains(name) && (!typed || found.unreadable.contains(name)));
        if typed {
            break;
        }
        left.retain(|name| found.unfit.contains(name));
    }
    looked.unread = left;
    Ok(looked)
}

/// The data under a dataset that has only these columns.
async fn opened(tester: &DataTester, place: &Place, columns: &[String], data_type: &DataType) -> Result<Arc<dyn Data>> {
    let column = |name: &String| Column {
        id: None,
        fill: None,
        name: name.clone(),
        source_name: name.clone(),
        data_type: data_type.clone(),
        required: false,
        format: None,
        time_zone: None,
        classification: None,
        privacy: Privacy::default(),
    };
    let dataset = Dataset {
        name: "data".to_owned(),
        contract: ContractRef { id: String::new(), version: String::new(), digest: String::new() },
        columns: columns.iter().map(column).collect(),
        checks: Vec::new(),
        primary_key: Vec::new(),
        encryption: None,
        drift: DriftPolicy::Gate,
    };
    tester.data(place, &Arc::new(dataset), &Arc::new(Progress::default())).await
}

#[derive(Default)]
struct Found {
    rows: u64,
    /// Columns without any value.
    empty: BTreeSet<String>,
    /// Columns with a value that is not of the type that they are read as.
    unfit: BTreeSet<String>,
    /// Columns of a type that is not read at all.
    unreadable: BTreeSet<String>,
}

async fn values(data: &dyn Data, columns: &[String], rows: usize, each: &mut EachValue<'_>) -> Result<Found> {
    let facts = data.facts();
    let mut found = Found { empty: columns.iter().cloned().collect(), ..Found::default() };
    let mut places = Vec::new();
    for (at, name) in columns.iter().enumerate() {
        let stored = facts.columns.get(at).and_then(Option::as_ref);
        let unknown = stored.and_then(|stored| stored.types.as_ref()).is_some_and(|types| types.data_type.is_none());
        match unknown {
            true => drop(found.unreadable.insert(name.clone())),
            false if stored.is_some() => places.push(at),
            false => {}
        }
    }
    let mut slices = futures::stream::select_all(data.read(&places).await?);
    while let Some(slice) = slices.next().await {
        let slice = slice?;
        found.rows += slice.batch.num_rows() as u64;
        crate::look::shown(&slice.batch, usize::MAX, &mut |column, value| {
            found.empty.remove(column);
            each(column, value)
        })?;
        if let Some(conform) = &slice.conform {
            found.unfit.extend(failed(conform));
        }
        if found.rows >= rows as u64 {
            break;
        }
    }
    Ok(found)
}

/// The columns of which the reader says that a value is not of their type.
fn failed(conform: &arrow::array::ArrayRef) -> BTreeSet<String> {
    #[derive(serde::Deserialize)]
    struct Failure {
        column: Option<String>,
    }
    let texts = arrow::compute::cast(conform, &arrow::datatypes::DataType::Utf8).unwrap_or_else(|_| conform.clone());
    let Some(texts) = arrow::array::AsArray::as_string_opt::<i32>(&texts) else { return BTreeSet::new() };
    let failures = (0..texts.len())
        .filter(|row| texts.is_valid(*row))
        .flat_map(|row| serde_json::from_str::<Vec<Failure>>(texts.value(row)).unwrap_or_default());
    failures.filter_map(|failure| failure.column).collect()
}
