//! Checks that are SQL over whole datasets, executed by DataFusion. What reads its dataset just once is fed by the pass; the
//! rest reads the data again, and of it only the columns that the query names.

pub(super) mod fed;
mod table;

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use contract::{Check, Rule};
use datafusion::catalog::TableProvider;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use engine::Result;
use pipeline::{Outcome, Verdict};
use sql::physical::{Named, Table as InDatabase};

use super::pass::PassOutcome;
use super::{Opened, TesterOptions, verdict_of};
use crate::session::Sessions;
use crate::{audit, error};

/// Executes the dataset's SQL checks and replaces their verdicts.
pub(super) async fn run(
    this: &Opened<'_>,
    opened: &[Opened<'_>],
    options: &TesterOptions,
    outcome: &PassOutcome,
    verdicts: &mut [Verdict],
) -> Result<()> {
    let rows = outcome.rows;
    let mut left = Vec::new();
    for check in queries(this) {
        match outcome.answer(&check.id) {
            Some(batches) => replace(verdicts, check, answered(check, batches, rows)),
            None => left.push(check),
        }
    }
    if left.is_empty() {
        return Ok(());
    }
    let context = sessions(options.memory, options)?.session();
    for other in opened {
        register(&context, other, Arc::new(table::Table::read(other)))?;
    }
    let named: Vec<Named<'_>> = opened.iter().map(named).collect();
    for check in left {
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
        replace(verdicts, check, verdict);
    }
    Ok(())
}

fn queries<'a>(this: &'a Opened<'_>) -> impl Iterator<Item = &'a Check> {
    let is_query = |check: &&Check| matches!(check.rule, Rule::DatasetSql { .. } | Rule::Measured { .. });
    this.target.dataset.checks.iter().filter(is_query)
}

fn replace(verdicts: &mut [Verdict], check: &Check, verdict: Verdict) {
    if let Some(place) = verdict_of(verdicts, &check.id) {
        *place = verdict;
    }
}

fn register(context: &SessionContext, opened: &Opened<'_>, table: Arc<dyn TableProvider>) -> Result<()> {
    let name = quoted(&opened.stored.name);
    context.register_table(name, table).map_err(|e| error::datafusion("planning SQL checks", e))?;
    Ok(())
}

/// Sessions within so much memory of a test.
pub(super) fn sessions(memory: usize, options: &TesterOptions) -> Result<Sessions> {
    let engine = crate::Options {
        memory: memory.max(64 << 20),
        partitions: options.partitions,
        concurrency: 1,
        spill: options.spill.clone(),
        store: Default::default(),
        keys: options.keys.clone(),
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
    let plan = match planned(context, named, this, check).await {
        Ok(plan) => plan,
        Err(verdict) => return *verdict,
    };
    let batches = async { context.execute_logical_plan(plan).await?.collect().await };
    match batches.await {
        Ok(batches) => answered(check, &batches, rows),
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

/// The number that the query gave, compared.
fn answered(check: &Check, batches: &[RecordBatch], rows: u64) -> Verdict {
    match &check.rule {
        Rule::DatasetSql { operator, .. } | Rule::Measured { operator, .. } => {
            audit::compared(check, *operator, audit::number(batches), rows)
        }
        _ => audit::not_checked(check, "it is no SQL"),
    }
}

/// The query of a check, or the verdict where there is none that can be executed.
async fn planned(
    context: &SessionContext,
    named: &[Named<'_>],
    this: &Opened<'_>,
    check: &Check,
) -> std::result::Result<LogicalPlan, Box<Verdict>> {
    let not = |told: &str| Box::new(audit::not_checked(check, told));
    match &check.rule {
        Rule::DatasetSql { sql, .. } => {
            let sql = sql::physical::logical(sql, named).unwrap_or_else(|| sql.clone());
            let catalog = sql::Catalog::new(named.iter().map(|named| named.dataset));
            let statement = sql::statement("", &sql, &catalog).map_err(|found| {
                let reasons: Vec<String> = found.into_iter().map(|found| found.message).collect();
                not(&reasons.join("; "))
            })?;
            context.state().statement_to_plan(statement).await.map_err(|e| match names_nothing(&e) {
                true => Box::new(audit::wrong(check, &error::datafusion("the query cannot hold", e).to_string())),
                false => not(&error::datafusion("the query failed", e).to_string()),
            })
        }
        Rule::Measured { measure, filter, unit, .. } => {
            if let Some(other) =
                measure.other_dataset().filter(|other| named.iter().all(|named| named.dataset.name != *other))
            {
                return Err(not(&format!("there is no data of {other}")));
            }
            let query = sql::measure_sql(measure, filter.as_deref(), *unit, &this.stored);
            let plan = context.state().create_logical_plan(&query).await;
            plan.map_err(|e| not(&error::datafusion("the query failed", e).to_string()))
        }
        _ => Err(not("it is no SQL")),
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
