//! A dataset check written as SQL: one SELECT of one number.

use contract::{Dataset, Diagnostic};
use datafusion::arrow::datatypes::DataType;

use super::calls::Purpose;
use super::catalog::Catalog;
use super::codes::{NOT_ONE_VALUE, blame};
use super::place::Source;
use super::{planned, resolve};
use crate::types::type_name;

/// Checks that the SQL is one SELECT that gives one number (or true or false).
///
/// `catalog` holds the dataset itself and what else the SQL may name. Unlike a model, a check may look at the clock.
pub fn dataset_sql(sql: &str, dataset: &Dataset, catalog: &Catalog) -> Result<(), Vec<Diagnostic>> {
    let source = Source { path: "", text: sql };
    let plan = planned(source, &resolve(source, catalog, Purpose::Check)?, catalog)?;
    let wrong = |message: String, help: String| {
        Err(vec![blame(NOT_ONE_VALUE, source.path, source.first_word(), message).with_help(help)])
    };
    let [field] = plan.schema().fields().iter().as_slice() else {
        let count = plan.schema().fields().len();
        let help = format!("select one number, such as `SELECT count(*) FROM {}`", dataset.name);
        return wrong(format!("the check gives {count} columns where one number is compared"), help);
    };
    if !(field.data_type().is_numeric() || matches!(field.data_type(), DataType::Boolean | DataType::Null)) {
        let message = format!("the check gives {} where a number is compared", type_name(field.data_type()));
        return wrong(message, "count rows, or compute a number from them".to_owned());
    }
    if plan.max_rows().is_none_or(|rows| rows > 1) {
        let help = "aggregate without GROUP BY, or put LIMIT 1 at the end".to_owned();
        return wrong("the check may give more than one row where one number is compared".to_owned(), help);
    }
    Ok(())
}
