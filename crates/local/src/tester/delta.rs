//! A Delta table as data to test: one version of it, whatever is written meanwhile, with its own types.
//!
//! Deletion vectors, column mapping and partition values are resolved by the table's own scan.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatchOptions, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use contract::{DataType, Dataset};
use datafusion::catalog::TableProvider;
use datafusion::prelude::{SessionContext, ident, lit};
use deltalake::DeltaTable;
use engine::probe::{Data, Facts, RowNumbers, Slice, Slices, Stored, StoredType, place_of};
use engine::{Error, Kind, Progress, Result, TableRef, stored};
use futures::StreamExt;
use url::Url;

use super::{TesterOptions, query};
use crate::{delta, error};

mod statistics;

/// One version of a table.
struct Table {
    context: SessionContext,
    provider: Arc<dyn TableProvider>,
    facts: Facts,
    /// The dataset's columns as they are stored.
    schema: SchemaRef,
    progress: Arc<Progress>,
}

pub(super) async fn open(
    place: &str,
    dataset: &Dataset,
    options: &TesterOptions,
    progress: &Arc<Progress>,
) -> Result<Arc<dyn Data>> {
    let url = location(place)?;
    let reference = TableRef { dataset: dataset.name.clone(), url: url.to_string() };
    let named = |error: Error| if error.place.is_some() { error } else { error.at(place) };
    let table =
        delta::Tables::new(options.store.clone(), options.keys.clone()).open_rows(&reference).await.map_err(named)?;
    let table = table.ok_or_else(|| {
        Error::new(Kind::Input, format!("there is no Delta table at `{place}`"))
            .at(place)
            .help("a table is the folder that `_delta_log` lies in")
    })?;
    let context = query::sessions(options.memory, options)?.session();
    let failed = |e| named(error::datafusion("opening the table", e));
    let provider = table.table_provider().with_session(Arc::new(context.state())).await.map_err(failed)?;
    table.update_datafusion_session(&context.state()).map_err(|e| error::delta("opening the table", e))?;
    let provider: Arc<dyn TableProvider> = provider;
    let facts = facts(place, dataset, &table, &provider.schema())?;
    let fields = dataset.columns.iter().zip(&facts.columns).map(|(column, found)| {
        let data_type = found.as_ref().and_then(|found| found.types.as_ref()?.data_type.clone());
        let data_type = match found {
            Some(_) => data_type.unwrap_or(DataType::String),
            None => column.data_type.clone(),
        };
        arrow::datatypes::Field::new(&column.name, sql::arrow_type(&data_type), true)
    });
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    Ok(Arc::new(Table { context, provider, facts, schema, progress: Arc::clone(progress) }))
}

/// A folder of this machine or a URL, as the URL of a folder.
fn location(place: &str) -> Result<Url> {
    let cannot = |why: String| Error::new(Kind::Input, format!("`{place}` names no table: {why}")).at(place);
    if place.contains("://") {
        return Url::parse(&format!("{}/", place.trim_end_matches('/'))).map_err(|e| cannot(e.to_string()));
    }
    let folder = std::path::absolute(Path::new(place)).map_err(|e| cannot(e.to_string()))?;
    Url::from_directory_path(&folder).map_err(|()| cannot("it is no path of a folder".to_owned()))
}

fn facts(place: &str, dataset: &Dataset, table: &DeltaTable, schema: &Schema) -> Result<Facts> {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let mut columns = Vec::with_capacity(dataset.columns.len());
    for column in &dataset.columns {
        let field = place_of(&names, &column.source_name).or_else(|| place_of(&names, &column.name));
        columns.push(field.map(|at| {
            let field = schema.field(at);
            Stored {
                name: field.name().clone(),
                types: Some(StoredType {
                    data_type: stored::data_type(field.data_type()),
                    shown: stored::shown(field.data_type()),
                    sql: None,
                    differs_in: Vec::new(),
                }),
                statistics: Default::default(),
                missing_in: Vec::new(),
            }
        }));
    }
    let known = |name: &&str| columns.iter().flatten().any(|stored| stored.name == **name);
    let extra = names.iter().zip(schema.fields()).filter(|(name, _)| !known(name));
    let extra = extra.map(|(name, field)| ((*name).to_owned(), Some(stored::shown(field.data_type())))).collect();
    let files = vec![format!("{place} version {}", delta::version(table))];
    let order = names.iter().map(|name| (*name).to_owned()).collect();
    let mut facts = Facts { columns, extra, rows: None, files, order };
    statistics::enter(&mut facts, table)?;
    Ok(facts)
}

#[async_trait]
impl Data for Table {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    async fn read(&self, columns: &[usize]) -> Result<Vec<Slices>> {
        let doing = "reading the table";
        let failed = |e| error::datafusion(doing, e);
        let schema = Arc::new(self.schema.project(columns).map_err(|e| error::arrow(doing, e))?);
        // By column asked for: its place among those that are read. Values of unknown types are not.
        let mut names: Vec<&str> = Vec::new();
        let mut places: Vec<Option<usize>> = Vec::with_capacity(columns.len());
        for at in columns {
            let found = self.facts.columns.get(*at).and_then(Option::as_ref);
            let readable = found.filter(|found| found.types.as_ref().is_some_and(|types| types.data_type.is_some()));
            places.push(readable.map(|found| {
                names.iter().position(|name| *name == found.name).unwrap_or_else(|| {
                    names.push(&found.name);
                    names.len() - 1
                })
            }));
        }
        let frame = self.context.read_table(Arc::clone(&self.provider)).map_err(failed)?;
        let wanted = match names.is_empty() {
            // Rows are to be counted.
            true => vec![lit(true).alias("row")],
            false => names.iter().map(|name| ident(*name)).collect(),
        };
        let streams = frame.select(wanted).map_err(failed)?.execute_stream_partitioned().await.map_err(failed)?;
        let streams = streams.into_iter().map(|stream| {
            let (schema, places, progress) = (Arc::clone(&schema), places.clone(), Arc::clone(&self.progress));
            let slices = stream.map(move |batch| {
                let batch = batch.map_err(|e| vanished(error::datafusion(doing, e)))?;
                progress.advance(0, batch.num_rows() as u64);
                slice(&batch, &schema, &places)
            });
            slices.boxed()
        });
        Ok(streams.collect())
    }
}

fn slice(batch: &RecordBatch, schema: &SchemaRef, places: &[Option<usize>]) -> Result<Slice> {
    let failed = |e| error::arrow("reading the table", e);
    let rows = batch.num_rows();
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(places.len());
    for (place, field) in places.iter().zip(schema.fields()) {
        arrays.push(match place.and_then(|place| batch.columns().get(place)) {
            Some(array) => cast(array, field.data_type()).map_err(failed)?,
            None => new_null_array(field.data_type(), rows),
        });
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let batch = RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options).map_err(failed)?;
    Ok(Slice { batch, file: 0, rows: RowNumbers::None, conform: None, marked: None })
}

/// Tells a file that the version names and that is gone from other failures.
fn vanished(error: Error) -> Error {
    let text = &error.message;
    if !text.contains("not found") && !text.contains("does not exist") {
        return error;
    }
    let path = text.split_once("Object at location ").and_then(|(_, rest)| rest.split_once(" not found"));
    let which = path.map_or(text.as_str(), |(path, _)| path);
    Error::new(Kind::Input, format!("a data file that the table's version names does not exist: {which}"))
        .help("a vacuum, or somebody by hand, took it away: test again, or restore the table")
}

#[cfg(test)]
mod tests;
