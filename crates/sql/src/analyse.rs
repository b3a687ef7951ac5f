//! What a model's SQL reads and makes, found without executing it.

mod calls;
mod catalog;
mod codes;
mod conforms;
mod dataset_sql;
mod explain;
mod names;
mod nullable;
mod output;
mod parse;
mod place;
mod predicate;
mod suggest;

use contract::{Diagnostic, Span};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::AnalyzerRule;
use datafusion::optimizer::analyzer::type_coercion::TypeCoercion;
use datafusion::sql::parser::Statement as DfStatement;
use datafusion::sql::planner::{ContextProvider, SqlToRel};
use datafusion::sql::sqlparser::ast::{Query, Statement};

pub use catalog::Catalog;
pub use codes::codes;
pub use conforms::{conforms, outputs};
pub use dataset_sql::dataset_sql;
pub(crate) use parse::query as parsed;
pub(crate) use place::Source;
pub(crate) use predicate::predicate;
pub use predicate::{expression, well_formed};

use calls::Purpose;

/// What a model reads and makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// Datasets that the SQL names, sorted.
    pub inputs: Vec<String>,
    /// In the order of the SELECT.
    pub output: Vec<OutputColumn>,
    /// What is doubtful but not wrong.
    pub warnings: Vec<Diagnostic>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct OutputColumn {
    pub name: String,
    pub data_type: DataType,
    /// False only when the SQL and the inputs' contracts rule NULL out.
    pub nullable: bool,
    /// Where the SELECT makes it.
    pub span: Span,
}

/// Tables that the SQL names, without common table expressions; sorted, and lower-cased where unquoted.
///
/// For the order of models before their contracts are known; [`analyse`] gives the datasets' own names.
pub fn inputs(sql: &str) -> Result<Vec<String>, Vec<Diagnostic>> {
    let query = parse::query(Source { path: "", text: sql }).map_err(|diagnostic| vec![diagnostic])?;
    Ok(names::tables(&query).into_iter().collect())
}

/// What the SQL reads and makes; otherwise everything that is wrong with it.
pub fn analyse(path: &str, sql: &str, catalog: &Catalog) -> Result<Analysis, Vec<Diagnostic>> {
    let source = Source { path, text: sql };
    let resolved = resolve(source, catalog, Purpose::Model)?;
    let plan = planned(source, &resolved, catalog)?;
    let output = output::columns(source, &resolved.query, &plan).map_err(|found| vec![found])?;
    Ok(Analysis { inputs: resolved.inputs, output, warnings: resolved.warnings })
}

/// The SQL as a statement that DataFusion plans, with every name as the contracts write it: what an engine executes.
pub fn statement(path: &str, sql: &str, catalog: &Catalog) -> Result<DfStatement, Vec<Diagnostic>> {
    let resolved = resolve(Source { path, text: sql }, catalog, Purpose::Check)?;
    Ok(DfStatement::Statement(Box::new(Statement::Query(resolved.query))))
}

/// The plan of a model, with every name as the contracts write it.
pub(crate) fn planned_model(path: &str, sql: &str, catalog: &Catalog) -> Result<LogicalPlan, Vec<Diagnostic>> {
    let source = Source { path, text: sql };
    let resolved = resolve(source, catalog, Purpose::Model)?;
    planned(source, &resolved, catalog)
}

/// A query whose tables and functions exist.
struct Resolved {
    query: Box<Query>,
    inputs: Vec<String>,
    warnings: Vec<Diagnostic>,
}

fn resolve(source: Source, catalog: &Catalog, purpose: Purpose) -> Result<Resolved, Vec<Diagnostic>> {
    let mut query = parse::query(source).map_err(|diagnostic| vec![diagnostic])?;
    let calls = calls::check(source, query.as_ref(), purpose);
    let (errors, warnings): (Vec<_>, Vec<_>) =
        calls.into_iter().partition(|found| found.level == contract::Level::Error);
    match names::resolve(source, &mut query, catalog) {
        Ok(inputs) if errors.is_empty() => Ok(Resolved { query, inputs, warnings }),
        Ok(_) => Err(errors),
        Err(mut unknown) => {
            unknown.extend(errors);
            unknown.sort_by_key(|found| found.span.start);
            Err(unknown)
        }
    }
}

fn planned(source: Source, resolved: &Resolved, catalog: &Catalog) -> Result<LogicalPlan, Vec<Diagnostic>> {
    plan(&resolved.query, catalog).map_err(|error| explain::query(source, &error, &resolved.query, catalog))
}

/// Types are coerced, because a union has no types before; nothing is optimised.
fn plan(query: &Query, catalog: &Catalog) -> DfResult<LogicalPlan> {
    let statement = Statement::Query(Box::new(query.clone()));
    let plan = SqlToRel::new(catalog).sql_statement_to_plan(statement)?;
    TypeCoercion::new().analyze(plan, catalog.options())
}

#[cfg(test)]
mod tests;
