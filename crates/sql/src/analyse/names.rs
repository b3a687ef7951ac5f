//! Tables and columns by the names that contracts give them.
//!
//! Unquoted names are lower-cased, as SQL users expect. A contract may hold `CustomerId` all the same: an unquoted name that
//! fits exactly one name of the contracts but for its case, and none exactly, means that one.

mod rewrite;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use contract::Diagnostic;
use datafusion::sql::parser::Statement as DfStatement;
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::{
    Ident, ObjectName, Query, Spanned, Statement, TableFactor, Visit, VisitMut, Visitor, VisitorMut,
};

use super::catalog::Catalog;
use super::codes::{UNKNOWN_TABLE, blame};
use super::place::Source;
use super::suggest::did_you_mean;

/// Names of tables that the query reads, as SQL folds them, without common table expressions and table functions.
pub(super) fn tables(query: &Query) -> BTreeSet<String> {
    let statement = DfStatement::Statement(Box::new(Statement::Query(Box::new(query.clone()))));
    // Only a name of more than three parts is refused; it is then unknown below.
    let (found, _) = resolve_table_references(&statement, true).unwrap_or_default();
    let mut functions = TableFunctions(BTreeSet::new());
    let _ = query.visit(&mut functions);
    found.iter().map(|table| table.to_string()).filter(|table| !functions.0.contains(table)).collect()
}

/// Resolves all names of the query against the catalog, in place. Returns the datasets that it reads, sorted.
pub(super) fn resolve(source: Source, query: &mut Query, catalog: &Catalog) -> Result<Vec<String>, Vec<Diagnostic>> {
    let mut tables = Tables { source, catalog, known: BTreeMap::new(), unknown: Vec::new(), wanted: tables(query) };
    let _ = query.visit(&mut tables);
    if !tables.unknown.is_empty() {
        return Err(tables.unknown);
    }
    let datasets = tables.known.values().cloned().collect::<BTreeSet<_>>();
    let columns = datasets.iter().filter_map(|name| catalog.schema(name));
    let columns =
        columns.flat_map(|schema| schema.fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>());
    rewrite::columns(query, &Folded::new(columns.collect()));
    Ok(datasets.into_iter().collect())
}

/// Names that differ from their lower-case form, by that form.
pub(super) struct Folded {
    by_lower: BTreeMap<String, Option<String>>,
}

impl Folded {
    pub fn new(names: BTreeSet<String>) -> Self {
        let mut by_lower = BTreeMap::new();
        for name in &names {
            let lower = name.to_lowercase();
            if !names.contains(&lower) {
                by_lower.entry(lower).and_modify(|several| *several = None).or_insert_with(|| Some(name.clone()));
            }
        }
        Self { by_lower }
    }

    pub fn is_empty(&self) -> bool {
        self.by_lower.is_empty()
    }

    /// Quotes the identifier with the contract's case if it can mean only one name.
    pub fn apply(&self, ident: &mut Ident) {
        if ident.quote_style.is_none()
            && let Some(Some(name)) = self.by_lower.get(&ident.value.to_lowercase())
        {
            ident.value.clone_from(name);
            ident.quote_style = Some('"');
        }
    }
}

/// `generate_series(1, 10)` stands where a table stands.
struct TableFunctions(BTreeSet<String>);

impl Visitor for TableFunctions {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args: Some(_), .. } = factor {
            self.0.insert(name.to_string().to_lowercase());
        }
        ControlFlow::Continue(())
    }
}

struct Tables<'a> {
    source: Source<'a>,
    catalog: &'a Catalog,
    wanted: BTreeSet<String>,
    known: BTreeMap<String, String>,
    unknown: Vec<Diagnostic>,
}

impl VisitorMut for Tables<'_> {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<()> {
        let folded = folded(relation);
        if !self.wanted.contains(&folded) {
            return ControlFlow::Continue(());
        }
        if self.catalog.schema(&folded).is_some() {
            self.known.insert(folded.clone(), folded);
            return ControlFlow::Continue(());
        }
        let fitting = self.catalog.names().filter(|name| name.to_lowercase() == folded).collect::<Vec<_>>();
        match (fitting.as_slice(), unquoted(relation)) {
            ([name], true) => {
                self.known.insert(folded, (*name).to_owned());
                let mut ident = Ident::with_quote('"', *name);
                ident.span = relation.span();
                *relation = ObjectName::from(vec![ident]);
            }
            _ => self.unknown.push(self.unknown(relation, &folded)),
        }
        ControlFlow::Continue(())
    }
}

impl Tables<'_> {
    fn unknown(&self, relation: &ObjectName, folded: &str) -> Diagnostic {
        let message = format!("there is no dataset `{folded}`");
        let last = folded.rsplit('.').next().unwrap_or(folded);
        let help = match did_you_mean(last, self.catalog.names()) {
            Some(similar) if last == folded => similar,
            _ if last != folded && self.catalog.schema(last).is_some() => {
                format!("datasets are named without a schema: write `{last}`")
            }
            _ => list(self.catalog.names()),
        };
        blame(UNKNOWN_TABLE, self.source.path, self.source.span(relation.span()), message).with_help(help)
    }
}

/// The first few names.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 8;
    let names = names.collect::<Vec<_>>();
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => "no contract describes a dataset yet".to_owned(),
        count if count > SHOWN => format!("the datasets are {shown} and {} more", count - SHOWN),
        _ => format!("the datasets are {shown}"),
    }
}

fn unquoted(relation: &ObjectName) -> bool {
    matches!(relation.0.as_slice(), [part] if part.as_ident().is_some_and(|ident| ident.quote_style.is_none()))
}

/// The name as DataFusion folds it.
fn folded(relation: &ObjectName) -> String {
    let part =
        |ident: &Ident| if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() };
    let parts = relation.0.iter().map(|name| name.as_ident().map_or_else(|| name.to_string(), part));
    parts.collect::<Vec<_>>().join(".")
}

/// The same for the columns of one expression.
pub(super) fn expression(expr: &mut datafusion::sql::sqlparser::ast::Expr, columns: BTreeSet<String>) {
    rewrite::expression(expr, &Folded::new(columns));
}
