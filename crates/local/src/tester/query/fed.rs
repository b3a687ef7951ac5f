//! Queries that the rows of the pass are fed to, so that the data is read once.
//!
//! ```text
//!  lane ─ slice ─┬─ tests of rows, keys
//!                └─ channel ─▶ a query's stream of its table
//! ```
//!
//! Only what takes its rows as they come is fed: a query whose streams wait for each other could wait for a lane that waits for it.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use contract::Check;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result as DataFusionResult;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::physical_plan::{SendableRecordBatchStream, collect};
use datafusion::prelude::SessionContext;
use engine::Result;
use futures::stream;
use sql::physical::Named;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use super::table::Table;
use super::{named, planned, queries, register, sessions};
use crate::tester::{Opened, TesterOptions};

/// Slices that a lane may be ahead of a query.
const AHEAD_MAX: usize = 2;

/// Where a query finds what the lanes bring.
type Lanes = Arc<Mutex<Vec<Receiver<RecordBatch>>>>;

/// The queries of a dataset that are fed.
#[derive(Default)]
pub(in crate::tester) struct Fed {
    queries: Vec<Query>,
}

struct Query {
    id: String,
    context: SessionContext,
    plan: LogicalPlan,
    lanes: Lanes,
    /// Places in the contract of the columns that it reads, in its own order.
    columns: Vec<usize>,
}

/// What one lane feeds.
pub(in crate::tester) struct Feed {
    /// By query: where its columns are in a slice, and where they go.
    queries: Vec<(Vec<usize>, Sender<RecordBatch>)>,
}

/// Queries that take rows.
pub(in crate::tester) struct Running {
    queries: Vec<(String, JoinHandle<DataFusionResult<Vec<RecordBatch>>>)>,
}

impl Fed {
    /// Finds what can be fed; of data that a database keeps, nothing.
    pub async fn plan(this: &Opened<'_>, opened: &[Opened<'_>], options: &TesterOptions) -> Result<Self> {
        let mut fed = Self::default();
        if this.data.database().is_some() {
            return Ok(fed);
        }
        let checks: Vec<&Check> = queries(this).collect();
        if checks.is_empty() {
            return Ok(fed);
        }
        // An eighth is what keys, references and readers leave.
        let sessions = sessions(options.memory / 8, options)?;
        let named: Vec<Named<'_>> = opened.iter().map(named).collect();
        for check in checks {
            let context = sessions.session();
            let lanes = Lanes::default();
            for other in opened {
                let table = if std::ptr::eq(other, this) { fed_by(&lanes, this) } else { Table::read(other) };
                register(&context, other, Arc::new(table))?;
            }
            let Ok(plan) = planned(&context, &named, this, check).await else { continue };
            let Ok(plan) = context.state().optimize(&plan) else { continue };
            if let Some(columns) = columns_taken(&plan, &this.stored.name) {
                fed.queries.push(Query { id: check.id.clone(), context, plan, lanes, columns });
            }
        }
        Ok(fed)
    }

    /// Places in the contract of the columns that are read.
    pub fn columns(&self) -> BTreeSet<usize> {
        self.queries.iter().flat_map(|query| &query.columns).copied().collect()
    }

    /// Starts the queries, to be fed by so many lanes with slices of these columns.
    pub async fn start(self, lanes: usize, columns: &[usize]) -> (Vec<Feed>, Running) {
        let mut feeds: Vec<Feed> = (0..lanes).map(|_| Feed { queries: Vec::new() }).collect();
        let mut running = Running { queries: Vec::new() };
        for Query { id, context, plan, lanes: brought, columns: taken } in self.queries {
            let places: Option<Vec<usize>> = taken.iter().map(|at| columns.binary_search(at).ok()).collect();
            let Some(places) = places else { continue };
            let (senders, receivers): (Vec<_>, Vec<_>) = (0..lanes).map(|_| channel(AHEAD_MAX)).unzip();
            *brought.lock().unwrap_or_else(PoisonError::into_inner) = receivers;
            let state = context.state();
            let Ok(plan) = state.create_physical_plan(&plan).await else { continue };
            for (feed, sender) in feeds.iter_mut().zip(senders) {
                feed.queries.push((places.clone(), sender));
            }
            running.queries.push((id, tokio::spawn(collect(plan, context.task_ctx()))));
        }
        (feeds, running)
    }
}

impl Feed {
    pub async fn give(&self, slice: &RecordBatch) -> Result<()> {
        for (places, sender) in &self.queries {
            let batch = slice.project(places).map_err(|e| crate::error::arrow("feeding a query", e))?;
            // A query that has ended early wants nothing more.
            let _ = sender.send(batch).await;
        }
        Ok(())
    }
}

impl Running {
    /// What the queries gave, by check; one that failed is left out, and may be tried by itself.
    pub async fn answers(self) -> HashMap<String, Vec<RecordBatch>> {
        let mut answers = HashMap::new();
        for (id, query) in self.queries {
            if let Ok(Ok(batches)) = query.await {
                answers.insert(id, batches);
            }
        }
        answers
    }
}

/// Places of the columns that the plan reads, where it reads nothing but this dataset, once, and takes its rows as they come.
fn columns_taken(plan: &LogicalPlan, dataset: &str) -> Option<Vec<usize>> {
    let mut scans = Vec::new();
    let mut takes = true;
    plan.apply_with_subqueries(|node| {
        match node {
            LogicalPlan::TableScan(scan) => scans.push(scan.clone()),
            LogicalPlan::Projection(_)
            | LogicalPlan::Filter(_)
            | LogicalPlan::Aggregate(_)
            | LogicalPlan::SubqueryAlias(_) => {}
            _ => takes = false,
        }
        Ok(TreeNodeRecursion::Continue)
    })
    .ok()?;
    let [scan] = scans.as_slice() else { return None };
    let whole = scan.fetch.is_none() && scan.filters.is_empty() && scan.table_name.table() == dataset;
    scan.projection.clone().filter(|columns| takes && whole && !columns.is_empty())
}

/// The dataset as the lanes bring it.
fn fed_by(lanes: &Lanes, this: &Opened<'_>) -> Table {
    let lanes = Arc::clone(lanes);
    let streams = move |_, schema: &SchemaRef| -> Vec<Arc<dyn PartitionStream>> {
        let lanes = std::mem::take(&mut *lanes.lock().unwrap_or_else(PoisonError::into_inner));
        let lane = |slices| -> Arc<dyn PartitionStream> {
            Arc::new(Lane { schema: Arc::clone(schema), slices: Mutex::new(Some(slices)) })
        };
        lanes.into_iter().map(lane).collect()
    };
    Table::new(this, Box::new(streams))
}

/// What one lane brings; can be taken once.
struct Lane {
    schema: SchemaRef,
    slices: Mutex<Option<Receiver<RecordBatch>>>,
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("slices of a lane")
    }
}

impl PartitionStream for Lane {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let slices = self.slices.lock().unwrap_or_else(PoisonError::into_inner).take();
        let batches = stream::unfold(slices, |slices| async {
            let mut slices = slices?;
            let batch = slices.recv().await?;
            Some((Ok(batch), Some(slices)))
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}
