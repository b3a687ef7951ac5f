//! The columns of a plan's result, with the place in the text that makes each.

use std::collections::BTreeMap;

use contract::{Diagnostic, Span};
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::sqlparser::ast::{Expr, Ident, Query, Select, SelectItem, SetExpr, Spanned};

use super::OutputColumn;
use super::codes::{DUPLICATE_OUTPUT, TYPE_ERROR, blame};
use super::nullable;
use super::place::Source;

pub(super) fn columns(source: Source, query: &Query, plan: &LogicalPlan) -> Result<Vec<OutputColumn>, Diagnostic> {
    let places = Places::of(source, query);
    let nullable = nullable::refine(plan)
        .map_err(|error| blame(TYPE_ERROR, source.path, places.whole, error.strip_backtrace()))?;
    let mut columns: Vec<OutputColumn> = Vec::with_capacity(nullable.len());
    for (field, nullable) in plan.schema().fields().iter().zip(nullable) {
        let span = places.of_column(field.name());
        if columns.iter().any(|column| column.name == *field.name()) {
            let message = format!("two columns of the result are named `{}`", field.name());
            return Err(blame(DUPLICATE_OUTPUT, source.path, span, message)
                .with_help("rename one with AS, or select the columns by name"));
        }
        columns.push(OutputColumn { name: field.name().clone(), data_type: field.data_type().clone(), nullable, span });
    }
    Ok(columns)
}

/// Where the outermost SELECT names its columns; a column from a wildcard is placed at the wildcard.
struct Places {
    by_name: BTreeMap<String, Span>,
    rest: Option<Span>,
    whole: Span,
}

impl Places {
    fn of(source: Source, query: &Query) -> Self {
        let whole = source.first_word();
        let mut places = Self { by_name: BTreeMap::new(), rest: None, whole };
        let Some(select) = first_select(&query.body) else { return places };
        for item in &select.projection {
            let span = source.span(item.span());
            match item {
                SelectItem::ExprWithAlias { expr, alias } => places.add(alias, source.span(expr.span())),
                SelectItem::UnnamedExpr(Expr::Identifier(name)) => places.add(name, span),
                SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => {
                    parts.last().into_iter().for_each(|name| places.add(name, span));
                }
                _ => places.rest = places.rest.or(Some(span)),
            }
        }
        places
    }

    /// The later of two equal names is the one to complain about.
    fn add(&mut self, name: &Ident, span: Span) {
        let name = if name.quote_style.is_some() { name.value.clone() } else { name.value.to_lowercase() };
        self.by_name.insert(name, span);
    }

    fn of_column(&self, name: &str) -> Span {
        self.by_name.get(name).copied().or(self.rest).unwrap_or(self.whole)
    }
}

pub(super) fn first_select(body: &SetExpr) -> Option<&Select> {
    match body {
        SetExpr::Select(select) => Some(select),
        SetExpr::Query(query) => first_select(&query.body),
        SetExpr::SetOperation { left, .. } => first_select(left),
        _ => None,
    }
}
