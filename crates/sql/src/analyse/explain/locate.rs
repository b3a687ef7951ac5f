//! Finds the expression that a planning error without a place is about, by planning again without it.
//!
//! Where the message goes away when an expression is replaced by NULL, the fault is in it; it is in one of its parts when
//! the same holds for that part alone. Only done for a query that is wrong already.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, Query, Spanned, Value, Visit, VisitMut, Visitor, VisitorMut};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::super::catalog::Catalog;
use super::super::{output, plan};
use super::text;

/// Plans made; beyond that, the smallest expression found so far is named.
const ATTEMPTS_MAX: usize = 200;

/// The second of two columns of one name: `… "a" at position 0 and "b" at position 2 …`.
pub(super) fn duplicate(query: &Query, message: &str) -> Option<Span> {
    let (_, last) = message.rsplit_once("at position ")?;
    let position = last.split(|next: char| !next.is_ascii_digit()).next()?.parse::<usize>().ok()?;
    let select = output::first_select(&query.body)?;
    select.projection.get(position).map(Spanned::span)
}

/// The places that name a column, in the order of the text.
pub(super) fn named(query: &Query, name: &str) -> Vec<Span> {
    let mut names = Names { name, found: Vec::new() };
    let _ = query.visit(&mut names);
    names.found.sort_by_key(|span| (span.start.line, span.start.column));
    names.found
}

struct Names<'n> {
    name: &'n str,
    found: Vec<Span>,
}

impl Visitor for Names<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let last = match expr {
            Expr::Identifier(ident) => Some(ident),
            Expr::CompoundIdentifier(parts) => parts.last(),
            _ => None,
        };
        if last.is_some_and(|ident| ident.value.eq_ignore_ascii_case(self.name)) {
            self.found.push(expr.span());
        }
        ControlFlow::Continue(())
    }
}

/// The smallest expression that the message is about.
pub(super) fn fault(query: &Query, catalog: &Catalog, message: &str) -> Option<Span> {
    let mut tree = Tree::default();
    let _ = query.visit(&mut tree);
    let mut attempts = 0;
    let mut at_fault = |node: usize| {
        attempts += 1;
        attempts <= ATTEMPTS_MAX && cures(query, node, catalog, message)
    };
    let mut found = None;
    let mut parts = tree.parts(0, tree.nodes.len());
    // Two parts whose absence cures are no fault of either: what joins them is.
    loop {
        let faulty = parts.iter().copied().filter(|part| at_fault(*part)).collect::<Vec<_>>();
        let [only] = faulty.as_slice() else { break };
        let node = tree.nodes.get(*only)?;
        found = Some(node.span);
        parts = tree.parts(only + 1, node.end);
    }
    found
}

fn cures(query: &Query, node: usize, catalog: &Catalog, message: &str) -> bool {
    let mut without = query.clone();
    let _ = VisitMut::visit(&mut without, &mut Replace { at: node, seen: 0 });
    match plan(&without, catalog) {
        Ok(_) => true,
        Err(error) => error.iter().all(|error| text(error) != message),
    }
}

/// All expressions in reading order; those inside a node stand right behind it.
#[derive(Default)]
struct Tree {
    nodes: Vec<Node>,
    open: Vec<usize>,
}

struct Node {
    span: Span,
    /// Behind the last node inside this one.
    end: usize,
}

impl Tree {
    /// The outermost nodes of a stretch.
    fn parts(&self, from: usize, to: usize) -> Vec<usize> {
        let mut parts = Vec::new();
        let mut at = from;
        while at < to {
            let Some(node) = self.nodes.get(at) else { break };
            parts.push(at);
            at = node.end;
        }
        parts
    }
}

impl Visitor for Tree {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        self.open.push(self.nodes.len());
        self.nodes.push(Node { span: expr.span(), end: 0 });
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, _expr: &Expr) -> ControlFlow<()> {
        let end = self.nodes.len();
        if let Some(node) = self.open.pop().and_then(|at| self.nodes.get_mut(at)) {
            node.end = end;
        }
        ControlFlow::Continue(())
    }
}

struct Replace {
    at: usize,
    seen: usize,
}

impl VisitorMut for Replace {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if self.seen == self.at {
            *expr = Expr::Value(Value::Null.into());
            return ControlFlow::Break(());
        }
        self.seen += 1;
        ControlFlow::Continue(())
    }
}
