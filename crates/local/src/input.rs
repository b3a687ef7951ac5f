//! What a stage reads, as a DataFusion frame with the contract's columns and types.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use arrow::datatypes::SchemaRef;
use contract::{Dataset, DriftPolicy};
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Expr, cast, ident};
use datafusion::physical_plan::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::prelude::{DataFrame, SessionContext};
use deltalake::DeltaTable;
use engine::{
    Again, BatchStream, Error, Increment, Input, Kind, Position, Read, ReadRequest, Result, StageInput, StageJob,
};
use futures::StreamExt;
use pipeline::SourceSpec;

use crate::delta::Partition;
use crate::mapping::Mapping;
use crate::session::BATCH_ROWS;
use crate::{Local, dead_letter, delta, error};

pub(crate) struct Opened {
    /// The contract's columns; of a source also `_file`, `_row`, `_raw`, `_conform`.
    pub frame: DataFrame,
    /// Of a source: what the reader found out; of a model: none.
    pub read: Option<SourceRead>,
    /// Of a model: rows in the files that were selected.
    pub rows_read: u64,
    /// By input name, for models.
    pub positions: BTreeMap<String, Position>,
    /// An input was rewritten where the job hoped for added rows: the result must replace the table.
    pub rewritten: bool,
    /// Partitions of the inputs that were read again as a whole, the emptied ones among them.
    pub touched: BTreeSet<Partition>,
}

pub(crate) struct SourceRead {
    pub drift: Vec<engine::Drift>,
    pub hashes: Arc<Mutex<Vec<Option<String>>>>,
    pub headers: Arc<Mutex<Vec<Option<String>>>>,
    pub replay: Option<dead_letter::Replay>,
}

pub(crate) async fn open(local: &Local, context: &SessionContext, job: &StageJob) -> Result<Opened> {
    match &job.input {
        StageInput::Files { spec, files } | StageInput::Restored { again: Some(Again { spec, files }), .. } => {
            let request = request(local, job, spec.clone(), files.clone());
            let read = local.source.read(request).await?;
            source(context, read, None)
        }
        StageInput::DeadLetters { spec } => {
            let replay = dead_letter::Replay::prepare(local, job, spec.as_ref()).await?;
            let mut request = request(local, job, replay.spec.clone(), replay.files.clone());
            // Which columns a row of then has is settled.
            let dataset = Dataset { drift: DriftPolicy::Gate, ..job.dataset.as_ref().clone() };
            request.dataset = Arc::new(dataset);
            let read = Read { drift: Vec::new(), ..local.source.read(request).await? };
            source(context, read, Some(replay))
        }
        StageInput::Model { sql, inputs } => model(local, context, job, sql, inputs).await,
        StageInput::Stored { .. } | StageInput::Restored { .. } => {
            Err(Error::new(Kind::Bug, "a stored table is migrated, not read as an input"))
        }
    }
}

fn request(local: &Local, job: &StageJob, spec: SourceSpec, files: Vec<engine::FileRef>) -> ReadRequest {
    ReadRequest {
        dataset: job.dataset.clone(),
        spec,
        files,
        partitions: local.sessions.partitions,
        batch_rows: BATCH_ROWS,
        progress: job.progress.clone(),
    }
}

fn source(context: &SessionContext, read: Read, replay: Option<dead_letter::Replay>) -> Result<Opened> {
    let failed = |e| error::datafusion("planning the read", e);
    let schema = read.schema.clone();
    let streams: Vec<Arc<dyn PartitionStream>> = read
        .streams
        .into_iter()
        .map(|stream| Arc::new(Once::new(schema.clone(), stream)) as Arc<dyn PartitionStream>)
        .collect();
    let table = StreamingTable::try_new(schema, streams).map_err(failed)?;
    let frame = context.read_table(Arc::new(table)).map_err(failed)?;
    let read = SourceRead { drift: read.drift, hashes: read.hashes, headers: read.headers, replay };
    Ok(Opened {
        frame,
        read: Some(read),
        rows_read: 0,
        positions: BTreeMap::new(),
        rewritten: false,
        touched: BTreeSet::new(),
    })
}

async fn model(local: &Local, context: &SessionContext, job: &StageJob, sql: &str, inputs: &[Input]) -> Result<Opened> {
    let mut positions = BTreeMap::new();
    let mut rows_read = 0;
    let mut rewritten = false;
    let mut touched = BTreeSet::new();
    for input in inputs {
        let narrowed = register(local, context, input).await?;
        touched.extend(narrowed.touched);
        rows_read += narrowed.rows;
        rewritten |= narrowed.rewritten;
        positions.insert(input.name.clone(), Position::Table { version: narrowed.version });
    }
    let doing = format!("planning the model of {}", job.dataset.name);
    let failed = |e| error::datafusion(&doing, e);
    let catalog = sql::Catalog::new(inputs.iter().map(|input| input.dataset.as_ref()));
    let statement = sql::statement(&job.dataset.name, sql, &catalog).map_err(|found| refused(&doing, &found))?;
    let plan = context.state().statement_to_plan(statement).await.map_err(failed)?;
    let made = context.execute_logical_plan(plan).await.map_err(failed)?;
    let mut columns: Vec<Expr> = Vec::with_capacity(job.dataset.columns.len());
    for column in &job.dataset.columns {
        let name = made_name(&made, &column.name).ok_or_else(|| {
            Error::new(Kind::Input, format!("{doing}: the SQL makes no column {}", column.name))
                .help("run `plimsoll check`")
        })?;
        columns.push(cast(ident(name), sql::arrow_type(&column.data_type)).alias(&column.name));
    }
    let frame = made.select(columns).map_err(failed)?;
    Ok(Opened { frame, read: None, rows_read, positions, rewritten, touched })
}

/// The result's column of this name, or else the only one that differs in case alone.
fn made_name(made: &DataFrame, name: &str) -> Option<String> {
    let fields = made.schema().fields();
    if fields.iter().any(|field| field.name() == name) {
        return Some(name.to_owned());
    }
    let mut fitting = fields.iter().filter(|field| field.name().eq_ignore_ascii_case(name));
    match (fitting.next(), fitting.next()) {
        (Some(field), None) => Some(field.name().clone()),
        _ => None,
    }
}

fn refused(doing: &str, found: &[contract::Diagnostic]) -> Error {
    let first = found.first().map(|diagnostic| diagnostic.message.clone()).unwrap_or_default();
    Error::new(Kind::Input, format!("{doing}: {first}")).help("run `plimsoll check`")
}

struct Narrowed {
    version: i64,
    rows: u64,
    rewritten: bool,
    touched: BTreeSet<Partition>,
}

/// What an increment means.
struct Selected {
    /// The data files; `None` for all.
    paths: Option<Vec<String>>,
    rewritten: bool,
    touched: BTreeSet<Partition>,
}

/// Registers one input under its name, narrowed to its increment, with the types of its contract.
async fn register(local: &Local, context: &SessionContext, input: &Input) -> Result<Narrowed> {
    let Some(table) = local.tables.open_rows(&input.table).await? else {
        return Err(Error::new(Kind::Input, format!("the table of {} does not exist", input.name))
            .at(&input.table.url)
            .help("run the stage that makes it first"));
    };
    has_columns(&table, input)?;
    let Selected { paths, rewritten, touched } = select(&table, &input.increment).await?;
    let all = delta::files(&table)?;
    let rows = all
        .iter()
        .filter(|add| paths.as_ref().is_none_or(|paths| paths.contains(&add.path)))
        .map(crate::stats::rows)
        .sum();
    let frame = read(context, &table, &input.dataset, paths).await?;
    context
        .register_table(input.name.as_str(), frame.into_view())
        .map_err(|e| error::datafusion("planning the model", e))?;
    Ok(Narrowed { version: delta::version(&table), rows, rewritten, touched })
}

/// An error where a table does not have a column that its contract has: it is still to be migrated, and NULL would be made up.
fn has_columns(table: &DeltaTable, input: &Input) -> Result<()> {
    let snapshot = table.snapshot().map_err(|e| error::delta("reading the table of an input", e))?;
    let schema = snapshot.schema();
    match input.dataset.columns.iter().find(|column| schema.field(&column.name).is_none()) {
        None => Ok(()),
        Some(column) => {
            let message = format!("the table of {} does not have the column {} yet", input.name, column.name);
            Err(Error::new(Kind::Input, message)
                .at(&input.table.url)
                .help("it is still as an earlier version of its contract says: run the stage that makes it first"))
        }
    }
}

async fn select(table: &DeltaTable, increment: &Increment) -> Result<Selected> {
    let some =
        |files: &[deltalake::kernel::Add], touched| Selected { paths: Some(paths(files)), rewritten: false, touched };
    let whole = |rewritten| Selected { paths: None, rewritten, touched: BTreeSet::new() };
    Ok(match increment {
        Increment::Whole | Increment::Files { .. } => whole(false),
        Increment::Added { from } => match delta::changes(table, *from).await? {
            Some(changes) if !changes.removed => some(&changes.added, BTreeSet::new()),
            _ => whole(true),
        },
        Increment::TouchedPartitions { from } => match delta::changes(table, *from).await? {
            Some(changes) => {
                let mut files = delta::files(table)?;
                files.retain(|add| changes.touched.contains(&delta::sorted(add.partition_values.clone())));
                // Others know the partitions by the table's names.
                let touched = match Mapping::of(table)? {
                    Some(mapping) => changes.touched.into_iter().map(|partition| mapping.told(partition)).collect(),
                    None => changes.touched,
                };
                some(&files, touched)
            }
            None => whole(true),
        },
    })
}

fn paths(files: &[deltalake::kernel::Add]) -> Vec<String> {
    files.iter().map(|add| add.path.clone()).collect()
}

/// The published table of another dataset; `None` where there is none yet.
pub(crate) async fn other(
    local: &Local,
    context: &SessionContext,
    reference: &engine::Reference,
) -> Result<Option<DataFrame>> {
    let doing = format!("reading the table of {}", reference.dataset);
    let failed = |e| error::datafusion(&doing, e);
    let Some(table) = local.tables.open_rows(&reference.table).await? else { return Ok(None) };
    let provider = table.table_provider().with_session(Arc::new(context.state())).await.map_err(failed)?;
    table.update_datafusion_session(&context.state()).map_err(|e| error::delta(&doing, e))?;
    context.read_table(provider).map(Some).map_err(failed)
}

/// A table as a frame of its contract's columns and types; `paths` narrows it to some of its data files.
pub(crate) async fn read(
    context: &SessionContext,
    table: &DeltaTable,
    dataset: &contract::Dataset,
    paths: Option<Vec<String>>,
) -> Result<DataFrame> {
    let doing = format!("reading the table of {}", dataset.name);
    let failed = |e| error::datafusion(&doing, e);
    let mut builder = table.table_provider().with_session(Arc::new(context.state()));
    if let Some(paths) = paths {
        builder = builder.with_file_paths(paths);
    }
    let provider = builder.await.map_err(failed)?;
    table.update_datafusion_session(&context.state()).map_err(|e| error::delta(&doing, e))?;
    let frame = context.read_table(provider).map_err(failed)?;
    let present = frame.schema().clone();
    let columns: Vec<Expr> = dataset
        .columns
        .iter()
        .map(|column| {
            let wanted = sql::arrow_type(&column.data_type);
            match present.field_with_unqualified_name(&column.name) {
                Ok(field) if *field.data_type() == wanted => ident(&column.name),
                Ok(_) => cast(ident(&column.name), wanted).alias(&column.name),
                Err(_) => {
                    cast(datafusion::prelude::lit(datafusion::scalar::ScalarValue::Null), wanted).alias(&column.name)
                }
            }
        })
        .collect();
    frame.select(columns).map_err(failed)
}

/// A stream that DataFusion may take once: an increment is read once.
struct Once {
    schema: SchemaRef,
    stream: Mutex<Option<BatchStream>>,
}

impl Once {
    fn new(schema: SchemaRef, stream: BatchStream) -> Self {
        Self { schema, stream: Mutex::new(Some(stream)) }
    }
}

impl std::fmt::Debug for Once {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("source")
    }
}

impl PartitionStream for Once {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let taken = self.stream.lock().ok().and_then(|mut stream| stream.take());
        let stream = match taken {
            Some(stream) => stream.map(|batch| batch.map_err(|e| DataFusionError::External(Box::new(e)))).boxed(),
            None => futures::stream::once(async { Err(DataFusionError::Internal("an increment is read once".into())) })
                .boxed(),
        };
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), stream))
    }
}
