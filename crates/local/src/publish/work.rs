//! What a publication does to the table, and the schema that it then has.

use arrow::datatypes::SchemaRef;
use deltalake::DeltaTable;
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::{Add, Metadata, Protocol, Remove, StructType, new_metadata};
use engine::{Error, Kind, Result, StageInput, StageJob, Staged};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::encryption::TableKey;
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
}

/// Those that are ours to set.
const PROPERTIES: [&str; 2] = [PROPERTY, encryption::PROPERTY];

impl Kept<'_> {
    /// The table's properties; `known` is what it says of its encryption now.
    fn properties(&self, known: Option<&String>) -> Vec<(String, String)> {
        let protected = self.protected.clone().map(|of| (PROPERTY.to_owned(), of));
        let key = self.key.map(|key| (encryption::PROPERTY.to_owned(), key.property(known)));
        protected.into_iter().chain(key).collect()
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
        let wanted = delta_schema(job, kept.columns)?;
        let schema = match table {
            Some(table) => {
                let snapshot = table.snapshot().map_err(|e| error::delta("reading the table", e))?;
                let now = snapshot.metadata().configuration();
                let properties = kept.properties(now.get(encryption::PROPERTY));
                let has = |name: &str| {
                    now.get(name) == properties.iter().find(|(wanted, _)| wanted == name).map(|(_, value)| value)
                };
                // Two schemas are equal whatever their order.
                let same = *snapshot.schema() == wanted
                    && snapshot.schema().fields().map(|field| &field.name).eq(wanted.fields().map(|field| &field.name))
                    && *snapshot.metadata().partition_columns() == partition_columns(job)
                    && PROPERTIES.into_iter().all(has);
                (!same).then(|| changed(job, &wanted, properties, snapshot.metadata())).transpose()?
            }
            None => Some(schema_actions(job, &wanted, kept.properties(None))?),
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
        let schema = (now.metadata() != old.metadata()).then(|| (now.protocol().clone(), old.metadata().clone()));
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

/// The table's schema: the contract's columns as they are stored, then derived partition columns.
fn delta_schema(job: &StageJob, columns: &SchemaRef) -> Result<StructType> {
    let mut fields = Layout::new(columns, &[]).file.fields().to_vec();
    for by in &job.spec.partition_by {
        if columns.column_with_name(&by.name()).is_none() {
            let of = columns.field_with_name(&by.column).map_err(|e| error::arrow("partitioning", e))?;
            fields.push(std::sync::Arc::new(partition::field(by, &stored_type(of.data_type()))));
        }
    }
    let schema = arrow::datatypes::Schema::new(fields);
    (&schema).try_into_kernel().map_err(|e: arrow::error::ArrowError| error::arrow("making the table's schema", e))
}

fn schema_actions(
    job: &StageJob,
    schema: &StructType,
    properties: Vec<(String, String)>,
) -> Result<(Protocol, Metadata)> {
    let metadata = new_metadata(schema, partition_columns(job), properties)
        .map_err(|e| error::delta("making the table's metadata", e.into()))?;
    Ok((protocol(schema)?, metadata))
}

/// The same table with another schema: its id, and what others have set of it, stay.
fn changed(
    job: &StageJob,
    schema: &StructType,
    properties: Vec<(String, String)>,
    metadata: &Metadata,
) -> Result<(Protocol, Metadata)> {
    let (protocol, new) = schema_actions(job, schema, properties)?;
    let bug = |e: serde_json::Error| Error::new(Kind::Bug, format!("the table's metadata cannot be written: {e}"));
    let mut before = serde_json::to_value(metadata).map_err(bug)?;
    let new = serde_json::to_value(new).map_err(bug)?;
    for field in ["schemaString", "partitionColumns"] {
        before[field] = new[field].clone();
    }
    for name in PROPERTIES {
        match new["configuration"].get(name) {
            Some(value) => before["configuration"][name] = value.clone(),
            None => drop(before["configuration"].as_object_mut().and_then(|set| set.remove(name))),
        }
    }
    Ok((protocol, serde_json::from_value(before).map_err(bug)?))
}

/// The least protocol that the schema needs: wall-clock timestamps are a table feature.
pub(super) fn protocol(schema: &StructType) -> Result<Protocol> {
    let text = serde_json::to_string(schema).unwrap_or_default();
    let value = if text.contains("\"timestamp_ntz\"") {
        json!({ "minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["timestampNtz"], "writerFeatures": ["timestampNtz"] })
    } else {
        json!({ "minReaderVersion": 1, "minWriterVersion": 2 })
    };
    serde_json::from_value(value).map_err(|e| Error::new(Kind::Bug, format!("no such table protocol: {e}")))
}

pub(super) fn remove(add: &Add) -> Remove {
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
