//! The data of a test as tables of the engine.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::{DataFusionError, Result as DataFusionResult};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream};
use engine::probe::Data;
use futures::{StreamExt, TryStreamExt};

use crate::tester::Opened;

/// Makes the streams of some columns, of this schema.
pub(super) type Streams = dyn Fn(Vec<usize>, &SchemaRef) -> Vec<Arc<dyn PartitionStream>> + Send + Sync;

/// A dataset's columns, whose rows come from streams.
pub(super) struct Table {
    schema: SchemaRef,
    streams: Box<Streams>,
}

impl Table {
    pub fn new(of: &Opened<'_>, streams: Box<Streams>) -> Self {
        Self { schema: sql::arrow_schema(&of.stored, sql::Nullable::All), streams }
    }

    /// Opened data, read each time.
    pub fn read(of: &Opened<'_>) -> Self {
        let data = Arc::clone(&of.data);
        let streams = move |columns, schema: &SchemaRef| -> Vec<Arc<dyn PartitionStream>> {
            vec![Arc::new(Rows { data: Arc::clone(&data), columns, schema: Arc::clone(schema) })]
        };
        Self::new(of, Box::new(streams))
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tested data")
    }
}

#[async_trait]
impl TableProvider for Table {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        let columns = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let schema: SchemaRef = Arc::new(self.schema.project(&columns)?);
        let streams = (self.streams)(columns, &schema);
        Ok(Arc::new(StreamingTableExec::try_new(schema, streams, None, None, false, limit)?))
    }
}

/// All rows of some columns; may be executed many times.
struct Rows {
    data: Arc<dyn Data>,
    columns: Vec<usize>,
    schema: SchemaRef,
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tested data")
    }
}

impl PartitionStream for Rows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (data, columns) = (Arc::clone(&self.data), self.columns.clone());
        let opened = async move {
            let streams = data.read(&columns).await.map_err(outside)?;
            let slices = futures::stream::iter(streams).flatten_unordered(None);
            Ok::<_, DataFusionError>(slices.map(|slice| slice.map(|slice| slice.batch).map_err(outside)))
        };
        let batches = futures::stream::once(opened).try_flatten();
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}

fn outside(error: engine::Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
