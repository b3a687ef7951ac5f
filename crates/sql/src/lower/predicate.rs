//! A row predicate of the contract: boolean SQL over the row's columns.

use contract::Dataset;
use datafusion::logical_expr::Expr;

use crate::analyse::predicate;

/// The predicate as an expression; otherwise all that is wrong with it, in sentences.
pub(super) fn holds(sql: &str, dataset: &Dataset) -> Result<Expr, String> {
    predicate(sql, dataset).map_err(|diagnostics| {
        let sentences = diagnostics.iter().map(|diagnostic| match &diagnostic.help {
            Some(help) => format!("{} ({help})", diagnostic.message),
            None => diagnostic.message.clone(),
        });
        sentences.collect::<Vec<_>>().join("; ")
    })
}
