//! Formats whose files carry a schema: as what each column is read where files may differ, and the reading of those that
//! are read from beginning to end.

use std::collections::VecDeque;
use std::io::BufReader;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, new_null_array};
use arrow::datatypes::{DataType as ArrowType, Field, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use async_trait::async_trait;
use contract::{Column, DataType, Dataset};
use engine::probe::{Data, Facts, Look, RowNumbers, Slice, Slices, StoredType};
use engine::{Drift, Error, Kind, Result};
use futures::{StreamExt, stream};
use pipeline::FileRef;
use pipeline::project::Encoding;
use tokio::runtime::Handle;

use super::drift::match_names;
use super::input::{Input, Source};
use super::parquet::Conversion;
use super::probe::facts;
use super::shape::{self, Conform, bug};
use super::store::Stores;
use super::stored;

/// What is read of a file at once.
const READ_BYTES: usize = 1 << 20;

pub type Batches = Box<dyn Iterator<Item = Result<RecordBatch>> + Send>;

/// A format that is read from beginning to end.
pub trait Sequential: Send + Sync + 'static {
    /// The schema, and then the batches.
    fn open(input: BufReader<Source>, path: &str, batch_rows: usize) -> Result<(SchemaRef, Batches)>;
}

/// How a file's columns become the contract's.
pub struct Mapped {
    /// By contract column: its place in the file.
    pub places: Vec<Option<usize>>,
    /// By contract column; `None` where its values cannot be read.
    pub conversions: Vec<Option<Conversion>>,
}

/// Finds the contract's columns in every file and settles as what they are read: as what they are stored.
pub fn settle(dataset: &Dataset, files: &[FileRef], schemas: &[SchemaRef]) -> Result<(Facts, Vec<Mapped>)> {
    let mut drift: Vec<Drift> = Vec::new();
    let mut mapped = Vec::with_capacity(files.len());
    for (file, schema) in files.iter().zip(schemas) {
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let (layout, differences) = match_names(dataset, &file.path, &names)?;
        drift.extend(differences);
        mapped.push(Mapped { places: layout.places, conversions: Vec::with_capacity(dataset.columns.len()) });
    }
    let mut facts = facts(dataset, files, &drift);
    let names = schemas.first().map(|schema| schema.fields().iter().map(|field| field.name().clone()).collect());
    facts.order = names.unwrap_or_default();
    for (index, column) in dataset.columns.iter().enumerate() {
        settle_column(&mut facts, index, column, files, schemas, &mut mapped);
    }
    for (name, shown) in &mut facts.extra {
        let field = schemas.iter().find_map(|schema| schema.field_with_name(name).ok());
        *shown = field.map(|field| stored::shown(field.data_type()));
    }
    Ok((facts, mapped))
}

fn settle_column(
    facts: &mut Facts,
    index: usize,
    column: &Column,
    files: &[FileRef],
    schemas: &[SchemaRef],
    mapped: &mut [Mapped],
) {
    let Some(found) = facts.columns.get_mut(index).and_then(Option::as_mut) else {
        mapped.iter_mut().for_each(|file| file.conversions.push(None));
        return;
    };
    let fields: Vec<Option<&Field>> = mapped
        .iter()
        .zip(schemas)
        .map(|(file, schema)| file.places.get(index).copied().flatten().map(|place| schema.field(place)))
        .collect();
    let widest = fields.iter().flatten().map(|field| field.data_type()).reduce(wider);
    let data_type = widest.and_then(stored::data_type);
    let mut differs_in = Vec::new();
    for ((file, mapped), field) in files.iter().zip(mapped.iter_mut()).zip(&fields) {
        let read_as = data_type.as_ref().map(|data_type| as_stored(column, data_type));
        let conversion =
            field.zip(read_as).and_then(|(field, column)| Conversion::new(&column, field, &file.path).ok());
        mapped.conversions.push(conversion);
        if let Some(field) = field.filter(|field| Some(field.data_type()) != widest) {
            differs_in.push((file.path.clone(), stored::shown(field.data_type())));
        }
    }
    if let Some(first) = fields.iter().flatten().next() {
        found.name.clone_from(first.name());
    }
    found.types = widest.map(|widest| StoredType { data_type, shown: stored::shown(widest), sql: None, differs_in });
}

/// A column of the contract as it is stored: zones and forms are about texts, and there are none.
fn as_stored(column: &Column, data_type: &DataType) -> Column {
    Column { data_type: data_type.clone(), format: None, time_zone: None, ..column.clone() }
}

/// Of two types, the one that holds the values of both where there is one; otherwise the first.
fn wider<'a>(one: &'a ArrowType, other: &'a ArrowType) -> &'a ArrowType {
    let width = |data_type: &ArrowType| data_type.primitive_width().unwrap_or(0);
    let alike = (one.is_signed_integer() && other.is_signed_integer()) || (one.is_floating() && other.is_floating());
    let widened = one.is_integer() && other.is_floating();
    let filled = *one == ArrowType::Null;
    if filled || widened || (alike && width(other) > width(one)) { other } else { one }
}

/// Columns of the contract as they are read.
pub fn schema(dataset: &Dataset, facts: &Facts, columns: &[usize]) -> SchemaRef {
    let fields = columns.iter().filter_map(|at| {
        let column = dataset.columns.get(*at)?;
        let found = facts.columns.get(*at).and_then(Option::as_ref);
        // Where no type is known, nothing but NULL is read.
        let data_type = found.and_then(|found| found.types.as_ref()?.data_type.clone()).unwrap_or(DataType::String);
        Some(Field::new(&column.name, shape::arrow_type(&data_type), true))
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// A file's batch as a slice of these columns.
pub fn slice(
    batch: &RecordBatch,
    mapped: &Mapped,
    columns: &[usize],
    schema: &SchemaRef,
    dataset: &Dataset,
) -> Result<(RecordBatch, Option<ArrayRef>)> {
    let rows = batch.num_rows();
    let mut conform = Conform::default();
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(columns.len());
    for (at, field) in columns.iter().zip(schema.fields()) {
        let conversion = mapped.conversions.get(*at).and_then(Option::as_ref);
        let stored = conversion.and_then(|conversion| Some((conversion, batch.column_by_name(&conversion.name)?)));
        arrays.push(match stored {
            Some((conversion, array)) => conversion.convert(array, *at, &mut conform)?,
            None => new_null_array(field.data_type(), rows),
        });
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let batch = RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options).map_err(bug)?;
    Ok((batch, conform.told(rows, dataset)?))
}

pub async fn open<S: Sequential>(stores: Arc<Stores>, look: Look) -> Result<Arc<dyn Data>> {
    let runtime = Handle::current();
    let mut schemas = Vec::with_capacity(look.files.len());
    for file in &look.files {
        let (stores, file, runtime) = (Arc::clone(&stores), file.clone(), runtime.clone());
        let read = move || begin::<S>(&stores, &file, &runtime, 1).map(|(schema, _)| schema);
        schemas.push(blocking(read).await?);
    }
    let (facts, mapped) = settle(&look.dataset, &look.files, &schemas)?;
    Ok(Arc::new(Files::<S> {
        shared: Arc::new(Shared { stores, look, facts, mapped, runtime }),
        format: std::marker::PhantomData,
    }))
}

fn begin<S: Sequential>(
    stores: &Stores,
    file: &FileRef,
    runtime: &Handle,
    batch_rows: usize,
) -> Result<(SchemaRef, Batches)> {
    if file.size == 0 {
        return Err(Error::new(Kind::Input, format!("`{}` is empty", file.path))
            .at(&file.path)
            .help("deliver it again"));
    }
    let input = Input::open(stores, file, Encoding::Utf8, runtime)?;
    S::open(BufReader::with_capacity(READ_BYTES, input.into_source()), &file.path, batch_rows)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::new(Kind::Bug, "reading a file was interrupted").because(error))?
}

struct Files<S> {
    shared: Arc<Shared>,
    format: std::marker::PhantomData<S>,
}

struct Shared {
    stores: Arc<Stores>,
    look: Look,
    facts: Facts,
    mapped: Vec<Mapped>,
    runtime: Handle,
}

/// What one stream works on.
struct Lane {
    shared: Arc<Shared>,
    waiting: Arc<Mutex<VecDeque<usize>>>,
    columns: Arc<[usize]>,
    schema: SchemaRef,
    reading: Option<Reading>,
}

struct Reading {
    batches: Batches,
    file: usize,
    rows: u64,
}

#[async_trait]
impl<S: Sequential> Data for Files<S> {
    fn facts(&self) -> &Facts {
        &self.shared.facts
    }

    async fn read(&self, columns: &[usize]) -> Result<Vec<Slices>> {
        let look = &self.shared.look;
        let waiting = Arc::new(Mutex::new((0..look.files.len()).collect::<VecDeque<_>>()));
        let columns: Arc<[usize]> = columns.into();
        let schema = schema(&look.dataset, &self.shared.facts, &columns);
        let lanes = look.partitions.min(look.files.len()).max(1);
        let lane = || Lane {
            shared: Arc::clone(&self.shared),
            waiting: Arc::clone(&waiting),
            columns: Arc::clone(&columns),
            schema: Arc::clone(&schema),
            reading: None,
        };
        Ok((0..lanes).map(|_| slices::<S>(lane())).collect())
    }
}

/// Files are read on threads that may block, a batch at a time.
fn slices<S: Sequential>(lane: Lane) -> Slices {
    stream::try_unfold(lane, |mut lane| async move {
        let (lane, slice) = blocking(move || {
            let slice = lane.next::<S>()?;
            Ok((lane, slice))
        })
        .await?;
        Ok(slice.map(|slice| (slice, lane)))
    })
    .boxed()
}

impl Lane {
    fn next<S: Sequential>(&mut self) -> Result<Option<Slice>> {
        let look = &self.shared.look;
        loop {
            let Some(reading) = &mut self.reading else {
                let next = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                let Some((index, file)) = next.and_then(|at| Some((at, look.files.get(at)?))) else { return Ok(None) };
                let (_, batches) = begin::<S>(&self.shared.stores, file, &self.shared.runtime, look.batch_rows)?;
                self.reading = Some(Reading { batches, file: index, rows: 0 });
                continue;
            };
            let Some(batch) = reading.batches.next().transpose()? else {
                let size = look.files.get(reading.file).map_or(0, |file| file.size);
                look.progress.advance(size, 0);
                self.reading = None;
                continue;
            };
            let mapped = self.shared.mapped.get(reading.file);
            let mapped = mapped.ok_or_else(|| Error::new(Kind::Bug, "a file was read that was not asked for"))?;
            let (read, conform) = slice(&batch, mapped, &self.columns, &self.schema, &look.dataset)?;
            let first = reading.rows + 1;
            reading.rows += batch.num_rows() as u64;
            look.progress.advance(0, batch.num_rows() as u64);
            let file =
                u32::try_from(reading.file).map_err(|_| Error::new(Kind::Input, "too many files in one read"))?;
            return Ok(Some(Slice { batch: read, file, rows: RowNumbers::From(first), conform, marked: None }));
        }
    }
}
