//! Checks that are SQL over whole datasets: executed by DataFusion over the same data, reading only the columns that the
//! query names.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use contract::{Check, Rule};
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::{DataFusionError, Result as DataFusionResult};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream};
use datafusion::prelude::SessionContext;
use engine::Result;
use engine::probe::Data;
use futures::{StreamExt, TryStreamExt};
use pipeline::{Outcome, Verdict};
use sql::physical::{Named, Table as InDatabase};

use super::{Opened, TesterOptions, verdict_of};
use crate::session::Sessions;
use crate::{audit, error};

/// Executes the dataset's SQL checks and replaces their verdicts.
pub(super) async fn run(
    this: &Opened<'_>,
    opened: &[Opened<'_>],
    options: &TesterOptions,
    rows: u64,
    verdicts: &mut [Verdict],
) -> Result<()> {
    let is_query = |check: &&Check| matches!(check.rule, Rule::DatasetSql { .. } | Rule::Measured { .. });
    let checks: Vec<&Check> = this.target.dataset.checks.iter().filter(is_query).collect();
    if checks.is_empty() {
        return Ok(());
    }
    let sessions = sessions(options)?;
    let context = sessions.session();
    for other in opened {
        let table =
            Table { data: Arc::clone(&other.data), schema: sql::arrow_schema(&other.stored, sql::Nullable::All) };
        context
            .register_table(quoted(&other.stored.name), Arc::new(table))
            .map_err(|e| error::datafusion("planning SQL checks", e))?;
    }
    let named: Vec<Named<'_>> = opened.iter().map(named).collect();
    for check in checks {
        let there = in_database(this, opened, check, rows).await?;
        let verdict = match there {
            Some(Ok(verdict)) => verdict,
            // What the database does not understand may still be SQL that is executed here.
            Some(Err(refused)) => {
                let here = one(&context, &named, this, check, rows).await;
                if here.outcome == Outcome::NotChecked { refused } else { here }
            }
            None => one(&context, &named, this, check, rows).await,
        };
        if let Some(place) = verdict_of(verdicts, &check.id) {
            *place = verdict;
        }
    }
    Ok(())
}

/// Sessions within the memory of a test.
pub(super) fn sessions(options: &TesterOptions) -> Result<Sessions> {
    let engine = crate::Options {
        memory: options.memory.max(64 << 20),
        partitions: options.partitions,
        concurrency: 1,
        spill: options.spill.clone(),
        store: Default::default(),
        keys: engine::Keys::default(),
    };
    Sessions::new(&engine, &options.spill)
}

/// As an exact name, whatever characters it has.
fn quoted(name: &str) -> datafusion::common::TableReference {
    datafusion::common::TableReference::bare(name)
}

fn named<'a>(opened: &'a Opened<'_>) -> Named<'a> {
    Named { dataset: &opened.stored, physical: opened.target.physical_name.as_deref() }
}

/// The query as the database answers it that the dataset lies in; the inner error is the verdict where it does not.
async fn in_database(
    this: &Opened<'_>,
    opened: &[Opened<'_>],
    check: &Check,
    rows: u64,
) -> Result<Option<std::result::Result<Verdict, Verdict>>> {
    let (Rule::DatasetSql { sql, operator }, Some(database)) = (&check.rule, this.data.database()) else {
        return Ok(None);
    };
    let found: Vec<Vec<Option<String>>> = opened
        .iter()
        .map(|other| {
            let columns = &other.data.facts().columns;
            columns.iter().map(|column| column.as_ref().map(|column| column.name.clone())).collect()
        })
        .collect();
    let mut tables: Vec<InDatabase<'_>> = Vec::new();
    for (other, columns) in opened.iter().zip(&found) {
        match other.data.database() {
            Some(its) if its.database() == database.database() => {
                tables.push(InDatabase { named: named(other), table: its.table(), columns });
            }
            // Data that is elsewhere is only known here.
            _ if mentions(sql, named(other)) => return Ok(None),
            _ => {}
        }
    }
    let Some(query) = sql::physical::in_postgres(sql, &tables) else { return Ok(None) };
    // The first row is compared, however many there are.
    Ok(Some(match database.row(&format!("SELECT * FROM ({query}) AS answer LIMIT 1")).await? {
        Ok(row) => Ok(audit::compared(check, *operator, number(&row), rows)),
        Err(told) => {
            let told = match contract::Mask::of(&this.target.dataset).is_empty() {
                true => format!("the database refused the query: {told}"),
                false => "the database refused the query".to_owned(),
            };
            Err(audit::not_checked(check, &told))
        }
    }))
}

/// The first value of a row as a number.
fn number(row: &[Option<String>]) -> Option<f64> {
    match row.first()?.as_deref()? {
        "t" => Some(1.0),
        "f" => Some(0.0),
        text => text.parse().ok(),
    }
}

/// Whether the words of the query could mean the dataset.
fn mentions(sql: &str, named: Named<'_>) -> bool {
    let sql = sql.to_lowercase();
    sql.contains(&named.dataset.name.to_lowercase())
        || named.physical.is_some_and(|physical| sql.contains(&physical.to_lowercase()))
}

async fn one(context: &SessionContext, named: &[Named<'_>], this: &Opened<'_>, check: &Check, rows: u64) -> Verdict {
    let (operator, batches) = match &check.rule {
        Rule::DatasetSql { sql, operator } => {
            let sql = sql::physical::logical(sql, named).unwrap_or_else(|| sql.clone());
            let catalog = sql::Catalog::new(named.iter().map(|named| named.dataset));
            let statement = match sql::statement("", &sql, &catalog) {
                Ok(statement) => statement,
                Err(found) => {
                    let reasons: Vec<String> = found.into_iter().map(|found| found.message).collect();
                    return audit::not_checked(check, &reasons.join("; "));
                }
            };
            let plan = match context.state().statement_to_plan(statement).await {
                Ok(plan) => plan,
                Err(e) if names_nothing(&e) => {
                    let told = error::datafusion("the query cannot hold", e).to_string();
                    return audit::wrong(check, &told);
                }
                Err(e) => return audit::not_checked(check, &error::datafusion("the query failed", e).to_string()),
            };
            let batches = async { context.execute_logical_plan(plan).await?.collect().await };
            (operator, batches.await)
        }
        Rule::Measured { measure, filter, operator, unit } => {
            if let Some(other) =
                measure.other_dataset().filter(|other| named.iter().all(|named| named.dataset.name != *other))
            {
                return audit::not_checked(check, &format!("there is no data of {other}"));
            }
            let query = sql::measure_sql(measure, filter.as_deref(), *unit, &this.stored);
            let batches = async { context.sql(&query).await?.collect().await };
            (operator, batches.await)
        }
        _ => return audit::not_checked(check, "it is no SQL"),
    };
    match batches {
        Ok(batches) => audit::compared(check, *operator, audit::number(&batches), rows),
        Err(e) => {
            let error = error::datafusion("the query failed", e);
            // An error of execution may repeat values.
            let told = if contract::Mask::of(&this.target.dataset).is_empty() {
                error.to_string()
            } else {
                "the query failed".to_owned()
            };
            audit::not_checked(check, &told)
        }
    }
}

/// Whether a query names a column that its datasets do not have, or reads something that is no dataset. No data could make such a
/// query hold; what only this engine does not know, such as a function, is another matter.
fn names_nothing(error: &DataFusionError) -> bool {
    match error.find_root() {
        DataFusionError::SchemaError(error, _) => {
            matches!(error.as_ref(), datafusion::common::SchemaError::FieldNotFound { .. })
        }
        DataFusionError::Plan(text) => text.starts_with("table function"),
        _ => false,
    }
}

/// Opened data as a table.
struct Table {
    data: Arc<dyn Data>,
    schema: SchemaRef,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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
        let stream = Rows { data: Arc::clone(&self.data), columns, schema: Arc::clone(&schema) };
        let streams: Vec<Arc<dyn PartitionStream>> = vec![Arc::new(stream)];
        Ok(Arc::new(StreamingTableExec::try_new(schema, streams, None, None, false, limit)?))
    }
}

/// All rows of some columns; may be executed many times.
struct Rows {
    data: Arc<dyn Data>,
    columns: Vec<usize>,
    schema: SchemaRef,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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
