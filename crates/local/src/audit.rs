//! The audit: dataset checks on the table as it would be after publishing.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit};
use contract::{Check, Dataset, Metric, Operator, Rule, Scope, Unit};
use datafusion::functions_aggregate::expr_fn::{count, max, sum};
use datafusion::logical_expr::{Expr, ident, lit, when};
use datafusion::prelude::{DataFrame, SessionContext};
use deltalake::DeltaTable;
use deltalake::kernel::Add;
use engine::{Result, StageInput, StageJob};
use futures::StreamExt;
use pipeline::{Outcome, Verdict};
use sql::MetricPlan;

use crate::sink::Part;
use crate::unique::{self, KeyHashes};
use crate::writer::Layout;
use crate::{Local, error, input, merge, migrate, stats};

/// What there is to audit.
pub(crate) struct Staging<'a> {
    pub job: &'a StageJob,
    pub table: Option<&'a DeltaTable>,
    /// Published files that stay.
    pub kept: Vec<Add>,
    /// Files of this stage, rewritten ones among them.
    pub files: Vec<Add>,
    /// Old rows among `files`.
    pub rewritten: Vec<Add>,
    /// The rows of `files` as a frame of the contract's columns.
    pub frame: DataFrame,
    /// Of `files`, and of what the log says of them and of `kept`.
    pub layout: Arc<Layout>,
}

pub(crate) struct Audit<'a> {
    pub local: &'a Local,
    pub context: &'a SessionContext,
    pub result: Staging<'a>,
    /// Counted in the pass over the new rows, by metric check id.
    pub counted: Vec<(String, u64)>,
}

impl Audit<'_> {
    /// One verdict per dataset check that can be executed.
    pub async fn run(&self, checks: &[Check], part: &mut Part) -> Result<Vec<Verdict>> {
        let mut verdicts = Vec::new();
        for check in checks.iter().filter(|check| check.scope == Scope::Dataset) {
            if let Some(reason) = self.hidden(check) {
                verdicts.push(not_checked(check, &reason));
                continue;
            }
            let verdict = match &check.rule {
                Rule::Unique { columns, .. } => self.unique(check, columns, part).await?,
                Rule::Metric { metric, operator, unit, .. } => self.metric(check, metric, *operator, *unit).await?,
                Rule::Measured { measure, filter, operator, unit } => {
                    let query = sql::measure_sql(measure, filter.as_deref(), *unit, &self.result.job.dataset);
                    self.measure(check, &query, measure.other_dataset(), *operator).await?
                }
                Rule::DatasetSql { sql, operator } => self.sql(check, sql, *operator).await?,
                Rule::Freshness { column, max_age_seconds } => self.freshness(check, column, *max_age_seconds).await?,
                _ => continue,
            };
            verdicts.push(verdict);
        }
        Ok(verdicts)
    }

    /// Why a check cannot look at a column that is stored protected. Whether values are there can be seen, and whether they are
    /// equal where the protection keeps that; new rows were looked at before they were protected.
    fn hidden(&self, check: &Check) -> Option<String> {
        let name = check.element.as_deref()?.split(['.', '[']).next()?;
        let column = self.result.job.dataset.column(name)?;
        let method = &column.privacy.protection.as_ref()?.method;
        let old = !self.result.kept.is_empty() || !self.result.rewritten.is_empty() || self.is_migrated();
        let blind = match &check.rule {
            Rule::Unique { .. } => false,
            Rule::Metric { metric: Metric::NullValues { .. } | Metric::RowCount, .. } => false,
            Rule::Metric { metric: Metric::DuplicateValues { .. }, .. } => !method.keeps_equality(),
            Rule::Metric { .. } => old,
            Rule::Measured { .. } => true,
            _ => false,
        };
        blind.then(|| format!("{name} is stored protected ({})", method.word()))
    }

    fn rows(&self) -> u64 {
        self.result.kept.iter().chain(&self.result.files).map(stats::rows).sum()
    }

    async fn kept(&self) -> Result<Option<DataFrame>> {
        match self.result.table {
            Some(table) if !self.result.kept.is_empty() => {
                let paths = self.result.kept.iter().map(|add| add.path.clone()).collect();
                // A migration may have changed the names of what stays as it is.
                if let StageInput::Stored { migration } = &self.result.job.input {
                    let job = self.result.job;
                    return migrate::kept(self.local, self.context, job, migration, table, paths).await.map(Some);
                }
                input::read(self.context, table, &self.result.job.dataset, Some(paths)).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The table as it would be.
    async fn whole(&self) -> Result<DataFrame> {
        match self.kept().await? {
            Some(kept) => kept.union(self.result.frame.clone()).map_err(|e| error::datafusion("planning the audit", e)),
            None => Ok(self.result.frame.clone()),
        }
    }

    async fn unique(&self, check: &Check, columns: &[String], part: &mut Part) -> Result<Verdict> {
        match sql::metric(check, &self.result.job.dataset) {
            Some(MetricPlan::DuplicatesInside(lists)) => return self.duplicates_inside(check, lists).await,
            Some(_) => {}
            None => return Ok(not_checked(check, &sql::why_not(check, &self.result.job.dataset))),
        }
        let (mine, others) = std::mem::take(&mut part.keys).into_iter().partition(|keys| keys.columns == columns);
        part.keys = others;
        let mut streams: Vec<KeyHashes> = mine;
        match self.is_migrated() {
            // Some of its files may have been finished by another process.
            true => streams = vec![self.all_keys(columns).await?],
            false => streams.extend(self.old_keys(columns).await?),
        }
        let hashed = tokio::task::spawn_blocking(move || unique::collides(streams)).await.unwrap_or(None);
        if hashed == Some(false) {
            return Ok(verdict(check, 0, None, self.rows()));
        }
        self.duplicates(check, columns).await
    }

    fn is_migrated(&self) -> bool {
        matches!(self.result.job.input, StageInput::Stored { .. })
    }

    async fn all_keys(&self, columns: &[String]) -> Result<KeyHashes> {
        let failed = |e| error::datafusion("reading keys", e);
        let mut keys = KeyHashes::new(columns, self.local.sessions.pool());
        let frame = self.whole().await?.select(columns.iter().map(ident).collect::<Vec<_>>()).map_err(failed)?;
        let mut stream = frame.execute_stream().await.map_err(failed)?;
        while let Some(batch) = stream.next().await {
            keys.add(&batch.map_err(failed)?)?;
        }
        Ok(keys)
    }

    /// The keys of old rows that may equal a new one.
    async fn old_keys(&self, columns: &[String]) -> Result<Option<KeyHashes>> {
        let fresh: Vec<&Add> = self
            .result
            .files
            .iter()
            .filter(|file| !self.result.rewritten.iter().any(|old| old.path == file.path))
            .collect();
        let known: Vec<String> = columns.iter().map(|name| self.result.layout.name(name).to_owned()).collect();
        let near = |old: &&Add| fresh.iter().any(|new| merge::overlaps(old, new, &known));
        let kept: Vec<String> = self.result.kept.iter().filter(near).map(|add| add.path.clone()).collect();
        let rewritten: Vec<Add> = self.result.rewritten.iter().filter(near).cloned().collect();
        let mut keys = KeyHashes::new(columns, self.local.sessions.pool());
        let select: Vec<Expr> = columns.iter().map(ident).collect();
        let mut frames = Vec::new();
        if let Some(table) = self.result.table.filter(|_| !kept.is_empty()) {
            frames.push(input::read(self.context, table, &self.result.job.dataset, Some(kept)).await?);
        }
        if !rewritten.is_empty() {
            frames.push(
                crate::stage::frame_of(self.local, self.context, self.result.job, &self.result.layout, &rewritten)
                    .await?,
            );
        }
        if frames.is_empty() {
            return Ok(None);
        }
        for frame in frames {
            let failed = |e| error::datafusion("reading keys", e);
            let mut stream = frame.select(select.clone()).map_err(failed)?.execute_stream().await.map_err(failed)?;
            while let Some(batch) = stream.next().await {
                keys.add(&batch.map_err(failed)?)?;
            }
        }
        Ok(Some(keys))
    }

    /// Counts exactly: rows beyond the first of each group of equal keys.
    async fn duplicates(&self, check: &Check, columns: &[String]) -> Result<Verdict> {
        self.duplicates_in(check, self.whole().await?, columns).await
    }

    /// Counts values beyond the first of each group of equal ones, over the lists of all rows.
    async fn duplicates_inside(&self, check: &Check, lists: Expr) -> Result<Verdict> {
        let failed = |e| error::datafusion("counting duplicates", e);
        let name = check.element.as_deref().unwrap_or("value").to_owned();
        let values = self
            .whole()
            .await?
            .select(vec![lists.alias("__values")])
            .and_then(|frame| frame.unnest_columns(&["__values"]))
            .and_then(|frame| frame.select(vec![ident("__values").alias(&name)]))
            .map_err(failed)?;
        self.duplicates_in(check, values, &[name]).await
    }

    async fn duplicates_in(&self, check: &Check, frame: DataFrame, columns: &[String]) -> Result<Verdict> {
        let failed = |e| error::datafusion("counting duplicates", e);
        let complete =
            columns.iter().map(|name| ident(name).is_not_null()).reduce(Expr::and).unwrap_or_else(|| lit(true));
        let groups = frame
            .filter(complete)
            .and_then(|frame| frame.aggregate(columns.iter().map(ident).collect(), vec![count(lit(1)).alias("__rows")]))
            .and_then(|frame| frame.filter(ident("__rows").gt(lit(1))))
            .map_err(failed)?;
        let total = groups
            .clone()
            .aggregate(vec![], vec![sum(ident("__rows") - lit(1)).alias("beyond")])
            .map_err(failed)?
            .collect()
            .await
            .map_err(failed)?;
        let violations = number(&total).unwrap_or(0.0) as u64;
        let mut found = verdict(check, violations, None, self.rows());
        if violations > 0 {
            let samples = groups.limit(0, Some(3)).map_err(failed)?.collect().await.map_err(failed)?;
            found.samples = rows_as_json(&samples);
            let mask = contract::Mask::of(&self.result.job.dataset);
            found.samples.iter_mut().for_each(|row| mask.row(row));
        }
        Ok(found)
    }

    async fn metric(&self, check: &Check, metric: &Metric, operator: Operator, unit: Unit) -> Result<Verdict> {
        let rows = match sql::rows_of(&check.rule, &self.result.job.dataset) {
            Some(filter) => self.count(check, &Metric::RowCount, filter, true).await?,
            None => self.rows(),
        };
        let counted = match sql::metric(check, &self.result.job.dataset) {
            Some(MetricPlan::Count(None)) => rows,
            Some(MetricPlan::Count(Some(expr))) => self.count(check, metric, expr, false).await?,
            Some(MetricPlan::Duplicates(columns)) => self.duplicates(check, &columns).await?.violations,
            Some(MetricPlan::DuplicatesInside(lists)) => self.duplicates_inside(check, lists).await?.violations,
            Some(MetricPlan::Newest(_)) | None => {
                return Ok(not_checked(check, &sql::why_not(check, &self.result.job.dataset)));
            }
        };
        let value = match unit {
            Unit::Rows => counted as f64,
            Unit::Percent if rows == 0 => 0.0,
            Unit::Percent => counted as f64 * 100.0 / rows as f64,
        };
        Ok(compared(check, operator, Some(value), rows))
    }

    /// New rows were counted while they were written; old ones are counted from statistics where these say it.
    ///
    /// `others`: the expression is not the one that was counted for the check.
    async fn count(&self, check: &Check, metric: &Metric, expr: Expr, others: bool) -> Result<u64> {
        let fresh = self.counted.iter().find(|(id, _)| *id == check.id).map(|(_, count)| *count).filter(|_| !others);
        let old: Vec<Add> = self.result.kept.iter().chain(&self.result.rewritten).cloned().collect();
        let filtered = matches!(check.rule, Rule::Metric { filter: Some(_), .. });
        if let (Some(fresh), Metric::NullValues { column }, false) = (fresh, metric, filtered)
            && let Some(nulls) = stats::nulls(&old, self.result.layout.name(column))
        {
            return Ok(fresh + nulls);
        }
        if let (Some(fresh), true) = (fresh, old.is_empty()) {
            return Ok(fresh);
        }
        let failed = |e| error::datafusion("counting", e);
        let one = when(expr, lit(1_i64)).otherwise(lit(0_i64)).map_err(failed)?;
        let total =
            self.whole().await?.aggregate(vec![], vec![sum(one)]).map_err(failed)?.collect().await.map_err(failed)?;
        Ok(number(&total).unwrap_or(0.0) as u64)
    }

    async fn sql(&self, check: &Check, sql: &str, operator: Operator) -> Result<Verdict> {
        let name = self.result.job.dataset.name.as_str();
        let context = self.local.sessions.session();
        let whole = self.whole().await?.into_view();
        let planned = context.register_table(name, whole).map(|_| ());
        let catalog = sql::Catalog::new([self.result.job.dataset.as_ref()]);
        let statement = match sql::statement("", sql, &catalog) {
            Ok(statement) => statement,
            Err(found) => {
                return Ok(not_checked(check, &found.first().map(|found| found.message.clone()).unwrap_or_default()));
            }
        };
        let planned = match planned {
            Ok(()) => context.state().statement_to_plan(statement).await,
            Err(e) => Err(e),
        };
        let frame = match planned {
            Ok(plan) => context.execute_logical_plan(plan).await,
            Err(e) => Err(e),
        };
        let batches = match frame {
            Ok(frame) => frame.collect().await,
            Err(e) => Err(e),
        };
        match batches {
            Ok(batches) => Ok(compared(check, operator, number(&batches), self.rows())),
            Err(e) => Ok(not_checked(check, &format!("the query failed: {}", error::datafusion("audit", e)))),
        }
    }

    /// One query that gives the measured value.
    async fn measure(&self, check: &Check, query: &str, other: Option<&str>, operator: Operator) -> Result<Verdict> {
        let context = self.local.sessions.session();
        let mut tables = vec![(self.result.job.dataset.name.clone(), self.whole().await?)];
        if let Some(other) = other {
            let reference = self.result.job.references.iter().find(|reference| reference.dataset == other);
            let Some(reference) = reference else {
                return Ok(not_checked(check, &format!("the table of {other} is not known")));
            };
            match input::other(self.local, &context, reference).await? {
                Some(frame) => tables.push((other.to_owned(), frame)),
                None => return Ok(not_checked(check, &format!("{other} has no table yet"))),
            }
        }
        match measured(&context, tables, query).await {
            Ok(value) => Ok(compared(check, operator, value, self.rows())),
            Err(e) => Ok(not_checked(check, &format!("the measure failed: {}", error::datafusion("audit", e)))),
        }
    }

    async fn freshness(&self, check: &Check, column: &str, max_age_seconds: u64) -> Result<Verdict> {
        let failed = |e| error::datafusion("measuring freshness", e);
        let Some(MetricPlan::Newest(instant)) = sql::metric(check, &self.result.job.dataset) else {
            return Ok(not_checked(check, &format!("{column} is not a moment in time")));
        };
        let newest = self.whole().await?.aggregate(vec![], vec![max(instant)]).map_err(failed)?;
        let batches = newest.collect().await.map_err(failed)?;
        let Some(newest) = micros(&batches) else { return Ok(not_checked(check, "there is no value to measure")) };
        let age = (self.result.job.now_ms as f64 - newest as f64 / 1000.0) / 1000.0;
        let mut found = verdict(check, u64::from(age > max_age_seconds as f64), Some(age), self.rows());
        found.ratio = 0.0;
        found.threshold = None;
        Ok(found)
    }
}

/// Tables by their exact names, and the single number that a query over them gives.
async fn measured(
    context: &SessionContext,
    tables: Vec<(String, DataFrame)>,
    query: &str,
) -> datafusion::error::Result<Option<f64>> {
    for (name, frame) in tables {
        context.register_table(datafusion::common::TableReference::bare(name), frame.into_view())?;
    }
    Ok(number(&context.sql(query).await?.collect().await?))
}

/// The frame's single number; `None` for no row or NULL.
pub(crate) fn number(batches: &[RecordBatch]) -> Option<f64> {
    let batch = batches.iter().find(|batch| batch.num_rows() > 0)?;
    let column = arrow::compute::cast(batch.columns().first()?, &DataType::Float64).ok()?;
    let values = column.as_primitive::<Float64Type>();
    values.is_valid(0).then(|| values.value(0))
}

fn micros(batches: &[RecordBatch]) -> Option<i64> {
    let batch = batches.iter().find(|batch| batch.num_rows() > 0)?;
    let column = batch.columns().first()?;
    let time = arrow::compute::cast(column, &DataType::Timestamp(TimeUnit::Microsecond, None)).ok()?;
    let time = arrow::compute::cast(&time, &DataType::Int64).ok()?;
    let values = time.as_primitive::<Int64Type>();
    values.is_valid(0).then(|| values.value(0))
}

pub(crate) fn rows_as_json(batches: &[RecordBatch]) -> Vec<serde_json::Value> {
    let mut writer = arrow::json::ArrayWriter::new(Vec::new());
    let written = batches.iter().try_for_each(|batch| writer.write(batch)).and_then(|()| writer.finish());
    match written {
        Ok(()) => serde_json::from_slice(&writer.into_inner()).unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}

pub(crate) fn compared(check: &Check, operator: Operator, value: Option<f64>, rows: u64) -> Verdict {
    let holds = value.is_some_and(|value| operator.holds(value));
    let mut found = verdict(check, u64::from(!holds), value, rows);
    // It holds or it does not: a share of rows has no meaning here, and a limit for it must not excuse it.
    found.ratio = 0.0;
    found.threshold = None;
    if value.is_none() {
        found.reason = Some("the query gave no value".into());
    }
    found
}

pub(crate) fn not_checked(check: &Check, reason: &str) -> Verdict {
    let mut found = verdict(check, 0, None, 0);
    found.outcome = Outcome::NotChecked;
    found.reason = Some(reason.to_owned());
    found
}

/// A check that can never hold, because the contract is wrong: it fails, so that nobody believes it was kept.
pub(crate) fn wrong(check: &Check, reason: &str) -> Verdict {
    let mut found = verdict(check, 0, None, 0);
    found.outcome = match check.severity {
        contract::Severity::Error => Outcome::Failed,
        contract::Severity::Warning => Outcome::Warned,
    };
    found.reason = Some(reason.to_owned());
    found
}

/// The verdict of a check over `rows` rows.
pub(crate) fn verdict(check: &Check, violations: u64, value: Option<f64>, rows: u64) -> Verdict {
    let outcome = outcome(check, violations, rows);
    let ratio = if rows == 0 { 0.0 } else { violations as f64 / rows as f64 };
    let reason = (violations > 0).then(|| match value {
        Some(value) => format!("{}, expected {}", trimmed(value), check.expected),
        None => format!("{violations} of {rows} rows, expected {}", check.expected),
    });
    Verdict {
        id: check.id.clone(),
        kind: check.rule.kind().to_owned(),
        scope: check.scope,
        element: check.element.clone(),
        severity: check.severity,
        outcome,
        violations,
        value,
        ratio,
        expected: check.expected.clone(),
        reason,
        threshold: check.threshold,
        samples: Vec::new(),
    }
}

/// A check without limits fails or warns, by its severity, at the first violation. With limits, what is more than `fail_above` is
/// as bad as its severity says, what is more than `warn_above` warns, and what is less passes.
fn outcome(check: &Check, violations: u64, rows: u64) -> Outcome {
    let worst = match check.severity {
        contract::Severity::Error => Outcome::Failed,
        contract::Severity::Warning => Outcome::Warned,
    };
    let exceeded = |limit: contract::Limit| limit.is_exceeded(violations, rows);
    match (check.limits.warn_above, check.limits.fail_above) {
        _ if violations == 0 => Outcome::Passed,
        (None, None) => worst,
        (_, Some(limit)) if exceeded(limit) => worst,
        (Some(limit), _) if exceeded(limit) => Outcome::Warned,
        (None, Some(_)) => Outcome::Warned,
        (Some(_), _) => Outcome::Passed,
    }
}

fn trimmed(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The key hashes that a stream must gather: one set per unique check.
pub(crate) fn key_hashes(local: &Local, dataset: &Dataset, checks: &[Check]) -> Vec<KeyHashes> {
    checks
        .iter()
        .filter_map(|check| match &check.rule {
            // Values inside a column are not the key of a row.
            Rule::Unique { columns, .. } if columns.iter().all(|name| dataset.column(name).is_some()) => {
                Some(KeyHashes::new(columns, local.sessions.pool()))
            }
            _ => None,
        })
        .collect()
}
