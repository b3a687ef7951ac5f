//! What a publication does to the table, and the schema that it then has.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use deltalake::DeltaTable;
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::{Add, Metadata, Protocol, Remove, StructType, new_metadata};
use engine::{Error, Kind, Result, StageInput, StageJob, Staged};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::protocol;
use crate::encryption::TableKey;
use crate::mapping::{self, Mapping};
use crate::protect::PROPERTY;
use crate::writer::{Layout, stored_type};
use crate::{delta, encryption, error, partition};

/// What a publication must do, as JSON between `stage` and `publish`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Work {
    /// The version that the result was made against; `None`: no table yet.
    pub base: Option<i64>,
    pub adds: Vec<Add>,
    pub removes: Vec<Remove>,
    /// Protocol and metadata, when the table is new or its schema changes.
    pub schema: Option<(Protocol, Metadata)>,
    pub dead: DeadWork,
    pub overwrites: bool,
    /// The stored table itself was read: what was noted of that is of no use afterwards.
    #[serde(default)]
    pub migrates: bool,
    /// The last day on which the version that is replaced is kept beside the new one.
    #[serde(default)]
    pub keeps_until: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct DeadWork {
    pub adds: Vec<Add>,
    pub removes: Vec<Add>,
}

/// How a table keeps its rows.
pub(crate) struct Kept<'a> {
    pub columns: &'a SchemaRef,
    /// The property that says how its columns are protected.
    pub protected: Option<String>,
    /// Of a table that is encrypted as a whole.
    pub key: Option<&'a TableKey>,
    /// The names that files know its columns by, where those are not the table's.
    pub mapping: Option<&'a Mapping>,
}

/// Those that are ours to set.
const PROPERTIES: [&str; 4] = [PROPERTY, encryption::PROPERTY, mapping::MODE, mapping::ID_MAX];

impl Kept<'_> {
    /// The table's properties; `now` are those that it has.
    fn properties(&self, now: &HashMap<String, String>) -> Vec<(String, String)> {
        let protected = self.protected.clone().map(|of| (PROPERTY.to_owned(), of));
        let known = now.get(encryption::PROPERTY);
        let key = self.key.map(|key| (encryption::PROPERTY.to_owned(), key.property(known)));
        let mapped = match (self.mapping, now.get(mapping::MODE), now.get(mapping::ID_MAX)) {
            (Some(mapping), ..) => mapping.properties().to_vec(),
            // Ids that were given once are never given again, should it be mapped anew.
            (None, mode, id_max) => {
                let off = mode.map(|_| (mapping::MODE.to_owned(), mapping::OFF.to_owned()));
                off.into_iter().chain(id_max.map(|id| (mapping::ID_MAX.to_owned(), id.clone()))).collect()
            }
        };
        protected.into_iter().chain(key).chain(mapped).collect()
    }
}

impl Work {
    pub fn new(
        job: &StageJob,
        table: Option<&DeltaTable>,
        kept: Kept<'_>,
        adds: Vec<Add>,
        removed: Vec<Add>,
        dead: DeadWork,
    ) -> Result<Self> {
        let wanted = match kept.mapping {
            Some(mapping) => mapping.schema()?,
            None => delta_schema(job, kept.columns)?,
        };
        let schema = match table {
            Some(table) => {
                let snapshot = table.snapshot().map_err(|e| error::delta("reading the table", e))?;
                let now = snapshot.metadata().configuration();
                let properties = kept.properties(now);
                let has = |name: &str| {
                    now.get(name) == properties.iter().find(|(wanted, _)| wanted == name).map(|(_, value)| value)
                };
                // Two schemas are equal whatever their order.
                let same = *snapshot.schema() == wanted
                    && snapshot.schema().fields().map(|field| &field.name).eq(wanted.fields().map(|field| &field.name))
                    && *snapshot.metadata().partition_columns() == partition_columns(job)
                    && PROPERTIES.into_iter().all(has);
                let changed = || changed(job, &wanted, properties, snapshot.metadata(), snapshot.protocol());
                (!same).then(changed).transpose()?
            }
            None => Some(schema_actions(job, &wanted, kept.properties(&HashMap::new()), None)?),
        };
        let overwrites = !removed.is_empty();
        Ok(Self {
            base: table.map(delta::version),
            adds,
            removes: removed.iter().map(remove).collect(),
            schema,
            dead,
            overwrites,
            migrates: matches!(job.input, StageInput::Stored { .. }),
            keeps_until: match &job.input {
                // A copy of the version before would show what is to be hidden.
                StageInput::Stored { migration } if migration.is_breaking() && !migration.hides() => {
                    job.spec.keep_previous.clone()
                }
                _ if job.keeps => job.spec.keep_previous.clone(),
                _ => None,
            },
        })
    }

    /// The table as it was at an earlier version.
    pub fn restored(
        table: &DeltaTable,
        then: &DeltaTable,
        adds: Vec<Add>,
        removes: &[Add],
        dead: DeadWork,
    ) -> Result<Self> {
        let failed = |e| error::delta("reading the table", e);
        let (now, old) = (table.snapshot().map_err(failed)?, then.snapshot().map_err(failed)?);
        let schema = match now.metadata() == old.metadata() {
            true => None,
            false => Some((now.protocol().clone(), metadata_then(now.metadata(), old.metadata())?)),
        };
        Ok(Self {
            base: Some(delta::version(table)),
            overwrites: !removes.is_empty(),
            adds,
            removes: removes.iter().map(remove).collect(),
            schema,
            dead,
            migrates: true,
            keeps_until: None,
        })
    }

    pub fn to_json(&self) -> Result<Value> {
        serde_json::to_value(self).map_err(|e| Error::new(Kind::Bug, format!("the staged work is not JSON: {e}")))
    }

    pub fn of(staged: &Staged) -> Result<Self> {
        serde_json::from_value(staged.work.clone())
            .map_err(|e| Error::new(Kind::Bug, format!("the staged work cannot be read: {e}")).at(&staged.table.url))
    }
}

fn partition_columns(job: &StageJob) -> Vec<String> {
    job.spec.partition_by.iter().map(pipeline::PartitionBy::name).collect()
}

/// The names that the files of a job's table know, where those are not to be the table's.
pub(crate) fn mapping(job: &StageJob, table: Option<&DeltaTable>) -> Result<Option<Arc<Mapping>>> {
    let columns = sql::arrow_schema(&job.dataset, sql::Nullable::AsContract);
    Mapping::planned(job, table, &delta_schema(job, &columns)?)
}

/// The table's schema: the contract's columns as they are stored, then derived partition columns.
fn delta_schema(job: &StageJob, columns: &SchemaRef) -> Result<StructType> {
    let mut fields = Layout::new(columns, &[]).file.fields().to_vec();
    for by in &job.spec.partition_by {
        if columns.column_with_name(&by.name()).is_none() {
            let of = columns.field_with_name(&by.column).map_err(|e| error::arrow("partitioning", e))?;
            fields.push(Arc::new(partition::field(by, &stored_type(of.data_type()))));
        }
    }
    let schema = arrow::datatypes::Schema::new(fields);
    (&schema).try_into_kernel().map_err(|e: arrow::error::ArrowError| error::arrow("making the table's schema", e))
}

/// As it was, but for the ids that columns were given since: they are not given again.
fn metadata_then(now: &Metadata, then: &Metadata) -> Result<Metadata> {
    let Some(id_max) = now.configuration().get(mapping::ID_MAX) else { return Ok(then.clone()) };
    configured(then, &[(mapping::ID_MAX, id_max.clone())])
}

/// The same with some properties set; `id` is that of the table.
pub(crate) fn configured(metadata: &Metadata, set: &[(&str, String)]) -> Result<Metadata> {
    let mut made = serde_json::to_value(metadata).map_err(unwritable)?;
    for (name, value) in set {
        match *name {
            "id" => made["id"] = value.as_str().into(),
            name => made["configuration"][name] = value.as_str().into(),
        }
    }
    serde_json::from_value(made).map_err(unwritable)
}

fn unwritable(e: serde_json::Error) -> Error {
    Error::new(Kind::Bug, format!("the table's metadata cannot be written: {e}"))
}

fn schema_actions(
    job: &StageJob,
    schema: &StructType,
    properties: Vec<(String, String)>,
    now: Option<&Protocol>,
) -> Result<(Protocol, Metadata)> {
    let mapped = mapping::is_mapped(properties.iter().find(|(name, _)| name == mapping::MODE).map(|(_, mode)| mode));
    let metadata = new_metadata(schema, partition_columns(job), properties)
        .map_err(|e| error::delta("making the table's metadata", e.into()))?;
    Ok((protocol::needed(schema, mapped, now)?, metadata))
}

/// The same table with another schema: its id, and what others have set of it, stay.
fn changed(
    job: &StageJob,
    schema: &StructType,
    properties: Vec<(String, String)>,
    metadata: &Metadata,
    protocol: &Protocol,
) -> Result<(Protocol, Metadata)> {
    let (protocol, new) = schema_actions(job, schema, properties, Some(protocol))?;
    let mut before = serde_json::to_value(metadata).map_err(unwritable)?;
    let new = serde_json::to_value(new).map_err(unwritable)?;
    for field in ["schemaString", "partitionColumns"] {
        before[field] = new[field].clone();
    }
    for name in PROPERTIES {
        match new["configuration"].get(name) {
            Some(value) => before["configuration"][name] = value.clone(),
            None => drop(before["configuration"].as_object_mut().and_then(|set| set.remove(name))),
        }
    }
    Ok((protocol, serde_json::from_value(before).map_err(unwritable)?))
}

pub(crate) fn remove(add: &Add) -> Remove {
    Remove {
        path: add.path.clone(),
        data_change: true,
        deletion_timestamp: Some(chrono::Utc::now().timestamp_millis()),
        extended_file_metadata: Some(true),
        partition_values: Some(add.partition_values.clone()),
        size: Some(add.size),
        deletion_vector: add.deletion_vector.clone(),
        ..Remove::default()
    }
}
