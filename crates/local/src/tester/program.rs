//! The checks of a dataset as what a pass must do: tests of rows, keys to gather, moments to compare.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType as ArrowType, Int64Type, Schema, SchemaRef, TimeUnit};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use contract::{Check, DataType, Dataset, Metric, Operator, Rule, Scope, Severity, Unit};
use datafusion::common::DFSchema;
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::PhysicalExpr;
use engine::{Error, Kind, Result};
use pipeline::{Outcome, Verdict};
use sql::{Lowered, MetricPlan};

use super::Opened;
use super::pass::PassOutcome;
use super::push::{self, Place, Pushed};
use super::reference::KeyTable;
use crate::{audit, error};

/// What a pass over one dataset must do.
pub(crate) struct Program {
    /// Places in the contract of the columns that are read; all places below are places in this list.
    pub columns: Vec<usize>,
    pub tests: Vec<RowTest>,
    pub keys: Vec<Key>,
    pub newest: Vec<Newest>,
    /// By check id: why it is not executed.
    not_executed: Vec<(String, String)>,
    pub references: Vec<Wanted>,
    /// What the database that the data lies in decides.
    pub pushed: Pushed,
    /// The database is asked at all.
    pub pushes: bool,
}

/// Decides each row: true where it violates.
pub(crate) struct RowTest {
    pub id: String,
    /// A violating row is refused.
    pub refuses: bool,
    /// Places of the columns that the expression looks at.
    pub columns: Vec<usize>,
    decide: Decide,
    pub quick: Quick,
}

enum Decide {
    /// Over exactly these columns.
    Expr { schema: SchemaRef, expr: Arc<dyn PhysicalExpr> },
    /// Broken where the values are no key.
    Lookup(Arc<KeyTable>),
    /// Broken where one of the values in the lists that this gives is no key.
    LookupInside { schema: SchemaRef, lists: Arc<dyn PhysicalExpr>, table: Arc<KeyTable> },
}

/// A proof over a whole slice that no row violates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quick {
    None,
    /// No NULL in the column.
    NoNulls,
    /// If the smallest and the largest value hold, all do.
    Ends,
}

/// Columns in which no two rows may agree.
pub(crate) struct Key {
    pub id: String,
    pub columns: Vec<usize>,
    /// The values are inside the only column: the lists that this gives for each row.
    inside: Option<(SchemaRef, Arc<dyn PhysicalExpr>)>,
}

/// The newest moment of a column.
pub(crate) struct Newest {
    pub id: String,
    column: usize,
    schema: SchemaRef,
    expr: Arc<dyn PhysicalExpr>,
}

/// A reference whose keys are still to be loaded.
pub(crate) struct Wanted {
    pub check: Check,
}

/// Collects what is needed while checks are compiled.
struct Compiler<'a> {
    opened: &'a Opened<'a>,
    all: &'a [Opened<'a>],
    place: Option<Place>,
    schema: SchemaRef,
    used: BTreeSet<usize>,
    program: Program,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    /// All columns are read.
    pub whole_rows: bool,
    /// A database decides what it can.
    pub pushes: bool,
}

/// `also` are places in the contract of columns that others need of the same pass.
pub(super) fn compile(
    opened: &Opened<'_>,
    all: &[Opened<'_>],
    also: &BTreeSet<usize>,
    Options { whole_rows, pushes }: Options,
) -> Result<Program> {
    let dataset = &opened.stored;
    let place = Place::of(opened).filter(|_| pushes && !whole_rows);
    let mut compiler = Compiler {
        opened,
        all,
        schema: sql::arrow_schema(dataset, sql::Nullable::All),
        used: also.clone(),
        program: Program {
            columns: Vec::new(),
            tests: Vec::new(),
            keys: Vec::new(),
            newest: Vec::new(),
            not_executed: Vec::new(),
            references: Vec::new(),
            pushed: Pushed::default(),
            pushes: place.is_some(),
        },
        place,
    };
    for check in &dataset.checks {
        compiler.check(check)?;
    }
    compiler.finish(whole_rows)
}

impl Compiler<'_> {
    fn check(&mut self, check: &Check) -> Result<()> {
        let dataset = Arc::clone(&self.opened.stored);
        if self.unreadable(check) {
            return Ok(());
        }
        match sql::violated(check, &dataset) {
            Lowered::Row(expr) => {
                self.row(check, expr, check.severity == Severity::Error, quick(&check.rule, &dataset))
            }
            Lowered::NotExecutable(reason) => self.not(check, reason),
            Lowered::Reference => {
                let number = self.program.pushed.joins.len();
                let pushed = self.place.as_ref().and_then(|_| push::reference(self.all, self.opened, check, number));
                if let Some((test, join)) = pushed {
                    self.program.pushed.tests.push(test);
                    self.program.pushed.joins.push(join);
                    return Ok(());
                }
                if let Rule::Reference { columns, .. } = &check.rule {
                    let roots = columns.iter().filter_map(|path| dataset.place(path));
                    let roots: Vec<String> = roots.map(|place| place.column.name.clone()).collect();
                    self.use_named(&roots);
                }
                self.program.references.push(Wanted { check: check.clone() });
                Ok(())
            }
            Lowered::Dataset => self.dataset(check, &dataset),
        }
    }

    /// A column whose stored type no contract can name has no values to check.
    fn unreadable(&mut self, check: &Check) -> bool {
        let Some(element) = &check.element else { return false };
        let facts = self.opened.data.facts();
        let at = self.opened.stored.columns.iter().position(|column| column.name == *element);
        let types = at.and_then(|at| facts.columns.get(at)?.as_ref()?.types.as_ref());
        let Some(types) = types.filter(|types| types.data_type.is_none()) else { return false };
        let reason = format!("values of the type {} cannot be read", types.shown);
        self.program.not_executed.push((check.id.clone(), reason));
        true
    }

    fn dataset(&mut self, check: &Check, dataset: &Dataset) -> Result<()> {
        match sql::metric(check, dataset) {
            Some(MetricPlan::Count(None)) => Ok(()),
            Some(MetricPlan::Count(Some(expr))) => {
                let quick = match &check.rule {
                    // Inside a column, a value may be missing where the column is not.
                    Rule::Metric { metric: Metric::NullValues { column }, .. } if dataset.column(column).is_some() => {
                        Quick::NoNulls
                    }
                    _ => Quick::None,
                };
                if let Some(rows) = sql::rows_of(&check.rule, dataset) {
                    self.row(&Check { id: rows_id(check), ..check.clone() }, rows, false, Quick::None)?;
                }
                self.row(check, expr, false, quick)
            }
            Some(MetricPlan::Duplicates(columns)) => {
                let named: Vec<usize> = columns.iter().filter_map(|name| self.schema.index_of(name).ok()).collect();
                if let Some(reason) = self.unread(&named) {
                    return self.not(check, reason);
                }
                if let Some(key) = self.place.as_ref().and_then(|place| place.key(&check.id, &named)) {
                    self.program.pushed.keys.push(key);
                    return Ok(());
                }
                let places = self.use_named(&columns);
                self.program.keys.push(Key { id: check.id.clone(), columns: places, inside: None });
                Ok(())
            }
            Some(MetricPlan::DuplicatesInside(lists)) => {
                let columns = self.columns_of(&lists)?;
                let schema = self.narrowed(&columns);
                let expr = physical(lists, &schema)?;
                self.used.extend(&columns);
                self.program.keys.push(Key { id: check.id.clone(), columns, inside: Some((schema, expr)) });
                Ok(())
            }
            Some(MetricPlan::Newest(expr)) => self.newest(check, expr),
            None if matches!(check.rule, Rule::DatasetSql { .. } | Rule::Measured { .. }) => Ok(()),
            None => self.not(check, "no engine executes it on these columns".to_owned()),
        }
    }

    fn not(&mut self, check: &Check, reason: String) -> Result<()> {
        self.program.not_executed.push((check.id.clone(), reason));
        Ok(())
    }

    /// Why nothing can be said of these columns: one of them has values that cannot be read.
    fn unread(&self, columns: &[usize]) -> Option<String> {
        let facts = self.opened.data.facts();
        let mut types = columns.iter().filter_map(|at| facts.columns.get(*at)?.as_ref()?.types.as_ref());
        let unread = types.find(|types| types.data_type.is_none())?;
        Some(format!("values of the type {} cannot be read", unread.shown))
    }

    fn row(&mut self, check: &Check, expr: Expr, refuses: bool, quick: Quick) -> Result<()> {
        let columns = self.columns_of(&expr)?;
        if let Some(reason) = self.unread(&columns) {
            return self.not(check, reason);
        }
        if let Some(condition) = self.place.as_ref().and_then(|place| place.condition(&expr, &columns)) {
            self.program.pushed.tests.push(push::Test { id: check.id.clone(), refuses, condition, columns });
            return Ok(());
        }
        let test = self.test(check.id.clone(), expr, columns, refuses, quick)?;
        if self.proves(&test)? {
            return Ok(());
        }
        self.used.extend(&test.columns);
        self.program.tests.push(test);
        Ok(())
    }

    fn test(&self, id: String, expr: Expr, columns: Vec<usize>, refuses: bool, quick: Quick) -> Result<RowTest> {
        let schema = self.narrowed(&columns);
        let expr = physical(expr, &schema)?;
        Ok(RowTest { id, refuses, columns, decide: Decide::Expr { schema, expr }, quick })
    }

    fn newest(&mut self, check: &Check, expr: Expr) -> Result<()> {
        let columns = self.columns_of(&expr)?;
        let schema = self.narrowed(&columns);
        let Some(column) = columns.first().copied() else {
            return self.not(check, "it names no column".to_owned());
        };
        if let Some(newest) = self.place.as_ref().and_then(|place| place.newest(column)) {
            self.program.pushed.newest.push((check.id.clone(), newest));
            return Ok(());
        }
        self.used.insert(column);
        let expr = physical(expr, &schema)?;
        self.program.newest.push(Newest { id: check.id.clone(), column, schema, expr });
        Ok(())
    }

    /// Whether the statistics alone prove that no row violates.
    fn proves(&self, test: &RowTest) -> Result<bool> {
        let [column] = test.columns.as_slice() else { return Ok(false) };
        let facts = self.opened.data.facts();
        let Some(found) = facts.columns.get(*column).and_then(Option::as_ref) else { return Ok(false) };
        match test.quick {
            Quick::NoNulls => Ok(found.statistics.nulls == Some(0) && found.missing_in.is_empty()),
            Quick::Ends => match &found.statistics.ends {
                Some(ends) if found.missing_in.is_empty() => Ok(test.violations_of(ends)?.true_count() == 0),
                _ => Ok(false),
            },
            Quick::None => Ok(false),
        }
    }

    fn narrowed(&self, columns: &[usize]) -> SchemaRef {
        Arc::new(Schema::new(columns.iter().map(|at| self.schema.field(*at).clone()).collect::<Vec<_>>()))
    }

    /// Places in the contract of the columns that an expression names, in the contract's order.
    fn columns_of(&self, expr: &Expr) -> Result<Vec<usize>> {
        let mut places: Vec<usize> = Vec::new();
        for column in expr.column_refs() {
            let at = self.schema.index_of(&column.name).map_err(|e| error::arrow("compiling checks", e))?;
            places.push(at);
        }
        places.sort_unstable();
        Ok(places)
    }

    fn use_named(&mut self, names: &[String]) -> Vec<usize> {
        let places: Vec<usize> = names.iter().filter_map(|name| self.schema.index_of(name).ok()).collect();
        self.used.extend(&places);
        places
    }

    fn finish(mut self, whole_rows: bool) -> Result<Program> {
        if whole_rows {
            self.used.extend(0..self.opened.stored.columns.len());
        }
        let columns: Vec<usize> = self.used.into_iter().collect();
        let place = |at: &mut usize| *at = columns.binary_search(at).unwrap_or(usize::MAX);
        self.program.tests.iter_mut().flat_map(|test| &mut test.columns).for_each(place);
        self.program.keys.iter_mut().flat_map(|key| &mut key.columns).for_each(place);
        self.program.newest.iter_mut().map(|newest| &mut newest.column).for_each(place);
        self.program.columns = columns;
        Ok(self.program)
    }
}

fn physical(expr: Expr, schema: &SchemaRef) -> Result<Arc<dyn PhysicalExpr>> {
    let failed = |e| error::datafusion("compiling checks", e);
    let schema = DFSchema::try_from(schema.as_ref().clone()).map_err(failed)?;
    let expr = sql::with_word_tables(expr).map_err(failed)?;
    sql::session_state().create_physical_expr(expr, &schema).map_err(failed)
}

/// Which proof suits a rule.
fn quick(rule: &Rule, dataset: &Dataset) -> Quick {
    match rule {
        // A field of a struct is missing where the struct is there, which the struct's own NULLs do not say.
        Rule::Required { column } if dataset.column(column).is_some() => Quick::NoNulls,
        Rule::Range { column, .. } => match dataset.column(column).map(|column| &column.data_type) {
            Some(DataType::Struct(_)) | None => Quick::None,
            Some(_) => Quick::Ends,
        },
        _ => Quick::None,
    }
}

impl RowTest {
    /// A reference whose keys are loaded.
    pub fn lookup(id: String, refuses: bool, columns: Vec<usize>, table: Arc<KeyTable>) -> Self {
        Self { id, refuses, columns, decide: Decide::Lookup(table), quick: Quick::None }
    }

    /// The same for values inside the only column, in the lists that `lists` gives for each row.
    pub fn lookup_inside(
        check: &Check,
        column: usize,
        schema: SchemaRef,
        lists: Expr,
        table: KeyTable,
    ) -> Result<Self> {
        let lists = physical(lists, &schema)?;
        let decide = Decide::LookupInside { schema, lists, table: Arc::new(table) };
        let refuses = check.severity == Severity::Error;
        Ok(Self { id: check.id.clone(), refuses, columns: vec![column], decide, quick: Quick::None })
    }

    /// Over the program's columns: true where a row violates.
    pub fn violations(&self, batch: &RecordBatch) -> Result<BooleanArray> {
        match &self.decide {
            Decide::Lookup(table) => table.missing(batch, &self.columns),
            Decide::LookupInside { schema, lists, table } => {
                let columns: Vec<ArrayRef> =
                    self.columns.iter().filter_map(|at| batch.columns().get(*at).cloned()).collect();
                let (values, rows) = flattened(schema, lists, &columns)?;
                let missing = table.missing_of(&[values])?;
                let mut broken = vec![false; batch.num_rows()];
                for (at, row) in rows.into_iter().enumerate() {
                    broken[row] |= missing.is_valid(at) && missing.value(at);
                }
                Ok(broken.into())
            }
            Decide::Expr { schema, expr } => {
                let arrays = self.columns.iter().filter_map(|at| batch.columns().get(*at).cloned()).collect();
                self.evaluate(schema, expr, arrays, batch.num_rows())
            }
        }
    }

    /// Over values of its only column.
    pub fn violations_of(&self, values: &ArrayRef) -> Result<BooleanArray> {
        match &self.decide {
            Decide::Lookup(_) | Decide::LookupInside { .. } => {
                Err(Error::new(Kind::Bug, "a reference is not decided by extremes"))
            }
            Decide::Expr { schema, expr } => self.evaluate(schema, expr, vec![values.clone()], values.len()),
        }
    }

    fn evaluate(
        &self,
        schema: &SchemaRef,
        expr: &Arc<dyn PhysicalExpr>,
        arrays: Vec<ArrayRef>,
        rows: usize,
    ) -> Result<BooleanArray> {
        let failed = |e| error::datafusion("checking rows", e);
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options)
            .map_err(|e| error::arrow("checking rows", e))?;
        let result = expr.evaluate(&batch).map_err(failed)?.into_array(rows).map_err(failed)?;
        let result = result.as_boolean_opt().cloned();
        result.ok_or_else(|| Error::new(Kind::Bug, format!("the check {} is not true or false", self.id)))
    }
}

impl Key {
    pub fn is_inside(&self) -> bool {
        self.inside.is_some()
    }

    /// The keys in these columns of the check; where they are inside a column, with the row that each is of.
    pub fn values(&self, columns: &[ArrayRef]) -> Result<(Vec<ArrayRef>, Option<Vec<usize>>)> {
        let Some((schema, expr)) = &self.inside else { return Ok((columns.to_vec(), None)) };
        let (values, rows) = flattened(schema, expr, columns)?;
        Ok((vec![values], Some(rows)))
    }
}

/// The values of all lists that an expression over these columns gives, with the row that each is of.
fn flattened(
    schema: &SchemaRef,
    lists: &Arc<dyn PhysicalExpr>,
    columns: &[ArrayRef],
) -> Result<(ArrayRef, Vec<usize>)> {
    let failed = |e| error::datafusion("checking values inside a column", e);
    let batch = RecordBatch::try_new(Arc::clone(schema), columns.to_vec())
        .map_err(|e| error::arrow("checking values inside a column", e))?;
    let lists = lists.evaluate(&batch).map_err(failed)?.into_array(batch.num_rows()).map_err(failed)?;
    let lists =
        lists.as_list_opt::<i32>().ok_or_else(|| Error::new(Kind::Bug, "values inside a column are no lists"))?;
    let offsets = lists.value_offsets();
    let (first, last) = (offsets.first().copied().unwrap_or(0), offsets.last().copied().unwrap_or(0));
    let rows = offsets.windows(2).enumerate().flat_map(|(row, pair)| (pair[0]..pair[1]).map(move |_| row)).collect();
    Ok((lists.values().slice(first as usize, (last - first) as usize), rows))
}

impl Newest {
    /// The newest moment of a batch, in microseconds.
    pub fn of(&self, batch: &RecordBatch) -> Result<Option<i64>> {
        let failed = |e| error::datafusion("measuring freshness", e);
        let bug = |e| error::arrow("measuring freshness", e);
        let Some(array) = batch.columns().get(self.column) else { return Ok(None) };
        let one = RecordBatch::try_new(Arc::clone(&self.schema), vec![array.clone()]).map_err(bug)?;
        let moments = self.expr.evaluate(&one).map_err(failed)?.into_array(batch.num_rows()).map_err(failed)?;
        let plain = cast(&moments, &ArrowType::Timestamp(TimeUnit::Microsecond, None)).map_err(bug)?;
        let micros = cast(&plain, &ArrowType::Int64).map_err(bug)?;
        Ok(arrow::compute::max(micros.as_primitive::<Int64Type>()))
    }
}

impl Program {
    /// Nothing is to be read.
    pub fn is_idle(&self) -> bool {
        self.tests.is_empty() && self.keys.is_empty() && self.newest.is_empty() && self.columns.is_empty()
    }

    pub fn give_up(&mut self, id: &str, reason: String) {
        self.not_executed.push((id.to_owned(), reason));
    }

    /// The verdict of a check; of SQL a placeholder that the query replaces.
    pub fn verdict(&self, check: &Check, outcome: &PassOutcome, now_ms: i64) -> Verdict {
        if let Rule::NotChecked { reason, invalid: true, .. } = &check.rule {
            return audit::wrong(check, reason);
        }
        if let Some((_, reason)) = self.not_executed.iter().find(|(id, _)| *id == check.id) {
            return audit::not_checked(check, reason);
        }
        let rows = outcome.rows;
        let found = outcome.found(&check.id);
        match &check.rule {
            Rule::Metric { metric: Metric::RowCount, filter: None, operator, .. } => {
                audit::compared(check, *operator, Some(rows as f64), rows)
            }
            Rule::Metric { filter, operator, unit, .. } => {
                let rows = if filter.is_some() { outcome.found(&rows_id(check)).count } else { rows };
                metric(check, *operator, *unit, found.count, rows, found.samples)
            }
            Rule::Freshness { max_age_seconds, .. } => {
                freshness(check, outcome.newest(&check.id), *max_age_seconds, now_ms, rows)
            }
            Rule::DatasetSql { .. } | Rule::Measured { .. } => audit::not_checked(check, "the query was not executed"),
            _ => {
                let mut verdict = audit::verdict(check, found.count, None, rows);
                verdict.samples = found.samples;
                verdict
            }
        }
    }
}

/// Under which the rows are counted that a filtered metric is about.
fn rows_id(check: &Check) -> String {
    format!("{}/rows", check.id)
}

fn metric(
    check: &Check,
    operator: Operator,
    unit: Unit,
    count: u64,
    rows: u64,
    samples: Vec<serde_json::Value>,
) -> Verdict {
    let value = match unit {
        Unit::Rows => count as f64,
        Unit::Percent if rows == 0 => 0.0,
        Unit::Percent => count as f64 * 100.0 / rows as f64,
    };
    let mut verdict = audit::compared(check, operator, Some(value), rows);
    if verdict.outcome != Outcome::Passed {
        verdict.samples = samples;
    }
    verdict
}

fn freshness(check: &Check, newest: Option<i64>, max_age_seconds: u64, now_ms: i64, rows: u64) -> Verdict {
    let Some(newest) = newest else { return audit::not_checked(check, "there is no value to measure") };
    let age = (now_ms as f64 - newest as f64 / 1000.0) / 1000.0;
    let mut verdict = audit::verdict(check, u64::from(age > max_age_seconds as f64), Some(age), rows);
    verdict.ratio = 0.0;
    verdict.threshold = None;
    debug_assert!(check.scope == Scope::Dataset);
    verdict
}
