//! The row checks of a stage, lowered to columns of the plan: one boolean per check, true where a row violates it.

use std::collections::HashMap;

use contract::{Check, Dataset, Rule, Scope, Severity};
use datafusion::logical_expr::Expr;
use sql::{Lowered, MetricPlan};

/// Which column of the checked frame means what, after the contract's own columns and those of the source.
#[derive(Default)]
pub(crate) struct RowChecks {
    /// The check of column `__v<i>`.
    pub checks: Vec<Check>,
    /// The metric of column `__m<i>`, counted over passing rows.
    pub metrics: Vec<Check>,
    /// Checks that nothing here can execute, and why.
    pub not_executable: Vec<(Check, String)>,
    pub exprs: Vec<Expr>,
}

pub(crate) fn lower(dataset: &Dataset, references: &HashMap<String, Expr>) -> RowChecks {
    let mut lowered = RowChecks::default();
    for check in &dataset.checks {
        match check.scope {
            Scope::Row => lowered.row(check, dataset, references),
            Scope::Dataset => lowered.metric(check, dataset),
        }
    }
    let violations = std::mem::take(&mut lowered.exprs);
    let (checks, metrics): (Vec<_>, Vec<_>) = violations.into_iter().partition(|expr| alias(expr).starts_with("__v"));
    lowered.exprs = checks.into_iter().chain(metrics).collect();
    lowered
}

impl RowChecks {
    fn row(&mut self, check: &Check, dataset: &Dataset, references: &HashMap<String, Expr>) {
        let expr = match (sql::violated(check, dataset), &check.rule) {
            (Lowered::Row(expr), _) => expr,
            (Lowered::NotExecutable(reason), _) => return self.not_executable.push((check.clone(), reason)),
            (Lowered::Reference | Lowered::Dataset, Rule::Reference { .. }) => match references.get(&check.id) {
                Some(broken) => broken.clone(),
                None => return self.not_executable.push((check.clone(), "the referenced table is not known".into())),
            },
            (Lowered::Reference | Lowered::Dataset, _) => {
                return self.not_executable.push((check.clone(), "no engine executes it on rows".into()));
            }
        };
        self.exprs.push(quick(expr).alias(format!("__v{}", self.checks.len())));
        self.checks.push(check.clone());
    }

    fn metric(&mut self, check: &Check, dataset: &Dataset) {
        if let Rule::NotChecked { reason, .. } = &check.rule {
            return self.not_executable.push((check.clone(), reason.clone()));
        }
        if let Some(MetricPlan::Count(Some(expr))) = sql::metric(check, dataset) {
            self.exprs.push(quick(expr).alias(format!("__m{}", self.metrics.len())));
            self.metrics.push(check.clone());
        }
    }
}

/// The same where it cannot be made quicker.
fn quick(expr: Expr) -> Expr {
    sql::with_word_tables(expr.clone()).unwrap_or(expr)
}

fn alias(expr: &Expr) -> &str {
    match expr {
        Expr::Alias(alias) => &alias.name,
        _ => "",
    }
}

/// Whether a violating row is refused, or passes and is counted.
pub(crate) fn refuses(check: &Check) -> bool {
    check.severity == Severity::Error
}
