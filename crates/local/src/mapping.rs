//! Column mapping: the files of a table know each column by a name and an id that never change, so that its log alone can rename
//! or drop one. <https://github.com/delta-io/delta/blob/master/PROTOCOL.md#column-mapping>
//!
//! ```text
//!  the table's schema      customer   delta.columnMapping.physicalName = name   delta.columnMapping.id = 2
//!  files, statistics,      name, field id 2
//!  partition values
//! ```
//!
//! Whatever reads a table through its log sees the table's names. Only what writes files, or looks into what the log says of one
//! file, asks here for the others.

mod retype;
mod schema;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::logical_expr::Expr;
use deltalake::DeltaTable;
use deltalake::kernel::StructType;
use engine::{Error, Kind, Result, StageInput, StageJob};
use pipeline::migration::{Made, Step};
use pipeline::{PartitionBy, Write};
use serde_json::Value;

use crate::delta::Partition;
use crate::error;
use schema::Assigning;

/// The table property that says whether and how columns are mapped.
pub(crate) const MODE: &str = "delta.columnMapping.mode";
/// The highest id that a column of the table ever had.
pub(crate) const ID_MAX: &str = "delta.columnMapping.maxColumnId";
/// Our mode: by name. The other one, `id`, is that of files which were written elsewhere and taken over.
const BY_NAME: &str = "name";
pub(crate) const OFF: &str = "none";

/// The names and ids of one version of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mapping {
    /// The table's schema as its metadata has it.
    schema: Value,
    id_max: i64,
}

impl Mapping {
    /// Of a table as it is; `None` where files know columns by the table's names.
    pub fn of(table: &DeltaTable) -> Result<Option<Self>> {
        let snapshot = table.snapshot().map_err(|e| error::delta("reading the table", e))?;
        let properties = snapshot.metadata().configuration();
        match properties.get(MODE).map(String::as_str) {
            None | Some(OFF) => return Ok(None),
            Some(BY_NAME) => {}
            Some(other) => {
                return Err(Error::new(
                    Kind::Input,
                    format!("the table's columns are mapped by {other}, and Plimsoll knows mapping by name only"),
                )
                .help("drop the table to have it built anew, or have the one that made it write it with names"));
            }
        }
        let schema = as_json(snapshot.schema().as_ref())?;
        let id_max = id_max(table)?.unwrap_or(0).max(schema::id_max(&schema));
        Ok(Some(Self { schema, id_max }))
    }

    /// Of the table that a job makes, with this schema; `None` where it is not to be mapped.
    ///
    /// The same job against the same version gives the same names: files that an earlier attempt has finished stay good.
    pub fn planned(job: &StageJob, table: Option<&DeltaTable>, wanted: &StructType) -> Result<Option<Arc<Self>>> {
        let now = table.map(Self::of).transpose()?.flatten();
        if !job.spec.column_mapping {
            return match now {
                Some(_) if !ends(job) => Err(foreign(job)),
                _ => Ok(None),
            };
        }
        let mut old = match (&now, table) {
            (Some(now), _) => now.clone(),
            (None, Some(table)) => {
                let snapshot = table.snapshot().map_err(|e| error::delta("reading the table", e))?;
                let schema = as_json(snapshot.schema().as_ref())?;
                Self { schema, id_max: id_max(table)?.unwrap_or(0) }
            }
            (None, None) => Self { schema: Value::Null, id_max: 0 },
        };
        let seed = match table {
            Some(table) => {
                let snapshot = table.snapshot().map_err(|e| error::delta("reading the table", e))?;
                snapshot.metadata().id().to_owned()
            }
            None => uuid::Uuid::now_v7().to_string(),
        };
        let mut assigning = Assigning { seed, id_max: old.id_max };
        if now.is_none() {
            assigning.as_named(&mut old.schema);
        }
        let mut schema = as_json(wanted)?;
        let origins = origins(job);
        assigning.columns(&mut schema, |name| {
            let stored = match &origins {
                Some(origins) => origins.get(name)?.as_str(),
                None => name,
            };
            schema::column(&old.schema, stored)
        });
        Ok(Some(Arc::new(Self { schema, id_max: assigning.id_max })))
    }

    /// By which name files know a column; one that the table does not have goes by its own.
    pub fn name<'a>(&'a self, column: &'a str) -> &'a str {
        schema::column(&self.schema, column).and_then(schema::physical_name).unwrap_or(column)
    }

    /// A partition as the log has it, by the table's names.
    pub fn told(&self, partition: Partition) -> Partition {
        let mut told: Partition = partition
            .into_iter()
            .map(|(name, value)| (schema::called(&self.schema, &name).unwrap_or(&name).to_owned(), value))
            .collect();
        told.sort();
        told
    }

    /// Columns as files have them.
    pub fn stored(&self, columns: &Schema) -> SchemaRef {
        Arc::new(Schema::new(retype::stored(columns.fields(), &self.schema)))
    }

    /// The batch under the names that files know; `stored` is what the above made of its schema.
    pub fn batch(columns: Vec<ArrayRef>, stored: &SchemaRef) -> Result<RecordBatch> {
        let failed = |e| error::arrow("writing", e);
        let renamed =
            columns.iter().zip(stored.fields()).map(|(column, field)| retype::array(column, field.data_type()));
        let columns = renamed.collect::<std::result::Result<Vec<_>, _>>().map_err(failed)?;
        RecordBatch::try_new(stored.clone(), columns).map_err(failed)
    }

    /// A column of a file by the table's names, whatever lies nested in it.
    pub fn column(&self, columns: &Schema, name: &str) -> Expr {
        retype::column(columns, &self.stored(columns), name, self.name(name))
    }

    pub fn schema(&self) -> Result<StructType> {
        serde_json::from_value(self.schema.clone())
            .map_err(|e| Error::new(Kind::Bug, format!("the mapped schema cannot be read: {e}")))
    }

    /// The table's properties.
    pub fn properties(&self) -> [(String, String); 2] {
        [(MODE.to_owned(), BY_NAME.to_owned()), (ID_MAX.to_owned(), self.id_max.to_string())]
    }
}

/// Whether the property's value says that columns are mapped.
pub(crate) fn is_mapped(mode: Option<&String>) -> bool {
    mode.is_some_and(|mode| mode != OFF)
}

/// What the table's property says: ids that were given once are never given again.
pub(crate) fn id_max(table: &DeltaTable) -> Result<Option<i64>> {
    let snapshot = table.snapshot().map_err(|e| error::delta("reading the table", e))?;
    Ok(snapshot.metadata().configuration().get(ID_MAX).and_then(|text| text.parse().ok()))
}

/// By the column's new name: the stored one that it is. `None` where every column is the one that has its name.
fn origins(job: &StageJob) -> Option<BTreeMap<String, String>> {
    let StageInput::Stored { migration } = &job.input else { return None };
    let mut origins: BTreeMap<String, String> = migration
        .targets
        .iter()
        .filter_map(|target| match &target.made {
            Made::Stored(stored) | Made::Cast(stored) | Made::Shaped(stored) => {
                Some((target.column.clone(), stored.clone()))
            }
            Made::Fill(_) | Made::Null => None,
        })
        .collect();
    for by in &job.spec.partition_by {
        if let Some(stored) = origins.get(&by.column).cloned() {
            let old = PartitionBy { column: stored, transform: by.transform.clone() };
            origins.insert(by.name(), old.name());
        }
    }
    Some(origins)
}

/// Whether no file of the table as it is stays, so that those to come may know its columns by other names.
fn ends(job: &StageJob) -> bool {
    // What is there was published before, and so mapped by us.
    let own = job.sequence > 1;
    own && match &job.input {
        StageInput::Stored { migration } => migration.steps.contains(&Step::Unmap),
        StageInput::DeadLetters { .. } => false,
        _ => job.rebuild || job.spec.write == Write::Overwrite,
    }
}

fn foreign(job: &StageJob) -> Error {
    let message = format!("the table of {} has column mapping, which the project does not say", job.dataset.name);
    Error::new(Kind::Input, message).at(&job.table.url).help(
        "set `column_mapping: true` in its `table`, or drop the table to have it built anew without; nothing was written",
    )
}

fn as_json(schema: &StructType) -> Result<Value> {
    serde_json::to_value(schema).map_err(|e| Error::new(Kind::Bug, format!("the table's schema is not JSON: {e}")))
}

#[cfg(test)]
mod tests;
