//! Parquet looked at as it is stored: only the columns that are asked for, row groups spread over the streams, and what the
//! files' statistics say exactly.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, new_null_array};
use arrow::datatypes::{DataType as ArrowType, FieldRef, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use async_trait::async_trait;
use engine::probe::{Data, Facts, Look, RowNumbers, Slice, Slices};
use engine::{Error, Kind, Result};
use futures::{StreamExt, TryStreamExt, stream};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, RowSelection, RowSelector};
use parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStream, ParquetRecordBatchStreamBuilder};
use pipeline::FileRef;

use super::object::Object;
use super::{OPENED_AT_ONCE, broken, statistics};
use crate::files::shape::bug;
use crate::files::store::Stores;
use crate::files::typed::{self, Mapped};

pub async fn open(stores: Arc<Stores>, look: Look) -> Result<Arc<dyn Data>> {
    let opening: Vec<_> = look.files.iter().cloned().map(|file| load(Arc::clone(&stores), file)).collect();
    let loaded: Vec<(Object, ArrowReaderMetadata)> =
        stream::iter(opening).buffered(OPENED_AT_ONCE).try_collect().await?;
    let schemas: Vec<SchemaRef> = loaded.iter().map(|(_, metadata)| Arc::clone(metadata.schema())).collect();
    let (mut facts, mapped) = typed::settle(&look.dataset, &look.files, &schemas)?;
    let files: Vec<File> = loaded
        .into_iter()
        .zip(mapped)
        .zip(&look.files)
        .map(|(((reader, metadata), mapped), file)| File { reader, metadata, mapped, path: file.path.clone() })
        .collect();
    facts.rows = Some(files.iter().map(File::rows).sum());
    for (index, found) in facts.columns.iter_mut().enumerate() {
        let Some(found) = found.as_mut().filter(|found| found.missing_in.is_empty()) else { continue };
        if let Some(data_type) = found.types.as_ref().and_then(|types| types.data_type.clone()) {
            found.statistics = statistics::of(&files, index, &data_type);
        }
    }
    Ok(Arc::new(Stored { shared: Arc::new(Shared { files, look, facts }) }))
}

async fn load(stores: Arc<Stores>, file: FileRef) -> Result<(Object, ArrowReaderMetadata)> {
    if file.size == 0 {
        return Err(Error::new(Kind::Input, format!("`{}` is empty", file.path))
            .at(&file.path)
            .help("deliver it again: even a Parquet file without rows has a footer"));
    }
    let mut reader = Object::open(&stores, &file)?;
    let failed = |error| broken(error, &file.path);
    let metadata = reader.get_metadata(None).await.map_err(failed)?;
    // The types are those of Parquet itself; text and bytes are read as views.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let plain = ArrowReaderMetadata::try_new(Arc::clone(&metadata), options.clone()).map_err(failed)?;
    let fields: Vec<FieldRef> = plain.schema().fields().iter().map(as_view).collect();
    let options = options.with_schema(Arc::new(Schema::new(fields)));
    let viewed = ArrowReaderMetadata::try_new(metadata, options).map_err(failed)?;
    Ok((reader, viewed))
}

fn as_view(field: &FieldRef) -> FieldRef {
    let view = match field.data_type() {
        ArrowType::Utf8 => ArrowType::Utf8View,
        ArrowType::Binary => ArrowType::BinaryView,
        _ => return Arc::clone(field),
    };
    Arc::new(field.as_ref().clone().with_data_type(view))
}

pub(super) struct File {
    reader: Object,
    pub metadata: ArrowReaderMetadata,
    pub mapped: Mapped,
    path: String,
}

impl File {
    fn rows(&self) -> u64 {
        u64::try_from(self.metadata.metadata().file_metadata().num_rows()).unwrap_or(0)
    }
}

struct Stored {
    shared: Arc<Shared>,
}

struct Shared {
    files: Vec<File>,
    look: Look,
    facts: Facts,
}

/// Some rows of one row group.
struct Unit {
    file: usize,
    group: usize,
    group_rows: u64,
    /// Within the group.
    rows: Range<u64>,
    /// Rows of the file before the group.
    before: u64,
    bytes: u64,
}

#[async_trait]
impl Data for Stored {
    fn facts(&self) -> &Facts {
        &self.shared.facts
    }

    async fn read(&self, columns: &[usize]) -> Result<Vec<Slices>> {
        let partitions = self.shared.look.partitions;
        let groups: usize = self.shared.files.iter().map(|file| file.metadata.metadata().num_row_groups()).sum();
        // Too few row groups for all streams are cut.
        let parts = if groups < partitions * 2 { partitions } else { 1 };
        let mut units = VecDeque::new();
        for (index, file) in self.shared.files.iter().enumerate() {
            units_of(file, index, parts, self.shared.look.batch_rows as u64, &mut units);
        }
        let queue = Arc::new(Mutex::new(units));
        let columns: Arc<[usize]> = columns.into();
        let schema = typed::schema(&self.shared.look.dataset, &self.shared.facts, &columns);
        let lane = || {
            let state = Lane {
                shared: Arc::clone(&self.shared),
                queue: Arc::clone(&queue),
                columns: Arc::clone(&columns),
                schema: Arc::clone(&schema),
                reading: None,
            };
            slices(state)
        };
        Ok((0..partitions).map(|_| lane()).collect())
    }
}

fn units_of(file: &File, index: usize, parts: usize, least: u64, units: &mut VecDeque<Unit>) {
    let mut before = 0;
    for (group, meta) in file.metadata.metadata().row_groups().iter().enumerate() {
        let rows = u64::try_from(meta.num_rows()).unwrap_or(0);
        let bytes = u64::try_from(meta.compressed_size()).unwrap_or(0);
        let step = rows.div_ceil(parts as u64).max(least).max(1);
        let mut start = 0;
        while start < rows {
            let end = (start + step).min(rows);
            units.push_back(Unit {
                file: index,
                group,
                group_rows: rows,
                rows: start..end,
                before,
                bytes: bytes * (end - start) / rows.max(1),
            });
            start = end;
        }
        before += rows;
    }
}

impl Shared {
    fn file(&self, unit: &Unit) -> Result<&File> {
        self.files
            .get(unit.file)
            .ok_or_else(|| Error::new(Kind::Bug, "a row group is of a file that was not asked for"))
    }
}

/// What one stream works on.
struct Lane {
    shared: Arc<Shared>,
    queue: Arc<Mutex<VecDeque<Unit>>>,
    columns: Arc<[usize]>,
    schema: SchemaRef,
    reading: Option<Reading>,
}

enum Reading {
    Rows(Box<ParquetRecordBatchStream<Object>>, Unit),
    /// No column is asked for: only the rows count.
    Count(Unit),
}

fn slices(lane: Lane) -> Slices {
    stream::try_unfold(lane, |mut lane| async move {
        loop {
            match lane.reading.take() {
                None => {
                    let next = lane.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let Some(unit) = next else { return Ok(None) };
                    lane.reading = Some(lane.start(unit)?);
                }
                Some(Reading::Count(unit)) => {
                    let slice = lane.empty(&unit)?;
                    return Ok(Some((slice, lane)));
                }
                Some(Reading::Rows(mut reader, mut unit)) => {
                    let path = lane.shared.file(&unit)?.path.clone();
                    match reader.try_next().await.map_err(|error| broken(error, &path))? {
                        Some(batch) => {
                            let slice = lane.slice(&batch, &mut unit)?;
                            lane.reading = Some(Reading::Rows(reader, unit));
                            return Ok(Some((slice, lane)));
                        }
                        None => lane.shared.look.progress.advance(unit.bytes, 0),
                    }
                }
            }
        }
    })
    .boxed()
}

impl Lane {
    fn start(&self, unit: Unit) -> Result<Reading> {
        let file = self.shared.file(&unit)?;
        let roots: Vec<usize> = self
            .columns
            .iter()
            .filter(|at| file.mapped.conversions.get(**at).is_some_and(Option::is_some))
            .filter_map(|at| file.mapped.places.get(*at).copied().flatten())
            .collect();
        if roots.is_empty() {
            return Ok(Reading::Count(unit));
        }
        let mask = ProjectionMask::roots(file.metadata.parquet_schema(), roots);
        let mut builder =
            ParquetRecordBatchStreamBuilder::new_with_metadata(file.reader.clone(), file.metadata.clone())
                .with_projection(mask)
                .with_row_groups(vec![unit.group])
                .with_batch_size(self.shared.look.batch_rows);
        if unit.rows.end - unit.rows.start < unit.group_rows {
            let count = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
            builder = builder.with_row_selection(RowSelection::from(vec![
                RowSelector::skip(count(unit.rows.start)),
                RowSelector::select(count(unit.rows.end - unit.rows.start)),
            ]));
        }
        let reader = builder.build().map_err(|error| broken(error, &file.path))?;
        Ok(Reading::Rows(Box::new(reader), unit))
    }

    fn empty(&self, unit: &Unit) -> Result<Slice> {
        let rows = usize::try_from(unit.rows.end - unit.rows.start).unwrap_or(0);
        let arrays = self.schema.fields().iter().map(|field| new_null_array(field.data_type(), rows)).collect();
        self.shared.look.progress.advance(unit.bytes, rows as u64);
        Ok(Slice {
            batch: self.batch(arrays, rows)?,
            file: file_number(unit)?,
            rows: RowNumbers::From(unit.before + unit.rows.start + 1),
            conform: None,
            marked: None,
        })
    }

    /// Takes the batch's rows off the unit's.
    fn slice(&self, batch: &RecordBatch, unit: &mut Unit) -> Result<Slice> {
        let file = self.shared.file(unit)?;
        let (read, conform) =
            typed::slice(batch, &file.mapped, &self.columns, &self.schema, &self.shared.look.dataset)?;
        let first = unit.before + unit.rows.start + 1;
        unit.rows.start += batch.num_rows() as u64;
        self.shared.look.progress.advance(0, batch.num_rows() as u64);
        Ok(Slice { batch: read, file: file_number(unit)?, rows: RowNumbers::From(first), conform, marked: None })
    }

    fn batch(&self, arrays: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options).map_err(bug)
    }
}

fn file_number(unit: &Unit) -> Result<u32> {
    u32::try_from(unit.file).map_err(|_| Error::new(Kind::Input, "too many files in one read"))
}
