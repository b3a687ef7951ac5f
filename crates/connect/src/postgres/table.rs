//! A table of a database as data, and as a place where conditions are decided.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use arrow::array::{ArrayRef, AsArray, new_null_array};
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use async_trait::async_trait;
use contract::{DataType, Dataset};
use engine::probe::{
    Data, Database, Facts, InDatabase, RowNumbers, Rows, Slice, Slices, Stored, StoredType, TABLE, TableLook, place_of,
};
use engine::{Error, Kind, Progress, Result};
use futures::StreamExt;
use tokio::sync::mpsc;

use super::catalog::{self, Reading};
use super::decode::Column;
use super::session::{Address, Session};
use super::wire::Fields;
use crate::files::shape::{Conform, arrow_type, bug};

/// Batches that wait to be taken.
const AHEAD: usize = 2;
/// Bytes after which a batch ends, whatever its rows.
const BATCH_BYTES: usize = 8 << 20;

pub async fn open(databases: Arc<Databases>, look: TableLook) -> Result<Arc<dyn Data>> {
    let table = blocking(move || Table::open(&databases, &look)).await?;
    Ok(Arc::new(table))
}

/// Databases that are in use, by URL: all tables of one are looked at in one session, and so in one snapshot.
#[derive(Default)]
pub struct Databases {
    open: Mutex<HashMap<String, Weak<InUse>>>,
}

/// A database in use: the first session, which keeps the snapshot alive that the others see.
struct InUse {
    address: Arc<Address>,
    first: Mutex<Session>,
    snapshot: Option<String>,
}

impl Databases {
    fn get(&self, url: &str) -> Result<Arc<InUse>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = open.get(url).and_then(Weak::upgrade) {
            return Ok(known);
        }
        let address = Arc::new(Address::parse(url)?);
        let mut first = Session::begin(&address, None)?;
        let snapshot = first.export()?;
        let found = Arc::new(InUse { address, first: Mutex::new(first), snapshot });
        open.insert(url.to_owned(), Arc::downgrade(&found));
        Ok(found)
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::new(Kind::Bug, "asking a database was interrupted").because(error))?
}

struct Table {
    database: Arc<InUse>,
    facts: Facts,
    name: String,
    dataset: Arc<Dataset>,
    columns: Vec<Option<Reading>>,
    in_database: Vec<Option<InDatabase>>,
    batch_rows: usize,
    progress: Arc<Progress>,
}

impl Table {
    fn open(databases: &Databases, look: &TableLook) -> Result<Self> {
        let database = databases.get(&look.url)?;
        let address = &database.address;
        let mut first = database.first.lock().unwrap_or_else(PoisonError::into_inner);
        let found = catalog::table(&mut first, look.schema.as_deref(), &look.table, &address.shown)?;
        drop(first);
        let names: Vec<&str> = found.columns.iter().map(|column| column.name.as_str()).collect();
        let mut facts = Facts { files: vec![format!("{} {}", address.shown, found.name)], ..Facts::default() };
        let mut columns: Vec<Option<Reading>> = Vec::new();
        for column in &look.dataset.columns {
            let at = place_of(&names, &column.source_name).or_else(|| place_of(&names, &column.name));
            let there = at.and_then(|at| found.columns.get(at));
            columns.push(there.and_then(|there| there.kind.clone()));
            facts.columns.push(there.map(|there| Stored {
                name: there.name.clone(),
                types: Some(StoredType {
                    data_type: there.kind.as_ref().map(|kind| kind.data_type.clone()),
                    shown: there.shown.clone(),
                    sql: Some(there.shown.clone()),
                    differs_in: Vec::new(),
                }),
                statistics: Default::default(),
                missing_in: Vec::new(),
            }));
        }
        let known = |name: &str| facts.columns.iter().flatten().any(|stored| stored.name == name);
        facts.extra = found
            .columns
            .iter()
            .filter(|column| !known(&column.name))
            .map(|column| (column.name.clone(), Some(column.shown.clone())))
            .collect();
        facts.order = names.iter().map(|name| (*name).to_owned()).collect();
        let in_database = columns.iter().map(|kind| kind.as_ref().map(|kind| kind.in_database.clone())).collect();
        Ok(Self {
            facts,
            name: found.name,
            dataset: Arc::clone(&look.dataset),
            columns,
            in_database,
            batch_rows: look.batch_rows.max(1),
            progress: Arc::clone(&look.progress),
            database,
        })
    }
}

#[async_trait]
impl Data for Table {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    async fn read(&self, columns: &[usize]) -> Result<Vec<Slices>> {
        let from = format!("{} AS {TABLE}", self.name);
        self.rows(columns, Rows { from: &from, condition: None, marked: None, most: None }).await
    }

    fn database(&self) -> Option<&dyn Database> {
        Some(self)
    }
}

#[async_trait]
impl Database for Table {
    fn columns(&self) -> &[Option<InDatabase>] {
        &self.in_database
    }

    fn table(&self) -> &str {
        &self.name
    }

    fn database(&self) -> &str {
        &self.database.address.shown
    }

    async fn row(&self, sql: &str) -> Result<std::result::Result<Vec<Option<String>>, String>> {
        let (database, sql) = (Arc::clone(&self.database), sql.to_owned());
        blocking(move || database.first.lock().unwrap_or_else(PoisonError::into_inner).row(&sql)).await
    }

    async fn rows(&self, columns: &[usize], rows: Rows<'_>) -> Result<Vec<Slices>> {
        let mut shown: Vec<String> = vec![format!("coalesce({}, false)", rows.marked.unwrap_or("false"))];
        let mut readings = Vec::with_capacity(columns.len());
        for at in columns {
            let kind = self.columns.get(*at).and_then(Option::as_ref);
            let place = kind.map(|_| shown.len());
            shown.extend(kind.map(|kind| kind.read.clone()));
            let declared = self.dataset.columns.get(*at);
            let data_type = match (kind, self.facts.columns.get(*at).and_then(Option::as_ref), declared) {
                (Some(kind), _, _) => kind.data_type.clone(),
                (None, None, Some(declared)) => declared.data_type.clone(),
                _ => DataType::String,
            };
            let name = declared.map(|column| column.name.clone()).unwrap_or_default();
            readings.push(Wanted { column: *at, name, data_type, place });
        }
        let condition = rows.condition.map(|condition| format!(" WHERE {condition}")).unwrap_or_default();
        let most = rows.most.map(|most| format!(" LIMIT {most}")).unwrap_or_default();
        let copy =
            format!("COPY (SELECT {} FROM {}{condition}{most}) TO STDOUT (FORMAT binary)", shown.join(", "), rows.from);
        let (sender, receiver) = mpsc::channel(AHEAD);
        let reader = Reader {
            database: Arc::clone(&self.database),
            dataset: Arc::clone(&self.dataset),
            wanted: readings,
            batch_rows: self.batch_rows,
            progress: Arc::clone(&self.progress),
        };
        tokio::task::spawn_blocking(move || {
            if let Err(error) = reader.run(&copy, &sender) {
                let _ = sender.blocking_send(Err(error));
            }
        });
        let slices = futures::stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|slice| (slice, receiver))
        });
        Ok(vec![slices.boxed()])
    }
}

/// A column of the contract that is read.
struct Wanted {
    column: usize,
    name: String,
    data_type: DataType,
    /// Its place in the copy; `None` where there are no values to read.
    place: Option<usize>,
}

/// Reads one copy to its end, or until nobody takes what it reads.
struct Reader {
    database: Arc<InUse>,
    dataset: Arc<Dataset>,
    wanted: Vec<Wanted>,
    batch_rows: usize,
    progress: Arc<Progress>,
}

type Sender = mpsc::Sender<Result<Slice>>;

impl Reader {
    fn run(&self, copy: &str, sender: &Sender) -> Result<()> {
        let address = &self.database.address;
        let mut session = Session::begin(address, self.database.snapshot.as_deref())?;
        let done = {
            let failed = |error: io::Error| lost(address, error);
            let reader = session.client()?.copy_out(copy);
            let reader = reader.map_err(|error| super::session::refused(address, &error))?;
            self.read(Fields::begin(reader).map_err(&failed)?, sender, &failed)?
        };
        if !done {
            session.cancel();
        }
        Ok(())
    }

    /// False when nobody takes the slices any more.
    fn read<R: io::BufRead>(
        &self,
        mut fields: Fields<R>,
        sender: &Sender,
        failed: &dyn Fn(io::Error) -> Error,
    ) -> Result<bool> {
        let fields_of = self.wanted.iter().map(|wanted| Field::new(&wanted.name, arrow_type(&wanted.data_type), true));
        let schema: SchemaRef = Arc::new(Schema::new(fields_of.collect::<Vec<_>>()));
        let mut marked = Column::new(&DataType::Boolean)?;
        let mut columns = Vec::with_capacity(self.wanted.len());
        for wanted in &self.wanted {
            columns.push(wanted.place.map(|_| Column::new(&wanted.data_type)).transpose()?);
        }
        loop {
            let (mut rows, mut bytes, mut conform) = (0, 0, Conform::default());
            let mut more = true;
            while rows < self.batch_rows && bytes < BATCH_BYTES {
                more = fields.advance().map_err(failed)?;
                if !more {
                    break;
                }
                let _ = marked.push(fields.field(0))?;
                for (wanted, column) in self.wanted.iter().zip(&mut columns) {
                    let (Some(place), Some(column)) = (wanted.place, column) else { continue };
                    if let Err(why) = column.push(fields.field(place))? {
                        conform.value(rows, wanted.column, why.to_owned());
                    }
                }
                rows += 1;
                bytes += fields.size();
            }
            if rows > 0 {
                self.progress.advance(bytes as u64, rows as u64);
                let slice = self.slice(&schema, &mut columns, &mut marked, rows, conform)?;
                if sender.blocking_send(Ok(slice)).is_err() {
                    return Ok(false);
                }
            }
            if !more {
                return Ok(true);
            }
        }
    }

    fn slice(
        &self,
        schema: &SchemaRef,
        columns: &mut [Option<Column>],
        marked: &mut Column,
        rows: usize,
        conform: Conform,
    ) -> Result<Slice> {
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(columns.len());
        for (column, field) in columns.iter_mut().zip(schema.fields()) {
            arrays.push(match column {
                Some(column) => column.finish()?,
                None => new_null_array(field.data_type(), rows),
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options).map_err(bug)?;
        let conform = conform.told(rows, &self.dataset)?;
        let marked = marked.finish()?.as_boolean_opt().cloned();
        Ok(Slice { batch, file: 0, rows: RowNumbers::None, conform, marked })
    }
}

/// What went wrong while a copy was read: the server's words where it said any.
fn lost(address: &Address, error: io::Error) -> Error {
    let text = error.to_string();
    match error.into_inner().map(|inner| inner.downcast::<postgres::Error>()) {
        Some(Ok(error)) => super::session::refused(address, &error),
        _ => Error::new(Kind::Outside, format!("the database stopped in the middle of its rows: {text}"))
            .at(address.shown.clone())
            .help("test again"),
    }
}
