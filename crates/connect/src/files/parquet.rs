//! Parquet: columns by name, row groups spread over the streams, every value cast to the contract's type without loss.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::ArrayRef;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use contract::Dataset;
use engine::{BatchStream, Drift, Error, Kind, Progress, Read, ReadRequest, Result};
use futures::{StreamExt, TryStreamExt, stream};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::async_reader::{ParquetRecordBatchStream, ParquetRecordBatchStreamBuilder};
use parquet::errors::ParquetError;
use pipeline::FileRef;

use super::drift::match_names;
use super::shape::{self, Own};
use super::store::{Stores, store_error};
use super::{fill, input, slots};

mod convert;
mod object;
pub mod probe;
mod statistics;

pub use convert::Conversion;
use object::Object;

const OPENED_AT_ONCE: usize = 16;

pub async fn read(stores: Arc<Stores>, request: ReadRequest) -> Result<Read> {
    let schema = shape::schema(&request.dataset);
    let hashes = slots(request.files.len());
    let files = request.files.iter().cloned();
    let opened: Vec<_> = files.map(|file| open(Arc::clone(&stores), file, Arc::clone(&request.dataset))).collect();
    let opened: Vec<(File, Vec<Drift>)> = stream::iter(opened).buffered(OPENED_AT_ONCE).try_collect().await?;
    let mut drift = Vec::new();
    let mut files = Vec::with_capacity(opened.len());
    for (index, (file, differences)) in opened.into_iter().enumerate() {
        fill(&hashes, index, file.hash.clone());
        files.push(file);
        drift.extend(differences);
    }
    let units = files.iter().enumerate().flat_map(|(index, file)| file.units(index)).collect();
    let shared = Arc::new(Shared {
        files,
        units: Mutex::new(units),
        dataset: Arc::clone(&request.dataset),
        schema: Arc::clone(&schema),
        batch_rows: request.batch_rows,
        progress: Arc::clone(&request.progress),
    });
    let streams = (0..request.partitions).map(|_| batches(Arc::clone(&shared))).collect();
    Ok(Read { schema, streams, drift, hashes, headers: slots(request.files.len()) })
}

struct File {
    reader: Object,
    metadata: ArrowReaderMetadata,
    /// By contract column; `None` where the file has no such column and the contract's policy lets that pass.
    conversions: Vec<Option<Conversion>>,
    path: String,
    hash: String,
}

/// One row group.
struct Unit {
    file: usize,
    group: usize,
    rows: Range<u64>,
    bytes: u64,
}

struct Shared {
    files: Vec<File>,
    units: Mutex<VecDeque<Unit>>,
    dataset: Arc<Dataset>,
    schema: SchemaRef,
    batch_rows: usize,
    progress: Arc<Progress>,
}

async fn open(stores: Arc<Stores>, file: FileRef, dataset: Arc<Dataset>) -> Result<(File, Vec<Drift>)> {
    let place = stores.place(&file.path)?;
    let (store, path) = place.object()?;
    // Says what is wrong with a path in the words of a file, before Parquet's reader stumbles over it.
    let hash = input::hash(&stores, &file.path).await?;
    let mut reader = Object::new(store, path, file.size);
    let metadata = ArrowReaderMetadata::load_async(&mut reader, ArrowReaderOptions::new())
        .await
        .map_err(|error| broken(error, &file.path))?;
    let fields = metadata.schema().fields();
    let names: Vec<String> = fields.iter().map(|field| field.name().clone()).collect();
    let (layout, drift) = match_names(&dataset, &file.path, &names)?;
    let conversions = dataset.columns.iter().zip(layout.places).map(|(column, place)| {
        let field = place.and_then(|place| fields.get(place));
        field.map(|field| Conversion::new(column, field, &file.path)).transpose()
    });
    let conversions = conversions.collect::<Result<Vec<_>>>()?;
    Ok((File { reader, metadata, conversions, path: file.path.clone(), hash }, drift))
}

impl File {
    fn units(&self, file: usize) -> Vec<Unit> {
        let mut first = 0;
        let groups = self.metadata.metadata().row_groups().iter().enumerate().map(|(group, meta)| {
            let rows = first..first + u64::try_from(meta.num_rows()).unwrap_or(0);
            first = rows.end;
            Unit { file, group, rows, bytes: u64::try_from(meta.compressed_size()).unwrap_or(0) }
        });
        groups.collect()
    }

    fn stream(&self, unit: &Unit, batch_rows: usize) -> Result<ParquetRecordBatchStream<Object>> {
        let names = self.conversions.iter().flatten().map(|conversion| conversion.name.as_str());
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), roots(&self.metadata, names));
        ParquetRecordBatchStreamBuilder::new_with_metadata(self.reader.clone(), self.metadata.clone())
            .with_projection(mask)
            .with_row_groups(vec![unit.group])
            .with_batch_size(batch_rows)
            .build()
            .map_err(|error| broken(error, &self.path))
    }
}

fn roots<'a>(metadata: &ArrowReaderMetadata, names: impl Iterator<Item = &'a str>) -> Vec<usize> {
    names.filter_map(|name| metadata.schema().index_of(name).ok()).collect()
}

struct State {
    shared: Arc<Shared>,
    reading: Option<(ParquetRecordBatchStream<Object>, Unit)>,
}

fn batches(shared: Arc<Shared>) -> BatchStream {
    let state = State { shared, reading: None };
    stream::try_unfold(state, |mut state| async move {
        loop {
            let Some((reader, unit)) = state.reading.as_mut() else {
                let next = state.shared.units.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                let Some(unit) = next else { return Ok(None) };
                let file = state.shared.file(&unit)?;
                let reader = file.stream(&unit, state.shared.batch_rows)?;
                state.reading = Some((reader, unit));
                continue;
            };
            let read = reader.try_next().await;
            match read.map_err(|error| state.shared.broken(error, unit))? {
                Some(batch) => {
                    let batch = state.shared.convert(&batch, unit)?;
                    return Ok(Some((batch, state)));
                }
                None => {
                    state.shared.progress.advance(unit.bytes, 0);
                    state.reading = None;
                }
            }
        }
    })
    .boxed()
}

impl Shared {
    fn file(&self, unit: &Unit) -> Result<&File> {
        self.files
            .get(unit.file)
            .ok_or_else(|| Error::new(Kind::Bug, "a row group is of a file that was not asked for"))
    }

    fn broken(&self, error: ParquetError, unit: &Unit) -> Error {
        broken(error, self.files.get(unit.file).map(|file| file.path.as_str()).unwrap_or_default())
    }

    /// Takes the batch's rows off the unit's.
    fn convert(&self, batch: &RecordBatch, unit: &mut Unit) -> Result<RecordBatch> {
        let file = self.file(unit)?;
        let mut own = Own::new();
        own.start(unit.file, None);
        for _ in 0..batch.num_rows() {
            unit.rows.start += 1;
            own.push(unit.rows.start, None)?;
        }
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.dataset.columns.len());
        for (index, (column, conversion)) in self.dataset.columns.iter().zip(&file.conversions).enumerate() {
            let stored = conversion.as_ref().and_then(|conversion| {
                let array = batch.column_by_name(&conversion.name)?;
                Some(conversion.convert(array, index, &mut own.conform))
            });
            columns.push(stored.unwrap_or_else(|| {
                Ok(arrow::array::new_null_array(&shape::arrow_type(&column.data_type), batch.num_rows()))
            })?);
        }
        self.progress.advance(0, batch.num_rows() as u64);
        own.finish(columns, &self.schema, &self.dataset)
    }
}

/// What Parquet's reader could not do: because of the store, or because the file is damaged.
fn broken(error: ParquetError, path: &str) -> Error {
    match error {
        ParquetError::External(source) => match source.downcast::<object_store::Error>() {
            Ok(error) => store_error(*error, path),
            Err(source) => damaged(path, source.to_string()),
        },
        other => damaged(path, other.to_string()),
    }
}

fn damaged(path: &str, why: String) -> Error {
    Error::new(Kind::Input, format!("`{path}` is not an intact Parquet file: {why}"))
        .at(path)
        .help("deliver it again; check that the source's `format` is right")
}

#[cfg(test)]
mod tests;
