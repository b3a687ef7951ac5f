//! Data files: written under the table's folder, unpublished until a commit names them.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::logical_expr::{Expr, ident};
use deltalake::kernel::Add;
use deltalake::logstore::ObjectStoreRef;
use engine::{Result, TableRef};
use object_store::buffered::BufWriter;
use object_store::path::Path;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::arrow::async_writer::AsyncArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use pipeline::PartitionBy;

use crate::delta::{self, Partition, Tables};
use crate::encryption::TableKey;
use crate::mapping::Mapping;
use crate::partition::{self, Values};
use crate::{error, stats};

/// A file is closed when it has grown to this; readers parallelise over files.
const FILE_BYTES_MAX: usize = 256 << 20;
/// Rows that are encoded in memory before they go out.
const ROW_GROUP_ROWS: usize = 256 << 10;
/// Where memory is short, row groups are ended earlier, but not with fewer rows than this: their footer would outweigh them.
const ROW_GROUP_ROWS_MIN: usize = 8 << 10;
/// Encoded bytes that wait before they go out: to an object store the least that it takes as a part of an upload.
const UPLOAD_BYTES: usize = 5 << 20;
const LOCAL_BYTES: usize = 1 << 20;

/// The files of one stream of one stage.
pub(crate) struct DataFiles {
    tables: Tables,
    table: TableRef,
    /// Opened with the first file: a table without rows leaves no trace.
    store: Option<ObjectStoreRef>,
    layout: Arc<Layout>,
    open: HashMap<Values, OpenFile>,
    done: Vec<Add>,
    /// Encoded bytes that open files may hold together; beyond it the largest is closed.
    bytes_max: usize,
    /// How their names begin, where a number is to tell them apart.
    name: Option<String>,
    created: usize,
}

/// What all files of a table look like.
pub(crate) struct Layout {
    /// Columns that stand in the files: all but identity partition columns.
    pub file: SchemaRef,
    /// The same under the names that files know.
    stored: SchemaRef,
    /// Where those are not the table's names.
    pub mapping: Option<Arc<Mapping>>,
    pub partition_by: Vec<PartitionBy>,
    /// Whether the log may tell of the values.
    pub tells: bool,
    /// Of a table that is encrypted as a whole.
    pub key: Option<Arc<TableKey>>,
}

struct OpenFile {
    writer: AsyncArrowWriter<BufWriter>,
    path: Path,
    /// Encoded bytes that wait before they go out.
    waiting: usize,
}

impl Layout {
    pub fn new(schema: &Schema, partition_by: &[PartitionBy]) -> Self {
        let fields: Vec<Field> = schema
            .fields()
            .iter()
            .filter(|field| !partition_by.iter().any(|by| by.name() == *field.name()))
            .map(|field| Field::new(field.name(), stored_type(field.data_type()), field.is_nullable()))
            .collect();
        let file: SchemaRef = Arc::new(Schema::new(fields));
        let partition_by = partition_by.to_vec();
        Self { stored: file.clone(), file, mapping: None, partition_by, tells: true, key: None }
    }

    /// The same under the names of a table with column mapping.
    pub fn mapped(self, mapping: Option<Arc<Mapping>>) -> Self {
        match mapping {
            Some(mapping) => Self { stored: mapping.stored(&self.file), mapping: Some(mapping), ..self },
            None => self,
        }
    }

    /// By which name files, and what the log says of them, know a column.
    pub fn name<'a>(&'a self, column: &'a str) -> &'a str {
        self.mapping.as_ref().map_or(column, |mapping| mapping.name(column))
    }

    /// The partition of a file by the table's names.
    pub fn partition(&self, add: &Add) -> Partition {
        let partition = delta::sorted(add.partition_values.clone());
        match &self.mapping {
            Some(mapping) => mapping.told(partition),
            None => partition,
        }
    }

    /// What a file of these columns must be read with.
    pub fn files(&self) -> &SchemaRef {
        &self.stored
    }

    /// A column as an expression over what is read of a file.
    pub fn column(&self, name: &str) -> Expr {
        match &self.mapping {
            Some(mapping) => mapping.column(&self.file, name),
            None => ident(name),
        }
    }

    /// The same with nothing in the log but how many rows a file has.
    pub fn silent(self) -> Self {
        Self { tells: false, ..self }
    }

    /// The same with files that are encrypted; then the log tells nothing of them either.
    pub fn encrypted(self, key: Option<Arc<TableKey>>) -> Self {
        Self { tells: self.tells && key.is_none(), key, ..self }
    }

    /// The batch as it stands in a file.
    fn stored(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let failed = |e| error::arrow("writing", e);
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.file.fields().len());
        for field in self.file.fields() {
            let index = batch.schema_ref().index_of(field.name()).map_err(failed)?;
            let column = batch.column(index);
            columns.push(match column.data_type() == field.data_type() {
                true => column.clone(),
                false => arrow::compute::cast(column, field.data_type()).map_err(failed)?,
            });
        }
        match &self.mapping {
            Some(_) => Mapping::batch(columns, &self.stored),
            None => RecordBatch::try_new(self.file.clone(), columns).map_err(failed),
        }
    }
}

/// Delta has no unsigned integers and no time of day: they are stored in the next type that holds them all.
pub(crate) fn stored_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::UInt8 => DataType::Int16,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt32 => DataType::Int64,
        DataType::UInt64 => DataType::Decimal128(20, 0),
        DataType::Time64(TimeUnit::Microsecond) => DataType::Utf8,
        DataType::Timestamp(_, Some(_)) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        other => other.clone(),
    }
}

impl DataFiles {
    pub fn new(tables: &Tables, table: &TableRef, layout: Arc<Layout>, bytes_max: usize) -> Self {
        Self {
            tables: tables.clone(),
            table: table.clone(),
            store: None,
            layout,
            open: HashMap::new(),
            done: Vec::new(),
            bytes_max,
            name: None,
            created: 0,
        }
    }

    /// The same with names that say what they were made of: writing them again overwrites them.
    pub fn named(self, name: String) -> Self {
        Self { name: Some(name), ..self }
    }

    pub async fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        match self.layout.partition_by.is_empty() {
            true => self.write_to(Vec::new(), batch).await?,
            false => {
                for (values, piece) in partition::split(batch, &self.layout.partition_by)? {
                    self.write_to(values, &piece).await?;
                }
            }
        }
        self.bound().await
    }

    pub async fn finish(mut self) -> Result<Vec<Add>> {
        let open: Vec<(Values, OpenFile)> = self.open.drain().collect();
        for (values, file) in open {
            self.close(values, file).await?;
        }
        Ok(self.done)
    }

    async fn write_to(&mut self, values: Values, batch: &RecordBatch) -> Result<()> {
        let stored = self.layout.stored(batch)?;
        if !self.open.contains_key(&values) {
            let file = self.create(&values)?;
            self.open.insert(values.clone(), file);
        }
        let Some(file) = self.open.get_mut(&values) else { return Ok(()) };
        file.writer
            .write(&stored)
            .await
            .map_err(|e| error::parquet("writing a data file", e).at(file.path.to_string()))?;
        if file.writer.bytes_written() >= FILE_BYTES_MAX
            && let Some(file) = self.open.remove(&values)
        {
            self.close(values, file).await?;
        }
        Ok(())
    }

    fn create(&mut self, values: &Values) -> Result<OpenFile> {
        self.created += 1;
        let store = match &self.store {
            Some(store) => store.clone(),
            None => self.store.insert(self.tables.log_store(&self.table)?.object_store(None)).clone(),
        };
        let name = match (&self.layout.key, &self.name) {
            (Some(key), _) => key.file_name(),
            (None, Some(name)) => format!("{name}.{}.parquet", self.created),
            (None, None) => format!("part-{}.parquet", uuid::Uuid::now_v7()),
        };
        let path = Path::from(format!("{}{name}", folder(&self.layout.partition_by, values)));
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_created_by(concat!("plimsoll ", env!("CARGO_PKG_VERSION")).to_owned());
        if let Some(key) = &self.layout.key {
            properties = properties.with_file_encryption_properties(key.properties()?);
        }
        let waiting = if self.table.url.starts_with("file:") { LOCAL_BYTES } else { UPLOAD_BYTES };
        let options = ArrowWriterOptions::new().with_properties(properties.build()).with_skip_arrow_metadata(true);
        let sink = BufWriter::with_capacity(store, path.clone(), waiting).with_max_concurrency(2);
        let writer = AsyncArrowWriter::try_new_with_options(sink, self.layout.stored.clone(), options)
            .map_err(|e| error::parquet("starting a data file", e).at(path.to_string()))?;
        Ok(OpenFile { writer, path, waiting })
    }

    async fn close(&mut self, values: Values, mut file: OpenFile) -> Result<()> {
        let failed = |e| error::parquet("finishing a data file", e).at(file.path.to_string());
        let metadata = file.writer.finish().await.map_err(failed)?;
        let names = self.layout.partition_by.iter().map(|by| self.layout.name(&by.name()).to_owned());
        let partition_values = names.zip(values).collect::<HashMap<_, _>>();
        self.done.push(Add {
            path: file.path.to_string(),
            partition_values,
            size: i64::try_from(file.writer.bytes_written()).unwrap_or(i64::MAX),
            modification_time: chrono::Utc::now().timestamp_millis(),
            data_change: true,
            stats: Some(match self.layout.tells {
                true => stats::of(&metadata, &self.layout.stored),
                false => stats::rows_alone(&metadata),
            }),
            ..Add::default()
        });
        Ok(())
    }

    /// Of many files the largest are closed until the rest fits; a single one ends its row group.
    async fn bound(&mut self) -> Result<()> {
        while self.open.values().map(OpenFile::held).sum::<usize>() > self.bytes_max {
            if self.open.len() == 1 {
                return match self.open.values_mut().next() {
                    Some(file) => file.end_row_group().await,
                    None => Ok(()),
                };
            }
            let largest = self.open.iter().max_by_key(|(_, file)| file.held()).map(|(values, _)| values.clone());
            let Some((values, file)) = largest.and_then(|values| self.open.remove_entry(&values)) else { break };
            self.close(values, file).await?;
        }
        Ok(())
    }
}

impl OpenFile {
    /// Bytes in memory: of the row group that is being encoded, and of those that wait to go out.
    fn held(&self) -> usize {
        self.writer.memory_size() + self.writer.bytes_written().min(self.waiting)
    }

    async fn end_row_group(&mut self) -> Result<()> {
        if self.writer.in_progress_rows() < ROW_GROUP_ROWS_MIN {
            return Ok(());
        }
        self.writer.flush().await.map_err(|e| error::parquet("writing a data file", e).at(self.path.to_string()))
    }
}

/// Delta takes partition values from the log, not from the path; the folders are for people, so odd characters are left out.
fn folder(by: &[PartitionBy], values: &Values) -> String {
    let mut folder = String::new();
    for (partition, value) in by.iter().zip(values) {
        let value = value.as_deref().unwrap_or("__HIVE_DEFAULT_PARTITION__");
        let plain: String = value
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' })
            .take(64)
            .collect();
        let name: String = partition.name().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        folder.push_str(&format!("{name}={plain}/"));
    }
    folder
}
