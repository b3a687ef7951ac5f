//! References: the keys of the dataset that is referred to, held once and looked up in the same pass as all other checks.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow::buffer::NullBuffer;
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::row::{RowConverter, SortField};
use contract::{Rule, Severity};
use engine::{Error, Kind, Result};
use futures::StreamExt;

use super::program::{Program, RowTest, Wanted};
use super::{Opened, TesterOptions};
use crate::error;

/// Bytes that a key takes besides its own.
const KEY_BYTES: usize = 48;

/// The keys that there are.
pub(super) struct KeyTable {
    converter: RowConverter,
    types: Vec<DataType>,
    keys: HashSet<Box<[u8]>>,
}

/// Turns the references of a program into tests; those whose dataset is not there are not executed.
pub(super) async fn load(
    program: &mut Program,
    opened: &[Opened<'_>],
    at: usize,
    options: &TesterOptions,
) -> Result<()> {
    let Some(this) = opened.get(at) else { return Ok(()) };
    let mut budget = options.memory / 4;
    for Wanted { check } in std::mem::take(&mut program.references) {
        let Rule::Reference { columns, to_dataset, to_columns } = &check.rule else { continue };
        let Some(other) = opened.iter().find(|other| other.target.dataset.name == *to_dataset) else {
            program
                .give_up(&check.id, format!("there is no data of {to_dataset}: give it with --data {to_dataset}=PATH"));
            continue;
        };
        let place =
            |dataset: &Opened<'_>, name: &String| dataset.stored.columns.iter().position(|column| column.name == *name);
        // From a place inside a column, the column is read.
        let inside = match columns.as_slice() {
            [path] => this.stored.place(path).filter(|place| !place.steps.is_empty()),
            _ => None,
        };
        let root = inside.as_ref().map(|place| vec![place.column.name.clone()]);
        let from: Option<Vec<usize>> = root.as_ref().unwrap_or(columns).iter().map(|name| place(this, name)).collect();
        let to: Option<Vec<usize>> = to_columns.iter().map(|name| place(other, name)).collect();
        let (Some(from), Some(to)) = (from, to) else {
            program.give_up(&check.id, "the contract has no such columns".to_owned());
            continue;
        };
        let facts = other.data.facts();
        if let Some(missing) = to.iter().find(|at| facts.columns.get(**at).is_none_or(Option::is_none)) {
            let name = other.stored.columns.get(*missing).map(|column| column.name.as_str()).unwrap_or_default();
            program.give_up(&check.id, format!("the data of {to_dataset} has no column {name}"));
            continue;
        }
        let types = match &inside {
            Some(place) => vec![sql::arrow_type(place.data_type)],
            None => {
                let columns = from.iter().filter_map(|at| this.stored.columns.get(*at));
                columns.map(|column| sql::arrow_type(&column.data_type)).collect()
            }
        };
        let mut table = KeyTable::new(types)?;
        budget = table.fill(other, &to, budget).await.map_err(|e| e.at(format!("check {}", check.id)))?;
        let places: Vec<usize> = from.iter().filter_map(|at| program.columns.binary_search(at).ok()).collect();
        if let (Some(lists), Some(place), [column]) =
            (columns.first().and_then(|path| sql::values_inside(&this.stored, path)), &inside, places.as_slice())
        {
            let field = Field::new(&place.column.name, sql::arrow_type(&place.column.data_type), true);
            let schema = Arc::new(Schema::new(vec![field]));
            program.tests.push(RowTest::lookup_inside(&check, *column, schema, lists, table)?);
            continue;
        }
        program.tests.push(RowTest::lookup(
            check.id.clone(),
            check.severity == Severity::Error,
            places,
            Arc::new(table),
        ));
    }
    Ok(())
}

impl KeyTable {
    fn new(types: Vec<DataType>) -> Result<Self> {
        let fields = types.iter().cloned().map(SortField::new).collect();
        let converter = RowConverter::new(fields).map_err(|e| error::arrow("reading referenced keys", e))?;
        Ok(Self { converter, types, keys: HashSet::new() })
    }

    /// Returns what is left of the memory.
    async fn fill(&mut self, other: &Opened<'_>, columns: &[usize], memory: usize) -> Result<usize> {
        let mut bytes = 0;
        // A column may be named twice or out of order; a slice has each once, in the order that was asked for.
        for mut stream in other.data.read(columns).await? {
            while let Some(slice) = stream.next().await {
                let slice = slice?;
                bytes += self.add(slice.batch.columns())?;
                if bytes > memory {
                    return Err(Error::new(Kind::Refused, "the keys that are referred to do not fit in memory")
                        .help("raise --memory"));
                }
            }
        }
        Ok(memory.saturating_sub(bytes))
    }

    /// Returns how many bytes were added.
    fn add(&mut self, columns: &[ArrayRef]) -> Result<usize> {
        let failed = |e| error::arrow("reading referenced keys", e);
        let columns = self.cast(columns)?;
        let nulls = nulls_of(&columns);
        let rows = self.converter.convert_columns(&columns).map_err(failed)?;
        let mut added = 0;
        for (at, row) in rows.iter().enumerate() {
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(at)) || self.keys.contains(row.data()) {
                continue;
            }
            added += row.data().len() + KEY_BYTES;
            self.keys.insert(row.data().into());
        }
        Ok(added)
    }

    /// As the types of the referring columns; what is none of them matches nothing.
    fn cast(&self, columns: &[ArrayRef]) -> Result<Vec<ArrayRef>> {
        let options = CastOptions { safe: true, ..CastOptions::default() };
        let cast = |(column, wanted): (&ArrayRef, &DataType)| {
            cast_with_options(column, wanted, &options).map_err(|e| error::arrow("reading referenced keys", e))
        };
        columns.iter().zip(&self.types).map(cast).collect()
    }

    /// True for rows without NULL whose values are no key.
    pub fn missing(&self, batch: &RecordBatch, places: &[usize]) -> Result<BooleanArray> {
        let columns: Vec<ArrayRef> = places.iter().filter_map(|at| batch.columns().get(*at).cloned()).collect();
        self.missing_of(&columns)
    }

    /// The same for columns of their own.
    pub fn missing_of(&self, columns: &[ArrayRef]) -> Result<BooleanArray> {
        let columns = self.cast(columns)?;
        let nulls = nulls_of(&columns);
        let rows = self.converter.convert_columns(&columns).map_err(|e| error::arrow("looking up keys", e))?;
        let missing = rows.iter().map(|row| !self.keys.contains(row.data())).collect::<Vec<bool>>();
        Ok(BooleanArray::new(missing.into(), nulls))
    }
}

fn nulls_of(columns: &[ArrayRef]) -> Option<NullBuffer> {
    columns.iter().fold(None, |nulls, column| NullBuffer::union(nulls.as_ref(), column.logical_nulls().as_ref()))
}
