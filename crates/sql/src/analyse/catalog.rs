//! The tables and functions that SQL is planned with: schemas from contracts, nothing to execute.

use std::collections::BTreeMap;
use std::sync::Arc;

use contract::Dataset;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::catalog::TableFunctionArgs;
use datafusion::common::config::ConfigOptions;
use datafusion::common::{Result, TableReference, plan_datafusion_err, plan_err};
use datafusion::datasource::provider_as_source;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::logical_plan::builder::LogicalTableSource;
use datafusion::logical_expr::planner::{ContextProvider, ExprPlanner};
use datafusion::logical_expr::{AggregateUDF, Expr, HigherOrderUDF, ScalarUDF, TableSource, WindowUDF};

use crate::functions::session_state;
use crate::types::{Nullable, arrow_schema};

/// Built once for all models of a project.
pub struct Catalog {
    tables: BTreeMap<String, Arc<dyn TableSource>>,
    state: &'static SessionState,
}

impl Catalog {
    pub fn new<'a>(datasets: impl IntoIterator<Item = &'a Dataset>) -> Self {
        let table = |dataset: &Dataset| {
            let schema = arrow_schema(dataset, Nullable::AsContract);
            (dataset.name.clone(), Arc::new(LogicalTableSource::new(schema)) as Arc<dyn TableSource>)
        };
        Self { tables: datasets.into_iter().map(table).collect(), state: session_state() }
    }

    pub(super) fn schema(&self, table: &str) -> Option<SchemaRef> {
        self.tables.get(table).map(|table| table.schema())
    }

    /// Sorted.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }
}

impl ContextProvider for Catalog {
    fn get_table_source(&self, name: TableReference) -> Result<Arc<dyn TableSource>> {
        match &name {
            TableReference::Bare { table } => self.tables.get(table.as_ref()).cloned(),
            TableReference::Partial { .. } | TableReference::Full { .. } => None,
        }
        .ok_or_else(|| plan_datafusion_err!("table `{name}` not found"))
    }

    fn get_table_function_source(&self, name: &str, arguments: Vec<Expr>) -> Result<Arc<dyn TableSource>> {
        let Some(function) = self.state.table_functions().get(name) else {
            return plan_err!("table function `{name}` not found");
        };
        let arguments = TableFunctionArgs::new(&arguments, self.state);
        Ok(provider_as_source(function.create_table_provider_with_args(arguments)?))
    }

    fn create_cte_work_table(&self, _name: &str, schema: SchemaRef) -> Result<Arc<dyn TableSource>> {
        Ok(Arc::new(LogicalTableSource::new(schema)))
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        self.state.expr_planners()
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        self.state.scalar_functions().get(name).cloned()
    }

    fn get_higher_order_meta(&self, name: &str) -> Option<Arc<HigherOrderUDF>> {
        self.state.higher_order_functions().get(name).cloned()
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        self.state.aggregate_functions().get(name).cloned()
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        self.state.window_functions().get(name).cloned()
    }

    fn get_variable_type(&self, _names: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        self.state.config_options()
    }

    fn udf_names(&self) -> Vec<String> {
        self.state.scalar_functions().keys().cloned().collect()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        self.state.higher_order_functions().keys().cloned().collect()
    }

    fn udaf_names(&self) -> Vec<String> {
        self.state.aggregate_functions().keys().cloned().collect()
    }

    fn udwf_names(&self) -> Vec<String> {
        self.state.window_functions().keys().cloned().collect()
    }
}
