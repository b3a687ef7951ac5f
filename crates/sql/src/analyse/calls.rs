//! The functions that a query calls: that they exist, and that they give the same result each time.

use std::ops::ControlFlow;

use contract::Diagnostic;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::Volatility;
use datafusion::sql::sqlparser::ast::{Expr, Function, Query, SetExpr, Spanned, Visit, Visitor};

use super::codes::{LIMIT_WITHOUT_ORDER, NOT_A_PREDICATE, NOT_DETERMINISTIC, UNKNOWN_FUNCTION, blame};
use super::place::Source;
use super::suggest::did_you_mean;
use crate::functions::session_state;

/// What a text may do, by what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Runs again after a crash and must make the same table.
    Model,
    /// Looks once and may look at the clock.
    Check,
    /// Sees one row only, and must judge it alike when dead letters are replayed.
    Predicate,
}

/// Findings about calls, in the order of the text.
pub(super) fn check(source: Source, node: &impl Visit, purpose: Purpose) -> Vec<Diagnostic> {
    let mut calls = Calls { source, purpose, state: session_state(), found: Vec::new() };
    let _ = node.visit(&mut calls);
    calls.found
}

struct Calls<'a> {
    source: Source<'a>,
    purpose: Purpose,
    state: &'a SessionState,
    found: Vec<Diagnostic>,
}

impl Visitor for Calls<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Function(function) => self.call(function),
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } if self.purpose == Purpose::Predicate => {
                let span = self.source.span(expr.span());
                let finding = blame(NOT_A_PREDICATE, self.source.path, span, "a row predicate cannot hold a subquery");
                self.found.push(finding.with_help("use a relationship, or a quality rule of type sql"));
                return ControlFlow::Break(());
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let chance = query.limit_clause.is_some() || query.fetch.is_some();
        if self.purpose == Purpose::Model
            && chance
            && query.order_by.is_none()
            && !matches!(*query.body, SetExpr::Values(_))
        {
            let clause = query.limit_clause.as_ref().map_or_else(|| query.span(), Spanned::span);
            let span = self.source.span(clause);
            let finding =
                blame(LIMIT_WITHOUT_ORDER, self.source.path, span, "LIMIT without ORDER BY takes rows by chance");
            self.found.push(finding.with_help("add an ORDER BY that leaves no ties"));
        }
        ControlFlow::Continue(())
    }
}

impl Calls<'_> {
    fn call(&mut self, function: &Function) {
        let name = match function.name.0.as_slice() {
            [part] => part.as_ident().map_or_else(
                || part.to_string(),
                |ident| match ident.quote_style {
                    Some(_) => ident.value.clone(),
                    None => ident.value.to_lowercase(),
                },
            ),
            _ => function.name.to_string(),
        };
        let span = self.source.span(function.name.span());
        let path = self.source.path;
        let (is_scalar, volatility) = match self.kind(&name) {
            Some(kind) => kind,
            None => {
                let finding = blame(UNKNOWN_FUNCTION, path, span, format!("there is no function `{name}`"));
                self.found.push(Diagnostic { help: did_you_mean(&name, self.names()), ..finding });
                return;
            }
        };
        if self.purpose == Purpose::Predicate && (!is_scalar || function.over.is_some()) {
            let message = format!("a row predicate sees one row, and `{name}` needs many");
            let finding = blame(NOT_A_PREDICATE, path, span, message);
            self.found.push(finding.with_help("use a quality rule of type sql or library"));
        }
        if self.purpose != Purpose::Check && volatility != Volatility::Immutable {
            let message = format!("`{name}` gives another result each time it runs");
            let finding = blame(NOT_DETERMINISTIC, path, span, message);
            self.found.push(finding.with_help(instead(&name, self.purpose)));
        }
    }

    /// Whether it is a scalar function, and how stable.
    fn kind(&self, name: &str) -> Option<(bool, Volatility)> {
        let scalar = self.state.scalar_functions().get(name).map(|function| function.signature().volatility);
        let aggregate = || self.state.aggregate_functions().get(name).map(|function| function.signature().volatility);
        let window = || self.state.window_functions().get(name).map(|function| function.signature().volatility);
        let higher = || self.state.higher_order_functions().contains_key(name).then_some(Volatility::Immutable);
        let planned = || ["unnest", "make_map", "grouping"].contains(&name).then_some(Volatility::Immutable);
        scalar
            .or_else(higher)
            .map(|volatility| (true, volatility))
            .or_else(|| aggregate().or_else(window).or_else(planned).map(|volatility| (false, volatility)))
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let scalar = self.state.scalar_functions().keys();
        let aggregate = self.state.aggregate_functions().keys();
        scalar.chain(aggregate).chain(self.state.window_functions().keys()).map(String::as_str)
    }
}

fn instead(name: &str, purpose: Purpose) -> &'static str {
    match (name, purpose) {
        ("random" | "rand", _) => "a retry would make other rows; use a hash of the key, such as md5(id)",
        ("uuid" | "gen_random_uuid", _) => "a retry would make other keys; derive the key, such as md5(id)",
        (_, Purpose::Predicate) => "compare with another column; how old data may be is a freshness rule",
        _ => "a retry would make another table; take the time from a column of an input",
    }
}
